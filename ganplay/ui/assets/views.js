// The page's two views, the lab and Explore: tabs, and the address that names the one shown.

import { writeAddress } from "./teach.js";

const MOST_OF_A_STATE = 8001, MOST_OF_A_WALK = 65_537; // one more than the server reads: it says so itself

// The state that an address asks to explore: "" for any, null if it asks for the lab.
export const exploredIn = (hash) => partOf(hash, "explore", MOST_OF_A_STATE);

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

// What stands behind the #: a lesson's parts, the state where one is explored, and a walk.
export function addressOf(asked, explored, walk = null) {
  const rest = writeAddress({ ...asked, state: null, rival: null });
  const own = explored === null ? "" : explored ? `explore=${explored}` : "explore";
  return [own, walk && `walk=${walk}`, rest].filter(Boolean).join("&");
}

export class Views {
  constructor(lab, opened, walk) {
    Object.assign(this, { lab, opened, walk, shown: "lab" });
    this.tabs = [...lab.root.querySelectorAll("[role=tab]")];
    for (const tab of this.tabs) {
      tab.onclick = () => this.show(tab.dataset.view);
      tab.onkeydown = (event) => this.key(event);
    }
    if (opened !== null && lab.teach.free("explore")) this.show("explore");
  }

  key(event) {
    const to = { ArrowLeft: 0, Home: 0, ArrowRight: -1, End: -1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const tab = this.tabs.filter((one) => !one.closest(".gone, [inert]")).at(to);
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
    this.address(name === "explore" ? this.opened ?? "" : null);
    // Its scripts are fetched when they are first needed.
    if (name === "explore") this.explore ||= import("./explore.js").then(({ open }) => open(this.lab, this));
  }

  // Only what is shown now stands in the address; it is no step of the browser's own history.
  address(explored) {
    if (explored !== null) this.opened = explored;
    const text = addressOf(this.lab.teach.asked, explored);
    history.replaceState(null, "", location.pathname + location.search + (text && `#${text}`));
  }
}
