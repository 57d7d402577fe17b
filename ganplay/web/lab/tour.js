// A tour of the Lab for a first visit: five parts of the page, and what each is for.

import { element, narrow } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { inBrowser } from "../shared/storage.js";

const STOPS = { data: ".datasets", g: "[data-graph=\"g\"]", d: "[data-graph=\"d\"]", picture: ".canvas-box", diagnosis: ".verdict" };
const KEPT = "ganplay.tour";
const GAP = 10; // pixels between the box and the part that it is about

export class Tour {
  /** @param {import("./lab.js").Lab} lab */
  constructor(lab) {
    this.lab = lab;
    this.box = lab.find(".tour");
    this.stop = null;
    const on = (name, does) => { this.box.querySelector(name).onclick = does; };
    on(".tour-back", () => this.go(-1));
    on(".tour-next", () => this.go(1));
    on(".tour-skip", () => this.end());
    this.box.onkeydown = (event) => this.key(event);
    for (const moved of ["resize", "scroll"]) window.addEventListener(moved, () => this.stop && this.place(), { passive: true });
    lab.app.addEventListener("words", () => this.stop && this.show());
    lab.app.addEventListener("view", () => this.end());
    if (this.welcome) lab.addEventListener("frame", () => this.start(), { once: true });
  }

  // Not again, and not where a lecturer's link says what is to be seen.
  get welcome() {
    const { asked } = this.lab.teach;
    return inBrowser.get(KEPT) === null && !asked.hide.length && !asked.lock.length && !asked.projector;
  }

  // The stops whose parts are on the page.
  get stops() {
    return Object.keys(STOPS).filter((name) => this.part(name).checkVisibility());
  }

  part(name) {
    return this.lab.find(STOPS[name]);
  }

  start() {
    if (this.lab.away || !this.stops.length) return;
    inBrowser.set(KEPT, "seen");
    this.to(this.stops[0]);
    this.box.querySelector(".tour-next").focus({ preventScroll: true });
  }

  go(by) {
    const { stops } = this, at = stops.indexOf(this.stop) + by;
    if (stops[at]) this.to(stops[at]);
    else this.end();
  }

  to(name) {
    this.light(false);
    this.stop = name;
    this.box.hidden = false;
    this.light(true);
    this.part(name).scrollIntoView({ block: narrow() ? "start" : "nearest" });
    this.show();
  }

  end() {
    if (!this.stop) return;
    this.light(false);
    this.stop = null;
    const focused = this.box.contains(document.activeElement);
    this.box.hidden = true;
    if (focused) this.lab.find(".plane").focus({ preventScroll: true });
  }

  light(on) {
    if (this.stop) this.part(this.stop).classList.toggle("toured", on);
  }

  key({ key }) {
    const does = { Escape: () => this.end(), ArrowRight: () => this.go(1), ArrowLeft: () => this.stop !== this.stops[0] && this.go(-1) }[key];
    if (does) does();
  }

  show() {
    const { box, stops, stop } = this, at = stops.indexOf(stop), last = at === stops.length - 1;
    box.querySelector("h2").textContent = t(`tour.${stop}.title`);
    box.querySelector(".tour-text").textContent = t(`tour.${stop}.text`);
    box.querySelector(".tour-next").textContent = t(last ? "tour.done" : "tour.next");
    box.querySelector(".tour-back").disabled = at === 0;
    box.querySelector(".tour-skip").hidden = last;
    box.querySelector(".tour-dots").replaceChildren(...stops.map((name) => element("i", { className: name === stop ? "now" : "" })));
    this.place();
  }

  // Beside its part, where there is most room; on a narrow window the style sheet says where.
  place() {
    const { style } = this.box;
    style.left = style.top = "";
    if (narrow()) return;
    const part = this.part(this.stop).getBoundingClientRect(), { width, height } = this.box.getBoundingClientRect();
    const within = (value, room, size) => Math.max(GAP, Math.min(value, room - size - GAP));
    const beside = part.right + width + 2 * GAP < innerWidth ? part.right + GAP : part.left - width - GAP;
    const below = part.bottom + height + 2 * GAP < innerHeight;
    const left = below ? part.left : beside, top = below ? part.bottom + GAP : part.top;
    style.left = `${within(left, innerWidth, width)}px`;
    style.top = `${within(top, innerHeight, height)}px`;
  }
}
