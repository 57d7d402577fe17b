// The keyframes of a walk in a row, each with how it goes on from there: dragged to order, or moved
// with the keyboard.

import { element } from "../../shared/dom.js";
import { cut, paint } from "../../shared/pixels.js";
import { modelOf } from "../latent-state.js";
import { EASINGS, LIMITS, reordered } from "./walk-string.js";
import { t } from "../../shared/i18n.js";

const DRAG_PIXELS = 6, MOST_DRAWN = 500;

// The place whose middle is nearest to a point.
export function nearest(boxes, x, y) {
  const far = boxes.map(({ left, top, width, height }) => Math.hypot(left + width / 2 - x, top + height / 2 - y));
  return far.indexOf(Math.min(...far));
}

export class Timeline {
  /** @param {import("./panel.js").Panel} panel */
  constructor(panel) {
    this.panel = panel;
    this.drawn = new Map();
    this.chosen = -1;
    this.tiles = [];
    this.texts = [];
    this.host = panel.find(".wk-timeline");
    this.host.onkeydown = (event) => this.key(event);
  }

  get keyframes() {
    return this.panel.walk.keyframes;
  }

  // Change the keyframes; the one at `place` has the focus afterwards.
  put(keyframes, place = null) {
    if (place !== null) this.chosen = place;
    this.panel.set({ keyframes });
    if (place !== null) this.tiles[place]?.focus();
  }

  show() {
    const { keyframes } = this, texts = keyframes.map(({ text }) => text);
    if (String(texts) !== String(this.texts) || this.tiles.length !== texts.length) this.build();
    this.chosen = Math.min(this.chosen, keyframes.length - 1);
    const { loop, even } = this.panel.walk;
    keyframes.forEach((one, i) => {
      const leg = this.legs[i], last = i === keyframes.length - 1;
      leg.hidden = last && !loop;
      const [box, select] = leg.querySelectorAll("input, select");
      if (document.activeElement !== box) box.value = Number(one.duration.toFixed(2));
      select.value = one.easing;
      box.disabled = select.disabled = even;
      this.tiles[i].setAttribute("aria-current", i === this.chosen);
      this.tiles[i].tabIndex = i === Math.max(0, this.chosen) ? 0 : -1;
    });
    this.draw();
  }

  relabel() {
    this.texts = null;
  }

  build() {
    const { keyframes } = this;
    this.texts = keyframes.map(({ text }) => text);
    this.legs = keyframes.map((_, i) => this.leg(i));
    this.tiles = keyframes.map((_, i) => this.tile(i));
    this.host.replaceChildren(...keyframes.map((_, i) => {
      const away = element("button", { type: "button", className: "wk-away", textContent: "×", title: t("walk.remove", { n: i + 1 }), tabIndex: -1 });
      away.ariaLabel = away.title;
      away.onclick = () => this.remove(i);
      return element("li", {}, element("span", { className: "wk-key" }, this.tiles[i], away), this.legs[i]);
    }));
  }

  tile(i) {
    const tile = element("button", { type: "button", className: "ex-tile wk-tile", title: t("walk.tile_tip") }, element("canvas"), element("span", { textContent: i + 1 }));
    tile.ariaLabel = t("walk.tile", { n: i + 1 });
    tile.onclick = () => this.choose(i);
    this.wireDrag(tile, i);
    return tile;
  }

  leg(i) {
    const [low, high] = LIMITS.duration, name = t("walk.duration", { n: i + 1 });
    const box = element("input", { type: "number", min: low, max: high, step: 0.1, inputMode: "decimal", ariaLabel: name, title: t("walk.duration_tip") });
    box.onchange = () => {
      const seconds = box.valueAsNumber;
      if (seconds >= low && seconds <= high) this.change(i, { duration: Number(seconds.toFixed(2)) });
      else this.panel.explore.complaints.bounds(name, box.value, LIMITS.duration);
      box.value = this.keyframes[i].duration;
    };
    const select = element("select", { ariaLabel: t("walk.easing", { n: i + 1 }), title: t("walk.easing_tip") },
      ...EASINGS.map((easing) => element("option", { value: easing, textContent: t(`walk.easings.${easing}`) })));
    select.onchange = () => this.change(i, { easing: select.value });
    return element("span", { className: "wk-leg" }, element("span", { className: "wk-arrow", ariaHidden: "true" }),
      element("label", {}, box, element("span", { textContent: t("walk.second") })), select);
  }

