// The controls of a state: seed, truncation, a mixture of two classes, and the step of the training.

import { element } from "../shared/dom.js";
import { paint } from "../shared/pixels.js";
import { stepName } from "./describe-state.js";
import { LIMITS, labelOf, mixOf, write } from "./latent-state.js";
import { t, whole } from "../shared/i18n.js";

const MOST_STEPS = 10, MOST_COLUMNS = 13;

export class StateControls {
  /** @param {import("./explore.js").Explore} explore */
  constructor(explore) {
    this.explore = explore;
    this.find = explore.find;
    const { complaints } = explore, on = (selector, does) => { this.find(selector).onclick = does; };
    on(".ex-seed-less", () => this.setSeed(explore.state.seed - 1));
    on(".ex-seed-more", () => this.setSeed(explore.state.seed + 1));
    on(".ex-random", () => this.setSeed(Math.floor(Math.random() * 10000)));
    this.find("#ex-seed").onchange = ({ target }) =>
      complaints.typed(target, t("explore.seed"), LIMITS.seed, (seed) => this.setSeed(seed), Number.isInteger);
    this.find(".ex-truncation-number").onchange = ({ target }) =>
      complaints.typed(target, t("explore.truncation"), LIMITS.truncation, (truncation) => explore.set({ truncation }, true));
    this.find(".ex-second").onchange = ({ target }) => {
      const second = target.value === "" ? null : Number(target.value);
      this.setMix({ second, share: second === null ? 0 : this.mix.share || 0.5 }, true);
    };
    this.wire(".ex-truncation", 1, (truncation, done) => explore.set({ truncation }, done));
    this.wire(".ex-share", 0, (share, done) => this.setMix({ share }, done));
    this.wire(".ex-time", Infinity, (place, done) => explore.set({ step: this.stepOf(place) }, done));
  }

  // A slider; a double click takes it back to what is usual.
  wire(selector, usual, set) {
    const slider = this.find(selector);
    slider.oninput = () => set(slider.valueAsNumber, false);
    slider.onchange = () => set(slider.valueAsNumber, true);
    slider.ondblclick = () => set(usual, true);
  }

  setSeed(seed) {
    const [low, high] = LIMITS.seed;
    this.explore.set({ seed: Math.min(high, Math.max(low, seed)), at: "" }, true);
  }

  // The mixture is kept here too: at an end of the slider the state has one class only.
  setMix(change, done) {
    this.mix = { ...this.mix, ...change };
    this.label = labelOf(this.mix);
    this.explore.set({ label: this.label }, done);
  }

  stepOf(place) {
    const { steps } = this.explore.model;
    return place >= steps.length - 1 ? null : steps[place];
  }

  // What depends on the model alone, in the present language.
  build() {
    const { labels, steps } = this.explore.model, last = steps.length - 1;
    this.find(".ex-classes-box").hidden = !labels.length;
    this.find(".ex-classes").style.setProperty("--columns", Math.min(labels.length, MOST_COLUMNS));
    this.find(".ex-classes").replaceChildren(...labels.map((name, k) => {
      const button = element("button", { type: "button", textContent: name, title: t("explore.class_tip", { name }) });
      button.onclick = () => this.setMix({ first: k, ...(this.mix.second === k ? { second: null, share: 0 } : {}) }, true);
      return button;
    }));
    this.find(".ex-second").replaceChildren(element("option", { value: "", textContent: t("explore.alone") }),
      ...labels.map((name, k) => element("option", { value: k, textContent: name })));
    this.find(".ex-time").max = last;
    this.find(".ex-time-box").hidden = !last;
    const few = Math.min(MOST_STEPS, steps.length);
    this.find(".ex-steps").replaceChildren(...Array.from({ length: few }, (_, i) => {
      const place = Math.round((i * last) / Math.max(1, few - 1)), name = stepName(steps[place]);
      const button = element("button", { type: "button", title: name, ariaLabel: name }, element("canvas"));
      button.dataset.place = place;
      button.onclick = () => this.explore.set({ step: this.stepOf(place) }, true);
      return button;
    }));
    this.stepTexts = null;
  }

  show() {
    const { state, model } = this.explore, { find } = this;
    if (state.label !== this.label) Object.assign(this, { label: state.label, mix: mixOf(state.label) });
    const { first, second, share } = this.mix, place = state.step === null ? model.steps.length - 1 : model.steps.indexOf(state.step);
    const shown = { "#ex-seed": state.at ? "" : state.seed, ".ex-truncation": state.truncation, ".ex-truncation-number": state.truncation,
      ".ex-second": second ?? "", ".ex-share": share, ".ex-time": place };
    for (const [selector, value] of Object.entries(shown)) {
      if (find(selector).value !== String(value)) find(selector).value = value;
    }
    find("#ex-seed").placeholder = state.at ? "–" : ""; // the caption says why
    find(".ex-share").disabled = second === null;
    find(".ex-share-text").textContent = second === null ? "" : t("explore.percent", { value: Math.round(100 * share) });
    [...find(".ex-classes").children].forEach((one, k) => one.setAttribute("aria-pressed", k === first));
    find(".ex-time").setAttribute("aria-valuetext", stepName(model.steps[place]));
    find(".ex-time-text").textContent = whole(model.steps[place]);
    for (const one of find(".ex-steps").children) one.setAttribute("aria-pressed", Number(one.dataset.place) === place);
  }

  // The present picture at some steps of the training.
  async drawSteps() {
    const { state, model, source } = this.explore, steps = [...this.find(".ex-steps").children];
    const texts = steps.map((one) => write({ ...state, step: this.stepOf(Number(one.dataset.place)) }));
    if (String(texts) === this.stepTexts) return;
    this.stepTexts = String(texts);
    const answer = await source.ask("steps", { model: model.name, states: texts });
    if (answer?.type !== "pictures") return;
    steps.forEach((one, i) => paint(one.firstChild, answer.pixels, answer.shape, i));
  }
}
