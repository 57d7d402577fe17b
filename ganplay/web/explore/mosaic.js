// A plane of latent space as a mosaic of small pictures on a canvas: dragged, zoomed and clicked. What
// the plane is, and where its pictures come from, it is told.

import { cells, nearest, spacingAt, toPlace, toScreen, zoomed } from "./mosaic-grid.js";
import { MosaicGestures } from "./mosaic-gestures.js";
import { paintMosaic } from "./mosaic-painting.js";
import { paint } from "../shared/pixels.js";

const BATCH = 24, MOST_TILES = 1200, BUTTON_ZOOM = 1.5;

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
    this.pointed = null;
    this.seen = false;
    new ResizeObserver(() => this.resize()).observe(canvas);
    new IntersectionObserver(([{ isIntersecting }]) => {
      this.seen = isIntersecting;
      this.draw();
    }).observe(canvas);
    this.gestures = new MosaicGestures(this);
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
      paintMosaic(this);
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
    for (let places; (places = this.lacking().slice(0, BATCH)).length;) {
      const { plane } = this, answer = await this.ask(places);
      if (plane !== this.plane || !answer) continue; // overtaken
      if (answer.type !== "pictures") break;
      places.forEach((place, i) => this.keep(place, answer, i));
      paintMosaic(this);
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

  // ---- what is pointed at and chosen ----------------------------------------------------------

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
}
