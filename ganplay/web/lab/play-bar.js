// Playing, stepping, starting over, and how fast it goes.

import { keepLab } from "./kept.js";
import { t } from "../shared/i18n.js";

const SPEEDS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, null]; // steps a second; null: as fast as it can
const MOST_STEPS = 10_000;

export class PlayBar {
  constructor(lab) {
    this.lab = lab;
    this.toggle = lab.find(".toggle");
    this.count = lab.find(".count");
    this.speed = lab.find(".speed");
    this.veil = lab.find(".veil");
    const on = (selector, callback) => { lab.find(selector).onclick = callback; };
    on(".toggle", () => lab.toggle());
    on(".rewind", () => lab.rewind());
    on(".veil-button", () => lab.rewind());
    on(".step-d", () => lab.step("d"));
    on(".step-g", () => lab.step("g"));
    on(".step-both", () => lab.step("both"));
    on(".step-many", () => this.stepMany());
    this.count.onkeydown = ({ key }) => {
      if (key === "Enter") this.stepMany(); // a handler that gives back false would hold the key
    };
    this.speed.oninput = () => {
      lab.speed = SPEEDS[this.speed.valueAsNumber];
      this.showSpeed();
      lab.send("speed", { speed: lab.speed });
      keepLab(lab);
    };
    this.showPlaying(); // before names are given to buttons without a text
  }

  stepMany() {
    const { value } = this.count, count = Number(value);
    if (Number.isInteger(count) && count >= 1 && count <= MOST_STEPS) {
      this.lab.step("both", count);
      return;
    }
    const allowed = t("problems.whole_between", { low: 1, high: MOST_STEPS });
    this.lab.app.toast(t("problems.bounds", { field: t("play.count"), value, allowed, used: "" }));
  }

  relabel() {
    this.showPlaying();
    this.showSpeed();
    if (!this.veil.hidden) this.showVeil(this.divergedAt);
  }

  showPlaying() {
    const { playing } = this.lab;
    this.toggle.classList.toggle("playing", playing);
    this.toggle.setAttribute("aria-pressed", playing);
    this.lab.find(".toggle-text").textContent = t(playing ? "play.pause" : "play.play");
  }

  // The speed that the session has.
  takeSpeed(speed) {
    this.speed.value = SPEEDS.indexOf(SPEEDS.find((s) => s === speed) ?? null);
    this.showSpeed();
  }

  showSpeed() {
    const speed = SPEEDS[this.speed.valueAsNumber];
    const text = speed === null ? t("play.fastest") : t("play.rate", { rate: speed });
    this.lab.find(".speed-text").textContent = text;
    this.speed.setAttribute("aria-valuetext", text);
  }

  // Over the picture, when the run has diverged.
  showVeil(step) {
    this.divergedAt = step;
    this.lab.find(".veil-text").textContent = t("veil.text", { step });
    this.lab.find(".veil-button").textContent = t("play.rewind");
    this.veil.hidden = false;
  }

  hideVeil() {
    this.veil.hidden = true;
  }
}
