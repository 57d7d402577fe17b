// States of an exploration: as objects that controls change, and as the strings that links, history
// and commands have. Strings that come from outside the server reads and repairs first.

export const LIMITS = { truncation: [0, 2], move: [-10, 10], value: [-6, 6], seed: [0, 2 ** 31 - 1], own: 4 };

export const FIRST_MODEL = "faces";
// Seeds whose pictures are good ones of their models: what Explore begins with.
const FIRST_SEEDS = { "faces": 2, "digits": 7, "digits-conditional": 4 };

// The state with which a model is met.
export const first = (model) => fresh(model, FIRST_SEEDS[model]);

export function fresh(model, seed = 0) {
  return { model, seed, at: "", truncation: 1, label: [], step: null, values: {}, moves: {}, own: {} };
}

// The string; what is as by default is left out, as in Python.
export function write(state) {
  const pieces = ["1", `model:${state.model}`];
  if (state.at) pieces.push(`at:${state.at}`);
  else if (state.seed) pieces.push(`seed:${state.seed}`);
  if (state.truncation !== 1) pieces.push(`truncation:${state.truncation}`);
  const label = state.label.filter(([, weight]) => weight > 0).sort(([a], [b]) => a - b);
  if (label.length) pieces.push("label:" + label.map(([k, w]) => (w === 1 ? `${k}` : `${w}*${k}`)).join("+"));
  if (state.step !== null) pieces.push(`step:${state.step}`);
  for (const [letter, amounts] of [["z", state.values], ["d", state.moves]]) {
    for (const place of Object.keys(amounts).map(Number).sort((a, b) => a - b)) {
      pieces.push(`${letter}${place}:${amounts[place]}`);
    }
  }
  for (const [vector, amount] of Object.entries(state.own)) pieces.push(`own:${amount}*${vector}`);
  return pieces.join(";");
}

// The object of a string that the server gave back, or that `write` made.
export function read(text) {
  const state = fresh("");
  for (const piece of text.split(";").slice(1)) {
    const colon = piece.indexOf(":"), name = piece.slice(0, colon), value = piece.slice(colon + 1);
    const found = /^([zd])(\d+)$/.exec(name);
    if (found) state[found[1] === "z" ? "values" : "moves"][found[2]] = Number(value);
    else if (name === "label") state.label = value.split("+").map((part) => {
      const [weight, place] = part.includes("*") ? part.split("*") : [1, part];
      return [Number(place), Number(weight)];
    });
    else if (name === "own") {
      const star = value.indexOf("*");
      state.own[value.slice(star + 1)] = Number(value.slice(0, star));
    } else if (name === "model" || name === "at") state[name] = value;
    else state[name] = Number(value);
  }
  return state;
}

export const modelOf = (text) => (/(?:^|;)model:([^;]{1,200})/.exec(text) || [null, null])[1];

// Two classes and the share of the second, as the controls have them; more than two are kept in the
// state until a class is chosen.
export function mixOf(label) {
  if (!label.length) return { first: 0, second: null, share: 0 };
  const [[first, a], next] = label;
  return next ? { first, second: next[0], share: next[1] / (a + next[1]) } : { first, second: null, share: 0 };
}

export function labelOf({ first, second, share }) {
  if (second === null || second === first) return first === 0 ? [] : [[first, 1]];
  const other = Number(share.toFixed(2));
  return [[first, Number((1 - other).toFixed(2))], [second, other]];
}

// The same with one amount more, or without it.
export function put(amounts, place, amount) {
  const { [place]: _, ...others } = amounts;
  return amount === null ? others : { ...others, [place]: amount };
}

// Along the two strongest directions, as far as states may go.
export function dragged(moves, across, up) {
  const [low, high] = LIMITS.move;
  return [across, up].reduce((all, way, place) => {
    const to = Number(Math.min(high, Math.max(low, (moves[place] ?? 0) + way)).toFixed(2));
    return put(all, place, to === 0 ? null : to);
  }, moves);
}

// What another model can take over of a state: its own space means nothing there.
export function carried(state, model) {
  const label = state.label.every(([k]) => k < model.labels.length) ? [...state.label] : [];
  const untouched = !state.at && state.seed === first(state.model).seed;
  return { ...(untouched ? first(model.name) : fresh(model.name, state.seed)), truncation: state.truncation, label };
}

// All that was seen, and where in it one stands; going on from the middle forgets what came after.
export class Past {
  constructor() {
    this.list = [];
    this.at = -1;
    this.run = null;
  }

  // Changes of one `run` are one step together.
  push(entry, run = null) {
    if (this.at >= 0 && this.list[this.at].text === entry.text) return;
    const goesOn = run !== null && run === this.run && this.at > 0;
    this.list.length = goesOn ? this.at : this.at + 1;
    this.run = run;
    if (goesOn && this.list.at(-1).text === entry.text) { // back where the run began
      this.at -= 1;
      this.run = null;
    } else this.at = this.list.push(entry) - 1;
  }

  go(place) {
    if (place < 0 || place >= this.list.length || place === this.at) return null;
    this.run = null;
    this.at = place;
    return this.list[place];
  }

  // The newest entries, to be kept: so many, and no more characters than these.
  packed(most, characters) {
    const from = Math.max(0, Math.min(this.at, this.list.length - most)), long = () => texts.join("").length > characters;
    const texts = this.list.slice(from, from + most).map(({ text }) => text);
    let at = this.at - from;
    for (; at > 0 && long(); at--) texts.shift();
    return long() ? null : { texts, at };
  }

  // Take up what was kept, as far as it is whole; `fits(text)` says what is.
  restore(content, fits) {
    const { texts, at } = content || {};
    if (!Array.isArray(texts) || !texts.every(fits) || !(at in texts)) return;
    Object.assign(this, { list: texts.map((text) => ({ text })), at });
  }

  // Places to be shown around the present one.
  window(most) {
    const end = Math.min(this.list.length, Math.max(this.at + Math.ceil(most / 2), most));
    const start = Math.max(0, end - most);
    return Array.from({ length: end - start }, (_, i) => start + i);
  }
}
