// A live piece: its picture, a bar to play it, and words for what is seen.

import { averagedBadge, showAveraged } from "../shared/averaged.js";
import { nameOf, valueOf } from "../shared/setting-names.js";
import { MARGIN, Plane } from "../shared/plane.js";
import { Recording } from "./recording.js";
import { discs } from "../shared/pen.js";
import { scatter, sentence } from "../lab/substeps.js";
import { count, fill, number, t, whole } from "../shared/i18n.js";

const STAY = 90, STAY_SLOW = 3600; // milliseconds that a moment is seen, and a part of a slow step

export class Player {
  // `place` is a clone of `piece.html`'s figure; `turns` says whose turn it is to play.
  constructor({ name, place, schema, base, palette, turns }) {
    this.name = name;
    this.place = place;
    this.schema = schema;
    this.base = base;
    this.turns = turns;
    this.about = schema.pieces[name];
    this.find = (selector) => place.querySelector(selector);
    place.dataset.piece = name;
    this.plane = new Plane(this.find("canvas"), schema.frame, palette);
    this.badge = this.find(".piece-picture").appendChild(averagedBadge("tag"));
    this.slider = this.find(".piece-slider");
    this.seed = this.about.config.seed;
    this.playing = false;
    this.asked = false; // whether anybody has played or paused it by hand
    this.reset();
    this.find(".piece-play").onclick = () => this.byHand(() => (this.playing ? this.pause() : this.play()));
    this.find(".piece-restart").onclick = () => this.byHand(() => this.restart());
    this.find(".piece-other").onclick = () => this.byHand(() => this.otherStart());
    this.slider.oninput = () => this.byHand(() => this.goTo(this.slider.valueAsNumber));
    this.find(".piece-sentence").hidden = !this.about.slow;
    new ResizeObserver(() => this.plane.resize() && this.draw()).observe(this.plane.canvas);
    this.relabel();
  }

  byHand(does) {
    this.asked = true;
    does();
  }

  reset() {
    this.recording?.stop();
    this.recording = new Recording(this.base, this.name, this.seed, this.schema);
    this.at = this.wanted = -1; // of no moment yet
    this.problem = "";
  }

  // The moment that is shown, if any.
  get moment() {
    return this.recording.moments[this.at];
  }

  get ended() {
    return this.recording.done && this.at === this.recording.moments.length - 1;
  }

  // ---- playing ----------------------------------------------------------------------------------

  play() {
    this.turns.take(this);
    if (this.ended) this.at = -1;
    this.playing = true;
    this.shownAt = -Infinity;
    this.load();
    cancelAnimationFrame(this.next);
    this.next = requestAnimationFrame((now) => this.tick(now));
    this.show();
  }

  // What is not trained yet is not trained any more.
  pause() {
    this.playing = false;
    this.recording.stop();
    this.turns.leave(this);
    this.show();
  }

  restart() {
    this.at = -1;
    this.play();
  }

  // From other initial weights, on other data of the same kind.
  otherStart() {
    this.seed = (this.seed + 1) % this.schema.piece_seeds;
    this.reset();
    this.play();
  }

  goTo(at) {
    if (this.playing) this.pause();
    this.turns.take(this);
    this.wanted = at;
    this.load();
    this.at = Math.min(at, this.recording.moments.length - 1);
    this.show();
  }

  async load() {
    const { recording } = this;
    this.problem = "";
    try {
      await recording.follow(() => {
        if (recording === this.recording && !this.playing) this.arrived();
      });
    } catch (error) {
      if (recording !== this.recording) return;
      this.problem = error.message;
      this.pause();
    }
  }

  // Where nothing plays, as much of the way to the wanted moment as there is by now.
  arrived() {
    const at = Math.min(this.wanted, this.recording.moments.length - 1);
    if (at <= this.at) return;
    this.at = at;
    this.show();
  }

