// A state in words.

import { mixOf } from "./latent-state.js";
import { t, whole } from "../shared/i18n.js";

export const stepName = (step) => t("explore.step", { step: whole(step) });

// Seed, class, step and how much was moved; in short the last step goes without saying.
export function partsOf(state, model, short = false) {
  const { first, second, share } = mixOf(state.label), names = model.labels;
  const parts = [state.at ? t("explore.moved") : t("explore.tile", { seed: state.seed })];
  if (state.label.length > 2) parts.push(t("explore.several"));
  else if (names.length) parts.push(second === null || !share ? t("explore.one_class", { name: names[first] })
    : t("explore.two_classes", { name: names[first], other: names[second], value: Math.round(100 * share) }));
  if (!short || state.step !== null) parts.push(stepName(state.step ?? model.steps.at(-1)));
  const moved = [state.moves, state.values, state.own].reduce((n, amounts) => n + Object.keys(amounts).length, 0);
  if (moved) parts.push(t("explore.moves", { n: moved }));
  return parts;
}

// For a small picture; of a model that is not here its name alone.
export function nameOf(state, models) {
  const model = models.find(({ name }) => name === state.model);
  return model ? partsOf(state, model, true).join(" · ") : state.model;
}
