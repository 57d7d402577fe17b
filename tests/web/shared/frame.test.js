// Reads a frame that `ganplay.frames.pack` has written (see test_frames.py).
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { decode } from "../../../ganplay/web/shared/frame.js";
import { places } from "../../../ganplay/web/lab/network-inspector.js";

const folder = process.env.GANPLAY_FRAME;
const schema = JSON.parse(readFileSync(`${folder}/schema.json`, "utf8"));
const expected = JSON.parse(readFileSync(`${folder}/expected.json`, "utf8"));
const bytes = readFileSync(`${folder}/frame.bin`);
const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);

test("what Python packs, the page reads", () => {
  const frame = decode(buffer, schema);
  for (const name of ["run", "step", "updatesD", "updatesG", "applied", "cells", "rows", "columns",
    "playing", "diverged", "catchingUp"]) {
    assert.equal(frame[name], expected[name], name);
  }
  for (const name of ["rate", "extent", "low", "high", "probe", "measuredAt", "unitSize"]) {
    assert.ok(Math.abs(frame[name] - expected[name]) < 1e-5, name);
  }
  for (const name of ["fakes", "grid", "pulls", "map", "labels", "verdicts",
    "units", "weights", "unit"]) {
    assert.deepEqual([...frame[name]], expected[name], name);
  }
  for (const net of ["d", "g"]) {
    expected.norms[net].forEach((value, i) => assert.ok(Math.abs(frame.norms[net][i] - value) < 1e-5));
  }
  for (const [name, value] of Object.entries(expected.diagnosis)) {
    assert.deepEqual(frame.diagnosis[name], value, name);
  }
  assert.ok(Number.isNaN(frame.diagnosis.period));
  for (const [name, value] of Object.entries(expected.metrics)) {
    assert.ok(Math.abs(frame.metrics[name] - value) < 1e-5, name);
  }
});

test("a frame of another run at the same step lies inside", () => {
  const { rival, fakes, step } = decode(buffer, schema);
  assert.deepEqual([...rival.fakes], [...fakes]);
  assert.equal(rival.step, step);
  assert.ok(Math.abs(rival.probe - expected.rival.probe) < 1e-5);
  assert.equal(rival.map.length, 0);
  assert.equal(rival.rival, null);
});

test("units and weights lie where the page looks for them", () => {
  const frame = decode(buffer, schema), at = places(expected.config, 8, 6);
  assert.equal(frame.weights.length, at.weights);
  assert.equal(frame.units.length, at.maps * 16 * 16);
  assert.deepEqual(at.d.columns.map((column) => column.length), [10, 12, 12, 12, 1]);
  assert.deepEqual(at.g.columns[0], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]); // of 13 inputs
  assert.deepEqual(at.d.columns[1].slice(0, 2), [6, 7]);
  assert.equal(at.g.maps, 36); // behind D's
});

test("anything else is refused", () => {
  assert.throws(() => decode(new ArrayBuffer(60), schema), /not a frame/);
  const other = new Uint8Array(buffer.slice(0));
  other[2] = 99;
  assert.throws(() => decode(other.buffer, schema), /another version/);
  const longer = new Uint8Array(buffer.byteLength + 3);
  longer.set(new Uint8Array(buffer));
  assert.throws(() => decode(longer.buffer, schema), /expected/);
});
