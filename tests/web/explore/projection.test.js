// Painting on a small sheet, pieces of an answer, and curves: what needs no page.
import assert from "node:assert/strict";
import { test } from "node:test";

import { bestOf, scaleOf } from "../../../ganplay/web/explore/projection-curves.js";
import { packChunk, read, splitChunks } from "../../../ganplay/web/shared/wire.js";
import { Sheet, cover, filled } from "../../../ganplay/web/explore/sketch-bitmap.js";

const close = (a, b) => assert.ok(Math.abs(a - b) < 1e-6, `${a} is not ${b}`);

test("a round brush covers what is inside it, its edge in part", () => {
  const covered = new Float32Array(25);
  cover(covered, [5, 5], [2.5, 2.5], [2.5, 2.5], 1);
  close(covered[12], 1); // the middle
  close(covered[13], 0.5); // a pixel beside it: 1 + 0.5 - 1
  close(covered[18], 1.5 - Math.SQRT2); // across the corner
  close(covered[14], 0);
  // Along a way every pixel is covered as by the brush at its nearest, however fast the hand was.
  cover(covered, [5, 5], [0.5, 0.5], [4.5, 0.5], 0.5);
  for (let i = 0; i < 5; i++) close(covered[i], 1);
  cover(covered, [5, 5], [-9, -9], [-8, -9], 2); // outside nothing happens
  close(covered[20], 0);
});

test("a sheet is kept with what is hidden, and taken up again only whole and of its own size", () => {
  const sheet = new Sheet([1, 3, 2], [0]);
  assert.equal(sheet.content, null);
  sheet.stroke("pen", 1, [255])([0.5, 0.5]);
  sheet.stroke("hide", 0.5, [255])([1.5, 2.5]);
  const content = JSON.parse(JSON.stringify(sheet.content)), again = (what, shape = [1, 3, 2]) => {
    const other = new Sheet(shape, [7]);
    other.restore(what);
    return other;
  };
  assert.deepEqual([again(content).pixels, again(content).hidden, again(content).drawn], [sheet.pixels, sheet.hidden, true]);
  for (const broken of [null, undefined, 5, {}, { ...content, pixels: "AA==" }, { ...content, hidden: "" }, { ...content, pixels: "<b>" }]) {
    assert.deepEqual([...again(broken).pixels], Array(6).fill(7));
  }
  assert.equal(again(content, [1, 2, 3]).drawn, false);
});

test("a stroke mixes its colour once, and everything is undone", () => {
  const sheet = new Sheet([1, 4, 4], [10]);
  assert.deepEqual([...sheet.pixels], new Array(16).fill(10));
  let to = sheet.stroke("pen", 1, [255]);
  for (let i = 0; i < 9; i++) to([1.5, 1.5]);
  assert.equal(sheet.pixels[5], 255);
  assert.equal(sheet.pixels[6], Math.round(10 + 245 * 0.5)); // not nine times
  assert.equal(sheet.drawn, true);
  sheet.stroke("hide", 0.5, [255])([0.5, 3.5]);
  assert.deepEqual([...sheet.hidden].map((one, i) => (one ? i : -1)).filter((i) => i >= 0), [12]);
  assert.equal(sheet.pixels[12], 10); // what is hidden is not painted
  sheet.stroke("show", 0.5, [255])([0.5, 3.5]);
  assert.equal(sheet.masked, false);
  sheet.stroke("eraser", 1, [255])([1.5, 1.5]);
  assert.equal(sheet.pixels[5], 10);
  sheet.clear();
  assert.equal(sheet.drawn, false);
  for (let i = 0; i < 2; i++) assert.equal(sheet.undo(), true); // the clearing, the eraser
  assert.equal(sheet.pixels[5], 255);
  sheet.undo();
  assert.equal(sheet.masked, true);
  sheet.undo(), sheet.undo();
  assert.deepEqual([...sheet.pixels], new Array(16).fill(10));
  assert.equal(sheet.undo(), false);
});

test("colours are painted in each channel, and hidden parts are filled from another picture", () => {
  const sheet = new Sheet([3, 2, 2], [255, 255, 255]);
  sheet.stroke("pen", 0.5, [10, 20, 30])([0.5, 0.5]);
  assert.deepEqual([sheet.pixels[0], sheet.pixels[4], sheet.pixels[8]], [10, 20, 30]);
  sheet.put(new Uint8Array(12).fill(7));
  assert.equal(sheet.pixels[8], 7);
  const other = new Uint8Array(12).fill(1);
  assert.deepEqual([...filled(sheet.pixels, new Uint8Array([0, 1, 0, 0]), other)], [7, 1, 7, 7, 7, 1, 7, 7, 7, 1, 7, 7]);
});

test("a picture that is put again takes the place of the last one, in one step back", () => {
  const sheet = new Sheet([1, 2, 2], [0]), full = (value) => new Uint8Array(4).fill(value);
  sheet.putAgain(full(1)); // nothing was put before
  for (const value of [2, 3, 4]) sheet.putAgain(full(value));
  assert.deepEqual([[...sheet.pixels], sheet.past.length], [[4, 4, 4, 4], 1]);
  sheet.stroke("pen", 0.5, [9])([0.5, 0.5]);
  sheet.putAgain(full(5)); // the stroke comes back with the next step back
  sheet.undo();
  assert.equal(sheet.pixels[0], 9);
  sheet.undo();
  assert.deepEqual([...sheet.pixels], [4, 4, 4, 4]);
  sheet.undo();
  assert.deepEqual([[...sheet.pixels], sheet.drawn], [[0, 0, 0, 0], false]);
  sheet.putAgain(full(6)); // what it took the place of is gone
  assert.equal(sheet.undo(), true);
});

test("pieces are read however the answer was cut", async () => {
  const whole = [packChunk({ a: 1 }), packChunk({ b: "é" }, new Uint8Array([5, 6]), new Uint8Array([7])), packChunk({})];
  const bytes = new Uint8Array(whole.flatMap((one) => [...one]));
  const { found, left } = splitChunks(bytes.subarray(0, bytes.length - 1));
  assert.deepEqual(found.map(({ content, ...head }) => [head, [...content]]), [[{ a: 1 }, []], [{ b: "é" }, [5, 6, 7]]]);
  assert.equal(left.length, whole[2].length - 1);
  for (const size of [1, 3, 1000]) {
    const cuts = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.slice(i * size, (i + 1) * size));
    const answer = { body: { getReader: () => ({ read: async () => (cuts.length ? { value: cuts.shift() } : { done: true }) }) } };
    const heads = [];
    for await (const one of read(answer, splitChunks)) heads.push(Object.keys(one)[0]);
    assert.deepEqual(heads, ["a", "b", "content"]);
  }
});

test("curves on a logarithmic scale, and which one leads", () => {
  const curves = [[80, 40], [60, 10], [70, 20]];
  const { low, high, at } = scaleOf(curves);
  assert.deepEqual([low, high], [10, 80]);
  close(at(10), 0);
  close(at(20), 1 / 3);
  close(at(80), 1);
  assert.equal(bestOf(curves), 1);
  assert.equal(scaleOf([[0, 0]]).at(0), 0); // found exactly
});
