// Real points and fakes differ in shape.
import assert from "node:assert/strict";
import { test } from "node:test";

import { crosses, discs } from "../../../ganplay/web/shared/pen.js";
import { Plane, thumbnail } from "../../../ganplay/web/shared/plane.js";

function drawn(draw, taken) {
  const done = [], note = (name) => (...values) => done.push([name, ...values]);
  const pen = { fillStyle: "orange", ...Object.fromEntries(["beginPath", "moveTo", "arc", "fill", "save", "rotate", "fillRect", "restore"].map((name) => [name, note(name)])) };
  draw(pen, [1, 2, -3, 4], 10, 2, taken);
  return { pen, done, names: done.map(([name]) => name) };
}

test("real points are discs, y upwards", () => {
  const { done, names } = drawn(discs);
  assert.deepEqual(names, ["beginPath", "moveTo", "arc", "moveTo", "arc", "fill"]);
  assert.deepEqual(done[2].slice(1, 4), [10, -20, 2]);
});

test("fakes are crosses through the same places, in the same colour", () => {
  const { pen, done, names } = drawn(crosses);
  assert.deepEqual(names, ["save", "rotate", ...Array(4).fill("fillRect"), "restore"]);
  assert.equal(pen.fillStyle, "orange");
  assert.equal(done[1][1], Math.PI / 4);
  const bars = done.slice(2, -1).map(([, x, y, wide, tall]) => ({ x: x + wide / 2, y: y + tall / 2, wide, tall }));
  const turnedBack = ({ x, y }) => [x - y, x + y].map((value) => Math.round(value * Math.SQRT1_2));
  assert.deepEqual(bars.map(turnedBack), [[10, -20], [10, -20], [-30, -40], [-30, -40]]);
  const [one, other] = bars;
  assert.ok(one.wide > 3 * one.tall && one.wide === other.tall && one.tall === other.wide); // two bars across each other
});

test("of both some can be left out", () => {
  assert.equal(drawn(discs, (i) => i === 1).names.filter((name) => name === "arc").length, 1);
  assert.equal(drawn(crosses, (i) => i === 1).names.filter((name) => name === "fillRect").length, 2);
});

// A canvas whose pen writes down by which colour what was drawn.
function canvas() {
  const seen = {}, pen = new Proxy({}, {
    get: (own, name) => (name in own ? own[name] : (...values) => {
      if (["arc", "fillRect"].includes(name)) (seen[own.fillStyle] ||= []).push([name, ...values]);
    }),
  });
  return { width: 480, height: 480, clientWidth: 240, seen, getContext: () => pen };
}

const names = (calls) => [...new Set(calls.map(([name]) => name))];

test("the large picture and the small ones draw real points as discs and fakes as crosses", () => {
  const made = [], palette = { ground: "ground", real: "real", fake: "fake", low: [0, 0, 0], middle: [0, 0, 0], high: [0, 0, 0] };
  globalThis.document = { createElement: () => (made.push(canvas()), made.at(-1)) };
  globalThis.window = { devicePixelRatio: 1 };
  const host = canvas(), plane = new Plane(host, { unit: 8191, layers: { map: 1, real: 2, fake: 4, pull: 8, grid: 16 } }, palette);
  plane.layers = 2 + 4;
  plane.setData({ real: [0, 0, 100, 100], labels: [] });
  plane.draw({ extent: 3, cells: 0, rows: 0, fakes: [0, 0], labels: null, pulls: [], diagnosis: {} });
  assert.equal(host.seen.fake.length, 2); // the two bars of one cross
  assert.deepEqual(names(host.seen.fake), ["fillRect"]);
  const [ofReal] = made.filter(({ seen }) => seen.real);
  assert.deepEqual([names(ofReal.seen.real), ofReal.seen.real.length], [["arc"], 2]);

  const small = canvas();
  thumbnail(small, 8191, [0, 0], [5, 5, 9, 9], palette);
  assert.deepEqual([names(small.seen.real), small.seen.real.length], [["arc"], 1]);
  assert.deepEqual([names(small.seen.fake), small.seen.fake.length], [["fillRect"], 4]);
});
