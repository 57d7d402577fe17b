// Arena: many GANs side by side that differ in one setting or two, trained together and ranked.

import { Cells, framesOf } from "./cells.js";
import { Curves } from "./curves.js";
import { ArenaBar } from "./play-bar.js";
import { Save } from "./save.js";
import { Setup, axisName, write } from "./setup.js";
import { Table } from "./table.js";
import { allowed, wordsOf } from "../shared/problem-words.js";
import { pageKey } from "../shared/page-keys.js";
import { splitPieces } from "../shared/wire.js";
import { Link } from "../shared/live-socket.js";
import { fetchView } from "../shared/dom.js";
import { fill, has, t } from "../shared/i18n.js";

/** @param {import("../app.js").App} app @param {import("../tabs.js").Views} views */
export async function open(app, views) {
  const at = `${app.base}/assets/arena/arena`, markup = await fetchView(`${at}.html`, `${at}.css`);
  const root = app.find("#panel-arena");
  root.append(markup);
  return (app.arena = new Arena(app, views, root));
}

export class Arena {
  /** @param {import("../app.js").App} app @param {import("../tabs.js").Views} views */
  constructor(app, views, root) {
    this.app = app;
    this.views = views;
    this.root = root;
    this.spec = null;
    this.asking = null;
    this.told = null;
    this.frames = [];
    this.standings = null;
    this.lost = [];
    this.run = -1;
    this.step = 0;
    this.drawn = 0;
    this.sent = 0;
    this.playing = false;
    this.speed = null;
    this.pointed = -1;
    this.status = "connecting";
    this.find = (selector) => root.querySelector(selector);
    this.setup = new Setup(this);
    this.bar = new ArenaBar(this);
    this.table = new Table(this);
    this.cells = new Cells(this);
    this.curves = new Curves(this);
    this.save = new Save(this);
    this.relabel();
    document.addEventListener("keydown", (event) => this.key(event));
    app.addEventListener("words", () => this.relabel());
    app.addEventListener("view", ({ detail: name }) => this.setAway(name !== "arena"));
    this.link = new Link({ base: app.base, token: app.link.getToken(), newToken: app.link.newToken, room: "arena", view: this });
    if (views.opened.arena && this.setup.take(views.opened.arena)) {
      this.setup.build();
      this.begin();
    } else if (views.opened.arena) app.toast(t("teach.unread", { piece: `arena=${views.opened.arena.slice(0, 60)}` }));
  }

  key(event) {
    const keys = { " ": () => this.toggle(), "s": () => this.bar.step(1), "r": () => this.send("rewind") };
    const does = keys[pageKey(event, "button, summary, input")];
    if (!does || this.views.shown !== "arena" || !this.told) return;
    event.preventDefault();
    does();
  }

  relabel() {
    fill(this.root);
    this.setup.build();
    this.table.label();
    this.curves.label();
    this.cells.build();
    this.show();
  }

  // ---- the line -------------------------------------------------------------------------------

  hello() {
    return { arena: this.spec, playing: this.playing && this.views.shown === "arena", speed: this.speed, step: this.spec ? this.step : 0 };
  }

  send(type, content = {}) {
    this.sent += 1;
    this.link.send({ type, id: this.sent, ...content });
  }

  // What there was goes on until the server has agreed. An arena of the Lab's settings waits for these:
  // a page that opens with an arena may be here before the Lab's session has told them.
  begin() {
    const { lab } = this.app;
    if (this.setup.now.base === "lab" && !lab.known) {
      lab.addEventListener("state", () => this.begin(), { once: true });
      return;
    }
    this.asking = this.setup.asked;
    this.views.address({ arena: write(this.setup.now) });
    this.send("make", { ...this.asking, playing: true });
  }

  make() {
    this.begin();
    if (window.innerWidth <= 760) this.find(".ar-stage").scrollIntoView({ behavior: "smooth" });
  }

