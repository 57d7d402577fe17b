// Explanations of the page's parts, which open by pointer, finger and keyboard alike.
//
// What any view writes into an element's `title` is moved from there, where only a pointer finds it:
// to `data-tip`, and for screen readers to the element's description, or its name if it has no other.

import { element } from "./dom.js";

const HOVER = 450, PRESS = 500, FOCUS = 300; // milliseconds until an explanation opens
const LEAVE = 250; // and that it stays, so that the pointer can move onto it
const GAP = 6; // pixels between an element and its explanation
const ACTIVE = "button, input, select, textarea, a[href], summary, [tabindex]";

export class Tips {
  constructor(root) {
    this.bubble = element("div", { className: "tip-bubble", role: "tooltip", popover: "manual" });
    this.shown = null;
    this.coming = null; // the element whose explanation opens next, and when
    this.timer = this.leaving = 0;
    this.pressed = false; // a finger has opened one and has not been lifted yet
    root.append(this.bubble);
    this.takeFrom(root);
    new MutationObserver((records) => records.forEach((record) => this.changed(record)))
      .observe(root, { subtree: true, childList: true, attributeFilter: ["title"] });
    this.listen(root);
  }

  // ---- where explanations come from -----------------------------------------------------------

  changed({ type, target, addedNodes }) {
    if (type === "attributes") this.take(target);
    else for (const one of addedNodes) if (one instanceof Element) this.takeFrom(one);
    if (this.shown?.isConnected === false) this.hide();
  }

  takeFrom(one) {
    for (const each of [one, ...one.querySelectorAll("[title]")]) this.take(each);
  }

  take(one) {
    const text = one.getAttribute("title");
    if (text === null || !(one instanceof HTMLElement)) return;
    one.removeAttribute("title");
    const nameless = one.matches("button, [role=img]") && !one.textContent.trim() && (!one.ariaLabel || one.ariaLabel === one.dataset.tip);
    if (nameless) one.ariaLabel = text;
    else if (text && text !== one.ariaLabel) one.ariaDescription = text;
    else one.removeAttribute("aria-description");
    if (text) one.dataset.tip = text;
    else delete one.dataset.tip;
    if (text && !one.matches(`${ACTIVE}, label`) && !one.querySelector(ACTIVE)) one.tabIndex = 0;
    if (one === this.shown) this.show(one);
  }

  // ---- what opens them ------------------------------------------------------------------------

  listen(root) {
    const of = ({ target }) => target.closest?.("[data-tip]");
    const on = (name, callback) => root.addEventListener(name, callback, true);
    on("pointerover", (event) => event.pointerType !== "touch" && this.point(event, of(event)));
    on("pointerout", (event) => event.pointerType !== "touch" && this.leave());
    on("pointermove", (event) => event.pointerType !== "touch" && this.shown && this.move(event, of(event)));
    on("pointerdown", (event) => {
      this.hide();
      if (event.pointerType === "touch") this.later(of(event), PRESS, true);
    });
    for (const name of ["pointerup", "pointercancel"]) on(name, () => !this.pressed && this.cancel());
    on("focusin", (event) => event.target.matches(":focus-visible") && this.later(of(event), FOCUS));
    on("focusout", () => this.hide());
    document.addEventListener("keydown", ({ key }) => key === "Escape" && this.dismiss(root), true); // wherever the focus is
    on("contextmenu", (event) => this.pressed && event.preventDefault());
    on("click", (event) => this.click(event, of(event)));
    // One that is yet to open does so where its element is then: the browser scrolls to what gets the focus.
    document.addEventListener("scroll", () => this.shown && this.hide(), { capture: true, passive: true });
  }

  // The click that ends a long press is none; a tap on what does nothing else opens its explanation.
  click(event, one) {
    if (this.pressed) {
      this.pressed = false;
      event.preventDefault();
      event.stopPropagation();
    } else if (one && event.pointerType === "touch" && !event.target.closest(`${ACTIVE.replace(", [tabindex]", "")}, label`)) this.show(one);
  }

  // The pointer is on an explanation, on the element that has it, or elsewhere, where another may come.
  point(event, one) {
    if (this.shown && (one === this.shown || this.covers(event))) this.stay();
    else if (!one) this.cancel();
    else if (one !== this.coming) this.plan(one, HOVER);
  }

  move(event, one) {
    if (this.covers(event)) this.stay();
    else if (one !== this.shown) this.leave();
  }

  // Clicks go through the explanation to what it lies on, so the browser does not say when the pointer is on it.
  covers({ clientX: x, clientY: y }) {
    const { left, right, top, bottom } = this.bubble.getBoundingClientRect();
    return x >= left && x <= right && y >= top && y <= bottom;
  }

  leave() {
    if (this.shown && !this.leaving) this.leaving = setTimeout(() => this.hide(), LEAVE);
  }

  stay() {
    this.remain();
    this.cancel();
  }

  remain() {
    clearTimeout(this.leaving);
    this.leaving = 0;
  }

  // Escape closes what is open, that of a setting too, until one comes back to it.
  dismiss(root) {
    this.hide();
    const row = root.querySelector(".row:is(:has(> label:hover), :has(> .tip:hover), :has(:focus-visible))");
    if (!row) return;
    row.classList.add("untold");
    for (const name of ["pointerleave", "focusout"]) row.addEventListener(name, () => row.classList.remove("untold"), { once: true });
  }

  // A number that changes under the pointer is entered anew each time, which is no reason to wait anew.
  later(one, wait, byFinger = false) {
    if (one && one === this.coming) return;
    this.cancel();
    if (one === this.shown) return;
    this.hide();
    if (one) this.plan(one, wait, byFinger);
  }

  plan(one, wait, byFinger = false) {
    this.cancel();
    this.coming = one;
    this.timer = setTimeout(() => {
      this.coming = null;
      this.pressed = byFinger;
      this.show(one);
    }, wait);
  }

  cancel() {
    clearTimeout(this.timer);
    this.coming = null;
  }

  hide() {
    this.cancel();
    this.remain();
    if (this.shown) this.bubble.hidePopover();
    this.shown = null;
  }

  show(one) {
    if (!one.isConnected || !one.dataset.tip) {
      this.hide();
      return;
    }
    this.bubble.textContent = one.dataset.tip;
    if (!this.shown) this.bubble.showPopover();
    this.shown = one;
    const part = one.getBoundingClientRect(), { width, height } = this.bubble.getBoundingClientRect();
    const below = part.bottom + GAP + height <= innerHeight ? part.bottom + GAP : Math.max(GAP, part.top - GAP - height);
    this.bubble.style.top = `${below}px`;
    this.bubble.style.left = `${Math.max(GAP, Math.min(part.left, innerWidth - width - GAP))}px`;
  }
}
