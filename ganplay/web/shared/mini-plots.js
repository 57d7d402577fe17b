// Small true pictures of a GAN's parts, on a canvas of any size: noise, grid, points, D's map, what D
// says of both samples, sizes of gradients. Each is given the lab's data and the frame it shows.

import { brief } from "./i18n.js";
import { crosses, line, sharpness, squares, write } from "./pen.js";
import { MARGIN, drawValues, ramp } from "./plane.js";

// Colours of the four corners of the space of noise; between them they are mixed. All are kin to the
// fakes' orange, none to the real points' blue.
const CORNERS = [[122, 59, 0], [255, 196, 60], [196, 48, 96], [255, 226, 200]];

export function cornerColour(u, v) {
  const mixed = [0, 1, 2].map((c) => {
    const low = CORNERS[0][c] * (1 - u) + CORNERS[1][c] * u;
    const high = CORNERS[2][c] * (1 - u) + CORNERS[3][c] * u;
    return Math.round(low * (1 - v) + high * v);
  });
  return `rgb(${mixed})`;
}

// Set a canvas up for a picture: its pixels, and a pen whose unit is a CSS pixel from the middle.
export function begin(canvas, ground) {
  const scale = sharpness(), side = canvas.clientWidth || canvas.width;
  if (canvas.width !== Math.round(side * scale)) canvas.width = canvas.height = Math.round(side * scale);
  const pen = canvas.getContext("2d");
  pen.reset();
  pen.fillStyle = ground;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.setTransform(scale, 0, 0, scale, canvas.width / 2, canvas.height / 2);
  return { pen, side };
}

// Where the grid's vertices lie: in the noise itself (as a square or a line), in plane units of 1.
export function noiseVertices({ ticks, reach }, rows) {
  const at = [];
  if (rows === 1) for (const x of ticks) at.push(x / reach, 0);
  else for (const y of ticks) for (const x of ticks) at.push(x / reach, y / reach);
  return at;
}

// Cells of a grid in the colours of the noise they come from. `vertices` are x, y in turns, y upwards,
// and `zoom` the pixels of one of their units.
export function cells(pen, vertices, rows, columns, zoom, every = 1) {
  const x = (i) => vertices[2 * i] * zoom, y = (i) => -vertices[2 * i + 1] * zoom;
  if (rows === 1) {
    pen.lineWidth = 2.5;
    for (let i = 0; i + every < columns; i += every) {
      pen.strokeStyle = cornerColour(i / columns, i / columns);
      line(pen, [[x(i), y(i)], [x(i + every), y(i + every)]]);
    }
    return;
  }
  pen.lineWidth = 0.5;
  for (let row = 0; row + every < rows; row += every) {
    for (let column = 0; column + every < columns; column += every) {
      const a = row * columns + column, b = a + every, c = b + every * columns, d = a + every * columns;
      pen.fillStyle = pen.strokeStyle = cornerColour(column / (columns - 1 - every), row / (rows - 1 - every));
      pen.globalAlpha = 0.75;
      pen.beginPath();
      pen.moveTo(x(a), y(a)), pen.lineTo(x(b), y(b)), pen.lineTo(x(c), y(c)), pen.lineTo(x(d), y(d));
      pen.closePath();
      pen.fill();
      pen.globalAlpha = 1;
      pen.stroke();
    }
  }
}

export function noise(canvas, { data, frame, palette }) {
  const { pen, side } = begin(canvas, palette.ground);
  const rows = frame.rows, columns = frame.columns;
  if (!rows || !data.ticks) return;
  cells(pen, noiseVertices(data, rows), rows, columns, side / 2 / MARGIN, side < 100 ? 2 : 1);
}

export function warped(canvas, { frame, palette, unit }) {
  const { pen, side } = begin(canvas, palette.ground);
  if (frame.rows) cells(pen, frame.grid, frame.rows, frame.columns, side / (2 * MARGIN * unit), side < 100 ? 2 : 1);
}

// Points of the data, or with `fake` those of G.
export function dots(canvas, points, { palette, unit }, fake = false) {
  const { pen, side } = begin(canvas, palette.ground);
  const zoom = side / (2 * MARGIN * unit), size = Math.max(1.6, side / 90);
  pen.fillStyle = fake ? palette.fake : palette.real;
  pen.globalAlpha = 0.8;
  if (fake) crosses(pen, points, zoom, 0.7 * size);
  else squares(pen, points, zoom, size);
}

const ramps = new WeakMap();
let small;

