// The pictures of a lesson's run: one member large, all of them small beside it, curves below.

import { curve, lengths, levels, phase, pictures } from "./figures.js";
import { showChanges, showClasses } from "./tables.js";
import { averagedWords } from "../shared/averaged.js";
import { element } from "../shared/dom.js";
import { Plane, thumbnail } from "../shared/plane.js";
import { square } from "../shared/mini-plots.js";
import { number, t } from "../shared/i18n.js";

const MOST_CURVES = 3, SNAPSHOT = [354, 232];
const ROWS = ["pictures", "directions", "inversion"]; // kinds of runs that show a row of pictures a seed

export class RunView {
  /** @param {import("./learn.js").Learn} learn */
  constructor(learn) {
    this.learn = learn;
    this.chosen = 0;
    this.running = null;
    this.lit = "";
    this.find = learn.find;
    this.schema = this.learn.app.schema.frame;
    this.plane = new Plane(this.find(".ln-plane"), this.schema, this.palette);
    this.over = this.find(".ln-over");
    for (const name of ["theme", "projector"]) this.learn.app.addEventListener(name, () => {
      this.plane.setPalette(this.palette);
      this.draw();
    });
    const watch = new ResizeObserver(() => this.draw());
    for (const selector of [".ln-large", ".ln-curves"]) watch.observe(this.find(selector));
    this.find(".ln-plane").onkeydown = ({ key }) => {
      const way = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[key];
      if (way && this.small.length) this.choose((this.chosen + way + this.small.length) % this.small.length);
    };
    this.small = [];
  }

  get palette() {
    return this.learn.app.palette;
  }

  // Show a run, or that there is none yet.
  show(running) {
    const other = running !== this.running;
    this.running = running;
    const empty = this.find(".ln-empty"), words = t(this.learn.lesson.tasks[this.learn.step] ? "learn.empty_task" : "learn.empty");
    empty.hidden = Boolean(running?.seen);
    empty.textContent = words;
    if (!running?.seen) {
      this.find(".ln-plane").setAttribute("aria-label", words);
      this.small = [];
      this.find(".ln-small").replaceChildren();
      this.find(".ln-curves").replaceChildren();
      this.find(".ln-figure").hidden = true;
      this.find(".ln-name").textContent = "";
      this.over.getContext("2d").clearRect(0, 0, this.over.width, this.over.height);
      this.plane.frame = null;
      this.plane.resize();
      this.plane.draw();
      return;
    }
    if (running.data && this.data !== running.data) {
      this.data = running.data;
      this.plane.setData(running.data);
    }
    if (other || this.small.length !== running.seeds.length) this.build();
    this.draw();
  }

  build() {
    const { running } = this;
    this.chosen = Math.min(this.chosen, running.seeds.length - 1);
    this.small = running.seeds.map((_, i) => {
      const canvas = element("canvas"), mark = element("span");
      const button = element("button", { type: "button", onclick: () => this.choose(i) }, canvas, mark);
      return { button, canvas, mark };
    });
    this.find(".ln-small").replaceChildren(...this.small.map(({ button }) => button));
    const signals = [...new Set(running.checks.map(({ signal }) => signal))].slice(0, MOST_CURVES);
    this.curves = signals.map((signal) => {
      const own = running.checks.filter((check) => check.signal === signal), check = own.at(-1);
      const canvas = element("canvas", { role: "img" });
      const box = element("figure", { className: "ln-curve" }, element("figcaption"), canvas);
      return { signal, check, canvas, box };
    });
    this.find(".ln-curves").replaceChildren(...this.curves.map(({ box }) => box));
  }

  choose(i) {
    this.chosen = i;
    this.draw();
  }

  draw() {
    const { running } = this;
    if (!running?.seen || !this.find(".ln-large").clientWidth) return;
    this.drawLarge();
    this.drawSmall();
    this.drawCurves();
    this.drawFigure();
    const best = running.optimal ? ` · ${t("learn.figures.optimal")}` : "";
    const averaged = averagedWords(running.config.ema);
    this.find(".ln-name").textContent = this.caption(best + (averaged && ` · ${averaged}`));
    this.describe();
  }

  // Over the large picture: which seed it is of, or what its rows and columns are.
  caption(more) {
    const { kind } = this.running.run;
    return ROWS.includes(kind) ? t(`learn.figures.rows.${kind}`) : this.nameOf(this.chosen) + more;
  }

  nameOf(i) {
    const { running } = this;
    if (running.run.kind === "dirac") return t("learn.start", { n: i + 1 });
    return t("learn.seed", { seed: running.seeds[i] });
  }

  drawLarge() {
    const { running, chosen, palette } = this, canvas = this.find(".ln-plane"), { kind } = running.run;
    this.over.getContext("2d").clearRect(0, 0, this.over.width, this.over.height);
    if (kind === "dirac") phase(canvas, running.path, chosen, running.config, palette);
    else if (kind === "latent") lengths(canvas, running.lengths, this.learn.runs.otherOf(running, "latent")?.lengths, chosen, palette);
    else if (ROWS.includes(kind)) pictures(canvas, running, chosen, palette);
    else {
      const frame = running.frames[chosen];
      if (!frame) return;
      this.plane.resize();
      this.plane.layers = this.layers();
      this.plane.label = -1;
      this.plane.draw(frame);
      if (running.optimal && this.lit !== "real" && this.lit !== "fake") {
        const learned = this.lit === "figure" ? null : frame.map;
        levels(this.over, learned, running.optimal, running.cells, palette);
      }
    }
  }

  // Those of the lesson, or only what a symbol of the formula stands for.
  layers() {
    const all = this.schema.layers;
    return all[this.lit] ?? this.learn.lesson.layers.reduce((sum, name) => sum + all[name], 0);
  }

