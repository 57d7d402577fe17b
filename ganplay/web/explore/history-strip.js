// All that was seen, as a strip of small pictures below the large one, with undo and redo.

import { Past, modelOf } from "./latent-state.js";
import { cut, paint } from "../shared/pixels.js";
import { element } from "../shared/dom.js";
import { t } from "../shared/i18n.js";

const MOST = 60; // pictures in the strip

export class HistoryStrip extends Past {
  /** @param {import("./explore.js").Explore} explore */
  constructor(explore) {
    super();
    this.explore = explore;
    this.host = explore.find(".ex-past");
    explore.find(".ex-undo").onclick = () => this.lead(this.at - 1);
    explore.find(".ex-redo").onclick = () => this.lead(this.at + 1);
  }

  lead(place) {
    const entry = this.go(place);
    if (entry) this.explore.goBack(entry.text);
  }

  show() {
    const places = this.window(MOST);
    this.explore.find(".ex-undo").disabled = this.at <= 0;
    this.explore.find(".ex-redo").disabled = this.at >= this.list.length - 1;
    this.host.replaceChildren(...places.map((place) => {
      const entry = this.list[place], canvas = element("canvas"), name = t("explore.past_tile", { n: place + 1 });
      if (entry.pixels) paint(canvas, entry.pixels, entry.shape);
      const button = element("button", { type: "button", className: "ex-tile", title: name, ariaLabel: name, draggable: true }, canvas);
      button.dataset.state = entry.text;
      button.setAttribute("aria-current", place === this.at);
      button.onclick = () => this.lead(place);
      return button;
    }));
    const now = this.host.children[places.indexOf(this.at)];
    if (now) this.host.scrollLeft = now.offsetLeft - this.host.clientWidth / 2;
  }

  // The picture of a state has come.
  illustrate(text, pixels, shape) {
    const entry = this.list.find((one) => one.text === text && !one.pixels);
    if (!entry) return;
    Object.assign(entry, cut(pixels, shape));
    this.show();
  }

  // Pictures of moments that went by faster than they were drawn.
  async fill() {
    const { source, state, most } = this.explore, { list, at } = this;
    const lack = this.window(MOST).map((place) => list[place])
      .filter((entry) => !entry.pixels && modelOf(entry.text) === state.model && entry !== list[at]).slice(-most);
    if (!lack.length) return;
    const answer = await source.ask("history", { model: state.model, states: lack.map(({ text }) => text) });
    if (answer?.type !== "pictures") return;
    lack.forEach((entry, i) => Object.assign(entry, cut(answer.pixels, answer.shape, i)));
    this.show();
  }
}
