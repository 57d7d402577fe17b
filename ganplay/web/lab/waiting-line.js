// The place in line, where the lab is full. Who waits need do nothing: the server lets them in.

import { element } from "../shared/dom.js";
import { t } from "../shared/i18n.js";

export class WaitingLine {
  /** @param {import("./lab.js").Lab} lab */
  constructor(lab) {
    this.lab = lab;
    this.box = element("section", { className: "waiting", hidden: true, role: "status" });
    lab.find("#panel-lab").prepend(this.box);
    lab.addEventListener("waiting", ({ detail: event }) => this.show(event));
    lab.addEventListener("welcome", () => this.hide());
    lab.app.addEventListener("words", () => this.event && this.show(this.event));
  }

  show(event) {
    const { place, of } = (this.event = event);
    const line = (textContent, className = "") => element("p", { className, textContent });
    this.box.replaceChildren(
      element("h2", { textContent: t("waiting.heading") }), line(place, "waiting-place"),
      line(t(place > 1 ? "waiting.place" : "waiting.next", { place, of })), line(t("waiting.about"), "waiting-about"));
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
