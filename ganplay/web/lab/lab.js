// The lab: puts canvas, controls, charts and the line to the session together.

import { Anew } from "./restore-notice.js";
import { Charts } from "./charts.js";
import { Controls } from "../shared/controls.js";
import { Diagnosis } from "./diagnosis.js";
import { Draw, withPoints } from "./data-editor.js";
import { decode } from "../shared/frame.js";
import { Film } from "./film.js";
import { Graph } from "./model-graph.js";
import { Inside } from "./network-inspector.js";
import { Link } from "../shared/live-socket.js";
import { Pair } from "./compare-ab.js";
import { PALETTES, Plane, thumbnail } from "../shared/plane.js";
import { Share } from "./share.js";
import { Slow } from "./slow-motion.js";
import { StopAt } from "./stop-condition.js";
import { inBrowser, inTab } from "../shared/storage.js";
import { Teach, readAddress, writeAddress } from "../shared/teacher-link.js";
import { Timeline } from "./timeline.js";
import { Views, arenaIn, exploredIn, learntIn, walkIn } from "../tabs.js";
import { Waiting } from "./waiting-line.js";
import { Weights } from "./weights.js";
import * as words from "../shared/i18n.js";

const { t, number } = words;
const SPEEDS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, null];
const TILES = ["js", "modes", "high_quality", "value", "grad_norm_g", "grad_norm_d"];
const LAYERS = ["map", "real", "fake", "pull", "grid"];
const FIRST_SPEED = 200; // slow enough to see the first modes appear
const KEPT = "ganplay.lab";
const TOAST_SECONDS = 9, MANY_PROBLEMS_SECONDS = 60, MOST_TOASTS = 4;

export async function mount(root, { base, token, newToken }) {
  const answer = await fetch(`${base}/schema.json`);
  const schema = await answer.json();
  words.start(schema.locales, readAddress(location.hash).lang);
  const lab = new Lab(root, schema, base);
  window.ganplay = lab; // for the curious at the console, and for the tests
  lab.connect(token, newToken);
  lab.charts.ready.then(() => lab.begin());
}

class Lab {
  constructor(root, schema, base) {
    Object.assign(this, { root, schema, base });
    this.find = (selector) => root.querySelector(selector);
    this.config = {};
    this.playing = true;
    this.begun = false;
    this.speed = FIRST_SPEED;
    this.stop = null;
    this.sent = this.restoring = 0;
    this.changes = {};
    this.rival = this.openedRival = null;
    this.lane = "a";
    this.newest = null;
    this.owed = 0;
    this.drawn = 0;
    this.data = { modes: 0, floor: 0, classes: 0 };
    this.layers = schema.frame.layers;
    this.shown = LAYERS.reduce((sum, name) => sum + this.layers[name], 0);
    this.label = 0;
    const explored = exploredIn(location.hash), walk = walkIn(location.hash), learnt = learntIn(location.hash), arena = arenaIn(location.hash);
    this.readLink();
    if (this.opened === null) this.readKept();
    this.listeners = {};
    this.plane = new Plane(this.find(".plane"), schema.frame);
    this.second = new Plane(this.find(".plane-second"), schema.frame);
    this.plane.layers = this.second.layers = this.shown;
    this.charts = new Charts(this.find(".charts"), base, () => this.colours());
    this.buildChoices();
    this.buildLayers();
    this.controls = new Controls(this.find(".settings"), schema, (change) => this.configure(change, this.lane));
    this.setTheme(inBrowser.get("ganplay.theme") || (document.body.classList.contains("dark") ? "dark" : "light"));
    this.share = new Share(this);
    this.weights = new Weights(this);
    this.film = new Film(this);
    this.timeline = new Timeline(this);
    this.stopAt = new StopAt(this);
    this.own = new Draw(this);
    this.graph = new Graph(this);
    this.slow = new Slow(this);
    this.inside = new Inside(this);
    this.pair = new Pair(this);
    this.diagnosis = new Diagnosis(this);
    this.waiting = new Waiting(this);
    this.anew = new Anew(this);
    this.wire();
    this.relabel();
    this.views = new Views(this, explored, walk, learnt, arena);
    for (const plane of [this.plane, this.second]) {
      new ResizeObserver(() => plane.resize() && plane.draw()).observe(plane.canvas.parentElement);
    }
    setInterval(() => this.describe(), 2000);
  }

