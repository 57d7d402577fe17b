// The pure parts of lessons on the page: pieces of a stream, standings, contours, what is noticed.
import assert from "node:assert/strict";
import { test } from "node:test";

import { contour } from "../../../ganplay/web/learn/contours.js";
import { push } from "../../../ganplay/web/learn/figures.js";
import { splitPieces } from "../../../ganplay/web/shared/wire.js";
import { Running, nearness, standing } from "../../../ganplay/web/learn/check-gauges.js";
import { addressOf, viewsIn } from "../../../ganplay/web/shared/address.js";
import { noticed } from "../../../ganplay/web/learn/explore-task.js";

// As `ganplay.lessons.showing.packed` writes it.
function packed(head, ...blobs) {
  const text = new TextEncoder().encode(JSON.stringify({ ...head, sizes: blobs.map((b) => b.length) }));
  const rest = 4 + text.length + blobs.reduce((sum, b) => sum + b.length, 0);
  const all = new Uint8Array(4 + rest), view = new DataView(all.buffer);
  view.setUint32(0, rest, true);
  view.setUint32(4, text.length, true);
  all.set(text, 8);
  let at = 8 + text.length;
  for (const blob of blobs) all.set(blob, at), (at += blob.length);
  return all;
}

const check = (more) => ({ signal: "modes", step: null, at_least: null, at_most: null, of: "each", share: 1, ...more });

test("pieces are whole wherever the chunks end", () => {
  const stream = new Uint8Array([...packed({ type: "begun" }), ...packed({ n: 2 }, [1, 2, 3], []), ...packed({ n: 3 }, [9])]);
  for (const size of [1, 7, stream.length]) {
    const found = [];
    let rest = [];
    for (let at = 0; at < stream.length; at += size) {
      const split = splitPieces(Uint8Array.from([...rest, ...stream.slice(at, at + size)]));
      found.push(...split.found);
      rest = split.left;
    }
    assert.deepEqual(found.map(({ type, n }) => type ?? n), ["begun", 2, 3]);
    assert.deepEqual(found[1].blobs.map((blob) => [...new Uint8Array(blob)]), [[1, 2, 3], []]);
    assert.deepEqual([...new Uint8Array(found[2].blobs[0])], [9]);
  }
});

test("standings are those of ganplay.lessons.running", () => {
  const most = check({ at_least: 7, share: 0.9375 });
  assert.deepEqual(standing(most, [8, 8, 8, 8, 8, 8, 8, 6]), { kept: [true, true, true, true, true, true, true, false], needed: 7, count: 7, holds: true, share: 1 });
  assert.equal(standing(most, [8, 8, 8, 8, 8, 8, 6, 6]).holds, false);
  assert.equal(standing(check({ at_most: 6, of: "mean" }), [8, 3]).value, 5.5);
  assert.equal(standing(check({ at_most: 6, of: "mean" }), [8, null]).holds, false);
  assert.equal(standing(check({ at_most: 6, of: "first" }), [6, 9]).holds, true);
  assert.deepEqual(standing(check({ at_least: 1, at_most: 2 }), [0.5, 1, 2, null]).kept, [false, true, true, false]);
});

test("a gauge is full only within the bounds", () => {
  assert.equal(nearness(check({ at_least: 10 }), 10), 1);
  assert.equal(nearness(check({ at_least: 10 }), 5), 0.5);
  assert.equal(nearness(check({ at_most: 0.03 }), 0.06), 0.5);
  assert.equal(nearness(check({ at_most: 0.03 }), 0.0300001), 0.98);
  assert.equal(nearness(check({ at_most: 0 }), 3), 0);
  assert.equal(nearness(check({ at_least: 0 }), null), 0);
});

test("a check with a step keeps the values of that step", () => {
  const early = check({ step: 10, at_least: 2 }), late = check({ at_least: 5 });
  const running = new Running({ steps: 20 }, [early, late]);
  assert.deepEqual(running.standings(), [null, null]);
  running.take({ type: "begun", seeds: [0, 1], blobs: [] });
  for (const [step, value] of [[0, 1], [10, 3], [20, 4]]) running.take({ type: "moment", step, values: { modes: [value, value] }, blobs: [] });
  assert.deepEqual(running.standings().map(({ holds }) => holds), [true, false]);
  running.take({ type: "done", blobs: [], outcomes: [{ values: [3, 3], kept: [true, true], holds: true }, { values: [4, 4], kept: [false, false], holds: false }] });
  assert.equal(running.holds, false);
  assert.deepEqual(running.standings().map(({ share }) => share), [1, 0]);
});

test("contours go where the level is crossed", () => {
  // A slope from 0 on the left to 2 on the right: the level 1 is a vertical line through the middle.
  const values = [0, 1, 2, 0, 1, 2, 0, 1, 2], found = contour(values, 3, 0.5);
  assert.deepEqual(found.map((ends) => ends.map((v) => Math.round(v * 100) / 100)), [[0.5, 0, 0.5, 1], [0.5, 1, 0.5, 2]]);
  assert.deepEqual(contour(values, 3, 5), []);
});

test("the players of a Dirac-GAN push across each other", () => {
  assert.deepEqual(push({ loss: "minimax", r1: 0 }, 1, 0), [0, -0.5]);
  assert.deepEqual(push({ loss: "minimax", r1: 2 }, 0, 1), [0.5, -2]);
  assert.equal(push({ loss: "hinge", r1: 0 }, 1, 1), null);
});

test("what is done in Explore is noticed once", () => {
  const state = (more) => ({ seed: 1, at: "", truncation: 1, moves: {}, ...more });
  let seen = noticed({}, state({}));
  seen = noticed(seen, state({ truncation: 0.3 }));
  seen = noticed(seen, state({ seed: 2, truncation: 1.5, moves: { 4: -2 } }));
  seen = noticed(seen, state({ seed: 9, at: "abc" }));
  assert.deepEqual([seen.seeds, seen.truncations, seen.far], [2, 2, 2]);
});

test("the address names a lesson and its step", () => {
  const asked = { hide: ["learn-list"], lock: [], projector: false, lang: "zh" };
  assert.equal(viewsIn("#learn=mode-collapse.run&hide=x").learn, "mode-collapse.run");
  assert.equal(viewsIn("#learn").learn, "");
  assert.equal(viewsIn("#state=1").learn, null);
  assert.equal(addressOf(asked, { learn: "a.run" }), "learn=a.run&hide=learn-list&lang=zh");
  assert.equal(addressOf(asked, {}), "hide=learn-list&lang=zh");
});

test("pictures, changes and the names of attributes are taken of a run along directions", () => {
  const running = new Running({ kind: "directions", steps: 0 }, [check({ signal: "change_skin", at_least: 0.8 })]);
  running.take({ type: "begun", seeds: [4, 5], attributes: ["glasses", "skin"] });
  assert.deepEqual(running.attributes, ["glasses", "skin"]);
  running.take({ type: "moment", step: 0, values: { change_skin: [0.9, 0.7] }, changes: [[0.1, -0.9], [0.2, 0.7]], pictures: 0, shape: [2, 1, 1, 1], columns: 1, blobs: [[7, 8]] });
  assert.deepEqual(running.changes, [[0.1, -0.9], [0.2, 0.7]]);
  assert.deepEqual([...running.pixels], [7, 8]);
  assert.deepEqual(running.standings()[0].kept, [true, false]);
});
