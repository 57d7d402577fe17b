// The models to choose from, each with what is known of it.

import { averagedWords } from "../shared/averaged.js";
import { element } from "../shared/dom.js";
import { number, t, whole } from "../shared/i18n.js";

// Models that cannot be used, and why; code and words are those of `ModelShelf`.
/** @param {{ name: string, code: string }[]} leftOut @param {Element} list */
export function showLeftOut(leftOut, list) {
  list.replaceChildren(...leftOut.map(({ name, code }) =>
    element("li", { textContent: t(`explore.left_out.${code}`, { name }) })));
  list.toggleAttribute("hidden", !leftOut.length);
}

/** @param {import("./explore.js").Explore} explore */
export function showModels(explore) {
  showLeftOut(explore.leftOut, explore.find(".ex-left-out"));
  explore.find(".ex-models").replaceChildren(...explore.models.map((one) => {
    const { name, data, count, labels, ema, shape: [c, , w], quality: { accuracy } } = one;
    const about = [t("explore.size", { w }), t(c === 1 ? "explore.grey" : "explore.colour")];
    if (labels.length) about.push(t("explore.classes", { n: labels.length }));
    const asked = accuracy === undefined ? "" : t("explore.accuracy", { value: (100 * accuracy).toFixed(1) });
    const button = element("button", { type: "button", className: "ex-model" }, element("b", { textContent: name }),
      ...[asked, about.join(" · "), averagedWords(ema)].filter(Boolean).map((textContent) => element("small", { textContent })));
    button.title = t("explore.model_tip", { data, count: whole(count) });
    button.setAttribute("aria-pressed", one === explore.model);
    button.onclick = () => explore.chooseModel(one);
    return button;
  }));
  const short = explore.find(".ex-short"); // the same where there is no room for what is known of them
  short.replaceChildren(...explore.models.map(({ name }) => element("option", { textContent: name })));
  short.value = explore.model.name;
  short.onchange = () => explore.chooseModel(explore.models[short.selectedIndex]);
  explore.find(".ex-distance").textContent = distanceOf(explore.model);
}

// The chosen model's distance, alone: those of other data are measured in other features.
/** @param {{ data: string, quality: { frechet?: number, floor?: number } }} model */
export function distanceOf({ data, quality: { frechet, floor } }) {
  if (frechet === undefined) return "";
  const values = { data, value: number(frechet), floor: floor === undefined ? "" : number(floor) };
  return t(floor === undefined ? "explore.frechet" : "explore.frechet_floor", values);
}
