// What helps against what the diagnosis found: offered with what to expect of it, applied by a
// button, compared before and now, and undone by another.

import { RemedyCourse, expectation } from "./remedy-course.js";
import { nameOf, valueOf } from "../shared/setting-names.js";
import { t, whole } from "../shared/i18n.js";

const EVERY = 1000; // milliseconds between two comparisons of before and now
const ENDING = ["configure", "preset", "rewind", "copy", "pair", "go_back"]; // messages after which what happens is no longer the remedy's doing

export class RemedyPanel {
  /** @param {import("./lab.js").Lab} lab */
  constructor(lab, diagnosis) {
    this.lab = lab;
    this.diagnosis = diagnosis;
    this.lanes = []; // the remedies for A and B
    this.done = null; // what was changed, as a function that says it, until there is something to say again
    this.course = null; // of the remedy that was applied
    this.awaited = false; // whether the run is about to start again, with what was changed
    this.part = (name) => lab.find(`.verdict-${name}`);
    this.button = this.part("apply");
    this.button.onclick = () => this.apply();
    this.part("undo").onclick = () => this.undo();
    lab.addEventListener("remedies", ({ detail: { lanes } }) => {
      this.lanes = lanes;
      this.show();
    });
    lab.addEventListener("frame", ({ detail: { frame } }) => this.follow(frame));
    lab.addEventListener("sent", ({ detail: { type } }) => ENDING.includes(type) && !this.applying && this.end());
    lab.addEventListener("welcome", () => { // on a new line no answer comes to what was asked before
      this.awaited = false;
      this.end();
    });
    lab.addEventListener("state", ({ detail: { restarted } }) => restarted && this.restarted());
  }

  // A run that was to start again has done so; any other start ends what is known of a remedy.
  restarted() {
    if (!this.awaited) {
      this.done = null;
      this.end();
    }
    [this.awaited, this.lanes] = [false, []]; // what helped the run before
    this.show();
  }

  // ---- what is offered --------------------------------------------------------------------------

  // Of the first GAN, for the verdict that is shown, if nothing of it is locked. What is still said of
  // a run that is about to start again counts no more.
  get remedy() {
    const [first] = this.lanes, { lab } = this, { shown } = this.diagnosis;
    if (this.awaited || !first || !shown || first.kind !== shown.kind || lab.timeline.holds) return null;
    return first.remedy && Object.keys(first.remedy.changes).every((name) => lab.teach.free(name)) ? first.remedy : null;
  }

  show() {
    const { remedy, lab } = this, { shown, ill } = this.diagnosis, [first] = this.lanes;
    this.button.hidden = !remedy;
    if (remedy) this.done = null;
    const tried = ill && first?.sure && first.kind === shown.kind && !first.remedy && !lab.timeline.holds;
    this.put("what", remedy ? this.offer(remedy) : this.done?.() || (tried ? t("diagnosis.tried") : ""));
    this.button.title = remedy ? t(this.restarts(remedy) ? "diagnosis.apply_anew" : "diagnosis.apply_live") : "";
    this.showCourse();
  }

  // What would be changed, what to expect of it and by when.
  offer(remedy) {
    const { within, came, runs } = remedy, what = expectation(remedy, this.lab.data.modes);
    return t("diagnosis.offer", { list: this.listed(this.changes(remedy)), what, within: whole(within), came, runs });
  }

  // The settings that it would change, each with the present value and the new one.
  changes({ changes }) {
    const { config, schema } = this.lab;
    const changed = schema.fields.filter(({ name }) => name in changes && changes[name] !== config[name]);
    return changed.map((field) => ({ field, from: config[field.name], to: changes[field.name] }));
  }

  // As "G updates per step: 10 → 1".
  listed(changes) {
    return changes.map(({ field, from, to }) => {
      return t("diagnosis.change", { name: nameOf(field), from: valueOf(field.name, from), to: valueOf(field.name, to) });
    }).join(t("pair.and"));
  }

  rebuilds({ changes }) {
    return this.lab.schema.fields.some(({ name, change }) => name in changes && change === "rebuild");
  }

  restarts(remedy) {
    return remedy.anew || this.rebuilds(remedy);
  }

  // ---- what is done -----------------------------------------------------------------------------

  // By the way that a setting takes which is changed by hand.
  apply() {
    const { lab, remedy } = this;
    if (!remedy) return;
    const anew = this.restarts(remedy), changes = this.changes(remedy), stopped = lab.frame.diverged;
    this.course = new RemedyCourse(remedy, lab.frame, lab.data, lab.schema.diagnosis, anew);
    this.done = () => t(anew ? "diagnosis.done_anew" : "diagnosis.done", { list: this.listed(changes) });
    this.awaited = anew;
    this.lanes = [];
    lab.send("remember");
    lab.configure(remedy.changes, "a");
    this.applying = true; // until its own messages have been sent
    requestAnimationFrame(() => {
      if (remedy.anew && !this.rebuilds(remedy)) lab.send("rewind");
      if (stopped) lab.send("play", { playing: true });
      this.applying = false;
    });
    this.show();
    this.part("undo").focus({ preventScroll: true }); // the button that had it is gone
  }

  // Back to the moment of the click, with the settings of then.
  undo() {
    const { lab, course } = this;
    if (!course) return;
    lab.tell("adopting", true); // its weights do not follow from its settings alone
    lab.send("go_back");
    this.awaited = true;
    const step = course.lostBefore ? 0 : course.beforeStep; // of what has diverged there is nothing to go on from
    this.done = () => t("diagnosis.undone", { step: whole(step) });
    this.show();
    this.diagnosis.box.focus({ preventScroll: true });
  }

  // ---- what comes of it -------------------------------------------------------------------------

  follow(frame) {
    const { course, lab } = this;
    if (!course) return;
    if (!course.follow(frame)) this.end();
    else if (!lab.playing || performance.now() - this.comparedAt >= EVERY) this.showCourse(); // not faster than it can be read
  }

  showCourse() {
    const { course } = this;
    this.comparedAt = performance.now();
    this.part("course").hidden = !course;
    if (!course) return;
    this.part("course").dataset.state = course.state;
    this.put("stage", course.stage());
    for (const [when, texts] of Object.entries(course.comparison())) {
      this.put(when, texts[0]);
      this.put(`${when}-figures`, texts[1]);
    }
  }

  // Other settings, or another run.
  end() {
    this.course = null;
    this.showCourse();
  }

  put(name, text) {
    const box = this.part(name);
    if (box.textContent !== text) box.textContent = text;
  }
}
