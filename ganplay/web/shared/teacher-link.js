// A lesson's link: which parts of the page are hidden or locked, in which language and how large.
// It lies behind the address's #, beside the state: `#state=...&hide=presets&lock=lr_g&view=projector`.

import { make } from "./dom.js";
import { current, t } from "./i18n.js";

// Parts that the share dialog offers; any setting's name can be written by hand as well.
export const PARTS = [
  "presets", "distribution", "seed",
  "layers",
  "graph",
  "slow",
  "inside",
  "own",
  "timeline",
  "play", "steps", "speed",
  "stop",
  "verdict", "tiles", "charts",
  "settings-data", "settings-generator", "settings-discriminator", "settings-loss", "settings-training",
  "pair",
  "share",
  "explore", "explore-directions", "explore-favourites", "explore-gallery", "explore-map", "explore-arithmetic", "explore-dimensions",
  "learn", "learn-list", "learn-formula", "learn-question", "learn-seeds", "learn-figure", "learn-controls", "learn-report", "learn-link", "learn-forget",
  "arena",
];
const MOST_OF_A_STATE = 100_001, MOST_OF_A_LIST = 5000; // what is longer the server calls too long

// What an address asks for; everything it does not name is as usual.
export function readAddress(hash) {
  const given = Object.fromEntries(
    hash.replace(/^#/, "").split("&").map((piece) => piece.split("=")).filter((pair) => pair.length === 2));
  const names = (text) => (text || "").slice(0, MOST_OF_A_LIST).split(",").filter(Boolean);
  return {
    state: given.state === undefined ? null : given.state.slice(0, MOST_OF_A_STATE),
    rival: given.rival === undefined ? null : given.rival.slice(0, MOST_OF_A_STATE),
    hide: names(given.hide),
    lock: names(given.lock),
    projector: given.view === "projector",
    lang: given.lang || null,
  };
}

export function writeAddress({ state, rival, hide, lock, projector, lang }) {
  const pieces = [
    state && `state=${state}`, rival && `rival=${rival}`, hide.length && `hide=${hide.join(",")}`, lock.length && `lock=${lock.join(",")}`,
    projector && "view=projector", lang && `lang=${lang}`,
  ];
  return pieces.filter(Boolean).join("&");
}

export class Teach {
  constructor(lab, asked) {
    Object.assign(this, { lab, asked, chosen: { ...asked } });
    this.setProjector(asked.projector);
  }

  part(name) {
    return this.lab.root.querySelectorAll(`[data-part="${CSS.escape(name)}"]`);
  }

  free(name) {
    return ![...this.part(name)].some((one) => one.closest(".gone, [inert]"));
  }

  // Hide and lock; again whenever controls were made anew. Says which names there are not.
  apply() {
    const { root } = this.lab, { hide, lock } = this.asked;
    for (const name of hide) for (const one of this.part(name)) one.classList.add("gone");
    for (const name of lock) for (const one of this.part(name)) one.inert = true;
    const empty = (section) => ![...root.querySelectorAll(`${section} [data-part]`)].some((one) => !one.classList.contains("gone"));
    root.classList.toggle("no-choose", empty(".choose"));
    root.classList.toggle("no-story", empty(".story"));
    return [...hide, ...lock].filter((name) => !PARTS.includes(name) && !this.part(name).length);
  }

  setProjector(on) {
    this.projector = on;
    this.lab.root.classList.toggle("projector", on);
  }

  // The choices of a teacher in the share dialog; `changed` is called after each.
  build(host, changed, parts = PARTS) {
    const rows = parts.map((name) => {
      const now = ["hide", "lock"].find((how) => this.chosen[how].includes(name)) || "show";
      const select = make("select", {}, ...["show", "lock", "hide"].map((how) =>
        make("option", { value: how, textContent: t(`teach.${how}`), selected: how === now })));
      select.onchange = () => {
        for (const how of ["hide", "lock"]) {
          const others = this.chosen[how].filter((other) => other !== name);
          this.chosen[how] = select.value === how ? [...others, name] : others;
        }
        changed();
      };
      return make("label", {}, make("span", { textContent: t(`teach.parts.${name}`) }), select);
    });
    const check = (name, get, set) => {
      const box = make("input", { type: "checkbox", checked: get() });
      box.onchange = () => { set(box.checked); changed(); };
      return make("label", {}, make("span", { textContent: t(`teach.${name}`) }), box);
    };
    host.replaceChildren(...rows,
      check("projector", () => this.chosen.projector, (on) => { this.chosen.projector = on; }),
      check("language", () => Boolean(this.chosen.lang), (on) => { this.chosen.lang = on ? current() : null; }));
  }
}
