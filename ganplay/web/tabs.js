// The page's views, the lab, Explore, Learn and Arena: tabs, and the address that names the one shown.

import { addressOf } from "./shared/address.js";

const OTHERS = ["explore", "learn", "arena"];

export class Views {
  // `opened` is what the page's address asked for.
  /** @param {import("./app.js").App} app */
  constructor(app, opened) {
    this.app = app;
    this.opened = opened;
    this.shown = "lab";
    this.loaded = {};
    this.tabs = [...app.root.querySelectorAll("[role=tab]")];
    for (const tab of this.tabs) {
      tab.onclick = () => this.show(tab.dataset.view);
      tab.onkeydown = (event) => this.key(event);
    }
    const first = OTHERS.find((name) => opened[name] !== null && app.teach.free(name));
    if (first) this.show(first);
  }

  key(event) {
    const free = this.tabs.filter((one) => !one.closest(".gone, [inert]")), at = free.indexOf(event.target);
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: -1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const tab = free.at(to) || free[0];
    tab.focus();
    this.show(tab.dataset.view);
  }

  show(name) {
    if (name === this.shown) return;
    this.shown = name;
    this.app.root.dataset.view = name;
    for (const tab of this.tabs) {
      const on = tab.dataset.view === name;
      tab.setAttribute("aria-selected", on);
      tab.tabIndex = on ? 0 : -1;
      this.app.find(`#${tab.getAttribute("aria-controls")}`).hidden = !on;
    }
    this.app.lab.setAway(name !== "lab");
    this.address(name === "lab" ? {} : { [name]: this.opened[name] ?? "" });
    // Its scripts are fetched when they are first needed.
    if (name !== "lab") this.loaded[name] ||= import(`./${name}/${name}.js`).then(({ open }) => open(this.app, this));
    this.app.tell("view", name);
  }

  // Only what is shown now, by view, stands in the address; it is no step of the browser's own history.
  address(shown) {
    Object.assign(this.opened, shown);
    const text = addressOf(this.app.teach.asked, shown);
    history.replaceState(null, "", location.pathname + location.search + (text && `#${text}`));
  }
}
