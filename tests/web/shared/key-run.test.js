// Which keys belong together, and which places of the browser's history do.
import assert from "node:assert/strict";
import { test } from "node:test";

import { KeyRun } from "../../../ganplay/web/shared/key-run.js";
import { PageHistory } from "../../../ganplay/web/shared/page-history.js";

function pressed() {
  const page = new EventTarget(), run = new KeyRun(page);
  const key = (name, target, timeStamp) => {
    run.key({ key: name, target, timeStamp });
    return run.now;
  };
  return { page, run, key };
}

const alone = () => ({ closest: () => null });

test("arrows on one control are one run, until another key, another control, a pause or the pointer", () => {
  const { page, run, key } = pressed(), slider = alone(), other = alone();
  const first = key("ArrowRight", slider, 0);
  assert.ok(first);
  assert.equal(key("Shift", slider, 10), first); // held beside an arrow
  for (const [name, at] of [["ArrowRight", 500], ["ArrowLeft", 1900], ["Home", 3300]]) assert.equal(key(name, slider, at), first);
  const later = key("ArrowRight", slider, 4900);
  assert.notEqual(later, first);
  assert.notEqual(key("ArrowRight", other, 5000), later);
  const back = key("ArrowRight", slider, 5100);
  page.dispatchEvent(new Event("pointerdown"));
  assert.equal(run.now, null);
  assert.notEqual(key("ArrowRight", slider, 5200), back);
  assert.equal(key("Enter", slider, 5300), null);
});

test("where arrows move the focus along a row, they are one run all the same", () => {
  const { key } = pressed(), row = {}, tab = () => ({ closest: (selector) => (selector.includes("tablist") ? row : null) });
  assert.equal(key("ArrowRight", tab(), 0), key("ArrowRight", tab(), 100));
});

test("a place that is entered makes an entry, what changes there renews it, and a run of keys enters once", () => {
  const listeners = {}, entries = [[null, "/"]], gone = [];
  let at = 0, reloads = 0;
  globalThis.window = { addEventListener: (name, does) => { listeners[name] = does; } };
  globalThis.location = { pathname: "/", search: "", reload: () => { reloads += 1; } };
  globalThis.history = {
    get state() { return entries[at][0]; },
    pushState: (state, _, address) => { entries.splice(++at, entries.length, [state, address]); },
    replaceState: (state, _, address) => { entries[at] = [state, address]; },
  };
  const keyRun = { now: null }, places = new PageHistory((place) => gone.push(place), keyRun);
  assert.equal(places.place, null);
  places.name({ view: "lab" }, "", false);
  places.name({ view: "explore" }, "explore", true);
  for (let i = 0; i < 50; i++) places.name({ view: "explore" }, `explore=${i}`, false);
  assert.deepEqual(entries.map(([, address]) => address), ["/", "/#explore=49"]);
  keyRun.now = {};
  for (const name of ["learn", "arena"]) places.name({ view: name }, name, true);
  keyRun.now = null;
  assert.deepEqual(entries.map(([, address]) => address), ["/", "/#explore=49", "/#arena"]);

  // Back to a place of ours is told; an address that is nobody's place begins the page anew.
  at = 1;
  listeners.popstate({ state: history.state });
  listeners.hashchange();
  assert.deepEqual([gone, reloads], [[{ view: "explore" }], 0]);
  at = entries.push([null, "/#state=1"]) - 1;
  listeners.popstate({ state: null });
  listeners.hashchange();
  assert.deepEqual([gone.length, reloads], [1, 1]);
});
