// A line over every view, wherever it is scrolled to, while the connection of what is shown is down.

import { element } from "./dom.js";
import { has, t } from "./i18n.js";

const FINE = ["live", "connecting", "waiting"];
const OWN = ["lab", "explore", "arena"]; // views with a line of their own; the others ask by the Lab's

// What is told of lines, each by its view, while a view is shown; "" if nothing is wrong there. That the
// Lab is full, say, is nothing to a view that only asks in its name.
export function toldOf(lines, view) {
  if (OWN.includes(view)) return FINE.includes(lines[view] ?? "connecting") ? "" : lines[view];
  return lines.lab === "lost" ? "lost" : "";
}

export class LineBanner {
  /** @param {import("../app.js").App} app */
  constructor(app) {
    this.app = app;
    this.lines = {};
    this.view = "lab";
    this.down = null; // the view in which a line was told to be down
    this.words = element("p");
    this.box = element("div", { className: "line-banner", role: "status", hidden: true }, this.words);
    // That all is well again is told to those who do not see the banner go.
    this.again = element("p", { className: "visually-hidden line-again", role: "status" });
    app.root.prepend(this.box, this.again);
    app.addEventListener("view", ({ detail: view }) => {
      this.view = view;
      this.show();
    });
    app.addEventListener("words", () => this.show());
  }

  // How the line of a view is.
  set(view, status) {
    this.lines[view] = status;
    this.announce(status);
    this.show();
  }

  announce(status) {
    if (toldOf(this.lines, this.view)) {
      this.down = this.view;
      this.again.textContent = "";
    } else if (status === "live" && this.down === this.view) {
      this.down = null;
      this.again.textContent = t("status.again");
    }
  }

  show() {
    const told = toldOf(this.lines, this.view);
    this.box.hidden = !told;
    if (!told) this.words.textContent = "";
    else this.words.textContent = has(`status.${told}`) ? t(`status.${told}`) : t(`explore.line.${told}`);
  }
}
