// The run of a piece as the server tells it. Its moments are kept, so that it is played, paused and
// played again in the browser alone.

import { batchFrame, substeps } from "../lab/substeps.js";
import { toBytes } from "../shared/files.js";
import { decode } from "../shared/frame.js";
import { read, splitPieces } from "../shared/wire.js";

export class Recording {
  constructor(base, name, seed, schema) {
    this.address = `${base}/pieces/${name}/${seed}`;
    this.schema = schema;
    this.data = null; // that frames are drawn over
    this.moments = [];
    this.done = false;
    this.cancel = null;
  }

  get busy() {
    return this.cancel !== null;
  }

  // Follow the run to its end; `told` is called after each moment. The error of a refusal has its kind
  // as message. A run that was stopped is told from its start again, which changes no moment.
  async follow(told) {
    if (this.done || this.busy) return;
    const cancel = (this.cancel = new AbortController());
    try {
      const answer = await fetch(this.address, { signal: cancel.signal });
      if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).type || "failed");
      const anew = [];
      for await (const piece of read(answer, splitPieces)) {
        this.take(piece, anew);
        if (this.cancel === cancel) told();
      }
      if (!this.done) throw new Error("failed");
    } catch (error) {
      if (!cancel.signal.aborted) throw error;
    } finally {
      if (this.cancel === cancel) this.cancel = null;
    }
  }

  // Without a follower the server trains no further.
  stop() {
    this.cancel?.abort();
    this.cancel = null;
  }

  take(piece, anew) {
    if (piece.type === "begun") this.data = piece.data;
    else if (piece.type === "moment") anew.push({ step: piece.step, frame: decode(piece.blobs[0], this.schema.frame) });
    else if (piece.type === "slow") anew.push(...this.parts(piece));
    else this.done = piece.type === "done";
    if (anew.length >= this.moments.length) this.moments = anew;
  }

  // The moments of a step in slow motion: one for each of its parts.
  parts({ step, seen }) {
    const frames = seen.frames.map((text) => decode(toBytes(text).buffer, this.schema.frame));
    return substeps(seen).map((sub) => ({ step, seen, sub, ...batchFrame(frames[sub.moment], seen, sub, this.schema.frame.layers) }));
  }
}
