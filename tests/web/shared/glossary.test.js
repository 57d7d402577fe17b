import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { linked } from "../../../ganplay/web/shared/glossary.js";
import * as words from "../../../ganplay/web/shared/i18n.js";

const locale = (name) => JSON.parse(readFileSync(new URL(`../../../ganplay/common/locales/${name}.json`, import.meta.url), "utf8"));
globalThis.localStorage ??= /** @type {any} */ ({ getItem: () => null, setItem: () => {} });
Object.defineProperty(globalThis, "navigator", { value: { languages: ["en"] }, configurable: true });
globalThis.location ??= /** @type {any} */ ({ search: "" });
globalThis.document = /** @type {any} */ ({
  createElement: (tag) => ({ tag, dataset: {}, append: () => {}, get title() { return this.text; }, set title(text) { this.text = text; } }),
});

// A text with its links in brackets, as [term:word].
function marked(text, seen) {
  return linked(text, seen).map((piece) => (typeof piece === "string" ? piece : `[${piece.dataset.term}:${piece.textContent}]`)).join("");
}

test("terms are linked once, the longer one where two begin together", () => {
  words.start({ en: locale("en"), zh: locale("zh") }, "en");
  assert.equal(marked("Mode collapse is not a mode."), "[mode_collapse:Mode collapse] is not a [mode:mode].");
  assert.equal(marked("The gradient norm and the gradient."), "The [gradient_norm:gradient norm] and the [gradient:gradient].");
  assert.equal(marked("G's modes, and G again"), "[g:G]'s [mode:modes], and G again");
  assert.equal(marked("GAN, V(D, G), D(x), Gaussian, losses"), "[gan:GAN], [value:V(D, G)], D(x), Gaussian, [loss:losses]");
  const seen = new Set();
  marked("a logit", seen);
  assert.equal(marked("another logit", seen), "another logit");
});

test("in Chinese, too, where words stand without spaces", () => {
  words.start({ en: locale("en"), zh: locale("zh") }, "zh");
  assert.equal(marked("出现模式崩溃时，模式变少。"), "出现[mode_collapse:模式崩溃]时，[mode:模式]变少。");
  assert.equal(marked("G 的梯度消失，R1 是梯度惩罚"), "[g:G] 的[vanishing_gradient:梯度消失]，[gradient_penalty:R1] 是梯度惩罚");
});

test("every entry finds its own name, and has one in both languages", () => {
  const [en, zh] = ["en", "zh"].map((name) => locale(name).glossary.terms);
  assert.deepEqual(Object.keys(en), Object.keys(zh));
  for (const { name, match } of [...Object.values(en), ...Object.values(zh)]) assert.match(name, new RegExp(match, "i"));
});
