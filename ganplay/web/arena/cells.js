// The cells as small pictures: of one axis side by side, of two as a matrix. Arrow keys go from one
// to the next, Enter takes one into the lab.

import { axisName, valueName } from "./setup.js";
import { averagedWords } from "../shared/averaged.js";
import { element } from "../shared/dom.js";
import { discs, squares } from "../shared/pen.js";
import { Plane } from "../shared/plane.js";
import { step } from "../shared/grid-keys.js";
import { count, number, t } from "../shared/i18n.js";

const LAYERS = ["map", "real", "fake"], GAP = 8, LARGEST = 340, LEAST = 84, NARROW = 760, DISCS = 190;

// A moment's pictures as `Plane` draws them; of what has diverged there are none.
export function framesOf({ cells, blobs, lost, shown, step }, { possible, data, seeds }) {
  const [fakes, maps] = [new Int16Array(blobs[0]), new Uint8Array(blobs[1])], points = fakes.length / possible.length, area = cells ** 2;
  return possible.map((cell, i) => {
    const gone = lost.includes(i * seeds.length + shown), { extent, fake_labels: labels } = data[cell.data];
    return {
      step, extent, cells: gone ? 0 : cells, map: maps.subarray(i * area, (i + 1) * area), rows: 0, pulls: [], diagnosis: {},
      fakes: gone ? [] : fakes.subarray(i * points, (i + 1) * points),
      labels: labels.length ? labels : null,
    };
  });
}

class Small extends Plane {
  drawAxes() {} // there is no room for numbers

  // In small ones squares look like discs.
  points(pen, points, labels, colour, draw) {
    if (draw !== discs || this.canvas.width > DISCS) return super.points(pen, points, labels, colour, draw);
    pen.fillStyle = colour;
    pen.globalAlpha = 0.85;
    squares(pen, points, this.zoom, 1.8 * this.dot);
    pen.globalAlpha = 1;
  }
}

// Columns and side of squares that fill a box best, each with a line of text below it.
export function packing(count, wide, tall, foot, gap = GAP) {
  let best = { columns: 1, side: 0 };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const side = Math.min((wide - (columns - 1) * gap) / columns, (tall - (rows - 1) * gap) / rows - foot);
    if (side > best.side + 0.5) best = { columns, side };
  }
  return { columns: best.columns, side: Math.floor(Math.min(LARGEST, best.side)) };
}

// A curve's colour by the place of its cell's first value, from blue over grey to yellow: seen alike
// by all eyes. Its dashes go by the second.
const ENDS = { light: [[0, 45, 110], [125, 124, 120], [178, 137, 0]], dark: [[120, 160, 255], [160, 160, 155], [255, 225, 90]] };
const DASHES = [[], [6, 3], [2, 2.5], [9, 3, 2, 3]];

export function styleOf(cell, axes, theme) {
  const [first, second] = axes, of = first.values.length;
  const share = of > 1 ? (2 * first.values.indexOf(cell.values[first.name])) / (of - 1) : 0;
  const [from, to] = share <= 1 ? ENDS[theme].slice(0, 2) : ENDS[theme].slice(1), part = share <= 1 ? share : share - 1;
  const colour = `rgb(${from.map((v, i) => Math.round(v + (to[i] - v) * part))})`;
  return { colour, dash: second ? DASHES[second.values.indexOf(cell.values[second.name]) % DASHES.length] : [] };
}

const SVG = "http://www.w3.org/2000/svg";

export function swatch({ colour, dash }) {
  const box = document.createElementNS(SVG, "svg"), line = document.createElementNS(SVG, "line");
  for (const [name, value] of Object.entries({ "viewBox": "0 0 18 6", "width": 18, "height": 6, "class": "ar-swatch", "aria-hidden": true })) box.setAttribute(name, String(value));
  for (const [name, value] of Object.entries({ "x1": 0, "y1": 3, "x2": 18, "y2": 3, "stroke": colour, "stroke-width": 3, "stroke-dasharray": dash.join(" ") })) line.setAttribute(name, String(value));
  box.append(line);
  return box;
}

