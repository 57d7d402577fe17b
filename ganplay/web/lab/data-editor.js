// Somebody's own data: drawn on the plane by mouse, pen, touch or keys, or out of a file. What has
// been drawn goes to the session when a stroke ends, and is kept in this tab.

import { element } from "../shared/dom.js";
import { MARGIN } from "../shared/plane.js";
import { inTab } from "../shared/storage.js";
import { has, t } from "../shared/i18n.js";

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const LARGEST = 4095; // of twelve bits
const KEPT = "ganplay.own", MOST_UNDONE = 50, THUMBNAIL_POINTS = 300;
const DOTS = 20; // along a thin stroke, for each unit of length
const WIDTHS = [0.01, 0.6], LEAST_ERASED = 0.15;
const CHARACTERS_A_MILLISECOND = 200; // the server takes somewhat more
const CLASSES = 8, MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

// Points {x, y, k} as the text that `ganplay.points.decode` reads. Classes without points are left
// out, so the others move up.
export function encode(points, extent) {
  const digits = (value) => {
    const inside = Math.min(extent, Math.max(-extent, value)) + extent;
    const whole = Math.round((inside * LARGEST) / (2 * extent));
    return DIGITS[whole >> 6] + DIGITS[whole & 63];
  };
  const classes = [];
  for (const { x, y, k } of points) (classes[k] ||= []).push(digits(x) + digits(y));
  return classes.filter(Boolean).map((one) => one.join("")).join(".");
}

// What such a text holds; nothing if it is none.
export function decode(text, extent) {
  if (!/^([\w-]{4})+(\.([\w-]{4})+)*$/.test(text)) return [];
  const value = (a, b) => ((DIGITS.indexOf(a) * 64 + DIGITS.indexOf(b)) * 2 * extent) / LARGEST - extent;
  return text.split(".").flatMap((part, k) => part.match(/.{4}/g).map(([a, b, c, d]) => ({ x: value(a, b), y: value(c, d), k })));
}

// Points are left out of a state that comes where they are those of the last.
export function withPoints(event, former) {
  if ("points" in event.config) return;
  event.config.points = former.points;
  event.state += `;points:${former.points}`;
}

// The points on the sheet, with what they were before each change.
export class Sketch {
  constructor(most) {
    this.most = most;
    this.points = [];
    this.past = [];
  }

