// Many pictures to choose from: one for each seed, or a sheet with a row for each seed and a column
// for each class. Arrow keys walk through them.

import { element } from "../shared/dom.js";
import { paint } from "../shared/pixels.js";
import { step } from "../shared/grid-keys.js";
import { write } from "./latent-state.js";
import { t } from "../shared/i18n.js";

const SEEDS = 40, ROWS = 8, MOST_PAGES = 1_000_000;

// What the tiles of a page show: states that differ from the present one in seed (and class) alone.
export function tilesOf(state, { kind, page, classes }) {
  const base = { ...state, at: "" };
  if (kind === "seeds") return Array.from({ length: SEEDS }, (_, i) => ({ ...base, seed: page * SEEDS + i }));
  return Array.from({ length: ROWS * classes }, (_, i) => {
    const k = i % classes;
    return { ...base, seed: page * ROWS + Math.floor(i / classes), label: k ? [[k, 1]] : [] };
  });
}

export class Tiles {
  /** @param {import("./explore.js").Explore} explore */
  constructor(explore) {
    this.explore = explore;
    const { kind, page } = explore.kept.of("gallery") || {};
    this.kind = kind === "sheet" ? "sheet" : "seeds";
    this.page = Number.isInteger(page) && page >= 0 && page <= MOST_PAGES ? page : 0;
    this.round = 0;
    this.here = 0;
    this.states = [];
    this.tiles = [];
    this.host = explore.find(".ex-tiles");
    const on = (selector, does) => { explore.find(selector).onclick = does; };
    on(".ex-seeds", () => this.turn("seeds"));
    on(".ex-sheet", () => this.turn("sheet"));
    on(".ex-before", () => this.go(this.page - 1));
    on(".ex-after", () => this.go(this.page + 1));
    this.host.onkeydown = (event) => this.key(event);
  }

  get classes() {
    return this.explore.model.labels.length;
  }

  turn(kind) {
    Object.assign(this, { kind, page: 0, here: 0 });
    this.show();
  }

  go(page) {
    this.page = Math.max(0, page);
    this.show();
  }

  // Make the tiles that belong to the present state, if they are other ones, and have them drawn.
  show() {
    const { explore, classes } = this;
    if (!classes) this.kind = "seeds";
    explore.kept.put("gallery", { kind: this.kind, page: this.page });
    const states = tilesOf(explore.state, { kind: this.kind, page: this.page, classes });
    const texts = states.map(write), same = texts.length === this.texts?.length && texts.every((text, i) => text === this.texts[i]);
    Object.assign(this, { states, texts });
    for (const kind of ["seeds", "sheet"]) explore.find(`.ex-${kind}`).setAttribute("aria-pressed", kind === this.kind);
    explore.find(".ex-sheet").hidden = !classes;
    explore.find(".ex-before").disabled = this.page === 0;
    const first = states[0].seed, last = states.at(-1).seed;
    explore.find(".ex-page").textContent = t("explore.page", { first, last });
    if (this.tiles.length !== states.length || this.host.dataset.kind !== this.kind) this.build();
    this.name();
    if (!same) this.draw();
  }

  relabel() {
    this.texts = null;
  }

  build() {
    this.host.dataset.kind = this.kind;
    this.host.style.setProperty("--columns", this.kind === "sheet" ? this.classes : "");
    this.tiles = this.states.map((_, i) => {
      const tile = element("button", { type: "button", className: "ex-tile" }, element("canvas"));
      tile.onclick = () => this.choose(i);
      return tile;
    });
    const names = this.kind === "sheet" ? this.explore.model.labels : [];
    this.host.replaceChildren(...names.map((name) => element("span", { className: "ex-column", textContent: name })), ...this.tiles);
    this.here = 0;
  }

  name() {
    const { state, model } = this.explore, now = write(state);
    this.tiles.forEach((tile, i) => {
      const { seed, label } = this.states[i];
      const name = this.kind === "sheet" ? model.labels[label.length ? label[0][0] : 0] : "";
      tile.title = tile.ariaLabel = this.kind === "sheet" ? t("explore.tile_class", { seed, name }) : t("explore.tile", { seed });
      tile.dataset.state = this.texts[i];
      tile.setAttribute("aria-current", this.texts[i] === now);
      tile.tabIndex = i === this.here ? 0 : -1;
    });
  }

  choose(i) {
    const { seed, label } = this.states[i];
    this.here = i;
    this.explore.set({ seed, at: "", ...(this.kind === "sheet" ? { label } : {}) }, true);
  }

  key(event) {
    const columns = getComputedStyle(this.host).gridTemplateColumns.split(" ").length;
    const to = step(this.here, event.key, columns, this.tiles.length);
    if (to === this.here || !event.target.matches(".ex-tile")) return;
    event.preventDefault();
    this.tiles[this.here].tabIndex = -1;
    this.tiles[to].tabIndex = 0;
    this.tiles[to].focus();
    this.here = to;
  }

  // As many at once as the server takes, until all are there or others are wanted.
  async draw() {
    const round = ++this.round, { source, state, most } = this.explore, { texts, tiles } = this;
    for (let start = 0; start < texts.length; start += most) {
      const part = texts.slice(start, start + most);
      const answer = await source.ask("tiles", { model: state.model, states: part });
      if (round !== this.round || !answer || answer.type !== "pictures") return;
      part.forEach((_, i) => paint(tiles[start + i].firstChild, answer.pixels, answer.shape, i));
    }
    this.drawn = round;
  }
}
