// How far a run is with its checks: what `ganplay.lessons.running` decides, for the gauges that
// fill while it goes on. What counts in the end is the server's word.

import { decode } from "../shared/frame.js";

const keeps = ({ at_least: low, at_most: high }, value) =>
  value !== null && Number.isFinite(value) && (low === null || value >= low) && (high === null || value <= high);

// How near a number is to its bounds, 1 being within.
export function nearness(check, value) {
  if (value === null || !Number.isFinite(value)) return 0;
  if (keeps(check, value)) return 1;
  const { at_least: low, at_most: high } = check;
  const share = low !== null && value < low ? (low > 0 ? value / low : 0) : high > 0 ? high / value : 0;
  return Math.min(0.98, Math.max(0, share));
}

// What a check has come to with these values: whether each seed keeps its bounds, how many must,
// how full the gauge is.
export function standing(check, values) {
  const kept = values.map((value) => keeps(check, value));
  const needed = Math.floor(check.share * values.length + 1e-9), count = kept.filter(Boolean).length;
  if (check.of === "each") return { kept, needed, count, holds: count >= needed, share: needed ? Math.min(1, count / needed) : 1 };
  const known = values.every((value) => value !== null);
  const value = check.of === "first" ? values[0] : known ? values.reduce((sum, one) => sum + one, 0) / values.length : null;
  return { kept, needed, count, value, holds: keeps(check, value), share: nearness(check, value) };
}

// All that is known of one run.
export class Running {
  constructor(run, checks, config = {}) {
    this.run = run;
    this.checks = checks;
    this.config = config;
    this.seeds = [];
    this.step = 0;
    this.history = {};
    this.frames = [];
    this.path = [];
    this.outcomes = null;
    this.receipt = "";
  }

  // Take a piece; `schema` is of frames.
  take(piece, schema) {
    if (piece.type === "begun") Object.assign(this, { seeds: piece.seeds, data: piece.data || null, cells: piece.cells || 0, attributes: piece.attributes || null });
    else if (piece.type === "done") Object.assign(this, { outcomes: piece.outcomes, receipt: piece.receipt });
    else this.moment(piece, schema);
  }

  moment(piece, schema) {
    const { blobs } = piece;
    this.step = piece.step;
    for (const [name, values] of Object.entries(piece.values)) (this.history[name] ||= []).push({ step: piece.step, values });
    if (piece.frames) this.frames = blobs.slice(0, piece.frames).map((blob) => decode(blob, schema));
    if (piece.optimal !== undefined) this.optimal = new Uint8Array(blobs[piece.optimal]);
    if (piece.slopes !== undefined) this.slopes = blobs.slice(piece.slopes, piece.slopes + this.seeds.length).map((blob) => new Uint8Array(blob));
    if (piece.classes) this.classes = piece.classes;
    if (piece.path) this.path = piece.path.map((more, i) => [...(this.path[i] || []), ...more]);
    if (piece.lengths) this.lengths = piece.lengths;
    if (piece.changes) this.changes = piece.changes;
    if (piece.shape) Object.assign(this, { pixels: new Uint8ClampedArray(blobs[piece.pictures]), shape: piece.shape, columns: piece.columns });
    this.seen = true;
  }

  // The values that a check is held against, so far as they are known: those of its step once it
  // has been reached, the newest before.
  values(check) {
    const known = this.history[check.signal] || [];
    const at = check.step === null ? undefined : known.find(({ step }) => step === check.step);
    return (at || known.at(-1))?.values;
  }

  // What each check has come to; null before anything is known.
  standings() {
    return this.checks.map((check, i) => {
      const values = this.outcomes ? this.outcomes[i].values : this.values(check);
      if (!values) return null;
      const now = { values, ...standing(check, values) };
      return this.outcomes ? { ...now, kept: this.outcomes[i].kept, holds: this.outcomes[i].holds, share: this.outcomes[i].holds ? 1 : Math.min(now.share, 0.98) } : now;
    });
  }

  get holds() {
    return Boolean(this.outcomes) && this.outcomes.every(({ holds }) => holds);
  }
}
