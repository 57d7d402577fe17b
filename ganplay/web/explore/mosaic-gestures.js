// A mosaic under mouse, fingers and keys: one drags, two zoom, a click or a tap chooses a tile, and
// Shift, a long press or the key C compare it.

import { dragged, nearest } from "./mosaic-grid.js";
import { ARROWS } from "../shared/grid-keys.js";

const SLACK = 4, LONG_PRESS = 500; // pixels that a click may move; milliseconds

export class MosaicGestures {
  /** @param {import("./mosaic.js").Mosaic} mosaic */
  constructor(mosaic) {
    const { canvas } = mosaic;
    this.mosaic = mosaic;
    this.canvas = canvas;
    this.fingers = new Map();
    canvas.onpointerdown = (event) => this.down(event);
    canvas.onpointermove = (event) => this.move(event);
    canvas.onpointerup = (event) => this.up(event);
    canvas.onpointercancel = ({ pointerId }) => this.lift(pointerId);
    canvas.onpointerleave = () => this.mosaic.point(null);
    canvas.onfocus = () => canvas.matches(":focus-visible") && this.mosaic.point(this.mosaic.middle);
    canvas.onblur = () => this.mosaic.point(null);
    canvas.onkeydown = (event) => this.press(event);
    canvas.oncontextmenu = (event) => this.pressed && event.preventDefault();
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      const lines = event.deltaMode ? 16 : 1, fine = event.ctrlKey ? 0.01 : 0.002; // Ctrl: two fingers on a touchpad
      this.mosaic.zoom(Math.exp(-Math.max(-200, Math.min(200, event.deltaY * lines)) * fine), this.at(event));
    }, { passive: false });
  }

  at({ clientX, clientY }) {
    const { left, top } = this.canvas.getBoundingClientRect();
    return [clientX - left, clientY - top];
  }

  down(event) {
    if (event.button) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.fingers.set(event.pointerId, this.at(event));
    this.way = this.fingers.size > 1 ? Infinity : 0;
    this.pressed = false;
    clearTimeout(this.timer);
    if (event.pointerType !== "touch" || this.fingers.size > 1) return;
    const place = this.mosaic.placeAt(this.at(event));
    this.timer = setTimeout(() => {
      this.pressed = true;
      this.mosaic.choose(place, true);
    }, LONG_PRESS);
  }

  move(event) {
    const to = this.at(event), from = this.fingers.get(event.pointerId);
    if (!from) return this.mosaic.point(this.mosaic.placeAt(to));
    const other = [...this.fingers].find(([id]) => id !== event.pointerId)?.[1];
    this.fingers.set(event.pointerId, to);
    const across = to[0] - from[0], down = to[1] - from[1];
    this.way += Math.hypot(across, down);
    if (this.way <= SLACK) return;
    clearTimeout(this.timer);
    this.canvas.classList.add("dragging");
    if (!other) return this.mosaic.show(dragged(this.mosaic.view, across, down));
    // Two fingers: what was between them stays between them.
    const apart = (/** @type {number[]} */ [x, y]) => Math.hypot(x - other[0], y - other[1]), between = [(to[0] + other[0]) / 2, (to[1] + other[1]) / 2];
    this.mosaic.zoom(apart(to) / Math.max(1, apart(from)), between);
    this.mosaic.show(dragged(this.mosaic.view, across / 2, down / 2));
  }

  up(event) {
    const still = this.fingers.has(event.pointerId) && this.way <= SLACK && !this.pressed;
    this.lift(event.pointerId);
    if (still) this.mosaic.choose(this.mosaic.placeAt(this.at(event)), event.shiftKey);
  }

  lift(id) {
    clearTimeout(this.timer);
    this.fingers.delete(id);
    if (!this.fingers.size) this.canvas.classList.remove("dragging");
  }

  press(event) {
    const { spacing, view, middle } = this.mosaic, way = ARROWS[event.key];
    const does = way ? () => {
      const [x, y] = nearest(middle.map((value, i) => value + way[i] * spacing), spacing);
      this.mosaic.show({ ...view, x, y });
    } : {
      "+": () => this.mosaic.larger(1), "=": () => this.mosaic.larger(1), "-": () => this.mosaic.larger(-1), "Home": () => this.mosaic.home(),
      "Enter": () => this.mosaic.choose(middle, event.shiftKey), " ": () => this.mosaic.choose(middle, event.shiftKey), "c": () => this.mosaic.choose(middle, true),
    }[event.key];
    if (!does || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    does();
    this.mosaic.point(this.mosaic.middle);
  }
}
