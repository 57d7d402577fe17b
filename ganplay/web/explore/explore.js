// Explore: the state of an exploration and the picture that follows it; controls, panels and what was
// seen are told of each change.

import { Axes } from "./direction-sliders.js";
import { PanelTabs } from "./panel-tabs.js";
import { Compare } from "./compare.js";
import { Complaints } from "./complaints.js";
import { Favourites } from "./favourites.js";
import { HistoryStrip } from "./history-strip.js";
import { Kept, isState } from "./kept.js";
import { PictureDetails } from "./picture-details.js";
import { StateControls } from "./state-controls.js";
import { element, fetched, fetchView } from "../shared/dom.js";
import { partsOf } from "./describe-state.js";
import { showLeftOut, showModels } from "./model-list.js";
import { CustomDirections } from "./custom-directions.js";
import { PickMode } from "./pick-mode.js";
import { wirePictureDrag } from "./picture-drag.js";
import { cut, paint } from "../shared/pixels.js";
import { Source } from "./picture-socket.js";
import { FIRST_MODEL, LIMITS, carried, first, modelOf, read, write } from "./latent-state.js";
import { commandOf, pythonOf } from "./copy-code.js";
import { copy } from "../shared/clipboard.js";
import { download } from "../shared/files.js";
import { Tiles } from "./gallery.js";
import { AbcPictures } from "./abc-pictures.js";
import { addressOf, measured } from "../shared/address.js";
import { fill, t } from "../shared/i18n.js";
import { pageAddress } from "../shared/page-address.js";

const MOST_SEEN = 60, MOST_CHARACTERS = 200_000; // kept over a reload

/** @param {import("../app.js").App} app @param {import("../tabs.js").Views} views */
export async function open(app, views) {
  const at = `${app.base}/assets/explore`;
  const [markup, known] = await Promise.all([
    fetchView(`${at}/explore.html`, `${at}/explore.css`, `${at}/picture-details.css`),
    fetched(`${app.base}/explore/models.json`).then((answer) => answer.json())]);
  const root = app.find(".explore");
  if (!known.models.length) {
    const list = element("ul", { className: "ex-left-out" });
    showLeftOut(known.left_out, list);
    root.append(element("p", { className: "ex-none", textContent: t("explore.no_models") }), list);
    return null;
  }
  root.append(markup);
  return (app.explore = new Explore(app, views, root, known));
}

export class Explore {
  /** @param {import("../app.js").App} app @param {import("../tabs.js").Views} views */
  constructor(app, views, root, { models, left_out: leftOut = [], most }) {
    this.app = app;
    this.views = views;
    this.root = root;
    this.models = models;
    this.leftOut = leftOut;
    this.most = most;
    this.drawn = this.asked = 0;
    this.find = (selector) => root.querySelector(selector);
    this.picture = this.find(".ex-picture");
    this.kept = new Kept();
    this.complaints = new Complaints(this);
    this.past = new HistoryStrip(this);
    this.controls = new StateControls(this);
    this.source = new Source({ base: app.base, getToken: () => app.link.getToken(), onStatus: (status) => this.complaints.line(status) });
    this.picking = new PickMode(root);
    this.favourites = new Favourites(this);
    this.compare = new Compare(this);
    this.trio = new AbcPictures(this);
    this.own = new CustomDirections(this);
    this.axes = new Axes(this);
    this.tiles = new Tiles(this);
    this.bench = new PanelTabs(this);
    this.beside = new PictureDetails(this);
    this.wire();
    fill(root);
    app.teach.apply();
    this.bench.check();
    app.addEventListener("words", () => this.relabel());
    this.start(views.opened.explore).then(() => this.openPanel());
  }

  // ---- the state ------------------------------------------------------------------------------

  // From a link the server keeps what it can and says what it cannot; without one all is as it was.
  async start(linked) {
    const before = this.kept.of("state"), text = linked || (isState(before) ? before : "");
    this.past.restore(this.kept.of("past"), isState);
    const named = modelOf(text);
    const [model] = [named, FIRST_MODEL].flatMap((wanted) => this.models.filter(({ name }) => name === wanted)).concat(this.models);
    this.turnTo(first(model.name));
    await this.visit(text);
    this.favourites.show();
  }

