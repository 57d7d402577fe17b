// Pieces as they are sent and as they come: of each the lengths of its JSON head and of what follows
// it (two uint32), that head, and bytes.

import { split } from "../explore/walk/stream.js";

// A piece to be sent.
export function piece(head, ...parts) {
  const text = new TextEncoder().encode(JSON.stringify(head)), all = [text, ...parts];
  const whole = new Uint8Array(all.reduce((sum, part) => sum + part.length, 8)), view = new DataView(whole.buffer);
  view.setUint32(0, text.length, true);
  view.setUint32(4, whole.length - 8 - text.length, true);
  let at = 8;
  for (const part of all) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

// Each piece of an answer as soon as it is there.
export async function* pieces(answer) {
  const reader = answer.body.getReader();
  let left = new Uint8Array();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const whole = new Uint8Array(left.length + value.length);
    whole.set(left);
    whole.set(value, left.length);
    const { found, left: rest } = split(whole);
    left = rest;
    yield* found;
  }
}
