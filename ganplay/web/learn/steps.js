// The steps of a lesson beside its pictures: predict, run and check, explain, break it, mend it.

import { Controls } from "../shared/controls.js";
import { element } from "../shared/dom.js";
import { number, t } from "../shared/i18n.js";

export const STEPS = ["predict", "run", "explain", "break", "mend", "visit"];

// A panel of only those settings that a task leaves free.
class Free extends Controls {
  constructor(host, schema, change, names) {
    super(host, { ...schema, names }, change, "ln");
  }

  build() {
    const { fields, names } = this.schema;
    this.host.replaceChildren(...names.map((name) => this.row(fields.find((one) => one.name === name))));
    for (const mark of this.host.querySelectorAll(".restarts, .tip em")) mark.remove(); // every run starts anew
  }
}

export class Guide {
  /** @param {import("./learn.js").Learn} learn */
  constructor(learn) {
    this.learn = learn;
    this.body = learn.find(".ln-body");
    this.gauges = [];
    this.say = (said) => learn.say(said);
  }

  // ---- the row of steps -----------------------------------------------------------------------

  steps() {
    const { lesson } = this.learn;
    return STEPS.filter((name) => (name === "visit" ? lesson.visit : ["break", "mend"].includes(name) ? lesson.tasks[name] : true));
  }

  showSteps() {
    const { learn } = this, open = this.open(), mine = learn.learnt.of(learn.lesson.name);
    const done = Object.fromEntries(learn.learnt.parts(learn.lesson));
    const finished = { predict: mine.answer !== null, run: done.lesson, explain: mine.explained, break: done.break, mend: done.mend, visit: done.visit };
    learn.find(".ln-steps").replaceChildren(...this.steps().map((name, i) => {
      const free = open.includes(name), title = t(free ? `learn.tips.${name}` : "learn.first");
      return element("li", {}, element("button", {
        type: "button", disabled: !free, className: finished[name] ? "done" : "", title, dataset: { step: name },
        ariaCurrent: name === learn.step ? "step" : null, onclick: () => learn.goTo(name),
      }, element("b", { textContent: finished[name] ? "✓" : i + 1 }), element("span", { textContent: t(`learn.steps.${name}`) })));
    }));
  }

  // The steps that may be gone to: after the answer the run, after the run the rest. A lecturer's
  // link opens what it names.
  open() {
    const { learn } = this, mine = learn.learnt.of(learn.lesson.name);
    const ran = Object.keys(learn.lesson.runs).every((part) => mine.runs[part]);
    return this.steps().filter((name) => name === "predict" || learn.unlocked || (name === "run" ? mine.answer !== null : ran));
  }

  // ---- what is to be done now -----------------------------------------------------------------

  show() {
    const { learn, body } = this, { step } = learn;
    this.showSteps();
    this.gauges = [];
    body.replaceChildren(...(learn.lesson.tasks[step] ? this.task(step) : this[step]()));
    body.scrollTop = 0;
    learn.app.teach.apply();
    this.follow();
  }

  paragraphs(texts) {
    return texts.map((text) => element("p", { textContent: this.say(text) }));
  }

  button(name, does, primary = true) {
    const className = primary ? "primary" : "", textContent = t(`learn.${name}`);
    return element("button", { type: "button", className, textContent, dataset: { does: name }, onclick: does });
  }

  // A button to what comes after a step, if anything does.
  next(step) {
    const name = this.steps().at(this.steps().indexOf(step) + 1);
    return name ? [this.button("on", () => this.learn.goTo(name))] : [];
  }

  // What can be done with runs: while one goes on, only that it stops.
  runActions(...buttons) {
    const { busy } = this.learn.runs, stop = () => this.learn.runs.stop();
    return element("div", { className: "ln-actions" }, ...(busy ? [this.button("stop", stop, false)] : buttons));
  }

