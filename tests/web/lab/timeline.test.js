import assert from "node:assert/strict";
import { test } from "node:test";

import { Moments } from "../../../ganplay/web/lab/timeline.js";

const moment = (step, more = {}) => ({ step, buffer: new ArrayBuffer(10), ...more });
const steps = (moments) => moments.list.map((one) => one.step);

function filled(most, count, spacing = 1, mostBytes = 1e9) {
  const moments = new Moments(most, mostBytes);
  for (let i = 0; i < count; i++) moments.add(1, moment(i * spacing));
  return moments;
}

test("a short run is kept whole, one moment a step", () => {
  const moments = new Moments(10);
  assert.equal(moments.add(1, moment(0)), true);
  for (const step of [1, 1, 2, 5, 5, 9]) assert.equal(moments.add(1, moment(step)), false);
  assert.deepEqual(steps(moments), [0, 1, 2, 5, 9]);
  assert.equal(moments.bytes, 50);
});

test("of one step the newest picture counts", () => {
  const moments = new Moments();
  moments.add(1, moment(0));
  moments.add(1, moment(0, { name: "newer" }));
  assert.deepEqual(moments.list.map((one) => one.name), ["newer"]);
});

test("a long run is thinned evenly, with its first and newest moment, in bounded number", () => {
  for (const count of [11, 100, 1000, 12345]) {
    const moments = filled(10, count, 3), kept = steps(moments);
    assert.ok(kept.length <= 10 && kept.length >= 4, `${kept.length} kept of ${count}`);
    assert.equal(kept[0], 0);
    assert.equal(kept.at(-1), 3 * (count - 1));
    const gaps = kept.slice(1).map((step, i) => step - kept[i]);
    assert.ok(Math.max(...gaps) <= (3 * count) / 2, `gaps of ${gaps}`);
    assert.deepEqual(kept, [...new Set(kept)].sort((a, b) => a - b));
  }
});

test("memory is bounded too", () => {
  const moments = filled(1000, 500, 1, 200);
  assert.ok(moments.bytes <= 200);
  assert.equal(moments.bytes, 10 * moments.list.length);
  assert.deepEqual([steps(moments)[0], steps(moments).at(-1)], [0, 499]);
});

test("the newest moment stands at the end even where it is too near to stay", () => {
  const moments = filled(10, 100);
  const before = moments.list.length, last = steps(moments).at(-1);
  for (const more of [0.1, 0.2, 0.3]) moments.add(1, moment(last + more));
  assert.equal(steps(moments).at(-1), last + 0.3);
  assert.ok(moments.list.length <= before + 1);
});

test("steps by hand are all kept after a long run, as long as there is room", () => {
  const moments = filled(100, 10000);
  const last = steps(moments).at(-1), byHand = [1, 2, 3, 4].map((i) => last + i);
  for (const step of byHand) moments.add(1, moment(step, { byHand: true }));
  assert.deepEqual(steps(moments).slice(-4), byHand);
});

test("another run, or one taken up from an earlier step, begins anew", () => {
  const moments = filled(10, 8);
  assert.equal(moments.add(2, moment(0)), true);
  assert.deepEqual(steps(moments), [0]);
  moments.add(2, moment(40));
  assert.equal(moments.add(2, moment(30)), true);
  assert.deepEqual(steps(moments), [30]);
});

test("the nearest moment of a step is found", () => {
  const moments = new Moments();
  assert.equal(moments.nearest(5), -1);
  for (const step of [0, 10, 20, 50]) moments.add(1, moment(step));
  const found = [-5, 0, 4, 6, 14, 16, 20, 34, 36, 50, 999].map((step) => moments.list[moments.nearest(step)].step);
  assert.deepEqual(found, [0, 0, 0, 10, 10, 20, 20, 20, 50, 50, 50]);
});
