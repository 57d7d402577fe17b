// A plane of latent space as a mosaic of small pictures on a canvas: dragged, zoomed and clicked. What
// the plane is, and where its pictures come from, it is told.

import { cells, dragged, nearest, sides, spacingAt, ticks, toPlace, toScreen, zoomed } from "./mosaic-grid.js";
import { paint } from "../shared/pixels.js";

const BATCH = 24, MOST_TILES = 1200, SLACK = 4, LONG_PRESS = 500, BUTTON_ZOOM = 1.5, APART = 56;

export class Mosaic {
  // `ask(places)` resolves to an answer with pictures and their states, or null; `go(text)` and
  // `compare(text)` are told what is chosen, `look(place, tile)` what the pointer or the middle is at.
  constructor(canvas, { ask, go, compare, look, home }) {
    this.canvas = canvas;
    this.ask = ask;
    this.go = go;
    this.compare = compare;
    this.look = look;
    this.home = home;
    this.tiles = new Map();
    this.plane = null;
    this.marks = [];
    this.axes = true;
    this.view = { x: 0, y: 0, scale: 100 };
    this.size = { width: 0, height: 0 };
    this.fingers = new Map();
    this.pointed = null;
    this.seen = false;
    this.resizes = new ResizeObserver(() => this.resize());
    this.resizes.observe(canvas);
    new IntersectionObserver(([{ isIntersecting }]) => {
      this.seen = isIntersecting;
      this.draw();
    }).observe(canvas);
    this.wire();
  }

  get spacing() {
    return spacingAt(this.view.scale);
  }

  // Another plane: nothing of the old one stays.
  turn(plane, axes) {
    if (plane === this.plane) return;
    Object.assign(this, { plane, axes, tiles: new Map() });
    this.draw();
  }

  show(view) {
    this.view = view;
    this.draw();
  }

