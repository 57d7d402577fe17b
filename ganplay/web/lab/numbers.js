// The run in numbers and in words: the step, the tiles, the scale of D, and the picture's description.

import { element } from "../shared/dom.js";
import { number, percent, t, whole } from "../shared/i18n.js";

const TILES = ["js", "modes", "high_quality", "value", "grad_norm_g", "grad_norm_d"];
const INTERVAL = 100, DESCRIPTION_INTERVAL = 2000; // milliseconds

export class Numbers {
  /** @param {import("./lab.js").Lab} lab */
  constructor(lab) {
    this.lab = lab;
    setInterval(() => this.describe(), DESCRIPTION_INTERVAL);
  }

  relabel() {
    const { lab } = this;
    lab.find(".tiles").replaceChildren(...TILES.map((name) => {
      const label = element("dt", { textContent: t(`metrics.${name}.label`) });
      const value = element("dd", {}, element("b"), element("small"));
      return element("div", { title: t(`metrics.${name}.tip`), dataset: { tile: name } }, label, value);
    }));
    this.showScale();
    if (lab.frame) this.show(lab.seen, true);
    this.describe();
  }

  // Text changes ten times a second at most: faster nobody reads.
  show(frame, now = false) {
    const { lab } = this, passed = performance.now() - (this.shownAt || 0);
    if (!now && frame.playing && passed < INTERVAL) return;
    this.shownAt = performance.now();
    lab.find(".step-number").textContent = whole(frame.step);
    const past = lab.timeline.holds; // how fast it was then says nothing now
    lab.find(".rate").textContent = past ? "" : lab.bar.rate(frame.rate, frame.catchingUp);
    const texts = this.tileTexts(frame, lab.config);
    for (const tile of lab.root.querySelectorAll("[data-tile]")) {
      const [value, small] = texts[tile.dataset.tile];
      tile.querySelector("b").textContent = frame.diverged ? "–" : value;
      tile.querySelector("small").textContent = small;
    }
    this.showScale();
    lab.tell("numbers", frame);
  }

  tileTexts({ metrics }, config) {
    const { modes, floor } = this.lab.data, measured = Number.isFinite(metrics.modes);
    const probability = this.lab.schema.readings[config.loss] === "probability";
    return {
      js: [number(metrics.js), t("metrics.js.floor", { floor: number(floor, 3) })],
      modes: [modes && measured ? `${metrics.modes} / ${modes}` : "–", modes ? t("metrics.modes.sub") : t("metrics.modes.none")],
      high_quality: [modes && measured ? `${percent(metrics.high_quality)} %` : "–", modes ? t("metrics.high_quality.sub") : t("metrics.modes.none")],
      value: [number(metrics.value), t(probability ? "metrics.value.sub" : "metrics.value.none")],
      grad_norm_g: [number(metrics.grad_norm_g), t("metrics.grad_norm_g.sub")],
      grad_norm_d: [number(metrics.grad_norm_d), t("metrics.grad_norm_d.sub")],
    };
  }

  // What stands at the ends of D's scale: numbers of a critic, words otherwise.
  ends(frame, config) {
    const critic = this.lab.schema.readings[config.loss] === "critic" && frame;
    return critic ? [number(frame.low, 1), number(frame.high, 1)] : [t("scale.fake"), t("scale.real")];
  }

  showScale() {
    this.fillScale(this.lab.find(".scale"), this.lab.seen, this.lab.config);
  }

  fillScale(scale, frame, config) {
    if (!config.loss) return;
    const [low, high] = this.ends(frame, config);
    scale.querySelector(".scale-low").textContent = low;
    scale.querySelector(".scale-high").textContent = high;
  }

  // The canvas in words, for those who do not see it.
  describe() {
    const { seen: frame } = this.lab, text = frame && this.sentence(frame);
    if (!text) return;
    this.lab.find(".plane").setAttribute("aria-label", text);
    this.lab.tell("described", frame);
  }

  sentence(frame) {
    const { data, config } = this.lab, measured = Number.isFinite(data.modes ? frame.metrics.modes : frame.metrics.js);
    if (!config.distribution || (!measured && !frame.diverged)) return ""; // only just begun
    return frame.diverged ? t("veil.text", { step: whole(frame.step) }) : t(data.modes ? "describe.modes" : "describe.plain", {
      step: whole(frame.step), data: t(`choices.distribution.${config.distribution}`),
      js: number(frame.metrics.js), floor: number(data.floor, 3),
      covered: frame.metrics.modes, modes: data.modes,
      quality: percent(frame.metrics.high_quality),
      real: number(frame.metrics.d_real), fake: number(frame.metrics.d_fake),
    });
  }
}
