// What a student has done, kept in this browser and nowhere else.

import { kept } from "../shared/files.js";
import { inBrowser } from "../shared/storage.js";

const KEPT = "ganplay.learn";

export class Progress {
  all = kept(KEPT) || {};

  // `answers` are those given so far, one to each question in turn, `late` the places of those that
  // were given after a run; `answer` is what earlier
  // versions kept of the only question.
  of(name) {
    const mine = (this.all[name] ||= {}), { answer = null } = mine;
    delete mine.answer;
    const empty = { answers: answer === null ? [] : [answer], late: [], runs: {}, tasks: {}, deeds: {} };
    for (const part of Object.keys(empty)) mine[part] ??= empty[part];
    return mine;
  }

  answered({ name, questions }) {
    return this.of(name).answers.length >= questions.length;
  }

  // Something was done in a lesson just now.
  touch(name) {
    const now = `${new Date().toISOString().slice(0, 19)}Z`, mine = this.of(name);
    mine.began ||= now;
    mine.at = now;
  }

  // Pictures are left out where the browser has no room for them.
  keep() {
    const bare = (key, value) => (key === "picture" ? undefined : value);
    [undefined, bare].some((how) => inBrowser.set(KEPT, JSON.stringify(this.all, how)));
  }

  forget() {
    this.all = {};
    inBrowser.remove(KEPT);
  }

  // The parts of a lesson that can be done, and which are: [name, done].
  parts(lesson) {
    const mine = this.of(lesson.name), runs = Object.keys(lesson.runs);
    const passed = this.answered(lesson) && runs.every((part) => mine.runs[part]?.holds);
    const tasks = ["break", "mend"].filter((name) => lesson.tasks[name]).map((name) => [name, Boolean(mine.tasks[name]?.holds)]);
    const visit = lesson.visit ? [["visit", Boolean(mine.deeds.done)]] : [];
    return [["lesson", passed], ...tasks, ...visit];
  }

  finished(lesson) {
    return this.parts(lesson).every(([, done]) => done);
  }
}
