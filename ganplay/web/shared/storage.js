// What the browser keeps for the page, for good or for this tab. In a frame on another site's page it
// may refuse to, and anywhere its room ends: what is not kept lasts as long as the page.

class Store {
  constructor(kind) {
    this.kind = kind;
  }

  // What `does` gives with the store, whose very name may be refused; else `refused`.
  attempt(does, refused) {
    try {
      return does(globalThis[this.kind]);
    } catch {
      return refused;
    }
  }

  // The text under a name; null if there is none, or none may be read.
  get(name) {
    return this.attempt((store) => store.getItem(name), null);
  }

  // Whether it could be kept.
  set(name, text) {
    return this.attempt((store) => {
      store.setItem(name, text);
      return true;
    }, false);
  }

  remove(name) {
    this.attempt((store) => store.removeItem(name));
  }
}

export const inBrowser = new Store("localStorage"), inTab = new Store("sessionStorage");
