// The ranking: a row for each cell, best first, with how sure its numbers are.

import { styleOf, swatch } from "./cells.js";
import { axisName } from "./setup.js";
import { element } from "../shared/dom.js";
import { count, number, span, t, whole } from "../shared/i18n.js";

const CALM = 700; // milliseconds between two changes: faster nobody reads
const SPOKEN = 10_000; // milliseconds between two sentences about who leads

// Places of cells in the table: by one rank, then by the other, then as they were.
export function order(cells, by) {
  const other = { js: "modes", modes: "js" }[by];
  return cells.map((_, i) => i).sort((a, b) =>
    cells[a].rank[by] - cells[b].rank[by] || cells[a].rank[other] - cells[b].rank[other]
    || (cells[a].mean.js ?? Infinity) - (cells[b].mean.js ?? Infinity) || a - b);
}

// A cell's mean of a metric, with its interval if it has one.
export const withInterval = (cell, name, digits = 2) =>
  span(cell.mean[name], cell.interval[name], name === "modes" ? count : (value) => number(value, digits));

export class Table {
  /** @param {import("./arena.js").Arena} arena */
  constructor(arena) {
    this.arena = arena;
    this.host = arena.find(".ar-table");
    this.by = "js";
    this.rows = [];
    this.at = 0;
    this.later = null;
    this.arena.app.addEventListener("theme", () => this.build());
  }

  label() {
    const host = this.arena.find(".ar-by");
    host.replaceChildren(...["js", "modes"].map((name) => {
      const onchange = () => {
        this.by = name;
        this.show(true);
      };
      const radio = element("input", { type: "radio", name: "ar-by", value: name, checked: name === this.by, onchange });
      return element("label", { className: "pick", title: t(`arena.by_${name}_tip`) }, radio, element("span", { textContent: t(`arena.by_${name}`) }));
    }));
    this.build();
  }

  build() {
    const { told, cells } = this.arena;
    this.rows = [];
    this.host.replaceChildren();
    this.host.hidden = true;
    this.arena.find(".ar-none").hidden = false;
    this.arena.find(".ar-about").textContent = "";
    if (!told) return;
    const head = ["rank", "cell", "js", "modes"].map((name) => element("th", { scope: "col", textContent: t(`arena.columns.${name}`), title: t(`arena.columns.${name}_tip`) }));
    head[1].textContent = told.axes.map(({ name }) => axisName(this.arena.setup.fields[name])).join(" · ");
    head[1].title = head[1].textContent;
    this.body = element("tbody");
    this.host.append(element("thead", {}, element("tr", {}, ...head)), this.body);
    this.rows = cells.tiles.map(({ cell }, i) => {
      const style = swatch(styleOf(cell, told.axes, this.arena.app.theme)), name = element("span", { textContent: cells.nameOf(cell) });
      const does = { title: t("arena.take"), onclick: () => this.arena.take(i) };
      const button = element("button", { type: "button", ...does }, style, name);
      const [rank, js, modes] = [element("td"), element("td"), element("td")];
      const row = element("tr", {}, rank, element("th", { scope: "row" }, button), js, modes);
      row.onpointerenter = button.onfocus = () => this.arena.point(i);
      row.onpointerleave = button.onblur = () => this.arena.point(-1);
      return { row, button, rank, js, modes };
    });
    this.body.append(...this.rows.map(({ row }) => row));
    this.show(true);
  }

  show(now = false) {
    const { standings, told } = this.arena;
    if (!standings || !told || !this.rows.length) return;
    const early = now ? 0 : CALM - (performance.now() - this.at);
    if (early > 0) {
      this.later ??= setTimeout(() => this.show(true), early);
      return;
    }
    clearTimeout(this.later);
    Object.assign(this, { at: performance.now(), later: null });
    this.host.hidden = false;
    this.arena.find(".ar-none").hidden = true;
    const { cells } = standings, n = told.seeds.length;
    cells.forEach((cell, i) => {
      const { row, rank, js, modes } = this.rows[i], known = cell.mean.js !== null;
      rank.textContent = known ? cell.rank[this.by] : "–";
      const alike = cell.behind === false && cell.rank.js > 1 && this.by === "js";
      if (alike) rank.append(element("span", { className: "ar-alike", textContent: "≈", title: t("arena.alike", { n }) }));
      js.textContent = known ? withInterval(cell, "js") : t("arena.diverged");
      modes.textContent = known && told.data[told.possible[i].data].modes ? withInterval(cell, "modes") : "–";
      row.classList.toggle("leads", known && cell.rank[this.by] === 1);
    });
    this.arena.find(".ar-about").textContent = n > 1 ? t("arena.uncertain", { n }) : t("arena.one_seed");
    this.sort(cells);
    this.arena.cells.number(); // the tiles say the same at any time
  }

  // A row that is moved loses the focus, so it is given back.
  sort(cells) {
    const places = order(cells, this.by), wanted = places.map((i) => this.rows[i].row);
    if (wanted.every((row, i) => row === this.body.children[i])) return;
    const { activeElement } = document, focused = activeElement instanceof HTMLElement && this.body.contains(activeElement) ? activeElement : null;
    this.body.append(...wanted);
    focused?.focus();
  }

  // Who leads, for those who do not see the table; not all the time.
  speak() {
    const { playing, standings, told, cells } = this.arena, now = performance.now();
    if (playing && now - (this.spokenAt || 0) < SPOKEN) return;
    this.spokenAt = now;
    const [first] = order(standings.cells, this.by), js = number(standings.cells[first].mean.js);
    const text = t("arena.leads", { name: cells.nameOf(told.possible[first], true), js, step: whole(standings.step) });
    this.arena.find(".ar-cells").setAttribute("aria-description", text);
  }

  light(place) {
    this.rows.forEach(({ row }, i) => row.classList.toggle("lit", i === place));
  }
}