  change(i, change) {
    this.put(this.keyframes.map((one, k) => (k === i ? { ...one, ...change } : one)));
  }

  // A click leads there; the keyframe can then be changed, and put back in its place.
  choose(i) {
    if (this.dragged) return;
    this.chosen = i;
    this.panel.explore.goTo(this.keyframes[i].text);
    this.panel.showAll();
  }

  remove(i) {
    const left = this.keyframes.filter((_, k) => k !== i);
    this.put(left, left.length ? Math.min(i, left.length - 1) : null);
    if (!left.length) this.panel.find(".wk-add-present").focus();
    this.panel.explore.app.toast(t("walk.removed", { n: i + 1 }));
  }

  move(from, to) {
    if (to < 0 || to >= this.keyframes.length || to === from) return;
    this.put(reordered(this.keyframes, from, to), to);
  }

  key(event) {
    const here = this.tiles.indexOf(event.target);
    if (here < 0) return;
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key], last = this.tiles.length - 1;
    const to = { Home: 0, End: last }[event.key] ?? (by ? here + by : undefined);
    if (["Delete", "Backspace"].includes(event.key)) this.remove(here);
    else if (to === undefined) return;
    else if (event.altKey) this.move(here, to);
    else {
      this.tiles[here].tabIndex = -1;
      const tile = this.tiles[Math.min(last, Math.max(0, to))];
      tile.tabIndex = 0;
      tile.focus();
    }
    event.preventDefault();
  }

  // A tile follows the hand once it has gone a little way; it is put where it is let go.
  wireDrag(tile, i) {
    let from = null, boxes = null, to = i;
    const end = (moves) => {
      tile.style.translate = "";
      tile.classList.remove("dragging");
      for (const one of this.tiles) one.classList.remove("aimed");
      this.dragged = boxes !== null; // the click that follows is none
      setTimeout(() => { this.dragged = false; });
      from = boxes = null;
      if (moves && to !== i) this.move(i, to);
    };
    tile.onpointerdown = ({ button, pointerId, clientX, clientY }) => {
      if (button) return;
      tile.setPointerCapture(pointerId);
      from = { x: clientX, y: clientY };
      to = i;
    };
    tile.onpointermove = ({ clientX, clientY }) => {
      if (!from) return;
      const x = clientX - from.x, y = clientY - from.y;
      if (!boxes && Math.hypot(x, y) < DRAG_PIXELS) return;
      if (!boxes) {
        boxes = this.tiles.map((one) => one.getBoundingClientRect());
        tile.classList.add("dragging");
      }
      tile.style.translate = `${x}px ${y}px`;
      to = nearest(boxes, clientX, clientY);
      this.tiles.forEach((one, k) => one.classList.toggle("aimed", k === to && k !== i));
    };
    tile.onpointerup = () => from && end(boxes !== null);
    tile.onpointercancel = () => from && end(false);
  }

  // Small pictures: those that are known at once, the others when they have come.
  async draw() {
    const { source, model } = this.panel.explore, { tiles, texts, drawn } = this;
    const lack = [];
    texts.forEach((text, i) => {
      const known = drawn.get(text);
      if (known) paint(tiles[i].firstChild, known.pixels, known.shape);
      else if (modelOf(text) === model.name) lack.push(text);
    });
    if (!lack.length) return;
    const answer = await source.ask("keyframes", { model: model.name, states: lack });
    if (answer?.type !== "pictures") return;
    if (drawn.size > MOST_DRAWN) drawn.clear();
    lack.forEach((text, i) => drawn.set(text, cut(answer.pixels, answer.shape, i)));
    if (texts === this.texts) this.draw();
  }
}
