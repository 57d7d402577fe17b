// Drawings of lessons on square canvases: the Dirac-GAN's phase portrait, lengths along ways through
// latent space, a trained model's pictures, and curves of a signal with its bounds.

import { contour } from "./contours.js";
import { begin } from "../shared/mini-plots.js";
import { brief } from "../shared/i18n.js";
import { disc, fitted, line, textSize, write } from "../shared/pen.js";
import { paint } from "../shared/pixels.js";
import { MARGIN } from "../shared/plane.js";

const REACH = 3.2; // half the side of the phase portrait
const LEVELS = [64, 128, 191]; // one quarter, one half, three quarters

const logistic = (x) => 1 / (1 + Math.exp(-x));

// Where the two players of a Dirac-GAN push (theta, psi); null where the loss has another field.
export function push({ loss, r1 }, theta, psi) {
  if (!["minimax", "non_saturating"].includes(loss)) return null;
  const d = logistic(psi * theta), pull = loss === "minimax" ? d : 1 - d;
  return [psi * pull, -theta * d - r1 * psi];
}

function axes(pen, side, palette, names) {
  pen.strokeStyle = palette.line;
  pen.lineWidth = 1;
  line(pen, [[-side / 2, 0], [side / 2, 0]]);
  line(pen, [[0, -side / 2], [0, side / 2]]);
  if (side < 150) return;
  pen.fillStyle = palette.text;
  pen.font = "italic 15px Georgia, serif";
  write(pen, names[0], side / 2 - 6, -6, "right");
  write(pen, names[1], 8, -side / 2 + 16, "left");
}

export function phase(canvas, paths, chosen, config, palette) {
  const { pen, side } = begin(canvas, palette.ground), zoom = side / 2 / REACH, dot = side > 150 ? 5 : 2.5;
  axes(pen, side, palette, ["θ", "ψ"]);
  if (side > 150) {
    pen.strokeStyle = palette.text;
    pen.globalAlpha = 0.4;
    for (let theta = -3; theta <= 3; theta += 0.5) {
      for (let psi = -3; psi <= 3; psi += 0.5) {
        const way = push(config, theta, psi), long = way && Math.hypot(...way);
        if (!long) continue;
        const [x, y] = [theta * zoom, -psi * zoom], reach = Math.min(14, 6 + 6 * long) / long;
        line(pen, [[x, y], [x + way[0] * reach, y - way[1] * reach]]);
        pen.beginPath();
        pen.arc(x, y, 1.3, 0, 6.2832);
        pen.stroke();
      }
    }
  }
  const shown = side > 150 ? paths.map((_, i) => i) : [chosen];
  for (const i of [...shown.filter((one) => one !== chosen), chosen]) {
    const path = paths[i];
    if (!path) continue;
    pen.globalAlpha = i === chosen ? 1 : 0.3;
    pen.strokeStyle = pen.fillStyle = i === chosen ? palette.fake : palette.text;
    pen.lineWidth = i === chosen ? 2 : 1;
    const places = path.map(([theta, psi]) => [theta * zoom, -psi * zoom]), [x, y] = places.at(-1);
    line(pen, places);
    disc(pen, x, y, dot);
  }
  pen.globalAlpha = 1;
  pen.fillStyle = palette.real;
  disc(pen, 0, 0, dot);
}

// Lengths along the way: this run's, and dashed those of another.
export function lengths(canvas, rows, other, chosen, palette) {
  const { pen, side } = begin(canvas, palette.ground), small = side < 150, foot = small ? 4 : 34;
  const wide = side - (small ? 8 : 76), tall = side - 2 * foot, left = -side / 2 + (small ? 4 : 46);
  const x = (share) => left + share * wide, y = (value) => side / 2 - foot - ((value - 0.5) / 0.7) * tall;
  pen.lineWidth = 1;
  pen.strokeStyle = palette.line;
  pen.fillStyle = palette.text;
  pen.font = "12px system-ui, sans-serif";
  for (const value of [0.5, 0.7071, 1, 1.2]) {
    line(pen, [[x(0), y(value)], [x(1), y(value)]]);
    if (!small) write(pen, value === 0.7071 ? "1/√2" : value, x(0) - 6, y(value) + 4, "right");
  }
  for (const share of small ? [] : [0, 0.5, 1]) write(pen, `t = ${share}`, x(share), side / 2 - 12, "center");
  const along = (values) => line(pen, values.map((value, i) => [x(i / (values.length - 1)), y(value)]));
  if (other && !small) {
    pen.setLineDash([5, 4]);
    pen.strokeStyle = palette.real;
    along(other[chosen] || other[0]);
    pen.setLineDash([]);
  }
  for (const [i, values] of rows.entries()) {
    if (small && i !== chosen) continue;
    pen.globalAlpha = i === chosen ? 1 : 0.35;
    pen.lineWidth = i === chosen ? 2.5 : 1;
    pen.strokeStyle = palette.fake;
    along(values);
  }
  pen.globalAlpha = 1;
}

const CAPTION = 40; // pixels above the rows of pictures, for what they are

let one; // canvas for all pictures: what is drawn from it is copied at once

