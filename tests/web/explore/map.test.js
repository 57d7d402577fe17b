// The pure parts of the map, favourites and directions of one's own.
import assert from "node:assert/strict";
import { test } from "node:test";

import { ends } from "../../../ganplay/web/explore/direction-sliders.js";
import { contentOf, toBytes, toText } from "../../../ganplay/web/shared/files.js";
import { MOST, packed, unpacked } from "../../../ganplay/web/explore/favourites.js";
import { cells, dragged, nearest, sides, spacingAt, ticks, toPlace, toScreen, zoomed } from "../../../ganplay/web/explore/mosaic-grid.js";
import { planeOf } from "../../../ganplay/web/explore/map.js";
import { isVector, usable } from "../../../ganplay/web/explore/custom-directions.js";
import { fresh, read, write } from "../../../ganplay/web/explore/latent-state.js";

const SIZE = { width: 400, height: 200 }, VIEW = { x: 1, y: -2, scale: 100 };

test("places and pixels belong together, and y goes up", () => {
  assert.deepEqual(toScreen(VIEW, SIZE, [1, -2]), [200, 100]);
  assert.deepEqual(toScreen(VIEW, SIZE, [2, -1]), [300, 0]);
  assert.deepEqual(toPlace(VIEW, SIZE, [300, 0]), [2, -1]);
});

test("tiles have 44 pixels at least and less than twice as many, on powers of 2", () => {
  assert.equal(spacingAt(44), 1);
  assert.equal(spacingAt(43.9), 2);
  assert.equal(spacingAt(88), 0.5);
  for (const scale of [14, 50, 100, 777, 1536]) {
    const tile = spacingAt(scale) * scale;
    assert.ok(tile >= 44 && tile < 88, `${scale}: ${tile}`);
  }
});

test("a drag moves the plane with the hand, and not beyond where states may be", () => {
  assert.deepEqual(dragged(VIEW, 50, 20), { x: 0.5, y: -1.8, scale: 100 });
  assert.deepEqual(dragged(VIEW, -5000, -5000), { x: 10, y: -10, scale: 100 });
});

test("what is under the pointer stays there while it is zoomed", () => {
  const point = [320, 30], before = toPlace(VIEW, SIZE, point), near = zoomed(VIEW, SIZE, point, 2);
  assert.equal(near.scale, 200);
  toPlace(near, SIZE, point).forEach((value, i) => assert.ok(Math.abs(value - before[i]) < 1e-12));
  assert.equal(zoomed(VIEW, SIZE, point, 1e6).scale, 1536);
  assert.equal(zoomed(VIEW, SIZE, point, 1e-6).scale, 14);
});

test("a window needs the tiles that touch it, the nearest first", () => {
  const view = { x: 0.1, y: 0, scale: 100 }, all = cells(view, SIZE); // half an amount apart, 50 pixels each
  assert.deepEqual(all[0], [0, 0]);
  const xs = [...new Set(all.map(([x]) => x))].sort((a, b) => a - b), ys = [...new Set(all.map(([, y]) => y))].sort((a, b) => a - b);
  assert.deepEqual(xs, [-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2]); // from -1.9 to 2.1, a quarter to each side
  assert.deepEqual(ys, [-1, -0.5, 0, 0.5, 1]);
  assert.equal(all.length, 45);
  assert.deepEqual(cells(view, SIZE, 0.5, [400, 0])[0], [2, 1]);
  // A drag by one tile asks for one more column only.
  const known = new Set(all.map(String)), more = cells({ ...view, x: 0.6 }, SIZE).filter((place) => !known.has(String(place)));
  assert.deepEqual(more.map(([x]) => x), [2.5, 2.5, 2.5, 2.5, 2.5]);
});

test("no tile lies beyond where states may be", () => {
  const far = cells({ x: 10, y: 10, scale: 20 }, SIZE); // four amounts apart: up to 8
  assert.ok(far.length > 0);
  assert.deepEqual([Math.max(...far.flat()), nearest([9.9, -99], 4)], [8, [8, -8]]);
  assert.ok(Object.is(nearest([-0.1, 0], 1)[0], 0)); // never -0, which would be another name
});

test("neighbouring tiles meet on the screen's pixels", () => {
  const view = { x: 0.123, y: 0.2, scale: 97 };
  const [one, next, below] = [[0, 0], [0.5, 0], [0, -0.5]].map((place) => sides(view, SIZE, place, 0.5, 1.5));
  assert.equal(one.left + one.width, next.left);
  assert.equal(one.top + one.height, below.top);
});

test("amounts along an axis are round and far enough apart", () => {
  assert.deepEqual(ticks(0, 400, 100, 56), [-2, -1, 0, 1, 2]);
  assert.deepEqual(ticks(9.9, 200, 200, 40), [9.4, 9.6, 9.8, 10]);
  assert.deepEqual(ticks(0, 100, 2000, 40), [-0.02, 0, 0.02]);
});

