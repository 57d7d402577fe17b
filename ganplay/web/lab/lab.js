// The Lab: toys trained live. It holds what the session said last, draws its frames, and asks for
// changes; its parts show the rest.

import { RestoreNotice } from "./restore-notice.js";
import { Charts } from "./charts.js";
import { Choices } from "./choices.js";
import { Controls } from "../shared/controls.js";
import { Diagnosis } from "./diagnosis.js";
import { DataEditor } from "./data-editor.js";
import { Events } from "../shared/events.js";
import { Film } from "./film.js";
import { FromLesson } from "./from-lesson.js";
import { ModelGraph } from "./model-graph.js";
import { NetworkInspector } from "./network-inspector.js";
import { Layers } from "./layers.js";
import { Numbers } from "./numbers.js";
import { CompareAB } from "./compare-ab.js";
import { Plane } from "../shared/plane.js";
import { LabBar } from "./play-bar.js";
import { withPoints } from "./points-text.js";
import { Probe } from "./probe.js";
import { Share } from "./share.js";
import { SlowMotion } from "./slow-motion.js";
import { Stage } from "./stage.js";
import { StopCondition } from "./stop-condition.js";
import { Timeline } from "./timeline.js";
import { Tour } from "./tour.js";
import { WaitingLine } from "./waiting-line.js";
import { Weights } from "./weights.js";
import { decode } from "../shared/frame.js";
import { keepLab, keptLab } from "./kept.js";
import { listenToKeys } from "./keyboard.js";
import { t, whole } from "../shared/i18n.js";

const FIRST_SPEED = 200; // slow enough to see the first modes appear
const NOTICES = {
  limit: ({ limit }) => t("toasts.limit", { steps: whole(limit) }),
  error: (event) => t("problems.message", event),
  failed: () => t("toasts.failed"),
  too_many: () => t("toasts.too_many"),
};

// Tells of "frame", "numbers", "described", "sent", "loaded" and "adopting", and of each of the
// session's events by its type.
export class Lab extends Events {
  // `asked` is what the page's address asked for.
  /** @param {import("../app.js").App} app */
  constructor(app, asked) {
    super();
    const { root, schema, base, find, teach } = app;
    this.app = app;
    this.root = root;
    this.schema = schema;
    this.base = base;
    this.find = find;
    this.teach = teach;
    this.config = {};
    this.rival = null;
    this.speed = FIRST_SPEED;
    this.playing = true;
    this.stop = null;
    this.begun = false;
    this.lane = "a";
    this.changes = {};
    this.sent = 0;
    this.restoring = 0;
    this.drawn = 0;
    this.probeAt = null; // the point that is asked about
    this.holdsPicture = null; // the part that shows another moment in the large picture
    this.state = null; // the settings as a string
    this.frame = null;
    this.data = { modes: 0, floor: 0, classes: 0, reach: null, ticks: [] };
    this.opened = asked.state;
    this.openedRival = asked.rival;
    if (this.opened === null) Object.assign(this, keptLab());
    app.addEventListener("words", () => this.relabel());
    for (const name of ["theme", "projector"]) app.addEventListener(name, () => this.showTheme());
    this.build();
  }

  build() {
    this.plane = new Plane(this.find(".plane"), this.schema.frame, this.app.palette);
    this.second = new Plane(this.find(".plane-second"), this.schema.frame, this.app.palette);
    this.charts = new Charts(this.find(".charts"), this.base, () => this.app.palette);
    this.choices = new Choices(this);
    this.layers = new Layers(this);
    this.numbers = new Numbers(this);
    this.stage = new Stage(this);
    this.bar = new LabBar(this);
    this.controls = new Controls(this.find(".settings"), this.schema, (change) => this.configure(change, this.lane));
    this.showTheme();
    this.share = new Share(this);
    this.weights = new Weights(this);
    this.film = new Film(this);
    this.timeline = new Timeline(this);
    new StopCondition(this);
    this.own = new DataEditor(this);
    this.graph = new ModelGraph(this);
    this.slow = new SlowMotion(this);
    this.inside = new NetworkInspector(this);
    this.pair = new CompareAB(this);
    this.diagnosis = new Diagnosis(this);
    this.waiting = new WaitingLine(this);
    this.anew = new RestoreNotice(this);
    this.probe = new Probe(this);
    new FromLesson(this);
    this.tour = new Tour(this);
    listenToKeys(this);
  }

