// Pictures of states from the server: over a socket, or by plain requests where there is none.
// For each purpose only the newest request counts: those that it overtook are answered with null.

import { readMessage } from "../shared/wire.js";

const FIRST_WAIT = 400, LONGEST_WAIT = 8000, CLOSED_TRIES = 2;

// An answer's head and its pictures' bytes.
export function unpack(buffer) {
  const { head, content } = readMessage(new Uint8Array(buffer));
  return { ...head, pixels: content };
}

// Requests that wait for an answer, by purpose.
export class Pending {
  constructor() {
    this.id = 0;
    this.waiting = {};
  }

  // A new request; those before it no longer matter once its answer is there.
  add(purpose, message) {
    const request = { ...message, purpose, id: ++this.id };
    const promise = new Promise((resolve) => {
      (this.waiting[purpose] ||= []).push({ request, resolve });
    });
    return { request, promise };
  }

  newest(purpose) {
    return (this.waiting[purpose] || []).at(-1)?.request;
  }

  settle(answer) {
    const all = this.waiting[answer.purpose] || [];
    this.waiting[answer.purpose] = all.filter(({ request }) => request.id > answer.id);
    for (const { request, resolve } of all) {
      if (request.id <= answer.id) resolve(request.id === answer.id ? answer : null);
    }
  }
}

export class Source {
  // `getToken()` gives the page's token; `onStatus(status)` is told how the line is.
  constructor({ base, getToken, onStatus }) {
    this.base = base;
    this.getToken = getToken;
    this.onStatus = onStatus;
    this.pending = new Pending();
    this.wait = FIRST_WAIT;
    this.failures = 0;
    this.busy = new Set();
    this.everUp = false;
    window.addEventListener("online", () => this.retryNow());
    document.addEventListener("visibilitychange", () => !document.hidden && this.retryNow());
    this.open();
  }

  ask(purpose, message) {
    const { request, promise } = this.pending.add(purpose, message);
    if (this.up) this.socket.send(JSON.stringify(request));
    else if (this.plain) this.post(purpose);
    return promise;
  }

  async open() {
    clearTimeout(this.timer);
    this.timer = null;
    let token;
    try {
      token = await this.getToken();
    } catch {
      return this.again();
    }
    const socket = (this.socket = new WebSocket(this.base.replace(/^http/, "ws") + "/explore/socket"));
    socket.binaryType = "arraybuffer";
    socket.onopen = () => socket.send(JSON.stringify({ token }));
    socket.onmessage = ({ data }) => (data instanceof ArrayBuffer ? this.pending.settle(unpack(data)) : this.receive(JSON.parse(data)));
    socket.onclose = () => {
      this.up = false;
      if (this.refused !== "too_many") this.failures += 1;
      this.onStatus(this.refused || "lost");
      if (this.failures >= CLOSED_TRIES && !this.everUp) this.goPlain();
      else this.again();
    };
  }

  receive({ type }) {
    this.refused = type === "welcome" ? null : type;
    if (type !== "welcome") return;
    Object.assign(this, { up: true, everUp: true, failures: 0, wait: FIRST_WAIT });
    this.onStatus("live");
    for (const purpose of Object.keys(this.pending.waiting)) {
      const request = this.pending.newest(purpose);
      if (request) this.socket.send(JSON.stringify(request));
    }
  }

  again() {
    this.timer = setTimeout(() => this.open(), this.wait * (0.75 + Math.random() / 2));
    this.wait = Math.min(2 * this.wait, LONGEST_WAIT);
  }

  retryNow() {
    if (this.timer) this.open();
  }

  goPlain() {
    this.plain = true;
    this.onStatus("live");
    for (const purpose of Object.keys(this.pending.waiting)) this.post(purpose);
  }

  // One request a purpose on its way; when it is back, the newest that came meanwhile.
  async post(purpose) {
    if (this.busy.has(purpose)) return;
    this.busy.add(purpose);
    for (let request; (request = this.pending.newest(purpose));) {
      try {
        const answer = await fetch(`${this.base}/explore/render`, {
          method: "POST",
          headers: { "Content-Type": "application/json", "X-Ganplay-Token": await this.getToken() },
          body: JSON.stringify(request),
        });
        if (!answer.ok) throw new Error(answer.status === 429 ? "too_many" : "lost");
        this.pending.settle(unpack(await answer.arrayBuffer()));
        this.wait = FIRST_WAIT;
        this.onStatus("live");
      } catch ({ message }) {
        this.onStatus(message === "too_many" ? message : "lost");
        await new Promise((done) => setTimeout(done, this.wait));
        this.wait = Math.min(2 * this.wait, LONGEST_WAIT);
      }
    }
    this.busy.delete(purpose);
  }
}
