// The lesson about the shell: lerp and slerp between the same two pictures, side by side and in step,
// with the length of the latent vector along the way.

import { paint } from "../../shared/pixels.js";
import { withoutMotion } from "../../shared/dom.js";
import { write } from "../latent-state.js";
import { band, level, line, moveTo, upright } from "./curves.js";
import { Player } from "./player.js";
import { Reel, request } from "./stream.js";
import { freshWalk, keyframe, writeWalk } from "./walk-string.js";
import { t } from "../../shared/i18n.js";

const WAYS = ["lerp", "slerp"], SECONDS = 2;
const BAND = Math.SQRT2; // two standard deviations of a random vector's length, whatever its dimension

export class Lesson {
  /** @param {import("./panel.js").Panel} panel */
  constructor(panel) {
    this.panel = panel;
    const { find } = panel;
    this.box = find(".wk-lesson");
    this.canvases = WAYS.map((way) => find(`.wk-lesson-${way}`));
    this.curve = find(".wk-norms");
    this.slider = find(".wk-lesson-place");
    this.player = new Player({
      show: (place) => this.draw(place),
      button: find(".wk-lesson-play"),
      slider: this.slider,
      seen: () => this.box.checkVisibility(),
    });
    find(".wk-shell").onclick = () => (this.box.hidden ? this.open() : this.close());
    find(".wk-lesson-close").onclick = () => this.close();
  }

  // The first two keyframes or, where there are none, the present seed and the next one.
  ends() {
    const { walk, explore } = this.panel, given = walk.keyframes.slice(0, 2).map(({ text }) => text);
    if (given.length === 2) return given;
    const { state } = explore;
    return [given[0] ?? write(state), write({ ...state, at: "", seed: state.seed + 1 })];
  }

  async open() {
    this.panel.player.pause();
    this.box.hidden = false;
    this.panel.find(".wk-shell").setAttribute("aria-expanded", true);
    await this.load();
    this.box.scrollIntoView({ block: "nearest" });
  }

  close() {
    this.abort?.abort();
    this.player.pause();
    this.box.hidden = true;
    const button = this.panel.find(".wk-shell");
    button.setAttribute("aria-expanded", false);
    button.focus();
  }

  // Again if the ends or the model are others.
  async load() {
    const { app, model } = this.panel.explore, texts = this.ends();
    if (this.box.hidden || String(texts) === this.texts) return;
    this.texts = String(texts);
    this.abort?.abort();
    const { signal } = (this.abort = new AbortController());
    const keyframes = texts.map((text) => ({ ...keyframe(text), duration: SECONDS }));
    try {
      const reels = [];
      for (const path of WAYS) {
        const reel = new Reel();
        await request(app, { model: model.name, walk: writeWalk({ ...freshWalk(), keyframes, path }) }, { signal, callback: (piece) => reel.take(piece) });
        reels.push(reel);
      }
      this.show(reels);
    } catch (error) {
      this.texts = null;
      this.panel.fail(error);
    }
  }

  show(reels) {
    this.reels = reels;
    this.slider.max = reels[0].ready - 1;
    this.player.reset(24);
    this.describe();
    this.player.extend(reels[0].ready, true);
    if (!withoutMotion()) this.player.play();
  }

  describe() {
    if (!this.reels) return;
    const { dim } = this.panel.explore.model, radius = Math.sqrt(dim);
    const norms = this.reels.map((reel) => reel.norms), middle = Math.floor(norms[0].length / 2);
    this.top = 1.1 * Math.max(radius + BAND, ...norms.flat());
    const written = (value) => value.toFixed(2);
    const [lerp, slerp] = norms.map((one) => written(one[middle]));
    const values = { dim, radius: written(radius), low: written(Math.max(0, radius - BAND)), high: written(radius + BAND), lerp, slerp };
    this.panel.find(".wk-lesson-text").textContent = t("walk.lesson.text", values);
    this.curve.setAttribute("aria-label", t("walk.lesson.curve", values));
    this.at = upright(0, "wk-now");
    this.curve.replaceChildren(band(radius - BAND, radius + BAND, this.top, "wk-band"), level(radius, this.top, "wk-radius"), ...norms.map((one, i) => line(one, this.top, `wk-line-${WAYS[i]}`)), this.at);
    this.panel.find(".wk-radius-label").style.top = `${100 - (100 * radius) / this.top}%`;
    this.draw(this.player.place);
  }

  draw(place) {
    if (!this.reels) return;
    this.reels.forEach((reel, i) => {
      paint(this.canvases[i], reel.pixels[place], [1, ...reel.shape]);
      this.panel.find(`.wk-norm-${WAYS[i]}`).textContent = t("walk.lesson.norm", { value: reel.norms[place].toFixed(2) });
    });
    this.slider.value = place;
    moveTo(this.at, place / Math.max(1, this.reels[0].ready - 1));
  }
}
