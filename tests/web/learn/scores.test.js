// Scores as the page shows them, and what the server is told, on the cases of tests/lessons/test_grading.py.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { begun, claimOf, scoreOf } from "../../../ganplay/web/learn/scores.js";
import { fileName } from "../../../ganplay/web/learn/signed-file.js";

const read = (place) => JSON.parse(readFileSync(new URL(place, import.meta.url), "utf8"));

// A lesson as `Learn` has it.
function lessonOf(name) {
  const { break_it, mend_it, question, further = [], ...lesson } = read(`../../../ganplay/lessons/content/${name}.json`);
  return { ...lesson, name, questions: [question, ...further], tasks: { ...(break_it && { break: break_it }), ...(mend_it && { mend: mend_it }) } };
}

for (const { about, lesson: name, mine, claim, score } of read("../../lessons/scores.json")) {
  test(`the page's score: ${about}`, () => {
    const lesson = lessonOf(name), found = scoreOf(lesson, mine);
    assert.deepEqual({ points: found.points, possible: found.possible, reached: found.reached }, score);
    assert.deepEqual(claimOf(lesson, mine), claim);
    assert.ok(begun(mine));
  });
}

test("nothing done is not begun, and worth nothing", () => {
  const mine = { answers: [], runs: {}, tasks: {}, deeds: {} };
  assert.equal(begun(mine), false);
  const { points, possible, right, questions, solved, tasks } = scoreOf(lessonOf("oscillation"), mine);
  assert.deepEqual([points, possible, right, questions, solved, tasks], [0, 4, 0, 1, 0, 2]);
});

test("what an earlier version of a lesson had does not count", () => {
  const old = { answers: [2, 0, 0], runs: { gone: { seeds: [0], outcomes: [] } }, tasks: { other: { holds: true } }, deeds: { far: 9 } };
  assert.equal(scoreOf(lessonOf("oscillation"), old).points, 1);
  assert.deepEqual(claimOf(lessonOf("oscillation"), old).runs, {});
});

test("a file is named after the student by letters and digits alone", () => {
  assert.equal(fileName("李 雷/../x", "2025-03-01"), "ganplay-李-雷-x-2025-03-01.json");
  assert.equal(fileName("", "2025-03-01"), "ganplay-2025-03-01.json");
});
