// Numbers as people read them: never "5.4e-1 of 8".
import assert from "node:assert/strict";
import { test } from "node:test";

import { brief, count, number, percent, span, whole } from "../../../ganplay/web/shared/i18n.js";

test("a measured number keeps its decimals, and a small one two digits", () => {
  assert.deepEqual([0, 0.126, -1.386, 12, 99999].map((v) => number(v)), ["0.00", "0.13", "−1.39", "12.00", "99999.00"]);
  assert.deepEqual([0.0042, -0.00042, 0.005].map((v) => number(v)), ["0.0042", "−0.00042", "0.01"]);
  assert.deepEqual([0.00042, 0.011].map((v) => number(v, 3)), ["0.00042", "0.011"]);
  assert.deepEqual([0.54, 0.3, 7.6].map((v) => number(v, 0)), ["1", "0.30", "8"]);
  assert.deepEqual([1.23e-7, -4e-5, 3e12].map((v) => number(v)), ["1.2 × 10⁻⁷", "−4.0 × 10⁻⁵", "3.0 × 10¹²"]);
  assert.deepEqual([null, undefined, NaN, Infinity].map((v) => number(v)), ["–", "–", "–", "–"]);
});

test("counts are written as counts", () => {
  assert.deepEqual([0, 8, 5.34, 0.54, 0.02, 25, null, NaN].map(count), ["0", "8", "5.3", "0.5", "0", "25", "–", "–"]);
  assert.equal(whole(12345), "12,345");
  assert.equal(span(16 / 3, [0, 8], count), "5.3 [0, 8]");
  assert.equal(span(2, null, count), "2");
});

test("no way of writing a number leaves a computer's powers of ten", () => {
  const values = Array.from({ length: 25 }, (_, i) => 5.4 * 10 ** (i - 12));
  for (const write of [number, (v) => number(v, 0), (v) => number(v, 3), count, percent, brief, (v) => brief(v, 2)]) {
    for (const value of values.flatMap((v) => [v, -v])) assert.doesNotMatch(String(write(value)), /e[+-]?\d|NaN/, String(value));
  }
});

test("bounds and settings are as short as they can be", () => {
  assert.deepEqual([0.25, 8, 1500, 1e-3, 0.01, 1e-4, 1e-6, 2 / 3].map((v) => brief(v)), ["0.25", "8", "1,500", "0.001", "0.01", "0.0001", "1.0 × 10⁻⁶", "0.667"]);
});
