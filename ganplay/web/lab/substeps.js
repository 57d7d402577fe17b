// The sub-steps of one step in slow motion: what each draws of the batch, and what it says.

import { disc } from "../shared/pen.js";
import { MARGIN } from "../shared/plane.js";
import { cornerColour } from "../shared/mini-plots.js";
import { number, t } from "../shared/i18n.js";

// What each sub-step lights, which of the three moments is behind it (0 before, 1 between the updates,
// 2 after) and what of the batch is drawn: real points, fakes, fakes that have moved, pulls.
export const SUBSTEPS = {
  d: [
    { name: "noise", lit: ["noise"], moment: 0, draws: [] },
    { name: "fake", lit: ["noise", "g", "fake"], moment: 0, draws: ["fakes"] },
    { name: "judge", lit: ["real", "fake", "d", "verdicts"], moment: 0, draws: ["real", "fakes", "map"] },
    { name: "loss", lit: ["verdicts", "losses", "gradients", "d"], moment: 0, draws: ["real", "fakes", "map"] },
    { name: "update", lit: ["d", "gradients"], moment: 1, draws: ["real", "fakes", "map"] },
  ],
  g: [
    { name: "noise", lit: ["noise"], moment: 1, draws: [] },
    { name: "fake", lit: ["noise", "g", "fake"], moment: 1, draws: ["fakes"] },
    { name: "judge", lit: ["fake", "d", "verdicts"], moment: 1, draws: ["fakes", "map"] },
    { name: "loss", lit: ["verdicts", "losses", "gradients", "d", "fake", "g"], moment: 1, draws: ["fakes", "map", "pulls"] },
    { name: "update", lit: ["g", "gradients", "fake"], moment: 2, draws: ["moved", "map", "grid"] },
  ],
};

// The sub-steps of a step: those of the nets that it updated.
export function substeps(seen) {
  return ["d", "g"].filter((net) => seen[net]).flatMap((net) => SUBSTEPS[net].map((sub, index) => ({ ...sub, net, index })));
}

// A frame as the plane draws it, with this batch in place of the usual samples.
export function batchFrame(moment, seen, { net, draws }, layers) {
  const update = seen[net], has = (name) => draws.includes(name);
  const pulls = has("pulls") ? Int8Array.from(update.pulls, (v) => Math.round(127 * v)) : new Int8Array(0);
  const fakes = has("moved") ? update.moved : has("fakes") ? update.fakes : [];
  const also = { map: "map", pulls: "pull", grid: "grid" };
  const shown = draws.reduce((sum, name) => sum + (layers[also[name]] ?? 0), layers.real + layers.fake);
  return { frame: { ...moment, fakes, pulls, labels: null }, shown, real: has("real") ? seen.real : [] };
}

// The noise of a batch, in the colours of where it lies in the space of noise.
export function scatter({ canvas, context: pen }, z, extent, reach) {
  const zoom = canvas.width / (2 * MARGIN * extent), size = canvas.width / 220;
  const share = (v) => Math.min(1, Math.max(0, (v / reach + 1) / 2));
  for (const [x, y = 0] of z) {
    pen.fillStyle = cornerColour(share(x), share(y));
    disc(pen, canvas.width / 2 + x * zoom, canvas.height / 2 - y * zoom, size);
  }
}

// What happens in a sub-step, with the numbers of this very step.
export function sentence(config, step, seen, { net, name }) {
  const update = seen[net], shown = (value) => number(value, 3);
  const text = t(`slow.${net}.${name}`, {
    step, batch: config.batch_size, loss: shown(update.loss), norm: shown(update.norm), change: shown(update.change),
    real: shown(update.real[0]), fake: shown(update.fake[0]), real_after: shown(update.real[1]), fake_after: shown(update.fake[1]),
    first: shown(update.norms[0]), last: shown(update.norms[update.norms.length - 1]),
  });
  const more = config[`steps_${net}`] - 1, extra = [];
  if (name === "update" && more > 0) extra.push(t(`slow.more_${net}`, { more }));
  if (name === "update" && config.simultaneous) extra.push(t("slow.at_once"));
  if (name === "fake" && config.ema > 0) extra.push(t("slow.averaged"));
  return [text, ...extra].join(" ");
}
