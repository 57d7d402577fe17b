// The run's stored moments: back to any of them, through them at any speed, one beside another.
// What is shown of the past is what was drawn then; nothing is trained or computed again.

import { element } from "../shared/dom.js";
import { decode } from "../shared/frame.js";
import { t, whole } from "../shared/i18n.js";

const MOST = 600, MOST_BYTES = 12e6;
const SPEEDS = [2, 5, 10, 20, 60], USUAL = 10; // moments a second
const PAUSE = 100; // milliseconds between two renewals of the slider while it follows the present
const LONGEST_TICK = 0.25; // seconds; a page that was hidden does not leap on its return

// Moments of one run by rising step, each { step, buffer, ... }, in bounded memory. Past the bound
// every other one goes, and from then on new ones come as far apart as those that are left; the
// first and the newest are always there.
export class Moments {
  constructor(most = MOST, mostBytes = MOST_BYTES) {
    this.most = most;
    this.mostBytes = mostBytes;
    this.clear(null);
  }

  clear(run) {
    this.run = run;
    this.list = [];
    this.bytes = 0;
    this.every = 0;
  }

  // Keep a moment; what was stepped to by hand (`moment.byHand`) gives way only when memory is full.
  // Says whether it begins a run: another one, or the same taken up again from an earlier step.
  add(run, moment) {
    const begins = run !== this.run || (this.list.length > 0 && moment.step < this.list.at(-1).step);
    if (begins) this.clear(run);
    const { list } = this, last = list.at(-1);
    const crowded = list.length > 1 && !last.byHand && last.step - list.at(-2).step < this.every;
    if (last && (crowded || last.step === moment.step)) this.bytes -= list.pop().buffer.byteLength;
    list.push(moment);
    this.bytes += moment.buffer.byteLength;
    while (this.list.length > 2 && (this.list.length > this.most || this.bytes > this.mostBytes)) this.thin();
    return begins;
  }

  thin() {
    const end = this.list.length - 1;
    this.list = this.list.filter((_, i) => i % 2 === 0 || i === end);
    this.bytes = this.list.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
    this.every = (this.list.at(-1).step - this.list[0].step) / (this.list.length - 1);
  }

  // The place of the moment whose step is nearest to the one given; -1 if there is none.
  nearest(step) {
    const { list } = this;
    let low = 0, high = list.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (list[middle].step < step) low = middle + 1;
      else high = middle;
    }
    return low > 0 && step - list[low - 1].step <= list[low].step - step ? low - 1 : high;
  }
}

export class Timeline {
  /** @param {import("./lab.js").Lab} lab */
  constructor(lab) {
    this.lab = lab;
    this.moments = new Moments();
    this.moment = null; // of the past, with its frame; null while the present is shown
    this.pinned = null;
    this.replaying = false;
    this.letGo = () => this.unpin();
    this.part = (name) => lab.find(`.timeline-${name}`);
    this.slider = this.part("slider");
    this.speed = this.part("speed");
    this.speed.append(...SPEEDS.map((rate) => element("option", { value: rate, selected: rate === USUAL })));
    this.part("replay").onclick = () => this.replay();
    this.part("live").onclick = () => this.live();
    this.part("pin").onclick = () => this.pin();
    this.slider.oninput = () => this.goTo(this.slider.valueAsNumber);
    // An arrow goes to the next stored moment: one step on there may be none.
    this.slider.onkeydown = (event) => {
      const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
      if (!by) return;
      event.preventDefault();
      this.go(by);
    };
    lab.addEventListener("frame", ({ detail: { frame, buffer } }) => this.keep(frame, buffer));
    lab.addEventListener("slow", () => this.live()); // slow motion shows a step that is only now taken
    lab.addEventListener("data", () => this.restoreData());
    lab.app.addEventListener("words", () => this.label());
    lab.charts.chosen = (step) => lab.teach.free("timeline") && this.goTo(step);
  }

  // For whoever wants the run as a whole: { step, buffer } by rising step.
  get frames() {
    return this.moments.list;
  }

  // Whether the main picture belongs to the past.
  get holds() {
    return this.moment !== null;
  }

  keep(frame, buffer) {
    if (frame.diverged) return; // there is nothing to be drawn of it
    const byHand = !frame.playing && !frame.catchingUp;
    if (this.moments.add(frame.run, { step: frame.step, buffer, data: this.lab.data, byHand })) {
      this.live();
      this.showPin();
    }
    this.renewal ||= setTimeout(() => this.refresh(), PAUSE);
  }

  // ---- going about ------------------------------------------------------------------------------

  goTo(step) {
    this.rest();
    this.show(this.frames[this.moments.nearest(step)]);
  }

  go(by) {
    this.rest();
    this.move(by);
  }

  move(by) {
    const at = this.holds ? this.moments.nearest(this.moment.step) : this.frames.length - (this.present ? 1 : 0);
    this.show(this.frames[Math.max(0, at + by)]);
  }

