// Walks as objects that the timeline changes, and as the strings that links, commands and the server
// have. Strings that come from outside the server reads and repairs first.

export const MOST_KEYFRAMES = 64, MOST_FRAMES = 720;
export const LIMITS = { duration: [0.05, 60], rate: [1, 50] };
export const PATHS = ["slerp", "lerp", "spline"], EASINGS = ["linear", "smooth", "in", "out"];

export const freshWalk = () => ({ keyframes: [], path: "slerp", loop: false, even: false, rate: 24 });

export const keyframe = (text) => ({ text, duration: 1, easing: "linear" });

// How long it takes: the last duration counts only where it leads back to the first.
export function secondsOf({ keyframes, loop }) {
  return keyframes.slice(0, loop ? undefined : -1).reduce((sum, one) => sum + one.duration, 0);
}

// So many frames that, where durations allow it, some of them are just at the keyframes.
export function framesOf(walk) {
  const count = Math.round(secondsOf(walk) * walk.rate) + (walk.loop ? 0 : 1);
  return Math.min(MOST_FRAMES, Math.max(2, count));
}

const OWN = [["path", "slerp"], ["loop", false], ["even", false], ["rate", 24]];
const DEFAULTS = [["duration", 1], ["easing", "linear"]];

function pieces(one, defaults) {
  return defaults.filter(([name, usual]) => one[name] !== usual).map(([name]) => `;${name}:${one[name]}`).join("");
}

export function writeWalk(walk) {
  const head = `1;frames:${framesOf(walk)}${pieces(walk, OWN)}`;
  return [head, ...walk.keyframes.map((one) => one.text + pieces(one, DEFAULTS))].join("|");
}

function between(value, /** @type {number[]} */ [low, high], usual) {
  return value >= low && value <= high ? value : usual;
}

// The object of a string that the server gave back, or that `writeWalk` made. Durations are in
// seconds here: those of a string are scaled to the frames that it names.
export function readWalk(text) {
  const [head, ...parts] = text.split("|"), walk = freshWalk();
  const given = Object.fromEntries(head.split(";").slice(1).map((piece) => piece.split(":")));
  if (PATHS.includes(given.path)) walk.path = given.path;
  walk.loop = given.loop === "true";
  walk.even = given.even === "true";
  walk.rate = Math.round(between(Number(given.rate), LIMITS.rate, walk.rate));
  walk.keyframes = parts.slice(0, MOST_KEYFRAMES).map(readKeyframe);
  const frames = Number(given.frames) || 120, wanted = (frames - (walk.loop ? 0 : 1)) / walk.rate, now = secondsOf(walk);
  if (now > 0 && framesOf(walk) !== frames) {
    for (const one of walk.keyframes) {
      const seconds = Number(((one.duration * wanted) / now).toFixed(2));
      one.duration = Math.min(LIMITS.duration[1], Math.max(LIMITS.duration[0], seconds));
    }
  }
  return walk;
}

function readKeyframe(part) {
  const one = keyframe(""), others = [];
  for (const piece of part.split(";")) {
    if (piece.startsWith("duration:")) one.duration = between(Number(piece.slice(9)), LIMITS.duration, 1);
    else if (piece.startsWith("easing:")) one.easing = EASINGS.includes(piece.slice(7)) ? piece.slice(7) : "linear";
    else others.push(piece);
  }
  return { ...one, text: others.join(";") };
}

// The list with one of its members at another place.
export function reordered(list, from, to) {
  const others = list.filter((_, i) => i !== from);
  others.splice(to, 0, list[from]);
  return others;
}

// When, from 0 to 1, each keyframe comes.
export function marksOf({ keyframes, loop }) {
  const whole = secondsOf({ keyframes, loop });
  let at = 0;
  return keyframes.map(({ duration }) => {
    const mark = at / whole;
    at += duration;
    return mark;
  });
}
