// Which words are said of an inversion's error, and of one model's distance.
import assert from "node:assert/strict";
import { test } from "node:test";

import { wordsOfFit } from "../../../ganplay/web/explore/fit-words.js";
import { distanceOf } from "../../../ganplay/web/explore/model-list.js";

// Without a locale `t` gives the key.
const usual = { restarts: 8, steps: 200 };
const fit = (word, held_out = 9) => ({ word, samples: 4, held_out, ...usual });
const said = (one, asked = usual) => wordsOfFit({ error: 12, fit: one }, asked);

test("an error is told by what it was held against", () => {
  assert.match(said(fit("fits")), /fits\.fits/);
  assert.match(said(fit("near")), /fits\.near$/);
  assert.match(said(fit("near", null)), /fits\.near_samples/);
  assert.match(said(null), /fits\.unknown/);
});

test("that the model cannot draw something is said after a whole search only", () => {
  assert.match(said(fit("off")), /fits\.off$/);
  assert.match(said(fit("off"), { restarts: 32, steps: 1000 }), /fits\.off$/);
  assert.match(said(fit("off"), { restarts: 1, steps: 200 }), /fits\.off_short/);
  assert.match(said(fit("off"), { restarts: 8, steps: 199 }), /fits\.off_short/);
  assert.match(said(fit("fits"), { restarts: 1, steps: 1 }), /fits\.fits/);
});

test("a model's distance is told beside that of real pictures of the same data, where it is known", () => {
  assert.equal(distanceOf({ data: "faces", quality: {} }), "");
  assert.match(distanceOf({ data: "faces", quality: { frechet: 19.8 } }), /explore\.frechet$/);
  assert.match(distanceOf({ data: "faces", quality: { frechet: 19.8, floor: 0.4 } }), /explore\.frechet_floor/);
});
