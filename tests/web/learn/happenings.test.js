// What the page tells of lessons: nothing unasked, each thing once and in order, the name only if agreed.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Happenings } from "../../../ganplay/web/learn/happenings.js";
import { Progress } from "../../../ganplay/web/learn/progress.js";
import { forgetStudent, namesSent, nameStudent, sendNames, studentName, studentNumber } from "../../../ganplay/web/shared/storage.js";

const LESSON = { name: "one", questions: [{ right: 1 }], runs: { game: {} }, tasks: {}, visit: null };
const told = [];
let answers; // what the server says to each request, then that it is taken

function happenings(host) {
  const app = { base: "/ganplay", link: { getToken: async () => "token" } };
  return new Happenings({ app, learnt: new Progress() }, host);
}

const settled = () => new Promise((done) => setImmediate(done));

beforeEach(() => {
  told.length = 0;
  answers = [];
  forgetStudent();
  globalThis.fetch = async (address, { body }) => {
    const status = answers.shift() || 200;
    told.push({ address, status, ...JSON.parse(body) });
    return { ok: status === 200, status, json: async () => (status === 422 ? { type: "error", problems: [{}] } : { type: "busy" }) };
  };
});

test("without a record store nothing is told", async () => {
  const quiet = happenings(null);
  quiet.open(LESSON);
  quiet.tell(LESSON, "answered", "0");
  await settled();
  assert.deepEqual(told, []);
});

test("a lesson is opened once, and the name goes along only if the student agrees", async () => {
  const open = happenings("lrs.example.org");
  nameStudent(" Ada ");
  open.open(LESSON);
  open.open(LESSON);
  await settled();
  sendNames(true);
  open.tell(LESSON, "answered", "0");
  await settled();
  assert.deepEqual(told.map(({ event, item, name }) => [event, item, name]), [["opened", "", ""], ["answered", "0", "Ada"]]);
  assert.match(told[0].student, /^[0-9a-f]{32}$/);
  assert.equal(told[0].student, told[1].student);
});

test("what could not be told is told again, in order; what is refused is not", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const open = happenings("lrs.example.org");
  answers = [503, 200, 422];
  for (const item of ["0", "1", "2"]) open.tell(LESSON, "answered", item);
  await settled();
  assert.deepEqual(told.map(({ item }) => item), ["0"]);
  context.mock.timers.tick(15_000);
  await settled();
  assert.deepEqual(told.map(({ item, status }) => [item, status]), [["0", 503], ["0", 200], ["1", 422], ["2", 200]]);
  assert.deepEqual(open.waiting, []);
});

test("that a lesson is finished is told once", async () => {
  const open = happenings("lrs.example.org"), mine = open.learn.learnt.of("one");
  mine.answers.push(0);
  open.finish(LESSON);
  mine.runs.game = { holds: true, seeds: [0], outcomes: [] };
  open.finish(LESSON);
  open.finish(LESSON);
  await settled();
  assert.deepEqual(told.map(({ event, lesson }) => [event, lesson.answers]), [["finished", [0]]]);
});

test("a task's last try is told, also where an earlier one was better", async () => {
  const open = happenings("lrs.example.org"), lesson = { ...LESSON, tasks: { break: {} } };
  const run = (holds) => ({ seeds: [0], changes: {}, outcomes: [{ values: [1], holds }] });
  open.learn.learnt.of("one").tasks.break = { ...run(true), holds: true };
  open.ran(lesson, "break", run(false));
  await settled();
  assert.deepEqual([told[0].event, told[0].lesson.tasks.break.holds], ["tried", [false]]);
});

test("a browser that keeps nothing knows its student as long as the page", () => {
  const number = studentNumber();
  nameStudent("Ada");
  sendNames(true);
  assert.deepEqual([studentName(), namesSent(), studentNumber()], ["Ada", true, number]);
  forgetStudent();
  assert.deepEqual([studentName(), namesSent()], ["", false]);
  assert.notEqual(studentNumber(), number);
});

test("when a lesson was begun stays, and when it was last worked on does not", (context) => {
  context.mock.timers.enable({ apis: ["Date"], now: Date.UTC(2025, 2, 1, 8, 30, 0, 5) });
  const learnt = new Progress(), mine = learnt.of("one");
  learnt.touch("one");
  context.mock.timers.tick(60_000);
  learnt.touch("one");
  assert.deepEqual([mine.began, mine.at], ["2025-03-01T08:30:00Z", "2025-03-01T08:31:00Z"]);
});
