// A small picture to paint on, pixel by pixel, and the parts of it that are hidden; all of it can be
// undone.

import { toBytes, toText } from "../shared/files.js";

export const BRUSH = { least: 0.5, most: 8, usual: 1.2 }; // radius in pixels
const MOST_UNDONE = 60;

// How much of each pixel a round brush covers that moves from one place to another: 1 inside, less
// on its edge. Places are in pixels, the middle of the first one at 0.5.
export function cover(covered, [h, w], from, to, radius) {
  const dx = to[0] - from[0], dy = to[1] - from[1], length = dx * dx + dy * dy || 1;
  const low = (axis, most) => Math.max(0, Math.min(most - 1, Math.floor(Math.min(from[axis], to[axis]) - radius - 1)));
  const high = (axis, most) => Math.max(-1, Math.min(most - 1, Math.ceil(Math.max(from[axis], to[axis]) + radius + 1)));
  for (let row = low(1, h); row <= high(1, h); row++) {
    for (let column = low(0, w); column <= high(0, w); column++) {
      const x = column + 0.5 - from[0], y = row + 0.5 - from[1];
      const along = Math.min(1, Math.max(0, (x * dx + y * dy) / length));
      const far = Math.hypot(x - along * dx, y - along * dy);
      const share = Math.min(1, Math.max(0, radius + 0.5 - far)), place = row * w + column;
      covered[place] = Math.max(covered[place], share);
    }
  }
}

export class Sheet {
  // An empty sheet; `ground` is its colour, a byte for each channel.
  constructor(shape, ground) {
    const [c, h, w] = shape;
    this.shape = shape;
    this.ground = ground;
    this.past = [];
    this.lastPut = null; // what the last picture took the place of
    this.drawn = false;
    this.pixels = new Uint8Array(c * h * w);
    this.hidden = new Uint8Array(h * w);
    this.wash();
  }

  wash() {
    const area = this.hidden.length;
    this.ground.forEach((value, k) => this.pixels.fill(value, k * area, (k + 1) * area));
    this.hidden.fill(0);
    this.drawn = false;
  }

  // As it is kept; null if there is nothing on it.
  get content() {
    const { shape, drawn, pixels, hidden } = this;
    return drawn || this.masked ? { shape, drawn, pixels: toText(pixels), hidden: toText(hidden) } : null;
  }

  // Take up what was kept, if it is whole and of this size.
  restore(content) {
    try {
      const { shape, drawn } = content, pixels = toBytes(content.pixels), hidden = toBytes(content.hidden);
      if (String(shape) !== String(this.shape) || pixels.length !== this.pixels.length || hidden.length !== this.hidden.length) return;
      Object.assign(this, { pixels, hidden, drawn: drawn === true });
    } catch {
      // nothing was kept, or something broken: the sheet stays empty
    }
  }

  get masked() {
    return this.hidden.some(Boolean);
  }

  // To be called before a change.
  keep() {
    const { pixels, hidden, drawn } = this;
    this.past = [...this.past, { pixels: pixels.slice(), hidden: hidden.slice(), drawn }].slice(-MOST_UNDONE);
  }

  undo() {
    const before = this.past.pop();
    if (before) Object.assign(this, before);
    return Boolean(before);
  }

  clear() {
    this.keep();
    this.wash();
  }

  // Another picture in its place; nothing of it is hidden.
  put(pixels) {
    this.keep();
    this.lastPut = this.past.at(-1);
    this.pixels.set(pixels);
    this.hidden.fill(0);
    this.drawn = true;
  }

  // Another picture in place of the one that was put last: one step back leads to what was before both.
  putAgain(pixels) {
    if (!this.lastPut || this.past.at(-1) !== this.lastPut) return this.put(pixels);
    this.pixels.set(pixels);
    this.drawn = true;
  }

  // A stroke: `to(place)` goes on with it. What lies under it is mixed with its colour once, however
  // often it goes over a place.
  stroke(tool, radius, colour) {
    this.keep();
    const { shape: [, h, w], pixels, hidden } = this, area = h * w, before = pixels.slice(), covered = new Float32Array(area);
    let last = null;
    return (place) => {
      cover(covered, [h, w], last || place, place, radius);
      last = place;
      const paint = { pen: colour, eraser: this.ground }[tool];
      for (let i = 0; i < area; i++) {
        if (!covered[i]) continue;
        if (!paint) {
          if (covered[i] >= 0.5) hidden[i] = tool === "hide" ? 1 : 0;
          continue;
        }
        paint.forEach((value, k) => {
          const old = before[k * area + i];
          pixels[k * area + i] = Math.round(old + (value - old) * covered[i]);
        });
      }
      if (paint) this.drawn = true;
    };
  }
}

// What was hidden of a picture taken from another one.
export function filled(pixels, hidden, other) {
  return pixels.map((value, i) => (hidden[i % hidden.length] ? other[i] : value));
}
