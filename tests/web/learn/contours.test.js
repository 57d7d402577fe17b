// Where lines of equal height cross the sides of each cell.
import assert from "node:assert/strict";
import { test } from "node:test";

import { contour } from "../../../ganplay/web/learn/contours.js";

// Ends of all segments, rounded, in one order.
const ends = (segments) => segments.flatMap(([x0, y0, x1, y1]) => [[x0, y0], [x1, y1]]).map((end) => end.map((v) => Number(v.toFixed(6))))
  .sort(([a, b], [c, d]) => a - c || b - d);

// The height on a side of a cell, where values change evenly.
function heightAt(values, n, x, y) {
  const [column, row] = [Math.floor(x), Math.floor(y)], [across, down] = [x - column, y - row];
  const at = (dx, dy) => values[Math.min(row + dy, n - 1) * n + Math.min(column + dx, n - 1)];
  return (1 - across) * (1 - down) * at(0, 0) + across * (1 - down) * at(1, 0) + (1 - across) * down * at(0, 1) + across * down * at(1, 1);
}

test("a crossing is measured from the corner that its side begins at", () => {
  // One corner of a cell is 4, the others 0: the level 1 is a quarter away from each 0 beside the 4.
  assert.deepEqual(ends(contour([4, 0, 0, 0], 2, 1)), [[0, 0.75], [0.75, 0]]);
  assert.deepEqual(ends(contour([0, 4, 0, 0], 2, 1)), [[0.25, 0], [1, 0.75]]);
  assert.deepEqual(ends(contour([0, 0, 4, 0], 2, 1)), [[0, 0.25], [0.75, 1]]);
  assert.deepEqual(ends(contour([0, 0, 0, 4], 2, 1)), [[0.25, 1], [1, 0.25]]);
  // Two corners: a line right through, at the same share of both sides.
  assert.deepEqual(ends(contour([0, 0, 4, 4], 2, 1)), [[0, 0.25], [1, 0.25]]);
  assert.deepEqual(ends(contour([4, 0, 4, 0], 2, 1)), [[0.75, 0], [0.75, 1]]);
});

test("both ends of every segment lie at the level, in all cells", () => {
  const n = 7, values = Array.from({ length: n * n }, (_, i) => ((i * 37) % 101) / 10), level = 4.25;
  const segments = contour(values, n, level);
  assert.ok(segments.length > 20);
  for (const [x0, y0, x1, y1] of segments) {
    for (const [x, y] of [[x0, y0], [x1, y1]]) {
      assert.ok(Number.isInteger(x) || Number.isInteger(y), `${x}, ${y} is on no side`);
      assert.ok(Math.abs(heightAt(values, n, x, y) - level) < 1e-9, `${x}, ${y}`);
    }
  }
});

test("a peak has a closed line around it, a saddle two lines, and a level is no crossing of itself", () => {
  const round = ends(contour([0, 0, 0, 0, 2, 0, 0, 0, 0], 3, 1));
  assert.deepEqual(round, [[0.5, 1], [0.5, 1], [1, 0.5], [1, 0.5], [1, 1.5], [1, 1.5], [1.5, 1], [1.5, 1]]);
  assert.equal(contour([2, 0, 0, 2], 2, 1).length, 2);
  assert.deepEqual(contour([1, 1, 1, 1], 2, 1), []);
  assert.equal(contour([1, 1, 0, 0], 2, 1).length, 1); // what is at the level belongs above it
});
