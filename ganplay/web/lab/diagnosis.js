// What is going on, in a sentence that is always there, with the numbers behind it and what helps.

import { nameOf, valueOf } from "../shared/setting-names.js";
import { number, t } from "../shared/i18n.js";

const ICONS = {
  starting: "…", learning: "↗", equilibrium: "=", strong_d: "D", strong_g: "G", collapse: "●",
  hopping: "⇄", oscillation: "↻", divergence: "!",
};
const HELD = 3000; // milliseconds for which a verdict stays, however fast the run goes
const WELL = ["starting", "learning", "equilibrium"];
const FALLING = 0.03; // share of the distance lost, from which it is said to fall

const percent = (share) => (Number.isFinite(share) ? Math.round(100 * share) : "–");

// Which of a kind's sentences fits the evidence.
export function sentenceOf(seen) {
  const { kind } = seen;
  if (kind === "learning") return seen.fallen > FALLING ? "falls" : "stands";
  if (kind === "collapse") return seen.missing.length && seen.covered >= 1 ? "dropped" : "narrow";
  if (kind === "divergence") return Number.isFinite(seen.js) ? "grows" : "broken";
  return "text";
}

// The verdict to be shown where another one was shown at a time (both in milliseconds): in a run
// that plays, one that has just been said stays for a while.
export function held(said, frame, now) {
  const { diagnosis, run, playing, diverged } = frame;
  const same = said && said.run === run && said.diagnosis.kind !== "starting";
  const early = same && said.diagnosis.kind !== diagnosis.kind && now - said.at < HELD;
  if (early && playing && !diverged) return said;
  const goesOn = same && said.diagnosis.kind === diagnosis.kind;
  return { run, diagnosis, at: goesOn ? said.at : now };
}

export class Diagnosis {
  /** @param {import("./lab.js").Lab} lab */
  constructor(lab) {
    this.lab = lab;
    this.box = lab.find(".verdict");
    this.said = null;
    this.lanes = [];
    this.done = ""; // what was changed, until there is something to say again
    this.appliedAt = 0;
    this.awaited = false; // whether the run is about to start again, with what was changed
    this.part = (name) => lab.find(`.verdict-${name}`);
    this.button = this.part("apply");
    this.button.onclick = () => this.apply();
    lab.addEventListener("numbers", ({ detail: frame }) => this.show(frame));
    lab.app.addEventListener("words", () => {
      this.done = "";
      if (lab.seen) this.show(lab.seen);
      else this.tell({ kind: "starting" });
    });
    lab.addEventListener("remedies", ({ detail: { lanes } }) => {
      this.lanes = lanes;
      this.showRemedy();
    });
    lab.addEventListener("welcome", () => { this.awaited = false; }); // on a new line no answer comes to what was asked before
    lab.addEventListener("state", ({ detail: { restarted } }) => {
      if (restarted && this.awaited) this.appliedAt = performance.now(); // however long that took
      else if (restarted && performance.now() - this.appliedAt > HELD) this.done = "";
      if (restarted) [this.awaited, this.lanes] = [false, []]; // what helped the run before
      this.showRemedy();
    });
  }

  // The verdict of the moment that the picture shows; in the present it does not flicker.
  show(frame) {
    const { lab } = this, past = lab.timeline.holds;
    if (!past) this.said = held(this.said, frame, performance.now());
    this.shown = past ? frame.diagnosis : this.said.diagnosis;
    this.tell(this.shown);
    const rival = lab.rival && frame.rival;
    this.part("rival").hidden = !rival;
    if (rival) this.put("rival", t("diagnosis.lane", { lane: "B", name: t(`diagnosis.${rival.diagnosis.kind}.name`) }));
    this.showRemedy();
  }

  tell(seen) {
    const { lab } = this, { kind } = seen;
    this.box.dataset.kind = kind;
    this.put("icon", ICONS[kind]);
    const name = t(`diagnosis.${kind}.name`);
    this.put("name", lab.rival ? t("diagnosis.lane", { lane: "A", name }) : name);
    const values = this.values(seen);
    const sentence = sentenceOf(seen), about = `${kind} ${sentence}`;
    // Numbers that change all the time are not read out all the time.
    if (this.spoken !== about || !lab.playing || performance.now() - this.spokenAt > 1000) {
      this.spoken = about;
      this.spokenAt = performance.now();
      this.put("text", t(`diagnosis.${kind}.${sentence}`, values));
    }
    this.put("evidence", WELL[0] === kind || !Number.isFinite(seen.js) ? "" : t("diagnosis.evidence", values));
  }

  values(seen) {
    const { modes } = this.lab.data;
    return {
      js: number(seen.js), fallen: percent(seen.fallen), separation: percent(seen.separation),
      gradient: number(seen.gradient), spread: percent(seen.spread), covered: number(seen.covered, 0),
      missing: (seen.missing || []).length, modes, period: Number.isFinite(seen.period) ? Math.round(seen.period / 10) * 10 : "–",
    };
  }

  // ---- what helps -------------------------------------------------------------------------------

  // Of the first GAN, for the verdict that is shown, if nothing of it is locked. What is still said of
  // a run that is about to start again counts no more.
  get remedy() {
    const [first] = this.lanes, { lab } = this;
    if (this.awaited || !first || !this.shown || first.kind !== this.shown.kind || lab.timeline.holds) return null;
    return first.remedy && Object.keys(first.remedy.changes).every((name) => lab.teach.free(name)) ? first.remedy : null;
  }

  showRemedy() {
    const { remedy } = this, ill = this.shown && !WELL.includes(this.shown.kind);
    this.button.hidden = !remedy;
    if (remedy) this.done = "";
    const [first] = this.lanes;
    const tried = ill && first?.sure && first.kind === this.shown.kind && !first.remedy && !this.lab.timeline.holds;
    const text = remedy ? this.changes(remedy) : this.done || (tried ? t("diagnosis.tried") : "");
    this.put("what", text);
    this.button.title = remedy ? t(this.restarts(remedy) ? "diagnosis.apply_anew" : "diagnosis.apply_live") : "";
  }

  // As "Updates of G 10 → 1".
  changes({ changes }) {
    const { lab } = this;
    return lab.schema.fields.filter(({ name }) => name in changes && changes[name] !== lab.config[name]).map((field) => {
      const { name } = field;
      return t("diagnosis.change", { name: nameOf(field), from: valueOf(name, lab.config[name]), to: valueOf(name, changes[name]) });
    }).join(t("pair.and"));
  }

  restarts({ changes, anew }) {
    return anew || this.lab.schema.fields.some(({ name, change }) => name in changes && change === "rebuild");
  }

  // By the way that a setting takes which is changed by hand.
  apply() {
    const { lab, remedy } = this;
    if (!remedy) return;
    const anew = this.restarts(remedy), list = this.changes(remedy), stopped = lab.frame.diverged;
    this.done = t(anew ? "diagnosis.done_anew" : "diagnosis.done", { list });
    this.appliedAt = performance.now();
    this.awaited = anew;
    this.lanes = [];
    lab.configure(remedy.changes, "a");
    if (remedy.anew) requestAnimationFrame(() => lab.send("rewind"));
    if (stopped) requestAnimationFrame(() => lab.send("play", { playing: true }));
    this.showRemedy();
  }

  put(name, text) {
    const box = this.part(name);
    if (box.textContent !== text) box.textContent = text;
  }
}
