// Learn: a list of lessons, each gone through in steps, beside the pictures of its runs.

import { follow } from "./lesson-stream.js";
import { Guide } from "./steps.js";
import { Learnt } from "./progress.js";
import { element, fetchView } from "../shared/dom.js";
import { Sheet } from "./report.js";
import { Stage } from "./run-view.js";
import { Running } from "./check-gauges.js";
import { copy } from "../shared/clipboard.js";
import { writeAddress } from "../shared/address.js";
import { Visits } from "./explore-task.js";
import { current, fill, t } from "../shared/i18n.js";

const LINKED = ["learn-list", "learn-formula", "learn-question", "learn-seeds", "learn-figure", "learn-controls", "learn-report", "learn-link", "learn-forget", "explore"];
const MOST_SEED = 1_000_000;

export async function open(app, views) {
  const at = `${app.base}/assets/learn/learn`;
  const [markup, known] = await Promise.all([
    fetchView(`${at}.html`, `${at}.css`), fetch(`${app.base}/lessons.json`).then((answer) => answer.json())]);
  const root = app.find(".learn");
  if (!known.lessons.length) {
    root.append(element("p", { className: "ln-none", textContent: t("learn.none") }));
    return null;
  }
  root.append(markup);
  return (app.learn = new Learn(app, views, root, known));
}

class Learn {
  constructor(app, views, root, { lessons, problems, members, fields }) {
    this.app = app;
    this.views = views;
    this.root = root;
    this.problems = problems;
    this.members = members;
    this.fields = fields;
    this.learnt = new Learnt();
    this.results = {};
    this.changes = {};
    this.busy = null;
    this.seed = 0;
    this.lessons = lessons.map((lesson) => ({ ...lesson, tasks: Object.fromEntries(Object.entries({ break: lesson.break_it, mend: lesson.mend_it }).filter(([, task]) => task)) }));
    this.find = (selector) => root.querySelector(selector);
    this.say = (said) => said[current()] ?? said.en;
    const [name, step] = (views.opened.learn || "").split(".");
    this.lesson = this.lessons.find((one) => one.name === name) || this.lessons.find((one) => !this.learnt.parts(one)[0][1]) || this.lessons[0];
    this.stage = new Stage(this);
    this.guide = new Guide(this);
    this.visits = new Visits(this);
    this.sheet = new Sheet(this);
    this.unlocked = this.guide.steps().includes(step);
    this.step = this.unlocked ? step : "predict";
    this.wire();
    this.relabel();
    app.addEventListener("words", () => this.relabel());
  }

  wire() {
    const box = this.find(".ln-link-box");
    this.find(".ln-link").onclick = () => {
      this.app.teach.build(this.find(".ln-parts"), () => this.showAddress(), LINKED);
      this.showAddress();
      box.showModal();
    };
    this.find(".ln-link-close").onclick = () => box.close();
    this.find(".ln-copy").onclick = ({ target }) => copy(target, this.find(".ln-address").value);
    this.find(".ln-forget").onclick = () => {
      if (!window.confirm(t("learn.forget_sure"))) return;
      this.learnt.forget();
      this.results = {};
      this.open(this.lesson);
    };
  }

  showAddress() {
    const rest = writeAddress({ ...this.app.teach.chosen, state: null, rival: null });
    const own = `learn=${this.lesson.name}.${this.step}`;
    this.find(".ln-address").value = `${location.origin}${location.pathname}#${[own, rest].filter(Boolean).join("&")}`;
  }

  relabel() {
    fill(this.root);
    const box = this.find(".ln-problems");
    box.hidden = !this.problems.length;
    box.replaceChildren(...this.problems.map((text) => element("li", { textContent: t("learn.refused", { text }) })));
    this.show();
  }

  // ---- which lesson, which step ---------------------------------------------------------------

  open(lesson) {
    this.stop();
    Object.assign(this, { lesson, step: "predict", unlocked: false });
    this.show();
  }

  goTo(step) {
    this.step = step;
    this.show();
    this.find(".ln-steps [aria-current]").focus();
  }

