// The Lab's bar: steps of either net too, and the veil over a run that has diverged.

import { keepLab } from "./kept.js";
import { PlayBar } from "../shared/play-bar.js";
import { t } from "../shared/i18n.js";

export class LabBar extends PlayBar {
  /** @param {import("./lab.js").Lab} lab */
  constructor(lab) {
    super(lab, "");
    this.veil = lab.find(".veil");
    this.on("veil-button", () => lab.send("rewind"));
    this.on("step-d", () => lab.step("d"));
    this.on("step-g", () => lab.step("g"));
    this.speed.addEventListener("input", () => keepLab(lab));
    this.showPlaying(); // before names are given to buttons without a text
  }

  step(count) {
    this.view.step("both", count);
  }

  relabel() {
    this.showPlaying();
    this.showSpeed();
    if (!this.veil.hidden) this.showVeil(this.divergedAt);
  }

  // Over the picture, when the run has diverged.
  showVeil(step) {
    this.divergedAt = step;
    this.part("veil-text").textContent = t("veil.text", { step });
    this.part("veil-button").textContent = t("play.rewind");
    this.veil.hidden = false;
  }
}
