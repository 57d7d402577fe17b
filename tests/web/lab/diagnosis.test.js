// Which verdict is shown at which time, and in which words.
import assert from "node:assert/strict";
import { test } from "node:test";

import { held, sentenceOf } from "../../../ganplay/web/lab/diagnosis.js";

const frame = (kind, more = {}) => ({ run: 1, playing: true, diverged: false, diagnosis: { kind }, ...more });

test("a verdict that has just been said stays for three seconds of a run that plays", () => {
  const first = held(null, frame("learning"), 1000);
  assert.equal(first.diagnosis.kind, "learning");
  const early = held(first, frame("collapse"), 3900);
  assert.equal(early.diagnosis.kind, "learning");
  const late = held(early, frame("collapse"), 4000);
  assert.deepEqual([late.diagnosis.kind, late.at], ["collapse", 4000]);
  const newer = held(late, frame("collapse", { diagnosis: { kind: "collapse", js: 1 } }), 5000);
  assert.deepEqual([newer.diagnosis.js, newer.at], [1, 4000]); // its numbers go on
  assert.equal(held(newer, frame("learning"), 7000).diagnosis.kind, "learning");
});

test("another run, a pause, a divergence and the first verdict are shown at once", () => {
  const said = held(null, frame("learning"), 1000);
  const kinds = [{ run: 2 }, { playing: false }, { diverged: true }].map((more) => {
    return held(said, frame("divergence", more), 1100).diagnosis.kind;
  });
  assert.deepEqual(kinds, ["divergence", "divergence", "divergence"]);
  assert.equal(held(held(null, frame("starting"), 1000), frame("strong_d"), 1100).diagnosis.kind, "strong_d");
});

test("what is said fits the evidence", () => {
  const said = (seen, more) => sentenceOf({ missing: [], ...seen }, { bounds: { blind: 0.06, near: 0.12 }, ...more });
  const learning = (seen, more) => said({ kind: "learning", fallen: 0.01, separation: 0.7, js: 0.2, ...seen }, more);
  assert.equal(learning({ fallen: 0.1 }), "falls");
  assert.equal(learning({ fallen: -0.1 }), "rises");
  assert.equal(learning({}), "stands");
  assert.equal(learning({ separation: 0.52 }), "blind");
  assert.equal(learning({ separation: 0.52 }, { floor: 0.1 }), "stands");
  assert.equal(learning({ covered: 20, missing: [1, 2] }), "lacks");
  assert.equal(said({ kind: "early" }), "text");
  assert.equal(said({ kind: "collapse", covered: 0.3, missing: [1] }), "narrow");
  assert.equal(said({ kind: "collapse", covered: 6, missing: [1] }), "dropped");
  assert.equal(said({ kind: "collapse", covered: NaN }), "narrow");
  assert.equal(said({ kind: "divergence", js: NaN }), "broken");
  assert.equal(said({ kind: "oscillation" }), "text");
  assert.equal(said({ kind: "oscillation" }, { bilinear: true }), "bilinear"); // why the loss turns twice
});
