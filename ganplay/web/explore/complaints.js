// What cannot be: numbers out of bounds, states that the server had to repair, a line that is down.

import { LIMITS } from "./latent-state.js";
import { t } from "../shared/i18n.js";

const MOST_PROBLEMS = 20, PROBLEMS_SECONDS = 30;

const between = (/** @type {number[]} */ [low, high]) => t("problems.between", { low, high });

export class Complaints {
  /** @param {import("./explore.js").Explore} explore */
  constructor(explore) {
    this.explore = explore;
  }

  // What was typed into a box goes to `set`, if it is within bounds; else the box is as before.
  typed(box, name, bounds, set, fits = Number.isFinite) {
    const value = box.valueAsNumber;
    if (fits(value) && value >= bounds[0] && value <= bounds[1]) set(value);
    else this.bounds(name, box.value, bounds);
  }

  bounds(name, value, bounds) {
    this.explore.app.toast(t("problems.bounds", { field: name, value, allowed: between(bounds), used: "" }));
    this.explore.show();
  }

  // What the server says of states that it repaired.
  problems(problems) {
    const { app, state } = this.explore;
    const texts = problems.slice(0, MOST_PROBLEMS).map(({ field, value, code, allowed: why }) =>
      t(`explore.problems.${code}`, { field, value, why, allowed: this.allowed(field), model: state.model }));
    if (texts.length) app.toast(texts.join("\n"), PROBLEMS_SECONDS);
  }

  allowed(field) {
    const { labels, steps } = this.explore.model, whole = (high) => t("problems.whole_between", { low: 0, high });
    if (field === "seed") return whole(LIMITS.seed[1]);
    if (field === "step") return t("problems.one_of", { choices: steps.join(", ") });
    if (field === "label") return whole(labels.length - 1);
    return between(field === "truncation" ? LIMITS.truncation : field.startsWith("d") ? LIMITS.move : LIMITS.value);
  }

  line(status) {
    this.explore.find(".ex-frame").dataset.line = status;
    this.explore.app.banner.set("explore", status);
  }
}
