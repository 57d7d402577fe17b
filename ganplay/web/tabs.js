// The page's views, the lab, Explore, Learn and Arena: tabs, the address that names the one shown, and
// the way back through them.

import { addressOf, viewsIn } from "./shared/address.js";
import { PageHistory } from "./shared/page-history.js";
import { WhenNeeded } from "./shared/when-needed.js";

const OTHERS = ["explore", "learn", "arena"];

export class Views {
  // `opened` is what the page's address asked for.
  /** @param {import("./app.js").App} app */
  constructor(app, opened) {
    this.app = app;
    this.opened = opened;
    this.shown = "lab";
    this.loaded = {};
    this.history = new PageHistory((place) => this.goBack(place), app.keyRun);
    const { view, at } = this.history.place ?? {};
    this.at = view ? { [view]: at } : {}; // where in a view one is: a panel, a lesson's step
    this.tabs = [...app.root.querySelectorAll("[role=tab][data-view]")];
    for (const tab of this.tabs) {
      tab.onclick = () => this.show(tab.dataset.view);
      tab.onkeydown = (event) => this.key(event);
    }
    const first = OTHERS.find((name) => opened[name] !== null && app.teach.free(name));
    if (first) this.show(first, false);
    else this.address({});
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

  // `entered`: what was shown before is one step back.
  show(name, entered = true) {
    if (name === this.shown) return;
    this.shown = name;
    this.app.root.dataset.view = name;
    for (const tab of this.tabs) {
      const on = tab.dataset.view === name;
      tab.setAttribute("aria-selected", on);
      tab.tabIndex = on ? 0 : -1;
      this.panel(tab.dataset.view).hidden = !on;
    }
    this.app.lab.setAway(name !== "lab");
    this.address(name === "lab" ? {} : { [name]: this.opened[name] ?? "" }, entered);
    // Its scripts are fetched when they are first needed.
    if (name !== "lab") this.loaded[name] ||= new WhenNeeded(this.panel(name), (again) => this.load(name, again));
    this.app.tell("view", name);
  }

  panel(name) {
    return this.app.find(`#panel-${name}`);
  }

  async load(name, again) {
    const { open } = await import(`./${name}/${name}.js${again}`);
    return open(this.app, this);
  }

  // Back or Forward led here: a view is as it was left, and only the place in it is the entry's.
  goBack({ view, at = null }) {
    if (view !== "lab" && !this.app.teach.free(view)) return;
    const there = this.app[view];
    if (!there && view !== "lab") this.opened[view] = viewsIn(location.hash)[view];
    if (at !== null) this.at[view] = at;
    this.show(view, false);
    there?.comeBack?.(at);
    this.address(view === "lab" ? {} : { [view]: this.opened[view] });
  }

  // The same place, where something else of the address has changed.
  renew() {
    this.address(this.named);
  }

  // Another place in the view that is shown.
  enter(at, shown) {
    this.at[this.shown] = at;
    this.address(shown, true);
  }

  // Only what is shown now, by view, stands in the address.
  address(shown, entered = false) {
    this.named = shown;
    Object.assign(this.opened, shown);
    this.history.name({ view: this.shown, at: this.at[this.shown] }, addressOf(this.app.teach.asked, shown), entered);
  }
}
