// Words of both languages, and putting them on the page.

import { inBrowser } from "./storage.js";

let locales = {};
let language = "en";

export function start(given, linked = null) {
  locales = given;
  const kept = inBrowser.get("ganplay.language");
  const asked = new URLSearchParams(location.search).get("lang");
  const wished = [linked, asked, kept, ...navigator.languages].find((name) => name && speaks(name));
  language = wished ? wished.slice(0, 2).toLowerCase() : "en";
}

// Whether there are words of a language, by a name such as "zh-CN".
export const speaks = (name) => Object.keys(locales).includes(name.slice(0, 2).toLowerCase());

export const current = () => language;
export const others = () => Object.keys(locales).filter((name) => name !== language);

export function use(name) {
  language = name;
  inBrowser.set("ganplay.language", name);
}

function find(key, name) {
  return key.split(".").reduce((at, part) => (at === undefined ? at : at[part]), locales[name]);
}

// Whether a finger points here, for which `key_touch` has words of its own.
export const COARSE = "(pointer: coarse)";
function byFinger(key) {
  const text = find(`${key}_touch`, language); // few have one: what points is not asked for each text
  return text !== undefined && globalThis.matchMedia?.(COARSE).matches ? text : undefined;
}

// The words for a key; {name} in them is replaced.
export function t(key, values = {}) {
  const text = byFinger(key) ?? find(key, language) ?? find(key, "en") ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
}

// All that stands under a key.
export const all = (key) => find(key, language);

export const has = (key) => find(key, "en") !== undefined;

// Fill everything below `element` that names its words.
export function fill(element) {
  for (const one of element.querySelectorAll("[data-t]")) one.textContent = t(one.dataset.t);
  for (const one of element.querySelectorAll("[data-t-title]")) {
    one.title = t(one.dataset.tTitle);
    // The text in a select is that of its choices, and no name.
    if (one.matches("select") || (!one.matches("label") && !one.textContent.trim())) one.setAttribute("aria-label", one.title);
  }
  for (const one of element.querySelectorAll("[data-t-label]")) {
    one.setAttribute("aria-label", t(one.dataset.tLabel));
  }
}

// ---- numbers as people read them -----------------------------------------------------------------

const NONE = "–", LEAST = 1e-4, MOST = 1e5; // outside of these a size is written with a power of ten
const known = (value) => value !== null && value !== undefined && Number.isFinite(value);
const signed = (text) => text.replace(/^-/, "−");

// As 1.2 × 10⁻⁷.
function power(value) {
  const [digits, exponent] = value.toExponential(1).split("e");
  const raised = [...String(Number(exponent))].map((one) => (one === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[one])).join("");
  return signed(`${digits} × 10${raised}`);
}

// A measured number with so many decimals; a smaller one keeps two digits that are not 0.
export function number(value, digits = 2) {
  if (!known(value)) return NONE;
  const size = Math.abs(value);
  if (size !== 0 && (size < LEAST || size >= MOST)) return power(value);
  if (size !== 0 && size < 0.5 * 10 ** -digits) return signed(value.toFixed(1 - Math.floor(Math.log10(size))));
  return signed(value.toFixed(digits));
}

// A count, or the mean of counts with one decimal: 8, 5.3, 0.5.
export const count = (value) => (known(value) ? signed(value.toFixed(1).replace(/\.0$/, "")) : NONE);

// A whole number with the marks between its thousands that the language has.
export const whole = (value) => (known(value) ? Math.round(value).toLocaleString(language) : NONE);

// A share as whole percents; what is more than nothing and less than all is not rounded to that.
export function percent(share) {
  if (!known(share)) return NONE;
  if (share > 0 && share < 0.01) return "<1";
  if (share < 1 && share > 0.99) return ">99";
  return String(Math.round(100 * share));
}

// The value of a setting or a bound, as short as it can be written.
export function brief(value, digits = 3) {
  const size = Math.abs(value);
  if (size >= 1000 && Number.isInteger(value)) return whole(value);
  return size !== 0 && size < LEAST ? power(value) : signed(String(Number(value.toPrecision(digits))));
}

// A mean with its interval, each end written alike.
export const span = (mean, ends, written) => (ends ? `${written(mean)} [${ends.map(written).join(", ")}]` : written(mean));
