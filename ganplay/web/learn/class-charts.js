// The lecturer's page of a live class, below its head: how a lesson's questions were answered, how many
// have reached each step, and the students. Built anew for another lesson or language, else only its
// numbers change, so that a button that has the focus keeps it.

import { countsOf, letter } from "./class-counts.js";
import { choice, element } from "../shared/dom.js";
import { percent, t } from "../shared/i18n.js";

const PARTS = { run: "lesson", break: "break", mend: "mend", visit: "visit" }; // what may be done at a step

export class ClassCharts {
  /** @param {import("./class-room.js").ClassRoom} room */
  constructor(room) {
    this.room = room;
    this.learn = room.learn;
    this.find = room.find;
    this.lesson = room.learn.lesson;
    this.revealed = new Set(); // questions whose answer the lecturer has shown
  }

  show() {
    const { lesson, learn } = this, built = `${lesson.name} ${learn.app.root.lang}`;
    if (this.built !== built) this.build();
    this.built = built;
    const records = [...this.room.known.records.values()], counts = countsOf(records, lesson, this.steps);
    for (const [place, question] of this.questions.entries()) question.show(counts.questions[place], records.length, this.revealed.has(this.keyOf(place)));
    for (const [k, row] of this.rows.entries()) row.show(counts.reached[k], records.length, PARTS[this.steps[k]] && counts.done(PARTS[this.steps[k]]));
    this.find(".lc-count").textContent = t("live_class.students", { n: records.length });
    if (this.find(".lc-students").open) this.showStudents();
  }

  keyOf(place) {
    return `${this.lesson.name}/${place}`;
  }

  build() {
    const { learn, lesson, find } = this, { say } = learn;
    this.steps = learn.guide.steps(lesson);
    const options = learn.lessons.map(({ name, title }) => element("option", { value: name, textContent: say(title) }));
    find(".lc-lesson").replaceChildren(element("span", { textContent: t("live_class.lesson") }), choice({}, options, lesson.name, (name) => {
      this.lesson = learn.lessons.find((one) => one.name === name);
      this.show();
      find(".lc-lesson select").focus();
    }));
    this.questions = lesson.questions.map((question, place) => this.question(question, place));
    find(".lc-questions").replaceChildren(...this.questions.map(({ box }) => box));
    this.rows = this.steps.map((step) => this.row(t(`learn.steps.${step}`)));
    find(".lc-steps").replaceChildren(...this.rows.map(({ box }) => box));
    find(".lc-students").ontoggle = () => this.show();
    this.listed = null;
  }

  // A bar with its name before it and its numbers behind it.
  row(name, mark = "") {
    const bar = element("i"), number = element("b"), note = element("span", { className: "lc-note" });
    const box = element("li", { className: "lc-row" }, element("span", { className: "lc-name" }, mark ? element("b", { textContent: mark }) : "", element("span", { textContent: name }), note),
      element("span", { className: "lc-bar", ariaHidden: "true" }, bar), number);
    const show = (count, all, done) => {
      bar.style.width = `${all ? (100 * count) / all : 0}%`;
      number.textContent = String(count);
      note.textContent = done ? t("live_class.done", { n: done }) : "";
    };
    return { box, bar, number, note, show };
  }

  question({ text, answers, right }, place) {
    const rows = answers.map((answer, option) => this.row(this.learn.say(answer.text), letter(option)));
    const told = element("p", { className: "lc-told" });
    const button = element("button", { type: "button", dataset: { does: "reveal" }, onclick: () => this.reveal(place) });
    const box = element("section", { className: "lc-question" }, element("h3", { textContent: this.learn.say(text) }),
      element("ol", {}, ...rows.map((row) => row.box)), element("div", { className: "lc-foot" }, told, button));
    const show = ({ counts, answered, late }, all, revealed) => {
      for (const [option, row] of rows.entries()) {
        row.show(counts[option], answered, 0);
        row.number.textContent = t("live_class.share", { n: counts[option], percent: percent(answered ? counts[option] / answered : 0) });
        row.note.textContent = revealed && option === right ? `✓ ${t("live_class.correct")}` : "";
        row.box.classList.toggle("right", revealed && option === right);
      }
      told.textContent = [t("live_class.answered", { n: answered, all }), ...(late ? [t("live_class.late", { n: late })] : [])].join(" · ");
      button.textContent = t(revealed ? "live_class.conceal" : "live_class.reveal");
      button.ariaPressed = String(revealed);
    };
    return { box, show };
  }

  reveal(place) {
    const key = this.keyOf(place);
    if (!this.revealed.delete(key)) this.revealed.add(key);
    this.show();
  }

  // Students by name, or by number where none was given.
  showStudents() {
    const { known } = this.room, { lesson, learn } = this;
    const rows = [...known.records].map(([tag, { name, at, lessons }]) => {
      const state = lessons[lesson.name], here = known.here[tag];
      const elsewhere = at && at !== lesson.name && learn.lessons.find((one) => one.name === at);
      const step = elsewhere ? learn.say(elsewhere.title) : state ? t(`learn.steps.${state.step}`) : "–";
      return [name || t("live_class.student_number", { n: known.numbers.get(tag) }), step, (state?.answers ?? []).map(letter).join(" ") || "–", t(here ? "live_class.line.here" : "live_class.line.lost")];
    });
    const listed = JSON.stringify(rows);
    if (listed === this.listed) return;
    this.listed = listed;
    const cells = (tag, texts) => element("tr", {}, ...texts.map((textContent) => element(tag, { textContent })));
    const head = cells("th", ["student", "step", "answers", "line"].map((name) => t(`live_class.columns.${name}`)));
    this.find(".lc-table").replaceChildren(head, ...rows.map((row) => cells("td", row)));
  }
}
