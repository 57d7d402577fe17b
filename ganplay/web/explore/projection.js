// Find a picture: what is drawn, opened or pasted is looked for in the model's latent space, and what
// is hidden of it filled in. What is found is explored like any other state.

import { draw } from "./projection-curves.js";
import { element } from "../shared/dom.js";
import { Pad } from "./sketch-pad.js";
import { packChunk, read, splitChunks } from "../shared/wire.js";
import { PictureFile } from "./picture-file.js";
import { takeDrops } from "./pick-mode.js";
import { paint } from "../shared/pixels.js";
import { filled } from "./sketch-bitmap.js";
import { wordsOfFit } from "./fit-words.js";
import { ask } from "../shared/request.js";
import { has, t } from "../shared/i18n.js";

export class Panel {
  /** @param {import("./explore.js").Explore} explore */
  constructor(explore, host) {
    this.explore = explore;
    this.host = host;
    this.curves = [];
    this.found = null;
    this.said = null;
    this.noted = null;
    this.at = (name) => host.querySelector(`.fi-${name}`);
    this.pad = new Pad(host, () => this.changed());
    this.file = new PictureFile(this);
    this.wire();
    this.show();
  }

  wire() {
    const on = (name, does) => { this.at(name).onclick = does; };
    on("go", () => this.go());
    on("cancel", () => this.abort.abort());
    on("present", () => this.takePresent());
    on("open", () => this.at("file").click());
    on("fit", () => this.fit());
    on("explore", () => this.take());
    on("back", () => {
      this.file.forget();
      this.pad.put(this.whole);
    });
    this.at("file").onchange = ({ target }) => {
      const [file] = target.files;
      target.value = "";
      if (file) this.file.open(file);
    };
    const { host } = this;
    takeDrops(host, "over", ({ files: [file] }) => file && this.file.open(file));
    document.addEventListener("paste", (event) => {
      const file = host.checkVisibility() && [...event.clipboardData.files][0];
      if (!file) return;
      event.preventDefault();
      this.file.open(file);
    });
    new ResizeObserver(() => this.drawCurves()).observe(this.at("curves"));
  }

  get model() {
    return this.explore.model;
  }

  // ---- the picture that is looked for ---------------------------------------------------------

  show() {
    const { model } = this, other = model.name !== this.shown;
    if (!other) return;
    this.shown = model.name;
    this.pad.turnTo(model.shape, this.explore.kept.of("sheet"));
    this.file.forget();
    this.at("class-box").hidden = !model.labels.length;
    this.nameClasses();
    this.changed();
  }

  nameClasses() {
    const box = this.at("class"), chosen = box.value;
    box.replaceChildren(element("option", { value: "", textContent: t("find.any") }),
      ...this.model.labels.map((name, k) => element("option", { value: k, textContent: name })));
    box.value = Number(chosen) < this.model.labels.length ? chosen : "";
  }

  changed() {
    const { drawn, masked, content } = this.pad.sheet;
    this.explore.kept.put("sheet", content);
    this.at("go").disabled = !drawn;
    this.at("fit").hidden = this.model.shape[0] !== 1; // colours fill their whole square
    this.at("back").disabled = !this.found || String(this.shape.slice(1)) !== String(this.pad.sheet.shape);
    this.at("fit").disabled = !drawn || masked;
    this.file.show();
  }

  async takePresent() {
    const { explore } = this, answer = await explore.draw();
    this.file.forget();
    if (answer) this.pad.put(explore.shown.pixels);
    this.note([]);
  }

  // What is drawn, as large and as much in the middle as the model's own pictures: twice as large it
  // is no longer of the model's size, so that the server frames it.
  async fit() {
    const { width, height } = this.pad.canvas, copy = element("canvas", { width: 2 * width, height: 2 * height });
    const pen = copy.getContext("2d");
    pen.imageSmoothingEnabled = false;
    pen.drawImage(this.pad.canvas, 0, 0, 2 * width, 2 * height);
    this.file.open(await new Promise((done) => copy.toBlob(done)));
  }

  note(notes) {
    this.noted = notes;
    this.at("notes").textContent = notes.map(({ code, ground }) =>
      t(`find.notes.${code}`, { ground: ground && t(`find.grounds.${ground}`) })).join(" ");
  }

  // ---- the search -----------------------------------------------------------------------------

  order() {
    const { sheet } = this.pad, chosen = this.at("class").value;
    const number = (name) => {
      const box = this.at(name), value = box.valueAsNumber, low = Number(box.min), high = Number(box.max);
      if (Number.isInteger(value) && value >= low && value <= high) return value;
      this.explore.complaints.bounds(t(`find.${name}`), box.value, [low, high]);
      throw new Error("bounds");
    };
    const head = { model: this.model.name, restarts: number("restarts"), steps: number("steps") };
    this.asked = head;
    if (chosen !== "") head.label = Number(chosen);
    return packChunk(head, sheet.pixels, ...(sheet.masked ? [sheet.hidden] : []));
  }

