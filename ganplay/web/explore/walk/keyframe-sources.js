// Where keyframes come from: the present picture, random seeds, all classes, favourites.

import { element } from "../../shared/dom.js";
import { paint } from "../../shared/pixels.js";
import { fresh, modelOf, read, write } from "../latent-state.js";
import { MOST_KEYFRAMES, keyframe } from "./walk-string.js";
import { t } from "../../shared/i18n.js";

const EXAMPLE = 4, MOST_SEED = 10_000;

export class KeyframeSources {
  /** @param {import("./panel.js").Panel} panel */
  constructor(panel) {
    const { explore } = panel, on = (selector, does) => { panel.find(selector).onclick = does; };
    this.panel = panel;
    on(".wk-add-present", () => this.add([this.present]));
    on(".wk-add-seed", () => this.add(this.randomSeeds(1)));
    on(".wk-add-classes", () => this.add(explore.model.labels.map((_, k) => write({ ...explore.state, label: k ? [[k, 1]] : [] }))));
    on(".wk-example", () => this.add(this.example()));
    on(".wk-replace", () => this.replace());
    explore.favourites.addEventListener("change", () => panel.model && this.showFavourites());
  }

  get present() {
    return write(this.panel.explore.state);
  }

  // All keyframes are of one step of the training: the first one's.
  add(texts) {
    const { app, walk: { keyframes }, timeline } = this.panel, room = MOST_KEYFRAMES - keyframes.length;
    const { step } = read(keyframes[0]?.text ?? texts[0]);
    if (texts.length > room) app.toast(t("walk.full", { most: MOST_KEYFRAMES }));
    if (texts.some((text) => read(text).step !== step)) app.toast(t("walk.one_step"));
    const added = texts.slice(0, room).map((text) => keyframe(write({ ...read(text), step })));
    if (added.length) timeline.put([...keyframes, ...added]);
  }

  // Of a conditional model the present z in classes that lie far apart in their list.
  example() {
    const { state, model: { labels } } = this.panel.explore;
    if (!labels.length) return [this.present, ...this.randomSeeds(EXAMPLE - 1)];
    const classes = Array.from({ length: EXAMPLE }, (_, i) => Math.floor((i * labels.length) / EXAMPLE));
    return classes.map((k) => write({ ...state, label: k ? [[k, 1]] : [] }));
  }

  randomSeeds(count) {
    const { model, label, step, truncation } = this.panel.explore.state;
    const one = () => write({ ...fresh(model, Math.floor(Math.random() * MOST_SEED)), label, step, truncation });
    return Array.from({ length: count }, one);
  }

  // The chosen keyframe becomes the present picture; where it is the first, the others take its step.
  replace() {
    const { timeline, walk: { keyframes }, explore: { state } } = this.panel, { chosen } = timeline;
    const step = chosen ? read(keyframes[0].text).step : state.step;
    timeline.put(keyframes.map((one, i) => ({ ...one, text: write({ ...(i === chosen ? state : read(one.text)), step }) })));
  }

  show() {
    const { find, timeline, walk: { keyframes }, explore } = this.panel;
    find(".wk-replace").disabled = timeline.chosen < 0 || keyframes[timeline.chosen]?.text === this.present;
    find(".wk-add-classes").hidden = !explore.model.labels.length;
    find(".wk-example").hidden = keyframes.length > 0;
    this.showFavourites();
  }

  showFavourites() {
    const { find, explore, model } = this.panel, own = explore.favourites.list.filter(({ text }) => modelOf(text) === model.name);
    find(".wk-favourites").hidden = !own.length;
    find(".wk-favourites").replaceChildren(element("span", { textContent: t("walk.favourites") }), ...own.map(({ text, pixels, shape }, i) => {
      const canvas = element("canvas"), name = t("walk.favourite", { n: i + 1 });
      paint(canvas, pixels, shape);
      const button = element("button", { type: "button", className: "ex-tile", title: name, ariaLabel: name }, canvas);
      button.onclick = () => this.add([text]);
      return button;
    }));
  }
}
