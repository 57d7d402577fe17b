// A lecturer's bundles: what visitors can do, as parts that are locked.
import assert from "node:assert/strict";
import { test } from "node:test";

import { BUNDLES, PARTS, bundleOf } from "../../../ganplay/web/shared/teacher-link.js";

test("bundles are made of parts, and are found again in whatever order", () => {
  for (const [name, lock] of Object.entries(BUNDLES)) {
    for (const part of lock) assert.ok(PARTS.includes(part), part);
    assert.equal(bundleOf({ hide: [], lock: [...lock].reverse() }), name);
    assert.equal(bundleOf({ hide: ["share"], lock }), "");
    assert.equal(bundleOf({ hide: [], lock: [...lock, "charts"] }), "");
  }
});

test("who may only watch can change nothing, and who may change one thing not the rest", () => {
  const settings = PARTS.filter((name) => name.startsWith("settings-"));
  for (const part of [...settings, "presets", "distribution", "seed", "own", "pair"]) assert.ok(BUNDLES.watch.includes(part), part);
  assert.deepEqual(BUNDLES.watch.filter((name) => !BUNDLES.data.includes(name)), ["distribution", "own", "settings-data"]);
  assert.deepEqual(BUNDLES.watch.filter((name) => !BUNDLES.losses.includes(name)), ["settings-loss"]);
  for (const part of ["play", "layers", "timeline"]) assert.ok(!BUNDLES.watch.includes(part), part);
});