  predict() {
    const { learn } = this, { question, name } = learn.lesson, mine = learn.learnt.of(name);
    const answers = question.answers.map((answer, i) => {
      const radio = element("input", { type: "radio", name: "ln-answer", value: i, checked: mine.answer === i, disabled: mine.answer !== null && mine.answer !== i });
      radio.onchange = () => { submit.disabled = false; };
      return element("label", { className: "ln-answer" }, radio, element("span", { textContent: this.say(answer.text) }));
    });
    const submit = this.button("answer", () => {
      const chosen = this.body.querySelector("input:checked");
      if (!chosen) return;
      mine.answer = Number(chosen.value);
      learn.changed();
      this.show();
      this.body.querySelector("[data-does=on]").focus();
    });
    submit.disabled = mine.answer === null && !this.body.querySelector("input:checked");
    const field = element("fieldset", { className: "ln-question", dataset: { part: "learn-question" } },
      element("legend", { textContent: this.say(question.text) }), ...answers);
    const after = mine.answer === null ? [submit] : [
      element("p", { className: "ln-noted", textContent: t("learn.noted") }), this.button("on", () => learn.goTo("run"))];
    return [...this.paragraphs(learn.lesson.idea), field, element("div", { className: "ln-actions" }, ...after)];
  }

  run() {
    const { learn } = this, { lesson } = learn, parts = Object.keys(lesson.runs);
    const ran = parts.every((part) => learn.learnt.of(lesson.name).runs[part]);
    const groups = parts.map((part) => {
      const checks = lesson.checks.filter((check) => check.run === part);
      const title = parts.length > 1 && checks.length ? [element("h3", { textContent: this.say(lesson.runs[part].name) })] : [];
      return element("div", { className: "ln-gauges" }, ...title, ...checks.map((check, i) => this.gauge(part, check, i)));
    });
    const actions = this.runActions(
      this.button(ran ? "rerun" : "start_run", () => learn.runs.run(parts), !ran),
      this.button("reseed", () => learn.runs.reseed(), false),
      ...(ran ? this.next("run") : []));
    return [element("p", { textContent: t("learn.run_about", { n: learn.members }) }), ...groups, actions];
  }

  explain() {
    const { learn } = this, { lesson } = learn, mine = learn.learnt.of(lesson.name), { question } = lesson;
    mine.explained = true;
    learn.changed();
    const parts = [];
    if (mine.answer !== null) {
      const right = mine.answer === question.right, answer = question.answers[mine.answer];
      parts.push(element("div", { className: right ? "ln-said right" : "ln-said wrong" },
        element("p", {}, element("b", { textContent: t(right ? "learn.right" : "learn.wrong") }), " ", this.say(answer.text)),
        element("p", { textContent: this.say(answer.says) }),
        ...(right ? [] : [element("p", {}, element("b", { textContent: t("learn.instead") }), " ", this.say(question.answers[question.right].text)),
          element("p", { textContent: this.say(question.answers[question.right].says) })])));
    }
    return [...parts, ...this.paragraphs(lesson.explain), element("div", { className: "ln-actions" }, ...this.next("explain"))];
  }

  task(name) {
    const { learn } = this, task = learn.lesson.tasks[name], { kind } = task.run, mine = learn.learnt.of(learn.lesson.name);
    const fields = learn.fields[kind], begun = learn.runs.settingsOf(task.run);
    const now = (this.settings = { ...begun, ...learn.runs.changes[learn.runs.key(name)] });
    const host = element("div", { className: "ln-free", dataset: { part: "learn-controls" } });
    const controls = new Free(host, { ...learn.app.schema, fields }, (change) => {
      Object.assign(now, change);
      learn.runs.change(name, change);
      controls.show(now);
    }, task.editable);
    controls.show(now);
    const gauges = element("div", { className: "ln-gauges" }, ...task.checks.map((check, i) => this.gauge(name, check, i)));
    const hint = element("p", { className: "ln-hint", hidden: true, textContent: this.say(task.hint) });
    const solved = mine.tasks[name]?.holds;
    const actions = this.runActions(
      this.button("try", () => learn.runs.run([name]), !solved),
      this.button("reset", () => learn.runs.reset(name), false),
      this.button("hint", () => { hint.hidden = !hint.hidden; }, false),
      ...(kind === "gan" ? [this.button("in_lab", () => learn.openInLab(name), false)] : []),
      ...(solved ? this.next(name) : []));
    return [element("p", { className: "ln-task", textContent: this.say(task.text) }), host, gauges, hint, actions];
  }

