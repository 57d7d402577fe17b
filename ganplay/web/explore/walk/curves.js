// Curves along a walk, as parts of an SVG that is stretched over its box: 1000 wide, 100 high.

const SPACE = "http://www.w3.org/2000/svg";

function node(name, attributes) {
  const one = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) one.setAttribute(key, value);
  return one;
}

// Where values lie: x by their place, from first to last; y from 0 at the bottom to `top`.
export function points(values, top) {
  const last = Math.max(1, values.length - 1);
  return values.map((value, i) => `${Math.round((1000 * i) / last)},${(100 - (100 * value) / top).toFixed(1)}`).join(" ");
}

export function line(values, top, className) {
  return node("polyline", { points: points(values, top), class: className });
}

export function level(value, top, className) {
  const y = (100 - (100 * value) / top).toFixed(1);
  return node("line", { x1: 0, x2: 1000, y1: y, y2: y, class: className });
}

export function upright(share, className) {
  return moveTo(node("line", { y1: 0, y2: 100, class: className }), share);
}

export function moveTo(one, share) {
  for (const x of ["x1", "x2"]) one.setAttribute(x, Math.round(1000 * share));
  return one;
}

export function band(low, high, top, className) {
  return node("rect", { x: 0, width: 1000, y: (100 - (100 * high) / top).toFixed(1), height: ((100 * (high - Math.max(0, low))) / top).toFixed(1), class: className });
}
