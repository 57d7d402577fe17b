// Arena: many GANs side by side that differ in one setting or two, trained together and ranked.

import { Cells, framesOf } from "./cells.js";
import { Curves } from "./curves.js";
import { Save, leaders } from "./save.js";
import { Setup, axisName, write } from "./setup.js";
import { Table } from "./table.js";
import { splitPieces } from "../shared/wire.js";
import { Link } from "../shared/live-socket.js";
import { element, fetchView } from "../shared/dom.js";
import { fill, has, t } from "../shared/i18n.js";

const SPEEDS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, null];
const SPOKEN = 10_000; // milliseconds between two sentences about who leads

export async function open(app, views) {
  const at = `${app.base}/assets/arena/arena`, markup = await fetchView(`${at}.html`, `${at}.css`);
  const root = app.find("#panel-arena");
  root.append(markup);
  return (app.arena = new Arena(app, views, root));
}

class Arena {
  constructor(app, views, root) {
    this.app = app;
    this.views = views;
    this.root = root;
    this.about = app.schema.arena;
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
    this.owed = 0;
    this.playing = false;
    this.speed = null;
    this.newest = null;
    this.pointed = -1;
    this.status = "connecting";
    this.find = (selector) => root.querySelector(selector);
    this.setup = new Setup(this);
    this.table = new Table(this);
    this.cells = new Cells(this);
    this.curves = new Curves(this);
    this.save = new Save(this);
    this.wire();
    this.relabel();
    app.addEventListener("words", () => this.relabel());
    app.addEventListener("view", ({ detail: name }) => this.setAway(name !== "arena"));
    this.link = new Link({
      base: app.base, room: "arena", token: app.link.ticket(), newToken: app.link.newToken,
      hello: () => this.hello(),
      on: {
        frame: (buffer) => this.receiveFrame(buffer),
        event: (event) => this.receive(event),
        up: () => this.setStatus("live"),
        down: (reason) => this.setStatus(reason || "lost"),
      },
    });
    if (views.opened.arena && this.setup.take(views.opened.arena)) {
      this.setup.build();
      this.begin();
    }
  }

  wire() {
    const on = (selector, does) => { this.find(selector).onclick = does; };
    on(".ar-toggle", () => this.toggle());
    on(".ar-rewind", () => this.rewind());
    on(".ar-step", () => this.send("step", { count: 1 }));
    on(".ar-many", () => this.many());
    this.find(".ar-count").onkeydown = ({ key }) => {
      if (key === "Enter") this.many(); // a handler that gives back false would hold the key
    };
    this.find(".ar-speed").oninput = ({ target }) => {
      this.speed = SPEEDS[target.valueAsNumber];
      this.showSpeed();
      this.send("speed", { speed: this.speed });
    };
    this.find(".ar-seed").onchange = ({ target }) => this.send("look", { seed: target.selectedIndex });
    document.addEventListener("keydown", (event) => this.key(event));
  }

