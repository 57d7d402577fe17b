// A lesson's link: which parts of the page are hidden or locked, in which language and how large.
// It lies behind the address's #, beside the state: `#state=...&hide=presets&lock=lr_g&view=projector`.

import { choice, element } from "./dom.js";
import { current, t } from "./i18n.js";

// Parts that the share dialog offers; any setting's name can be written by hand as well.
export const PARTS = [
  "presets", "distribution", "seed", "layers", "graph", "slow", "inside", "own", "timeline", "play", "steps", "speed",
  "stop", "verdict", "tiles", "charts", "article",
  "settings-data", "settings-generator", "settings-discriminator", "settings-loss", "settings-training",
  "pair", "share", "explore", "explore-directions", "explore-favourites", "explore-gallery", "explore-map", "explore-arithmetic", "explore-dimensions",
  "learn", "learn-list", "learn-formula", "learn-question", "learn-seeds", "learn-figure", "learn-controls", "learn-report", "learn-link", "learn-check", "learn-class", "learn-forget",
  "arena",
];
const SETTINGS = ["settings-data", "settings-generator", "settings-discriminator", "settings-loss", "settings-training"];
const CHANGES = ["presets", "distribution", "seed", "own", "steps", "stop", "pair", ...SETTINGS];
const but = (...free) => CHANGES.filter((name) => !free.includes(name));
// What visitors of the lab can do, each with the parts that are locked then.
export const BUNDLES = {
  all: [], watch: but(), data: but("distribution", "own", "settings-data"), losses: but("settings-loss"),
};

// The bundle that a choice of parts makes up; "" for none.
export function bundleOf({ hide, lock }) {
  const same = (names) => names.length === lock.length && names.every((name) => lock.includes(name));
  return hide.length ? "" : Object.keys(BUNDLES).find((name) => same(BUNDLES[name])) ?? "";
}

export class Teach {
  /** @param {import("../app.js").App} app */
  constructor(app, asked) {
    this.app = app;
    this.asked = asked;
    this.chosen = { ...asked };
    this.setProjector(asked.projector);
  }

  part(name) {
    return this.app.root.querySelectorAll(`[data-part="${CSS.escape(name)}"]`);
  }

  free(name) {
    return ![...this.part(name)].some((one) => one.closest(".gone, [inert]"));
  }

  // Hide and lock; again whenever controls were made anew. Says which names there are not.
  apply() {
    const { root } = this.app, { hide, lock } = this.asked;
    for (const name of hide) for (const one of this.part(name)) one.classList.add("gone");
    for (const name of lock) for (const one of this.part(name)) this.lock(one);
    const empty = (section) => ![...root.querySelectorAll(`${section} [data-part]`)].some((one) => !one.classList.contains("gone"));
    root.classList.toggle("no-choose", empty(".choose"));
    root.classList.toggle("no-settings", empty(".choose") && empty(".settings"));
    root.classList.toggle("no-story", empty(".story"));
    return [...hide, ...lock].filter((name) => !PARTS.includes(name) && !this.part(name).length);
  }

  // What is locked can be seen: nobody could open it.
  lock(one) {
    one.inert = true;
    if (one instanceof HTMLDetailsElement) one.open = true;
  }

  setProjector(on) {
    this.projector = on;
    this.app.root.classList.toggle("projector", on);
    this.app.find(".projecting").ariaPressed = on;
    this.app.tell("projector", on);
  }

  // By button or key; the address keeps it, so that a reload does too.
  toggleProjector() {
    this.asked.projector = !this.projector;
    this.setProjector(this.asked.projector);
    this.app.views.renew();
  }

  // The choices of a teacher in the share dialog; `changed` is called after each.
  build(host, changed, parts = PARTS) {
    const again = () => {
      this.build(host, changed, parts);
      changed();
      host.querySelector(".teach-bundle select").focus();
    };
    const bundle = parts === PARTS && this.bundles(again);
    const rows = parts.map((name) => {
      const now = ["hide", "lock"].find((how) => this.chosen[how].includes(name)) || "show";
      const options = ["show", "lock", "hide"].map((how) => element("option", { value: how, textContent: t(`teach.${how}`) }));
      const select = choice({}, options, now, (chosen) => {
        for (const how of ["hide", "lock"]) {
          const others = this.chosen[how].filter((other) => other !== name);
          this.chosen[how] = chosen === how ? [...others, name] : others;
        }
        if (bundle) bundle.querySelector("select").value = bundleOf(this.chosen);
        changed();
      });
      return element("label", {}, element("span", { textContent: t(`teach.parts.${name}`) }), select);
    });
    const check = (name, checked, set) => {
      const onchange = ({ target }) => { set(target.checked); changed(); };
      const box = element("input", { type: "checkbox", checked, onchange });
      return element("label", {}, element("span", { textContent: t(`teach.${name}`) }), box);
    };
    const checks = [
      check("projector", this.chosen.projector, (on) => { this.chosen.projector = on; }),
      check("language", Boolean(this.chosen.lang), (on) => { this.chosen.lang = on ? current() : null; })];
    if (!bundle) return host.replaceChildren(...rows, ...checks);
    const open = Boolean(host.querySelector("details")?.open);
    return host.replaceChildren(bundle, ...checks, element("details", { className: "teach-single", open },
      element("summary", { textContent: t("teach.parts_title") }), element("div", {}, ...rows)));
  }

  // A choice of what visitors can do, which sets many parts at once.
  bundles(changed) {
    const now = bundleOf(this.chosen), option = (value, textContent) => element("option", { value, textContent });
    const names = Object.keys(BUNDLES).map((name) => option(name, t(`teach.bundles.${name}`)));
    const own = element("option", { value: "", textContent: t("teach.single"), disabled: true });
    const select = choice({}, [...names, own], now, (name) => {
      Object.assign(this.chosen, { hide: [], lock: [...BUNDLES[name]] });
      changed();
    });
    return element("label", { className: "teach-bundle" }, element("span", { textContent: t("teach.bundle") }), select);
  }
}
