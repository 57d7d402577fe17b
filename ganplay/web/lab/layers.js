// Which layers of the picture are shown, and of which class.

import { element } from "../shared/dom.js";
import { t } from "../shared/i18n.js";

export const LAYERS = ["map", "real", "fake", "pull", "grid"];

export class Layers {
  /** @param {import("./lab.js").Lab} lab */
  constructor(lab) {
    this.lab = lab;
    this.bits = lab.schema.frame.layers;
    this.shown = LAYERS.reduce((sum, name) => sum + this.bits[name], 0);
    this.label = 0; // the class that is shown, where the data have some
    lab.plane.layers = lab.second.layers = this.shown;
    this.select = element("select");
    this.classes = element("label", { className: "classes" }, element("span"), this.select);
    this.select.onchange = () => {
      this.label = this.select.selectedIndex;
      lab.plane.realStale = lab.second.realStale = true;
      lab.look();
    };
    lab.find(".layers").append(...LAYERS.map((name) => this.chip(name)), this.classes);
  }

  chip(name) {
    const { lab } = this, box = element("input", { type: "checkbox", checked: true });
    box.onchange = () => {
      this.shown ^= this.bits[name];
      lab.plane.layers = lab.second.layers = this.shown;
      lab.look();
      lab.plane.draw();
      lab.second.draw();
    };
    return element("label", { className: `chip chip-${name} pick`, dataset: { layer: name } }, box, element("i"), element("span"));
  }

  toggle(name) {
    this.lab.find(`[data-layer=${name}] input`).click();
  }

  relabel() {
    for (const chip of this.lab.root.querySelectorAll("[data-layer]")) {
      chip.querySelector("span").textContent = t(`layers.${chip.dataset.layer}.label`);
      chip.title = t(`layers.${chip.dataset.layer}.tip`);
    }
    this.classes.firstChild.textContent = t("layers.class");
    this.showClasses();
  }

  showClasses() {
    const { classes } = this.lab.data;
    this.classes.hidden = !classes;
    this.label = Math.min(this.label, Math.max(0, classes - 1));
    this.select.replaceChildren(...Array.from({ length: classes }, (_, i) => element("option", { textContent: String(i + 1) })));
    this.select.selectedIndex = this.label;
  }
}
