// All cells' curves over the steps in one drawing: the mean over the seeds, and of the cell that is
// pointed at, or leads, how sure it is. Whoever points at a place is told the value there.

import { styleOf } from "./cells.js";
import { withInterval } from "./table.js";
import { choice, element } from "../shared/dom.js";
import { disc, fitted, line, textSize, write } from "../shared/pen.js";
import { t, whole } from "../shared/i18n.js";

const METRICS = ["js", "modes", "high_quality"], MOST = 600, LEFT = 34, FOOT = 16, NEAR = 24;

// Standings of a run as they come; when there are too many, every other one goes.
export class History {
  entries = [];

  add(standings) {
    if (this.entries.length && standings.step <= this.entries.at(-1).step) {
      if (standings.step === this.entries.at(-1).step) return;
      this.entries = [];
    }
    this.entries.push(standings);
    if (this.entries.length > MOST) this.entries = this.entries.filter((_, i) => i % 2 === 0 || i === this.entries.length - 1);
  }
}

// The entry nearest to a step, and the cell whose value there is nearest to one; null if none is known.
export function nearest(entries, metric, step, value) {
  if (!entries.length) return null;
  const entry = entries.reduce((best, one) => (Math.abs(one.step - step) < Math.abs(best.step - step) ? one : best));
  let place = -1, off = Infinity;
  entry.cells.forEach((cell, i) => {
    const away = cell.mean[metric] === null ? Infinity : Math.abs(cell.mean[metric] - value);
    if (away < off) [place, off] = [i, away];
  });
  return place < 0 ? null : { entry, place };
}

export class Curves {
  /** @param {import("./arena.js").Arena} arena */
  constructor(arena) {
    this.arena = arena;
    this.metric = "js";
    this.history = new History();
    this.lit = -1;
    this.canvas = arena.find(".ar-curves canvas");
    this.box = arena.find(".ar-value");
    this.canvas.onpointermove = (event) => this.point(event);
    this.canvas.onpointerleave = () => this.leave();
    this.canvas.onkeydown = (event) => this.key(event);
    this.canvas.onblur = () => this.leave();
    for (const name of ["theme", "projector"]) this.arena.app.addEventListener(name, () => this.draw());
    new ResizeObserver(() => this.draw()).observe(this.canvas.parentElement);
  }

  label() {
    const options = METRICS.map((name) => element("option", { value: name, textContent: t(`metrics.${name}.label`) }));
    const select = choice({ title: t("arena.metric_tip"), ariaLabel: t("arena.metric") }, options, this.metric, (name) => {
      this.metric = name;
      this.draw();
    });
    this.arena.find(".ar-curves figcaption").replaceChildren(element("b", { textContent: t("arena.curves") }), select);
    this.draw();
  }

  clear() {
    this.history = new History();
    this.leave();
    this.draw();
  }

  add(standings) {
    this.history.add(standings);
    this.draw();
  }

  light(place) {
    this.lit = place;
    this.draw();
  }

  get scale() {
    const { entries } = this.history, wide = this.canvas.clientWidth, tall = this.canvas.clientHeight;
    const modes = Math.max(1, ...(this.arena.told?.data.map((data) => data.modes) || []));
    const top = { js: 1, modes, high_quality: 1 }[this.metric] * 1.03, last = Math.max(1, entries.at(-1)?.step || 0);
    const right = wide - 6, foot = tall - FOOT;
    return {
      top, last, right, foot,
      x: (step) => LEFT + (step / last) * (right - LEFT), y: (value) => foot - (value / top) * (foot - 4),
      step: (x) => ((x - LEFT) / (right - LEFT)) * last, value: (y) => ((foot - y) / (foot - 4)) * top,
    };
  }

  draw() {
    const { canvas, arena } = this, { told } = arena, wide = canvas.clientWidth, tall = canvas.clientHeight;
    if (!wide) return;
    const { pen } = fitted(canvas), colours = this.arena.app.palette, { entries } = this.history;
    this.describe();
    const { x, y, top, last, right } = this.scale;
    pen.strokeStyle = colours.line;
    pen.fillStyle = colours.text;
    pen.font = `${textSize(canvas, 10.5)}px system-ui, sans-serif`;
    pen.lineWidth = 1;
    const marks = this.metric === "modes" ? [0, Math.round(top / 1.03 / 2), Math.round(top / 1.03)] : [0, 0.5, 1];
    for (const value of marks) {
      line(pen, [[LEFT, y(value)], [right, y(value)]]);
      write(pen, String(value), LEFT - 5, y(value) + 4, "right");
    }
    if (!told || !entries.length) return;
    write(pen, whole(last), right, tall - 3, "right");
    write(pen, "0", LEFT, tall - 3, "left");
    if (this.metric === "js") this.floor(pen, y, right, colours);
    const lead = this.lit >= 0 ? this.lit : entries.at(-1).cells.findIndex(({ rank }) => rank[arena.table.by] === 1);
    told.possible.forEach((cell, i) => i !== lead && this.line(pen, i, cell, 1.3, this.lit >= 0 ? 0.3 : 0.8));
    if (lead >= 0) {
      this.band(pen, lead, told.possible[lead]);
      this.line(pen, lead, told.possible[lead], 2.6, 1);
    }
    if (this.mark) {
      const { entry, place } = this.mark, value = entry.cells[place].mean[this.metric];
      pen.fillStyle = colours.inkText;
      disc(pen, x(entry.step), y(value), 4);
    }
  }

