// Arithmetic with pictures: A - B + C, and directions from one group of favourites to another.

import { Groups } from "./groups.js";
import { element } from "../shared/dom.js";
import { paint } from "../shared/pixels.js";
import { LETTERS } from "./abc-pictures.js";
import { t } from "../shared/i18n.js";

const BOUNDS = [-2, 2], STRIP = [-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2];
const signed = (value) => String(value).replace("-", "−");

export class Panel {
  /** @param {import("./explore.js").Explore} explore */
  constructor(explore, host) {
    this.explore = explore;
    this.host = host;
    const before = explore.kept.of("strength");
    this.strength = before >= BOUNDS[0] && before <= BOUNDS[1] ? Number(before) : 1;
    this.find = (selector) => host.querySelector(selector);
    this.slider = this.find(".am-slider");
    this.number = this.find(".am-number");
    this.result = element("canvas", { className: "am-result" });
    this.result.setAttribute("role", "img");
    this.result.setAttribute("aria-label", t("places.arithmetic.at", { value: 1 }));
    const slots = LETTERS.map((_, i) => explore.trio.slot(i)), signs = ["−", "+", "="].map((sign) => element("span", { className: "am-sign", textContent: sign }));
    this.find(".am-row").append(...slots.flatMap((slot, i) => [slot, signs[i]]), this.result);
    explore.trio.addEventListener("change", () => this.show());
    this.slider.oninput = () => this.set(this.slider.valueAsNumber, false);
    this.slider.onchange = () => this.set(this.slider.valueAsNumber, true);
    this.slider.ondblclick = () => this.set(1, true);
    this.number.onchange = () => explore.complaints.typed(this.number, t("places.arithmetic.strength"), BOUNDS, (value) => this.set(value, true));
    this.find(".am-explore").onclick = () => this.text && explore.goTo(this.text);
    this.showStrength();
    this.buildStrip();
    this.groups = new Groups(explore, host);
  }

  buildStrip() {
    this.strip = STRIP.map((strength) => {
      const tile = element("button", { type: "button", className: "ex-tile" }, element("canvas"));
      tile.onclick = () => this.set(strength, true);
      return tile;
    });
    this.find(".am-strip").replaceChildren(...this.strip.map((tile, i) =>
      element("span", {}, tile, element("small", { textContent: signed(STRIP[i]) }))));
    this.nameStrip();
  }

  nameStrip() {
    this.strip.forEach((tile, i) => { tile.title = tile.ariaLabel = t("places.arithmetic.at", { value: signed(STRIP[i]) }); });
  }

  relabel() {
    this.nameStrip();
    this.explore.trio.show();
    this.groups.show();
    this.show();
  }

  show() {
    const { trio } = this.explore, now = String(trio.texts);
    trio.show();
    this.groups.turn();
    if (now !== this.drawn) this.draw(true);
    this.drawn = now;
  }

  set(strength, done) {
    this.strength = strength;
    this.showStrength();
    if (done) this.explore.kept.put("strength", strength);
    this.draw(done);
  }

  showStrength() {
    for (const box of [this.slider, this.number]) if (box.valueAsNumber !== this.strength) box.value = this.strength;
  }

  // The result follows the hand; where it rests, the strip beneath follows too.
  async draw(done) {
    const { explore, strength } = this, [a, minus, plus] = explore.trio.texts, now = String(explore.trio.texts);
    const all = done && now !== this.stripped, strengths = all ? [strength, ...STRIP] : [strength];
    const answer = await explore.source.ask("arithmetic", { model: explore.state.model, states: [a], minus, plus, strengths });
    if (!answer) return;
    if (answer.type !== "pictures") return void explore.app.toast(t("places.arithmetic.failed"));
    paint(this.result, answer.pixels, answer.shape);
    this.text = answer.states[0];
    this.result.setAttribute("aria-label", t("places.arithmetic.at", { value: signed(strength) }));
    this.strip.forEach((tile, i) => tile.setAttribute("aria-current", STRIP[i] === strength));
    if (!all) return;
    this.stripped = now;
    this.strip.forEach((tile, i) => {
      paint(tile.firstChild, answer.pixels, answer.shape, i + 1);
      tile.dataset.state = answer.states[i + 1];
    });
  }
}
