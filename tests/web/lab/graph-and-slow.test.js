// The pure parts of the model graph and of slow motion.
import assert from "node:assert/strict";
import { test } from "node:test";

import { lossFormula, partFormulas } from "../../../ganplay/web/lab/formulas.js";
import { cornerColour, noiseVertices } from "../../../ganplay/web/shared/mini-plots.js";
import { SUBSTEPS, batchFrame, substeps } from "../../../ganplay/web/lab/substeps.js";

const text = (pieces) => pieces.map(([piece]) => piece).join("");
const config = { loss: "hinge", penalty: "r1", penalty_weight: 0.1, noise: "gaussian", noise_dim: 2 };

test("formulas are those of the losses", () => {
  assert.equal(text(lossFormula("g", { ...config, loss: "non_saturating" })), "LG = −𝔼[log D(G(z))]");
  assert.equal(text(lossFormula("g", { ...config, loss: "minimax" })), "LG = 𝔼[log(1 − D(G(z)))]");
  assert.equal(text(lossFormula("d", { ...config, loss: "least_squares", penalty: "none" })), "LD = ½ 𝔼[(D(x) − 1)²] + ½ 𝔼[D(G(z))²]");
  assert.equal(text(lossFormula("d", config)), "LD = 𝔼[max(0, 1 − D(x))] + 𝔼[max(0, 1 + D(G(z)))] + 0.1/2 𝔼[‖∇D(x)‖²]");
  assert.equal(text(lossFormula("g", config)), "LG = −𝔼[D(G(z))]"); // the penalty is D's alone
  assert.equal(text(partFormulas("noise", config)[0]), "z ∼ 𝒩(0, I2)");
  assert.equal(text(partFormulas("noise", { ...config, noise: "uniform" })[0]), "z ∼ 𝒰([−1, 1]2)");
});

test("a step has the sub-steps of the nets that it updates", () => {
  const names = (seen) => substeps(seen).map((sub) => sub.net + (sub.index + 1)).join(" ");
  assert.equal(names({ d: {}, g: {} }), "d1 d2 d3 d4 d5 g1 g2 g3 g4 g5");
  assert.equal(names({ g: {} }), "g1 g2 g3 g4 g5");
});

test("each sub-step draws the batch of this very step", () => {
  const layers = { map: 1, real: 2, fake: 4, pull: 8, grid: 16 };
  const seen = { real: [1, 2], d: {}, g: { fakes: [3, 4], moved: [5, 6], pulls: [1, -0.5] } };
  const draw = (index) => batchFrame({ fakes: [9, 9], labels: [1] }, seen, { ...SUBSTEPS.g[index], net: "g" }, layers);
  assert.deepEqual([...draw(0).frame.fakes], []);
  const loss = draw(3);
  assert.deepEqual([loss.frame.fakes, [...loss.frame.pulls], loss.shown, loss.real], [[3, 4], [127, -63], 15, []]);
  const update = draw(4);
  assert.deepEqual([update.frame.fakes, update.frame.pulls.length, update.shown], [[5, 6], 0, 23]);
});

test("the noise is coloured by where it lies", () => {
  assert.equal(cornerColour(0, 0), "rgb(122,59,0)");
  assert.equal(cornerColour(1, 1), "rgb(255,226,200)");
  assert.notEqual(cornerColour(0.5, 0), cornerColour(0, 0.5));
  assert.deepEqual(noiseVertices({ ticks: [-1, 1], reach: 2 }, 2), [-0.5, -0.5, 0.5, -0.5, -0.5, 0.5, 0.5, 0.5]);
  assert.deepEqual(noiseVertices({ ticks: [-1, 1], reach: 1 }, 1), [-1, 0, 1, 0]);
});
