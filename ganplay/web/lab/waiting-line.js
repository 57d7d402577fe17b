// The place in line, where the lab is full. Who waits need do nothing: the server lets them in.

import { element } from "../shared/dom.js";
import { t } from "../shared/i18n.js";

export class WaitingLine {
  /** @param {import("./lab.js").Lab} lab */
  constructor(lab) {
    this.lab = lab;
    this.heading = element("h2");
    this.place = element("p", { className: "waiting-place" });
    this.text = element("p");
    this.about = element("p", { className: "waiting-about" });
    this.box = element("section", { className: "waiting", hidden: true }, this.heading, this.place, this.text, this.about);
    this.box.setAttribute("role", "status");
    lab.find("#panel-lab").prepend(this.box);
    lab.addEventListener("waiting", ({ detail: event }) => this.show(event));
    lab.addEventListener("welcome", () => this.hide());
    lab.app.addEventListener("words", () => this.event && this.show(this.event));
  }

  show(event) {
    this.event = event;
    this.heading.textContent = t("waiting.heading");
    this.place.textContent = event.place;
    this.text.textContent = t(event.place > 1 ? "waiting.place" : "waiting.next", { place: event.place, of: event.of });
    this.about.textContent = t("waiting.about");
    this.box.hidden = false;
    this.lab.root.classList.add("waits");
    this.lab.app.setStatus("waiting");
  }

  hide() {
    this.event = null;
    this.box.hidden = true;
    this.lab.root.classList.remove("waits");
  }
}