  // A link's walk, or the panel that was in sight before.
  openPanel() {
    const { bench, kept, views } = this, name = views.opened.walk ? "walk" : views.at.explore ?? kept.of("panel");
    if (bench.free(name)) bench.open(name);
    views.at.explore = bench.name;
    if (views.shown === "explore") views.address({ explore: views.opened.explore });
  }

  // Back or Forward led to a place with this panel.
  comeBack(name) {
    if (name !== this.bench.name && this.bench.free(name)) this.bench.open(name);
  }

  // Go to a state of a string that somebody kept, or that is to be repaired first.
  async visit(text) {
    if (text) {
      const named = modelOf(text), model = this.models.some(({ name }) => name === named) ? named : this.state.model;
      const answer = await this.source.ask("picture", { model, states: [text] });
      if (answer && answer.type === "pictures") {
        this.complaints.problems(answer.problems[0]);
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
    if (other) this.build();
  }

  // Change the state; `done` says that the hand rests, so that it is kept and all else follows.
  set(change, done = false) {
    this.state = { ...this.state, ...change };
    this.show();
    this.draw();
    this.bench.follow();
    if (done) this.settle(true);
  }

  // To what was seen, which is no news.
  goBack(text) {
    this.turnTo(read(text));
    this.show();
    this.draw();
    this.settle(false);
  }

  // To a state that the server gave.
  goTo(text) {
    this.turnTo(read(text));
    this.set({}, true);
  }

  settle(kept) {
    const text = write(this.state);
    if (kept) this.past.push({ text }, this.app.keyRun.now);
    this.kept.put("state", text);
    this.kept.put("past", this.past.packed(MOST_SEEN, MOST_CHARACTERS));
    if (this.views.shown === "explore") this.views.address({ explore: text });
    else this.views.opened.explore = text;
    this.app.tell("explored", this.state);
    this.beside.settle();
    this.axes.preview();
    this.controls.drawSteps();
    this.bench.settle();
    this.past.show();
    this.past.fill();
  }

  // ---- the picture ----------------------------------------------------------------------------

  async draw(nudge = null) {
    const text = write(this.state), asked = ++this.asked;
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
    if (nudge === null) this.past.illustrate(text, answer.pixels, answer.shape);
    if (answer.latent) this.axes.setLatent(answer.latent);
    return answer;
  }

  async nudge() {
    const answer = await this.draw(Math.floor(Math.random() * LIMITS.seed[1]));
    if (answer) this.set({ at: read(answer.states[0]).at, seed: 0 }, true);
  }

  // ---- controls -------------------------------------------------------------------------------

  wire() {
    const on = (selector, does) => { this.find(selector).onclick = does; };
    on(".ex-nudge", () => this.nudge());
    on(".ex-reset", () => this.set(first(this.state.model), true));
    on(".ex-link", ({ target }) => copy(target, this.link()));
    on(".ex-python", ({ target }) => copy(target, pythonOf(write(this.state), this.model)));
    on(".ex-command", ({ target }) => copy(target, commandOf(write(this.state))));
    on(".ex-png", () => this.save());
    document.addEventListener("keydown", (event) => this.key(event));
    wirePictureDrag(this);
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

  chooseModel(model) {
    if (model.name === this.state.model) return;
    this.turnTo(carried(this.state, model));
    this.tiles.page = 0;
    this.set({}, true);
  }

  // What depends on the model alone, in the present language.
  build() {
    showModels(this);
    this.controls.build();
    this.axes.build();
  }

  show() {
    const { state, model } = this, parts = partsOf(state, model);
    this.controls.show();
    this.axes.show(state);
    this.find(".ex-caption").textContent = parts.join(" · ");
    this.picture.setAttribute("aria-label", `${model.name}: ${parts.join(", ")}`);
    this.favourites.follow();
    this.compare.follow();
  }

  // ---- taking along ---------------------------------------------------------------------------

  // A link to the present state, and what else a panel has.
  link(others = {}) {
    const { chosen } = this.app.teach;
    return `${pageAddress()}#${measured(addressOf(chosen, { explore: write(this.state), ...others }), chosen)}`;
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
    this.favourites.show();
    this.bench.relabel();
    this.beside.relabel();
    this.settle(false);
  }
}