  show() {
    const { lesson } = this;
    this.showList();
    this.find(".ln-title").textContent = this.say(lesson.title);
    this.showFormula();
    this.guide.show();
    this.showRuns();
    const learn = `${lesson.name}.${this.step}`;
    this.views.opened.learn = learn;
    if (this.views.shown === "learn") this.views.address({ learn });
  }

  showList() {
    const focused = /** @type {HTMLElement} */ (document.activeElement?.closest(".ln-list button"))?.dataset.lesson;
    this.find(".ln-list").replaceChildren(...this.lessons.map((lesson, i) => {
      const parts = this.learnt.parts(lesson), count = parts.filter(([, done]) => done).length;
      const pips = element("span", { className: "ln-pips", ariaHidden: "true" }, ...parts.map(([, done]) => element("i", { className: done ? "done" : "" })));
      const button = element("button", { type: "button" }, element("b", { textContent: i + 1 }), element("span", { textContent: this.say(lesson.title) }), pips);
      button.dataset.lesson = lesson.name;
      button.title = t("learn.done", { done: count, all: parts.length });
      button.setAttribute("aria-label", `${i + 1}. ${this.say(lesson.title)} · ${button.title}`);
      if (lesson === this.lesson) button.setAttribute("aria-current", "true");
      button.onclick = () => this.open(lesson);
      return element("li", {}, button);
    }));
    if (focused) this.find(`[data-lesson="${focused}"]`).focus();
  }

  // Symbols that stand for something on the screen light it, under the pointer or with the focus.
  showFormula() {
    const line = this.lesson.formula.map(({ text, of, shape }) => {
      const piece = element(shape || "span", { textContent: typeof text === "string" ? text : this.say(text) });
      if (!of) return piece;
      Object.assign(piece, { tabIndex: 0, title: t(`learn.parts.${of}`) });
      piece.dataset.of = of;
      piece.onpointerenter = piece.onfocus = () => this.stage.light(of);
      piece.onpointerleave = piece.onblur = () => this.stage.light("");
      return piece;
    });
    this.find(".ln-formula").replaceChildren(...line);
  }

  changed() {
    this.learnt.keep();
    this.showList();
  }

  // ---- runs -----------------------------------------------------------------------------------

  key(part) {
    return `${this.lesson.name}/${part}`;
  }

  // Which part the pictures show: the run that goes on, or one of those of this step.
  get shown() {
    const parts = this.shownParts(), wanted = this.busy?.part ?? this.part;
    return parts.includes(wanted) ? wanted : parts[0];
  }

  shownParts() {
    return this.lesson.tasks[this.step] ? [this.step] : Object.keys(this.lesson.runs);
  }

  // Another run of this lesson of some kind that there are results of.
  otherOf(running, kind) {
    const found = Object.keys(this.lesson.runs).map((part) => this.results[this.key(part)]);
    return found.find((one) => one?.seen && one !== running && one.run.kind === kind);
  }

  showRuns() {
    const parts = this.shownParts();
    this.find(".ln-runs").replaceChildren(...parts.map((part) => {
      const run = this.lesson.runs[part] || this.lesson.tasks[part].run;
      const button = element("button", { type: "button", textContent: this.say(run.name) });
      button.setAttribute("aria-pressed", part === this.shown);
      button.onclick = () => {
        this.part = part;
        this.showRuns();
      };
      return button;
    }));
    this.showRunning();
  }

  showRunning() {
    const running = this.results[this.key(this.shown)], waiting = this.busy && !running?.seen;
    const bar = this.find(".ln-progress"), steps = running?.run.steps || 0;
    bar.hidden = !this.busy || (running?.seen && !steps);
    if (waiting) bar.removeAttribute("value");
    else bar.value = steps ? running.step / steps : 1;
    this.find(".ln-step").textContent = waiting ? t("learn.waiting") : running?.seen && steps ? t("learn.step", { step: running.step.toLocaleString(this.app.root.lang) }) : "";
    this.stage.show(running || null);
    this.guide.follow();
  }

  settingsOf(run) {
    return { ...Object.fromEntries(this.fields[run.kind].map((field) => [field.name, field.default])), ...run.settings };
  }

  change(name, change) {
    this.changes[this.key(name)] = { ...this.changes[this.key(name)], ...change };
  }

