// The losses as formulas, in pieces: [text, part of the model graph that it stands for]. They follow
// `ganplay/gan/losses.py`, where their sources are named.

import { element } from "../shared/dom.js";

const D = ["D", "d"], G = ["G", "g"];
const ofReal = [D, ["("], ["x", "real"], [")"]];
const ofFake = [D, ["("], G, ["("], ["z", "noise"], ["))"]];
const mean = (...pieces) => [["𝔼["], ...pieces, ["]"]];
const logReal = mean(["log "], ...ofReal), logNotFake = mean(["log(1 − "], ...ofFake, [")"]);
const plain = [...mean(...ofFake), [" − "], ...mean(...ofReal)];

const LOSSES = {
  minimax: { d: [["−"], ...logReal, [" − "], ...logNotFake], g: logNotFake },
  non_saturating: { d: [["−"], ...logReal, [" − "], ...logNotFake], g: [["−"], ...mean(["log "], ...ofFake)] },
  least_squares: {
    d: [["½ "], ...mean(["("], ...ofReal, [" − 1)²"]), [" + ½ "], ...mean(...ofFake, ["²"])],
    g: [["½ "], ...mean(["("], ...ofFake, [" − 1)²"])],
  },
  hinge: {
    d: [...mean(["max(0, 1 − "], ...ofReal, [")"]), [" + "], ...mean(["max(0, 1 + "], ...ofFake, [")"])],
    g: [["−"], ...mean(...ofFake)],
  },
  wasserstein: { d: plain, g: [["−"], ...mean(...ofFake)] },
};
const PENALTIES = {
  wgan_gp: (c) => [[` + ${c.penalty_weight} `], ...mean([`(‖∇`], D, [`(x̂)‖ − ${c.penalty_target})²`])],
  r1: (c) => [[` + ${c.penalty_weight}/2 `], ...mean(["‖∇"], ...ofReal, ["‖²"])],
};

// The formula of a net's loss under some settings: its name, then what it is.
export function lossFormula(net, config) {
  const pieces = [["L"], [net.toUpperCase(), "", "sub"], [" = "], ...LOSSES[config.loss][net]];
  const penalty = net === "d" && config.penalty_weight > 0 && PENALTIES[config.penalty];
  return penalty ? [...pieces, ...penalty(config)] : pieces;
}

const gradient = (net) => [["∇"], [net, net === "D" ? "d" : "g", "sub"], ["L"], [net, "", "sub"]];

// Formulas of the parts of the graph.
export function partFormulas(part, config) {
  const noise = config.noise === "gaussian" ? "𝒩(0, I" : "𝒰([−1, 1]";
  const dim = [String(config.noise_dim), "", config.noise === "gaussian" ? "sub" : "sup"];
  const label = config.conditional ? [[" | y"]] : [];
  return {
    noise: [[["z", "noise"], [" ∼ "], [noise], dim, [")"]]],
    g: [[G, [": z "], ...label, [" ↦ "], ["x", "fake"]]],
    fake: [[["x", "fake"], [" = "], G, ["("], ["z", "noise"], ...label, [")"]]],
    real: [[["x", "real"], [" ∼ p"], ["data", "", "sub"]]],
    d: [[D, [": x "], ...label, [config.reading === "probability" ? " ↦ [0, 1]" : " ↦ ℝ"]]],
    verdicts: [ofReal, ofFake],
    losses: [lossFormula("d", config), lossFormula("g", config)],
    gradients: [gradient("D"), gradient("G")],
  }[part];
}

// A formula as an element; its pieces carry the part that they stand for.
export function formula(pieces) {
  return element("p", { className: "formula" }, ...pieces.map(([textContent, of, how]) =>
    element(how || "span", { textContent, dataset: of ? { of } : {} })));
}
