// The steps of a lesson beside its pictures: predict, run and check, explain, break it, mend it.

import { Controls } from "../shared/controls.js";
import { element } from "../shared/dom.js";
import { linked } from "../shared/glossary.js";
import { brief, number, t } from "../shared/i18n.js";

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
    this.seen = new Set(); // terms that are linked with the glossary already
    this.say = (said) => learn.say(said);
  }

  // ---- the row of steps -----------------------------------------------------------------------

  steps(lesson = this.learn.lesson) {
    return STEPS.filter((name) => (name === "visit" ? lesson.visit : ["break", "mend"].includes(name) ? lesson.tasks[name] : true));
  }

  showSteps() {
    const { learn } = this, open = this.open(), mine = learn.learnt.of(learn.lesson.name);
    const done = Object.fromEntries(learn.learnt.parts(learn.lesson));
    const finished = { predict: learn.learnt.answered(learn.lesson), run: done.lesson, explain: mine.explained, break: done.break, mend: done.mend, visit: done.visit };
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
    return this.steps().filter((name) => name === "predict" || learn.unlocked || (name === "run" ? learn.learnt.answered(learn.lesson) : ran));
  }

  // ---- what is to be done now -----------------------------------------------------------------

  show() {
    const { learn, body } = this, { step } = learn;
    this.showSteps();
    this.gauges = [];
    this.seen = new Set();
    body.replaceChildren(...(learn.lesson.tasks[step] ? this.task(step) : this[step]()));
    body.scrollTop = 0;
    learn.app.teach.apply();
    this.follow();
  }

  paragraphs(texts) {
    return texts.map((text) => element("p", {}, ...linked(this.say(text), this.seen)));
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

  // After the last step: how much of all lessons is done, and the way to the next one.
  closing(step) {
    const { learn } = this, { lessons, learnt } = learn;
    if (this.steps().at(-1) !== step) return [];
    const done = lessons.filter((lesson) => learnt.finished(lesson)).length;
    const place = lessons.indexOf(learn.lesson), later = [...lessons.slice(place + 1), ...lessons.slice(0, place)];
    const next = later.find((lesson) => !learnt.finished(lesson));
    const all = t("learn.closing.progress", { done, all: lessons.length });
    const onward = next && element("button", { type: "button", className: "primary", dataset: { does: "next" },
      textContent: t("learn.closing.next", { title: this.say(next.title) }), onclick: () => learn.open(next, true) });
    return [element("section", { className: "ln-closing" },
      element("h3", { textContent: t(learnt.finished(learn.lesson) ? "learn.closing.done" : "learn.closing.end") }),
      this.meter(all, done, lessons.length), onward || element("p", { textContent: t("learn.closing.all") }))];
  }

  // What can be done with runs: while one goes on, only that it stops.
  runActions(...buttons) {
    const { busy } = this.learn.runs, stop = () => this.learn.runs.stop();
    return element("div", { className: "ln-actions" }, ...(busy ? [this.button("stop", stop, false)] : buttons));
  }

  // One question after the other; those that are answered stay as they were.
  predict() {
    const { learn } = this, { idea, questions } = learn.lesson, { answers } = learn.learnt.of(learn.lesson.name);
    const fields = questions.slice(0, answers.length + 1).map((question, i) => this.question(question, i, answers[i]));
    const done = learn.learnt.answered(learn.lesson);
    const noted = element("p", { className: "ln-noted", textContent: t("learn.noted") });
    const after = done ? [noted, this.button("on", () => learn.goTo("run"))] : [this.submit(answers)];
    return [...this.paragraphs(idea), ...fields, element("div", { className: "ln-actions" }, ...after)];
  }

  question({ text, answers }, place, given) {
    const rows = answers.map((answer, i) => {
      const radio = element("input", { type: "radio", name: `ln-answer-${place}`, value: i, checked: given === i, disabled: given !== undefined && given !== i });
      radio.onchange = () => { this.body.querySelector("[data-does=answer]").disabled = false; };
      return element("label", { className: "ln-answer" }, radio, element("span", { textContent: this.say(answer.text) }));
    });
    return element("fieldset", { className: "ln-question", dataset: { part: "learn-question" } },
      element("legend", { textContent: this.say(text) }), ...rows);
  }

  submit(answers) {
    const last = ".ln-question:last-of-type input";
    const submit = this.button("answer", () => {
      const mine = this.learn.learnt.of(this.learn.lesson.name);
      if (Object.keys(mine.runs).length) mine.late.push(answers.length);
      answers.push(Number(this.body.querySelector(`${last}:checked`).value));
      this.learn.happenings.tell(this.learn.lesson, "answered", String(answers.length - 1));
      this.learn.changed();
      this.show();
      (this.body.querySelector("[data-does=on]") || this.body.querySelector(last)).focus();
    });
    submit.disabled = true;
    return submit;
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
    const { learn } = this, { lesson } = learn, mine = learn.learnt.of(lesson.name);
    if (!mine.explained) {
      mine.explained = true;
      learn.changed();
    }
    const parts = lesson.questions.slice(0, mine.answers.length).map((question, i) => this.feedback(question, mine.answers[i]));
    return [...parts, ...this.paragraphs(lesson.explain), element("div", { className: "ln-actions" }, ...this.next("explain")), ...this.closing("explain")];
  }

  // What is to be said of an answer, and where it was wrong of the right one.
  feedback({ text, answers, right }, given) {
    const comment = (word, { text: answer, says }) => [
      element("p", {}, element("b", { textContent: t(word) }), " ", this.say(answer)), element("p", {}, ...linked(this.say(says), this.seen))];
    const asked = this.learn.lesson.questions.length > 1 ? [element("p", { className: "ln-asked", textContent: this.say(text) })] : [];
    return element("div", { className: given === right ? "ln-said right" : "ln-said wrong" }, ...asked,
      ...comment(given === right ? "learn.right" : "learn.wrong", answers[given]),
      ...(given === right ? [] : comment("learn.instead", answers[right])));
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
    const closing = solved ? this.closing(name) : [];
    return [element("p", { className: "ln-task", textContent: this.say(task.text) }), host, gauges, hint, actions, ...closing];
  }

  visit() {
    const { learn } = this, { visit } = learn.lesson, mine = learn.learnt.of(learn.lesson.name);
    const rows = Object.entries(visit.goals).map(([deed, needed]) => this.meter(t(`learn.deeds.${deed}`, { n: needed }), mine.deeds[deed] || 0, needed));
    return [element("p", { className: "ln-task", textContent: this.say(visit.todo) }), element("div", { className: "ln-gauges" }, ...rows),
      element("div", { className: "ln-actions" }, this.button("explore", () => learn.visits.go(), true)),
      ...(mine.deeds.done ? this.closing("visit") : [])];
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
    if (low === null) return t("learn.at_most", { high: brief(high) });
    return high === null ? t("learn.at_least", { low: brief(low) }) : t("learn.between", { low: brief(low), high: brief(high) });
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
