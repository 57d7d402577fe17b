// The pure parts of the arena on the page: what is asked for, places in table and grid, curves, files.
import assert from "node:assert/strict";
import { test } from "node:test";

import { framesOf, packing, styleOf } from "../../../ganplay/web/arena/cells.js";
import { History, nearest } from "../../../ganplay/web/arena/curves.js";
import { commandOf, rowsOf } from "../../../ganplay/web/arena/save.js";
import { read, ticked, write } from "../../../ganplay/web/arena/setup.js";
import { order, withInterval } from "../../../ganplay/web/arena/table.js";
import { addressOf, viewsIn } from "../../../ganplay/web/shared/address.js";

const FIELDS = {
  lr_g: { name: "lr_g", kind: "number", bounds: [0, 1] }, loss: { name: "loss", kind: "choice", choices: ["hinge", "minimax"] },
  conditional: { name: "conditional", kind: "flag", choices: [false, true] }, noise_dim: { name: "noise_dim", kind: "choice", choices: [1, 2] },
};
const cell = (js, rank, modes = 4, ends = null) => ({ mean: { js, modes, high_quality: 0.5 }, interval: { js: ends, modes: ends, high_quality: ends }, rank, members: [] });

test("what is compared as a text, and back", () => {
  const text = "base:ring;seeds:3;lr_g:1e-4,1e-3;loss:hinge,minimax";
  const choice = read(text, FIELDS, ["lab", "ring"]);
  assert.deepEqual(choice, { base: "ring", seeds: 3, axes: [{ name: "lr_g", values: ["1e-4", "1e-3"] }, { name: "loss", values: ["hinge", "minimax"] }] });
  assert.equal(write(choice), text);
  assert.deepEqual(read("conditional:true,false", FIELDS, ["lab"]).axes, [{ name: "conditional", values: [true, false] }, null]);
  // What nobody knows is passed over, and so is a third axis.
  assert.equal(read("base:ring;seeds:9", FIELDS, ["lab"]), null);
  const odd = read("base:nowhere;seeds:x;zap:1;lr_g:1;loss:hinge;noise_dim:2", FIELDS, ["lab"]);
  assert.deepEqual([odd.base, odd.seeds, odd.axes.map(({ name }) => name)], ["lab", 3, ["lr_g", "loss"]]);
  assert.deepEqual(["loss", "conditional", "lr_g", "noise_dim"].map((name) => ticked(FIELDS[name])), [true, true, false, false]);
});

test("the address names an arena", () => {
  const usual = { state: null, rival: null, hide: [], lock: [], projector: false, lang: null };
  assert.equal(viewsIn("#arena=base:lab;loss:hinge&lang=zh").arena, "base:lab;loss:hinge");
  assert.equal(viewsIn("#arena").arena, "");
  assert.equal(viewsIn("#learn=a").arena, null);
  assert.equal(addressOf(usual, { arena: "loss:hinge" }), "arena=loss:hinge");
});

test("fakes have the labels that the server told", () => {
  const head = { cells: 1, blobs: [new Int16Array([1, 2, 3, 4, 5, 6, 7, 8]).buffer, new Uint8Array([9, 8]).buffer], lost: [], shown: 0, step: 4 };
  const data = [{ extent: 3, classes: 2, fake_labels: [0, 0] }, { extent: 3, classes: 0, fake_labels: [] }];
  const [labelled, plain] = framesOf(head, { possible: [{ data: 0 }, { data: 1 }], data, seeds: [0] });
  assert.deepEqual([labelled.labels, plain.labels], [[0, 0], null]);
  assert.deepEqual([[...labelled.fakes], [...plain.map]], [[1, 2, 3, 4], [8]]);
});

test("pictures fill their box", () => {
  // Two columns of 196 beside each other (and 8 between) would need 400; three rows of 120 + 30 fit.
  assert.deepEqual(packing(16, 632, 712, 30), { columns: 4, side: 142 });
  assert.deepEqual(packing(5, 632, 600, 30), { columns: 3, side: 205 });
  assert.deepEqual(packing(1, 900, 700, 30), { columns: 1, side: 340 });
});

