// What was expected of a remedy that has been applied, and what has come of it: before and now.

import { count, number, percent, t, whole } from "../shared/i18n.js";

// What a remedy should bring, in words.
export const expectation = ({ expects }, modes) => t(`diagnosis.expects.${expects}`, { modes });

export class RemedyCourse {
  // `frame` is the last one before it; `anew` says that the run starts again with new networks;
  // `bounds` are those of the diagnosis, as the schema has them.
  constructor(remedy, frame, { modes, floor }, bounds, anew) {
    this.remedy = remedy;
    this.modes = modes;
    this.floor = floor;
    this.bounds = bounds;
    this.formerRun = frame.run;
    this.run = anew ? null : frame.run;
    this.start = anew ? 0 : frame.step;
    this.step = this.start;
    this.before = frame.diagnosis;
    this.beforeStep = frame.step;
    this.lostBefore = Boolean(frame.diverged);
    this.now = null;
    this.since = null; // step from which on it has been as expected
    this.lost = null; // step from which on it no longer was
  }

  get by() {
    return this.start + this.remedy.within;
  }

  // Take a frame into account. Gives whether it is still of the run that was treated.
  follow({ run, step, diagnosis, diverged }) {
    if (this.run === null && run !== this.formerRun) this.run = run;
    if (this.run === null) return true; // it has not started again yet
    if (run !== this.run || step < this.start) return false;
    this.step = step;
    if (diverged) this.judge(step, false);
    // Until a whole window of measurements has followed the change, its means say too little.
    else if (step >= this.start + this.bounds.window && Number.isFinite(diagnosis.js)) {
      this.now = diagnosis;
      this.judge(step, this.holds(diagnosis));
    }
    return true;
  }

  judge(step, holds) {
    if (holds && this.since === null) this.since = step;
    if (holds) this.lost = null;
    else if (this.since !== null) this.lost ??= step;
  }

  // Whether the measurements show what was expected; as `as_expected` of `toy/remedies.py` has it.
  holds({ kind, js, missing, drift }) {
    const { expects } = this.remedy;
    if (kind === "divergence") return false;
    if (expects === "modes") return missing.length === 0;
    if (expects === "rest") return kind !== "oscillation" && drift < this.bounds.moving;
    const before = Number.isFinite(this.before.js) ? this.before.js : 1;
    return js - this.floor <= (before - this.floor) / 2;
  }

  // "waits", "came", "lost" once it has come and is gone again, or "failed" when it is overdue.
  get state() {
    if (this.lost !== null) return "lost";
    if (this.since !== null) return "came";
    return this.step >= this.by ? "failed" : "waits";
  }

  // The state in words.
  stage() {
    const { since, lost, by } = this, what = expectation(this.remedy, this.modes);
    return t(`diagnosis.course.${this.state}`, { what, since: whole(since), lost: whole(lost), by: whole(by) });
  }

  // The numbers of before and of now, each with the step that it is of.
  comparison() {
    const now = this.now ? this.figures(this.now) : t("diagnosis.course.soon", { step: whole(this.start + this.bounds.window) });
    return {
      before: [t("diagnosis.course.before", { step: whole(this.beforeStep) }), this.figures(this.before)],
      now: [t("diagnosis.course.now", { step: whole(this.step) }), now],
    };
  }

  figures({ js, covered, drift, separation }) {
    if (!Number.isFinite(js)) return t("diagnosis.course.unknown");
    const shown = { js: number(js), covered: count(covered), modes: this.modes, drift: percent(drift), separation: percent(separation) };
    return t(`diagnosis.course.figures.${this.remedy.expects}`, shown);
  }
}
