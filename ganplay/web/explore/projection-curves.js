// The error of each restart while it goes down, on a logarithmic scale; the best one stands out.

const LEAST = 0.5; // grey levels: what is better looks the same
const ROOM = 40; // for the numbers at the right

// Where errors lie from 0 (the least of all) to 1 (the largest).
export function scaleOf(curves) {
  const all = curves.flat();
  const low = Math.max(LEAST, Math.min(...all)), high = Math.max(low * 1.2, ...all);
  return { low, high, at: (error) => Math.log(Math.max(error, low) / low) / Math.log(high / low) };
}

// The restart that is best now.
export function bestOf(curves) {
  const last = curves.map((curve) => curve.at(-1));
  return last.indexOf(Math.min(...last));
}

// `curves` has a list of errors for each restart; `steps` is how long they will be.
export function draw(canvas, curves, steps) {
  const scale = Math.min(window.devicePixelRatio || 1, 2), wide = canvas.clientWidth, high = canvas.clientHeight;
  Object.assign(canvas, { width: Math.round(wide * scale), height: Math.round(high * scale) });
  const pen = canvas.getContext("2d"), style = getComputedStyle(canvas);
  pen.scale(scale, scale);
  if (!curves.length || curves[0].length < 1) return null;
  const { low, high: top, at } = scaleOf(curves), best = bestOf(curves);
  const line = (curve, colour, thick) => {
    pen.strokeStyle = colour;
    pen.lineWidth = thick;
    pen.beginPath();
    curve.forEach((error, i) => pen.lineTo((i / Math.max(1, steps - 1)) * (wide - ROOM) + 2, high - 4 - at(error) * (high - 8)));
    pen.stroke();
  };
  curves.forEach((curve, r) => r !== best && line(curve, style.getPropertyValue("--muted"), 1));
  line(curves[best], style.getPropertyValue("--real"), 2.5);
  return { low, high: top, best };
}
