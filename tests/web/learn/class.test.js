// What the lecturer's page of a live class counts, and what it keeps of answers that tell of changes.
import assert from "node:assert/strict";
import { test } from "node:test";

import { ClassRecords, countsOf, letter } from "../../../ganplay/web/learn/class-counts.js";
import { about, randomId } from "../../../ganplay/web/learn/class-requests.js";
import { readAddress, unreadIn, writeAddress } from "../../../ganplay/web/shared/address.js";

const lesson = { name: "a", questions: [{ answers: [{}, {}, {}], right: 2 }, { answers: [{}, {}], right: 0 }] };
const STEPS = ["predict", "run", "explain", "mend"];
const state = (answers, reached, more = {}) => ({ lessons: { a: { step: reached, reached, answers, late: [], done: [], ...more } } });

test("options are counted if they were chosen before the run, and steps if they were reached", () => {
  const records = [
    state([2, 1], "explain", { done: ["lesson"] }), state([2], "predict"), state([0], "run"), state([], "predict"),
    state([1, 0], "mend", { step: "run", late: [1], done: ["lesson", "mend"] }), { lessons: { b: { answers: [0] } } }, { lessons: {} },
  ];
  const counts = countsOf(records, lesson, STEPS);
  assert.deepEqual(counts.questions, [{ counts: [1, 1, 2], answered: 4, late: 0 }, { counts: [0, 1], answered: 1, late: 1 }]);
  assert.deepEqual(counts.reached, [5, 3, 2, 1]);
  assert.deepEqual(["lesson", "mend", "break"].map(counts.done), [2, 1, 0]);
  assert.equal(counts.opened, 5);
  assert.deepEqual(countsOf([], lesson, STEPS).questions[0], { counts: [0, 0, 0], answered: 0, late: 0 });
  assert.equal(letter(0) + letter(2), "AC");
});

test("only changes come, who leaves is forgotten, and numbers stay", () => {
  const known = new ClassRecords();
  assert.equal(known.take({ epoch: "e", version: 2, here: { x: true, y: false, z: true }, students: { x: 1, y: 2, z: 3 } }), null);
  assert.deepEqual([known.present, known.lost, known.version], [2, 1, 2]);
  known.take({ epoch: "e", version: 3, here: { y: true, z: true, w: true }, students: { z: 4, w: 5 } });
  assert.deepEqual([...known.records], [["y", 2], ["z", 4], ["w", 5]]);
  assert.deepEqual(["y", "z", "w"].map((tag) => known.numbers.get(tag)), [2, 3, 4]);
});

test("a server that has begun the class anew gets back what it does not know", () => {
  const known = new ClassRecords();
  known.take({ epoch: "e", version: 7, here: { x: true, y: true }, students: { x: 1, y: 2 } });
  const restore = known.take({ epoch: "f", version: 1, here: { y: true }, students: { y: 3 } });
  assert.deepEqual(restore, { x: 1, y: 3 });
  assert.deepEqual([known.epoch, known.version], ["f", 0]);
  assert.equal(known.take({ epoch: "f", version: 3, here: { x: false, y: true }, students: restore }), null);
  assert.deepEqual([...known.records.keys()], ["x", "y"]);
  assert.equal(known.lost, 1);
});

test("a class's code stands in an address, and what is none is told", () => {
  const code = "abcdefgh234567ab";
  assert.equal(readAddress(`#learn=a&class=${code}`).class, code);
  assert.match(writeAddress({ ...readAddress(""), class: code }), /^class=/);
  assert.deepEqual(unreadIn(`#learn=a&class=${code}`), []);
  assert.deepEqual(unreadIn("#learn=a&class=abc"), ["class=abc"]);
});

test("an id is new each time and what the server takes, and nobody asks at the same moment", () => {
  const ids = new Set(Array.from({ length: 50 }, randomId));
  assert.equal(ids.size, 50);
  for (const id of ids) assert.match(id, /^[0-9a-f]{32}$/);
  for (let i = 0; i < 50; i++) assert.ok(Math.abs(about(1000) - 1000) <= 200);
});
