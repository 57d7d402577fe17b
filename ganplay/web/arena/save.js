// The arena to take along: every number as a table, the pictures as one, the same on a terminal.

import { axisName, valueName } from "./setup.js";
import { withInterval } from "./table.js";
import { element } from "../shared/dom.js";
import { csv, download, save } from "../shared/files.js";
import { copy } from "../shared/clipboard.js";
import { t, whole } from "../shared/i18n.js";

const METRICS = ["js", "modes", "high_quality"], LONGEST = 4000;
const SIDE = 220, GAP = 14, HEAD = 64, FOOT = 40, DOWN = 110;

// A row for each measurement of each member.
export function rowsOf(entries, told) {
  const names = told.axes.map(({ name }) => name), shown = (value) => value ?? "";
  const rows = entries.flatMap(({ step, cells }) => cells.flatMap((cell, i) => cell.members.map((member) =>
    [step, ...names.map((name) => told.possible[i].values[name]), member.seed, ...METRICS.map((name) => shown(member[name]))])));
  return [["step", ...names, "seed", ...METRICS], rows];
}

// What does the same on a terminal; null where the settings are too long for one.
export function commandOf({ state, axes, seeds }, steps) {
  if (state.length > LONGEST || state.includes("distribution:own")) return null;
  const sweeps = axes.map(({ name, values }) => `--sweep ${name}=${values.join(",")}`);
  const count = seeds.length > 1 ? [`--seeds ${seeds.length}`] : [];
  return ["ganplay toy", `--state "${state}"`, ...sweeps, ...count, `--steps ${steps}`].join(" ");
}

export class Save {
  /** @param {import("./arena.js").Arena} arena */
  constructor(arena) {
    this.arena = arena;
    const on = (selector, does) => { arena.find(selector).onclick = does; };
    on(".ar-csv", () => save("ganplay-arena.csv", csv(...rowsOf(arena.curves.history.entries, arena.told)), "text/csv"));
    on(".ar-png", () => this.picture().toBlob((blob) => download("ganplay-arena.png", blob)));
    on(".ar-command", ({ target }) => copy(target, commandOf(arena.told, arena.step)));
  }

  show() {
    const { told, standings } = this.arena;
    for (const name of [".ar-csv", ".ar-png"]) this.arena.find(name).disabled = !told || !standings;
    this.arena.find(".ar-command").disabled = !told || !commandOf(told, 0);
  }

  // The pictures as they stand, with names, numbers and ranks.
  picture() {
    const { arena } = this, { told, standings, cells, setup } = arena, { matrix } = cells, colours = arena.app.palette;
    const columns = matrix ? told.axes[1].values.length : Math.ceil(Math.sqrt(told.cells.length)), rows = Math.ceil(told.cells.length / columns);
    const left = matrix ? DOWN : GAP, top = HEAD + (matrix ? 26 : 0);
    const canvas = element("canvas", { width: left + columns * (SIDE + GAP), height: top + rows * (SIDE + FOOT) + GAP });
    const pen = canvas.getContext("2d");
    pen.fillStyle = colours.panel;
    pen.fillRect(0, 0, canvas.width, canvas.height);
    const write = (text, x, y, size, weight = 400, align = "left", room = canvas.width) => {
      pen.fillStyle = weight > 500 ? colours.inkText : colours.text;
      pen.font = `${weight} ${size}px system-ui, sans-serif`;
      pen.textAlign = align;
      pen.fillText(text, x, y, room);
    };
    const names = told.axes.map(({ name }) => axisName(setup.fields[name])).join(" × ");
    write(names, GAP, 26, 18, 650);
    write(`ganplay · ${t("arena.picture_about", { step: whole(standings.step), n: told.seeds.length })}`, GAP, 48, 13);
    if (matrix) told.axes[1].values.forEach((value, k) => write(valueName(told.axes[1].name, value), left + k * (SIDE + GAP) + SIDE / 2, HEAD + 16, 14, 650, "center"));
    told.cells.forEach((cell, i) => {
      const x = left + (i % columns) * (SIDE + GAP), y = top + Math.floor(i / columns) * (SIDE + FOOT);
      if (matrix && i % columns === 0) write(valueName(told.axes[0].name, cell.values[told.axes[0].name]), DOWN - 12, y + SIDE / 2, 14, 650, "right", DOWN - 20);
      const place = told.possible.indexOf(cell), foot = y + SIDE + 16;
      pen.strokeStyle = colours.line;
      pen.strokeRect(x - 0.5, y - 0.5, SIDE + 1, SIDE + 1);
      if (!matrix) write(cells.nameOf(cell), x, foot, 13, 650, "left", SIDE - 90);
      if (place < 0) return write("–", x + SIDE / 2, y + SIDE / 2, 20, 400, "center");
      const tile = cells.tiles[place];
      if (tile.canvas.width) pen.drawImage(tile.canvas, x, y, SIDE, SIDE);
      const stands = standings.cells[place], known = stands.mean.js !== null;
      write(known ? `${stands.rank[arena.table.by]}. ${withInterval(stands, "js")}` : t("arena.diverged"), x + SIDE, foot, 13, 400, "right");
    });
    return canvas;
  }
}
