// The panel of walks: keyframes on a timeline, the way between them as it is made, its pace, and files
// of it. What was put together is kept in the browser, for each model by itself.

import { download, keep, kept } from "../../shared/files.js";
import { element } from "../../shared/dom.js";
import { paint } from "../../shared/pixels.js";
import { Past, fresh, modelOf, read, write } from "../latent-state.js";
import { copy } from "../../shared/clipboard.js";
import { level, line, upright } from "./curves.js";
import { Lesson } from "./lerp-slerp.js";
import { Player } from "./player.js";
import { Reel, Refused, request } from "./stream.js";
import { LIMITS, MOST_FRAMES, MOST_KEYFRAMES, freshWalk, keyframe, marksOf, readWalk, secondsOf, writeWalk } from "./walk-string.js";
import { Timeline } from "./timeline.js";
import { has, t } from "../../shared/i18n.js";

const KEPT = "ganplay.walks", WAIT = 200, EXAMPLE = 4, MOST_SEED = 10_000, SIDE = 512, BEST_SIDE = 256;
const TYPES = { gif: "image/gif", mp4: "video/mp4", strip: "image/png", sheet: "image/png" };

export function commandOf(text) {
  return `ganplay walk --walk "${text}" --out walk.mp4`;
}

export function pythonOf(text, name) {
  return [
    "import ganplay", "from ganplay.latent.walk import frames", "from ganplay.latent.walk_string import read_walk", "",
    `model = ganplay.load("${name}")`,
    `walk, _ = read_walk("${text}", "${name}", model.space)`,
    "pictures = frames(model, walk)  # uint8, (n, c, h, w)", "",
  ].join("\n");
}

export class Panel {
  /** @param {import("../explore.js").Explore} explore */
  constructor(explore, host) {
    this.explore = explore;
    this.host = host;
    this.app = explore.app;
    this.pasts = {};
    this.reel = new Reel();
    this.find = (selector) => host.querySelector(selector);
    this.picture = this.find(".wk-picture");
    this.player = new Player({
      show: (place) => this.draw(place),
      changed: (playing) => this.showPlaying(this.find(".wk-play"), playing),
      seen: () => this.picture.checkVisibility(),
    });
    this.timeline = new Timeline(this);
    this.lesson = new Lesson(this);
    this.showPlaying(this.find(".wk-play"), false);
    this.wire();
    this.linked = explore.views.opened.walk;
    explore.views.opened.walk = null;
    explore.favourites.heard.push(() => this.model && this.showFavourites());
  }

  get past() {
    return (this.pasts[this.model.name] ||= new Past());
  }

  // ---- the walk -------------------------------------------------------------------------------

  // In sight, or the state came to rest.
  show() {
    const { model } = this.explore, other = model !== this.model;
    this.model = model;
    if (other) {
      const text = kept(KEPT)?.[model.name];
      this.walk = typeof text === "string" ? readWalk(text) : freshWalk();
      this.past.push({ text: writeWalk(this.walk) });
      this.fillZooms();
    }
    this.showAll();
    if (this.linked && modelOf(this.linked.replaceAll("|", ";")) === model.name) this.open(this.linked);
    else if (other) this.preview();
    this.lesson.load();
  }

  relabel() {
    this.timeline.relabel();
    this.fillZooms();
    this.showPlaying(this.find(".wk-play"), this.player.playing);
    this.showPlaying(this.lesson.button, this.lesson.player.playing);
    this.lesson.describe();
    if (this.walk) this.showAll();
  }

  // A link's walk, as far as the server can read it.
  async open(text) {
    this.linked = null;
    await this.preview(text);
    if (!this.reel.walk) return;
    this.walk = readWalk(this.reel.walk);
    this.keep();
    this.showAll();
  }

