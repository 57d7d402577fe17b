// The page's views, the lab, Explore, Learn and Arena: tabs, and the address that names the one shown.

import { writeAddress } from "./shared/teacher-link.js";

const MOST_OF_A_STATE = 8001, MOST_OF_A_WALK = 65_537, MOST_OF_A_LESSON = 60, MOST_OF_AN_ARENA = 2000; // one more than the server reads: it says so itself

// The state that an address asks to explore: "" for any, null if it asks for the lab.
export const exploredIn = (hash) => partOf(hash, "explore", MOST_OF_A_STATE);

// The lesson and step that it asks for, as `name.step`: "" for any, null for none.
export const learntIn = (hash) => partOf(hash, "learn", MOST_OF_A_LESSON);

// What it asks to have side by side, as `arena-setup.js` writes it: "" for nothing yet, null for the lab.
export const arenaIn = (hash) => partOf(hash, "arena", MOST_OF_AN_ARENA);

// The walk that it asks for, or null.
export const walkIn = (hash) => partOf(hash, "walk", MOST_OF_A_WALK);

function partOf(hash, name, most) {
  const piece = hash.replace(/^#/, "").split("&").find((one) => one === name || one.startsWith(`${name}=`));
  if (piece === undefined) return null;
  const text = piece.slice(name.length + 1, name.length + 1 + most);
  try {
    return decodeURIComponent(text); // some programs escape what needs no escaping
  } catch {
    return text;
  }
}

// What stands behind the #: a lesson's parts, the state where one is explored, a walk, and an arena.
export function addressOf(asked, explored, walk = null, learnt = null, arena = null) {
  const rest = writeAddress({ ...asked, state: null, rival: null });
  const named = (name, value) => (value === null ? "" : value ? `${name}=${value}` : name);
  return [named("explore", explored), named("learn", learnt), named("arena", arena), walk && `walk=${walk}`, rest].filter(Boolean).join("&");
}

export class Views {
  constructor(lab, opened, walk, learnt, arena) {
    Object.assign(this, { lab, opened, walk, learnt, arena, shown: "lab" });
    this.tabs = [...lab.root.querySelectorAll("[role=tab]")];
    for (const tab of this.tabs) {
      tab.onclick = () => this.show(tab.dataset.view);
      tab.onkeydown = (event) => this.key(event);
    }
    if (opened !== null && lab.teach.free("explore")) this.show("explore");
    else if (learnt !== null && lab.teach.free("learn")) this.show("learn");
    else if (arena !== null && lab.teach.free("arena")) this.show("arena");
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
    this.lab.root.dataset.view = name;
    for (const tab of this.tabs) {
      const on = tab.dataset.view === name;
      tab.setAttribute("aria-selected", on);
      tab.tabIndex = on ? 0 : -1;
      this.lab.find(`#${tab.getAttribute("aria-controls")}`).hidden = !on;
    }
    this.lab.setAway(name !== "lab");
    this.address(name === "explore" ? this.opened ?? "" : null, name === "learn" ? this.learnt ?? "" : null, name === "arena" ? this.arena ?? "" : null);
    // Its scripts are fetched when they are first needed.
    if (name === "explore") this.explore ||= import("./explore/explore.js").then(({ open }) => open(this.lab, this));
    if (name === "learn") this.learn ||= import("./learn/learn.js").then(({ open }) => open(this.lab, this));
    if (name === "arena") this.contest ||= import("./arena/arena.js").then(({ open }) => open(this.lab, this));
    this.lab.tell("view", name);
  }

  // Only what is shown now stands in the address; it is no step of the browser's own history.
  address(explored, learnt = null, arena = null) {
    if (explored !== null) this.opened = explored;
    if (learnt !== null) this.learnt = learnt;
    if (arena !== null) this.arena = arena;
    const text = addressOf(this.lab.teach.asked, explored, null, learnt, arena);
    history.replaceState(null, "", location.pathname + location.search + (text && `#${text}`));
  }
}
