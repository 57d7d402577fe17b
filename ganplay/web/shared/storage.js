// What the browser keeps for the page, for good or for this tab. In a frame on another site's page it
// may refuse to, and anywhere its room ends: what is not kept lasts as long as the page.

class Store {
  constructor(kind) {
    this.kind = kind;
  }

  // The text under a name; null if there is none, or none may be read.
  get(name) {
    try {
      return globalThis[this.kind].getItem(name); // the very name may be refused
    } catch {
      return null;
    }
  }

  // Whether it could be kept.
  set(name, text) {
    try {
      globalThis[this.kind].setItem(name, text);
      return true;
    } catch {
      return false;
    }
  }

  remove(name) {
    try {
      globalThis[this.kind].removeItem(name);
    } catch {
      // Nothing is kept there.
    }
  }
}

export const inBrowser = new Store("localStorage"), inTab = new Store("sessionStorage");
