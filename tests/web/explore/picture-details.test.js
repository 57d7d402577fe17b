// The pure parts of what stands beside the picture in Explore.
import assert from "node:assert/strict";
import { test } from "node:test";

import { needle } from "../../../ganplay/web/explore/picture-details.js";
import { percent } from "../../../ganplay/web/shared/i18n.js";

test("the needle stands where D's number is between fake and real", () => {
  assert.equal(needle({ reading: "probability", output: 0.3 }), 0.3);
  assert.equal(needle({ reading: "target", output: 0.5 }), 0.5);
  assert.equal(needle({ reading: "target", output: 1 }), 0.75);
  assert.equal(needle({ reading: "margin", output: -1.5 }), 0);
  assert.equal(needle({ reading: "margin", output: 9 }), 1);
  assert.equal(needle({ reading: "critic", output: -40, rank: 0.8 }), 0.8); // its numbers have no ends
});

test("only nothing is 0 per cent and only all is 100", () => {
  assert.deepEqual([0, 1e-9, 0.004, 0.01, 0.555, 0.99, 0.999, 1].map(percent), ["0", "<1", "<1", "1", "56", "99", ">99", "100"]);
});
