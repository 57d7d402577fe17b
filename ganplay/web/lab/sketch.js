// Points that are being drawn: the sheet's, with what they were before, and strokes of pen and eraser.

const MOST_UNDONE = 50;
const DOTS = 20; // along a thin stroke, for each unit of length

// The points on the sheet, with what they were before each change.
export class Sketch {
  constructor(most) {
    this.most = most;
    this.points = [];
    this.past = [];
  }

  // To be called before a change, unless it goes on with the last one; `settle` forgets it again if
  // nothing came of it.
  begin(goesOn = false) {
    if (!goesOn || !this.past.length) this.past = [...this.past, this.points].slice(-MOST_UNDONE);
    this.points = [...this.points];
  }

  settle() {
    const before = this.past.at(-1);
    const same = before.length === this.points.length && before.every((point, i) => point === this.points[i]);
    if (same) this.points = this.past.pop();
    return !same;
  }

  // False if the sheet is full.
  add(points) {
    this.points.push(...points.slice(0, this.most - this.points.length));
    return this.points.length < this.most;
  }

  // On the whole way from one place to another, however far a quick hand has moved.
  erase([fromX, fromY], [x, y], reach) {
    const dx = x - fromX, dy = y - fromY, length = dx * dx + dy * dy || 1;
    this.points = this.points.filter((one) => {
      const along = Math.min(1, Math.max(0, ((one.x - fromX) * dx + (one.y - fromY) * dy) / length));
      return Math.hypot(one.x - fromX - along * dx, one.y - fromY - along * dy) > reach;
    });
  }

  undo() {
    if (!this.past.length) return false;
    this.points = this.past.pop();
    return true;
  }
}

// One stroke of the pen: dots at random within its width, evenly along its way.
export class Stroke {
  constructor(k, width, extent, random = Math.random) {
    this.k = k;
    this.width = width;
    this.extent = extent;
    this.random = random;
    this.owed = 1 + 20 * width;
    this.at = null;
  }

  // The dots that are added on the way to a place.
  to(place) {
    const from = this.at || place, dots = [];
    this.owed += Math.hypot(place[0] - from[0], place[1] - from[1]) * DOTS * (1 + 6 * this.width);
    const count = Math.floor(this.owed);
    for (let i = 1; i <= count; i++) {
      const angle = 2 * Math.PI * this.random(), off = this.width * Math.sqrt(this.random());
      const along = (axis) => from[axis] + ((place[axis] - from[axis]) * i) / count;
      const inside = (value) => Math.min(this.extent, Math.max(-this.extent, value));
      dots.push({ x: inside(along(0) + off * Math.cos(angle)), y: inside(along(1) + off * Math.sin(angle)), k: this.k });
    }
    this.owed -= count;
    this.at = place;
    return dots;
  }
}
