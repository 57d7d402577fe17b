// Walks from the server: pieces of an answer as they come. A piece is the lengths of its JSON head and
// of what follows it (two uint32), that head, and bytes.

import { ask } from "../../lab/weights.js";

// The whole pieces at the start of some bytes, and what is left of these.
export function split(bytes) {
  const found = [];
  let at = 0;
  while (bytes.length - at >= 8) {
    const view = new DataView(bytes.buffer, bytes.byteOffset + at), head = 8 + view.getUint32(0, true);
    const end = head + view.getUint32(4, true);
    if (bytes.length - at < end) break;
    const text = new TextDecoder().decode(bytes.subarray(at + 8, at + head));
    found.push({ ...JSON.parse(text), content: bytes.slice(at + head, at + end) });
    at += end;
  }
  return { found, left: bytes.subarray(at) };
}

function joined(one, other) {
  if (!one.length) return other;
  const whole = new Uint8Array(one.length + other.length);
  whole.set(one);
  whole.set(other, one.length);
  return whole;
}

// An error that has the server's words.
export class Refused extends Error {
  constructor(problem) {
    super(problem.allowed);
    this.problem = problem;
  }
}

// Ask for a walk; `heard(piece)` is called with each piece. Ends with the last one, or an error.
export async function request(lab, content, { signal, heard }) {
  const answer = await ask(lab, "explore/walk", { body: JSON.stringify(content), signal }, "application/json");
  const reader = answer.body.getReader();
  let left = new Uint8Array(), last = null;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const split_ = split(joined(left, value));
    left = split_.left;
    for (last of split_.found) {
      if (last.type === "error") throw new Refused(last.problem);
      heard(last);
    }
  }
  if (!last || !["end", "file"].includes(last.type)) throw new Error("failed");
  return last;
}

// A walk's frames as they come: `pixels` of each, states, norms; `end` when it is whole.
export class Reel {
  constructor() {
    Object.assign(this, { shape: [1, 1, 1], count: 0, pixels: [], states: [], norms: [], progress: 0, end: null });
  }

  take(piece) {
    if (piece.type === "start") Object.assign(this, { shape: piece.shape, count: piece.frames, walk: piece.walk });
    if (piece.of) this.progress = piece.done / piece.of;
    if (piece.type === "end") this.end = piece;
    if (piece.type !== "frames") return;
    const size = piece.content.length / piece.count;
    for (let i = 0; i < piece.count; i++) this.pixels.push(piece.content.subarray(i * size, (i + 1) * size));
    this.states.push(...piece.states);
    this.norms.push(...piece.norms);
  }

  get ready() {
    return this.pixels.length;
  }
}