export class Cells {
  /** @param {import("./arena.js").Arena} arena */
  constructor(arena) {
    this.arena = arena;
    this.host = arena.find(".ar-cells");
    this.tiles = [];
    this.here = 0;
    this.host.onkeydown = (event) => this.key(event);
    const watch = new ResizeObserver(() => this.fit());
    for (const selector of [".ar-stage", ".ar-bar"]) watch.observe(arena.find(selector));
    this.arena.app.addEventListener("theme", () => this.build());
    this.arena.app.addEventListener("projector", () => this.fit());
  }

  get matrix() {
    return this.arena.told?.axes.length === 2;
  }

  // In one word for one axis, in two for two; `long` with the names of the axes.
  nameOf(cell, long = false) {
    const { fields } = this.arena.setup;
    return this.arena.told.axes.map(({ name }) => {
      const value = valueName(name, cell.values[name]);
      return long ? `${axisName(fields[name])} ${value}` : value;
    }).join(" · ");
  }

  build() {
    const { told } = this.arena;
    this.host.replaceChildren();
    this.tiles = [];
    if (!told) return;
    this.host.classList.toggle("matrix", this.matrix);
    const [rows, columns] = told.axes, { fields } = this.arena.setup;
    if (this.matrix) {
      this.host.append(element("span", { className: "ar-names", textContent: `${axisName(fields[columns.name])} →` }));
      this.host.append(element("span", { className: "ar-corner", textContent: `${axisName(fields[rows.name])} ↓` }));
      this.host.append(...columns.values.map((value) => element("span", { className: "ar-across", textContent: valueName(columns.name, value) })));
    }
    let place = 0;
    told.cells.forEach((cell, i) => {
      if (this.matrix && i % columns.values.length === 0) this.host.append(element("span", { className: "ar-down", textContent: valueName(rows.name, cell.values[rows.name]) }));
      if (cell.problems) {
        const why = this.arena.words(cell.problems)[0];
        this.host.append(element("div", { className: "ar-tile ar-not", title: `${this.nameOf(cell, true)}: ${why}` }, element("p", { textContent: why }),
          element("span", { className: "ar-foot" }, ...(this.matrix ? [] : [element("b", { textContent: this.nameOf(cell) })]))));
        return;
      }
      const tile = this.tile(cell, place++);
      this.tiles.push(tile);
      this.host.append(tile.button);
    });
    this.here = Math.min(this.here, this.tiles.length - 1);
    this.fit();
    this.number();
  }

  tile(cell, place) {
    const canvas = element("canvas"), rank = element("span", { className: "ar-rank", ariaHidden: "true" }), lost = element("span", { className: "ar-lost" });
    const numbers = element("span", { className: "ar-numbers" }), style = styleOf(cell, this.arena.told.axes, this.arena.app.theme);
    const foot = element("span", { className: "ar-foot" }, this.matrix ? element("span", { className: "visually-hidden", textContent: this.nameOf(cell, true) })
      : element("b", {}, swatch(style), element("span", { textContent: this.nameOf(cell) })), numbers);
    const button = element("button", { type: "button", className: "ar-tile", tabIndex: place === this.here ? 0 : -1 }, element("span", { className: "ar-picture" }, canvas, rank, lost, ...(cell.ema > 0 ? [element("span", { className: "ar-averaged", textContent: t("averaged.short"), title: averagedWords(cell.ema) })] : [])), foot);
    const plane = new Small(canvas, this.arena.app.schema.frame, this.arena.app.palette);
    plane.layers = LAYERS.reduce((sum, name) => sum + plane.schema.layers[name], 0);
    plane.setData(this.arena.told.data[cell.data]);
    button.onclick = () => this.arena.take(place);
    button.onpointerenter = () => this.arena.point(place);
    button.onfocus = () => {
      this.tiles[this.here].button.tabIndex = -1;
      this.here = place;
      button.tabIndex = 0;
      this.arena.point(place);
    };
    button.onblur = button.onpointerleave = () => this.arena.point(-1);
    return { cell, button, canvas, plane, rank, lost, numbers };
  }