  visit() {
    const { learn } = this, { visit } = learn.lesson, mine = learn.learnt.of(learn.lesson.name);
    const rows = Object.entries(visit.goals).map(([deed, needed]) => this.meter(t(`learn.deeds.${deed}`, { n: needed }), mine.deeds[deed] || 0, needed));
    return [element("p", { className: "ln-task", textContent: this.say(visit.todo) }), element("div", { className: "ln-gauges" }, ...rows),
      element("div", { className: "ln-actions" }, this.button("explore", () => learn.visits.go(), true))];
  }

  bar(ariaLabel, ariaValueMax, ariaValueNow) {
    const values = { ariaValueMin: 0, ariaValueMax, ariaValueNow };
    return element("div", { className: "ln-meter", role: "meter", ariaLabel, ...values }, element("i"));
  }

  meter(name, count, needed) {
    const bar = this.bar(name, needed, Math.min(count, needed));
    bar.firstChild.style.width = `${Math.min(100, (100 * count) / needed)}%`;
    return element("div", { className: count >= needed ? "ln-gauge holds" : "ln-gauge" }, element("p", { className: "ln-gauge-name", textContent: name }), bar);
  }

  // ---- gauges ---------------------------------------------------------------------------------

  gauge(part, check, place) {
    const name = element("p", { className: "ln-gauge-name" }, element("span", { textContent: this.say(check.name) }), element("b"));
    const bar = this.bar(this.say(check.name), 100, 0);
    const now = element("p", { className: "ln-gauge-now" }), why = element("p", { className: "ln-why", hidden: true });
    const box = element("div", { className: "ln-gauge" }, name, bar, now, why);
    this.gauges.push({ part, check, place, box, bar, now, why, mark: name.querySelector("b") });
    return box;
  }

  bounds({ at_least: low, at_most: high }) {
    const show = (value) => (Math.abs(value) >= 1000 ? value.toLocaleString(this.learn.app.root.lang) : value !== 0 && Math.abs(value) < 0.001 ? value.toExponential(0) : String(value));
    if (low === null) return t("learn.at_most", { high: show(high) });
    return high === null ? t("learn.at_least", { low: show(low) }) : t("learn.between", { low: show(low), high: show(high) });
  }

  // Fill the gauges with what is known now.
  follow() {
    const { learn } = this;
    for (const { part, check, place, box, bar, now, why, mark } of this.gauges) {
      const running = learn.runs.results[learn.runs.key(part)], standing = running?.standings()[place] || null;
      const share = standing ? standing.share : 0, done = Boolean(running?.outcomes), holds = done && standing.holds;
      bar.firstChild.style.width = `${100 * share}%`;
      bar.setAttribute("aria-valuenow", Math.round(100 * share));
      box.classList.toggle("holds", holds);
      box.classList.toggle("fails", done && !holds);
      mark.textContent = done ? (holds ? "✓" : "✗") : "";
      const bounds = this.bounds(check), value = standing ? number(standing.value ?? null) : "";
      const text = !standing ? t(`learn.wants.${check.of}`, { bounds, n: "" })
        : t(`learn.now.${check.of}`, { bounds, value, count: standing.count, needed: standing.needed, all: standing.kept.length });
      now.textContent = text;
      bar.setAttribute("aria-valuetext", `${text}${done ? ` ${t(holds ? "learn.came_out" : "learn.not_out")}` : ""}`);
      const missed = done && (check.of === "each" || !holds) ? standing.kept.flatMap((kept, i) => (kept ? [] : [running.seeds[i]])) : [];
      why.hidden = !missed.length;
      why.textContent = missed.length ? t(running.run.kind === "dirac" ? "learn.why_start" : "learn.why", { seeds: missed.join(", "), reason: this.say(check.otherwise) }) : "";
    }
  }
}
