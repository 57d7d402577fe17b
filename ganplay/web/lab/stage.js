// The place of the pictures: ways of looking at them, and whose the second one is.

import { averagedBadge, showAveraged } from "../shared/averaged.js";
import { element, narrow } from "../shared/dom.js";

// Ways of looking that have a place of their own on the page.
const PLACES = { own: ".drawing", slow: ".slow", inside: ".insides" };

export class Stage {
  /** @param {import("./lab.js").Lab} lab */
  constructor(lab) {
    this.lab = lab;
    this.letGo = null; // of the part that has the second picture
    for (const plane of [lab.plane, lab.second]) {
      new ResizeObserver(() => plane.resize() && plane.draw()).observe(plane.canvas.parentElement);
    }
    this.badges = [...lab.root.querySelectorAll(".canvas-box")].map((box) => box.appendChild(averagedBadge("tag")));
    lab.addEventListener("state", () => this.showBadges());
    lab.app.addEventListener("words", () => this.showBadges());
  }

  // The second picture is B's, or another moment of A.
  showBadges() {
    const { config, rival } = this.lab, [first, second] = this.badges;
    showAveraged(first, config.ema);
    showAveraged(second, rival ? rival.config.ema : config.ema);
  }

  // A button among the ways of looking, with `name`.label and `name`.tip for words; `callback(on)` is
  // told when it is switched on or off. Gives a function that switches it from elsewhere.
  addMode(name, callback) {
    let pressed = false;
    const set = (on) => {
      if (on === pressed) return;
      pressed = button.ariaPressed = on;
      callback(on);
      if (on) this.bring(PLACES[name]);
    };
    const button = element("button", {
      type: "button", className: `mode mode-${name}`, ariaPressed: false, onclick: () => set(!pressed),
      dataset: { part: name, t: `${name}.label`, tTitle: `${name}.tip` },
    });
    this.lab.find(".modes").append(button);
    return set;
  }

  // On a phone what was switched on may lie above or below what is in sight; the picture always is there.
  bring(place) {
    if (narrow() && place) requestAnimationFrame(() => this.lab.find(place).scrollIntoView({ block: "start" }));
  }

  // The second picture belongs to one part at a time: who takes it makes the former owner let go.
  takeSecond(name, letGo) {
    const former = this.letGo;
    this.letGo = letGo;
    if (former && former !== letGo) former();
    this.lab.find(".second-name").textContent = name;
    this.lab.find(".canvas-box.second").hidden = false;
  }

  freeSecond(letGo) {
    if (this.letGo !== letGo) return;
    this.letGo = null;
    this.lab.find(".canvas-box.second").hidden = true;
    this.lab.second.frame = null;
  }
}
