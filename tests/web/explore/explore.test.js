// The pure parts of Explore: states as strings, what was seen, requests that overtake each other.
import assert from "node:assert/strict";
import { test } from "node:test";

import { ends } from "../../../ganplay/web/explore/direction-sliders.js";
import { rgba, cut } from "../../../ganplay/web/shared/pixels.js";
import { Pending, unpack } from "../../../ganplay/web/explore/picture-socket.js";
import { Past, carried, first, dragged, fresh, labelOf, mixOf, modelOf, put, read, write } from "../../../ganplay/web/explore/latent-state.js";
import { commandOf, pythonOf } from "../../../ganplay/web/explore/copy-code.js";
import { isState, statesBy } from "../../../ganplay/web/explore/kept.js";
import { chosenOf } from "../../../ganplay/web/explore/map.js";
import { tilesOf } from "../../../ganplay/web/explore/gallery.js";
import { step } from "../../../ganplay/web/shared/grid-keys.js";
import { addressOf, viewsIn } from "../../../ganplay/web/shared/address.js";

// As Python writes them: tests/server/test_explore_routes.py reads the same.
const TEXTS = [
  "1;model:digits",
  "1;model:digits;seed:5;label:7;step:10;d0:2.5",
  "1;model:digits;at:AAD_-_;truncation:0;label:0.5*3+1.5*7;z2:-1;z10:0.05;d3:-4;d11:0.1",
];

test("states are the same there and back", () => {
  for (const text of TEXTS) assert.equal(write(read(text)), text);
  assert.deepEqual(read(TEXTS[0]), fresh("digits"));
  assert.equal(write({ ...fresh("digits"), label: [[7, 0.4], [3, 0.6], [5, 0]] }), "1;model:digits;label:0.6*3+0.4*7");
  assert.equal(write({ ...fresh("digits", 9), at: "AA" }), "1;model:digits;at:AA"); // its own vector, not the seed's
  assert.equal(modelOf("0;seed:3;model:two;x"), "two");
  assert.equal(modelOf("seed:3"), null);
});

test("two classes are mixed, and one alone needs no weight", () => {
  assert.deepEqual(labelOf({ first: 0, second: null, share: 0 }), []);
  assert.deepEqual(labelOf({ first: 4, second: 4, share: 0.7 }), [[4, 1]]);
  assert.deepEqual(labelOf({ first: 8, second: 3, share: 0.3 }), [[8, 0.7], [3, 0.3]]);
  assert.deepEqual(mixOf([[8, 0.7], [3, 0.3]]), { first: 8, second: 3, share: 0.3 });
  assert.deepEqual(mixOf([]), { first: 0, second: null, share: 0 });
  assert.equal(write({ ...fresh("m"), label: labelOf({ first: 2, second: 5, share: 0 }) }), "1;model:m;label:2");
  assert.equal(write({ ...fresh("m"), label: labelOf({ first: 2, second: 5, share: 1 }) }), "1;model:m;label:5");
});

test("an amount is put, changed and taken back without touching the old state", () => {
  const before = { 1: 2 };
  assert.deepEqual(put(before, 0, 3), { 0: 3, 1: 2 });
  assert.deepEqual(put(before, 1, null), {});
  assert.deepEqual(before, { 1: 2 });
});

test("the hand moves along two directions and stays within bounds", () => {
  assert.deepEqual(dragged({ 3: 1 }, 0.5, -0.126), { 0: 0.5, 1: -0.13, 3: 1 });
  assert.deepEqual(dragged({ 0: 9.9, 1: 2 }, 5, -2), { 0: 10 });
});

test("another model takes over what means something there", () => {
  const state = { ...read(TEXTS[1]), truncation: 0.5 };
  const kept = { ...fresh("letters", 5), truncation: 0.5, label: [[7, 1]] };
  assert.deepEqual(carried(state, { name: "letters", labels: Array(26) }), kept);
  assert.deepEqual(carried(state, { name: "letters", labels: [] }), { ...kept, label: [] });
  // A seed that nobody has chosen is none to keep: each model has a good one of its own.
  const digits = { name: "digits-conditional", labels: Array(10) };
  assert.notEqual(first("faces").seed, first(digits.name).seed);
  assert.deepEqual(carried(first("faces"), digits), first(digits.name));
  assert.deepEqual(carried({ ...first("faces"), at: "AA" }, digits), fresh(digits.name, first("faces").seed));
  assert.equal(carried(fresh("faces", 5), digits).seed, 5);
});

