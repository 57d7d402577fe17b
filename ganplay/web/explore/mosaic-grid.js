// The map's mosaic without its pictures: which places of a plane lie in a window, and where. A place
// is [x, y] in amounts, y goes up; a view is the place in the window's middle and pixels per amount.

export const LIMIT = 10; // how far out states may be
export const SCALES = [14, 1536];
const TILE = 44; // pixels that a tile has at least; it has less than twice as many

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

// The distance of neighbouring tiles: powers of 2, so that coarse tiles are among the fine ones, and
// numbers that strings hold exactly.
export function spacingAt(scale) {
  return 2 ** Math.ceil(Math.log2(TILE / scale));
}

export function toScreen({ x, y, scale }, { width, height }, /** @type {number[]} */ [px, py]) {
  return [width / 2 + (px - x) * scale, height / 2 - (py - y) * scale];
}

export function toPlace({ x, y, scale }, { width, height }, /** @type {number[]} */ [sx, sy]) {
  return [x + (sx - width / 2) / scale, y - (sy - height / 2) / scale];
}

// The view after the picture was dragged by so many pixels.
export function dragged(view, across, down) {
  const { x, y, scale } = view;
  return { ...view, x: clamp(x - across / scale, -LIMIT, LIMIT), y: clamp(y + down / scale, -LIMIT, LIMIT) };
}

// Larger by a factor, with what is under a point of the window staying there.
export function zoomed(view, size, point, factor) {
  const scale = clamp(view.scale * factor, ...SCALES), [x, y] = toPlace(view, size, point);
  const [sx, sy] = toScreen({ ...view, scale }, size, [x, y]);
  return dragged({ ...view, scale }, point[0] - sx, point[1] - sy);
}

// The lattice's place next to any other.
export function nearest(place, spacing) {
  const most = Math.floor(LIMIT / spacing);
  return place.map((value) => clamp(Math.round(value / spacing), -most, most) * spacing + 0); // never -0
}

// All places whose tiles touch the window, from a point of it outwards.
export function cells(view, size, spacing = spacingAt(view.scale), from = [size.width / 2, size.height / 2]) {
  const most = Math.floor(LIMIT / spacing);
  const [[left, top], [right, bottom]] = [[0, 0], [size.width, size.height]].map((corner) => toPlace(view, size, corner));
  const range = (low, high) => {
    const first = Math.max(-most, Math.ceil(low / spacing - 0.5)), last = Math.min(most, Math.floor(high / spacing + 0.5));
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => (first + i) * spacing);
  };
  const all = range(bottom, top).flatMap((y) => range(left, right).map((x) => [x, y]));
  const [x, y] = toPlace(view, size, from), far = (/** @type {number[]} */ [px, py]) => (px - x) ** 2 + (py - y) ** 2;
  return all.sort((a, b) => far(a) - far(b));
}

// The tile's sides in whole pixels of the screen, so that neighbours meet.
export function sides(view, size, /** @type {number[]} */ [x, y], spacing, ratio) {
  const half = spacing / 2, pixel = (point) => point.map((value) => Math.round(value * ratio));
  const [left, top] = pixel(toScreen(view, size, [x - half, y + half])), [right, bottom] = pixel(toScreen(view, size, [x + half, y - half]));
  return { left, top, width: right - left, height: bottom - top };
}

// Amounts to be written along an axis, at least so many pixels apart.
export function ticks(middle, length, scale, apart) {
  const step = [1, 2, 5].flatMap((one) => [0.01, 0.1, 1].map((ten) => one * ten)).sort((a, b) => a - b)
    .find((one) => one * scale >= apart) ?? 10;
  const low = Math.max(-LIMIT, middle - length / 2 / scale), high = Math.min(LIMIT, middle + length / 2 / scale);
  const first = Math.ceil(low / step), count = Math.floor(high / step) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, i) => Number(((first + i) * step).toFixed(2)) + 0);
}
