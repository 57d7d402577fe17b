// Pictures that the visitor keeps: a tray below the picture, in this browser's own memory.

import { Events } from "../shared/events.js";
import { contentOf, download, fileOf, keep, kept, toBytes, toText } from "../shared/files.js";
import { element } from "../shared/dom.js";
import { nameOf } from "./describe-state.js";
import { cut, paint } from "../shared/pixels.js";
import { modelOf, read, write } from "./latent-state.js";
import { isState } from "./kept.js";
import { t } from "../shared/i18n.js";

const KEY = "ganplay.favourites", MOST_BYTES = 2 ** 20, LARGEST = 256;
export const MOST = 60;

// As the browser's memory has them.
export const packed = (list) => list.map(({ text, shape, pixels }) => ({ text, shape, pixels: toText(pixels) }));

// What of it is whole.
export function unpacked(content) {
  if (!Array.isArray(content)) return [];
  return content.slice(0, MOST).flatMap((one) => {
    try {
      const { text, shape } = one, [n, c, h, w] = shape, pixels = toBytes(one.pixels);
      const whole = n === 1 && [1, 3].includes(c) && [h, w].every((side) => Number.isInteger(side) && side > 0 && side <= LARGEST);
      return whole && isState(text) && pixels.length === c * h * w ? [{ text, shape: [1, c, h, w], pixels }] : [];
    } catch {
      return [];
    }
  });
}

// Tells of "change".
export class Favourites extends Events {
  /** @param {import("./explore.js").Explore} explore */
  constructor(explore) {
    super();
    this.explore = explore;
    this.list = unpacked(kept(KEY));
    this.host = explore.find(".ex-favourites");
    this.star = explore.find(".ex-star");
    this.star.onclick = () => this.toggle();
    this.host.onkeydown = (event) => this.key(event);
    const file = explore.find(".ex-tray-file"), on = (selector, does) => { explore.find(selector).onclick = does; };
    on(".ex-tray-save", () => download("ganplay-favourites.json", fileOf("favourites", this.list.map(({ text }) => text))));
    on(".ex-tray-load", () => file.click());
    const more = explore.find(".ex-tray-more");
    more.addEventListener("focusout", ({ relatedTarget }) => { more.open &&= more.contains(relatedTarget); });
    more.onkeydown = ({ key }) => { more.open &&= key !== "Escape"; };
    file.onchange = () => this.load(file);
    // What another tab keeps is kept here too.
    window.addEventListener("storage", ({ key }) => key === KEY && this.turn(unpacked(kept(KEY))));
  }

  find(text) {
    return this.list.find((one) => one.text === text);
  }

  // Keep the picture that is shown, or no longer.
  async toggle() {
    const { explore } = this, text = write(explore.state);
    if (this.find(text)) return this.remove(text);
    if (explore.shown?.text !== text) await explore.draw();
    const { text: shown, pixels, shape } = explore.shown;
    if (!this.find(shown)) this.add([{ text: shown, pixels, shape }]);
  }

  // The newest come first; of those that are too many none is taken.
  add(some) {
    const room = Math.max(0, MOST - this.list.length);
    if (some.length > room) this.explore.app.toast(t("places.favourites.most", { n: MOST }));
    this.change([...some.slice(0, room), ...this.list]);
  }

  remove(text) {
    this.change(this.list.filter((one) => one.text !== text));
  }

  change(list) {
    if (!keep(KEY, packed(list))) this.explore.app.toast(t("places.favourites.unkept"));
    this.turn(list);
  }

  turn(list) {
    this.list = list;
    this.show();
    this.tell("change");
  }

  show() {
    const { explore, list } = this;
    this.host.replaceChildren(...list.map((one, i) => this.tile(one, i)));
    explore.find(".ex-tray-empty").hidden = list.length > 0;
    explore.find(".ex-tray-save").disabled = !list.length;
    this.follow();
  }

  tile({ text, pixels, shape }, i) {
    const canvas = element("canvas"), name = nameOf(read(text), this.explore.models);
    paint(canvas, pixels, shape);
    const open = element("button", { type: "button", className: "ex-tile", title: name, ariaLabel: name, draggable: true }, canvas);
    open.dataset.state = text;
    open.onclick = () => this.explore.visit(text);
    open.tabIndex = i ? -1 : 0;
    const off = element("button", { type: "button", className: "ex-off", title: t("places.favourites.remove"), textContent: "×", tabIndex: -1 });
    off.ariaLabel = `${off.title}: ${name}`;
    off.onclick = () => this.remove(text);
    return element("span", { className: "ex-favourite" }, open, off);
  }

  // Whether the present picture is among them.
  follow() {
    const now = write(this.explore.state), on = Boolean(this.find(now));
    this.star.setAttribute("aria-pressed", on);
    this.star.textContent = on ? "★" : "☆";
    for (const { firstChild: tile } of this.host.children) tile.setAttribute("aria-current", tile.dataset.state === now);
  }

  key(event) {
    const tiles = [...this.host.querySelectorAll(".ex-tile")], here = tiles.indexOf(event.target), last = tiles.length - 1;
    if (here < 0) return;
    const to = { ArrowLeft: here - 1, ArrowRight: here + 1, Home: 0, End: last, Delete: here, Backspace: here }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    if (to === here) this.remove(event.target.dataset.state);
    const next = this.host.querySelectorAll(".ex-tile")[Math.min(Math.max(to, 0), this.list.length - 1)];
    if (!next) return this.star.focus();
    for (const tile of this.host.querySelectorAll(".ex-tile")) tile.tabIndex = tile === next ? 0 : -1;
    next.focus();
  }

  // Only states are in a file: the server reads them and makes their pictures anew.
  async load(input) {
    const { explore } = this, [file] = input.files;
    input.value = "";
    if (!file) return;
    let texts;
    try {
      texts = (await contentOf(file, "favourites", MOST_BYTES)).slice(0, MOST);
    } catch {
      explore.app.toast(t("places.favourites.no_file", { file: file.name }));
      return;
    }
    const found = [], good = texts.filter(isState);
    for (const { name } of explore.models) {
      const states = good.filter((text) => modelOf(text) === name);
      const answer = states.length ? await explore.source.ask("favourites", { model: name, states }) : null;
      if (answer?.type !== "pictures") continue;
      states.forEach((_, i) => !answer.problems[i].length && found.push({ text: answer.states[i], ...cut(answer.pixels, answer.shape, i) }));
    }
    const fresh = found.filter(({ text }, i) => !this.find(text) && found.findIndex((one) => one.text === text) === i);
    this.add(fresh);
    explore.app.toast(t("places.favourites.loaded", { n: fresh.length, of: texts.length }));
  }
}