test("undo and redo lead through all that was seen, and a new way forgets the old one", () => {
  const past = new Past();
  for (const text of ["a", "b", "b", "c"]) past.push({ text });
  assert.deepEqual(past.list.map(({ text }) => text), ["a", "b", "c"]);
  assert.equal(past.go(3), null);
  assert.equal(past.go(2), null); // one is there already
  assert.equal(past.go(0).text, "a");
  assert.equal(past.go(-1), null);
  past.push({ text: "d" });
  assert.deepEqual(past.list.map(({ text }) => text), ["a", "d"]);
  for (let i = 0; i < 5000; i++) past.push({ text: `${i}` });
  assert.equal(past.list.length, 5002); // without end
  assert.deepEqual(past.window(4), [4998, 4999, 5000, 5001]);
  past.go(2);
  assert.deepEqual(past.window(4), [0, 1, 2, 3]);
  past.go(100);
  assert.deepEqual(past.window(4), [98, 99, 100, 101]);
});

test("changes of one run of keys are one step, which a run that comes back to its start is not", () => {
  const past = new Past(), run = {}, later = {}, texts = () => past.list.map(({ text }) => text).join("");
  past.push({ text: "a" });
  for (const text of ["b", "c", "d"]) past.push({ text }, run);
  assert.equal(texts(), "ad");
  past.push({ text: "e" }, later);
  assert.equal(texts(), "ade");
  past.push({ text: "f" });
  past.push({ text: "g" });
  assert.equal(texts(), "adefg");
  past.push({ text: "h" }, run);
  past.push({ text: "g" }, run); // back and forth
  assert.deepEqual([texts(), past.at], ["adefg", 4]);
  past.push({ text: "i" }, run);
  assert.equal(texts(), "adefgi");
  past.go(4);
  past.push({ text: "j" }, run); // after an undo another step begins
  assert.deepEqual([texts(), past.go(4).text], ["adefgj", "g"]);
});

test("what was seen is kept within bounds, and taken up again only whole", () => {
  const past = new Past(), again = (content) => {
    const other = new Past();
    other.restore(content, (text) => typeof text === "string");
    return [other.list.map(({ text }) => text).join(""), other.at];
  };
  for (const text of "abcdef") past.push({ text });
  past.go(3);
  assert.deepEqual(again(past.packed(60, 100)), ["abcdef", 3]);
  assert.deepEqual(again(past.packed(4, 100)), ["cdef", 1]);
  assert.deepEqual(again(past.packed(60, 4)), ["cdef", 1]);
  past.go(0);
  assert.deepEqual(again(past.packed(2, 100)), ["ab", 0]);
  assert.equal(past.packed(60, 5), null); // what is ahead is not taken away
  for (const broken of [null, undefined, 5, {}, { texts: "abc", at: 0 }, { texts: ["a"], at: 1 }, { texts: ["a", 5], at: 0 }, { texts: [], at: -1 }]) {
    assert.deepEqual(again(broken), ["", -1]);
  }
});

test("of what a tab kept only whole states of the model itself count", () => {
  const own = "1;model:m;seed:3", lists = { m: [own, own], n: [own], o: ["x".repeat(9000)], p: 5 };
  const fits = (texts, fit) => Array.isArray(texts) && texts.every(fit);
  assert.deepEqual(statesBy(lists, fits), { m: [own, own] });
  for (const broken of [null, undefined, 7, "m"]) assert.deepEqual(statesBy(broken, fits), {});
  for (const [text, is] of [[own, true], ["seed:1", false], [5, false], [own + "x".repeat(8000), false]]) assert.equal(isState(text), is);
  assert.deepEqual(chosenOf([5, 2], [1, 2, 5]), [5, 2]);
  for (const before of [undefined, [2, 2], [2, 9], [2], "25"]) assert.deepEqual(chosenOf(before, [1, 2, 5]), [1, 2]);
});

test("only the newest answer counts", async () => {
  const pending = new Pending();
  const [a, b, other, c] = ["picture", "picture", "tiles", "picture"].map((purpose) => pending.add(purpose, { states: [] }));
  assert.equal(pending.newest("picture"), c.request);
  pending.settle({ purpose: "picture", id: b.request.id, pixels: "B" });
  assert.equal(await a.promise, null);
  assert.equal((await b.promise).pixels, "B");
  pending.settle({ purpose: "picture", id: c.request.id, pixels: "C" });
  assert.equal((await c.promise).pixels, "C");
  assert.equal(pending.newest("picture"), undefined);
  assert.equal(pending.newest("tiles"), other.request);
  pending.settle({ purpose: "unknown", id: 9 });
});

