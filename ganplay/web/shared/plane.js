// Draws frames on the canvas: D's map, G's warped grid, points and pulls. Nothing is computed here
// that is not in the frame, and nothing is drawn between frames.

import { crosses, discs, line, sharpness, textSize, write } from "./pen.js";

export const MARGIN = 1.06; // the canvas shows a little more than the data's square
export const LONGEST_PULL = 0.13; // of the half-width
const ROOM_FOR_KEY = 240; // CSS pixels

export function ramp({ low, middle, high }) {
  const colours = new Uint8ClampedArray(4 * 256);
  for (let i = 0; i < 256; i++) {
    const [from, to, share] = i < 128 ? [low, middle, i / 127.5] : [middle, high, (i - 127.5) / 127.5];
    for (let c = 0; c < 3; c++) colours[4 * i + c] = from[c] + (to[c] - from[c]) * share;
    colours[4 * i + 3] = 255;
  }
  return colours;
}

// Values 0 to 255 as pixels of a canvas that is as small as they are many; their rows go upwards.
export function drawValues(small, values, n, colours) {
  if (small.width !== n) small.width = small.height = n;
  const pen = small.getContext("2d"), image = pen.createImageData(n, n), pixels = new Uint32Array(image.data.buffer);
  for (let row = 0; row < n; row++) {
    for (let column = 0; column < n; column++) pixels[(n - 1 - row) * n + column] = colours[values[row * n + column]];
  }
  pen.putImageData(image, 0, 0);
}

// The numbers at which the axes have lines.
export function ticks(extent) {
  const step = [0.25, 0.5, 1, 2, 5, 10].find((s) => extent / s <= 4) || extent / 2;
  const last = Math.floor(extent / step);
  return Array.from({ length: 2 * last + 1 }, (_, i) => (i - last) * step);
}

// The data's coordinates of an event on a canvas that shows them up to an extent.
export function locate(canvas, extent, { clientX, clientY }) {
  const box = canvas.getBoundingClientRect(), scale = (2 * MARGIN * extent) / box.width;
  return [(clientX - box.left - box.width / 2) * scale, -(clientY - box.top - box.height / 2) * scale];
}

// Which gradients some lengths of arrows stand for, from the longest down: sizes, and shares of the
// longest arrow. Between the two sizes of a range arrows grow with the logarithm, at every step.
export function keyOf([least, most]) {
  const low = Math.log10(least), high = Math.log10(most), marks = [];
  for (let decade = high; decade > low; decade -= 2) marks.push({ size: Number((10 ** decade).toPrecision(1)), share: (decade - low) / (high - low) });
  return marks;
}

export class Plane {
  constructor(canvas, schema, palette) {
    this.canvas = canvas;
    this.schema = schema;
    this.context = canvas.getContext("2d", { alpha: false });
    this.mapCanvas = document.createElement("canvas");
    this.realCanvas = document.createElement("canvas");
    this.layers = 0;
    this.label = -1;
    this.data = null;
    this.frame = null;
    this.setPalette(palette);
  }

  setPalette(palette) {
    this.palette = palette;
    this.ramp = new Uint32Array(ramp(this.palette).buffer);
    this.realStale = true;
  }

  // Real points: drawn once on a canvas of their own, as they do not move.
  setData(data) {
    this.data = data;
    this.realStale = true;
  }

  resize() {
    const side = Math.round(this.canvas.clientWidth * sharpness()), other = side > 0 && side !== this.canvas.width;
    if (other) this.canvas.width = this.canvas.height = side;
    return other;
  }

  has(layer) {
    return Boolean(this.layers & this.schema.layers[layer]);
  }

  // Canvas pixels of a coordinate in `unit`s, y upwards.
  get zoom() {
    return this.canvas.width / (2 * MARGIN * this.schema.unit);
  }

  get extent() {
    return this.frame ? this.frame.extent : 1;
  }

  // Where a point of the data lies, in shares of the canvas's width and height.
  place([x, y]) {
    const reach = 2 * MARGIN * this.extent;
    return [0.5 + x / reach, 0.5 - y / reach];
  }

