// Beside the picture: what D says of it, and the training pictures nearest to it.

import { element } from "../shared/dom.js";
import { paint } from "../shared/pixels.js";
import { write } from "./latent-state.js";
import { number, percent, t, whole } from "../shared/i18n.js";

const AGAIN_MS = 1000; // until an index that is being made is asked for again
const FOLLOW_MS = 200; // between verdicts while the hand moves: oftener they slow the picture down
const SPANS = { probability: [0, 1], target: [-0.5, 1.5], margin: [-1.5, 1.5] }; // of the gauge
const COMMANDS = { no_root: () => "ganplay app --data-root DIR", unusable: ({ name }) => `ganplay neighbours ${name}` };

// Where D's needle stands, from 0 (fake) to 1 (real). A critic's scores have no ends: its rank.
export function needle({ reading, output, rank }) {
  const [low, high] = SPANS[reading] || [0, 1];
  return Math.min(1, Math.max(0, ((reading in SPANS ? output : rank) - low) / (high - low)));
}

export class PictureDetails {
  /** @param {import("./explore.js").Explore} explore */
  constructor(explore) {
    this.explore = explore;
    this.host = explore.find(".ex-beside");
    this.asking = false;
    this.last = -Infinity;
    this.find = (selector) => this.host.querySelector(selector);
  }

  get wanted() {
    return this.explore.views.shown === "explore" && !this.host.closest(".gone");
  }

  // While the hand moves: now and then a verdict. A step of the training that is new to D takes it
  // a while, so that waits until the hand rests.
  follow() {
    const { model, step } = this.explore.state, due = performance.now() > this.last + FOLLOW_MS;
    if (due && !this.asking && this.told?.model === model && this.told.step === step) this.judge();
  }

  // The state came to rest.
  settle() {
    this.judge();
    this.look();
  }

  async judge() {
    if (!this.wanted) return;
    const { state, source } = this.explore, text = write(state);
    this.asking = true;
    const said = await source.ask("verdict", { model: state.model, states: [text] });
    if (!said) return; // a newer one is on its way
    Object.assign(this, { asking: false, last: performance.now() });
    if (said.type !== "verdict") return;
    this.told = { ...said, step: state.step, of: said.step, text };
    this.show();
  }

  show() {
    const { told } = this, gauge = this.find(".ex-gauge");
    if (!told) return;
    const known = told.reading === "probability";
    const value = known ? t("beside.real", { value: percent(told.output) }) : t("beside.score", { value: number(told.output) });
    const rank = t(told.step === null ? "beside.rank" : "beside.rank_then", { value: percent(told.rank) });
    gauge.style.setProperty("--at", needle(told));
    gauge.setAttribute("aria-valuenow", Math.round(100 * needle(told)));
    gauge.setAttribute("aria-valuetext", value);
    this.find(".ex-said").textContent = value;
    this.find(".ex-rank").textContent = rank;
    this.find(".ex-note").textContent = told.step === null ? "" : t("beside.last", { step: this.many(told.of) });
    const tip = [t("beside.verdict_tip", { n: told.samples }), told.pairs ? t("beside.pairs") : ""];
    this.find(".ex-verdict").title = tip.filter(Boolean).join(" ");
  }

  async look() {
    clearTimeout(this.timer);
    if (!this.wanted) return;
    const { state, source } = this.explore;
    const found = await source.ask("neighbours", { model: state.model, states: [write(state)] });
    if (!found || found.type !== "neighbours") return;
    this.found = { ...found, model: this.explore.model };
    this.list();
    if (found.status === "building") this.timer = setTimeout(() => this.look(), AGAIN_MS);
  }

  list() {
    const { found } = this;
    if (!found) return;
    const tiles = this.find(".ex-near-tiles"), bar = this.find("progress"), words = this.find(".ex-near-words");
    this.find(".ex-near").dataset.reading = found.reading || found.status;
    bar.hidden = found.status !== "building";
    bar.value = found.share || 0;
    tiles.hidden = found.status !== "found";
    words.textContent = this.words(found);
    if (!tiles.hidden) tiles.replaceChildren(...found.neighbours.map((one, i) => this.tile(one, i)));
  }

  tile({ name, distance, pixels }, i) {
    const { found } = this, canvas = element("canvas");
    paint(canvas, found.pixels, found.shape, i);
    const title = t("beside.tile", { n: i + 1, name, distance: number(distance), pixels: number(pixels) });
    const one = element("figure", { className: "ex-near-tile", title, ariaLabel: title, role: "img" }, canvas, element("figcaption", { textContent: number(distance) }));
    return one;
  }

  words({ status, reading, share, median, code, values, model }) {
    if (status === "building") return t("beside.building", { count: this.many(model.count), value: Math.floor(100 * share) });
    if (status === "found") return reading ? t(`beside.readings.${reading}`, { median: number(median) }) : t("beside.no_yardstick");
    const { found = 0, count = 0 } = values;
    return t(`beside.missing.${code}`, { data: model.data, found: this.many(found), count: this.many(count), command: COMMANDS[code]?.(model) });
  }

  many(count) {
    return whole(count);
  }

  relabel() {
    this.show();
    this.list();
  }
}