test("an answer is unpacked, and its pictures are drawn as they are", () => {
  const head = new TextEncoder().encode("{\"shape\":[2,1,1,2]}");
  const buffer = new Uint8Array([head.length, 0, 0, 0, ...head, 1, 2, 3, 4]).buffer;
  const { shape, pixels } = unpack(buffer);
  assert.deepEqual([...pixels], [1, 2, 3, 4]);
  assert.deepEqual([...rgba(pixels, shape, 1)], [3, 3, 3, 255, 4, 4, 4, 255]);
  assert.deepEqual([...rgba([1, 2, 10, 20, 100, 200], [1, 3, 1, 2])], [1, 10, 100, 255, 2, 20, 200, 255]);
  assert.deepEqual(cut(pixels, shape, 1), { pixels: new Uint8Array([3, 4]), shape: [1, 1, 1, 2] });
});

test("tiles differ in seed and class alone", () => {
  const state = { ...read(TEXTS[2]), model: "m" };
  const seeds = tilesOf(state, { kind: "seeds", page: 2, classes: 3 });
  assert.deepEqual([seeds.length, seeds[0].seed, seeds[39].seed], [40, 80, 119]);
  assert.deepEqual(seeds[0], { ...state, at: "", seed: 80 });
  const sheet = tilesOf(state, { kind: "sheet", page: 1, classes: 3 });
  assert.equal(sheet.length, 24);
  assert.deepEqual(sheet.slice(2, 5).map(({ seed, label }) => [seed, label]), [[8, [[2, 1]]], [9, []], [9, [[1, 1]]]]);
});

test("arrow keys walk through tiles and stop at the edges", () => {
  const walk = (place, key) => step(place, key, 10, 40);
  assert.deepEqual(["ArrowRight", "ArrowLeft", "ArrowDown", "ArrowUp", "End", "Home", "x"].map((key) => walk(15, key)), [16, 14, 25, 5, 39, 0, 15]);
  assert.deepEqual([walk(0, "ArrowLeft"), walk(3, "ArrowUp"), walk(39, "ArrowRight"), walk(35, "ArrowDown")], [0, 3, 39, 35]);
});

test("both ends of a direction are the state but for that direction", () => {
  const both = ends({ ...fresh("m", 3), moves: { 1: 2 } }, { dim: 64, named: [] });
  assert.equal(both.length, 16);
  assert.deepEqual(both.slice(0, 3).map(({ moves }) => moves), [{ 0: -4, 1: 2 }, { 0: 4, 1: 2 }, { 1: -4 }]);
  assert.equal(ends(fresh("m"), { dim: 5, named: [] }).length, 10);
  const named = ends(fresh("m"), { dim: 64, named: ["ink"] });
  assert.deepEqual(named.slice(1, 3).map(({ moves }) => moves), [{ 64: 4 }, { 0: -4 }]);
  assert.equal(named.length, 16);
});

test("the address names the view", () => {
  const usual = { hide: [], lock: [], projector: false, lang: null };
  for (const hash of ["", "#", "#state=1;seed:3", "#explorer", "#state=explore"]) assert.equal(viewsIn(hash).explore, null);
  assert.equal(viewsIn("#explore").explore, "");
  assert.equal(viewsIn("#explore=1;model:m;d0:1&hide=seed").explore, "1;model:m;d0:1");
  assert.equal(viewsIn("#explore=1%3Bmodel%3Am").explore, "1;model:m");
  assert.equal(viewsIn("#explore=1;%zz").explore, "1;%zz");
  assert.equal(viewsIn("#hide=seed&explore=" + "x".repeat(1e5)).explore.length, 8001);
  assert.equal(addressOf({ ...usual, state: "1" }, {}), "");
  assert.equal(addressOf(usual, { explore: "" }), "explore");
  assert.equal(addressOf({ ...usual, hide: ["play"], lang: "zh" }, { explore: "1;model:m" }), "explore=1;model:m&hide=play&lang=zh");
});

test("what is copied holds the state", () => {
  assert.equal(commandOf("1;model:m"), "ganplay sample --state \"1;model:m\" --out picture.png");
  assert.ok(pythonOf("1;model:m", { name: "m" }).includes("ganplay.read_state(\"1;model:m\", \"m\", model.space)"));
});
