// Two at once: a second GAN, B, beside the first on the same data and noise. What differs between
// them is marked, and both are told of wherever the first one was.

import { element } from "../shared/dom.js";
import { nameOf, valueOf } from "../shared/setting-names.js";
import { t } from "../shared/i18n.js";

// Fields in which the settings of B are others than those of A.
export function differing(fields, a, b) {
  return fields.filter(({ name }) => name in b && a[name] !== b[name]);
}

export class CompareAB {
  /** @param {import("./lab.js").Lab} lab */
  constructor(lab) {
    this.lab = lab;
    this.bar = lab.find(".pair-bar");
    this.veiled = [];
    this.letGo = () => {
      lab.app.toast(t("pair.closed"));
      this.set(false);
    };
    this.set = lab.stage.addMode("pair", (on) => this.ask(on));
    for (const radio of this.bar.querySelectorAll("input")) {
      radio.onchange = () => this.choose(radio.value);
    }
    lab.find(".copy-ab").onclick = () => lab.send("copy", { from: "a" });
    lab.find(".copy-ba").onclick = () => lab.send("copy", { from: "b" });
    this.name = this.mark("first-name tag", ".canvas-box", "A");
    this.scale = lab.find(".scale").cloneNode(true);
    lab.find(".canvas-box.second").append(this.scale);
    this.twin = this.mark("probe-twin", ".canvas-box", "");
    lab.addEventListener("state", ({ detail: { restarted } }) => {
      // Weights out of a file are for one step of one GAN.
      if (restarted && this.shown && !this.on) lab.app.toast(t("pair.closed"));
      this.show();
    });
    lab.app.addEventListener("words", () => this.show());
    lab.addEventListener("frame", () => this.draw());
    lab.addEventListener("numbers", ({ detail: frame }) => this.showNumbers(frame));
    lab.addEventListener("described", ({ detail: frame }) => this.describe(frame));
    lab.addEventListener("diverged", ({ detail: { lanes } }) => this.veil(lanes));
    lab.addEventListener("sent", ({ detail: { type } }) => type === "preset" && this.warn());
    lab.addEventListener("loaded", () => this.load());
  }

  get on() {
    return Boolean(this.lab.rival);
  }

  mark(name, box, text) {
    const made = element("p", { className: name, textContent: text, hidden: true, ariaHidden: "true" });
    this.lab.find(box).append(made);
    return made;
  }

  ask(on) {
    const { lab } = this;
    if (on !== this.on) lab.send("pair", { on });
    if (on) lab.stage.takeSecond("B", this.letGo);
    else lab.stage.freeSecond(this.letGo);
  }

  choose(lane) {
    this.lab.lane = lane;
    this.lab.controls.show(this.lab.edited);
    this.show();
  }

  // A preset and loaded settings are for both, as what differed belonged to other settings.
  warn() {
    if (this.on) this.lab.app.toast(t("pair.replaced"));
  }

  load() {
    if (!this.on) return;
    requestAnimationFrame(() => this.lab.send("copy", { from: "a" })); // after the settings themselves
    this.warn();
  }

  // ---- settings -------------------------------------------------------------------------------

  show() {
    const { lab, on } = this;
    this.shown = on;
    this.set(on);
    lab.root.classList.toggle("paired", on);
    this.bar.hidden = this.name.hidden = !on;
    for (const radio of this.bar.querySelectorAll("input")) radio.checked = radio.value === lab.lane;
    const found = on ? differing(lab.schema.fields, lab.config, lab.rival.config) : [];
    for (const row of lab.find(".settings").querySelectorAll(".row")) {
      this.markRow(row, found.find(({ name }) => name === row.dataset.part));
    }
    const list = found.map((field) => t("pair.one", this.said(field))).join(t("pair.and"));
    this.bar.querySelector(".pair-differs").textContent = found.length ? t("pair.differs", { list }) : t("pair.equal");
    for (const name of ["command", "python"]) {
      lab.find(`.share-${name}`).closest("label").title = on ? t("pair.only_a") : "";
    }
    lab.find(".save-script").title = t(on ? "pair.only_a" : "share.script_tip");
    this.showNumbers(lab.seen);
    lab.numbers.describe();
    if (!lab.find(".veil").hidden) this.veil(this.veiled);
  }

