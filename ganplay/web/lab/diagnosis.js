// What is going on, in a sentence that is always there, with the numbers behind it.

import { RemedyPanel } from "./remedy-panel.js";
import { count, number, percent, t, whole } from "../shared/i18n.js";

const ICONS = {
  starting: "…", learning: "↗", early: "?", equilibrium: "=", strong_d: "D", strong_g: "G", collapse: "●",
  hopping: "⇄", oscillation: "↻", divergence: "!",
};
const HELD = 3000; // milliseconds for which a verdict stays, however fast the run goes
const WELL = ["starting", "learning", "early", "equilibrium"];
const FALLING = 0.03; // share of the distance lost, from which it is said to fall; gained, to rise

// Which of a kind's sentences fits the evidence. `bilinear` says that D and the loss are linear,
// `floor` is the distance of two real samples, `bounds` are those of the diagnosis.
export function sentenceOf(seen, { bilinear = false, floor = 0, bounds }) {
  const { kind } = seen;
  if (kind === "learning") {
    if (Math.abs(seen.fallen) > FALLING) return seen.fallen > 0 ? "falls" : "rises";
    if (seen.missing.length && seen.covered >= 1) return "lacks";
    const blind = Math.abs(seen.separation - 0.5) < bounds.blind;
    return blind && seen.js - floor >= bounds.near ? "blind" : "stands";
  }
  if (kind === "oscillation") return bilinear ? "bilinear" : "text";
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
    this.part = (name) => lab.find(`.verdict-${name}`);
    this.remedies = new RemedyPanel(lab, this);
    lab.addEventListener("numbers", ({ detail: frame }) => this.show(frame));
    lab.app.addEventListener("words", () => {
      if (lab.seen) this.show(lab.seen);
      else this.tell({ kind: "starting" });
    });
  }

  // Whether something helps against what is said.
  get ill() {
    return Boolean(this.shown) && !WELL.includes(this.shown.kind);
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
    this.remedies.show();
  }

  tell(seen) {
    const { lab } = this, { kind } = seen;
    this.box.dataset.kind = kind;
    this.put("icon", ICONS[kind]);
    const name = t(`diagnosis.${kind}.name`);
    this.put("name", lab.rival ? t("diagnosis.lane", { lane: "A", name }) : name);
    const values = this.values(seen), bilinear = lab.config.layers_d === 0 && lab.config.loss === "wasserstein";
    const sentence = sentenceOf(seen, { bilinear, floor: lab.data.floor, bounds: lab.schema.diagnosis }), about = `${kind} ${sentence}`;
    // Numbers that change all the time are not read out all the time.
    if (this.spoken !== about || !lab.playing || performance.now() - this.spokenAt > 1000) {
      this.spoken = about;
      this.spokenAt = performance.now();
      this.put("text", t(`diagnosis.${kind}.${sentence}`, values));
    }
    this.put("evidence", WELL[0] === kind || !Number.isFinite(seen.js) ? "" : t("diagnosis.evidence", values));
  }

  values(seen) {
    const { modes, floor } = this.lab.data;
    return {
      js: number(seen.js), floor: number(floor, 3), fallen: percent(Math.abs(seen.fallen)), separation: percent(seen.separation),
      gradient: number(seen.gradient), spread: percent(seen.spread), covered: count(seen.covered),
      missing: (seen.missing || []).length, modes, period: whole(Math.round(seen.period / 10) * 10),
    };
  }

  put(name, text) {
    const box = this.part(name);
    if (box.textContent !== text) box.textContent = text;
  }
}
