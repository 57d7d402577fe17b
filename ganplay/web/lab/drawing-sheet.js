// The sheet over the plane on which points are drawn by mouse, pen, touch or keys.

import { Stroke } from "./sketch.js";
import { element } from "../shared/dom.js";
import { sharpness } from "../shared/pen.js";
import { MARGIN, locate } from "../shared/plane.js";
import { t, whole } from "../shared/i18n.js";

const WIDTHS = [0.01, 0.6], LEAST_ERASED = 0.15;
const CLASSES = 8, MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

// Classes differ by shape, so that no eye has to tell them by colour.
function mark(pen, k, x, y, r) {
  const corners = (n, turn, size = 1) => {
    for (let i = 0; i < n; i++) {
      const angle = turn + (2 * Math.PI * i) / n;
      pen[i ? "lineTo" : "moveTo"](x + size * r * Math.cos(angle), y + size * r * Math.sin(angle));
    }
    pen.closePath();
  };
  const bar = (dx, dy) => {
    pen.moveTo(x - dx, y - dy);
    pen.lineTo(x + dx, y + dy);
  };
  pen.beginPath();
  [
    () => pen.arc(x, y, r, 0, 2 * Math.PI),
    () => corners(4, Math.PI / 4, 1.3),
    () => corners(3, -Math.PI / 2, 1.4),
    () => corners(4, 0, 1.4),
    () => (bar(1.4 * r, 0), bar(0, 1.4 * r)),
    () => (bar(r, r), bar(r, -r)),
    () => pen.arc(x, y, 1.1 * r, 0, 2 * Math.PI),
    () => bar(1.5 * r, 0),
  ][k % CLASSES]();
  if (k % CLASSES < 4) pen.fill();
  else pen.stroke();
}

export class DrawingSheet {
  /** @param {import("./data-editor.js").DataEditor} editor */
  constructor(editor) {
    this.editor = editor;
    this.lab = editor.lab;
    this.sketch = editor.sketch;
    this.k = 0;
    this.erases = false;
    this.cross = [0, 0];
    this.stroke = null; // the pen's, or where the eraser was last
    this.strip = this.lab.find(".drawing");
    this.ink = element("canvas", { className: "ink", hidden: true, tabIndex: 0, role: "application" });
    this.ink.dataset.tLabel = "own.sheet";
    this.crossMark = element("div", { className: "ink-cross", hidden: true });
    this.lab.find(".canvas-box").append(this.ink, this.crossMark);
    for (let k = 0; k < CLASSES; k++) {
      const radio = element("input", { type: "radio", name: "lab-draw-class", checked: k === 0 });
      radio.onchange = () => { this.k = k; };
      this.lab.find(".draw-classes").append(element("label", { className: "draw-choice pick" },
        radio, element("canvas", { width: 32, height: 32 }), element("span", { textContent: String(k + 1) })));
    }
    for (const radio of this.strip.querySelectorAll("[name=lab-draw-tool]")) {
      radio.onchange = () => { this.erases = radio.value === "eraser"; };
    }
    Object.assign(this.ink, {
      onpointerdown: (event) => this.down(event), onpointermove: (event) => this.move(event),
      onpointerup: () => this.up(), onpointercancel: () => this.up(),
      onkeydown: (event) => this.key(event), onblur: () => { this.crossMark.hidden = true; },
    });
    this.lab.app.addEventListener("theme", () => this.paint());
    new ResizeObserver(() => this.paint()).observe(this.ink);
  }

  toggle(on) {
    this.strip.hidden = this.ink.hidden = !on;
    this.crossMark.hidden = true;
    if (!on) return;
    this.paint();
    this.ink.focus({ preventScroll: true });
  }

  // The whole sheet.
  paint() {
    const { real } = this.lab.app.palette;
    for (const [k, shape] of this.strip.querySelectorAll(".draw-classes canvas").entries()) {
      const pen = shape.getContext("2d");
      pen.clearRect(0, 0, 32, 32);
      Object.assign(pen, { fillStyle: real, strokeStyle: real, lineWidth: 4 });
      mark(pen, k, 16, 16, 8);
    }
    const side = Math.round(this.ink.clientWidth * sharpness());
    if (!side) return;
    this.ink.width = this.ink.height = side;
    this.dab(this.sketch.points);
  }

  dab(points) {
    const pen = this.ink.getContext("2d"), half = this.ink.width / 2, zoom = half / MARGIN / this.editor.limits.extent;
    const r = Math.max(2, this.ink.width / 240), colour = this.lab.app.palette.real;
    Object.assign(pen, { fillStyle: colour, strokeStyle: colour, lineWidth: r * 0.8 });
    for (const { x, y, k } of points) mark(pen, k, half + x * zoom, half - y * zoom, r);
  }

  get width() {
    const brush = this.lab.find(".brush"), share = brush.valueAsNumber / Number(brush.max);
    return WIDTHS[0] + (WIDTHS[1] - WIDTHS[0]) * share ** 2;
  }

  place(event) {
    return locate(this.ink, this.editor.limits.extent, event);
  }

  down(event) {
    if (!event.isPrimary || event.button > 0 && event.button !== 5) return;
    this.ink.setPointerCapture(event.pointerId);
    // Button 5 is the far end of a pen.
    this.begin(this.erases || event.button === 5);
    this.go(this.place(event));
  }

  move(event) {
    if (!this.stroke || !event.isPrimary) return;
    const steps = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
    this.go(...(steps.length ? steps : [event]).map((step) => this.place(step)));
  }

  begin(erasing, goesOn = false) {
    this.sketch.begin(goesOn);
    this.stroke = erasing ? { at: null } : new Stroke(this.k, this.width, this.editor.limits.extent);
  }

  go(...places) {
    const { sketch, stroke } = this;
    if (!(stroke instanceof Stroke)) {
      for (const place of places) {
        sketch.erase(stroke.at || place, place, Math.max(this.width, LEAST_ERASED));
        stroke.at = place;
      }
      this.paint();
      return;
    }
    const before = sketch.points.length;
    const room = sketch.add(places.flatMap((place) => stroke.to(place)));
    this.dab(sketch.points.slice(before));
    if (!room) this.lab.app.toast(t("own.full", { most: whole(sketch.most) }));
  }

  up() {
    if (!this.stroke) return;
    this.stroke = null;
    if (this.sketch.settle()) this.editor.commit();
  }

  // Arrows move a cross (with shift in larger steps), Enter puts dots there, Backspace takes back.
  key(event) {
    const { key, shiftKey } = event, { extent } = this.editor.limits;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (MOVES[key]) {
      const step = shiftKey ? 0.5 : 0.1;
      this.cross = this.cross.map((v, axis) => Math.min(extent, Math.max(-extent, v + step * MOVES[key][axis])));
      this.crossMark.hidden = false;
      const share = (v) => `${50 + (50 * v) / (MARGIN * extent)}%`;
      this.crossMark.style.left = share(this.cross[0]);
      this.crossMark.style.top = share(-this.cross[1]);
    } else if (key === "Enter") {
      this.begin(this.erases, event.repeat); // a key held down is one stroke
      this.go(this.cross);
      this.up();
    } else if (key === "Backspace") this.editor.undo();
    else if (key === "Escape") this.editor.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