  draw(frame = this.frame) {
    this.frame = frame;
    const { context: pen, canvas, palette } = this;
    const size = canvas.width;
    if (!size) return;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.fillStyle = palette.ground;
    pen.fillRect(0, 0, size, size);
    if (!frame) return;
    this.dot = Math.max(1.6, size / 260);
    if (frame.cells && this.has("map")) this.drawMap(frame);
    this.drawAxes(frame);
    pen.setTransform(1, 0, 0, 1, size / 2, size / 2);
    if (frame.rows && this.has("grid")) this.drawGrid(frame);
    if (this.has("real") && this.data) this.drawReal();
    if (frame.pulls.length && this.has("pull")) this.drawPulls(frame);
    if (this.has("fake")) this.points(pen, frame.fakes, frame.labels, palette.fake, crosses);
    if (frame.diagnosis.kind === "collapse" && this.data) this.drawMissing(frame.diagnosis.missing);
    pen.setTransform(1, 0, 0, 1, 0, 0);
    if (frame.pulls.length && this.has("pull") && canvas.clientWidth >= ROOM_FOR_KEY) this.drawKey();
  }

  drawMap(frame) {
    drawValues(this.mapCanvas, frame.map, frame.cells, this.ramp);
    const size = this.canvas.width, edge = (size - size / MARGIN) / 2;
    this.context.imageSmoothingEnabled = true;
    this.context.imageSmoothingQuality = "medium";
    this.context.drawImage(this.mapCanvas, edge, edge, size - 2 * edge, size - 2 * edge);
  }

  drawAxes(frame) {
    const { context: pen, palette } = this, size = this.canvas.width;
    const pixels = size / (2 * MARGIN * frame.extent), numbers = ticks(frame.extent);
    pen.lineWidth = 1;
    pen.strokeStyle = palette.line;
    pen.fillStyle = palette.text;
    pen.font = `${textSize(this.canvas, Math.round(Math.max(10, size / 58)))}px system-ui, sans-serif`;
    pen.globalAlpha = 0.6;
    pen.beginPath();
    for (const n of numbers) {
      const at = Math.round(size / 2 + n * pixels) + 0.5;
      pen.moveTo(at, 0), pen.lineTo(at, size);
      pen.moveTo(0, at), pen.lineTo(size, at);
    }
    pen.stroke();
    pen.globalAlpha = 0.9;
    for (const [i, n] of numbers.entries()) {
      const at = size / 2 + n * pixels, name = String(n).replace("-", "−");
      write(pen, name, at, size - size / 130, "center");
      if (i) write(pen, name, size / 130, size - at + size / 180, "left");
    }
    pen.globalAlpha = 1;
  }

  // Cells of equal probability: the smaller a cell has become, the more samples per area, the
  // darker it is.
  drawGrid(frame) {
    const { context: pen, palette, zoom } = this, { grid, rows, columns } = frame;
    const x = (i) => grid[2 * i] * zoom, y = (i) => -grid[2 * i + 1] * zoom;
    pen.strokeStyle = pen.fillStyle = palette.net;
    pen.lineJoin = "round";
    if (rows === 1) {
      pen.lineWidth = this.dot;
      pen.globalAlpha = 0.75;
      line(pen, Array.from({ length: columns }, (_, i) => [x(i), y(i)]));
      pen.globalAlpha = 1;
      return;
    }
    const usual = (this.canvas.width / MARGIN / rows) ** 2;
    for (let row = 0; row + 1 < rows; row++) {
      for (let column = 0; column + 1 < columns; column++) {
        const a = row * columns + column, b = a + 1, c = b + columns, d = a + columns;
        const area = Math.abs((x(c) - x(a)) * (y(d) - y(b)) - (x(d) - x(b)) * (y(c) - y(a))) / 2;
        pen.globalAlpha = Math.min(0.42, Math.max(0.03, (0.05 * usual) / (area + 1)));
        pen.beginPath();
        pen.moveTo(x(a), y(a)), pen.lineTo(x(b), y(b)), pen.lineTo(x(c), y(c)), pen.lineTo(x(d), y(d));
        pen.fill();
      }
    }
    pen.globalAlpha = 0.28;
    pen.lineWidth = Math.max(1, this.canvas.width / 900);
    pen.beginPath();
    for (let row = 0; row < rows; row++) {
      for (let i = row * columns, end = i + columns - 1; i < end; i++) pen.moveTo(x(i), y(i)), pen.lineTo(x(i + 1), y(i + 1));
    }
    for (let i = 0; i < (rows - 1) * columns; i++) pen.moveTo(x(i), y(i)), pen.lineTo(x(i + columns), y(i + columns));
    pen.stroke();
    pen.globalAlpha = 1;
  }

