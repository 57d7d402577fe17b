// The map: a plane through the present state along two directions, or through the pictures A, B and C.

import { shownOf } from "./direction-sliders.js";
import { element } from "../shared/dom.js";
import { Mosaic } from "./mosaic.js";
import { SCALES } from "./mosaic-grid.js";
import { write } from "./latent-state.js";
import { LETTERS } from "./abc-pictures.js";
import { t } from "../shared/i18n.js";

const FAR = 9, TRIANGLE = 2.2, IN_PLANE = 0.01; // amounts that are seen at first; a share of z's length
const CORNERS = [[0, 0], [1, 0], [0, 1]];

// What a plane is made of: where this changes it is another one.
export function planeOf(state, mode, axes, corners) {
  if (mode === "corners") return JSON.stringify([corners, state.label, state.step]);
  const others = Object.entries(state.moves).filter(([place]) => !axes.includes(Number(place)));
  return JSON.stringify([axes, write({ ...state, moves: Object.fromEntries(others) })]);
}

// Two of the shown directions: those that were chosen before, or the first.
export function chosenOf(before, places) {
  const two = Array.isArray(before) && before.length === 2 && before[0] !== before[1] && before.every((one) => places.includes(one));
  return two ? [...before] : places.slice(0, 2);
}

export class Panel {
  /** @param {import("./explore.js").Explore} explore */
  constructor(explore, host) {
    this.explore = explore;
    this.host = host;
    this.mode = explore.kept.of("map")?.mode === "corners" ? "corners" : "axes";
    this.find = (selector) => host.querySelector(selector);
    this.canvas = this.find(".mp-canvas");
    this.mosaic = new Mosaic(this.canvas, {
      ask: (places) => this.ask(places),
      go: (text) => explore.goTo(text),
      compare: (text) => explore.compare.with(text),
      look: (place, tile) => this.look(place, tile),
      home: () => this.home(),
    });
    for (const mode of ["axes", "corners"]) this.find(`.mp-${mode}`).onclick = () => this.turn(mode);
    this.find(".mp-trio").append(...LETTERS.map((_, i) => explore.trio.slot(i)));
    explore.trio.addEventListener("change", () => this.show());
    [".mp-across", ".mp-up"].forEach((selector, i) => {
      this.find(selector).onchange = ({ target }) => this.choose(i, Number(target.value));
    });
    this.find(".mp-home").onclick = () => this.home();
    this.find(".mp-in").onclick = () => this.mosaic.larger(1);
    this.find(".mp-out").onclick = () => this.mosaic.larger(-1);
    this.build();
  }

  build() {
    const { model, axes, kept } = this.explore, places = shownOf(model);
    if (model !== this.of) this.chosen = chosenOf(kept.of("map")?.[model.name], places);
    this.of = model;
    this.names = Object.fromEntries(places.map((place) => [place, axes.nameOf(place)]));
    [".mp-across", ".mp-up"].forEach((selector, i) => {
      const select = this.find(selector);
      select.replaceChildren(...places.map((place) => element("option", { value: place, textContent: this.names[place] })));
      select.value = this.chosen[i];
    });
  }

  relabel() {
    this.build();
    this.explore.trio.show();
    this.show();
  }

  get axes() {
    return this.mode === "axes";
  }

  keep() {
    const { kept, model } = this.explore;
    kept.put("map", { ...kept.of("map"), mode: this.mode, [model.name]: this.chosen });
  }

  turn(mode) {
    this.mode = mode;
    this.keep();
    this.show();
    this.home();
  }

  // The same direction for both is none: the other one takes the old place.
  choose(i, place) {
    const others = [...this.chosen];
    this.chosen[i] = place;
    if (this.chosen[1 - i] === place) this.chosen[1 - i] = others[i];
    this.keep();
    this.build();
    this.show();
    this.home();
  }

