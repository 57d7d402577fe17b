// The inside of both nets: every shown hidden unit as a small map of what it responds to (D's over the
// plane of the data, G's over that of the noise), weights as lines, gradients of the layers as bars.

import { element, withoutMotion } from "../shared/dom.js";
import * as paint from "../shared/mini-plots.js";
import { fitted, line, squares } from "../shared/pen.js";
import { number, t } from "../shared/i18n.js";

const SHOWN = 12, SIDE = 16, PAUSE = 200;
const NETS = ["g", "d"]; // as they stand on the page, G first; in a frame D comes first

// Which inputs, units and outputs of a net are shown from `first` on: a list of columns, each a list of
// indices, as `ganplay.anatomy.shown` chooses them.
export function columns(net, config, classes, first) {
  const chosen = (size, from) => {
    const start = Math.max(0, Math.min(from, size - SHOWN));
    return Array.from({ length: Math.min(SHOWN, size) }, (_, i) => start + i);
  };
  const inputs = (net === "g" ? config.noise_dim : 2) + classes;
  const hidden = Array.from({ length: config[`layers_${net}`] }, () => chosen(config[`width_${net}`], first));
  return [chosen(inputs, 0), ...hidden, chosen(net === "g" ? 2 : 1, 0)];
}

// Where a net's maps and weights lie in a frame's sections, D's before G's.
export function places(config, classes, first) {
  let maps = 0, weights = 0;
  const at = {};
  for (const net of ["d", "g"]) {
    const shown = columns(net, config, classes, first);
    at[net] = { columns: shown, maps, weights };
    maps += shown.slice(1, -1).reduce((sum, column) => sum + column.length, 0);
    for (let i = 1; i < shown.length; i++) weights += shown[i].length * shown[i - 1].length;
  }
  return { ...at, maps, weights };
}

export class NetworkInspector {
  /** @param {import("./lab.js").Lab} lab */
  constructor(lab) {
    this.lab = lab;
    this.host = lab.find(".insides");
    this.first = 0;
    this.unit = null;
    this.spots = {}; // where the units of each net lie
    this.nets = { g: lab.find(".net-g"), d: lab.find(".net-d") };
    this.large = lab.find(".unit-large");
    this.pager = lab.find(".pager");
    const [less, , more] = this.pager.children;
    less.onclick = () => this.page(-SHOWN);
    more.onclick = () => this.page(SHOWN);
    lab.find(".inside-close").onclick = () => this.set(false);
    this.set = lab.stage.addMode("inside", (on) => this.open(on));
    lab.addEventListener("frame", ({ detail: { frame } }) => this.show(frame));
    lab.addEventListener("state", () => this.layOut());
    lab.addEventListener("data", () => this.layOut());
    lab.app.addEventListener("words", () => this.layOut(true));
    lab.app.addEventListener("theme", () => this.redraw());
    new ResizeObserver(() => this.layOut(true)).observe(this.host);
  }

  // What the session is to send besides.
  get asks() {
    return this.host.hidden ? {} : { insides: this.first, unit: this.unit };
  }

  open(on) {
    this.host.hidden = !on;
    this.unit = null;
    this.layOut(true);
    this.lab.look();
    if (on) this.host.scrollIntoView({ block: "nearest", behavior: withoutMotion() ? "auto" : "smooth" });
  }

  page(by) {
    const widest = Math.max(this.lab.config.width_d, this.lab.config.width_g);
    this.first = Math.max(0, Math.min(this.first + by, Math.ceil(widest / SHOWN - 1) * SHOWN));
    this.layOut(true);
    this.lab.look();
  }

  // Put the units where they stand, anew when the nets have changed.
  layOut(anyway = false) {
    const { config, data } = this.lab;
    if (this.host.hidden || !config.loss) return;
    const about = JSON.stringify([config.layers_d, config.layers_g, config.width_d, config.width_g, config.noise_dim, data.classes, this.first]);
    if (about === this.about && !anyway) return;
    this.about = about;
    this.at = places(config, data.classes, this.first);
    const widest = Math.max(config.width_d, config.width_g);
    this.pager.hidden = widest <= SHOWN;
    this.pager.children[1].textContent = t("inside.units", { first: this.first + 1, last: Math.min(this.first + SHOWN, widest), all: widest });
    for (const name of NETS) this.layOutNet(name);
    this.redraw();
  }

  redraw() {
    this.shownAt = 0;
    if (this.lab.frame) this.show(this.lab.frame);
  }

