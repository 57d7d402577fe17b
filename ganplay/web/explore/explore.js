// Explore: the state of an exploration, the controls that change it and the picture that follows.

import { Axes, END } from "./direction-sliders.js";
import { Bench } from "./panel-tabs.js";
import { Compare } from "./compare.js";
import { Favourites } from "./favourites.js";
import { Beside } from "./picture-details.js";
import { element, fetchView } from "../shared/dom.js";
import { partsOf, stepName } from "./describe-state.js";
import { Own } from "./custom-directions.js";
import { Picking } from "./pick-mode.js";
import { cut, paint } from "../shared/pixels.js";
import { Source } from "./picture-socket.js";
import { LIMITS, Past, carried, dragged, fresh, labelOf, mixOf, modelOf, read, write } from "./latent-state.js";
import { commandOf, pythonOf } from "./copy-code.js";
import { copy } from "../shared/clipboard.js";
import { download } from "../shared/files.js";
import { Tiles } from "./gallery.js";
import { Trio } from "./abc-pictures.js";
import { addressOf } from "../shared/address.js";
import { fill, t } from "../shared/i18n.js";

const MOST_STEPS = 10, MOST_PAST = 60, MOST_COLUMNS = 13, MOST_PROBLEMS = 20, KEY_STEP = 0.2, PROBLEMS_SECONDS = 30, MOST_SEED = LIMITS.seed[1];

export async function open(app, views) {
  const at = `${app.base}/assets/explore`;
  const [markup, known] = await Promise.all([
    fetchView(`${at}/explore.html`, `${at}/explore.css`, `${at}/picture-details.css`),
    fetch(`${app.base}/explore/models.json`).then((answer) => answer.json())]);
  const root = app.find(".explore");
  if (!known.models.length) {
    root.append(element("p", { className: "ex-none", textContent: t("explore.no_models") }));
    return null;
  }
  root.append(markup);
  return (app.explore = new Explore(app, views, root, known));
}

class Explore {
  constructor(app, views, root, { models, most }) {
    this.app = app;
    this.views = views;
    this.root = root;
    this.models = models;
    this.most = most;
    this.past = new Past();
    this.drawn = 0;
    this.asked = 0;
    this.find = (selector) => root.querySelector(selector);
    this.picture = this.find(".ex-picture");
    this.source = new Source({ base: app.base, ticket: () => app.link.ticket(), heard: (status) => this.hear(status) });
    this.picking = new Picking(root);
    this.favourites = new Favourites(this);
    this.compare = new Compare(this);
    this.trio = new Trio(this);
    this.own = new Own(this);
    this.axes = new Axes(this);
    this.tiles = new Tiles(this);
    this.bench = new Bench(this);
    this.beside = new Beside(this);
    this.wire();
    fill(root);
    app.teach.apply();
    this.bench.check();
    app.addEventListener("words", () => this.relabel());
    this.start(views.opened.explore).then(() => views.opened.walk && this.bench.open("walk"));
  }

  // ---- the state ------------------------------------------------------------------------------

  // From a link the server keeps what it can and says what it cannot.
  async start(text) {
    const named = modelOf(text);
    const model = this.models.find(({ name }) => name === named) || this.models.find(({ labels }) => labels.length) || this.models[0];
    this.turnTo(fresh(model.name));
    await this.visit(text);
    this.favourites.show();
  }

  // Go to a state of a string that somebody kept, or that is to be repaired first.
  async visit(text) {
    if (text) {
      const named = modelOf(text), model = this.models.some(({ name }) => name === named) ? named : this.state.model;
      const answer = await this.source.ask("picture", { model, states: [text] });
      if (answer && answer.type === "pictures") {
        this.complain(answer.problems[0]);
        this.turnTo(read(answer.states[0]));
      }
    }
    this.set({}, true);
  }

  get model() {
    return this.models.find(({ name }) => name === this.state.model);
  }

  turnTo(state) {
    const other = !this.state || state.model !== this.state.model;
    this.state = state;
    this.mix = mixOf(state.label);
    if (other) this.build();
  }

  // Change the state; `done` says that the hand rests, so that it is kept and all else follows.
  set(change, done = false) {
    this.state = { ...this.state, ...change };
    if (change.label) this.mix = mixOf(change.label);
    this.show();
    this.draw();
    this.bench.follow();
    if (done) this.settle(true);
  }

  go(entry) {
    if (!entry) return;
    this.turnTo(read(entry.text));
    this.show();
    this.draw();
    this.settle(false);
  }

  settle(kept) {
    const text = write(this.state);
    if (kept) this.past.push({ text });
    if (this.views.shown === "explore") this.views.address({ explore: text });
    else this.views.opened.explore = text;
    this.app.tell("explored", this.state);
    this.beside.settle();
    this.axes.preview();
    this.drawSteps();
    this.bench.settle();
    this.showPast();
    this.fillPast();
  }

