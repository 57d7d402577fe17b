// Where a run is to stop by itself: a choice, and its bound.

import { outOfBounds } from "../shared/problem-words.js";
import { count, number, t, whole } from "../shared/i18n.js";

const PERCENT = 100;
// What each condition's bound is counted in, and where it begins.
const KINDS = {
  steps: { unit: 1, step: 100, first: (lab) => 1000 * (1 + Math.floor((lab.frame ? lab.frame.step : 0) / 1000)) },
  js: { unit: 1, step: 0.01, first: () => 0.1 },
  modes: { unit: 1, step: 1, first: (lab) => lab.data.modes || 1 },
  high_quality: { unit: PERCENT, step: 1, first: () => 0.8 },
};

export class StopCondition {
  /** @param {import("./lab.js").Lab} lab */
  constructor(lab) {
    this.lab = lab;
    this.choice = lab.find(".stop-when");
    this.bound = lab.find(".stop-bound");
    this.choice.append(...["", ...Object.keys(KINDS)].map((value) => Object.assign(document.createElement("option"), { value })));
    this.choice.onchange = () => {
      const when = this.choice.value;
      this.send(when ? { when, bound: KINDS[when].first(lab) } : null);
    };
    this.bound.onchange = () => this.change();
    lab.addEventListener("state", () => this.show());
    lab.addEventListener("data", () => this.showChoices());
    lab.app.addEventListener("words", () => this.label());
    lab.addEventListener("stopped", ({ detail: event }) => this.explain(event));
  }

  change() {
    const { when } = this.lab.stop, { unit } = KINDS[when], [low, high] = this.lab.schema.stops[when];
    const bound = this.bound.valueAsNumber / unit, whole = KINDS[when].step >= 1 && unit === 1;
    if (bound >= low && bound <= high && (!whole || Number.isInteger(bound))) {
      this.send({ when, bound });
      return;
    }
    this.lab.app.toast(outOfBounds(t(`stop.when.${when}`), this.bound.value, low * unit, high * unit, whole));
    this.show();
  }

  send(stop) {
    this.lab.stop = stop;
    this.lab.send("stop", stop || { when: null });
    this.show();
  }

  label() {
    for (const option of this.choice.options) option.textContent = t(`stop.when.${option.value || "never"}`);
    this.show();
  }

  show() {
    const { stop } = this.lab;
    this.choice.value = stop ? stop.when : "";
    this.bound.hidden = !stop;
    if (!stop || document.activeElement === this.bound) return;
    const { unit, step } = KINDS[stop.when], [low, high] = this.lab.schema.stops[stop.when];
    Object.assign(this.bound, { min: low * unit, max: high * unit, step, value: Number((stop.bound * unit).toPrecision(6)) });
  }

  // Data without modes have none to be counted.
  showChoices() {
    for (const option of this.choice.options) option.disabled = ["modes", "high_quality"].includes(option.value) && !this.lab.data.modes;
  }

  explain({ when, step, value, bound, lane }) {
    const shown = (v) => (when === "high_quality" ? `${number(PERCENT * v, 1)} %` : (when === "js" ? number(v, 3) : count(v)));
    const text = t(`stop.reached.${when}`, { step: whole(step), value: shown(value), bound: shown(bound) });
    this.lab.app.toast(this.lab.rival && when !== "steps" ? t("pair.picture", { name: lane.toUpperCase(), text }) : text);
  }
}
