// Walks from the server, frame by frame.

import { ask } from "../../shared/request.js";
import { read, splitChunks } from "../../shared/wire.js";

// An error that has the server's words.
export class Refused extends Error {
  constructor(problem) {
    super(problem.allowed);
    this.problem = problem;
  }
}

// Ask for a walk; `callback` is told each chunk. Ends with the last one, or an error.
export async function request(app, content, { signal, callback }) {
  const answer = await ask(app, "explore/walk", { type: "application/json", body: JSON.stringify(content), signal });
  let last = null;
  for await (last of read(answer, splitChunks)) {
    if (last.type === "error") throw new Refused(last.problem);
    callback(last);
  }
  if (!last || !["end", "file"].includes(last.type)) throw new Error("failed");
  return last;
}

// A walk's frames as they come: `pixels` of each, states, norms; `end` when it is whole.
export class Reel {
  constructor() {
    this.shape = [1, 1, 1];
    this.count = 0;
    this.pixels = [];
    this.states = [];
    this.norms = [];
    this.progress = 0;
    this.end = null;
    this.walk = null; // as the server read it
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
