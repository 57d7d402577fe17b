// Another picture over the present one, with a divider between them that can be moved.

import { nameOf } from "./describe-state.js";
import { paint } from "../shared/pixels.js";
import { modelOf, read, write } from "./latent-state.js";
import { t } from "../shared/i18n.js";

const LONG_PRESS = 500, KEY_STEP = 0.05;

export class Compare {
  constructor(explore) {
    this.explore = explore;
    this.text = null;
    this.share = 0.5;
    this.asked = 0;
    this.host = explore.find(".ex-compare");
    this.find = (selector) => this.host.querySelector(selector);
    this.canvas = this.find("canvas");
    this.handle = this.find(".ex-wipe");
    this.find(".ex-swap").onclick = () => this.swap();
    this.find(".ex-uncompare").onclick = () => this.close();
    this.wireHandle();
    const { root } = explore;
    root.addEventListener("click", (event) => this.click(event), true);
    root.addEventListener("pointerdown", (event) => this.press(event));
    for (const name of ["pointerup", "pointercancel", "pointermove"]) root.addEventListener(name, (event) => this.release(event));
    root.addEventListener("contextmenu", (event) => this.pressed && event.preventDefault());
    document.addEventListener("keydown", (event) => this.key(event));
  }

  get open() {
    return this.text !== null;
  }

  // A picture to be compared with the present one.
  async with(text) {
    const asked = ++this.asked;
    const answer = await this.explore.source.ask("compare", { model: modelOf(text), states: [text] });
    if (answer?.type !== "pictures" || asked !== this.asked) return;
    this.text = answer.states[0];
    paint(this.canvas, answer.pixels, answer.shape);
    this.host.hidden = false;
    this.explore.find(".ex-frame").classList.add("comparing");
    this.wipe(this.share);
    this.follow();
  }

  close() {
    this.asked++;
    this.text = null;
    this.host.hidden = true;
    this.explore.find(".ex-frame").classList.remove("comparing");
  }

  // The other becomes the present picture, and the present one the other.
  async swap() {
    const { explore, text } = this, now = write(explore.state);
    await Promise.all([explore.visit(text), this.with(now)]);
  }

  follow() {
    if (!this.open) return;
    const { models, state } = this.explore;
    this.find(".ex-one").textContent = nameOf(state, models);
    this.find(".ex-other").textContent = nameOf(read(this.text), models);
  }

  wipe(share) {
    this.share = Math.min(1, Math.max(0, share));
    this.host.style.setProperty("--wipe", `${100 * this.share}%`);
    const shown = Math.round(100 * this.share);
    this.handle.setAttribute("aria-valuenow", shown);
    this.handle.setAttribute("aria-valuetext", t("explore.percent", { value: shown }));
  }

  wireHandle() {
    const { handle } = this, to = ({ clientX }) => {
      const { left, width } = this.host.getBoundingClientRect();
      this.wipe((clientX - left) / width);
    };
    handle.onpointerdown = (event) => {
      handle.setPointerCapture(event.pointerId);
      to(event);
    };
    handle.onpointermove = (event) => handle.hasPointerCapture(event.pointerId) && to(event);
    handle.onkeydown = (event) => {
      const share = { ArrowLeft: this.share - KEY_STEP, ArrowRight: this.share + KEY_STEP, Home: 0, End: 1 }[event.key];
      if (share === undefined) return;
      event.preventDefault();
      this.wipe(share);
    };
  }

  // ---- what asks for it: Shift and click, C, a long press of a finger ---------------------------

  click(event) {
    const tile = event.target.closest("[data-state]");
    if (!tile || !(event.shiftKey || this.pressed) || this.explore.picking.waiting) return;
    event.preventDefault();
    event.stopPropagation();
    if (this.pressed) this.pressed = false; // the finger's picture is there already
    else this.with(tile.dataset.state);
  }

  press({ target, pointerType, clientX, clientY }) {
    const tile = target.closest("[data-state]");
    this.pressed = false;
    if (pointerType !== "touch" || !tile || this.explore.picking.waiting) return;
    this.from = [clientX, clientY];
    this.timer = setTimeout(() => {
      this.pressed = true;
      this.with(tile.dataset.state);
    }, LONG_PRESS);
  }

  release({ type, clientX, clientY }) {
    const still = type === "pointermove" && this.from && Math.hypot(clientX - this.from[0], clientY - this.from[1]) < 8;
    if (!still) clearTimeout(this.timer);
  }

  key(event) {
    const { explore } = this;
    if (explore.views.shown !== "explore" || event.target.closest("dialog, input:not([type=range]), select, textarea")) return;
    if (event.key === "Escape" && this.open && !explore.picking.waiting) return this.close();
    if (event.key.toLowerCase() !== "c" || event.ctrlKey || event.metaKey || event.altKey) return;
    const tile = event.target.closest("[data-state]") || explore.root.querySelector("[data-state]:hover");
    if (tile) this.with(tile.dataset.state);
  }
}
