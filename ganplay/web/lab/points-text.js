// Points of one's own as a text, and back.

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const LARGEST = 4095; // of twelve bits

// Points {x, y, k} as the text that `ganplay.points.decode` reads. Classes without points are left
// out, so the others move up.
export function encode(points, extent) {
  const digits = (value) => {
    const inside = Math.min(extent, Math.max(-extent, value)) + extent;
    const whole = Math.round((inside * LARGEST) / (2 * extent));
    return DIGITS[whole >> 6] + DIGITS[whole & 63];
  };
  const classes = [];
  for (const { x, y, k } of points) (classes[k] ||= []).push(digits(x) + digits(y));
  return classes.filter(Boolean).map((one) => one.join("")).join(".");
}

// What such a text holds; nothing if it is none.
export function decode(text, extent) {
  if (!/^([\w-]{4})+(\.([\w-]{4})+)*$/.test(text)) return [];
  const value = (a, b) => ((DIGITS.indexOf(a) * 64 + DIGITS.indexOf(b)) * 2 * extent) / LARGEST - extent;
  return text.split(".").flatMap((part, k) => part.match(/.{4}/g).map(([a, b, c, d]) => ({ x: value(a, b), y: value(c, d), k })));
}

// Points are left out of a state that comes where they are those of the last.
export function withPoints(event, former) {
  if ("points" in event.config) return;
  event.config.points = former.points;
  event.state += `;points:${former.points}`;
}
