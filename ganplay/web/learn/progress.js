// What a student has done, kept in this browser and nowhere else.

import { kept } from "../shared/files.js";
import { inBrowser } from "../shared/storage.js";

const KEPT = "ganplay.learn";

export class Progress {
  all = kept(KEPT) || {};

  of(name) {
    const empty = { answer: null, runs: {}, tasks: {}, deeds: {} };
    return (this.all[name] = { ...empty, ...this.all[name] });
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
    const passed = mine.answer !== null && runs.every((part) => mine.runs[part]?.holds);
    const tasks = ["break", "mend"].filter((name) => lesson.tasks[name]).map((name) => [name, Boolean(mine.tasks[name]?.holds)]);
    const visit = lesson.visit ? [["visit", Boolean(mine.deeds.done)]] : [];
    return [["lesson", passed], ...tasks, ...visit];
  }
}
