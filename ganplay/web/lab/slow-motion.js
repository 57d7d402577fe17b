// Slow motion: one step of training in ten sub-steps, five of D and five of G, each with a sentence,
// the part of graph and formula that it concerns, and the numbers of this very step.

import { formula, lossFormula } from "./formulas.js";
import { element } from "../shared/dom.js";
import { toBytes } from "../shared/files.js";
import { decode } from "../shared/frame.js";
import { cornerColour } from "../shared/mini-plots.js";
import { disc } from "../shared/pen.js";
import { MARGIN } from "../shared/plane.js";
import { number, t } from "../shared/i18n.js";

const STAY = 3600; // milliseconds that a sub-step stays when it plays by itself
const MOST_KEPT = 30;

// What each sub-step lights, which of the three moments is behind it (0 before, 1 between the updates,
// 2 after) and what of the batch is drawn: real points, fakes, fakes that have moved, pulls.
export const SUBSTEPS = {
  d: [
    { name: "noise", lit: ["noise"], moment: 0, draws: [] },
    { name: "fake", lit: ["noise", "g", "fake"], moment: 0, draws: ["fakes"] },
    { name: "judge", lit: ["real", "fake", "d", "verdicts"], moment: 0, draws: ["real", "fakes", "map"] },
    { name: "loss", lit: ["verdicts", "losses", "gradients", "d"], moment: 0, draws: ["real", "fakes", "map"] },
    { name: "update", lit: ["d", "gradients"], moment: 1, draws: ["real", "fakes", "map"] },
  ],
  g: [
    { name: "noise", lit: ["noise"], moment: 1, draws: [] },
    { name: "fake", lit: ["noise", "g", "fake"], moment: 1, draws: ["fakes"] },
    { name: "judge", lit: ["fake", "d", "verdicts"], moment: 1, draws: ["fakes", "map"] },
    { name: "loss", lit: ["verdicts", "losses", "gradients", "d", "fake", "g"], moment: 1, draws: ["fakes", "map", "pulls"] },
    { name: "update", lit: ["g", "gradients", "fake"], moment: 2, draws: ["moved", "map", "grid"] },
  ],
};

// The sub-steps of a step: those of the nets that it updated.
export function substeps(seen) {
  return ["d", "g"].filter((net) => seen[net]).flatMap((net) => SUBSTEPS[net].map((sub, index) => ({ ...sub, net, index })));
}

// A frame as the plane draws it, with this batch in place of the usual samples.
export function batchFrame(moment, seen, { net, draws }, layers) {
  const update = seen[net], has = (name) => draws.includes(name);
  const pulls = has("pulls") ? Int8Array.from(update.pulls, (v) => Math.round(127 * v)) : new Int8Array(0);
  const fakes = has("moved") ? update.moved : has("fakes") ? update.fakes : [];
  const also = { map: "map", pulls: "pull", grid: "grid" };
  const shown = draws.reduce((sum, name) => sum + (layers[also[name]] ?? 0), layers.real + layers.fake);
  return { frame: { ...moment, fakes, pulls, labels: null }, shown, real: has("real") ? seen.real : [] };
}

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
    if (sub.name === "noise") this.scatter(seen.z, frame.extent);
    lab.graph.frame = moments[sub.moment];
    lab.graph.redraw();
    lab.graph.numbers(moments[sub.moment], performance.now());
    lab.graph.light(sub.lit);
    this.host.querySelector(".slow-back").disabled = this.step === 0 && this.at === 0;
    this.dots(subs);
    this.say(step, seen, sub);
  }

  // The noise of this batch, in the colours of where it lies in the space of noise.
  scatter(z, extent) {
    const { canvas, context: pen } = this.lab.plane, { reach } = this.lab.data;
    const zoom = canvas.width / (2 * MARGIN * extent), size = canvas.width / 220;
    const share = (v) => Math.min(1, Math.max(0, (v / reach + 1) / 2));
    for (const [x, y = 0] of z) {
      pen.fillStyle = cornerColour(share(x), share(y));
      disc(pen, canvas.width / 2 + x * zoom, canvas.height / 2 - y * zoom, size);
    }
  }

  dots(subs) {
    this.host.querySelector(".slow-dots").replaceChildren(...subs.map(({ net, index }, i) => element("li", {
      className: `dot dot-${net}${i === this.at ? " now" : ""}`, textContent: `${net.toUpperCase()}${index + 1}`,
      ariaCurrent: i === this.at ? "step" : null,
    })));
  }

  say(step, seen, { net, name, lit }) {
    const { config } = this.lab, update = seen[net], shown = (value) => number(value, 3);
    const text = t(`slow.${net}.${name}`, {
      step, batch: config.batch_size, loss: shown(update.loss), norm: shown(update.norm), change: shown(update.change),
      real: shown(update.real[0]), fake: shown(update.fake[0]), real_after: shown(update.real[1]), fake_after: shown(update.fake[1]),
      first: shown(update.norms[0]), last: shown(update.norms[update.norms.length - 1]),
    });
    const more = config[`steps_${net}`] - 1, extra = [];
    if (name === "update" && more > 0) extra.push(t(`slow.more_${net}`, { more }));
    if (name === "update" && config.simultaneous) extra.push(t("slow.at_once"));
    if (name === "fake" && config.ema > 0) extra.push(t("slow.averaged"));
    this.host.querySelector(".slow-sentence").textContent = [text, ...extra].join(" ");
    const line = formula(lossFormula(net, config));
    for (const piece of /** @type {NodeListOf<HTMLElement>} */ (line.querySelectorAll("[data-of]"))) piece.classList.toggle("lit", lit.includes(piece.dataset.of));
    this.host.querySelector(".slow-formula").replaceChildren(line);
  }
}
