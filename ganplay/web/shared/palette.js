// The colours of a theme for what is drawn on canvases. Their one home is `theme.css`.

import { element } from "./dom.js";

// What drawings call them, and what the style sheet does.
export const TOKENS = {
  ground: "plot-ground", line: "plot-line", text: "plot-text", panel: "plot-panel", sheetLine: "sheet-line",
  real: "real", fake: "fake-dot", pull: "ink", net: "net", missing: "warn", good: "good", muted: "muted",
  ink: "ink-curve", inkText: "ink",
};
// Maps go from low over middle to high, each red, green and blue from 0 to 255.
const MAP = { low: "map-low", middle: "map-middle", high: "map-high" };
const STRONG_MAP = { low: "strong-low", middle: "map-middle", high: "real" };

const rgb = (colour) => colour.match(/[\da-f]{2}/gi)?.map((part) => parseInt(part, 16)) ?? [0, 0, 0];

export function paletteOf(theme) {
  const probe = element("div", { className: "lab", hidden: true, dataset: { theme } });
  document.body.append(probe);
  const style = getComputedStyle(probe);
  const read = (names, as = (text) => text) => Object.fromEntries(Object.entries(names).map(([name, token]) =>
    [name, as(style.getPropertyValue(`--${token}`).trim())]));
  const palette = /** @type {any} */ ({ ...read(TOKENS), ...read(MAP, rgb), strong: read(STRONG_MAP, rgb) });
  probe.remove();
  return palette;
}
