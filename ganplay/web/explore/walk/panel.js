// The panel of walks: keyframes on a timeline, the way between them as it is made, its pace, and files
// of it. What was put together is kept in the browser, for each model by itself.

import { keep, kept } from "../../shared/files.js";
import { paint } from "../../shared/pixels.js";
import { withoutMotion } from "../../shared/dom.js";
import { Past, modelOf } from "../latent-state.js";
import { copy } from "../../shared/clipboard.js";
import { Lesson } from "./lerp-slerp.js";
import { KeyframeSources } from "./keyframe-sources.js";
import { Pace } from "./pace.js";
import { Player } from "./player.js";
import { WalkExport } from "./walk-export.js";
import { Reel, Refused, request } from "./stream.js";
import { LIMITS, freshWalk, readWalk, writeWalk } from "./walk-string.js";
import { Timeline } from "./timeline.js";
import { has, t } from "../../shared/i18n.js";

const KEPT = "ganplay.walks", WAIT = 200;
const MOST_STEPS = 50, MOST_CHARACTERS = 200_000; // of undo, over a reload

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
      button: this.find(".wk-play"),
      slider: this.find(".wk-place"),
      seen: () => this.picture.checkVisibility(),
    });
    this.timeline = new Timeline(this);
    this.sources = new KeyframeSources(this);
    this.pace = new Pace(this);
    this.files = new WalkExport(this);
    this.lesson = new Lesson(this);
    this.wire();
    this.linked = explore.views.opened.walk;
    explore.views.opened.walk = null;
  }

  get past() {
    return (this.pasts[this.model.name] ||= this.pastOf(this.model.name));
  }

  // What a walk was before each change: as this tab knows it after a reload, or none.
  pastOf(name) {
    const past = new Past();
    past.restore(this.explore.kept.of("walks")?.[name], (text) => typeof text === "string" && text.length <= MOST_CHARACTERS);
    return past;
  }

  // ---- the walk -------------------------------------------------------------------------------

  // In sight, or the state came to rest.
  show() {
    const { model } = this.explore, other = model !== this.model;
    this.model = model;
    if (other) {
      const { past } = this, text = past.list[past.at]?.text ?? kept(KEPT)?.[model.name];
      this.walk = typeof text === "string" ? readWalk(text) : freshWalk();
      this.past.push({ text: writeWalk(this.walk) });
      this.files.fillZooms();
    }
    this.showAll();
    if (this.linked && modelOf(this.linked.replaceAll("|", ";")) === model.name) this.open(this.linked);
    else if (other) this.preview();
    this.lesson.load();
  }

  relabel() {
    this.timeline.relabel();
    this.files.fillZooms();
    this.player.label();
    this.lesson.player.label();
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
    this.past.push({ text }, this.app.keyRun.now);
    this.remember(text);
  }

  // For good, and with what can be undone for this tab.
  remember(text) {
    const { name } = this.model, mine = this.explore.kept;
    keep(KEPT, { ...kept(KEPT), [name]: text });
    mine.put("walks", { ...mine.of("walks"), [name]: this.past.packed(MOST_STEPS, MOST_CHARACTERS) });
  }

  go(entry) {
    if (!entry) return;
    this.remember(entry.text);
    this.set(readWalk(entry.text), false);
  }

  wire() {
    const on = (selector, does) => { this.find(selector).onclick = does; };
    on(".wk-undo", () => this.go(this.past.go(this.past.at - 1)));
    on(".wk-redo", () => this.go(this.past.go(this.past.at + 1)));
    on(".wk-clear", () => this.timeline.put([]));
    on(".wk-link", ({ target }) => copy(target, this.explore.link({ walk: writeWalk(this.walk) })));
    on(".wk-python", ({ target }) => copy(target, pythonOf(writeWalk(this.walk), this.model.name)));
    on(".wk-command", ({ target }) => copy(target, commandOf(writeWalk(this.walk))));
    this.find(".wk-path").onchange = ({ target }) => this.set({ path: target.value });
    for (const name of ["loop", "even"]) this.find(`.wk-${name}`).onchange = ({ target }) => this.set({ [name]: target.checked });
    this.find(".wk-rate").onchange = ({ target }) => {
      this.explore.complaints.typed(target, t("walk.rate"), LIMITS.rate, (rate) => this.set({ rate }), Number.isInteger);
      target.value = this.walk.rate;
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
    this.find(".wk-empty").hidden = enough;
    this.find(".wk-stage").classList.toggle("wk-idle", !enough);
    for (const button of this.host.querySelectorAll(".wk-stage :is(button, input, select)")) {
      button.disabled = !enough && !button.matches(".wk-shell, .wk-path, .wk-loop, .wk-even, .wk-rate");
    }
    this.sources.show();
    this.pace.show();
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
    this.pace.mark(place / Math.max(1, reel.count - 1));
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
    const still = withoutMotion();
    const callback = (piece) => {
      reel.take(piece);
      if (piece.type === "start") this.complain(piece.problems);
      if (reel.ready && this.reel !== reel) this.turnTo(reel);
      if (this.reel === reel) this.player.extend(reel.ready, Boolean(reel.end));
      else if (piece.type === "progress") this.pace.making(reel);
    };
    try {
      await request(this.app, { model: this.model.name, walk: text ?? writeWalk(this.walk) }, { signal, callback });
      this.pace.show();
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
    this.pace.show();
  }

  exploreFrame() {
    const text = this.reel.states[this.player.place];
    if (!text) return;
    this.player.pause();
    this.explore.goTo(text);
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