  floor(pen, y, right, colours) {
    const floors = new Set(this.arena.told.data.map((data) => data.floor));
    pen.strokeStyle = colours.text;
    pen.setLineDash([1, 3]);
    for (const floor of floors) line(pen, [[LEFT, y(floor)], [right, y(floor)]]);
    pen.setLineDash([]);
  }

  line(pen, i, cell, thick, alpha) {
    const { x, y } = this.scale, { colour, dash } = styleOf(cell, this.arena.told.axes, this.arena.app.theme);
    Object.assign(pen, { strokeStyle: colour, lineWidth: thick, globalAlpha: alpha, lineJoin: "round" });
    pen.setLineDash(dash);
    const known = this.history.entries.filter(({ cells }) => cells[i].mean[this.metric] !== null);
    line(pen, known.map(({ step, cells }) => [x(step), y(cells[i].mean[this.metric])]));
    pen.setLineDash([]);
    pen.globalAlpha = 1;
  }

  band(pen, i, cell) {
    const { x, y } = this.scale, known = this.history.entries.filter(({ cells }) => cells[i].interval[this.metric]);
    const at = ({ step, cells }, end) => [x(step), y(cells[i].interval[this.metric][end])];
    pen.fillStyle = styleOf(cell, this.arena.told.axes, this.arena.app.theme).colour;
    pen.globalAlpha = 0.14;
    pen.beginPath();
    for (const entry of known) pen.lineTo(...at(entry, 1));
    for (const entry of [...known].reverse()) pen.lineTo(...at(entry, 0));
    pen.fill();
    pen.globalAlpha = 1;
  }

  point({ offsetX, offsetY }) {
    const { step, value, y } = this.scale, found = nearest(this.history.entries, this.metric, step(offsetX), value(offsetY));
    const near = found && Math.abs(y(found.entry.cells[found.place].mean[this.metric]) - offsetY) < NEAR;
    if (near) this.say(found);
    else this.leave();
  }

  say(found) {
    const { entry, place } = found, { x, y } = this.scale, cell = entry.cells[place];
    this.mark = found;
    this.arena.point(place);
    const name = this.arena.cells.nameOf(this.arena.told.possible[place]), value = withInterval(cell, this.metric, 3);
    this.box.textContent = t("arena.value", { name, step: whole(entry.step), value });
    this.box.hidden = false;
    const left = Math.min(Math.max(0, x(entry.step) - this.box.offsetWidth / 2), this.canvas.clientWidth - this.box.offsetWidth);
    const at = y(cell.mean[this.metric]), above = at > 44 ? at - 36 : at + 12;
    Object.assign(this.box.style, { left: `${left}px`, top: `${above}px` });
  }

  leave() {
    if (!this.mark) return;
    this.mark = null;
    this.box.hidden = true;
    this.arena.point(-1);
  }

  // Left and right go through the steps, up and down from curve to curve.
  key(event) {
    const { entries } = this.history, way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!way || !entries.length) return;
    event.preventDefault();
    const at = this.mark ? entries.indexOf(this.mark.entry) : entries.length - 1;
    const entry = entries[Math.min(entries.length - 1, Math.max(0, at + way[0] * Math.ceil(entries.length / 40)))];
    const known = entry.cells.map((_, i) => i).filter((i) => entry.cells[i].mean[this.metric] !== null)
      .sort((a, b) => entry.cells[b].mean[this.metric] - entry.cells[a].mean[this.metric]);
    if (!known.length) return;
    const from = known.indexOf(this.mark?.place ?? known[0]);
    this.say({ entry, place: known[Math.min(known.length - 1, Math.max(0, from + way[1]))] });
    this.describe();
  }

  describe() {
    const text = this.mark ? this.box.textContent : t("arena.curves_of", { name: t(`metrics.${this.metric}.label`) });
    if (this.canvas.getAttribute("aria-label") !== text) this.canvas.setAttribute("aria-label", text);
  }
}
