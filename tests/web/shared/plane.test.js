// What the lengths of arrows mean, and the badge of the averaged G.
import assert from "node:assert/strict";
import { test } from "node:test";

import { keyOf } from "../../../ganplay/web/shared/plane.js";

test("arrows grow with the logarithm, and the key says by how much", () => {
  assert.deepEqual(keyOf([1e-4, 10]).map(({ size }) => size), [10, 0.1, 0.001]);
  const shares = keyOf([1e-4, 10]).map(({ share }) => share);
  [1, 0.6, 0.2].forEach((share, i) => assert.ok(Math.abs(shares[i] - share) < 1e-12));
});