  async go() {
    const { sheet } = this.pad;
    let body;
    try {
      body = this.order();
    } catch {
      return;
    }
    this.abort = new AbortController();
    this.target = sheet.pixels.slice();
    this.hidden = sheet.masked ? sheet.hidden.slice() : null;
    this.shape = [1, ...sheet.shape];
    this.labels = this.model.labels;
    this.found = null;
    this.curves = [];
    this.begin();
    try {
      const answer = await ask(this.explore.app, "explore/project", { body, signal: this.abort.signal });
      for await (const one of read(answer, splitChunks)) this.hear(one);
      const { fit } = this.found || {};
      this.end(!this.found ? "failed" : fit?.word === "off" ? "unmatched" : "done");
    } catch (error) {
      const kinds = { busy: "busy", gone: "gone", refused: "gone" };
      this.end(error.name === "AbortError" ? "cancelled" : kinds[error.message] || (has(`find.status.${error.message}`) ? error.message : "failed"));
    }
  }

  begin() {
    this.turnBusy(true);
    this.at("progress").value = 0;
    this.at("filled-box").hidden = !this.hidden;
    for (const name of ["said", "fits", "read"]) this.at(name).textContent = "";
    paint(this.at("target"), this.target, this.shape);
    for (const name of ["found", "filled"]) this.at(name).width = 0; // empty
    this.say("waiting");
    this.drawCurves();
  }

  // One of the two buttons is there; the focus goes from the one to the other.
  turnBusy(busy) {
    const focused = document.activeElement === this.at(busy ? "go" : "cancel");
    this.at("explore").disabled = !this.found;
    this.changed();
    this.at("go").hidden = busy;
    this.at("cancel").hidden = !busy;
    if (focused) this.at(busy ? "cancel" : this.found ? "explore" : "go").focus();
  }

  hear(one) {
    if (one.type === "progress") {
      this.at("progress").value = (one.done + 1) / one.total;
      if (one.stage !== this.stage) this.curves = [];
      this.stage = one.stage;
      const rows = one.errors.filter((row) => row.length);
      for (const row of rows) row.forEach((error, r) => (this.curves[r] ||= []).push(error));
      this.say(one.stage);
      this.drawCurves();
    }
    if (one.type === "found") this.found = one;
    if (one.type === "error") this.why = one.why;
    if (one.content.length) this.paintFound(one.content);
  }

  paintFound(pixels) {
    paint(this.at("found"), pixels, this.shape);
    this.whole = this.hidden ? filled(this.target, this.hidden, pixels) : pixels;
    if (this.hidden) paint(this.at("filled"), this.whole, this.shape);
  }

  end(how) {
    this.turnBusy(false);
    if (!this.found) this.at("progress").value = 0;
    this.stage = null;
    this.say(how);
    this.tell();
  }

  say(how) {
    this.said = how;
    this.at("status").textContent = how ? t(`find.status.${how}`) : "";
  }

  // What the search ended with, in words, and what that is worth.
  tell() {
    if (!this.found) return;
    const { error, labels, best, fit, read } = this.found;
    const parts = [t("find.error", { value: error.toFixed(1) })];
    if (labels.length) parts.push(t("find.as_class", { name: this.labels[labels[best]] }));
    this.at("said").textContent = parts.join(" · ");
    this.at("fits").textContent = wordsOfFit(this.found, this.asked);
    this.at("fits").dataset.word = fit?.word || "";
    const other = read && read.target !== read.picture;
    const remedy = fit?.word === "off" ? "" : t(labels.length ? "find.read_class" : "find.read_restarts", read || {});
    this.at("read").textContent = other ? [t("find.read", read), remedy].join(" ").trim() : "";
  }

  drawCurves() {
    const steps = { classes: 40, descent: this.at("steps").valueAsNumber }[this.stage] || this.curves[0]?.length || 1;
    const seen = draw(this.at("curves"), this.curves, Math.max(steps, this.curves[0]?.length || 0));
    this.at("low").textContent = seen ? seen.low.toFixed(1) : "";
    this.at("high").textContent = seen ? seen.high.toFixed(0) : "";
    this.at("best").textContent = seen ? t("find.now", { n: seen.best + 1, of: this.curves.length }) : "";
  }

  take() {
    this.explore.goTo(this.found.state);
    this.explore.picture.scrollIntoView({ block: "nearest" });
  }

  relabel() {
    this.nameClasses();
    this.file.show();
    this.note(this.noted || []);
    this.say(this.said);
    this.tell();
    this.drawCurves();
  }
}