  drawSmall() {
    const { running, palette } = this, { kind } = running.run;
    const last = running.checks.filter(({ step }) => step === null).concat(running.checks);
    const main = last.find(({ signal }) => signal === "modes") || last[0];
    const now = main && running.standings()[running.checks.indexOf(main)];
    for (const [i, { button, canvas, mark }] of this.small.entries()) {
      button.setAttribute("aria-pressed", i === this.chosen);
      if (kind === "dirac") phase(canvas, running.path, i, running.config, palette);
      else if (kind === "latent") lengths(canvas, running.lengths, null, i, palette);
      else if (ROWS.includes(kind)) pictures(canvas, running, i, palette);
      else if (running.frames[i]) thumbnail(canvas, this.schema.unit, running.data.real, running.frames[i].fakes, palette);
      const value = now ? now.values[i] : null;
      const text = value === null ? "" : this.brief(value), kept = now && running.outcomes && main.of === "each" ? now.kept[i] : null;
      mark.textContent = kept === null ? text : `${text} ${kept ? "✓" : "✗"}`;
      button.classList.toggle("missed", kept === false);
      const name = main ? `${this.nameOf(i)}: ${this.learn.say(main.name)} ${text}` : this.nameOf(i);
      button.title = name;
      button.setAttribute("aria-label", kept === false ? `${name}. ${this.learn.say(main.otherwise)}` : name);
    }
  }

  brief(value) {
    return Number.isInteger(value) ? String(value) : Math.abs(value) >= 100 ? String(Math.round(value)) : number(value);
  }

  drawCurves() {
    const { running, palette } = this;
    for (const { signal, check, canvas, box } of this.curves) {
      box.querySelector("figcaption").textContent = this.learn.say(check.name);
      canvas.setAttribute("aria-label", this.learn.say(check.name));
      curve(canvas, running.history[signal] || [], check, running.run.steps, this.chosen, palette);
    }
  }

  // Beside the curves: a map of slopes, a table, or the same member of another kind.
  drawFigure() {
    const { running, chosen, palette } = this, host = this.find(".ln-figure");
    const wants = ["slopes", "classes", "changes"].find((name) => running[name]) || (this.beside() ? "beside" : "");
    host.hidden = !wants;
    if (!wants) return;
    if (host.dataset.kind !== wants || !host.firstChild) {
      host.dataset.kind = wants;
      host.replaceChildren(element("figcaption"), ["classes", "changes"].includes(wants) ? element("table") : element("canvas", { role: "img" }));
    }
    const [caption, what] = host.children;
    caption.textContent = t(`learn.figures.${wants}`, { name: this.beside() ? this.learn.say(this.beside().run.name) : "" });
    what.setAttribute("aria-label", caption.textContent);
    if (wants === "slopes") square(what, running.slopes[chosen], running.cells, { palette }, palette.strong);
    else if (wants === "beside") thumbnail(what, this.schema.unit, running.data.real, this.beside().frames[chosen].fakes, palette);
    else if (wants === "changes") showChanges(what, running.attributes, this.changesOfRuns());
    else showClasses(what, running.classes[chosen]);
  }

  // What the chosen member of this run and of the lesson's others changed, by the run's name.
  changesOfRuns() {
    const { learn, running, chosen } = this, all = learn.lesson.tasks[learn.step] ? [running] : learn.runs.seenOf(running.run.kind);
    return all.filter(({ changes }) => changes).map((one) => ({ name: learn.say(one.run.name), changes: one.changes[chosen], now: one === running }));
  }

  beside() {
    const { running } = this, other = { gan: "vae", vae: "gan" }[running.run.kind];
    const found = other && this.learn.runs.otherOf(running, other);
    return found?.frames.length ? found : null;
  }

  // What a symbol of the formula stands for; "" for nothing.
  light(part) {
    this.lit = part;
    const { learn } = this;
    for (const [name, selector] of [["figure", ".ln-figure"], ["gauge", ".ln-gauges"]]) {
      for (const one of learn.root.querySelectorAll(selector)) one.classList.toggle("lit", part === name);
    }
    const elsewhere = part === "gauge" || (part === "figure" && !this.find(".ln-figure").hidden);
    this.find(".ln-large").classList.toggle("lit", Boolean(part) && !elsewhere);
    if (this.running?.seen) this.drawLarge();
  }

  describe() {
    const { running, chosen } = this, check = running.checks.at(-1), now = running.standings().at(-1);
    const value = now ? this.brief(now.values[chosen] ?? NaN) : "–";
    const signal = check ? `${this.learn.say(check.name)}: ${value}` : "";
    const text = t("learn.picture", { name: this.nameOf(chosen), run: this.learn.say(running.run.name), step: running.step, signal });
    this.find(".ln-plane").setAttribute("aria-label", text);
  }

  // The large picture and the small ones, as one picture to keep.
  snapshot() {
    const [wide, tall] = SNAPSHOT, canvas = element("canvas", { width: wide, height: tall }), pen = canvas.getContext("2d");
    pen.fillStyle = this.palette.ground;
    pen.fillRect(0, 0, wide, tall);
    const large = this.find(".ln-plane");
    if (!large.width) return "";
    pen.drawImage(large, 0, 0, tall, tall);
    if (this.over.width) pen.drawImage(this.over, 0, 0, tall, tall);
    const size = Math.floor((tall - 9) / 4);
    this.small.forEach(({ canvas: one }, i) => {
      if (one.width) pen.drawImage(one, tall + 8 + (i % 2) * (size + 3), Math.floor(i / 2) * (size + 3), size, size);
    });
    return canvas.toDataURL("image/jpeg", 0.82);
  }
}