  layOutNet(name) {
    const net = this.nets[name], { columns: shown } = this.at[name], units = net.querySelector(".units");
    const box = net.querySelector(".net-box"), wide = box.clientWidth, tall = box.clientHeight;
    this.spots[name] = shown.map((column, i) => column.map((_, j) => [
      20 + ((wide - 40) * i) / (shown.length - 1), (tall * (j + 0.5)) / column.length,
    ]));
    const size = Math.max(14, Math.min(32, tall / SHOWN - 3, (wide - 40) / (shown.length - 1) - 10));
    const inputs = (j) => {
      const own = name === "g" ? this.lab.config.noise_dim : 2;
      if (j >= own) return `y${j - own + 1}`;
      return name === "g" ? `z${j + 1}` : "xy"[j];
    };
    const made = shown.flatMap((column, i) => column.map((index, j) => {
      const [x, y] = this.spots[name][i][j], inner = i > 0 && i < shown.length - 1;
      const one = inner ? this.unitButton(name, i - 1, index) : element("span", { className: "end", textContent: i ? (name === "g" ? "xy"[j] : "D") : inputs(index) });
      Object.assign(one.style, { left: `${x}px`, top: `${y}px` });
      if (inner) one.style.width = one.style.height = `${size}px`;
      return one;
    }));
    units.replaceChildren(...made);
  }

  unitButton(net, layer, index) {
    const words = t("inside.unit", { net: net.toUpperCase(), layer: layer + 1, unit: index + 1 });
    const look = () => {
      this.unit = [net, layer, index];
      this.unitWords = words;
      this.lab.look();
    };
    const does = { onpointerenter: look, onfocus: look, onclick: look };
    return element("button", { type: "button", className: "unit", ariaLabel: words, ...does },
      element("canvas", { width: SIDE, height: SIDE }));
  }

  show(frame) {
    if (this.host.hidden || !this.at || frame.diverged) return;
    const now = performance.now(), { palette } = this.lab.app;
    if (now - (this.shownAt || 0) < PAUSE && frame.playing) return;
    if (!frame.weights || frame.weights.length !== this.at.weights || (frame.units || []).length !== this.at.maps * SIDE * SIDE) return;
    this.shownAt = now;
    for (const name of NETS) this.drawNet(name, frame, palette);
    this.showLarge(frame);
  }

  drawNet(name, frame, palette) {
    const net = this.nets[name], { maps, weights } = this.at[name], spots = this.spots[name];
    let map = maps;
    for (const canvas of net.querySelectorAll(".unit canvas")) {
      const values = frame.units.subarray(map * SIDE * SIDE, (map + 1) * SIDE * SIDE);
      paint.square(canvas, values, SIDE, { palette }, palette.strong);
      map += 1;
    }
    const { pen } = fitted(net.querySelector(".net-box > canvas"));
    let at = weights;
    for (let i = 1; i < spots.length; i++) {
      for (const [x2, y2] of spots[i]) {
        for (const [x1, y1] of spots[i - 1]) {
          const weight = frame.weights[at++] / 127;
          if (Math.abs(weight) < 0.02) continue;
          pen.strokeStyle = weight > 0 ? palette.real : palette.fake;
          pen.setLineDash(weight > 0 ? [] : [4, 3]);
          pen.lineWidth = Math.max(0.3, 3.2 * Math.abs(weight));
          pen.globalAlpha = 0.25 + 0.6 * Math.abs(weight);
          line(pen, [[x1, y1], [x2, y2]]);
        }
      }
    }
  }

  // The unit that is pointed at, large: with the points that D sees, or the noise that G is given.
  showLarge(frame) {
    const [canvas, text, bars] = this.large.children, { data, schema } = this.lab;
    const about = this.lab.graph.about(frame);
    paint.bars(bars, about);
    const known = this.unit && frame.unit;
    text.textContent = known ? `${this.unitWords} · ${t("inside.largest", { size: number(frame.unitSize) })}` : t("inside.hover");
    if (!known) return void paint.begin(canvas, about.palette.ground);
    paint.square(canvas, frame.unit, frame.unitCells, about, about.palette.strong);
    if (this.unit[0] === "g") return;
    const pen = canvas.getContext("2d");
    pen.fillStyle = about.palette.pull;
    squares(pen, data.real, canvas.clientWidth / (2 * schema.frame.unit), 2);
  }
}
