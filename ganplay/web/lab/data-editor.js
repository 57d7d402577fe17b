// Somebody's own data: drawn on a sheet, or out of a file. What has been drawn goes to the session
// when a stroke ends, and is kept in this tab.

import { DrawingSheet } from "./drawing-sheet.js";
import { PointsPreview } from "./points-preview.js";
import { decode, encode } from "./points-text.js";
import { Sketch } from "./sketch.js";
import { inTab } from "../shared/storage.js";
import { has, t, whole } from "../shared/i18n.js";

const KEPT = "ganplay.own", THUMBNAIL_POINTS = 300;
const BEGINNING = 4096; // bytes
const CHARACTERS_A_MILLISECOND = 200; // the server takes somewhat more

export class DataEditor {
  /** @param {import("./lab.js").Lab} lab */
  constructor(lab) {
    this.lab = lab;
    this.limits = lab.schema.points;
    this.pending = null;
    this.text = "";
    this.sketch = new Sketch(this.limits.most);
    this.sheet = new DrawingSheet(this);
    this.preview = new PointsPreview(this);
    this.radio = lab.find("[data-data=own] input");
    this.radio.parentElement.classList.add("empty");
    this.switch = lab.stage.addMode("own", (on) => {
      this.sheet.toggle(on);
      this.showCount();
    });
    this.wire();
    this.take(inTab.get(KEPT) || "");
    this.sketch.past = [];
    this.showCount();
    lab.addEventListener("state", ({ detail: { config } }) => this.adopt(config));
    lab.addEventListener("welcome", () => { this.pending = null; });
    lab.app.addEventListener("words", () => this.showCount());
  }

  showCount() {
    const { points } = this.sketch;
    const values = { count: whole(points.length), most: whole(this.limits.most) };
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
    this.sheet.paint();
    this.showCount();
  }

  // While what was sent last has not come back, what comes is older than the sheet.
  adopt({ distribution, points }) {
    if (distribution !== "own") return;
    if (points === this.pending) this.pending = null;
    else if (this.pending === null && !this.sheet.stroke && points !== this.text) this.take(points);
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
    const { lab } = this, on = (selector, does) => { lab.find(selector).onclick = does; };
    on(".draw-undo", () => this.undo());
    on(".draw-clear", () => this.clear());
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
    // Whatever is pressed next comes after it.
    lab.root.addEventListener("pointerdown", () => this.waiting && this.send(), true);
    const box = lab.find(".canvas-box");
    box.addEventListener("dragover", (event) => event.preventDefault());
    box.addEventListener("drop", (event) => {
      event.preventDefault();
      if (lab.teach.free("own")) this.load(event.dataTransfer.files[0]);
    });
  }

  clear() {
    this.sketch.begin();
    this.sketch.points = [];
    this.sketch.settle();
    this.sheet.paint();
    this.showCount();
  }

  undo() {
    if (!this.sketch.undo()) return;
    this.sheet.paint();
    this.commit();
  }

  close() {
    this.switch(false);
    this.lab.find(".mode-own").focus();
  }

  // Points of a file, to be learnt.
  learn(points) {
    this.take(points);
    this.use();
  }

  async load(file) {
    if (!file) return;
    const large = file.size > this.limits.bytes;
    // Of a file that is too large anyway the beginning tells what it is.
    const answer = await this.ask(large ? file.slice(0, BEGINNING) : file);
    if (large && answer.error?.code !== "kind") answer.error = { code: "too_large", most: this.limits.bytes };
    if (answer.table && !large) this.preview.open(file, answer);
    else if (answer.error) this.lab.app.toast(this.words(answer.error, file));
    else this.learn(answer.points);
  }

  // What the server makes of a file: its points and, of a table, what was read as what; or an error.
  async ask(file, query = "") {
    try {
      const answer = await fetch(`${this.lab.base}/points?${query}`, {
        method: "POST", body: file, headers: { "X-Ganplay-Token": await this.lab.app.link.getToken() },
      });
      return await answer.json();
    } catch {
      return { error: { code: "lost" } };
    }
  }

  shown(values) {
    return Object.fromEntries(Object.entries(values).map(([name, v]) => [name, typeof v === "number" ? whole(v) : v]));
  }

  // Why a file cannot be used.
  words({ code, ...values }, file) {
    if (has(`limits.${code}`)) return t(`limits.${code}`);
    const known = has(`own.errors.${code}`) ? code : "refused";
    const kind = known === "kind" && { found: t(`own.kinds.${values.found}`) };
    return t(`own.errors.${known}`, { ...this.shown(values), ...kind, file: file.name });
  }
}