  // ---- what the page's other parts hang on to ---------------------------------------------------

  // Parts hear of what happens here by name: "frame", "state", "data", "words", "theme", "sent",
  // "loaded", "adopting", "numbers", "described", "view", or the type of an event of the server's.
  hear(kind, does) {
    (this.listeners[kind] ||= []).push(does);
  }

  tell(kind, ...what) {
    for (const does of this.listeners[kind] || []) does(...what);
  }

  // A button among the ways of looking, with `name`.label and `name`.tip for words; `does(on)` is
  // told when it is switched on or off. Gives a function that switches it from elsewhere.
  addMode(name, does) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: `mode mode-${name}` });
    Object.assign(button.dataset, { part: name, t: `${name}.label`, tTitle: `${name}.tip` });
    const set = (on) => {
      if (String(on) === button.getAttribute("aria-pressed")) return;
      button.setAttribute("aria-pressed", on);
      does(on);
    };
    button.setAttribute("aria-pressed", false);
    button.onclick = () => set(button.getAttribute("aria-pressed") !== "true");
    this.find(".modes").append(button);
    return set;
  }

  // The second picture belongs to one part at a time: who takes it makes the former owner let go.
  takeSecond(name, letGo) {
    const former = this.leaveSecond;
    this.leaveSecond = letGo;
    if (former && former !== letGo) former();
    this.find(".second-name").textContent = name;
    this.find(".canvas-box.second").hidden = false;
  }

  freeSecond(letGo) {
    if (this.leaveSecond !== letGo) return;
    this.leaveSecond = null;
    this.find(".canvas-box.second").hidden = true;
    this.second.frame = null;
  }

  // The frame that the picture and the numbers show: the newest, or one of the past.
  get seen() {
    return this.timeline.holds ? this.timeline.moment.frame : this.frame;
  }

  // ---- the line -------------------------------------------------------------------------------

  connect(token, newToken) {
    this.link = new Link({
      base: this.base, token, newToken,
      hello: () => this.hello(),
      on: {
        frame: (buffer) => this.receiveFrame(buffer),
        event: (event) => this.receive(event),
        up: () => this.setStatus("live"),
        down: (reason) => this.setStatus(reason || "lost"),
      },
    });
  }

  // What a new session is to be like: as this page remembers it. The first one waits at its start
  // until everything that shows it has been loaded. A line that breaks while a session is being
  // restored does not lose the step that it was to be restored to.
  hello() {
    const known = Object.keys(this.config).length > 0;
    const step = Math.max(this.frame ? this.frame.step : 0, this.restoring);
    this.restoring = step;
    const playing = this.playing && this.begun && !this.away;
    const given = this.opened === null ? { config: known ? this.config : null } : { state: this.opened };
    const rival = this.opened === null ? this.rival && this.rival.config : this.openedRival;
    return { ...given, rival, playing, speed: this.speed, stop: this.stop, step };
  }

  begin() {
    this.begun = true;
    if (this.playing && !this.away) this.send("play", { playing: true });
  }

  // While another view is shown nothing is trained; after that all is as it was.
  setAway(away) {
    this.away = away;
    if (this.begun && this.playing) this.send("play", { playing: !away });
    if (!away) this.charts.redraw(); // what is not to be seen has no size
  }

  send(type, content = {}) {
    this.sent += 1;
    this.sentAt = performance.now();
    this.link.send({ type, id: this.sent, ...content });
    this.tell("sent", type, content);
    return this.sent;
  }

  // Changes of one animation frame travel together, the last of each setting.
  configure(change, lane = "a") {
    if (!Object.keys(this.changes).length) {
      requestAnimationFrame(() => {
        const all = Object.entries(this.changes);
        this.changes = {};
        for (const [lane, changes] of all) this.send("configure", { changes, lane });
      });
    }
    this.changes[lane] = { ...this.changes[lane], ...change };
  }

  get rivalConfig() {
    return { ...this.config, ...this.rival.config };
  }

  // The settings that the panel shows.
  get edited() {
    return this.lane === "b" ? this.rivalConfig : this.config;
  }

  look() {
    this.plane.label = this.second.label = this.data.classes ? this.label : -1;
    const graph = Boolean(this.graph.visible), more = this.inside.asks;
    this.send("look", { layers: this.shown, label: this.label, probe: this.probeAt || null, graph, ...more });
  }

  receive(event) {
    const handler = {
      welcome: () => this.welcome(event),
      state: () => this.receiveState(event),
      data: () => this.receiveData(event),
      diverged: () => this.showVeil(event.step),
      limit: () => this.toast(t("toasts.limit", { steps: event.limit.toLocaleString() })),
      error: () => this.toast(t("problems.message", event)),
      failed: () => this.toast(t("toasts.failed")),
      too_many: () => this.toast(t("toasts.too_many")),
    }[event.type];
    if (event.type === "state") withPoints(event, this.config);
    if (handler) handler();
    this.tell(event.type, event);
  }

  welcome(event) {
    this.complain(event.problems);
    for (const field of this.unknownParts.splice(0)) this.toast(t("teach.unknown", { name: field.slice(0, 40) }));
    this.look();
  }

  receiveState({ config, state, rival, playing, speed, stop, problems, restarted }) {
    const first = !Object.keys(this.config).length;
    Object.assign(this, { config, state, rival, speed, stop, opened: null });
    if (!rival) this.lane = "a";
    if (this.begun && !this.away) this.playing = playing;
    if (restarted) this.hideVeil();
    this.complain(problems);
    this.controls.show(this.edited);
    this.showChoices();
    this.showPlaying();
    this.find(".speed").value = SPEEDS.indexOf(SPEEDS.find((s) => s === speed) ?? null);
    this.showSpeed();
    this.showScale();
    if (!first && !restarted && this.frame && !this.holdsPicture) this.plane.draw();
    this.keep();
  }

  receiveData(data) {
    this.data = data;
    const label = Math.min(this.label, Math.max(0, data.classes - 1));
    this.label = label;
    this.plane.label = data.classes ? label : -1;
    this.plane.setData(data);
    this.second.setData(data);
    this.charts.setData(data);
    this.buildClasses();
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
      const frame = decode(buffer, this.schema.frame);
      // A part that shows another moment in the large picture holds it.
      if (!frame.diverged && !this.holdsPicture) this.plane.draw(frame);
      this.frame = frame;
      this.drawn += 1;
      if (!frame.catchingUp) this.restoring = 0;
      if (frame.applied >= this.sent && this.sentAt) {
        this.latency = performance.now() - this.sentAt;
        this.sentAt = 0;
      }
      this.charts.add(frame);
      this.tell("frame", frame, buffer);
      if (!this.timeline.holds) this.showNumbers(frame);
      if (!this.find(".plane").getAttribute("aria-label")) this.describe();
    }
    for (; this.owed > 0; this.owed--) this.link.acknowledge();
  }

  // ---- what is shown --------------------------------------------------------------------------

  colours() {
    const palette = PALETTES[this.theme], dark = this.theme === "dark";
    return {
      ...palette, good: dark ? "#5fd0c0" : "#0b7a6f", ink: dark ? "#c7d0dc" : "#3b4658",
      inkText: dark ? "#e8edf4" : "#1a2230", panel: dark ? "#161d28" : "#ffffff",
    };
  }

  setTheme(theme) {
    this.theme = theme;
    document.body.classList.toggle("dark", theme === "dark");
    this.root.dataset.theme = theme;
    for (const plane of [this.plane, this.second]) {
      plane.setTheme(theme);
      plane.draw();
    }
    this.tell("theme", theme);
    this.charts.redraw();
    this.drawThumbnails();
  }

  relabel() {
    this.root.lang = document.documentElement.lang = words.current() === "zh" ? "zh-CN" : "en";
    const [other] = words.others();
    this.find(".language").textContent = t("app.other_language");
    this.find(".language").lang = other;
    this.showPlaying(); // before names are given to buttons without a text
    words.fill(this.root);
    this.controls.build();
    this.charts.label();
    this.labelChoices();
    this.labelLayers();
    this.buildClasses();
    this.buildTiles();
    this.buildHelp();
    this.showSpeed();
    this.showScale();
    this.setStatus(this.status || "connecting");
    if (this.frame) this.showNumbers(this.seen, true);
    this.describe();
    if (!this.find(".veil").hidden) this.showVeil(this.divergedAt);
    this.tell("words");
    this.unknownParts = this.teach.apply();
  }

  setStatus(status) {
    this.status = status;
    this.find(".status").dataset.status = status;
    this.find(".status-text").textContent = t(`status.${status}`);
  }

  buildChoices() {
    const { presets, distributions } = this.schema;
    for (const name of Object.keys(presets)) {
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.preset = name;
      button.append(document.createElement("canvas"), document.createElement("span"));
      button.onclick = () => this.send("preset", { name });
      this.find(".presets").append(button);
    }
    for (const name of Object.keys(distributions)) {
      const choice = document.createElement("label");
      choice.dataset.data = name;
      const radio = Object.assign(document.createElement("input"), { type: "radio", name: "lab-distribution", value: name });
      radio.onchange = () => this.configure({ distribution: name });
      choice.append(radio, document.createElement("canvas"), document.createElement("span"));
      this.find(".datasets").append(choice);
    }
  }

  labelChoices() {
    for (const button of this.root.querySelectorAll("[data-preset]")) {
      const name = button.dataset.preset;
      button.querySelector("span").textContent = t(`presets.${name}.label`);
      button.title = t(`presets.${name}.tip`);
    }
    for (const choice of this.root.querySelectorAll("[data-data]")) {
      choice.querySelector("span").textContent = t(`choices.distribution.${choice.dataset.data}`);
    }
  }

  drawThumbnails() {
    const { distributions, thumbnails, frame } = this.schema, palette = PALETTES[this.theme];
    for (const choice of this.root.querySelectorAll("[data-data]")) {
      thumbnail(choice.querySelector("canvas"), frame.unit, distributions[choice.dataset.data].points, [], palette);
    }
    for (const button of this.root.querySelectorAll("[data-preset]")) {
      const { real, fake } = thumbnails[button.dataset.preset];
      thumbnail(button.querySelector("canvas"), frame.unit, real, fake, palette);
    }
  }

  showChoices() {
    for (const button of this.root.querySelectorAll("[data-preset]")) {
      const preset = this.schema.presets[button.dataset.preset];
      const same = Object.keys(preset).every((name) => name === "seed" || preset[name] === this.config[name]);
      button.setAttribute("aria-pressed", same);
    }
    for (const radio of this.root.querySelectorAll(".datasets input")) {
      radio.checked = radio.value === this.config.distribution;
    }
    const seed = this.find(".seed");
    if (document.activeElement !== seed) seed.value = this.config.seed;
  }

  buildLayers() {
    for (const name of LAYERS) {
      const chip = document.createElement("label");
      chip.className = `chip chip-${name}`;
      const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: true });
      box.onchange = () => {
        this.shown ^= this.layers[name];
        this.plane.layers = this.second.layers = this.shown;
        this.look();
        this.plane.draw();
        this.second.draw();
      };
      chip.dataset.layer = name;
      chip.append(box, document.createElement("i"), document.createElement("span"));
      this.find(".layers").append(chip);
    }
    const classes = document.createElement("label");
    classes.className = "classes";
    classes.append(document.createElement("span"), document.createElement("select"));
    classes.querySelector("select").onchange = ({ target }) => {
      this.label = target.selectedIndex;
      this.plane.realStale = this.second.realStale = true;
      this.look();
    };
    this.find(".layers").append(classes);
  }

  labelLayers() {
    for (const chip of this.root.querySelectorAll("[data-layer]")) {
      chip.querySelector("span").textContent = t(`layers.${chip.dataset.layer}.label`);
      chip.title = t(`layers.${chip.dataset.layer}.tip`);
    }
    this.find(".classes span").textContent = t("layers.class");
  }

  buildClasses() {
    const box = this.find(".classes");
    box.hidden = !this.data.classes;
    const names = Array.from({ length: this.data.classes }, (_, i) => {
      return Object.assign(document.createElement("option"), { textContent: String(i + 1) });
    });
    box.querySelector("select").replaceChildren(...names);
    box.querySelector("select").selectedIndex = this.label;
  }

  buildTiles() {
    const tiles = TILES.map((name) => {
      const tile = document.createElement("div");
      tile.dataset.tile = name;
      tile.title = t(`metrics.${name}.tip`);
      tile.innerHTML = "<dt></dt><dd><b></b><small></small></dd>";
      tile.querySelector("dt").textContent = t(`metrics.${name}.label`);
      return tile;
    });
    this.find(".tiles").replaceChildren(...tiles);
  }

  // Text changes ten times a second at most: faster nobody reads.
  showNumbers(frame, now = false) {
    const { playing } = frame;
    if (!now && playing && performance.now() - (this.numbersAt || 0) < 100) return;
    this.numbersAt = performance.now();
    this.find(".step-number").textContent = frame.step.toLocaleString(this.root.lang);
    const past = this.timeline.holds; // how fast it was then says nothing now
    const rate = frame.rate >= 1 && !past ? t("play.rate", { rate: Math.round(frame.rate).toLocaleString(this.root.lang) }) : "";
    this.find(".rate").textContent = frame.catchingUp && !past ? t("play.catching_up") : rate;
    const texts = this.tileTexts(frame, this.config);
    for (const tile of this.root.querySelectorAll("[data-tile]")) {
      const [value, small] = texts[tile.dataset.tile];
      tile.querySelector("b").textContent = frame.diverged ? "–" : value;
      tile.querySelector("small").textContent = small;
    }
    this.showScale();
    this.tell("numbers", frame);
  }

  tileTexts({ metrics }, config) {
    const { modes, floor } = this.data, measured = Number.isFinite(metrics.modes);
    const probability = this.schema.readings[config.loss] === "probability";
    return {
      js: [number(metrics.js), t("metrics.js.floor", { floor: number(floor, 3) })],
      modes: [modes && measured ? `${metrics.modes} / ${modes}` : "–", modes ? t("metrics.modes.sub") : t("metrics.modes.none")],
      high_quality: [modes && measured ? `${Math.round(100 * metrics.high_quality)} %` : "–", modes ? t("metrics.high_quality.sub") : t("metrics.modes.none")],
      value: [number(metrics.value), t(probability ? "metrics.value.sub" : "metrics.value.none")],
      grad_norm_g: [number(metrics.grad_norm_g), t("metrics.grad_norm_g.sub")],
      grad_norm_d: [number(metrics.grad_norm_d), t("metrics.grad_norm_d.sub")],
    };
  }

  isCritic() {
    return this.schema.readings[this.config.loss] === "critic";
  }

  showScale() {
    this.fillScale(this.find(".scale"), this.seen, this.config);
  }

  fillScale(scale, frame, config) {
    const reading = this.schema.readings[config.loss];
    if (!reading) return;
    const critic = reading === "critic" && frame;
    scale.querySelector(".scale-low").textContent = critic ? number(frame.low, 1) : t("scale.fake");
    scale.querySelector(".scale-high").textContent = critic ? number(frame.high, 1) : t("scale.real");
  }

  // The canvas in words, for those who do not see it.
  describe() {
    const { seen: frame } = this, text = frame && this.sentence(frame);
    if (!text) return;
    this.find(".plane").setAttribute("aria-label", text);
    this.tell("described", frame);
  }

  sentence(frame) {
    const { data } = this, measured = Number.isFinite(data.modes ? frame.metrics.modes : frame.metrics.js);
    if (!this.config.distribution || (!measured && !frame.diverged)) return ""; // only just begun
    return frame.diverged ? t("veil.text", { step: frame.step }) : t(data.modes ? "describe.modes" : "describe.plain", {
      step: frame.step, data: t(`choices.distribution.${this.config.distribution}`),
      js: number(frame.metrics.js), floor: number(data.floor, 3),
      covered: frame.metrics.modes, modes: data.modes,
      quality: Math.round(100 * frame.metrics.high_quality),
      real: number(frame.metrics.d_real), fake: number(frame.metrics.d_fake),
    });
  }

  showPlaying() {
    const button = this.find(".toggle");
    button.classList.toggle("playing", this.playing);
    button.setAttribute("aria-pressed", this.playing);
    this.find(".toggle-text").textContent = t(this.playing ? "play.pause" : "play.play");
  }

  showSpeed() {
    const speed = SPEEDS[this.find(".speed").valueAsNumber];
    const text = speed === null ? t("play.fastest") : t("play.rate", { rate: speed });
    this.find(".speed-text").textContent = text;
    this.find(".speed").setAttribute("aria-valuetext", text);
  }

  showVeil(step) {
    this.divergedAt = step;
    this.find(".veil-text").textContent = t("veil.text", { step });
    this.find(".veil-button").textContent = t("play.rewind");
    this.find(".veil").hidden = false;
  }

  hideVeil() {
    this.find(".veil").hidden = true;
  }

  complain(problems = []) {
    const texts = problems.map((problem) => {
      const label = words.has(`fields.${problem.field}.label`) ? t(`fields.${problem.field}.label`) : problem.field;
      const values = { field: label, value: String(problem.value), used: String(problem.used), allowed: this.allowed(problem) };
      return t(`problems.${problem.code}`, values);
    });
    if (texts.length > MOST_TOASTS) this.toast(texts.join("\n"), MANY_PROBLEMS_SECONDS);
    else texts.forEach((text) => this.toast(text));
  }

  allowed({ field }) {
    const known = this.schema.fields.find((f) => f.name === field);
    if (!known) return "";
    if (known.choices) return t("problems.one_of", { choices: known.choices.join(", ") });
    const [low, high] = known.bounds;
    return t(known.kind === "integer" ? "problems.whole_between" : "problems.between", { low, high });
  }

  toast(text, seconds = TOAST_SECONDS) {
    const box = this.find(".toasts");
    const same = [...box.children].find((one) => one.firstChild.textContent === text);
    if (same) same.remove();
    const toast = document.createElement("p");
    const close = Object.assign(document.createElement("button"), { type: "button", textContent: "×", ariaLabel: t("help.close") });
    close.onclick = () => toast.remove();
    toast.append(Object.assign(document.createElement("span"), { textContent: text }), close);
    box.append(toast);
    while (box.children.length > MOST_TOASTS) box.firstChild.remove();
    setTimeout(() => toast.remove(), seconds * 1000);
  }

  buildHelp() {
    const body = this.find(".help-body");
    const keys = document.createElement("dl");
    for (const [key, what] of [["␣", "space"], ["S", "s"], ["D", "d"], ["G", "g"], ["R", "r"], [", .", "moments"], ["L", "live"], ["1 – 5", "layers"], ["P", "projector"], ["?", "help"]]) {
      const term = document.createElement("dt");
      term.append(Object.assign(document.createElement("kbd"), { textContent: key }));
      keys.append(term, Object.assign(document.createElement("dd"), { textContent: t(`help.keys.${what}`) }));
    }
    const about = ["picture", "mode", "distance", "touch"].map((name) => {
      return Object.assign(document.createElement("p"), { textContent: t(`help.${name}`) });
    });
    body.replaceChildren(...about, keys);
  }

  // ---- what can be done -----------------------------------------------------------------------

  wire() {
    const on = (selector, does) => { this.find(selector).onclick = does; };
    on(".toggle", () => this.toggle());
    on(".rewind", () => this.rewind());
    on(".veil-button", () => this.rewind());
    on(".step-d", () => this.step("d"));
    on(".step-g", () => this.step("g"));
    on(".step-both", () => this.step("both"));
    on(".step-many", () => this.stepMany());
    on(".new-seed", () => this.configure({ seed: Math.floor(Math.random() * 10000) }));
    on(".theme", () => {
      this.setTheme(this.theme === "dark" ? "light" : "dark");
      inBrowser.set("ganplay.theme", this.theme);
    });
    on(".language", () => {
      words.use(words.others()[0]);
      this.relabel();
    });
    on(".help", () => this.find(".help-box").showModal());
    on(".help-close", () => this.find(".help-box").close());
    this.find(".count").onkeydown = ({ key }) => {
      if (key === "Enter") this.stepMany(); // a handler that gives back false would hold the key
    };
    this.find(".seed").onchange = ({ target }) => {
      this.configure({ seed: target.value.trim() === "" ? null : Number(target.value) });
    };
    this.find(".speed").oninput = () => {
      this.speed = SPEEDS[this.find(".speed").valueAsNumber];
      this.showSpeed();
      this.send("speed", { speed: this.speed });
      this.keep();
    };
    // After a click with the mouse the keys belong to the lab again, not to the button.
    this.root.addEventListener("click", ({ target, detail }) => {
      const button = target.closest("button");
      if (button && detail > 0) button.blur();
    });
    document.addEventListener("keydown", (event) => this.key(event));
    this.wireProbe();
  }

  toggle() {
    this.playing = !this.playing;
    this.showPlaying();
    if (this.begun) this.send("play", { playing: this.playing });
  }

  rewind() {
    this.send("rewind");
  }

  // Who takes a step by hand wants to see it.
  step(net) {
    this.timeline.live();
    this.send("step", { net, count: 1 });
  }

  stepMany() {
    const box = this.find(".count"), count = Number(box.value);
    if (!Number.isInteger(count) || count < 1 || count > 10000) {
      const allowed = t("problems.whole_between", { low: 1, high: 10000 });
      this.toast(t("problems.bounds", { field: t("play.count"), value: box.value, allowed, used: "" }));
      return;
    }
    this.timeline.live();
    this.send("step", { net: "both", count });
  }

  key(event) {
    const { target, key } = event;
    const typing = target.closest("input:not([type=checkbox]):not([type=radio]):not([type=range]), select, textarea, dialog, [contenteditable]");
    if (event.ctrlKey || event.metaKey || event.altKey || typing || this.away || !this.root.isConnected) return;
    if (key === " " && target.closest("button, summary, input[type=checkbox]")) return;
    const layer = LAYERS[Number(key) - 1];
    const [part, does] = {
      " ": ["play", () => this.toggle()],
      s: ["steps", () => this.step("both")],
      d: ["steps", () => this.step("d")],
      g: ["steps", () => this.step("g")],
      r: ["play", () => this.rewind()],
      ",": ["timeline", () => this.timeline.go(-1)],
      ".": ["timeline", () => this.timeline.go(1)],
      l: ["timeline", () => this.timeline.live()],
      p: ["", () => this.teach.setProjector(!this.teach.projector)],
      "?": ["", () => this.find(".help-box").showModal()],
    }[key.toLowerCase()] || ["layers", layer && (() => this.find(`[data-layer=${layer}] input`).click())];
    if (!does || !this.teach.free(part)) return;
    does();
    event.preventDefault();
  }

  // Coordinates and D under the pointer: D is asked at this very point, not read off the map.
  wireProbe() {
    const box = this.find(".probe");
    let asked = false;
    const ask = () => {
      asked = false;
      this.look();
    };
    const show = () => {
      if (!this.probeAt || !this.frame) return;
      const [x, y] = this.probeAt.map((v) => number(v)), { probe, rival } = this.frame, d = number(probe, 3);
      box.textContent = rival ? t("pair.probe", { x, y, a: d, b: number(rival.probe, 3) }) : t("stage.probe", { x, y, d });
    };
    const move = (plane, { clientX, clientY, pointerType }) => {
      const { canvas } = plane;
      if (plane === this.second && !(this.frame && this.frame.rival)) return;
      this.probeAt = plane.locate(clientX, clientY);
      canvas.parentElement.append(box);
      const area = canvas.getBoundingClientRect();
      const right = clientX - area.left > area.width / 2;
      box.style.left = `${clientX - area.left + (right ? -12 : 12)}px`;
      box.style.top = `${clientY - area.top + (pointerType === "touch" ? -64 : 12)}px`;
      box.classList.toggle("left", right);
      box.hidden = false;
      show();
      if (!asked) requestAnimationFrame(ask);
      asked = true;
    };
    for (const plane of [this.plane, this.second]) {
      plane.canvas.addEventListener("pointermove", (event) => move(plane, event));
      plane.canvas.addEventListener("pointerdown", (event) => move(plane, event));
      plane.canvas.addEventListener("pointerleave", () => {
        this.probeAt = null;
        box.hidden = true;
        this.look();
      });
    }
    this.hear("frame", show);
  }

  // ---- kept over a reload, in this tab only ---------------------------------------------------

  keep() {
    const { config, rival, speed, playing, stop } = this;
    inTab.set(KEPT, JSON.stringify({ config, rival, speed, playing, stop }));
  }

  // A share link's settings are used once; after that what counts is what was made of them, while
  // what a teacher hid stays hidden. All stands behind a #, so that no server's log sees it.
  readLink() {
    const asked = readAddress(location.hash);
    this.opened = asked.state;
    this.openedRival = asked.rival;
    this.teach = new Teach(this, asked);
    if (this.opened !== null) {
      const rest = writeAddress({ ...asked, state: null, rival: null });
      history.replaceState(null, "", location.pathname + location.search + (rest && `#${rest}`));
    }
    window.addEventListener("hashchange", () => location.reload());
  }

  readKept() {
    try {
      const kept = JSON.parse(inTab.get(KEPT) || "{}");
      if (kept.config) Object.assign(this, { config: kept.config, rival: kept.rival ?? null, speed: kept.speed ?? null, playing: kept.playing !== false, stop: kept.stop ?? null });
    } catch {
      inTab.remove(KEPT);
    }
  }
}