  // To be called before a change; `settle` forgets it again if nothing came of it.
  begin() {
    this.past = [...this.past, this.points].slice(-MOST_UNDONE);
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

// One of the eraser: where it was last.
class Eraser {
  at = null;
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

export class Draw {
  constructor(lab) {
    this.lab = lab;
    this.limits = lab.schema.points;
    this.pending = null;
    this.k = 0;
    this.tool = "pen";
    this.cross = [0, 0];
    this.stroke = null;
    this.sketch = new Sketch(this.limits.most);
    this.strip = lab.find(".drawing");
    this.build();
    this.switch = lab.stage.addMode("own", (on) => this.toggle(on));
    this.wire();
    this.text = "";
    this.take(inTab.get(KEPT) || "");
    this.sketch.past = [];
    this.showCount();
    lab.addEventListener("state", ({ detail: { config } }) => this.adopt(config));
    lab.addEventListener("welcome", () => { this.pending = null; });
    lab.app.addEventListener("words", () => this.showCount());
    lab.app.addEventListener("theme", () => this.paint());
    new ResizeObserver(() => this.paint()).observe(this.ink);
  }

  get on() {
    return !this.strip.hidden;
  }

  // ---- what there is to see ---------------------------------------------------------------------

  build() {
    const { lab } = this, box = lab.find(".canvas-box");
    this.ink = element("canvas", { className: "ink", hidden: true, tabIndex: 0 });
    this.ink.setAttribute("role", "application");
    this.ink.dataset.tLabel = "own.sheet";
    this.crossMark = element("div", { className: "ink-cross", hidden: true });
    box.append(this.ink, this.crossMark);
    for (let k = 0; k < CLASSES; k++) {
      const radio = element("input", { type: "radio", name: "lab-draw-class", checked: k === 0 });
      radio.onchange = () => { this.k = k; };
      lab.find(".draw-classes").append(element("label", { className: "draw-choice" },
        radio, element("canvas", { width: 32, height: 32 }), element("span", { textContent: String(k + 1) })));
    }
    this.radio = lab.find("[data-data=own] input");
    this.radio.parentElement.classList.add("empty");
  }

  toggle(on) {
    this.strip.hidden = this.ink.hidden = !on;
    this.crossMark.hidden = true;
    if (!on) return;
    this.paint();
    this.showCount();
    this.ink.focus({ preventScroll: true });
  }

  get zoom() {
    return this.ink.width / (2 * MARGIN * this.limits.extent);
  }

  // The whole sheet.
  paint() {
    const palette = this.lab.app.colours();
    for (const [k, shape] of this.strip.querySelectorAll(".draw-classes canvas").entries()) {
      const pen = shape.getContext("2d");
      pen.clearRect(0, 0, 32, 32);
      Object.assign(pen, { fillStyle: palette.real, strokeStyle: palette.real, lineWidth: 4 });
      mark(pen, k, 16, 16, 8);
    }
    const side = Math.round(this.ink.clientWidth * Math.min(window.devicePixelRatio || 1, 2));
    if (!side) return;
    this.ink.width = this.ink.height = side;
    this.dab(this.sketch.points);
  }

  dab(points) {
    const pen = this.ink.getContext("2d"), { zoom } = this, half = this.ink.width / 2;
    const r = Math.max(2, this.ink.width / 240), colour = this.lab.app.colours().real;
    Object.assign(pen, { fillStyle: colour, strokeStyle: colour, lineWidth: r * 0.8 });
    for (const { x, y, k } of points) mark(pen, k, half + x * zoom, half - y * zoom, r);
  }

  showCount() {
    const { points } = this.sketch, locale = this.lab.root.lang;
    const values = { count: points.length.toLocaleString(locale), most: this.limits.most.toLocaleString(locale) };
    this.lab.find(".draw-count").textContent = points.length ? t("own.count", values) : t("own.empty");
    this.lab.find(".draw-undo").disabled = !this.sketch.past.length;
    this.lab.find(".draw-clear").disabled = !points.length;
  }

  // ---- what is to be learnt ---------------------------------------------------------------------

  keep(text) {
    this.text = text;
    inTab.set(KEPT, text);
    const { extent } = this.limits, { unit } = this.lab.schema.frame;
    const points = decode(text, extent), every = Math.ceil(points.length / THUMBNAIL_POINTS);
    const shown = points.filter((_, i) => i % every === 0);
    this.lab.schema.distributions.own.points = shown.flatMap(({ x, y }) => [x, y].map((v) => (v * unit) / extent));
    this.radio.parentElement.classList.toggle("empty", !text);
    this.lab.choices.drawThumbnails();
  }

  // Points that come from elsewhere: a file, a link, an earlier state.
  take(text) {
    const points = decode(text, this.limits.extent);
    if (points.length) {
      this.sketch.begin();
      this.sketch.points = points;
      this.keep(text);
    }
    if (this.on) this.paint();
    this.showCount();
  }

  // While what was sent last has not come back, what comes is older than the sheet.
  adopt({ distribution, points }) {
    if (distribution !== "own") return;
    if (points === this.pending) this.pending = null;
    else if (this.pending === null && !this.stroke && points !== this.text) this.take(points);
  }

  commit() {
    this.showCount();
    const text = encode(this.sketch.points, this.limits.extent);
    if (!text) return;
    this.keep(text);
    this.use();
  }

  // Long texts wait a little, so that a key held down does not send one for each of its beats.
  use() {
    this.pending = this.text;
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.send(), this.text.length / CHARACTERS_A_MILLISECOND);
  }

  send() {
    clearTimeout(this.waiting);
    this.waiting = null;
    this.lab.configure({ distribution: "own", points: this.text });
  }

  // ---- what can be done -------------------------------------------------------------------------

  wire() {
    const { lab, ink, sketch } = this, on = (selector, does) => { lab.find(selector).onclick = does; };
    for (const radio of this.strip.querySelectorAll("[name=lab-draw-tool]")) {
      radio.onchange = () => { this.tool = radio.value; };
    }
    on(".draw-undo", () => this.undo());
    on(".draw-clear", () => {
      sketch.begin();
      sketch.points = [];
      sketch.settle();
      this.paint();
      this.showCount();
    });
    on(".draw-done", () => this.close());
    on(".draw-file", () => lab.find(".points-file").click());
    lab.find(".points-file").onchange = ({ target }) => {
      this.load(target.files[0]);
      target.value = "";
    };
    this.radio.onchange = () => {
      if (this.text) this.use();
      else if (lab.teach.free("own")) this.switch(true);
      lab.choices.show();
    };
    ink.addEventListener("pointerdown", (event) => this.down(event));
    ink.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel"]) ink.addEventListener(end, () => this.up());
    ink.addEventListener("keydown", (event) => this.key(event));
    ink.addEventListener("blur", () => { this.crossMark.hidden = true; });
    // Whatever is pressed next comes after it.
    lab.root.addEventListener("pointerdown", () => this.waiting && this.send(), true);
    const box = ink.parentElement;
    box.addEventListener("dragover", (event) => event.preventDefault());
    box.addEventListener("drop", (event) => {
      event.preventDefault();
      if (lab.teach.free("own")) this.load(event.dataTransfer.files[0]);
    });
  }

  get width() {
    const brush = this.lab.find(".brush"), share = brush.valueAsNumber / Number(brush.max);
    return WIDTHS[0] + (WIDTHS[1] - WIDTHS[0]) * share ** 2;
  }

  place({ clientX, clientY }) {
    const box = this.ink.getBoundingClientRect(), scale = (2 * MARGIN * this.limits.extent) / box.width;
    return [(clientX - box.left - box.width / 2) * scale, -(clientY - box.top - box.height / 2) * scale];
  }

  down(event) {
    if (!event.isPrimary || event.button > 0 && event.button !== 5) return;
    this.ink.setPointerCapture(event.pointerId);
    // Button 5 is the far end of a pen.
    this.begin(this.tool === "eraser" || event.button === 5);
    this.go(this.place(event));
  }

  move(event) {
    if (!this.stroke || !event.isPrimary) return;
    const steps = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
    this.go(...(steps.length ? steps : [event]).map((step) => this.place(step)));
  }

  begin(erasing) {
    this.sketch.begin();
    this.stroke = erasing ? new Eraser() : new Stroke(this.k, this.width, this.limits.extent);
  }

  go(...places) {
    const { sketch, stroke } = this;
    if (stroke instanceof Eraser) {
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
    if (!room) this.lab.app.toast(t("own.full", { most: this.limits.most.toLocaleString(this.lab.root.lang) }));
  }

  up() {
    if (!this.stroke) return;
    this.stroke = null;
    if (this.sketch.settle()) this.commit();
  }

  undo() {
    if (!this.sketch.undo()) return;
    this.paint();
    this.commit();
  }

  close() {
    this.switch(false);
    this.lab.find(".mode-own").focus();
  }

  // Arrows move a cross (with shift in larger steps), Enter puts dots there, Backspace takes back.
  key(event) {
    const { key, shiftKey } = event, { extent } = this.limits;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (MOVES[key]) {
      const step = shiftKey ? 0.5 : 0.1;
      this.cross = this.cross.map((v, axis) => Math.min(extent, Math.max(-extent, v + step * MOVES[key][axis])));
      this.crossMark.hidden = false;
      const share = (v) => `${50 + (50 * v) / (MARGIN * extent)}%`;
      this.crossMark.style.left = share(this.cross[0]);
      this.crossMark.style.top = share(-this.cross[1]);
    } else if (key === "Enter") {
      this.begin(this.tool === "eraser");
      this.go(this.cross);
      this.up();
    } else if (key === "Backspace") this.undo();
    else if (key === "Escape") this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  async load(file) {
    if (!file) return;
    const say = ({ code, ...values }) => {
      const shown = Object.entries(values).map(([name, v]) => [name, v.toLocaleString(this.lab.root.lang)]);
      if (has(`limits.${code}`)) return this.lab.app.toast(t(`limits.${code}`));
      const known = has(`own.errors.${code}`) ? code : "refused";
      this.lab.app.toast(t(`own.errors.${known}`, { ...Object.fromEntries(shown), file: file.name }));
    };
    if (file.size > this.limits.bytes) return say({ code: "too_large", most: this.limits.bytes });
    try {
      const answer = await fetch(`${this.lab.base}/points`, {
        method: "POST", body: file, headers: { "X-Ganplay-Token": await this.lab.app.link.ticket() },
      });
      const { error, points } = await answer.json();
      if (error) return say(error);
      this.take(points);
      this.use();
    } catch {
      say({ code: "lost" });
    }
  }
}