  // Pixels of the line or two of words below a picture.
  get footHeight() {
    const line = this.arena.app.teach.projector ? 24 : 16;
    return this.matrix ? line + 1 : 2 * line + 1;
  }

  // As large as they can be without scrolling; on a narrow page as wide as fits.
  fit() {
    const { told } = this.arena;
    if (!told || !this.host.clientWidth) return;
    const wide = this.host.clientWidth, narrow = window.innerWidth <= NARROW, foot = this.footHeight;
    const tall = narrow ? Infinity : Math.max(240, this.arena.find(".ar-stage").clientHeight - this.host.offsetTop - 12);
    let layout;
    if (this.matrix) {
      const [rows, columns] = told.axes.map(({ values }) => values.length), head = this.arena.app.teach.projector ? 124 : narrow ? 50 : 72;
      this.host.style.setProperty("--head", `${head}px`);
      this.lay(columns, LEAST); // names are as high as their columns are narrow
      const above = [".ar-names", ".ar-corner"].reduce((all, name) => all + this.host.querySelector(name).offsetHeight + GAP, 0);
      const side = Math.min((wide - head - columns * GAP) / columns, (tall - above - (rows - 1) * GAP) / rows - foot);
      layout = { columns, side: Math.floor(Math.max(narrow ? 56 : LEAST, Math.min(LARGEST, side))) };
    } else if (narrow) layout = { columns: 2, side: Math.floor((wide - GAP) / 2) };
    else layout = packing(told.cells.length, wide, tall, foot);
    this.lay(layout.columns, Math.max(this.matrix ? 0 : LEAST, layout.side));
    for (const { plane } of this.tiles) plane.resize();
    this.draw();
  }

  lay(columns, side) {
    this.host.style.setProperty("--columns", columns);
    this.host.style.setProperty("--side", `${side}px`);
  }

  draw() {
    this.tiles.forEach(({ plane }, i) => plane.draw(this.arena.frames[i] || null));
  }

  // Ranks and numbers, and what has diverged.
  number() {
    const { standings, told, lost } = this.arena, seeds = told?.seeds.length || 1, by = this.arena.table.by;
    this.tiles.forEach(({ cell, button, rank, lost: veil, numbers }, i) => {
      const stands = standings?.cells[i], gone = lost.filter((member) => Math.floor(member / seeds) === i).length;
      const { modes } = told.data[cell.data];
      rank.textContent = stands && stands.mean.js !== null ? stands.rank[by] : "";
      rank.classList.toggle("leads", rank.textContent === "1");
      const covered = modes && stands?.mean.modes !== null ? ` · ${count(stands?.mean.modes)}/${modes}` : "";
      const text = stands ? `${number(stands.mean.js)}${covered}` : "";
      if (numbers.textContent !== text) numbers.textContent = text;
      veil.textContent = gone ? (gone === seeds ? t("arena.diverged") : t("arena.diverged_some", { gone, seeds })) : "";
      button.classList.toggle("gone-all", gone === seeds);
      const name = this.nameOf(cell, true), known = stands ? t("arena.tile", { name, rank: stands.rank[by], js: number(stands.mean.js), modes: modes ? `${count(stands.mean.modes)}/${modes}` : "–" }) : name;
      const averaged = cell.ema > 0 ? ` ${averagedWords(cell.ema)}.` : "";
      const whole = (gone ? `${known} ${veil.textContent}.` : known) + averaged;
      button.title = `${whole}\n${t("arena.take")}`;
    });
  }

  light(place) {
    this.tiles.forEach(({ button }, i) => button.classList.toggle("lit", i === place));
  }

  key(event) {
    if (!event.target.matches(".ar-tile")) return;
    const columns = Number(this.host.style.getPropertyValue("--columns")) || 1;
    const to = step(this.here, event.key, columns, this.tiles.length);
    if (to === this.here) return;
    event.preventDefault();
    this.tiles[to].button.focus();
  }
}
