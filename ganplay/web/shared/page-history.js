// The browser's own history: an entry for each place of the page that was gone to. What changes at a
// place renews its entry, so that a slider that moves makes none.

export class PageHistory {
  // `go(place)` is told where Back or Forward led to; `keyRun` which arrows belong together.
  constructor(go, keyRun) {
    this.keyRun = keyRun;
    this.run = null;
    window.addEventListener("popstate", ({ state }) => state?.ganplay && go(state.ganplay));
    // An address that somebody typed or followed has no place yet: the page begins anew with it.
    window.addEventListener("hashchange", () => history.state?.ganplay || location.reload());
  }

  // The place that the entry has which the page was opened with, after a reload; else null.
  get place() {
    return history.state?.ganplay ?? null;
  }

  // Name the present place; it is `entered` if one can come back to the one before. Arrows that go
  // from tab to tab enter one place together.
  name(place, hash, entered) {
    const run = entered ? this.keyRun.now : null, goesOn = run !== null && run === this.run;
    if (entered) this.run = run;
    const address = location.pathname + location.search + (hash && `#${hash}`);
    history[entered && !goesOn ? "pushState" : "replaceState"]({ ...history.state, ganplay: place }, "", address);
  }
}