  receive(event) {
    const handler = {
      welcome: () => this.complain(event.problems),
      state: () => this.receiveState(event),
      arena: () => this.receiveArena(event),
      standings: () => this.receiveStandings(event),
      unmade: () => {
        this.asking = null; // what there was goes on as it did
        this.complain(event.problems);
      },
      error: () => this.app.toast(t("problems.message", event)),
      failed: () => this.app.toast(t("toasts.failed")),
      too_many: () => this.app.toast(t("toasts.too_many")),
    }[event.type];
    if (handler) handler();
  }

  receiveState({ run, playing, speed }) {
    if (run !== this.run) this.forget();
    Object.assign(this, { run, speed });
    if (this.views.shown === "arena") this.playing = playing;
    this.show();
  }

  forget() {
    Object.assign(this, { standings: null, lost: [], step: 0, frames: [] });
    this.curves.clear();
    this.table.build();
    this.cells.number();
  }

  receiveArena(told) {
    this.spec = this.asking || this.spec;
    this.asking = null;
    const same = this.told && JSON.stringify(told) === JSON.stringify(this.first);
    if (!same) {
      this.first = told;
      this.told = { ...told, possible: told.cells.filter((cell) => !cell.problems) };
      this.cells.here = 0;
      this.show(); // what is hidden has no size
      this.cells.build();
      this.table.build();
      this.bar.buildSeeds();
    }
    this.complain(told.problems);
    this.show();
  }

  receiveStandings(standings) {
    if (standings.run !== this.run) return;
    this.standings = standings;
    this.curves.add(standings);
    this.table.show(!this.playing);
    this.save.show();
    this.table.speak();
  }

  draw(buffer) {
    const [head] = splitPieces(new Uint8Array(buffer)).found;
    if (head.run !== this.run || !this.told) return;
    this.frames = framesOf(head, this.told);
    this.cells.draw();
    const other = head.lost.length !== this.lost.length;
    Object.assign(this, { lost: head.lost, step: head.step });
    this.drawn += 1;
    this.bar.showStep();
    this.bar.showRate(head);
    if (!other) return;
    this.cells.number();
    this.bar.note();
  }

  // ---- what is shown --------------------------------------------------------------------------

  show() {
    this.root.classList.toggle("ready", Boolean(this.told));
    this.find(".ar-empty").hidden = Boolean(this.told);
    this.find(".ar-cells").hidden = !this.told;
    this.bar.show();
    this.save.show();
  }

  setStatus(status) {
    this.status = status;
    this.app.banner.set("arena", status);
  }

  // A cell that is pointed at, in pictures, table and curves; -1 for none.
  point(place) {
    if (place === this.pointed) return;
    this.pointed = place;
    for (const part of [this.cells, this.table, this.curves]) part.light(place);
  }

  // Problems as sentences.
  words(problems) {
    return problems.map((problem) => {
      const { field, code } = problem, known = this.setup.fields[field];
      const words = wordsOf(problem, known ? axisName(known) : field, known ? allowed(known) : problem.allowed);
      if (!has(`arena.problems.${code}`)) return t(`problems.${code}`, words);
      return t(`arena.problems.${code}`, { ...words, ...this.setup.most });
    });
  }

  complain(problems = []) {
    for (const text of new Set(this.words(problems))) this.app.toast(text);
  }

  // ---- what can be done -----------------------------------------------------------------------

  toggle() {
    this.playing = !this.playing;
    this.show();
    this.send("play", { playing: this.playing });
  }

  // While another view is shown nothing is trained here either.
  setAway(away) {
    if (this.playing) this.send("play", { playing: !away });
    if (!away) this.cells.fit();
  }

  // Its settings, with the seed that is shown, from the start.
  take(place) {
    const { app } = this, cell = this.told.possible[place];
    app.lab.take({ ...this.spec.base, seed: this.bar.seed, ...cell.changes });
    this.views.show("lab");
    app.find("#view-lab").focus();
    app.toast(t("arena.taken", { name: this.cells.nameOf(cell, true) }));
  }
}
