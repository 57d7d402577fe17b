// Three chosen pictures of each model, A, B and C: the map's plane goes through them, and sums are
// made of them. Their slots stand in both places and always show the same.

import { Events } from "../shared/events.js";
import { element } from "../shared/dom.js";
import { nameOf } from "./describe-state.js";
import { statesBy } from "./kept.js";
import { paint } from "../shared/pixels.js";
import { LIMITS, modelOf, read, write } from "./latent-state.js";
import { t } from "../shared/i18n.js";

export const LETTERS = ["A", "B", "C"];

// Tells of "change".
export class AbcPictures extends Events {
  /** @param {import("./explore.js").Explore} explore */
  constructor(explore) {
    super();
    this.explore = explore;
    this.chosen = statesBy(explore.kept.of("trio"), (texts, own) => Array.isArray(texts) && texts.length === LETTERS.length && texts.every(own));
    this.slots = [];
    this.drawn = "";
  }

  // The three states of the present model; at first the picture that is shown and two seeds after it.
  get texts() {
    const { state } = this.explore, { seed } = state;
    const next = (i) => ({ ...this.plain(seed + i <= LIMITS.seed[1] ? seed + i : i) });
    return (this.chosen[state.model] ||= [write(state), write(next(1)), write(next(2))]);
  }

  // All as it is now, but the seed's own vector.
  plain(seed) {
    return { ...this.explore.state, seed, at: "", values: {}, moves: {}, own: {} };
  }

  set(i, text) {
    const { explore } = this;
    if (modelOf(text) !== explore.state.model) {
      explore.app.toast(t("places.other_model", { model: explore.state.model }));
      return;
    }
    this.chosen[explore.state.model] = this.texts.map((one, k) => (k === i ? text : one));
    this.show();
    this.tell("change");
  }

  // A letter, its picture, a seed to be typed, and a button that takes the present picture.
  slot(i) {
    const { explore } = this, letter = LETTERS[i];
    const picture = element("button", { type: "button", className: "ex-tile" }, element("canvas"));
    const seed = element("input", { type: "number", min: LIMITS.seed[0], max: LIMITS.seed[1], step: 1, inputMode: "numeric" });
    const here = element("button", { type: "button", className: "ex-here" });
    const host = element("div", { className: "ex-slot" }, element("b", { textContent: letter }), picture, element("span", {}, seed, here));
    explore.picking.offer(picture, host, (text) => this.set(i, text));
    here.onclick = () => this.set(i, write(explore.state));
    seed.onchange = () => explore.complaints.typed(seed, t("explore.seed"), LIMITS.seed, (value) => this.set(i, write(this.plain(value))), Number.isInteger);
    this.slots.push({ i, host, picture, seed, here });
    return host;
  }

  show() {
    const { texts } = this, { models } = this.explore;
    for (const { i, picture, seed, here } of this.slots) {
      const letter = LETTERS[i], state = read(texts[i]), name = nameOf(state, models);
      picture.title = t("places.slot_tip", { letter, name });
      picture.ariaLabel = picture.title;
      seed.ariaLabel = seed.title = t("places.slot_seed", { letter });
      seed.placeholder = state.at ? t("explore.moved") : "";
      if (document.activeElement !== seed) seed.value = state.at ? "" : state.seed;
      here.textContent = t("places.here");
      here.title = t("places.here_tip", { letter });
      here.ariaLabel = `${here.textContent}: ${letter}`;
    }
    if (String(texts) !== this.drawn) this.draw();
    else this.paint();
  }

  async draw() {
    const { texts, explore } = this;
    this.drawn = String(texts);
    explore.kept.put("trio", this.chosen);
    const answer = await explore.source.ask("trio", { model: explore.state.model, states: texts });
    if (answer?.type !== "pictures") return;
    this.answer = answer;
    this.paint();
  }

  paint() {
    if (!this.answer) return; // on its way
    for (const { i, picture } of this.slots) paint(picture.firstChild, this.answer.pixels, this.answer.shape, i);
  }
}
