// Settings and numbers that cannot be, in words.

import { t } from "./i18n.js";

const between = (low, high, whole) => t(whole ? "problems.whole_between" : "problems.between", { low, high });

// What a field allows.
export function allowed({ choices, bounds, kind }) {
  if (choices) return t("problems.one_of", { choices: choices.join(", ") });
  return between(...bounds, kind === "integer");
}

// The values of a problem's sentence: `name` is what its field is called, `known` what it allows.
export function wordsOf({ value, used }, name, known) {
  return { field: name, value: String(value), used: String(used), allowed: known };
}

// A number that somebody typed and that is refused before it is sent.
export function outOfBounds(field, value, low, high, whole) {
  return t("problems.bounds", { field, value, allowed: between(low, high, whole) });
}