  resize() {
    const { canvas } = this, ratio = devicePixelRatio, { clientWidth: width, clientHeight: height } = canvas;
    const first = !this.size.width && width;
    this.size = { width, height };
    Object.assign(canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
    if (first) this.home();
    this.draw();
  }

  draw() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.drawNow();
      this.fill();
    });
  }

  // ---- tiles ----------------------------------------------------------------------------------

  lacking() {
    if (!this.seen || !this.plane) return [];
    const from = this.pointed && toScreen(this.view, this.size, this.pointed);
    return cells(this.view, this.size, this.spacing, from || undefined).filter((place) => !this.tiles.has(String(place)));
  }

  // A few at a time, those first that are nearest to the pointer in the plane and window of now.
  async fill() {
    if (this.filling) return;
    this.filling = true;
    for (let places; (places = this.lacking().slice(0, BATCH)).length; ) {
      const { plane } = this, answer = await this.ask(places);
      if (plane !== this.plane || !answer) continue; // overtaken
      if (answer.type !== "pictures") break;
      places.forEach((place, i) => this.keep(place, answer, i));
      this.drawNow();
      this.tell();
    }
    this.filling = false;
  }

  keep(place, { states, pixels, shape }, i) {
    if (this.tiles.size >= MOST_TILES) this.tiles.delete(this.tiles.keys().next().value);
    const canvas = document.createElement("canvas");
    paint(canvas, pixels, shape, i);
    this.tiles.set(String(place), { text: states[i], canvas });
  }

  // ---- drawing --------------------------------------------------------------------------------

  drawNow() {
    const { canvas, view, size, spacing } = this, pen = canvas.getContext("2d"), ratio = devicePixelRatio;
    const style = getComputedStyle(canvas), colour = (name) => style.getPropertyValue(name);
    this.colours = { ink: colour("--ink"), panel: colour("--panel"), real: colour("--real") };
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, canvas.width, canvas.height);
    if (!size.width) return;
    // Tiles of other lattices stand in until those of this one are there.
    for (const other of [4 * spacing, 2 * spacing, spacing / 2, spacing]) {
      for (const place of cells(view, size, other)) {
        const tile = this.tiles.get(String(place));
        if (!tile) continue;
        const { left, top, width, height } = sides(view, size, place, other, ratio);
        pen.drawImage(tile.canvas, left, top, width, height);
      }
    }
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (this.pointed) this.drawPointed(pen);
    if (this.axes) this.drawTicks(pen);
    for (const mark of this.marks) this.drawMark(pen, mark);
    this.drawn = (this.drawn || 0) + 1;
  }

  drawPointed(pen) {
    const { left, top, width, height } = sides(this.view, this.size, this.pointed, this.spacing, 1);
    for (const [colour, wide] of [[this.colours.panel, 5], [this.colours.ink, 2.5]]) {
      Object.assign(pen, { strokeStyle: colour, lineWidth: wide });
      pen.strokeRect(left, top, width - 1, height - 1);
    }
  }

  drawTicks(pen) {
    const { view, size } = this, { width, height } = size;
    for (const at of ticks(view.x, width, view.scale, APART)) this.write(pen, at, toScreen(view, size, [at, 0])[0], height - 11);
    for (const at of ticks(view.y, height, view.scale, APART)) {
      const y = toScreen(view, size, [0, at])[1];
      if (y < height - 30) this.write(pen, at, 18, y);
    }
  }

  write(pen, text, x, y) {
    const shown = String(text).replace("-", "−");
    Object.assign(pen, { font: "12px system-ui, sans-serif", textAlign: "center", textBaseline: "middle" });
    const wide = pen.measureText(shown).width + 8;
    pen.globalAlpha = 0.85;
    pen.fillStyle = this.colours.panel;
    pen.beginPath();
    pen.roundRect(x - wide / 2, y - 8, wide, 16, 5);
    pen.fill();
    pen.globalAlpha = 1;
    pen.fillStyle = this.colours.ink;
    pen.fillText(shown, x, y + 0.5);
  }

  // A ring around where something is; what lies outside is at the edge, in its direction.
  drawMark(pen, { place, letter, off }) {
    const { view, size } = this, [x, y] = toScreen(view, size, place), rim = 16;
    const [sx, sy] = [Math.min(size.width - rim, Math.max(rim, x)), Math.min(size.height - rim, Math.max(rim, y))];
    const outside = Math.hypot(sx - x, sy - y) > rim, radius = letter ? 10 : outside ? 7 : 13;
    pen.setLineDash(off ? [5, 4] : []);
    pen.beginPath();
    pen.arc(sx, sy, radius, 0, 2 * Math.PI);
    if (letter || outside) {
      pen.fillStyle = letter ? this.colours.panel : this.colours.real;
      pen.fill();
    }
    for (const [colour, wide] of [[this.colours.panel, 7], [letter ? this.colours.ink : this.colours.real, letter ? 2 : 3.5]]) {
      Object.assign(pen, { strokeStyle: colour, lineWidth: wide });
      if (!letter || colour !== this.colours.panel) pen.stroke();
    }
    pen.setLineDash([]);
    if (!letter) return;
    Object.assign(pen, { fillStyle: this.colours.ink, font: "bold 12px system-ui, sans-serif", textAlign: "center", textBaseline: "middle" });
    pen.fillText(letter, sx, sy + 0.5);
  }

  // ---- hands ----------------------------------------------------------------------------------

  wire() {
    const { canvas } = this;
    canvas.onpointerdown = (event) => this.down(event);
    canvas.onpointermove = (event) => this.move(event);
    canvas.onpointerup = (event) => this.up(event);
    canvas.onpointercancel = ({ pointerId }) => this.lift(pointerId);
    canvas.onpointerleave = () => this.point(null);
    canvas.onfocus = () => canvas.matches(":focus-visible") && this.point(this.middle);
    canvas.onblur = () => this.point(null);
    canvas.onkeydown = (event) => this.press(event);
    canvas.oncontextmenu = (event) => this.pressed && event.preventDefault();
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      const lines = event.deltaMode ? 16 : 1, fine = event.ctrlKey ? 0.01 : 0.002; // Ctrl: two fingers on a touchpad
      this.zoom(Math.exp(-Math.max(-200, Math.min(200, event.deltaY * lines)) * fine), this.at(event));
    }, { passive: false });
  }

  at({ clientX, clientY }) {
    const { left, top } = this.canvas.getBoundingClientRect();
    return [clientX - left, clientY - top];
  }

  get middle() {
    return nearest([this.view.x, this.view.y], this.spacing);
  }

  placeAt(point) {
    return nearest(toPlace(this.view, this.size, point), this.spacing);
  }

  point(place) {
    if (String(place) === String(this.pointed)) return;
    this.pointed = place;
    this.tell();
    this.draw();
  }

  tell() {
    this.look(this.pointed, this.pointed && this.tiles.get(String(this.pointed)));
  }

  zoom(factor, point = [this.size.width / 2, this.size.height / 2]) {
    this.show(zoomed(this.view, this.size, point, factor));
    if (this.pointed) this.point(this.placeAt(point));
  }

  larger(step) {
    this.zoom(BUTTON_ZOOM ** step);
  }

  down(event) {
    if (event.button) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.fingers.set(event.pointerId, this.at(event));
    this.way = this.fingers.size > 1 ? Infinity : 0;
    this.pressed = false;
    clearTimeout(this.timer);
    if (event.pointerType !== "touch" || this.fingers.size > 1) return;
    const place = this.placeAt(this.at(event));
    this.timer = setTimeout(() => {
      this.pressed = true;
      this.choose(place, true);
    }, LONG_PRESS);
  }

  move(event) {
    const to = this.at(event), from = this.fingers.get(event.pointerId);
    if (!from) return this.point(this.placeAt(to));
    const other = [...this.fingers].find(([id]) => id !== event.pointerId)?.[1];
    this.fingers.set(event.pointerId, to);
    const across = to[0] - from[0], down = to[1] - from[1];
    this.way += Math.hypot(across, down);
    if (this.way <= SLACK) return;
    clearTimeout(this.timer);
    this.canvas.classList.add("dragging");
    if (!other) return this.show(dragged(this.view, across, down));
    // Two fingers: what was between them stays between them.
    const apart = (/** @type {number[]} */ [x, y]) => Math.hypot(x - other[0], y - other[1]), between = [(to[0] + other[0]) / 2, (to[1] + other[1]) / 2];
    this.zoom(apart(to) / Math.max(1, apart(from)), between);
    this.show(dragged(this.view, across / 2, down / 2));
  }

  up(event) {
    const still = this.fingers.has(event.pointerId) && this.way <= SLACK && !this.pressed;
    this.lift(event.pointerId);
    if (still) this.choose(this.placeAt(this.at(event)), event.shiftKey);
  }

  lift(id) {
    clearTimeout(this.timer);
    this.fingers.delete(id);
    if (!this.fingers.size) this.canvas.classList.remove("dragging");
  }

  async choose(place, compared) {
    const { plane } = this;
    const tile = this.tiles.get(String(place)) || (await this.fetchOne(place));
    if (tile && plane === this.plane) (compared ? this.compare : this.go)(tile.text);
  }

  // What is chosen before it was drawn.
  async fetchOne(place) {
    const { plane } = this, answer = await this.ask([place]);
    if (answer?.type === "pictures" && plane === this.plane) this.keep(place, answer, 0);
    return this.tiles.get(String(place));
  }

  press(event) {
    const { spacing, view, middle } = this, way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] }[event.key];
    const does = way ? () => {
      const [x, y] = nearest(middle.map((value, i) => value + way[i] * spacing), spacing);
      this.show({ ...view, x, y });
    } : {
      "+": () => this.larger(1), "=": () => this.larger(1), "-": () => this.larger(-1), Home: () => this.home(),
      Enter: () => this.choose(middle, event.shiftKey), " ": () => this.choose(middle, event.shiftKey), c: () => this.choose(middle, true),
    }[event.key];
    if (!does || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    does();
    this.point(this.middle);
  }
}
