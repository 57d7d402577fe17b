// A JSON head and bytes in one message, in the three layouts of `ganplay/common/wire.py`. All lengths
// are little-endian uint32.

const jsonOf = (bytes) => JSON.parse(new TextDecoder().decode(bytes));
const lengthAt = (bytes, at) => new DataView(bytes.buffer, bytes.byteOffset + at).getUint32(0, true);

// A message of its own: the head's length, the head, and the content up to the end.
export function readMessage(bytes) {
  const end = 4 + lengthAt(bytes, 0);
  return { head: jsonOf(bytes.subarray(4, end)), content: bytes.subarray(end) };
}

// A chunk of a stream: the lengths of head and content, and both.
export function packChunk(head, ...parts) {
  const text = new TextEncoder().encode(JSON.stringify(head)), content = parts.reduce((sum, part) => sum + part.length, 0);
  return joined(uint32(text.length), uint32(content), text, ...parts);
}

// The whole chunks at the start of some bytes, each its head with a `content`, and what is left.
export function splitChunks(bytes) {
  return split(bytes, 8, (at) => lengthAt(bytes, at) + lengthAt(bytes, at + 4), (one, at) => {
    const head = at + 8 + lengthAt(bytes, at);
    return { ...jsonOf(bytes.subarray(at + 8, head)), content: bytes.slice(head, at + one) };
  });
}

// Likewise pieces: the length of what follows, and a message whose head has the `sizes` of the `blobs`
// that are its content.
export function splitPieces(bytes) {
  return split(bytes, 4, (at) => lengthAt(bytes, at), (one, at) => {
    const { head, content } = readMessage(bytes.subarray(at + 4, at + one));
    let from = 0;
    return { ...head, blobs: head.sizes.map((size) => content.slice(from, (from += size)).buffer) };
  });
}

// `lengthOf(at)` says how much follows the `before` bytes at a place, `read(length, at)` what it is.
function split(bytes, before, lengthOf, read) {
  const found = [];
  let at = 0;
  while (bytes.length - at >= before) {
    const length = before + lengthOf(at);
    if (bytes.length - at < length) break;
    found.push(read(length, at));
    at += length;
  }
  return { found, left: bytes.subarray(at) };
}

export function uint32(value) {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, value, true);
  return new Uint8Array(view.buffer);
}

export function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

// Everything in an answer's stream as soon as it is there; `splitter` is one of those above.
export async function* read(answer, splitter) {
  const reader = answer.body.getReader();
  let rest = new Uint8Array();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const { found, left } = splitter(joined(rest, value));
    rest = left;
    yield* found;
  }
}
