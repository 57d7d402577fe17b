// What a mosaic shows, put on its canvas: tiles, the one that is pointed at, amounts along both axes
// and marks.

import { cells, sides, ticks, toScreen } from "./mosaic-grid.js";

const APART = 56, RIM = 16; // pixels between amounts, and of a mark's least distance from the edge
const CENTRED = { textAlign: "center", textBaseline: "middle" };

/** @param {import("./mosaic.js").Mosaic} mosaic */
export function paintMosaic(mosaic) {
  const { canvas, view, size, spacing, pointed, tiles } = mosaic, pen = canvas.getContext("2d"), ratio = devicePixelRatio;
  const style = getComputedStyle(canvas);
  const [ink, panel, real] = ["--ink", "--panel", "--real"].map((name) => style.getPropertyValue(name));
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.clearRect(0, 0, canvas.width, canvas.height);
  if (!size.width) return;
  // Tiles that lie closer together or farther apart stand in until those wanted are there.
  for (const other of [4 * spacing, 2 * spacing, spacing / 2, spacing]) {
    for (const place of cells(view, size, other)) {
      const tile = tiles.get(String(place));
      if (!tile) continue;
      const { left, top, width, height } = sides(view, size, place, other, ratio);
      pen.drawImage(tile.canvas, left, top, width, height);
    }
  }
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  if (pointed) {
    const { left, top, width, height } = sides(view, size, pointed, spacing, 1);
    outline(pen, [[panel, 5], [ink, 2.5]], () => pen.strokeRect(left, top, width - 1, height - 1));
  }
  if (mosaic.axes) paintTicks(pen, view, size, { ink, panel });
  for (const mark of mosaic.marks) paintMark(pen, mark, toScreen(view, size, mark.place), size, { ink, panel, real });
}

function outline(pen, lines, stroke) {
  for (const [strokeStyle, lineWidth] of lines) {
    Object.assign(pen, { strokeStyle, lineWidth });
    stroke();
  }
}

function paintTicks(pen, view, size, colours) {
  const { width, height } = size;
  for (const at of ticks(view.x, width, view.scale, APART)) label(pen, at, toScreen(view, size, [at, 0])[0], height - 11, colours);
  for (const at of ticks(view.y, height, view.scale, APART)) {
    const y = toScreen(view, size, [0, at])[1];
    if (y < height - 30) label(pen, at, 18, y, colours);
  }
}

function label(pen, value, x, y, { ink, panel }) {
  const text = String(value).replace("-", "−");
  Object.assign(pen, { font: "12px system-ui, sans-serif", ...CENTRED, globalAlpha: 0.85, fillStyle: panel });
  const wide = pen.measureText(text).width + 8;
  pen.beginPath();
  pen.roundRect(x - wide / 2, y - 8, wide, 16, 5);
  pen.fill();
  Object.assign(pen, { globalAlpha: 1, fillStyle: ink });
  pen.fillText(text, x, y + 0.5);
}

// A ring around where something is; what lies outside is at the edge, in its direction.
function paintMark(pen, { letter, off }, /** @type {number[]} */ [x, y], size, { ink, panel, real }) {
  const [sx, sy] = [[x, size.width], [y, size.height]].map(([at, most]) => Math.min(most - RIM, Math.max(RIM, at)));
  const outside = Math.hypot(sx - x, sy - y) > RIM;
  pen.setLineDash(off ? [5, 4] : []);
  pen.beginPath();
  pen.arc(sx, sy, letter ? 10 : outside ? 7 : 13, 0, 2 * Math.PI);
  pen.fillStyle = letter ? panel : real;
  if (letter || outside) pen.fill();
  outline(pen, letter ? [[ink, 2]] : [[panel, 7], [real, 3.5]], () => pen.stroke());
  pen.setLineDash([]);
  if (!letter) return;
  Object.assign(pen, { fillStyle: ink, font: "bold 12px system-ui, sans-serif", ...CENTRED });
  pen.fillText(letter, sx, sy + 0.5);
}