test("a plane along two directions is the same wherever in it the state is", () => {
  const state = read("1;model:m;seed:3;d0:1;d2:2"), moved = read("1;model:m;seed:3;d0:-4;d1:2;d2:2");
  assert.equal(planeOf(state, "axes", [0, 1], null), planeOf(moved, "axes", [0, 1], null));
  assert.notEqual(planeOf(state, "axes", [0, 2], null), planeOf(moved, "axes", [0, 2], null)); // d1 leads out of it
  assert.notEqual(planeOf(state, "axes", [0, 1], null), planeOf({ ...state, seed: 4 }, "axes", [0, 1], null));
  assert.notEqual(planeOf(state, "axes", [0, 1], null), planeOf(state, "axes", [1, 0], null));
  // Through three pictures only label and step of the state matter.
  const corners = ["a", "b", "c"];
  assert.equal(planeOf(state, "corners", [0, 1], corners), planeOf(moved, "corners", [2, 3], corners));
  assert.notEqual(planeOf(state, "corners", [], corners), planeOf({ ...state, label: [[3, 1]] }, "corners", [], corners));
});

test("favourites are the same there and back", () => {
  const pixels = Uint8Array.from({ length: 12 }, (_, i) => 20 * i), list = [{ text: "1;model:m;seed:1", shape: [1, 3, 2, 2], pixels }];
  assert.deepEqual(unpacked(JSON.parse(JSON.stringify(packed(list)))), list);
  const all = Uint8Array.from({ length: 256 }, (_, i) => i);
  assert.deepEqual(toBytes(toText(all)), all);
});

test("of broken favourites what is whole is kept", () => {
  const good = { text: "1;model:m", shape: [1, 1, 1, 2], pixels: toText([1, 2]) };
  const bad = [null, 5, {}, { ...good, text: 7 }, { ...good, text: "no model" }, { ...good, text: "1;model:m;" + "x".repeat(9000) },
    { ...good, shape: [1, 2, 1, 1] }, { ...good, shape: [1, 1, 1, 3] }, { ...good, shape: [1, 1, -1, -2] }, { ...good, shape: [1, 1, 1e9, 1e9] },
    { ...good, shape: "1112" }, { ...good, pixels: "?" }, { ...good, pixels: null }];
  assert.deepEqual(unpacked([...bad, good]).map(({ text }) => text), ["1;model:m"]);
  for (const content of [null, undefined, 5, "[]", {}]) assert.deepEqual(unpacked(content), []);
  assert.equal(unpacked(Array(500).fill(good)).length, MOST);
});

test("a direction is finite numbers of half precision, as many as the model has", () => {
  const url = (bytes) => toText(bytes).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
  const one = url([0, 0x3c, 255, 0x7b]), infinite = url([0, 0x3c, 0, 0x7c]), none = url([0, 0x3c, 1, 0xfe]);
  assert.ok(isVector(one, 2));
  assert.ok(one.includes("_")); // as addresses have it
  for (const text of [infinite, none, "", "A", "*", "A;d0:3", one + "AA", 5, null]) assert.ok(!isVector(text, 2), String(text));
  assert.ok(!isVector(one, 3));
  const good = { name: " Slant ", dim: 2, vector: one };
  const list = [good, null, { ...good, name: "" }, { ...good, name: 5 }, { ...good, dim: 3 }, { ...good, vector: infinite }];
  assert.deepEqual(usable(list, 2), [{ name: "Slant", dim: 2, vector: one }]);
  assert.equal(usable([{ ...good, name: "x".repeat(1000) }], 2)[0].name.length, 40);
  assert.equal(usable(Array(50).fill(good), 2).length, 1); // one and the same
  const many = Array.from({ length: 50 }, (_, i) => ({ ...good, vector: url([i, 0x3c, 0, 0]) }));
  assert.equal(usable(many, 2).length, 8);
  for (const content of [undefined, null, {}, "x"]) assert.deepEqual(usable(content, 2), []);
});

test("files say what they are", async () => {
  const file = (text) => ({ size: text.length, text: async () => text });
  assert.deepEqual(await contentOf(file("{\"ganplay\": \"favourites\", \"version\": 1, \"favourites\": [\"a\"]}"), "favourites", 100), ["a"]);
  const bad = ["", "[]", "null", "{\"ganplay\": \"directions\", \"version\": 1, \"favourites\": []}", "{\"ganplay\": \"favourites\", \"version\": 2, \"favourites\": []}",
    "{\"ganplay\": \"favourites\", \"version\": 1, \"favourites\": {}}", " ".repeat(101)];
  for (const text of bad) await assert.rejects(contentOf(file(text), "favourites", 100));
});

test("the visitor's own directions have previews too, and stand in the string", () => {
  const state = { ...fresh("m", 3), own: { AAAA: 2 } }, all = ends(state, { dim: 1, named: [] }, ["AAAA", "BBBB"]);
  assert.deepEqual(all.map(({ own }) => own), [{ AAAA: 2 }, { AAAA: 2 }, { AAAA: -4 }, { AAAA: 4 }, { AAAA: 2, BBBB: -4 }, { AAAA: 2, BBBB: 4 }]);
  assert.equal(write(all[5]), "1;model:m;seed:3;own:2*AAAA;own:4*BBBB");
});
