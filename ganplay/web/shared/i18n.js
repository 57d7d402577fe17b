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

// The words for a key; {name} in them is replaced.
export function t(key, values = {}) {
  const text = find(key, language) ?? find(key, "en") ?? key;
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

export function number(value, digits = 2) {
  if (value === null || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 10 ** -digits || size >= 1e5)) return value.toExponential(1);
  return value.toFixed(digits).replace(/^-/, "−");
}
