// The model as a graph above the canvas: noise, G, fake, real, D, its verdicts, losses, and gradients
// back. Every part is a small picture of the frame that is shown; clicking it shows it large.

import { formula, partFormulas } from "./formulas.js";
import { element, withoutMotion } from "../shared/dom.js";
import * as paint from "../shared/mini-plots.js";
import { MARGIN } from "../shared/plane.js";
import { number, t } from "../shared/i18n.js";

// Where the parts stand: middle across in per cent, and which row of the strip.
const PARTS = {
  noise: [6.5, "tall"], g: [23.5, "tall"], fake: [42, "upper"], real: [42, "lower"],
  d: [60.5, "tall"], verdicts: [77.5, "tall"], losses: [93.5, "text"], gradients: [50, "bar"],
};
// Edges as SVG paths in a strip of 1000 by 100, and the parts that they join.
const EDGES = [
  ["M95 38H200", "forward", "noise g"], ["M270 38C320 38 330 18 385 18", "forward", "g fake"],
  ["M505 18C540 18 535 38 570 38", "forward", "fake d"], ["M505 58C540 58 535 38 570 38", "forward", "real d"],
  ["M640 38H740", "forward", "d verdicts"], ["M810 38H895", "forward", "verdicts losses"],
  ["M935 62V92H605V80", "back back-d", "losses d"], ["M605 92H235V80", "back back-g", "d g"],
];
const PAUSE = 90; // milliseconds between two small pictures' redrawings

export class ModelGraph {
  /** @param {import("./lab.js").Lab} lab */
  constructor(lab) {
    this.lab = lab;
    this.host = lab.find(".graph");
    this.turn = 0;
    this.open = null;
    this.parts = {};
    this.still = withoutMotion();
    this.host.append(this.edges());
    for (const [name, [left, kind]] of Object.entries(PARTS)) this.host.append(this.part(name, left, kind));
    this.large = lab.find(".part-box");
    this.large.onclose = () => { this.open = null; };
    this.morph = new Morph(lab, this.parts.g);
    lab.addEventListener("frame", ({ detail: { frame } }) => this.show(frame));
    lab.app.addEventListener("words", () => this.label());
    lab.app.addEventListener("theme", () => this.redraw());
    lab.addEventListener("data", () => this.redraw());
    lab.addEventListener("state", () => this.open && this.describe());
    this.host.hidden = false;
  }

  edges() {
    const paths = EDGES.map(([d, kind, joins]) => `<path d="${d}" class="edge ${kind}" data-joins="${joins}"/>`);
    const svg = `<svg viewBox="0 0 1000 100" preserveAspectRatio="none" aria-hidden="true">${paths.join("")}</svg>`;
    return element("div", { className: "edges", innerHTML: svg });
  }

  part(name, left, kind) {
    const losses = ["loss-d", "loss-g"].map((className) => element("b", { className }));
    const shown = { text: losses, bar: [] }[kind] ?? [element("canvas")];
    return (this.parts[name] = element("button", {
      type: "button", className: `part part-${kind}`, dataset: { graph: name }, style: `left: ${left}%`,
      onclick: () => this.enlarge(name),
    }, ...shown, element("span")));
  }

  get visible() {
    return !this.host.hidden && !this.host.classList.contains("gone");
  }

  label() {
    for (const [name, button] of Object.entries(this.parts)) {
      button.querySelector("span").textContent = t(`graph.parts.${name}.label`);
      button.title = t(`graph.parts.${name}.tip`);
    }
    if (this.open) this.describe();
    this.redraw();
  }

  // What the painters are told.
  about(frame) {
    const { data, schema, config, app: { palette } } = this.lab;
    const [low, high] = this.lab.numbers.ends(frame, config);
    return { frame, data, palette, unit: schema.frame.unit, low, high, words: { layer: t("graph.layer") } };
  }

  paint(name, canvas, about) {
    const { frame, data } = about;
    const painters = {
      noise: () => paint.noise(canvas, about), g: () => paint.warped(canvas, about),
      fake: () => paint.dots(canvas, frame.fakes, about, true),
      real: () => paint.dots(canvas, data.real || [], about),
      d: () => paint.map(canvas, about), verdicts: () => paint.verdicts(canvas, about),
      losses: () => paint.curves(canvas, { ...about, rows: this.lab.charts.history.rows }), gradients: () => paint.bars(canvas, about),
    };
    painters[name]();
  }

  // One small picture at a time, so that the large one keeps its pace.
  show(frame) {
    if (this.lab.holdsPicture) return;
    this.frame = frame;
    this.host.classList.toggle("flowing", frame.playing);
    if (!this.visible || frame.diverged) return;
    const now = performance.now();
    if (this.open) this.paint(this.open, this.large.querySelector("canvas"), this.about(frame));
    if (now - (this.paintedAt || 0) < PAUSE / 3 && frame.playing) return;
    this.paintedAt = now;
    this.flow(now);
    const pictures = ["g", "fake", "d", "verdicts"], rare = ["noise", "real"];
    const names = frame.playing ? [pictures[this.turn++ % pictures.length]] : [...pictures, ...rare];
    if (this.turn % 40 === 1) names.push(...rare);
    for (const name of names) this.paint(name, this.parts[name].querySelector("canvas"), this.about(frame));
    if (now - (this.numbersAt || 0) > 120 || !frame.playing) this.numbers(frame, now);
  }