  // ---- the picture ----------------------------------------------------------------------------

  async draw(nudge = null) {
    const text = write(this.state);
    const asked = ++this.asked;
    const answer = await this.source.ask("picture", { model: this.state.model, states: [text], nudge, latent: this.axes.open });
    if (!answer) return null; // a newer one is on its way
    if (answer.type !== "pictures") {
      this.app.toast(t("explore.problems.broken", { why: answer.problem.allowed }));
      return null;
    }
    paint(this.picture, answer.pixels, answer.shape);
    this.shown = { text: answer.states[0], ...cut(answer.pixels, answer.shape) };
    this.drawn = asked;
    this.beside.follow();
    const entry = this.past.list.find((one) => one.text === text && !one.pixels);
    if (entry && nudge === null) {
      Object.assign(entry, cut(answer.pixels, answer.shape));
      this.showPast();
    }
    if (answer.latent) this.axes.setLatent(answer.latent);
    return answer;
  }

  async nudge() {
    const answer = await this.draw(Math.floor(Math.random() * MOST_SEED));
    if (answer) this.set({ at: read(answer.states[0]).at, seed: 0 }, true);
  }

  async drawSteps() {
    const { state, model } = this, steps = [...this.find(".ex-steps").children];
    const texts = steps.map((one) => write({ ...state, step: this.stepOf(Number(one.dataset.place)) }));
    if (String(texts) === this.stepTexts) return;
    this.stepTexts = String(texts);
    const answer = await this.source.ask("steps", { model: model.name, states: texts });
    if (!answer || answer.type !== "pictures") return;
    steps.forEach((one, i) => paint(one.firstChild, answer.pixels, answer.shape, i));
  }

  // ---- controls -------------------------------------------------------------------------------

  wire() {
    const on = (selector, does) => { this.find(selector).onclick = does; };
    on(".ex-seed-less", () => this.setSeed(this.state.seed - 1));
    on(".ex-seed-more", () => this.setSeed(this.state.seed + 1));
    on(".ex-random", () => this.setSeed(Math.floor(Math.random() * 10000)));
    on(".ex-nudge", () => this.nudge());
    on(".ex-undo", () => this.go(this.past.go(this.past.at - 1)));
    on(".ex-redo", () => this.go(this.past.go(this.past.at + 1)));
    on(".ex-reset", () => this.set(fresh(this.state.model), true));
    on(".ex-link", ({ target }) => copy(target, this.link()));
    on(".ex-python", ({ target }) => copy(target, pythonOf(write(this.state), this.model)));
    on(".ex-command", ({ target }) => copy(target, commandOf(write(this.state))));
    on(".ex-png", () => this.save());
    this.find("#ex-seed").onchange = ({ target }) => this.typed(target, t("explore.seed"), LIMITS.seed, (seed) => this.setSeed(seed), Number.isInteger);
    this.wireAmount(".ex-truncation", (truncation, done) => this.set({ truncation }, done), () => this.set({ truncation: 1 }, true));
    this.find(".ex-truncation-number").onchange = ({ target }) =>
      this.typed(target, t("explore.truncation"), LIMITS.truncation, (truncation) => this.set({ truncation }, true));
    this.wireAmount(".ex-share", (share, done) => this.setMix({ share }, done), () => this.setMix({ share: 0 }, true));
    this.find(".ex-second").onchange = ({ target }) => {
      const second = target.value === "" ? null : Number(target.value);
      this.setMix({ second, share: second === null ? 0 : this.mix.share || 0.5 }, true);
    };
    this.wireAmount(".ex-time", (place, done) => this.set({ step: this.stepOf(place) }, done), () => this.set({ step: null }, true));
    document.addEventListener("keydown", (event) => this.key(event));
    this.wireHand();
  }