  // The newest moment; none where a run has diverged, whose last picture then belongs to the past.
  get present() {
    return this.lab.frame && this.lab.frame.diverged ? undefined : this.frames.at(-1);
  }

  // A moment of the past; the present one, or none, leads back to the present.
  show(moment) {
    const { lab } = this;
    if (!moment || moment === this.present) return this.live();
    lab.slow.set(false);
    lab.holdsPicture = "time";
    this.moment = { ...moment, frame: decode(moment.buffer, lab.schema.frame) };
    if (lab.plane.data !== moment.data) lab.plane.setData(moment.data);
    lab.plane.draw(this.moment.frame);
    this.showNumbers();
  }

  live() {
    this.rest();
    if (!this.holds) return;
    this.moment = null;
    this.lab.holdsPicture = null;
    const { lab } = this, last = this.frames.at(-1);
    lab.plane.setData(lab.data);
    lab.plane.draw(last ? decode(last.buffer, lab.schema.frame) : lab.frame);
    this.showNumbers();
  }

  showNumbers() {
    const { lab } = this;
    lab.root.classList.toggle("past", this.holds);
    lab.numbers.show(lab.seen, true);
    lab.numbers.describe();
    lab.graph.frame = lab.seen;
    lab.graph.redraw();
    lab.graph.numbers(lab.seen, performance.now());
    lab.charts.mark(this.holds ? this.moment.step : null);
    this.refresh();
  }

  // ---- replay -----------------------------------------------------------------------------------

  replay() {
    if (this.replaying) return this.rest();
    if (this.frames.length < 2) return;
    if (!this.holds) this.show(this.frames[0]);
    this.replaying = true;
    this.showReplaying();
    let before = performance.now(), owed = 0;
    const tick = (now) => {
      if (!this.replaying) return;
      owed += Math.min(Math.max(now - before, 0) / 1000, LONGEST_TICK) * Number(this.speed.value);
      before = now;
      const count = Math.floor(owed);
      owed -= count;
      if (count) this.move(count);
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  rest() {
    this.replaying = false;
    this.showReplaying();
  }

  // ---- two moments side by side -----------------------------------------------------------------

  pin() {
    const { lab } = this, last = this.frames.at(-1);
    if (this.pinned) {
      lab.stage.freeSecond(this.letGo);
      return this.unpin();
    }
    if (!last) return;
    const moment = this.moment || { ...last, frame: decode(last.buffer, lab.schema.frame) };
    this.pinned = { ...moment, run: this.moments.run };
    lab.stage.takeSecond(this.pinnedName(), this.letGo);
    this.restoreData();
    lab.second.draw(moment.frame);
    this.showPin();
  }

  unpin() {
    this.pinned = null;
    this.lab.second.setData(this.lab.data);
    this.showPin();
  }

  // New data are for the present; what stands for another moment keeps its own.
  restoreData() {
    if (this.pinned) this.lab.second.setData(this.pinned.data);
    if (this.holds) this.lab.plane.setData(this.moment.data);
  }

  // ---- what is shown ----------------------------------------------------------------------------

  pinnedName() {
    const { step, run } = this.pinned;
    return t(run === this.moments.run ? "timeline.step" : "timeline.former", { step: whole(step) });
  }

  label() {
    for (const option of this.speed.options) option.textContent = t("timeline.rate", { rate: option.value });
    this.showReplaying();
    this.showPin();
    this.refresh();
  }

  showReplaying() {
    const button = this.part("replay");
    button.classList.toggle("playing", this.replaying);
    button.setAttribute("aria-pressed", this.replaying);
  }

  showPin() {
    const button = this.part("pin");
    button.dataset.t = this.pinned ? "timeline.unpin" : "timeline.pin";
    button.textContent = t(button.dataset.t);
    button.setAttribute("aria-pressed", Boolean(this.pinned));
    if (!this.pinned) return;
    const name = this.pinnedName();
    this.lab.find(".second-name").textContent = name;
    this.lab.second.canvas.setAttribute("aria-label", name);
  }

  refresh() {
    clearTimeout(this.renewal);
    this.renewal = null;
    const { frames, slider, holds } = this, last = frames.at(-1), name = this.lab.find(".moment-name");
    slider.disabled = this.part("replay").disabled = frames.length < 2;
    this.part("live").disabled = !holds;
    this.part("pin").disabled = !last;
    name.hidden = !holds;
    if (!last) return;
    const step = holds ? this.moment.step : last.step;
    Object.assign(slider, { min: frames[0].step, max: last.step, value: step });
    const of = t("timeline.of", { step: whole(step), last: whole(last.step) });
    slider.setAttribute("aria-valuetext", holds ? of : t("timeline.step", { step: whole(step) }));
    this.part("text").textContent = holds ? `${whole(step)} / ${whole(last.step)}` : whole(step);
    name.textContent = of;
  }
}