test("the order of the table", () => {
  const cells = [cell(0.5, { js: 3, modes: 1 }), cell(0.1, { js: 1, modes: 2 }), cell(0.2, { js: 1, modes: 1 }), cell(null, { js: 4, modes: 4 })];
  assert.deepEqual(order(cells, "js"), [2, 1, 0, 3]);
  assert.deepEqual(order(cells, "modes"), [2, 0, 1, 3]);
  assert.equal(withInterval(cell(0.126, {}, 4, [0.118, 0.1349]), "js"), "0.13 [0.12, 0.13]");
  assert.equal(withInterval(cell(0.126, {}, 16 / 3, [0, 8]), "modes"), "5.3 [0, 8]");
  assert.equal(withInterval(cell(0.126, {}), "js"), "0.13");
});

test("standings of a run are kept once, and a former run's are not", () => {
  const history = new History();
  for (const step of [0, 5, 5, 9]) history.add({ step, cells: [] });
  assert.deepEqual(history.entries.map(({ step }) => step), [0, 5, 9]);
  history.add({ step: 2, cells: [] });
  assert.deepEqual(history.entries.map(({ step }) => step), [2]);
  for (let step = 3; step < 2000; step++) history.add({ step, cells: [] });
  assert.ok(history.entries.length <= 600);
  assert.deepEqual([history.entries[0].step, history.entries.at(-1).step], [2, 1999]);
});

test("the nearest curve", () => {
  const at = (step, ...js) => ({ step, cells: js.map((one) => cell(one, {})) });
  const entries = [at(0, 1, 1, 1), at(10, 0.9, null, 0.2), at(20, 0.8, null, 0.1)];
  assert.deepEqual([nearest(entries, "js", 12, 0.3).entry.step, nearest(entries, "js", 12, 0.3).place], [10, 2]);
  assert.equal(nearest(entries, "js", 99, 0.7).place, 0);
  assert.equal(nearest([], "js", 1, 1), null);
  assert.equal(nearest([at(0, null)], "js", 1, 1), null);
});

test("colours go by the first axis, dashes by the second", () => {
  const axes = [{ name: "lr_g", values: [1, 2, 3] }, { name: "loss", values: ["a", "b"] }];
  const one = (lr_g, loss) => styleOf({ values: { lr_g, loss } }, axes, "light");
  assert.equal(one(1, "a").colour, "rgb(0,45,110)");
  assert.equal(one(2, "a").colour, one(2, "b").colour);
  assert.notDeepEqual(one(2, "a").dash, one(2, "b").dash);
  assert.equal(styleOf({ values: { lr_g: 5 } }, [{ name: "lr_g", values: [5] }], "light").colour, "rgb(0,45,110)");
});

test("every number as a row, and the line for a terminal", () => {
  const told = { axes: [{ name: "loss", values: ["hinge", "minimax"] }], seeds: [3, 4], state: "1;seed:3", possible: [{ values: { loss: "hinge" } }, { values: { loss: "minimax" } }] };
  const member = (seed, js) => ({ seed, js, modes: 8, high_quality: null });
  const entries = [{ step: 7, cells: [{ members: [member(3, 0.5), member(4, null)] }, { members: [member(3, 0.1), member(4, 0.2)] }] }];
  const [header, rows] = rowsOf(entries, told);
  assert.deepEqual(header, ["step", "loss", "seed", "js", "modes", "high_quality"]);
  assert.deepEqual(rows[1], [7, "hinge", 4, "", 8, ""]);
  assert.equal(rows.length, 4);
  assert.equal(commandOf(told, 9), "ganplay toy --state \"1;seed:3\" --sweep loss=hinge,minimax --seeds 2 --steps 9");
  assert.equal(commandOf({ ...told, state: "1;distribution:own" }, 9), null);
});