// Values 0 to 255 on a square, rows upwards, from the colours' low to their high; scaled up smoothly.
export function square(canvas, values, n, { palette }, ends = palette) {
  const { pen, side } = begin(canvas, palette.ground);
  if (!n) return;
  if (!ramps.has(ends)) ramps.set(ends, new Uint32Array(ramp(ends).buffer));
  small ||= document.createElement("canvas"); // one for all: what is drawn from it is copied at once
  drawValues(small, values, n, ramps.get(ends));
  pen.drawImage(small, -side / 2, -side / 2, side, side);
}

export const map = (canvas, about) => square(canvas, about.frame.map, about.frame.cells, about);

// How often D gives each value: real upwards, fakes downwards, so that neither hides the other.
export function verdicts(canvas, { frame, palette, low, high }) {
  const { pen, side } = begin(canvas, palette.ground);
  const { bins } = frame;
  if (!bins) return;
  const large = side > 150, foot = large ? 22 : 0, height = side / 2 - foot / 2 - 2, wide = (side - (large ? 24 : 4)) / bins;
  const middle = -foot / 2, left = -(wide * bins) / 2;
  for (const [row, colour, way] of [[0, palette.real, -1], [1, palette.fake, 1]]) {
    const counts = frame.verdicts.subarray(row * bins, (row + 1) * bins), most = Math.max(...counts, 1);
    pen.fillStyle = colour;
    counts.forEach((count, i) => {
      const tall = (count / most) * height;
      pen.fillRect(left + i * wide, way < 0 ? middle - tall : middle, Math.max(wide - (large ? 2 : 0.5), 1), tall);
    });
  }
  pen.fillStyle = palette.text;
  pen.fillRect(left, middle - 0.5, wide * bins, 1);
  if (!large) return;
  pen.font = "12px system-ui, sans-serif";
  write(pen, low, left, side / 2 - 6, "left");
  write(pen, high, -left, side / 2 - 6, "right");
}

const SMALLEST = 1e-5, LARGEST = 1e2;

// Norms of the layers' gradients as bars on a logarithmic scale, D's above G's; a bar that shrinks
// from layer to layer towards the input is a gradient that vanishes.
export function bars(canvas, { frame, palette, words }) {
  const { pen, side } = begin(canvas, palette.ground);
  const large = side > 150, rows = [...frame.norms.d].map((n) => [n, palette.pull, "D"]);
  rows.push(...[...frame.norms.g].map((n) => [n, palette.fake, "G"]));
  const left = -side / 2 + (large ? 84 : 2), room = side - (large ? 150 : 4), tall = Math.min(26, (side - 12) / Math.max(rows.length, 1));
  let at = -(rows.length * tall) / 2, previous = "", layer = 0;
  pen.font = "12px system-ui, sans-serif";
  pen.textBaseline = "middle";
  for (const [norm, colour, net] of rows) {
    layer = net === previous ? layer + 1 : 1;
    previous = net;
    const known = Number.isFinite(norm) && norm > 0;
    const share = known ? Math.log(Math.min(Math.max(norm, SMALLEST), LARGEST) / SMALLEST) / Math.log(LARGEST / SMALLEST) : 0;
    pen.fillStyle = palette.line;
    pen.fillRect(left, at + tall * 0.2, room, tall * 0.6);
    pen.fillStyle = colour;
    pen.fillRect(left, at + tall * 0.2, room * share, tall * 0.6);
    if (large) {
      pen.fillStyle = palette.text;
      write(pen, `${net} ${words.layer} ${layer}`, left - 6, at + tall / 2, "right");
      write(pen, known ? brief(norm, 2) : "–", left + room + 6, at + tall / 2, "left");
    }
    at += tall;
  }
}

// The losses of this run so far, D's in ink and G's in the fakes' colour.
export function curves(canvas, { rows, palette }) {
  const { pen, side } = begin(canvas, palette.ground);
  const kept = rows.filter((row) => Number.isFinite(row.d_loss) && Number.isFinite(row.g_loss));
  if (kept.length < 2) return;
  const values = kept.flatMap((row) => [row.d_loss, row.g_loss]);
  const low = Math.min(...values), high = Math.max(...values, low + 1e-6), room = side - 60;
  const y = (value) => room / 2 - ((value - low) / (high - low)) * room;
  pen.lineWidth = 2;
  for (const [name, colour] of [["d_loss", palette.pull], ["g_loss", palette.fake]]) {
    pen.strokeStyle = colour;
    line(pen, kept.map((row, i) => [-room / 2 + 16 + (i / (kept.length - 1)) * room, y(row[name])]));
  }
  pen.fillStyle = palette.text;
  pen.font = "12px system-ui, sans-serif";
  for (const value of [low, high]) write(pen, brief(value), -room / 2 + 10, y(value) + 4, "right");
}
