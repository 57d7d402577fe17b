// The Arena's bar: of which seed the pictures are, how far they are, and whether all have diverged.

import { PlayBar } from "../shared/play-bar.js";
import { element } from "../shared/dom.js";
import { t, whole } from "../shared/i18n.js";

export class ArenaBar extends PlayBar {
  /** @param {import("./arena.js").Arena} arena */
  constructor(arena) {
    super(arena, "ar-");
    this.seeds = this.part("seed");
    this.seeds.onchange = () => arena.send("look", { seed: this.seeds.selectedIndex });
  }

  // The seed that is shown.
  get seed() {
    const { seeds } = this.view.told;
    return seeds[this.seeds.selectedIndex] ?? seeds[0];
  }

  buildSeeds() {
    const { seeds } = this.view.told;
    this.part("seed-box").hidden = seeds.length < 2;
    this.seeds.replaceChildren(...seeds.map((seed) => element("option", { textContent: seed })));
  }

  show() {
    const { root, told } = this.view;
    for (const button of root.querySelectorAll(".ar-bar :is(button, input)")) button.disabled = !told;
    this.showPlaying();
    this.showSpeed();
    this.showStep();
    this.note();
  }

  showStep() {
    this.part("steps").textContent = whole(this.view.step);
  }

  showRate({ rate, catching }) {
    const text = this.rate(rate, catching);
    this.part("rate").textContent = text && `· ${text}`;
  }

  // A line above the pictures where none can go on.
  note() {
    const { told, lost } = this.view;
    const all = told && lost.length && lost.length === told.possible.length * told.seeds.length;
    const text = all ? t("arena.all_diverged") : "";
    this.part("note").textContent = text;
    this.part("note").hidden = !text;
  }
}
