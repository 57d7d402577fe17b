// Slow motion: one step of training in ten sub-steps, five of D and five of G, each with a sentence,
// the part of graph and formula that it concerns, and the numbers of this very step.

import { formula, lossFormula } from "./formulas.js";
import { element } from "../shared/dom.js";
import { toBytes } from "../shared/files.js";
import { decode } from "../shared/frame.js";
import { batchFrame, scatter, sentence, substeps } from "./substeps.js";
import { t } from "../shared/i18n.js";

const STAY = 3600; // milliseconds that a sub-step stays when it plays by itself
const MOST_KEPT = 30;

export class SlowMotion {
  /** @param {import("./lab.js").Lab} lab */
  constructor(lab) {
    this.lab = lab;
    this.host = lab.find(".slow");
    this.kept = [];
    this.set = lab.stage.addMode("slow", (on) => (on ? this.begin() : this.end()));
    const on = (selector, does) => { lab.find(selector).onclick = does; };
    on(".slow-back", () => { this.play(false); this.back(); });
    on(".slow-on", () => { this.play(false); this.forth(); });
    on(".slow-play", () => this.play(!this.playing));
    lab.addEventListener("slow", ({ detail: event }) => this.receive(event));
    lab.app.addEventListener("words", () => this.show());
    lab.addEventListener("state", ({ detail: { playing, restarted } }) => (playing || restarted) && this.set(false));
    lab.app.addEventListener("theme", () => this.show());
  }

  get active() {
    return !this.host.hidden;
  }

  begin() {
    this.host.hidden = false;
    this.kept = [];
    this.at = this.step = -1;
    this.ask();
  }

  end() {
    if (!this.active) return;
    this.host.hidden = true;
    this.play(false);
    const { lab } = this;
    lab.graph.light(null);
    lab.holdsPicture = null;
    lab.plane.layers = lab.layers.shown;
    lab.plane.setData(lab.data);
    lab.plane.draw(lab.frame);
    lab.look();
  }

  // Another step; it is shown from its first sub-step when it comes.
  ask() {
    this.asked = true;
    this.lab.send("slow");
  }

  receive({ step, seen }) {
    this.asked = false;
    if (!this.active) return;
    if (!seen) {
      this.set(false);
      this.lab.app.toast(t("slow.nothing"));
      return;
    }
    const moments = seen.frames.map((text) => decode(toBytes(text).buffer, this.lab.schema.frame));
    this.kept = [...this.kept, { step, seen, moments, subs: substeps(seen) }].slice(-MOST_KEPT);
    this.step = this.kept.length - 1;
    this.at = 0;
    this.lab.holdsPicture = "slow";
    this.show();
  }

  forth() {
    if (this.asked || this.step < 0) return;
    if (this.at + 1 < this.kept[this.step].subs.length) this.at += 1;
    else if (this.step + 1 < this.kept.length) [this.step, this.at] = [this.step + 1, 0];
    else return this.ask();
    this.show();
  }

  back() {
    if (this.asked || this.step < 0) return;
    if (this.at > 0) this.at -= 1;
    else if (this.step > 0) [this.step, this.at] = [this.step - 1, this.kept[this.step - 1].subs.length - 1];
    this.show();
  }

  play(on) {
    clearInterval(this.timer);
    this.playing = on;
    const button = this.host.querySelector(".slow-play");
    button.classList.toggle("playing", on);
    button.setAttribute("aria-pressed", on);
    if (on) this.timer = setInterval(() => this.forth(), STAY);
  }

  show() {
    if (!this.active || this.step < 0 || !this.kept.length) return;
    const { lab } = this, { seen, moments, subs, step } = this.kept[this.step], sub = subs[this.at];
    const { frame, shown, real } = batchFrame(moments[sub.moment], seen, sub, lab.schema.frame.layers);
    lab.plane.layers = shown;
    lab.plane.setData({ ...lab.data, real, labels: [] });
    lab.plane.draw(frame);
    if (sub.name === "noise") scatter(lab.plane, seen.z, frame.extent, lab.data.reach);
    lab.graph.frame = moments[sub.moment];
    lab.graph.redraw();
    lab.graph.numbers(moments[sub.moment], performance.now());
    lab.graph.light(sub.lit);
    this.host.querySelector(".slow-back").disabled = this.step === 0 && this.at === 0;
    this.dots(subs);
    this.say(step, seen, sub);
  }

  dots(subs) {
    this.host.querySelector(".slow-dots").replaceChildren(...subs.map(({ net, index }, i) => element("li", {
      className: `dot dot-${net}${i === this.at ? " now" : ""}`, textContent: `${net.toUpperCase()}${index + 1}`,
      ariaCurrent: i === this.at ? "step" : null,
    })));
  }

  say(step, seen, sub) {
    const { config } = this.lab, { net, lit } = sub;
    this.host.querySelector(".slow-sentence").textContent = sentence(config, step, seen, sub);
    const line = formula(lossFormula(net, config));
    for (const piece of /** @type {NodeListOf<HTMLElement>} */ (line.querySelectorAll("[data-of]"))) piece.classList.toggle("lit", lit.includes(piece.dataset.of));
    this.host.querySelector(".slow-formula").replaceChildren(line);
  }
}
