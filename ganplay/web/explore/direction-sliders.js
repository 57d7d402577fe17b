// Sliders through latent space: a few directions that matter most, with a look at both their ends,
// and the plain dimensions of z.

import { element } from "../shared/dom.js";
import { paint } from "../shared/pixels.js";
import { LIMITS, put, write } from "./latent-state.js";
import { has, t } from "../shared/i18n.js";

export const SHOWN = 8, END = 4; // a direction of z is seldom farther from 0 than that

// Places of the directions that are shown: those with names first, then the strongest.
export function shownOf({ dim, named }) {
  const places = [...named.map((_, i) => dim + i), ...Array.from({ length: dim }, (_, i) => i)];
  return places.slice(0, Math.max(SHOWN, named.length));
}

// The states at both ends of each of the shown directions, and of the visitor's own.
export function ends(state, model, vectors = []) {
  const moved = shownOf(model).map((place) => (end) => ({ ...state, moves: put(state.moves, place, end) }));
  const own = vectors.map((vector) => (end) => ({ ...state, own: put(state.own, vector, end) }));
  return [...moved, ...own].flatMap((at) => [-END, END].map(at));
}

// A slider with a number beside it; `set(value, done)` follows the hand, null takes the value back.
export function amount({ name, low, high, bounds, set, complain }) {
  const slider = element("input", { type: "range", min: low, max: high, step: 0.05, ariaLabel: name });
  const box = element("input", { type: "number", min: bounds[0], max: bounds[1], step: 0.1, inputMode: "decimal", ariaLabel: name });
  const back = () => set(null, true);
  slider.oninput = () => set(slider.valueAsNumber, false);
  slider.onchange = () => set(slider.valueAsNumber, true);
  slider.ondblclick = back;
  slider.onkeydown = (event) => {
    if (!["Delete", "Backspace"].includes(event.key)) return;
    event.preventDefault();
    back();
  };
  box.onchange = () => {
    const value = box.valueAsNumber;
    if (box.value === "" && !box.validity.badInput) back();
    else if (value >= bounds[0] && value <= bounds[1]) set(value, true);
    else complain(name, box.value, bounds);
  };
  const show = (value) => {
    slider.value = value;
    const text = String(Number(value.toFixed(2)));
    if (document.activeElement !== box || box.value === "" || Number(box.value) !== value) box.value = text;
    slider.setAttribute("aria-valuetext", text);
  };
  return { slider, box, show };
}

export class Axes {
  /** @param {import("./explore.js").Explore} explore */
  constructor(explore) {
    this.explore = explore;
    this.directions = explore.find(".ex-directions");
    this.dimensions = explore.find(".ex-dimensions");
    explore.find(".ex-dimensions-box").ontoggle = () => explore.draw();
    explore.own.addEventListener("change", () => {
      this.buildOwn();
      this.show(explore.state);
      this.preview();
    });
  }

  get open() {
    return this.explore.find(".ex-dimensions-box").open;
  }

  build() {
    const { model } = this.explore;
    this.moves = shownOf(model).map((place) => this.direction("moves", place, this.nameOf(place)));
    this.buildOwn();
    this.values = Array.from({ length: model.dim }, (_, i) => this.dimension(i));
    this.dimensions.replaceChildren(...this.values.map(({ row }) => row));
    this.latent = null;
  }

  // A direction's name in the present language; models of others may have names that we know not.
  nameOf(place) {
    const { dim, named } = this.explore.model, own = named[place - dim];
    if (own === undefined) return t("explore.direction", { n: place + 1 });
    return has(`explore.named.${own}`) ? t(`explore.named.${own}`) : own;
  }

  // The visitor's own directions; those of the state too, where a link brought others.
  buildOwn() {
    const { own, state } = this.explore;
    this.vectors = [...new Set([...own.list.map(({ vector }) => vector), ...Object.keys(state.own)])];
    this.owns = this.vectors.map((vector) => this.direction("own", vector, own.nameOf(vector)));
    this.directions.replaceChildren(...[...this.moves, ...this.owns].map(({ row }) => row));
  }

  // A row for one of the state's amounts of a kind.
  direction(kind, place, name) {
    const { explore } = this;
    const set = (value, done) => {
      const amounts = put(explore.state[kind], place, value === 0 ? null : value);
      if (kind === "own" && Object.keys(amounts).length > LIMITS.own) {
        explore.app.toast(t("places.own.too_many", { n: LIMITS.own }));
        this.show(explore.state);
      } else explore.set({ [kind]: amounts }, done);
    };
    const one = amount({ name, low: -END, high: END, bounds: LIMITS.move, set, complain: (label, value, bounds) => explore.complaints.bounds(label, value, bounds) });
    one.slider.title = t("explore.slider_tip");
    const previews = [-END, END].map((end) => {
      const button = element("button", { type: "button", className: "ex-end", title: t("explore.end_tip", { name, value: end }) }, element("canvas"));
      button.ariaLabel = button.title;
      button.onclick = () => set(end, true);
      return button;
    });
    const words = element("span", { className: "ex-name", textContent: name });
    const row = element("div", { className: "ex-direction" }, previews[0], element("span", { className: "ex-middle" }, words, one.box, one.slider), previews[1]);
    return { ...one, place, row, canvases: previews.map((button) => button.firstChild) };
  }

  dimension(i) {
    const { explore } = this, name = `z${i}`;
    const set = (value, done) => explore.set({ values: put(explore.state.values, i, value) }, done);
    const one = amount({ name, low: -4, high: 4, bounds: LIMITS.value, set, complain: (label, value, bounds) => explore.complaints.bounds(label, value, bounds) });
    one.slider.title = t("explore.slider_tip");
    return { ...one, row: element("div", { className: "ex-dimension" }, element("span", { textContent: name }), one.slider, one.box) };
  }

  show(state) {
    if (Object.keys(state.own).some((vector) => !this.vectors.includes(vector))) this.buildOwn();
    for (const [rows, amounts] of [[this.moves, state.moves], [this.owns, state.own]]) {
      for (const { show, row, place } of rows) {
        show(amounts[place] ?? 0);
        row.classList.toggle("moved", Boolean(amounts[place]));
      }
    }
    if (!this.open) return;
    this.values.forEach(({ show, row }, i) => {
      const own = this.latent ? this.latent[i] * state.truncation : 0;
      show(state.values[i] ?? own);
      row.classList.toggle("moved", i in state.values);
    });
  }

  // Where the state stands in each dimension before anything was set by hand.
  setLatent(latent) {
    this.latent = latent;
    this.show(this.explore.state);
  }

  async preview() {
    const { state, model, source } = this.explore, { moves, owns } = this;
    const answer = await source.ask("previews", { model: state.model, states: ends(state, model, this.vectors).map(write) });
    if (!answer || answer.type !== "pictures" || moves !== this.moves || owns !== this.owns) return;
    [...moves, ...owns].forEach(({ canvases }, i) => canvases.forEach((canvas, k) => paint(canvas, answer.pixels, answer.shape, 2 * i + k)));
  }
}
