// The workbench below the picture: panels under tabs, one at a time. A panel's files are fetched
// when it is first shown: its HTML, its CSS, and its script, which exports
//   class Panel { constructor(explore, host); show() /* it is in sight, or the state came to rest */;
//                 follow() /* optional: the state moves, while the panel is in sight */;
//                 relabel() /* the language changed; words in the HTML have been filled in */ }

import { element, fetchView } from "../shared/dom.js";
import { WhenNeeded } from "../shared/when-needed.js";
import { fill, t } from "../shared/i18n.js";

const FETCHED = { map: "map", arithmetic: "arithmetic", find: "projection", walk: "walk/panel" };

export class PanelTabs {
  /** @param {import("./explore.js").Explore} explore */
  constructor(explore) {
    this.explore = explore;
    this.name = "gallery";
    this.panels = { gallery: explore.tiles };
    this.tabs = explore.find(".ex-tabs");
    this.hosts = { gallery: explore.find(".ex-gallery") };
    for (const name of Object.keys(FETCHED)) {
      this.hosts[name] = element("section", { id: `ex-panel-${name}`, className: `ex-panel ex-${name}`, role: "tabpanel", hidden: true });
      this.hosts[name].dataset.part = `explore-${name}`;
      this.hosts[name].setAttribute("aria-labelledby", `ex-tab-${name}`);
    }
    this.tabs.replaceChildren(...Object.keys(this.hosts).map((name) => this.tab(name)));
    explore.find(".ex-bench").append(...Object.keys(FETCHED).map((name) => this.hosts[name]));
  }

  tab(name) {
    const one = element("button", { type: "button", role: "tab", id: `ex-tab-${name}` });
    Object.assign(one.dataset, { name, part: `explore-${name}` });
    one.setAttribute("aria-controls", this.hosts[name].id);
    one.onclick = () => this.choose(name);
    one.onkeydown = (event) => this.key(event);
    return this.mark(one);
  }

  mark(tab) {
    const { name } = tab.dataset, on = name === this.name;
    Object.assign(tab, { textContent: t(`bench.${name}`), title: t(`bench.${name}_tip`) });
    tab.setAttribute("aria-selected", on);
    tab.tabIndex = on ? 0 : -1;
    return tab;
  }

  key(event) {
    const all = [...this.tabs.children].filter((one) => !one.closest(".gone, [inert]"));
    const here = all.indexOf(event.target), last = all.length - 1;
    const to = { ArrowLeft: here ? here - 1 : last, ArrowRight: here < last ? here + 1 : 0, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    all[to].focus();
    this.choose(all[to].dataset.name);
  }

  // Show a panel; the one before is one step back in the browser's history.
  choose(name) {
    const { views } = this.explore, other = name !== this.name;
    this.open(name);
    if (other) views.enter(name, { explore: views.opened.explore });
  }

  // Show a panel; resolves to it when it is there.
  async open(name) {
    this.name = this.explore.views.at.explore = name;
    this.explore.kept.put("panel", name);
    for (const one of this.tabs.children) this.mark(one);
    for (const [own, host] of Object.entries(this.hosts)) host.hidden = own !== name;
    this.panels[name] ||= new WhenNeeded(this.hosts[name], (again) => this.fetch(name, again)).part;
    const panel = await this.panels[name];
    if (this.name === name) panel.show();
    return panel;
  }

  async fetch(name, again) {
    const { app } = this.explore, host = this.hosts[name], at = `${app.base}/assets/explore/${FETCHED[name]}`;
    const [markup, { Panel }] = await Promise.all([fetchView(`${at}.html`, `${at}.css`), import(`./${FETCHED[name]}.js${again}`)]);
    host.append(markup);
    fill(host);
    app.teach.apply();
    return new Panel(this.explore, host);
  }

  // The state came to rest.
  async settle() {
    const { name } = this, panel = await this.panels[name];
    if (this.name === name) panel.show();
  }

  // The state moves.
  async follow() {
    const { name } = this, panel = await this.panels[name];
    if (this.name === name) panel.follow?.();
  }

  relabel() {
    for (const one of this.tabs.children) this.mark(one);
    for (const panel of Object.values(this.panels)) Promise.resolve(panel).then((one) => one.relabel());
  }

  // Whether a panel is there, and no lesson hides it.
  free(name) {
    const tab = [...this.tabs.children].find(({ dataset }) => dataset.name === name);
    return Boolean(tab && !tab.closest(".gone, [inert]"));
  }

  // Where a lesson hides the panel in sight, the first that is left is shown.
  check() {
    const free = [...this.tabs.children].filter((one) => !one.closest(".gone"));
    if (free.length && !free.some(({ dataset }) => dataset.name === this.name)) this.open(free[0].dataset.name);
  }
}
