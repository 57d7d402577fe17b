// Learn: a list of lessons, each gone through in steps, beside the pictures of its runs.

import { CheckBox } from "./check-box.js";
import { ClassRoom } from "./class-room.js";
import { ClassStudent } from "./class-student.js";
import { ExploreTask } from "./explore-task.js";
import { Happenings } from "./happenings.js";
import { showList } from "./lesson-list.js";
import { LessonRuns } from "./lesson-runs.js";
import { wireLinkBox } from "./link-box.js";
import { Progress } from "./progress.js";
import { Sheet } from "./report.js";
import { RunView } from "./run-view.js";
import { Guide } from "./steps.js";
import { element, fetched, fetchView } from "../shared/dom.js";
import { writeAddress } from "../shared/address.js";
import { current, fill, t } from "../shared/i18n.js";
import { forgetStudent } from "../shared/storage.js";

/** @param {import("../app.js").App} app @param {import("../tabs.js").Views} views */
export async function open(app, views) {
  const at = `${app.base}/assets/learn/learn`;
  const [markup, known] = await Promise.all([
    fetchView(`${at}.html`, `${at}.css`, `${app.base}/assets/learn/class.css`), fetched(`${app.base}/lessons.json`).then((answer) => answer.json())]);
  const root = app.find(".learn");
  if (!known.lessons.length) {
    root.append(element("p", { className: "ln-none", textContent: t("learn.none") }));
    return null;
  }
  root.append(markup);
  return (app.learn = new Learn(app, views, root, known));
}

export class Learn {
  /** @param {import("../app.js").App} app @param {import("../tabs.js").Views} views */
  constructor(app, views, root, { lessons, problems, members, fields, sent_to: host, lasting }) {
    this.app = app;
    this.views = views;
    this.root = root;
    this.problems = problems;
    this.members = members;
    this.fields = fields;
    this.lasting = lasting;
    this.learnt = new Progress();
    this.lessons = lessons.map(({ break_it, mend_it, question, further, ...lesson }) => ({
      ...lesson,
      questions: [question, ...further],
      tasks: { ...(break_it && { break: break_it }), ...(mend_it && { mend: mend_it }) },
    }));
    this.find = (selector) => root.querySelector(selector);
    this.say = (said) => said[current()] ?? said.en;
    const [name, step] = (views.opened.learn || "").split(".");
    const asked = this.lessons.find((one) => one.name === name);
    if (name && !asked) app.toast(t("teach.unread", { piece: `learn=${name}` }));
    this.lesson = asked
      || this.lessons.find((one) => !this.learnt.parts(one)[0][1]) || this.lessons[0];
    this.runs = new LessonRuns(this);
    this.stage = new RunView(this);
    this.guide = new Guide(this);
    this.visits = new ExploreTask(this);
    this.happenings = new Happenings(this, host);
    this.sheet = new Sheet(this);
    this.check = new CheckBox(this);
    this.unlocked = this.guide.steps().includes(step);
    this.step = this.unlocked ? step : "predict";
    wireLinkBox(this);
    this.find(".ln-forget").onclick = () => this.forget();
    this.student = new ClassStudent(this);
    this.relabel();
    this.room = new ClassRoom(this);
    app.addEventListener("words", () => this.relabel());
  }

  // The lesson and its step, as the address names them.
  get place() {
    return `${this.lesson.name}.${this.step}`;
  }

  relabel() {
    fill(this.root);
    const box = this.find(".ln-problems");
    box.hidden = !this.problems.length;
    box.replaceChildren(...this.problems.map((text) => element("li", { textContent: t("learn.refused", { text }) })));
    this.happenings.show();
    this.check.show();
    this.show();
  }

  // ---- which lesson, which step ---------------------------------------------------------------

  open(lesson, focused = false) {
    this.runs.stop();
    Object.assign(this, { lesson, step: "predict", unlocked: false });
    this.show(true);
    if (focused) this.find(".ln-steps [aria-current]").focus();
  }

  goTo(step) {
    this.step = step;
    this.show(true);
    this.find(".ln-steps [aria-current]").focus();
  }

  // To a lesson and step that one has been at, as far as it is still open.
  comeBack(place) {
    const [name, step] = (place || "").split("."), lesson = this.lessons.find((one) => one.name === name);
    if (!lesson || place === this.place) return;
    if (lesson !== this.lesson) this.runs.stop();
    Object.assign(this, { lesson, unlocked: this.unlocked && lesson === this.lesson });
    this.step = this.guide.open().includes(step) ? step : "predict";
    this.show();
  }

  // `entered`: the place before is one step back.
  show(entered = false) {
    showList(this);
    this.find(".ln-title").textContent = this.say(this.lesson.title);
    this.showFormula();
    this.guide.show();
    this.runs.show();
    this.happenings.open(this.lesson);
    const { views, place } = this, other = views.at.learn !== place;
    Object.assign(views.opened, { learn: place });
    Object.assign(views.at, { learn: place });
    if (views.shown === "learn") views.address({ learn: place }, entered && other);
    this.student.notice();
  }

  forget() {
    if (!window.confirm(t("learn.forget_sure"))) return;
    this.learnt.forget();
    forgetStudent();
    this.happenings.show();
    this.runs.results = {};
    this.open(this.lesson);
  }

  // Symbols that stand for something on the screen light it, under the pointer or with the focus.
  showFormula() {
    const line = this.lesson.formula.map(({ text, of, shape }) => {
      const piece = element(shape || "span", { textContent: typeof text === "string" ? text : this.say(text) });
      if (!of) return piece;
      piece.dataset.of = of;
      const on = () => this.stage.light(of), off = () => this.stage.light("");
      const lights = { onpointerenter: on, onfocus: on, onpointerleave: off, onblur: off };
      return Object.assign(piece, { tabIndex: 0, title: t(`learn.parts.${of}`), ...lights });
    });
    this.find(".ln-formula").replaceChildren(...line);
  }

  // Something was done in a lesson, which is to be kept.
  changed(lesson = this.lesson) {
    this.learnt.touch(lesson.name);
    this.happenings.finish(lesson);
    this.learnt.keep();
    showList(this);
    this.student.notice();
  }

  // The task's settings in the lab, all else locked: `teach.js` does that for its address.
  openInLab(name) {
    const { run, editable } = this.lesson.tasks[name], now = { ...run.settings, ...this.runs.changes[this.runs.key(name)] };
    const state = ["1", ...Object.entries(now).map(([field, value]) => `${field}:${value}`)].join(";");
    const lock = this.fields.gan.map((field) => field.name).filter((field) => !editable.includes(field) && field !== "seed");
    const address = writeAddress({ ...this.app.teach.asked, state, rival: null, lock: ["presets", ...lock], task: `${this.lesson.name}.${name}` });
    window.open(`${location.pathname}#${address}`, "_blank");
  }
}