// A row of pictures for each member; on a small canvas the first of one.
export function pictures(canvas, { pixels, shape, columns, seeds }, chosen, palette) {
  const { pen, side } = begin(canvas, palette.ground), w = shape[3];
  one ||= document.createElement("canvas");
  const put = (place, x, y, size) => {
    paint(one, pixels, shape, place);
    pen.imageSmoothingEnabled = size < w;
    pen.drawImage(one, x, y, size, size);
  };
  if (side < 150) return put(chosen * columns, -side / 2, -side / 2, side);
  const size = Math.floor(Math.min(side / columns, (side - CAPTION) / seeds.length)) - 3;
  const left = -(columns * (size + 3)) / 2, top = -side / 2 + CAPTION;
  for (let row = 0; row < seeds.length; row++) {
    for (let k = 0; k < columns; k++) put(row * columns + k, left + k * (size + 3), top + row * (size + 3), size);
  }
  pen.strokeStyle = palette.real;
  pen.lineWidth = 2;
  pen.strokeRect(left - 2, top + chosen * (size + 3) - 2, columns * (size + 3) + 1, size + 4);
}

// The best D dashed over the learned one: where each says 1/4, 1/2 and 3/4.
export function levels(canvas, learned, best, n, palette) {
  const { pen, side } = begin(canvas, "transparent"), u = (i) => ((i + 0.5) * 2 / n - 1) * side / 2 / MARGIN;
  pen.strokeStyle = palette.pull;
  for (const [values, dash, alpha] of [[learned, [], 0.45], [best, [7, 5], 1]]) {
    if (!values || !values.length) continue;
    pen.setLineDash(dash);
    pen.globalAlpha = alpha;
    for (const level of LEVELS) {
      pen.lineWidth = level === 128 ? 2.2 : 1.2;
      pen.beginPath();
      for (const [x0, y0, x1, y1] of contour(values, n, level)) pen.moveTo(u(x0), -u(y0)), pen.lineTo(u(x1), -u(y1));
      pen.stroke();
    }
  }
}

const FOLDS = 40; // between the least and the largest value, from which on a scale is logarithmic

// A signal over the steps: a line a seed, the bounds dashed, what keeps them shaded.
export function curve(canvas, entries, check, steps, chosen, { ground, line: frame, text, good, fake }) {
  const { pen, wide, tall } = fitted(canvas);
  pen.fillStyle = ground;
  pen.fillRect(0, 0, wide, tall);
  const { at_least: low, at_most: high } = check;
  const values = entries.flatMap((entry) => entry.values).filter((value) => value !== null);
  const all = [...values, ...[low, high].filter((bound) => bound !== null)];
  if (!all.length) return;
  const positive = all.filter((value) => value > 0), least = Math.min(...positive), most = Math.max(...all);
  const logs = positive.length === all.length && most / least > FOLDS;
  const to = (value) => (logs ? Math.log10(Math.max(value, least)) : value);
  let [bottom, top] = logs ? [to(least), to(most)] : [Math.min(0, ...all), most];
  if (top - bottom < 1e-9) [bottom, top] = [bottom - 1, top + 1];
  const size = textSize(canvas, 10.5), left = 2.7 * size + 12, right = wide - 6, foot = tall - 15, head = 5;
  const x = (step) => left + (steps ? step / steps : 0.5) * (right - left);
  const y = (value) => foot - ((to(value) - bottom) / (top - bottom)) * (foot - head);
  const above = low === null ? foot : y(low), below = high === null ? head : y(high);
  pen.fillStyle = good;
  pen.globalAlpha = 0.12;
  pen.fillRect(left, Math.min(above, below), right - left, Math.max(1, Math.abs(above - below)));
  pen.globalAlpha = 1;
  pen.font = `${size}px system-ui, sans-serif`;
  pen.fillStyle = text;
  write(pen, brief(most, 2), left - 4, head + 8, "right");
  write(pen, brief(logs ? least : bottom, 2), left - 4, foot, "right");
  if (steps) write(pen, "0", left, tall - 3, "left");
  if (steps) write(pen, String(steps), right, tall - 3, "right");
  pen.setLineDash([4, 3]);
  pen.strokeStyle = good;
  for (const bound of [low, high]) {
    if (bound !== null) line(pen, [[left, y(bound)], [right, y(bound)]]);
  }
  pen.setLineDash([]);
  const members = entries.length ? entries[0].values.length : 0;
  for (let k = 0; k < members; k++) {
    const i = (chosen + 1 + k) % members; // the chosen one last, on top
    pen.strokeStyle = pen.fillStyle = i === chosen ? fake : text;
    pen.globalAlpha = i === chosen ? 1 : 0.45;
    pen.lineWidth = i === chosen ? 2 : 1;
    const known = entries.filter((entry) => entry.values[i] !== null);
    line(pen, known.map((entry) => [x(entry.step), y(entry.values[i])]));
    if (entries.length > 1 || !known.length) continue;
    disc(pen, steps ? x(known[0].step) : left + ((i + 0.5) / members) * (right - left), y(known[0].values[i]), 4);
  }
  pen.globalAlpha = 1;
  pen.strokeStyle = frame;
  pen.strokeRect(left, head, right - left, foot - head);
}