  // The state came to rest.
  show() {
    const { explore, mosaic } = this, { state, model, trio } = explore;
    if (model !== this.of) this.build();
    for (const mode of ["axes", "corners"]) this.find(`.mp-${mode}`).setAttribute("aria-pressed", mode === this.mode);
    this.find(".mp-choose-axes").hidden = !this.axes;
    this.find(".mp-trio").hidden = this.axes;
    for (const [i, name] of ["x", "y"].entries()) {
      this.find(`.mp-axis-${name}`).hidden = !this.axes;
      this.find(`.mp-axis-${name}`).textContent = this.names[this.chosen[i]];
    }
    if (!this.axes) trio.show();
    mosaic.turn(this.plane(), this.axes);
    this.asked = { state, corners: trio.texts };
    this.follow();
    if (!this.axes) this.place();
  }

  plane() {
    const { state, trio } = this.explore;
    return planeOf(state, this.mode, this.chosen, this.axes ? null : trio.texts);
  }

  // The state moves: in the plane at once, to another one when it rests.
  follow() {
    const { mosaic } = this;
    this.canvas.classList.toggle("waiting", this.plane() !== mosaic.plane);
    if (this.axes) mosaic.marks = [{ place: this.here() }];
    mosaic.draw();
    this.label();
    if (!mosaic.pointed) this.look(null);
  }

  here() {
    return this.chosen.map((place) => this.explore.state.moves[place] ?? 0);
  }

  // Where the state stands in the plane of three.
  async place() {
    const { explore, mosaic } = this, { state, corners } = this.asked, text = write(state);
    const letters = CORNERS.map((place, i) => ({ place, letter: LETTERS[i] }));
    mosaic.marks = letters;
    const answer = await explore.source.ask("place", { model: state.model, states: [text], corners });
    if (answer?.type !== "place" || this.axes || text !== write(explore.state)) return;
    const [x, y, off] = answer.place || [0, 0, null];
    if (off !== null) mosaic.marks = [...letters, { place: [x, y], off: off > IN_PLANE }];
    this.off = off;
    mosaic.draw();
    this.label();
    if (!mosaic.pointed) this.look(null);
  }

  home() {
    const { mosaic } = this, { width, height } = mosaic.size;
    if (!width) return;
    if (this.axes) {
      const [x, y] = this.here();
      mosaic.show({ x, y, scale: Math.max(SCALES[0], width / FAR) });
    } else mosaic.show({ x: 0.5, y: 0.5, scale: Math.min(width, height) / TRIANGLE });
  }

  async ask(places) {
    const { state, corners } = this.asked, { app, source } = this.explore;
    const plane = this.axes ? { axes: this.chosen } : { corners };
    const answer = await source.ask("map", { model: state.model, states: [write(state)], ...plane, places });
    if (answer?.type === "error") app.toast(t(answer.problem.code === "corners" ? "places.map.no_plane" : "places.map.failed"));
    return answer;
  }

  // ---- words ----------------------------------------------------------------------------------

  // The picture that is pointed at, large, and where it is; else the present one.
  look(place, tile) {
    const glass = this.find(".mp-glass"), picture = place ? tile?.canvas : this.explore.picture;
    if (picture?.width) {
      Object.assign(glass, { width: picture.width, height: picture.height });
      glass.getContext("2d").drawImage(picture, 0, 0);
    }
    const [x, y] = (place || (this.axes ? this.here() : [0, 0])).map((value) => String(Number(value.toFixed(3))).replace("-", "−"));
    const names = this.chosen.map((one) => this.names[one]);
    this.find(".mp-where").textContent = this.axes
      ? t("places.map.at", { across: names[0], x, up: names[1], y })
      : place ? t("places.map.at_corners", { x, y }) : this.aside();
  }

  // What the mark in the plane of three means.
  aside() {
    if (this.off === undefined) return "";
    if (this.off === null) return t("places.map.behind");
    return this.off <= IN_PLANE ? t("places.map.in_plane") : t("places.map.off_plane", { value: Math.round(100 * this.off) });
  }

  label() {
    const [x, y] = this.here(), names = this.chosen.map((one) => this.names[one]);
    this.canvas.setAttribute("aria-label", this.axes ? t("places.map.label", { across: names[0], up: names[1], x, y })
      : t("places.map.label_corners", { aside: this.aside() }));
  }
}