  set(change, remembered = true) {
    this.walk = { ...this.walk, ...change };
    if (remembered) this.keep();
    this.showAll();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.preview(), WAIT);
  }

  keep() {
    const text = writeWalk(this.walk);
    this.past.push({ text });
    this.remember(text);
  }

  remember(text) {
    keep(KEPT, { ...kept(KEPT), [this.model.name]: text });
  }

  go(entry) {
    if (!entry) return;
    this.remember(entry.text);
    this.set(readWalk(entry.text), false);
  }

  // ---- keyframes ------------------------------------------------------------------------------

  // All keyframes are of one step of the training: the first one's.
  add(texts) {
    const { keyframes } = this.walk, [first] = keyframes.length ? keyframes.map(({ text }) => text) : texts;
    const { step } = read(first), room = MOST_KEYFRAMES - keyframes.length;
    if (texts.length > room) this.app.toast(t("walk.full", { most: MOST_KEYFRAMES }));
    if (texts.some((text) => read(text).step !== step)) this.app.toast(t("walk.one_step"));
    const added = texts.slice(0, room).map((text) => keyframe(write({ ...read(text), step })));
    if (added.length) this.timeline.put([...keyframes, ...added]);
  }

  get present() {
    return write(this.explore.state);
  }

  randomSeeds(count) {
    const { state } = this.explore;
    return Array.from({ length: count }, () => write({ ...fresh(state.model, Math.floor(Math.random() * MOST_SEED)), label: state.label, step: state.step, truncation: state.truncation }));
  }

  replace() {
    const { chosen } = this.timeline, { keyframes } = this.walk, { step } = read(keyframes[0].text);
    const text = write({ ...this.explore.state, step: chosen ? step : this.explore.state.step });
    const all = keyframes.map((one, i) => (i === chosen ? { ...one, text } : one));
    const common = read(all[0].text).step;
    this.timeline.put(all.map((one) => ({ ...one, text: write({ ...read(one.text), step: common }) })));
  }

  wire() {
    const on = (selector, does) => { this.find(selector).onclick = does; };
    on(".wk-add-present", () => this.add([this.present]));
    on(".wk-add-seed", () => this.add(this.randomSeeds(1)));
    on(".wk-add-classes", () => this.add(this.explore.model.labels.map((_, k) => write({ ...this.explore.state, label: k ? [[k, 1]] : [] }))));
    on(".wk-example", () => this.add([this.present, ...this.randomSeeds(EXAMPLE - 1)]));
    on(".wk-replace", () => this.replace());
    on(".wk-undo", () => this.go(this.past.go(this.past.at - 1)));
    on(".wk-redo", () => this.go(this.past.go(this.past.at + 1)));
    on(".wk-clear", () => this.timeline.put([]));
    on(".wk-play", () => (this.player.playing ? this.player.pause() : this.player.play()));
    on(".wk-cancel", () => this.exporting?.abort());
    on(".wk-link", ({ target }) => copy(target, this.explore.link({ walk: writeWalk(this.walk) })));
    on(".wk-python", ({ target }) => copy(target, pythonOf(writeWalk(this.walk), this.model.name)));
    on(".wk-command", ({ target }) => copy(target, commandOf(writeWalk(this.walk))));
    for (const button of this.host.querySelectorAll("[data-kind]")) button.onclick = () => this.export(button.dataset.kind);
    this.find(".wk-path").onchange = ({ target }) => this.set({ path: target.value });
    this.find(".wk-loop").onchange = ({ target }) => this.set({ loop: target.checked });
    this.find(".wk-even").onchange = ({ target }) => this.set({ even: target.checked });
    this.find(".wk-rate").onchange = ({ target }) => {
      const rate = target.valueAsNumber, [low, high] = LIMITS.rate;
      if (Number.isInteger(rate) && rate >= low && rate <= high) this.set({ rate });
      else this.explore.complaints.bounds(t("walk.rate"), target.value, LIMITS.rate);
      target.value = this.walk.rate;
    };
    this.find(".wk-place").oninput = ({ target }) => {
      this.player.pause();
      this.player.seek(target.valueAsNumber);
    };
    this.picture.onclick = () => this.exploreFrame();
    this.picture.onkeydown = (event) => {
      if (!["Enter", " "].includes(event.key)) return;
      event.preventDefault();
      event.stopPropagation();
      this.exploreFrame();
    };
  }

  // ---- what is shown --------------------------------------------------------------------------

  showAll() {
    const { walk, past } = this, count = walk.keyframes.length, enough = count >= 2;
    this.timeline.show();
    this.find(".wk-path").value = walk.path;
    this.find(".wk-rate").value = walk.rate;
    this.find(".wk-loop").checked = walk.loop;
    this.find(".wk-even").checked = walk.even;
    this.find(".wk-undo").disabled = past.at <= 0;
    this.find(".wk-redo").disabled = past.at >= past.list.length - 1;
    this.find(".wk-clear").disabled = !count;
    this.find(".wk-replace").disabled = this.timeline.chosen < 0 || walk.keyframes[this.timeline.chosen]?.text === this.present;
    this.find(".wk-add-classes").hidden = !this.explore.model.labels.length;
    this.find(".wk-empty").hidden = enough;
    this.find(".wk-example").hidden = count > 0;
    this.find(".wk-stage").classList.toggle("wk-idle", !enough);
    for (const button of this.host.querySelectorAll(".wk-stage :is(button, input, select)")) {
      button.disabled = !enough && !button.matches(".wk-shell, .wk-path, .wk-loop, .wk-even, .wk-rate");
    }
    this.showFavourites();
    this.showPace();
  }

  showFavourites() {
    const own = this.explore.favourites.list.filter(({ text }) => modelOf(text) === this.model.name);
    this.find(".wk-favourites").hidden = !own.length;
    this.find(".wk-favourites").replaceChildren(element("span", { textContent: t("walk.favourites") }), ...own.map(({ text, pixels, shape }, i) => {
      const canvas = element("canvas"), name = t("walk.favourite", { n: i + 1 });
      if (pixels) paint(canvas, pixels, shape);
      const button = element("button", { type: "button", className: "ex-tile", title: name, ariaLabel: name }, canvas);
      button.onclick = () => this.add([text]);
      return button;
    }));
  }

  fillZooms() {
    const side = (this.model ?? this.explore.model).shape.at(-1), select = this.find(".wk-zoom"), before = select.value;
    const zooms = [1, 2, 4, 8, 16].filter((zoom) => zoom * side <= SIDE);
    select.replaceChildren(...zooms.map((zoom) => element("option", { value: zoom, textContent: t("walk.pixels", { n: zoom * side }) })));
    select.value = zooms.includes(Number(before)) ? before : zooms.filter((zoom) => zoom * side <= BEST_SIDE).at(-1);
  }

  showPlaying(button, playing) {
    const name = t(playing ? "walk.pause" : "walk.play");
    Object.assign(button, { title: name, ariaLabel: name, textContent: playing ? "❚❚" : "▶" });
  }

  draw(place) {
    const { reel } = this;
    paint(this.picture, reel.pixels[place], [1, ...reel.shape]);
    this.find(".wk-place").value = place;
    const seconds = (one) => (one / this.walk.rate).toFixed(1);
    const text = t("walk.time", { now: seconds(place), whole: seconds(reel.count) });
    this.find(".wk-time").textContent = text;
    this.find(".wk-place").setAttribute("aria-valuetext", text);
    this.picture.setAttribute("aria-label", t("walk.frame", { n: place + 1, of: reel.count }));
    const x = Math.round((1000 * place) / Math.max(1, reel.count - 1));
    if (this.now) for (const name of ["x1", "x2"]) this.now.setAttribute(name, x);
  }

  showPace() {
    const { reel, walk } = this, words = this.find(".wk-pace"), curve = this.find(".wk-curve");
    const enough = walk.keyframes.length >= 2;
    const many = enough && secondsOf(walk) * walk.rate + 1 > MOST_FRAMES + 0.5 ? t("walk.most_frames", { most: MOST_FRAMES }) : "";
    this.now = null;
    curve.replaceChildren();
    if (!enough || !reel.end) {
      words.textContent = enough ? many || t("walk.making", { value: Math.round(100 * reel.progress) }) : "";
      return;
    }
    const { gaps, unevenness } = reel.end, top = 1.1 * Math.max(...gaps, 1e-9), mean = gaps.reduce((a, b) => a + b) / gaps.length;
    this.now = upright(0, "wk-now");
    const marks = walk.even ? [] : marksOf(walk).map((mark) => upright(mark, "wk-mark"));
    curve.append(...marks, level(mean, top, "wk-mean"), line(gaps, top, "wk-gaps"), this.now);
    const told = { value: Math.round(100 * unevenness), n: reel.count, seconds: (reel.count / walk.rate).toFixed(1) };
    words.textContent = [t(walk.even ? "walk.pace_even" : "walk.pace", told), many].filter(Boolean).join(" ");
    curve.setAttribute("aria-label", words.textContent);
    this.draw(this.player.place);
  }

  // ---- frames ---------------------------------------------------------------------------------

  // Have the walk made, or another one that a link names; the old frames stay till new ones come.
  async preview(text = null) {
    this.previewing?.abort();
    if (!text && this.walk.keyframes.length < 2) {
      this.reel = new Reel();
      this.player.pause();
      return this.showAll();
    }
    const { signal } = (this.previewing = new AbortController()), reel = new Reel();
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const callback = (piece) => {
      reel.take(piece);
      if (piece.type === "start") this.complain(piece.problems);
      if (reel.ready && this.reel !== reel) this.turnTo(reel);
      if (this.reel === reel) this.player.extend(reel.ready, Boolean(reel.end));
      else if (piece.type === "progress") this.find(".wk-pace").textContent = t("walk.making", { value: Math.round(100 * reel.progress) });
    };
    try {
      await request(this.app, { model: this.model.name, walk: text ?? writeWalk(this.walk) }, { signal, callback });
      this.showPace();
      if (!this.begun && !still) this.player.play(); // the first time by itself
      this.begun = true;
    } catch (error) {
      this.fail(error);
    }
  }

  // New frames take the old ones' place, about as far along.
  turnTo(reel) {
    const share = this.player.place / Math.max(1, this.reel.count - 1);
    this.reel = reel;
    this.player.reset(this.walk.rate);
    this.player.at = Math.min(reel.ready - 1, Math.floor(share * (reel.count - 1)));
    this.find(".wk-place").max = reel.count - 1;
    this.showPace();
  }

  exploreFrame() {
    const text = this.reel.states[this.player.place];
    if (!text) return;
    this.player.pause();
    this.explore.goTo(text);
  }

  // ---- taking along ---------------------------------------------------------------------------

  async export(kind) {
    this.exporting?.abort();
    const { signal } = (this.exporting = new AbortController());
    const bar = this.find(".wk-progress"), say = (key, values) => { this.find(".wk-status").textContent = t(`walk.status.${key}`, values); };
    this.find(".wk-making").hidden = false;
    bar.removeAttribute("value"); // before anything is known
    say("waiting");
    const heard = ({ done, of }) => {
      if (!of) return;
      Object.assign(bar, { max: of, value: done });
      say("saving", { value: Math.round((100 * done) / of) });
    };
    try {
      const content = { model: this.model.name, walk: writeWalk(this.walk), kind, zoom: Number(this.find(".wk-zoom").value) };
      const file = await request(this.app, content, { signal, callback: heard });
      download(file.name, new Blob([file.content], { type: TYPES[kind] }));
      say("saved", { name: file.name, size: Math.max(1, Math.round(file.content.length / 1000)) });
    } catch (error) {
      if (error.name === "AbortError") say("cancelled");
      else this.find(".wk-status").textContent = "";
      this.fail(error);
    }
    if (this.exporting.signal === signal) this.find(".wk-making").hidden = true;
  }

  // ---- what went wrong ------------------------------------------------------------------------

  fail(error) {
    if (error.name === "AbortError") return;
    if (error instanceof Refused) return this.complain([error.problem]);
    const key = `walk.problems.${error.message}`;
    if (has(`limits.${error.message}`)) this.app.toast(t(`limits.${error.message}`));
    else this.app.toast(t(has(key) ? key : "walk.problems.failed"));
  }

  complain(problems) {
    const own = problems.filter(({ code }) => has(`walk.problems.${code}`));
    for (const { code, value, field } of own) this.app.toast(t(`walk.problems.${code}`, { value, field }));
    this.explore.complaints.problems(problems.filter((one) => !own.includes(one)).map((one) => ({ ...one, field: one.field.replace(/^keyframes\.\d+\./, "") })));
  }
}