  // Whether the settings are known: kept from before, or told by the session.
  get known() {
    return Object.keys(this.config).length > 0;
  }

  // The frame that the picture and the numbers show: the newest, or one of the past.
  get seen() {
    return this.timeline.holds ? this.timeline.moment.frame : this.frame;
  }

  relabel() {
    this.controls.build();
    this.charts.label();
    this.choices.label();
    this.layers.relabel();
    this.bar.relabel();
    this.numbers.relabel();
  }

  showTheme() {
    for (const plane of [this.plane, this.second]) {
      plane.setPalette(this.app.palette);
      plane.draw();
    }
    this.charts.redraw();
    this.choices.drawThumbnails();
  }

  // ---- the session ------------------------------------------------------------------------------

  setStatus(status) {
    this.app.setStatus(status);
  }

  // What a new session is to be like: as this page remembers it. The first one waits at its start
  // until everything that shows it has been loaded. A line that breaks while a session is being
  // restored does not lose the step that it was to be restored to.
  hello() {
    const step = Math.max(this.frame ? this.frame.step : 0, this.restoring);
    this.restoring = step;
    const playing = this.playing && this.begun && !this.away;
    const given = this.opened === null ? { config: this.known ? this.config : null } : { state: this.opened };
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
    this.app.link.send({ type, id: this.sent, ...content });
    this.tell("sent", { type, ...content });
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
    const { label, shown: layers } = this.layers, graph = Boolean(this.graph.visible), more = this.inside.asks;
    this.plane.label = this.second.label = this.data.classes ? label : -1;
    this.send("look", { layers, label, probe: this.probeAt || null, graph, ...more });
  }

  toggle() {
    this.playing = !this.playing;
    this.bar.showPlaying();
    if (this.begun) this.send("play", { playing: this.playing });
  }

  // Who takes a step by hand wants to see it.
  step(net, count = 1) {
    this.timeline.live();
    this.send("step", { net, count });
  }

  // Settings from another view, to be trained from the first step.
  take(config) {
    this.configure(config);
    requestAnimationFrame(() => this.send("rewind"));
    this.playing = true;
    this.bar.showPlaying();
  }

  // ---- what comes from it -----------------------------------------------------------------------

  receive(event) {
    const handler = {
      welcome: () => this.welcome(event),
      state: () => this.receiveState(event),
      data: () => this.receiveData(event),
      diverged: () => this.bar.showVeil(event.step),
    }[event.type];
    if (event.type === "state") withPoints(event, this.config);
    if (handler) handler();
    if (event.type in NOTICES) this.app.toast(NOTICES[event.type](event));
    this.tell(event.type, event);
  }

  welcome({ problems }) {
    this.app.complain(problems);
    this.app.complainOfParts();
    this.look();
  }

  receiveState({ config, state, rival, playing, speed, stop, problems, restarted }) {
    const first = !this.known;
    Object.assign(this, { config, state, rival, speed, stop, opened: null });
    if (!rival) this.lane = "a";
    if (this.begun && !this.away) this.playing = playing;
    if (restarted) this.bar.veil.hidden = true;
    this.app.complain(problems);
    this.controls.show(this.edited);
    this.choices.show();
    this.bar.showPlaying();
    this.bar.showSpeed();
    this.numbers.showScale();
    if (!first && !restarted && this.frame && !this.holdsPicture) this.plane.draw();
    keepLab(this);
  }

  receiveData(data) {
    this.data = data;
    this.layers.showClasses();
    this.plane.label = data.classes ? this.layers.label : -1;
    this.plane.setData(data);
    this.second.setData(data);
    this.charts.setData(data);
  }

  draw(buffer) {
    const frame = decode(buffer, this.schema.frame);
    // A part that shows another moment in the large picture holds it.
    if (!frame.diverged && !this.holdsPicture) this.plane.draw(frame);
    this.frame = frame;
    this.drawn += 1;
    if (!frame.catchingUp) this.restoring = 0;
    this.charts.add(frame);
    this.tell("frame", { frame, buffer });
    if (!this.timeline.holds) this.numbers.show(frame);
    if (!this.find(".plane").getAttribute("aria-label")) this.numbers.describe();
  }
}