  key(event) {
    const { target, key } = event;
    if (this.views.shown !== "arena" || event.ctrlKey || event.metaKey || event.altKey || !this.told) return;
    if (target.closest("input:not([type=checkbox], [type=radio], [type=range]), select, textarea, dialog")) return;
    if (key === " " && target.closest("button, summary, input")) return;
    const does = { " ": () => this.toggle(), s: () => this.send("step", { count: 1 }), r: () => this.rewind() }[key.toLowerCase()];
    if (!does) return;
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

  // What there was goes on until the server has agreed.
  begin() {
    this.asking = this.setup.asked;
    this.views.address({ arena: write(this.setup.now) });
    this.send("make", { ...this.asking, playing: true });
  }

  element() {
    this.begin();
    if (window.innerWidth <= 760) this.find(".ar-stage").scrollIntoView({ behavior: "smooth" });
  }

  receive(event) {
    const handler = {
      welcome: () => this.complain(event.problems),
      state: () => this.receiveState(event),
      arena: () => this.receiveArena(event),
      standings: () => this.receiveStandings(event),
      unmade: () => this.refuse(event.problems),
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
    Object.assign(this, { standings: null, lost: [], step: 0, newest: null, frames: [] });
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
      this.buildSeeds();
    }
    this.complain(told.problems);
    this.show();
  }

  buildSeeds() {
    const { seeds } = this.told;
    this.find(".ar-seed-box").hidden = seeds.length < 2;
    this.find(".ar-seed").replaceChildren(...seeds.map((seed) => element("option", { textContent: seed })));
  }

  receiveStandings(standings) {
    if (standings.run !== this.run) return;
    this.standings = standings;
    this.curves.add(standings);
    this.table.show(!this.playing);
    this.save.show();
    this.speak();
  }

  receiveFrame(buffer) {
    this.owed += 1;
    if (!this.newest) requestAnimationFrame(() => this.draw());
    this.newest = buffer;
  }

  draw() {
    const buffer = this.newest;
    this.newest = null;
    if (buffer) {
      const [head] = splitPieces(new Uint8Array(buffer)).found;
      if (head.run === this.run && this.told) this.showMoment(head);
    }
    for (; this.owed > 0; this.owed--) this.link.acknowledge();
  }

  showMoment(head) {
    this.frames = framesOf(head, this.told);
    this.cells.draw();
    const other = head.lost.length !== this.lost.length;
    Object.assign(this, { lost: head.lost, step: head.step, applied: head.applied });
    this.drawn += 1;
    this.find(".ar-steps").textContent = head.step.toLocaleString(this.app.root.lang);
    const rate = head.rate >= 1 ? t("play.rate", { rate: Math.round(head.rate).toLocaleString(this.app.root.lang) }) : "";
    this.find(".ar-rate").textContent = head.catching ? `· ${t("play.catching_up")}` : rate && `· ${rate}`;
    if (other) {
      this.cells.number();
      this.note();
    }
  }

  // ---- what is shown --------------------------------------------------------------------------

  show() {
    this.root.classList.toggle("ready", Boolean(this.told));
    this.find(".ar-empty").hidden = Boolean(this.told);
    this.find(".ar-cells").hidden = !this.told;
    for (const button of this.root.querySelectorAll(".ar-bar :is(button, input)")) button.disabled = !this.told;
    const toggle = this.find(".ar-toggle");
    toggle.classList.toggle("playing", this.playing);
    toggle.setAttribute("aria-pressed", this.playing);
    this.find(".ar-toggle-text").textContent = t(this.playing ? "play.pause" : "play.play");
    this.find(".ar-steps").textContent = this.step.toLocaleString(this.app.root.lang);
    this.find(".ar-speed").value = SPEEDS.indexOf(SPEEDS.find((one) => one === this.speed) ?? null);
    this.showSpeed();
    this.save.show();
    this.note();
  }

  showSpeed() {
    const text = this.speed === null ? t("play.fastest") : t("play.rate", { rate: this.speed });
    this.find(".ar-speed-text").textContent = text;
    this.find(".ar-speed").setAttribute("aria-valuetext", text);
  }

  // A line above the pictures for what cannot go on.
  note() {
    const all = this.told && this.lost.length && this.lost.length === this.told.possible.length * this.told.seeds.length;
    const text = this.status !== "live" && this.status !== "connecting" ? t(`status.${this.status}`) : all ? t("arena.all_diverged") : "";
    this.find(".ar-note").textContent = text;
    this.find(".ar-note").hidden = !text;
  }

  setStatus(status) {
    this.status = status;
    this.note();
  }

  // Who leads, for those who do not see the table; not all the time.
  speak() {
    const now = performance.now();
    if (this.playing && now - (this.spokenAt || 0) < SPOKEN) return;
    this.spokenAt = now;
    this.find(".ar-cells").setAttribute("aria-description", leaders(this.standings, this.told, this.cells, this.table.by));
  }

  // A cell that is pointed at, in pictures, table and curves; -1 for none.
  point(place) {
    if (place === this.pointed) return;
    this.pointed = place;
    for (const part of [this.cells, this.table, this.curves]) part.light(place);
  }

  // Problems as sentences.
  words(problems) {
    return problems.map(({ field, value, used, code, allowed }) => {
      const known = this.setup.fields[field], words = { field: known ? axisName(known) : field, value: String(value), used: String(used), allowed: known ? this.allowed(known) : allowed };
      return has(`arena.problems.${code}`) ? t(`arena.problems.${code}`, { ...words, ...this.about }) : t(`problems.${code}`, words);
    });
  }

  allowed({ choices, bounds, kind }) {
    if (choices) return t("problems.one_of", { choices: choices.join(", ") });
    return t(kind === "integer" ? "problems.whole_between" : "problems.between", { low: bounds[0], high: bounds[1] });
  }

  complain(problems = []) {
    for (const text of new Set(this.words(problems))) this.app.toast(text);
  }

  // Nothing was begun: what there was goes on as it did.
  refuse(problems) {
    this.asking = null;
    this.complain(problems);
  }

  // ---- what can be done -----------------------------------------------------------------------

  toggle() {
    this.playing = !this.playing;
    this.show();
    this.send("play", { playing: this.playing });
  }

  rewind() {
    this.send("rewind");
  }

  many() {
    const box = this.find(".ar-count"), count = Number(box.value);
    if (Number.isInteger(count) && count >= 1 && count <= 10000) this.send("step", { count });
    else this.app.toast(t("problems.bounds", { field: t("play.count"), value: box.value, allowed: t("problems.whole_between", { low: 1, high: 10000 }), used: "" }));
  }

  // While another view is shown nothing is trained here either.
  setAway(away) {
    if (this.playing) this.send("play", { playing: !away });
    if (!away) this.cells.fit();
  }

  // Its settings, with the seed that is shown, from the start.
  take(place) {
    const { app } = this, cell = this.told.possible[place], seed = this.told.seeds[this.find(".ar-seed").selectedIndex] ?? this.told.seeds[0];
    app.lab.take({ ...this.spec.base, seed, ...cell.changes });
    this.views.show("lab");
    app.find("#view-lab").focus();
    app.toast(t("arena.taken", { name: this.cells.nameOf(cell, true) }));
  }
}
