import assert from "node:assert/strict";
import { test } from "node:test";

import { queryOf, withRole } from "../../../ganplay/web/lab/points-preview.js";
import { decode, encode, withPoints } from "../../../ganplay/web/lab/points-text.js";
import { Sketch, Stroke } from "../../../ganplay/web/lab/sketch.js";

const POINTS = [{ x: -3, y: -3, k: 0 }, { x: 3, y: 3, k: 4 }, { x: 0.1, y: 0.2, k: 0 }, { x: 1.25, y: -2.5, k: 4 }];
const TEXT = "AAAAhEiI.____tVFV"; // as `ganplay.points.encode` writes them

test("points become the text that Python reads, and back", () => {
  assert.equal(encode(POINTS, 3), TEXT);
  const back = decode(TEXT, 3);
  assert.deepEqual(back.map(({ k }) => k), [0, 0, 1, 1]); // classes without points are left out
  const expected = [POINTS[0], POINTS[2], POINTS[1], POINTS[3]];
  back.forEach(({ x, y }, i) => assert.ok(Math.hypot(x - expected[i].x, y - expected[i].y) < 0.002));
  assert.equal(encode(back, 3), TEXT);
  assert.equal(encode([{ x: -99, y: 99, k: 0 }], 3), "AA__");
  assert.equal(encode([], 3), "");
});

test("what is no such text holds no points", () => {
  for (const text of ["", ".", "AAA", "AAAA.", "AAAA..AAAA", "<b>x", "AAAA\n", "ＡAAA"]) assert.deepEqual(decode(text, 3), []);
});

test("a sheet takes back stroke by stroke, and forgets those that changed nothing", () => {
  const sketch = new Sketch(5), [a, b, c, d] = POINTS;
  sketch.begin();
  sketch.add([a, b]);
  assert.ok(sketch.settle());
  sketch.begin();
  sketch.erase([3, -3], [3, 9], 0.1); // a quick hand: from one side of it to the other
  assert.ok(sketch.settle());
  assert.deepEqual(sketch.points, [a]);
  sketch.begin();
  sketch.erase([2, 2], [2, 2], 0.1);
  assert.ok(!sketch.settle());
  assert.ok(sketch.undo());
  assert.deepEqual(sketch.points, [a, b]);
  assert.ok(sketch.undo());
  assert.deepEqual(sketch.points, []);
  assert.ok(!sketch.undo());
  // A key that is held down goes on with its first stroke.
  for (const [point, held] of [[a, false], [b, true], [c, true]]) {
    sketch.begin(held);
    sketch.add([point]);
    assert.ok(sketch.settle());
  }
  assert.ok(sketch.undo());
  assert.deepEqual(sketch.points, []);
  assert.ok(!sketch.undo());
  assert.ok(sketch.add([a, b, c]));
  assert.ok(!sketch.add([d, a, b, c]));
  assert.deepEqual(sketch.points, [a, b, c, d, a]);
});

test("a stroke strews its dots evenly, within its width and on the sheet", () => {
  let seed = 1;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  const thin = new Stroke(2, 0.01, 3, random), wide = new Stroke(0, 0.5, 3, random);
  assert.equal(thin.to([0, 0]).length, 1);
  const dots = thin.to([2, 0]);
  assert.ok(dots.length >= 40 && dots.length < 50, String(dots.length));
  for (const { x, y, k } of dots) assert.ok(k === 2 && Math.abs(y) <= 0.01 && x >= 0 && x <= 2.01);
  assert.ok(dots.filter(({ x }) => x < 1).length >= 18);
  // Small moves owe parts of a dot until they make a whole one.
  const small = Array.from({ length: 100 }, (_, i) => thin.to([2 + (i + 1) / 100, 0]).length);
  const total = small.reduce((a, b) => a + b);
  assert.ok(total >= 20 && total <= 22, String(total));
  const tap = wide.to([2.9, 0]);
  assert.equal(tap.length, 11);
  for (const { x, y } of tap) assert.ok(Math.hypot(x - 2.9, y) <= 0.5 && x <= 3);
});

test("a state without points has those of the one before", () => {
  const later = { config: { distribution: "own" }, state: "1;distribution:own" };
  withPoints(later, { points: TEXT });
  assert.deepEqual(later, { config: { distribution: "own", points: TEXT }, state: `1;distribution:own;points:${TEXT}` });
  const other = { config: { points: "" }, state: "1" };
  withPoints(other, { points: TEXT });
  assert.deepEqual(other, { config: { points: "" }, state: "1" });
});

test("no two columns of a table are the same, and none is asked for as number 0", () => {
  const roles = withRole(["class", "x", "y", "none"], 3, "x");
  assert.deepEqual(roles, ["class", "none", "y", "x"]);
  assert.equal(`${queryOf(roles, "")}`, "x=4&y=3&class=1");
  assert.equal(`${queryOf(withRole(roles, 0, "none"), "fake")}`, "x=4&y=3&class=0&rows=fake");
  assert.deepEqual(withRole(["x", "none"], 0, "none"), ["none", "none"]);
});