  // The picture itself can be dragged, across along direction 1 and up along direction 2.
  wireHand() {
    const { picture } = this;
    let from = null;
    picture.onpointerdown = ({ button, pointerId, clientX, clientY }) => {
      if (button || this.model.dim < 2) return;
      picture.setPointerCapture(pointerId);
      from = { x: clientX, y: clientY, moves: this.state.moves };
    };
    picture.onpointermove = ({ clientX, clientY }) => {
      if (!from) return;
      const far = (2 * END) / picture.clientWidth;
      this.set({ moves: dragged(from.moves, (clientX - from.x) * far, (from.y - clientY) * far) });
    };
    picture.onpointerup = picture.onpointercancel = () => {
      if (from) this.set({}, true);
      from = null;
    };
    picture.onkeydown = (event) => {
      const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] }[event.key];
      if (!way || this.model.dim < 2) return;
      event.preventDefault();
      this.set({ moves: dragged(this.state.moves, ...way.map((one) => one * KEY_STEP)) }, true);
    };
  }

  wireAmount(selector, set, back) {
    const slider = this.find(selector);
    slider.oninput = () => set(slider.valueAsNumber, false);
    slider.onchange = () => set(slider.valueAsNumber, true);
    slider.ondblclick = back;
  }

  typed(box, name, bounds, set, fits = Number.isFinite) {
    const value = box.valueAsNumber;
    if (fits(value) && value >= bounds[0] && value <= bounds[1]) set(value);
    else this.complainBounds(name, box.value, bounds);
  }

  key(event) {
    const { target, key } = event;
    if (this.views.shown !== "explore" || target.closest("dialog, input:not([type=range]), select, textarea")) return;
    const command = event.ctrlKey || event.metaKey;
    const does = command ? { z: event.shiftKey ? ".ex-redo" : ".ex-undo", y: ".ex-redo" }[key.toLowerCase()]
      : !event.altKey && { r: ".ex-random", n: ".ex-nudge", f: ".ex-star" }[key.toLowerCase()];
    if (!does) return;
    event.preventDefault();
    this.find(does).click();
  }

  setSeed(seed) {
    this.set({ seed: Math.min(MOST_SEED, Math.max(0, seed)), at: "" }, true);
  }

  // The mixture is kept here too: at an end of the slider the state has one class only.
  setMix(change, done) {
    const mix = { ...this.mix, ...change };
    this.state = { ...this.state, label: labelOf(mix) };
    this.mix = mix;
    this.set({}, done);
  }

  stepOf(place) {
    const { steps } = this.model;
    return place >= steps.length - 1 ? null : steps[place];
  }

  chooseModel(model) {
    if (model.name === this.state.model) return;
    this.turnTo(carried(this.state, model));
    this.tiles.page = 0;
    this.set({}, true);
  }

  // What depends on the model alone, in the present language.
  build() {
    const { model } = this, { labels, steps } = model;
    const kinds = this.models.map((one) => {
      const [c, , w] = one.shape;
      const about = [t("explore.size", { w }), t(c === 1 ? "explore.grey" : "explore.colour")];
      if (one.labels.length) about.push(t("explore.classes", { n: one.labels.length }));
      const { frechet, accuracy } = one.quality;
      const distance = frechet === undefined ? "" : t("explore.frechet", { value: frechet.toFixed(1) });
      const asked = accuracy === undefined ? "" : t("explore.accuracy", { value: (100 * accuracy).toFixed(1) });
      const button = element("button", { type: "button", className: "ex-model" },
        element("b", { textContent: one.name }), element("small", { textContent: distance }),
        element("small", { textContent: about.join(" · ") }), element("small", { textContent: asked }));
      button.title = t("explore.model_tip", { data: one.data, count: one.count.toLocaleString(this.app.root.lang) });
      button.setAttribute("aria-pressed", one === model);
      button.onclick = () => this.chooseModel(one);
      return button;
    });
    this.find(".ex-models").replaceChildren(...kinds);
    this.find(".ex-classes-box").hidden = !labels.length;
    this.find(".ex-classes").style.setProperty("--columns", Math.min(labels.length, MOST_COLUMNS));
    this.find(".ex-classes").replaceChildren(...labels.map((name, k) => {
      const button = element("button", { type: "button", textContent: name, title: t("explore.class_tip", { name }) });
      button.onclick = () => this.setMix({ first: k, ...(this.mix.second === k ? { second: null, share: 0 } : {}) }, true);
      return button;
    }));
    this.find(".ex-second").replaceChildren(element("option", { value: "", textContent: t("explore.alone") }),
      ...labels.map((name, k) => element("option", { value: k, textContent: name })));
    const time = this.find(".ex-time"), last = steps.length - 1, few = Math.min(MOST_STEPS, steps.length);
    time.max = last;
    this.find(".ex-time-box").hidden = !last;
    this.find(".ex-steps").replaceChildren(...Array.from({ length: few }, (_, i) => {
      const place = Math.round((i * last) / Math.max(1, few - 1)), name = stepName(this.model.steps[place]);
      const button = element("button", { type: "button", title: name, ariaLabel: name }, element("canvas"));
      button.dataset.place = place;
      button.onclick = () => this.set({ step: this.stepOf(place) }, true);
      return button;
    }));
    this.stepTexts = null;
    this.axes.build();
  }

  show() {
    const { state, model, mix } = this, place = state.step === null ? model.steps.length - 1 : model.steps.indexOf(state.step);
    const put = (selector, value) => {
      const box = this.find(selector);
      if (box.value !== String(value)) box.value = value;
    };
    put("#ex-seed", state.at ? "" : state.seed);
    this.find("#ex-seed").placeholder = state.at ? "–" : ""; // the caption says why
    put(".ex-truncation", state.truncation);
    put(".ex-truncation-number", state.truncation);
    put(".ex-second", mix.second ?? "");
    put(".ex-share", mix.share);
    this.find(".ex-share").disabled = mix.second === null;
    this.find(".ex-share-text").textContent = mix.second === null ? "" : t("explore.percent", { value: Math.round(100 * mix.share) });
    [...this.find(".ex-classes").children].forEach((one, k) => one.setAttribute("aria-pressed", k === mix.first));
    put(".ex-time", place);
    this.find(".ex-time").setAttribute("aria-valuetext", stepName(this.model.steps[place]));
    this.find(".ex-time-text").textContent = model.steps[place].toLocaleString(this.app.root.lang);
    for (const one of this.find(".ex-steps").children) one.setAttribute("aria-pressed", Number(one.dataset.place) === place);
    this.axes.show(state);
    this.describe();
    this.favourites.follow();
    this.compare.follow();
  }

  describe() {
    const { state, model } = this, parts = partsOf(state, model);
    this.find(".ex-caption").textContent = parts.join(" · ");
    this.picture.setAttribute("aria-label", `${model.name}: ${parts.join(", ")}`);
  }

  // ---- what was seen --------------------------------------------------------------------------

  showPast() {
    const { past } = this, host = this.find(".ex-past"), places = past.window(MOST_PAST);
    this.find(".ex-undo").disabled = past.at <= 0;
    this.find(".ex-redo").disabled = past.at >= past.list.length - 1;
    host.replaceChildren(...places.map((place) => {
      const entry = past.list[place], canvas = element("canvas");
      if (entry.pixels) paint(canvas, entry.pixels, entry.shape);
      const name = t("explore.past_tile", { n: place + 1 });
      const button = element("button", { type: "button", className: "ex-tile", title: name, ariaLabel: name, draggable: true }, canvas);
      button.dataset.state = entry.text;
      button.setAttribute("aria-current", place === past.at);
      button.onclick = () => this.go(past.go(place));
      return button;
    }));
    const now = host.children[places.indexOf(past.at)];
    if (now) host.scrollLeft = now.offsetLeft - host.clientWidth / 2;
  }

  // Pictures of moments that went by faster than they were drawn.
  async fillPast() {
    const { past, state } = this;
    const lack = past.window(MOST_PAST).map((place) => past.list[place])
      .filter((entry) => !entry.pixels && modelOf(entry.text) === state.model && entry !== past.list[past.at]).slice(-this.most);
    if (!lack.length) return;
    const answer = await this.source.ask("history", { model: state.model, states: lack.map(({ text }) => text) });
    if (!answer || answer.type !== "pictures") return;
    lack.forEach((entry, i) => Object.assign(entry, cut(answer.pixels, answer.shape, i)));
    this.showPast();
  }

  // ---- taking along ---------------------------------------------------------------------------

  link() {
    return `${location.origin}${location.pathname}#${addressOf(this.app.teach.chosen, { explore: write(this.state) })}`;
  }

  // The picture as it is, pixel by pixel.
  async save() {
    await this.draw();
    const blob = await new Promise((done) => this.picture.toBlob(done));
    download(`${this.state.model}.png`, blob);
  }

  // ---- words ----------------------------------------------------------------------------------

  relabel() {
    if (!this.state) return;
    fill(this.root);
    this.build();
    this.show();
    this.favourites.relabel();
    this.bench.relabel();
    this.beside.relabel();
    this.settle(false);
  }

  hear(status) {
    this.find(".ex-frame").dataset.line = status;
    if (status !== "live" && this.told !== status && status !== "lost") this.app.toast(t(`explore.line.${status}`));
    this.told = status;
  }

  complainBounds(name, value, [low, high]) {
    this.app.toast(t("problems.bounds", { field: name, value, allowed: t("problems.between", { low, high }), used: "" }));
    this.show();
  }

  complain(problems) {
    const texts = problems.slice(0, MOST_PROBLEMS).map(({ field, value, code, allowed: why }) =>
      t(`explore.problems.${code}`, { field, value, why, allowed: this.allowed(field), model: this.state.model }));
    if (texts.length) this.app.toast(texts.join("\n"), PROBLEMS_SECONDS);
  }

  allowed(field) {
    const { model } = this, between = (/** @type {number[]} */ [low, high]) => t("problems.between", { low, high });
    if (field === "seed") return t("problems.whole_between", { low: 0, high: MOST_SEED });
    if (field === "step") return t("problems.one_of", { choices: model.steps.join(", ") });
    if (field === "label") return t("problems.whole_between", { low: 0, high: model.labels.length - 1 });
    return between(field === "truncation" ? LIMITS.truncation : field.startsWith("d") ? LIMITS.move : LIMITS.value);
  }
}
