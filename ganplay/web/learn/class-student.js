// A student's part in a live class: what the page tells, if the student takes part, and the line above
// the lesson that says so before anything is sent. The whole state is sent each time, at once after a
// change and every few seconds anyway, so that a server that was started anew soon knows all again.

import { about, askClass, randomId } from "./class-requests.js";
import { element } from "../shared/dom.js";
import { keep, kept } from "../shared/files.js";
import { studentName } from "../shared/storage.js";
import { t } from "../shared/i18n.js";
import { CLASS_CODE } from "../shared/address.js";

const KEPT = "ganplay.class.student";
const BEAT = 4000, AGAIN = 1200, CALM = 10_000, FAREWELLS = 30; // milliseconds; tries to say goodbye
const ENDS = ["class_ended", "class_full"]; // after which there is nothing more to tell
const WORDS = { no_class: "waits", class_ended: "ended", class_full: "full", crowded: "busy", too_many: "busy", busy: "busy", error: "outdated" };

// The name that the student gave, if any.
const ownName = () => studentName().slice(0, 40);

export class ClassStudent {
  /** @param {import("./learn.js").Learn} learn */
  constructor(learn) {
    const { class: code } = learn.app.teach.asked;
    this.learn = learn;
    this.box = learn.find(".ln-class");
    if (!CLASS_CODE.test(code ?? "")) return;
    const before = kept(KEPT);
    this.mine = before?.code === code ? before : { code, id: randomId(), takesPart: null, name: "", reached: {} };
    this.status = "waits";
    this.changed = Date.now();
    const now = () => this.tell();
    window.addEventListener("online", now);
    document.addEventListener("visibilitychange", now);
    learn.app.addEventListener("words", () => this.show());
    this.show();
  }

  // The student is somewhere else in the lessons, or has done something there.
  notice() {
    const { mine, learn } = this;
    if (!mine) return;
    const { name } = learn.lesson, steps = learn.guide.steps(), furthest = steps.indexOf(mine.reached[name]);
    if (steps.indexOf(learn.step) > furthest) mine.reached[name] = learn.step;
    const now = JSON.stringify([this.record(), this.mine.takesPart]);
    if (now === this.noticed) return;
    this.noticed = now;
    this.changed = Date.now();
    if (mine.takesPart) keep(KEPT, mine);
    this.tell();
  }

  // What the lecturer's page is to know: of the lessons that were open since the class began.
  record() {
    const { learn, mine } = this;
    const open = learn.lessons.filter(({ name }) => mine.reached[name]);
    return { name: mine.name, at: learn.lesson.name, lessons: Object.fromEntries(open.map((lesson) => [lesson.name, this.stateOf(lesson)])) };
  }

  stateOf(lesson) {
    const { learn, mine } = this, { answers, late } = learn.learnt.of(lesson.name), reached = mine.reached[lesson.name];
    const done = learn.learnt.parts(lesson).filter(([, is]) => is).map(([part]) => part);
    return { step: lesson === learn.lesson ? learn.step : reached, reached, answers, late, done };
  }

  take(part) {
    this.farewells = this.mine.takesPart && !part ? FAREWELLS : 0; // who never took part says nothing
    Object.assign(this.mine, { takesPart: part, name: this.told }); // no other name than the one told of
    keep(KEPT, this.mine);
    this.noticed = null;
    this.notice();
    this.show();
    this.box.querySelector("button")?.focus();
  }

  // Tell the newest state now, one message after the other; and again after a while.
  async tell() {
    const { mine } = this;
    if (mine.takesPart === null || (!mine.takesPart && !this.farewells) || ENDS.includes(this.last)) return;
    this.again = this.busy;
    if (this.busy) return;
    this.busy = true;
    clearTimeout(this.timer);
    const wait = await this.send();
    this.busy = false;
    if (this.again) this.tell();
    else if (wait) this.timer = setTimeout(() => this.tell(), about(wait));
  }

  // Send what there is to tell; how long to wait until the next time, 0 for ever.
  async send() {
    const { mine, learn } = this, leaves = !mine.takesPart;
    const message = leaves ? { leave: true } : { ...this.record(), changed: this.changed, away: document.hidden };
    try {
      await askClass(learn.app, "tell", mine.code, { ...message, student: mine.id });
      this.last = null;
    } catch (error) {
      this.last = error.message;
    }
    this.setStatus(this.last === null ? "in" : WORDS[this.last] ?? "lost");
    if (leaves) return (this.farewells = this.last === null || !this.farewells ? 0 : this.farewells - 1) && BEAT;
    if (ENDS.includes(this.last)) return 0;
    return this.last === null ? BEAT : ["busy", "outdated"].includes(this.status) ? CALM : AGAIN;
  }

  setStatus(status) {
    if (status === this.status) return;
    this.status = status;
    this.show();
  }

  // The line above the lesson.
  show() {
    const { box, mine } = this, button = (does, part, className = "") => element("button", {
      type: "button", className, textContent: t(`live_class.student.${does}`), dataset: { does: `class-${does}` }, onclick: () => this.take(part) });
    const name = (this.told = mine.takesPart ? mine.name : ownName()), ended = ENDS.includes(this.last), focused = box.contains(document.activeElement);
    const asked = mine.takesPart === null && !ended;
    const said = ended || mine.takesPart ? this.status : asked || name ? "notice" : "alone";
    const text = t(`live_class.student.${said}${name && ["in", "notice"].includes(said) ? "_named" : ""}`, { name });
    const buttons = ended ? [] : asked ? [button("join", true, "primary"), button("decline", false)] : mine.takesPart ? [button("leave", false)] : [button("join", true)];
    box.hidden = false;
    box.dataset.status = mine.takesPart ? this.status : "out";
    box.replaceChildren(element("p", { role: "status", textContent: text }), ...buttons);
    if (focused) box.querySelector("button")?.focus();
  }
}
