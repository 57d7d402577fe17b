// Reads a run of a lesson as the server tells it: pieces of a JSON head and blobs of bytes, in a
// stream whose chunks end anywhere.

function piece(buffer) {
  const size = new DataView(buffer).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, size)));
  let at = 4 + size;
  const blobs = head.sizes.map((length) => buffer.slice(at, (at += length)));
  return { ...head, blobs };
}

export class Pieces {
  constructor() {
    this.rest = new Uint8Array(0);
  }

  // The pieces that are whole with this chunk.
  take(chunk) {
    const all = new Uint8Array(this.rest.length + chunk.length), found = [];
    all.set(this.rest);
    all.set(chunk, this.rest.length);
    const view = new DataView(all.buffer);
    let at = 0;
    while (all.length - at >= 4 && all.length - at - 4 >= view.getUint32(at, true)) {
      const end = at + 4 + view.getUint32(at, true);
      found.push(piece(all.buffer.slice(at + 4, end)));
      at = end;
    }
    this.rest = all.slice(at);
    return found;
  }
}

// Ask for a run; `heard` is told each piece. The error of a refusal has its kind as message, and
// `problems` where a setting was refused. A page that the server no longer knows asks once more.
export async function follow(lab, asked, heard, signal, again = true) {
  const headers = { "X-Ganplay-Token": await lab.link.ticket(), "Content-Type": "application/json" };
  const answer = await fetch(`${lab.base}/lessons/run`, { method: "POST", headers, body: JSON.stringify(asked), signal });
  if (answer.status === 401 && again) {
    lab.link.token = lab.link.newToken();
    return follow(lab, asked, heard, signal, false);
  }
  if (!answer.ok) {
    const told = await answer.json().catch(() => ({}));
    throw Object.assign(new Error(told.type || "failed"), { problems: told.problems });
  }
  const reader = answer.body.getReader(), pieces = new Pieces();
  let last = null;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    for (const one of pieces.take(value)) heard((last = one));
  }
  if (!last || last.type !== "done") throw new Error("failed");
  return last;
}
