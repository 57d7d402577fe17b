// Whether a reconstruction fits its target, in words; what decides is `ganplay.latent.inversion_fit`.

import { t } from "../shared/i18n.js";

const level = (error) => error.toFixed(1);

/**
 * @param {{ error: number, fit: { word: string, samples: number, held_out: number | null, restarts: number, steps: number } | null }} found
 * @param {{ restarts: number, steps: number }} asked
 */
export function wordsOfFit({ error, fit }, asked) {
  if (!fit) return t("find.fits.unknown");
  const { word, samples, held_out, restarts, steps } = fit;
  const values = { samples: level(samples), held_out: held_out === null ? "" : level(held_out), times: level(error / samples), restarts, steps };
  const short = word === "off" && (asked.restarts < restarts || asked.steps < steps);
  return t(`find.fits.${short ? "off_short" : word === "near" && held_out === null ? "near_samples" : word}`, values);
}
