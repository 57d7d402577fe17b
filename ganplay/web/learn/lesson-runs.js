// The runs of a lesson: asked for, followed, shown, and what came of them kept.

import { Running } from "./check-gauges.js";
import { follow } from "./lesson-stream.js";
import { element } from "../shared/dom.js";
import { t, whole } from "../shared/i18n.js";

const MOST_SEED = 1_000_000;

export class LessonRuns {
  /** @param {import("./learn.js").Learn} learn */
  constructor(learn) {
    this.learn = learn;
    this.results = {};
    this.changes = {};
    this.busy = null;
    this.seed = 0;
  }

  key(part) {
    return `${this.learn.lesson.name}/${part}`;
  }

  // Which part the pictures show: the run that goes on, or one of those of this step.
  get shown() {
    const parts = this.shownParts(), wanted = this.busy?.part ?? this.part;
    return parts.includes(wanted) ? wanted : parts[0];
  }

  shownParts() {
    return this.learn.lesson.tasks[this.learn.step] ? [this.learn.step] : Object.keys(this.learn.lesson.runs);
  }

  // The runs of this lesson of some kind that there are results of.
  seenOf(kind) {
    const found = Object.keys(this.learn.lesson.runs).map((part) => this.results[this.key(part)]);
    return found.filter((one) => one?.seen && one.run.kind === kind);
  }

  // Another run of this lesson of some kind that there are results of.
  otherOf(running, kind) {
    return this.seenOf(kind).find((one) => one !== running);
  }

  show() {
    const { lesson, say, find } = this.learn;
    find(".ln-runs").replaceChildren(...this.shownParts().map((part) => {
      const { name } = lesson.runs[part] || lesson.tasks[part].run;
      const button = element("button", { type: "button", textContent: say(name), ariaPressed: part === this.shown });
      button.onclick = () => {
        this.part = part;
        this.show();
      };
      return button;
    }));
    this.showRunning();
  }

  showRunning() {
    const { learn, busy } = this, running = this.results[this.key(this.shown)];
    const seen = running?.seen, waiting = busy && !seen, steps = running?.run.steps || 0;
    const bar = learn.find(".ln-progress"), step = running && whole(running.step);
    bar.hidden = !busy || (seen && !steps);
    if (waiting) bar.removeAttribute("value");
    else bar.value = steps ? running.step / steps : 1;
    const text = waiting ? t("learn.waiting") : seen && steps ? t("learn.step", { step }) : "";
    learn.find(".ln-step").textContent = text;
    learn.stage.show(running || null);
    learn.guide.follow();
  }

  settingsOf(run) {
    return { ...Object.fromEntries(this.learn.fields[run.kind].map((field) => [field.name, field.default])), ...run.settings };
  }

  change(name, change) {
    this.changes[this.key(name)] = { ...this.changes[this.key(name)], ...change };
  }

  reset(name) {
    delete this.changes[this.key(name)];
    this.learn.guide.show();
  }

  // Run parts one after another, until one is stopped or fails.
  async run(parts) {
    for (const part of parts) if (!(await this.runPart(part))) return;
    this.tell(parts);
  }

  reseed() {
    this.seed = 100 + Math.floor(Math.random() * MOST_SEED);
    this.run(Object.keys(this.learn.lesson.runs));
  }

  // Run one part; whether it came to its end.
  async runPart(part) {
    const { learn } = this, { lesson } = learn, task = lesson.tasks[part], key = this.key(part);
    const { run, checks } = task || { run: lesson.runs[part], checks: lesson.checks.filter((check) => check.run === part) };
    const changes = task ? this.changes[key] || {} : {}, cancel = new AbortController();
    const running = new Running(run, checks, { ...this.settingsOf(run), ...changes });
    const former = this.results[key];
    this.results[key] = running;
    this.busy = { part, cancel };
    this.showActions("[data-does=stop]");
    try {
      const asked = { lesson: lesson.name, part, seed: this.seed, changes };
      await follow(learn.app, asked, (piece) => {
        running.take(piece, learn.app.schema.frame);
        if (learn.lesson !== lesson || this.results[key] !== running || this.drawing) return;
        this.drawing = requestAnimationFrame(() => {
          this.drawing = 0;
          this.showRunning();
        });
      }, cancel.signal);
      await new Promise((drawn) => requestAnimationFrame(drawn));
      if (learn.lesson === lesson) this.finish(part, running, changes);
      return true;
    } catch (error) {
      if (former) this.results[key] = former;
      else delete this.results[key];
      if (error.name !== "AbortError") this.complain(error);
      return false;
    } finally {
      if (this.busy?.cancel === cancel) this.busy = null;
      if (learn.lesson === lesson) this.showActions("[data-does=on]", ".ln-actions button");
    }
  }

  // Who has the focus on an action keeps it on the first of these that there is now.
  showActions(...selectors) {
    const { root, find, guide } = this.learn, focused = root.contains(document.activeElement?.closest(".ln-actions"));
    guide.show();
    this.show();
    if (focused) selectors.map(find).find(Boolean)?.focus();
  }

  finish(part, running, changes) {
    this.showRunning();
    const { learn } = this, { outcomes, seeds, step, holds, receipt } = running, mine = learn.learnt.of(learn.lesson.name);
    const kept = { outcomes, seeds, step, holds, receipt, picture: learn.stage.snapshot() };
    if (!learn.lesson.tasks[part]) mine.runs[part] = kept;
    else if (holds || !mine.tasks[part]?.holds) mine.tasks[part] = { ...kept, changes };
    learn.happenings.ran(learn.lesson, part, { ...kept, changes });
    learn.changed();
  }

  // What came out, for those who do not see the gauges.
  tell(parts) {
    const all = parts.flatMap((part) => this.results[this.key(part)]?.outcomes || []);
    const held = all.filter(({ holds }) => holds).length;
    this.learn.find(".ln-told").textContent = t(held === all.length ? "learn.all_out" : "learn.some_out", { held, all: all.length });
  }

  complain(error) {
    if (error.problems) this.learn.app.complain(error.problems);
    else this.learn.app.toast(t({ busy: "learn.full", crowded: "limits.crowded", too_many: "limits.too_many" }[error.message] || "learn.broken"));
  }

  stop() {
    this.busy?.cancel.abort();
    this.busy = null;
  }
}
