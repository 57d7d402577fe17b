// The badge of pictures that the averaged G has made (EMA of its weights), and not the G that is trained.

import { element } from "./dom.js";
import { brief, t } from "./i18n.js";

// In words; "" where nothing is averaged.
export const averagedWords = (ema) => (ema > 0 ? t("averaged.badge", { ema: brief(ema, 5) }) : "");

// Show on a badge, which is hidden where nothing is averaged, that it is.
export function showAveraged(badge, ema) {
  badge.hidden = !(ema > 0);
  badge.textContent = averagedWords(ema);
  badge.title = badge.hidden ? "" : t("averaged.tip", { ema: brief(ema, 5) });
}

export const averagedBadge = (className) => element("p", { className: `averaged ${className}`, hidden: true });
