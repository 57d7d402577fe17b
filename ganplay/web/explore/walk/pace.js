// How far the picture changes from frame to frame, as a curve and in words, and where it is now.

import { level, line, moveTo, upright } from "./curves.js";
import { MOST_FRAMES, marksOf, secondsOf } from "./walk-string.js";
import { t } from "../../shared/i18n.js";

export class Pace {
  /** @param {import("./panel.js").Panel} panel */
  constructor(panel) {
    this.panel = panel;
    this.words = panel.find(".wk-pace");
    this.curve = panel.find(".wk-curve");
  }

  making(reel) {
    this.words.textContent = t("walk.making", { value: Math.round(100 * reel.progress) });
  }

  show() {
    const { reel, walk } = this.panel, { words, curve } = this, enough = walk.keyframes.length >= 2;
    const many = enough && secondsOf(walk) * walk.rate + 1 > MOST_FRAMES + 0.5 ? t("walk.most_frames", { most: MOST_FRAMES }) : "";
    this.now = null;
    curve.replaceChildren();
    if (!enough || !reel.end) {
      words.textContent = many;
      if (enough && !many) this.making(reel);
      return;
    }
    const { gaps, unevenness } = reel.end, top = 1.1 * Math.max(...gaps, 1e-9), mean = gaps.reduce((a, b) => a + b) / gaps.length;
    this.now = upright(0, "wk-now");
    const marks = walk.even ? [] : marksOf(walk).map((mark) => upright(mark, "wk-mark"));
    curve.append(...marks, level(mean, top, "wk-mean"), line(gaps, top, "wk-gaps"), this.now);
    const told = { value: Math.round(100 * unevenness), n: reel.count, seconds: (reel.count / walk.rate).toFixed(1) };
    words.textContent = [t(walk.even ? "walk.pace_even" : "walk.pace", told), many].filter(Boolean).join(" ");
    curve.setAttribute("aria-label", words.textContent);
    this.panel.draw(this.panel.player.place);
  }

  mark(share) {
    if (this.now) moveTo(this.now, share);
  }
}