  tick(now) {
    if (!this.playing) return;
    this.next = requestAnimationFrame((next) => this.tick(next));
    if (now - this.shownAt < (this.about.slow ? STAY_SLOW : STAY)) return;
    if (this.at + 1 < this.recording.moments.length) {
      this.at += 1;
      this.shownAt = now;
      this.show();
    } else if (this.recording.done) this.pause();
  }

  // ---- what is seen -----------------------------------------------------------------------------

  setPalette(palette) {
    this.plane.setPalette(palette);
    this.draw();
  }

  relabel() {
    fill(this.place);
    const title = t(`article.pieces.${this.name}.title`);
    this.place.setAttribute("aria-label", title);
    this.find(".piece-title").textContent = title;
    this.find(".piece-caption").textContent = t(`article.pieces.${this.name}.caption`, { step: whole(this.about.changed_at) });
    this.show();
  }

  show() {
    const { playing, slider, recording } = this, button = this.find(".piece-play");
    button.classList.toggle("playing", playing);
    button.querySelector("span").textContent = t(playing ? "play.pause" : "play.play");
    slider.max = Math.max(this.about.moments, recording.moments.length) - 1;
    slider.value = Math.max(0, this.at);
    const now = this.words();
    this.find(".piece-now").textContent = now;
    slider.setAttribute("aria-valuetext", now);
    this.find(".piece-told").textContent = this.told();
    if (!playing) this.plane.canvas.ariaLabel = `${t(`article.pieces.${this.name}.title`)}. ${now}`;
    this.draw();
  }

  // Over the picture, while there is none or something is wrong.
  told() {
    if (this.problem) return t({ busy: "article.busy", crowded: "limits.crowded", too_many: "limits.too_many" }[this.problem] ?? "article.broken");
    if (this.moment) return "";
    return t(this.playing || this.recording.busy ? "article.coming" : "article.ready", { steps: whole(this.about.steps) });
  }

  words() {
    const { moment, about } = this, { data } = this.recording;
    this.find(".piece-sentence").textContent = moment?.sub ? sentence(about.config, moment.step, moment.seen, moment.sub) : "";
    this.find(".piece-changed").textContent = this.changed();
    if (!moment) return "";
    if (moment.sub) return t("article.part", { n: this.at + 1, of: this.recording.moments.length });
    const { metrics } = moment.frame;
    return t("article.now", { step: whole(moment.step), covered: count(metrics.modes), modes: data.modes, js: number(metrics.js) });
  }

  // Which settings have changed by now, as "Updates of G 10 → 1".
  changed() {
    const { changes, changed_at: from, config } = this.about;
    if (!this.moment || this.moment.step <= from) return "";
    return this.schema.fields.filter(({ name }) => name in changes).map((field) => t("diagnosis.change", {
      name: nameOf(field), from: valueOf(field.name, config[field.name]), to: valueOf(field.name, changes[field.name]),
    })).join(t("pair.and"));
  }

  // Before the run is there: the data that are to be learnt.
  drawData() {
    const { plane, schema } = this, { context: pen, canvas: { width } } = plane;
    plane.draw(null);
    pen.setTransform(1, 0, 0, 1, width / 2, width / 2);
    pen.fillStyle = plane.palette.real;
    discs(pen, schema.distributions[this.about.config.distribution].points, width / (2 * MARGIN * schema.frame.unit), width / 180);
  }

  draw() {
    const { moment, plane, about, schema } = this, { data } = this.recording;
    this.place.classList.toggle("empty", !moment);
    showAveraged(this.badge, moment && !about.slow ? about.config.ema : 0);
    if (!plane.canvas.clientWidth) return;
    plane.resize();
    if (!moment) {
      this.drawData();
      return;
    }
    plane.layers = moment.shown ?? about.layers.reduce((sum, name) => sum + schema.frame.layers[name], 0);
    if (moment.real) plane.setData({ ...data, real: moment.real, labels: [] });
    else if (plane.data !== data) plane.setData(data);
    plane.draw(moment.frame);
    if (moment.sub?.name === "noise") scatter(plane, moment.seen.z, moment.frame.extent, data.reach);
  }
}