  resetTask(name) {
    delete this.changes[this.key(name)];
    this.guide.show();
  }

  async runAll() {
    for (const part of Object.keys(this.lesson.runs)) if (!(await this.runPart(part))) return;
    this.tell(Object.keys(this.lesson.runs));
  }

  async runTask(name) {
    if (await this.runPart(name)) this.tell([name]);
  }

  reseed() {
    this.seed = 100 + Math.floor(Math.random() * MOST_SEED);
    this.runAll();
  }

  // Run one part; whether it came to its end.
  async runPart(part) {
    const { lesson } = this, task = lesson.tasks[part], run = task ? task.run : lesson.runs[part], key = this.key(part);
    const changes = task ? this.changes[key] || {} : {}, cancel = new AbortController();
    const running = new Running(part, run, task ? task.checks : lesson.checks.filter((check) => check.run === part));
    running.config = { ...this.settingsOf(run), ...changes };
    const former = this.results[key];
    this.results[key] = running;
    this.busy = { part, cancel };
    const focused = this.root.contains(document.activeElement) && document.activeElement.closest(".ln-actions");
    this.guide.show();
    if (focused) this.find("[data-does=stop]")?.focus();
    this.showRuns();
    const mine = () => this.lesson === lesson && this.results[key] === running;
    try {
      const asked = { lesson: lesson.name, part, seed: this.seed, changes };
      await follow(this.app, asked, (piece) => {
        running.take(piece, this.app.schema.frame);
        if (!mine() || this.drawing) return;
        this.drawing = requestAnimationFrame(() => {
          this.drawing = 0;
          this.showRunning();
        });
      }, cancel.signal);
      await new Promise((drawn) => requestAnimationFrame(drawn));
      this.finish(lesson, part, running, changes);
      return true;
    } catch (error) {
      if (former) this.results[key] = former;
      else delete this.results[key];
      if (error.name !== "AbortError") this.complain(error);
      return false;
    } finally {
      if (this.busy?.cancel === cancel) this.busy = null;
      if (this.lesson === lesson) {
        const held = this.root.contains(document.activeElement) && document.activeElement.closest(".ln-actions");
        this.guide.show();
        this.showRuns();
        if (held) (this.find("[data-does=on]") || this.find(".ln-actions button"))?.focus();
      }
    }
  }

  finish(lesson, part, running, changes) {
    if (this.lesson !== lesson) return;
    this.showRunning();
    const { outcomes, seeds, step, holds } = running, mine = this.learnt.of(lesson.name);
    const kept = { outcomes, seeds, step, holds, picture: this.stage.snapshot() };
    if (!lesson.tasks[part]) mine.runs[part] = kept;
    else if (holds || !mine.tasks[part]?.holds) mine.tasks[part] = { ...kept, changes };
    this.changed();
  }

  // What came out, for those who do not see the gauges.
  tell(parts) {
    const all = parts.flatMap((part) => this.results[this.key(part)]?.outcomes || []);
    const held = all.filter(({ holds }) => holds).length;
    this.find(".ln-told").textContent = t(held === all.length ? "learn.all_out" : "learn.some_out", { held, all: all.length });
  }

  complain(error) {
    if (error.problems) this.app.complain(error.problems);
    else this.app.toast(t({ busy: "learn.full", crowded: "limits.crowded", too_many: "limits.too_many" }[error.message] || "learn.broken"));
  }

  stop() {
    this.busy?.cancel.abort();
    this.busy = null;
  }

  // The task's settings in the lab, all else locked: `teach.js` does that for its address.
  openInLab(name) {
    const { run, editable } = this.lesson.tasks[name], now = { ...run.settings, ...this.changes[this.key(name)] };
    const state = ["1", ...Object.entries(now).map(([field, value]) => `${field}:${value}`)].join(";");
    const lock = this.fields.gan.map((field) => field.name).filter((field) => !editable.includes(field) && field !== "seed");
    const address = writeAddress({ ...this.app.teach.asked, state, rival: null, lock: ["presets", ...lock] });
    window.open(`${location.pathname}#${address}`, "_blank");
  }
}
