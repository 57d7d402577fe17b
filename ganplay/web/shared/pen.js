// What all drawings on canvases share: how many pixels they have, lines, discs and words.

export const sharpness = () => Math.min(window.devicePixelRatio || 1, 2);

// An empty canvas with as many pixels as its place on the page needs, and a pen whose unit is a CSS
// pixel from the upper left corner.
export function fitted(canvas) {
  const scale = sharpness(), wide = canvas.clientWidth, tall = canvas.clientHeight, pen = canvas.getContext("2d");
  const [width, height] = [wide, tall].map((side) => Math.round(side * scale));
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  pen.reset();
  pen.scale(scale, scale);
  return { pen, wide, tall };
}

// The size of words on a canvas: larger in the projector view, as all words are.
export const textSize = (canvas, usual) => (canvas.closest?.(".projector") ? Math.round(1.45 * usual) : usual);

// Through places [x, y].
export function line(pen, places) {
  pen.beginPath();
  for (const [x, y] of places) pen.lineTo(x, y);
  pen.stroke();
}

export function disc(pen, x, y, radius) {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fill();
}

// Points x, y in turns, y upwards, as squares: a browser draws them in a third of the time of discs.
export function squares(pen, points, zoom, size) {
  for (let i = 0; i < points.length; i += 2) {
    pen.fillRect(points[i] * zoom - size / 2, -points[i + 1] * zoom - size / 2, size, size);
  }
}

/** @type {(i: number) => boolean} */
const all = () => true;

// Points as discs, those for which `taken(i)` holds.
export function discs(pen, points, zoom, radius, taken = all) {
  pen.beginPath();
  for (let i = 0; 2 * i < points.length; i++) {
    if (!taken(i)) continue;
    const x = points[2 * i] * zoom, y = -points[2 * i + 1] * zoom;
    pen.moveTo(x + radius, y);
    pen.arc(x, y, radius, 0, 2 * Math.PI);
  }
  pen.fill();
}

export const CROSS = { arm: 1.15, width: 0.9 }; // of a disc's radius that covers as much

// Points as crosses: fakes, which no eye then has to tell from the real ones by colour. They are
// rectangles on a sheet turned by 45 degrees: of thousands a browser draws lines in twice the time.
export function crosses(pen, points, zoom, radius, taken = all) {
  const arm = CROSS.arm * radius * Math.SQRT2, wide = CROSS.width * radius, turned = zoom * Math.SQRT1_2;
  pen.save();
  pen.rotate(Math.PI / 4);
  for (let i = 0; 2 * i < points.length; i++) {
    if (!taken(i)) continue;
    const x = (points[2 * i] - points[2 * i + 1]) * turned, y = -(points[2 * i] + points[2 * i + 1]) * turned;
    pen.fillRect(x - arm, y - wide / 2, 2 * arm, wide);
    pen.fillRect(x - wide / 2, y - arm, wide, 2 * arm);
  }
  pen.restore();
}

export function write(pen, text, x, y, align) {
  pen.textAlign = align;
  pen.fillText(text, x, y);
}