  // Dashes move with what is trained; an endless animation would have the browser draw without a rest.
  flow(now) {
    const offset = this.still ? 0 : 9 - (Math.floor(now / PAUSE) % 10);
    this.host.querySelector(".edges").style.strokeDashoffset = offset;
  }

  numbers(frame, now) {
    this.numbersAt = now;
    const { metrics } = frame;
    this.parts.losses.querySelector(".loss-d").textContent = `D ${number(metrics.d_loss)}`;
    this.parts.losses.querySelector(".loss-g").textContent = `G ${number(metrics.g_loss)}`;
    // A line as thick as its gradient is large, in powers of ten.
    for (const net of ["d", "g"]) {
      const norm = metrics[`grad_norm_${net}`], size = Number.isFinite(norm) ? Math.log10(Math.max(norm, 1e-6)) : -6;
      this.host.querySelector(`.back-${net}`).style.strokeWidth = Math.min(5, Math.max(0.6, 2.2 + size));
    }
    if (this.open) this.tell(frame);
  }

  redraw() {
    if (!this.frame || this.frame.diverged) return;
    this.paintedAt = this.numbersAt = 0;
    const about = this.about(this.frame);
    for (const [name, button] of Object.entries(this.parts)) {
      const canvas = button.querySelector("canvas");
      if (canvas) this.paint(name, canvas, about);
    }
  }

  enlarge(name) {
    this.open = name;
    this.describe();
    this.large.showModal();
    if (this.frame && !this.frame.diverged) {
      this.paint(name, this.large.querySelector("canvas"), this.about(this.frame));
      this.tell(this.frame);
    }
  }

  describe() {
    const { config, schema } = this.lab, box = this.large;
    box.querySelector("h2").textContent = t(`graph.parts.${this.open}.label`);
    box.querySelector(".part-about").textContent = t(`graph.parts.${this.open}.about`);
    const known = { ...config, reading: schema.readings[config.loss] };
    box.querySelector(".formulas").replaceChildren(...partFormulas(this.open, known).map(formula));
    box.querySelector("canvas").setAttribute("aria-label", t(`graph.parts.${this.open}.tip`));
  }

  // Numbers beside the large picture.
  tell(frame) {
    const { metrics } = frame, shown = {
      losses: ["d_loss", "g_loss"], gradients: ["grad_norm_d", "grad_norm_g"], verdicts: ["d_real", "d_fake"],
    }[this.open] || [];
    const rows = shown.flatMap((name) => [
      element("dt", { textContent: t(`graph.numbers.${name}`) }), element("dd", { textContent: number(metrics[name], 3) })]);
    this.large.querySelector(".part-numbers").replaceChildren(...rows);
  }

  // Light the parts that a sub-step is about; none for all as usual.
  light(names = null) {
    for (const [name, button] of Object.entries(this.parts)) {
      button.classList.toggle("lit", Boolean(names && names.includes(name)));
    }
    this.host.classList.toggle("slowed", Boolean(names));
    for (const edge of this.host.querySelectorAll(".edge")) {
      const joined = edge.dataset.joins.split(" ");
      edge.classList.toggle("lit", Boolean(names && joined.every((name) => names.includes(name))));
    }
  }
}

// While G's part is pointed at, the grid of noise bends into what G makes of it, over the canvas.
class Morph {
  /** @param {import("./lab.js").Lab} lab */
  constructor(lab, button) {
    this.lab = lab;
    this.canvas = element("canvas", { className: "morph", hidden: true, ariaHidden: "true" });
    lab.find(".canvas-box").append(this.canvas);
    button.addEventListener("pointerenter", () => this.begin());
    button.addEventListener("focus", () => button.matches(":focus-visible") && this.begin());
    for (const name of ["pointerleave", "blur", "click"]) button.addEventListener(name, () => this.end());
  }

  begin() {
    if (!this.lab.frame || !this.lab.frame.rows || this.running) return;
    this.canvas.hidden = false;
    this.started = performance.now();
    this.running = true;
    this.still = withoutMotion();
    this.draw();
  }

  end() {
    this.running = false;
    this.canvas.hidden = true;
  }

  // There, a rest, and back again; without motion only where it leads.
  share(now) {
    if (this.still) return 1;
    const phase = ((now - this.started) / 1000) % 5;
    const raw = phase < 0.5 ? 0 : phase < 2 ? (phase - 0.5) / 1.5 : phase < 3.7 ? 1 : Math.max(0, 1 - (phase - 3.7));
    return raw * raw * (3 - 2 * raw);
  }

  draw() {
    const { frame, data, schema, app: { palette } } = this.lab;
    if (!this.running || !frame) return;
    this.at = this.share(performance.now());
    const { pen, side } = paint.begin(this.canvas, palette.ground);
    const zoom = side / (2 * MARGIN), unit = schema.frame.unit;
    const from = paint.noiseVertices(data, frame.rows), scale = data.reach / frame.extent;
    const vertices = from.map((v, i) => (1 - this.at) * v * scale + (this.at * frame.grid[i]) / unit);
    pen.globalAlpha = 1;
    paint.cells(pen, vertices, frame.rows, frame.columns, zoom);
    if (this.still) return;
    requestAnimationFrame(() => this.draw());
  }
}