  drawReal() {
    const size = this.canvas.width;
    if (this.realStale || this.realCanvas.width !== size) {
      this.realCanvas.width = this.realCanvas.height = size;
      const pen = this.realCanvas.getContext("2d");
      pen.translate(size / 2, size / 2);
      this.points(pen, this.data.real, this.data.labels, this.palette.real, discs);
      this.realStale = false;
    }
    this.context.drawImage(this.realCanvas, -size / 2, -size / 2);
  }

  // Modes that G does not make.
  drawMissing(missing) {
    const { context: pen, palette, zoom } = this, { centres, reaches } = this.data;
    const radius = Math.max(reaches * this.schema.unit * zoom, this.canvas.width / 40);
    pen.strokeStyle = palette.missing;
    pen.lineWidth = Math.max(1.5, this.dot / 1.5);
    pen.setLineDash([radius / 3, radius / 4]);
    for (const mode of missing) {
      pen.beginPath();
      pen.arc(centres[2 * mode] * zoom, -centres[2 * mode + 1] * zoom, radius, 0, 6.2832);
      pen.stroke();
    }
    pen.setLineDash([]);
  }

  // Points of a shape, drawn by a function of `pen.js`. Where a class is picked out, those of the other
  // classes are faint.
  points(pen, points, labels, colour, draw) {
    const { zoom, dot, label } = this, some = labels && labels.length && label >= 0;
    pen.fillStyle = colour;
    if (some) {
      pen.globalAlpha = 0.2;
      draw(pen, points, zoom, dot, (i) => labels[i] !== label);
    }
    pen.globalAlpha = 0.85;
    draw(pen, points, zoom, dot, some ? (i) => labels[i] === label : undefined);
    pen.globalAlpha = 1;
  }

  // Of their lengths `keyOf` says what they mean.
  drawPulls(frame) {
    const { context: pen, zoom } = this, unit = this.schema.unit;
    const reach = (LONGEST_PULL * unit * zoom) / 127;
    pen.strokeStyle = this.palette.pull;
    pen.globalAlpha = 0.55;
    pen.lineWidth = Math.max(1, this.dot / 2.2);
    pen.beginPath();
    for (let i = 0; i < frame.pulls.length; i += 2) {
      const x = frame.fakes[i] * zoom, y = -frame.fakes[i + 1] * zoom;
      pen.moveTo(x, y);
      pen.lineTo(x + frame.pulls[i] * reach, y - frame.pulls[i + 1] * reach);
    }
    pen.stroke();
    pen.globalAlpha = 1;
  }

  drawKey() {
    const { context: pen, palette } = this, size = this.canvas.width, font = textSize(this.canvas, Math.round(Math.max(10, size / 58)));
    const marks = keyOf(this.schema.arrows), longest = (LONGEST_PULL * size) / (2 * MARGIN), line = 1.4 * font;
    const wide = longest + 4.5 * font, left = size - wide - font / 2, top = size - 2 * font - (marks.length + 1) * line;
    pen.fillStyle = palette.ground;
    pen.globalAlpha = 0.8;
    pen.fillRect(left, top, wide, (marks.length + 1) * line);
    pen.globalAlpha = 1;
    pen.fillStyle = palette.text;
    pen.font = `${font}px system-ui, sans-serif`;
    pen.strokeStyle = palette.pull;
    pen.lineWidth = Math.max(1, this.dot / 2);
    write(pen, "|∇|", left + font / 2, top + font, "left");
    marks.forEach(({ size: gradient, share }, i) => {
      const y = top + (i + 1.6) * line;
      pen.beginPath();
      pen.moveTo(left + font / 2, y), pen.lineTo(left + font / 2 + share * longest, y);
      pen.stroke();
      write(pen, String(gradient), left + wide - font / 2, y + font / 3, "right");
    });
  }
}

// A small picture of points: data as dots in the colour of the real, samples as crosses in that of the fake.
export function thumbnail(canvas, unit, real, fakes, palette) {
  const side = (canvas.width = canvas.height = 2 * (canvas.clientWidth || 48));
  const pen = canvas.getContext("2d"), zoom = side / (2 * MARGIN * unit);
  pen.translate(side / 2, side / 2);
  pen.fillStyle = palette.real;
  discs(pen, real, zoom, side / 46);
  pen.fillStyle = palette.fake;
  crosses(pen, fakes, zoom, side / 46);
}