  said(field) {
    const { config, rival } = this.lab, value = (settings) => valueOf(field.name, settings[field.name]);
    return { name: nameOf(field), a: value(config), b: value(rival.config) };
  }

  markRow(row, field) {
    const label = row.querySelector("label");
    row.classList.toggle("differs", Boolean(field));
    label.querySelector(".differs-mark")?.remove();
    if (!field) return;
    const title = t("pair.mark", this.said(field));
    label.append(" ", element("span", { className: "differs-mark", textContent: "≠", title, role: "img", ariaLabel: title }));
  }

  // ---- what is to be seen ---------------------------------------------------------------------

  // Always of the moment that the first picture shows, with the data of that moment.
  draw() {
    const { lab } = this, { rival } = lab.seen, { moment } = lab.timeline;
    if (!rival || lab.stage.letGo !== this.letGo) {
      this.twin.hidden = true;
      return;
    }
    const data = moment ? moment.data : lab.data, other = lab.second.data !== data;
    if (other) lab.second.setData(data);
    if (!rival.diverged && (other || rival !== lab.second.frame)) lab.second.draw(rival);
    this.showTwin();
  }

  // The point that is asked about, on the picture that the pointer is not over.
  showTwin() {
    const { lab, twin } = this, pointed = lab.find(".probe").parentElement;
    twin.hidden = !lab.probeAt;
    if (!lab.probeAt) return;
    const plane = [lab.plane, lab.second].find(({ canvas }) => canvas.parentElement !== pointed);
    const [x, y] = plane.place(lab.probeAt);
    plane.canvas.parentElement.append(twin);
    Object.assign(twin.style, { left: `${100 * x}%`, top: `${100 * y}%` });
  }

  showNumbers(frame) {
    if (frame) this.draw();
    const { lab } = this, rival = this.on && frame ? frame.rival : null;
    const texts = rival && lab.numbers.tileTexts(rival, lab.rivalConfig);
    for (const tile of lab.root.querySelectorAll("[data-tile]")) {
      const first = tile.querySelector("b");
      let second = tile.querySelector(".of-b");
      if (!texts) {
        delete first.dataset.lane;
        second?.remove();
        continue;
      }
      if (!second) {
        second = element("b", { className: "of-b", dataset: { lane: "B" } });
        first.after(second);
      }
      first.dataset.lane = "A";
      second.textContent = rival.diverged ? "–" : texts[tile.dataset.tile][0];
    }
    this.scale.hidden = !rival;
    if (rival) lab.numbers.fillScale(this.scale, rival, lab.rivalConfig);
  }

  describe(frame) {
    const { lab } = this, { rival } = frame;
    if (!rival || !this.on) return;
    for (const [name, plane, one] of [["A", lab.plane, frame], ["B", lab.second, rival]]) {
      plane.canvas.setAttribute("aria-label", t("pair.picture", { name, text: lab.numbers.sentence(one) }));
    }
  }

  // Over the picture of the one that diverged; with none of them there it is over the first.
  veil(lanes = ["a"]) {
    const { lab } = this, veil = lab.find(".veil");
    this.veiled = lanes;
    if (!this.on && !lanes.includes("a")) lab.bar.veil.hidden = true;
    const second = this.on && !lanes.includes("a");
    lab.find(second ? ".canvas-box.second" : ".canvas-box").append(veil);
    if (!this.on) return;
    const name = lanes.length === 2 ? t("pair.both") : lanes[0].toUpperCase();
    veil.querySelector(".veil-text").textContent = t("pair.veil", { name, step: lab.bar.divergedAt });
  }
}
