// Where the operator of the server wants to know what happens in lessons (xAPI): each thing is told to
// the server, which sends it on. Students are told that it is, and whether their name is with it.

import { claimOf, runClaim } from "./scores.js";
import { t } from "../shared/i18n.js";
import { ask } from "../shared/request.js";
import { namesSent, studentName, studentNumber } from "../shared/storage.js";

const AGAIN = 15_000; // milliseconds until what could not be told is told again
const MOST = 200; // that wait

export class Happenings {
  /** @param {import("./learn.js").Learn} learn @param {?string} host to which the server sends */
  constructor(learn, host) {
    this.learn = learn;
    this.host = host;
    this.waiting = [];
    this.opened = new Set();
  }

  // A lesson is shown; of one page that counts once.
  open(lesson) {
    if (this.opened.has(lesson)) return;
    this.opened.add(lesson);
    this.tell(lesson, "opened");
  }

  // All of a lesson is done; that is told once.
  finish(lesson) {
    const mine = this.learn.learnt.of(lesson.name);
    if (!this.host || mine.told || !this.learn.learnt.finished(lesson)) return;
    mine.told = true;
    this.tell(lesson, "finished");
  }

  // A run has ended: of the lesson's own, or of a task, whose last try need not be the best.
  ran(lesson, part, run) {
    const task = Boolean(lesson.tasks[part]);
    this.tell(lesson, task ? "tried" : "ran", part, { [task ? "tasks" : "runs"]: { [part]: runClaim(run) } });
  }

  tell(lesson, event, item = "", more = {}) {
    if (!this.host) return;
    const claim = { ...claimOf(lesson, this.learn.learnt.of(lesson.name)), ...more };
    this.waiting = [...this.waiting, { event, item, lesson: claim }].slice(-MOST);
    this.send();
  }

  async send() {
    if (this.busy) return;
    this.busy = true;
    while (this.waiting.length) {
      const [first] = this.waiting;
      const body = JSON.stringify({ ...first, student: studentNumber(), name: namesSent() ? studentName() : "" });
      try {
        await ask(this.learn.app, "lessons/happened", { type: "application/json", body, renew: true });
      } catch (error) {
        if (!error.problems && error.message !== "gone") {
          setTimeout(() => this.send(), AGAIN);
          break;
        }
      }
      this.waiting = this.waiting.filter((one) => one !== first);
    }
    this.busy = false;
  }

  // The line that says so.
  show() {
    const line = this.learn.find(".ln-sent"), name = namesSent() ? studentName() : "";
    line.hidden = !this.host;
    if (this.host) line.textContent = t(name ? "learn.sent.name" : "learn.sent.number", { host: this.host, name });
  }
}
