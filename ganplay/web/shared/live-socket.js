// The line to the session: a socket, or plain requests where sockets do not get through.
// Frames come only against acknowledgements, so a slow page gets fewer and never a backlog.

import { readMessage } from "./wire.js";

const FIRST_WAIT = 400, LONGEST_WAIT = 8000, SIGN_OF_LIFE = 2000, MOST_HELD = 20;
const FORGOTTEN = 8000; // the server forgets after ten seconds who asks by plain requests

// When the page is not hidden: at once, or when it is shown.
const seen = () => new Promise((/** @type {(value?: unknown) => void} */ done) => {
  if (!document.hidden) done();
  else document.addEventListener("visibilitychange", () => seen().then(done), { once: true });
});

export class Link {
  // `view` has `hello()`, which says what a new session is to be like, `draw(frame)`, `receive(event)`
  // and `setStatus(status)`; `room` is the kind of session.
  constructor({ base, token, newToken, room, view }) {
    this.base = base;
    this.token = token;
    this.newToken = newToken;
    this.room = room;
    this.view = view;
    this.wait = FIRST_WAIT;
    this.failures = 0;
    this.everOpen = false;
    this.welcomed = false;
    this.held = [];
    this.waiting = [];
    this.newest = null;
    this.owed = 0;
    setInterval(() => this.isUp() && !document.hidden && this.send({ type: "ping" }), SIGN_OF_LIFE);
    window.addEventListener("online", () => this.retryNow());
    document.addEventListener("visibilitychange", () => this.retryNow());
    this.open();
  }

  isUp() {
    return this.polling || (this.socket && this.socket.readyState === WebSocket.OPEN);
  }

  // What is asked while the line is down is sent when it is up again, as far as it still matters.
  send(message) {
    if (this.polling) this.waiting.push(message);
    else if (this.welcomed && this.isUp()) this.socket.send(JSON.stringify(message));
    else if (!["ack", "ping", "look"].includes(message.type)) this.held = [...this.held, message].slice(-MOST_HELD);
  }

  // Drawn with the page's next repaint, if none is newer by then; all of them are acknowledged after that.
  receiveFrame(buffer) {
    this.owed += 1;
    if (!this.newest) requestAnimationFrame(() => this.draw());
    this.newest = buffer;
  }

  draw() {
    const { newest } = this;
    this.newest = null;
    this.view.draw(newest);
    for (; this.owed > 0; this.owed--) this.send({ type: "ack" });
  }

  // The token; asked for anew where the server did not answer the last time.
  async getToken() {
    try {
      return await this.token;
    } catch {
      this.token = this.newToken();
      return this.token;
    }
  }

  async open() {
    clearTimeout(this.timer);
    this.rests = false;
    try {
      this.current = await this.getToken();
    } catch {
      return this.again();
    }
    const address = this.base.replace(/^http/, "ws") + `/${this.room}/socket`;
    const socket = (this.socket = new WebSocket(address));
    socket.binaryType = "arraybuffer";
    let opened = false;
    socket.onopen = () => {
      opened = this.everOpen = true;
      socket.send(JSON.stringify({ ...this.view.hello(), token: this.current }));
    };
    socket.onmessage = ({ data }) => {
      this.wait = FIRST_WAIT;
      if (data instanceof ArrayBuffer) this.receiveFrame(data);
      else this.receive(JSON.parse(data));
    };
    socket.onclose = () => {
      if (this.socket !== socket || this.polling) return;
      this.welcomed = false;
      this.failures = opened ? 0 : this.failures + 1;
      this.view.setStatus(this.reason || "lost");
      if (this.failures >= 2 && !this.everOpen) this.poll();
      else this.again();
    };
  }

  // While nobody looks a session would be trained as far as it was, be forgotten, and be asked for
  // again: a hidden page waits until it is seen.
  again() {
    this.rests = true;
    // A little at random, so that a class does not come back all at once.
    const delay = this.wait * (0.75 + Math.random() / 2);
    this.wait = Math.min(2 * this.wait, LONGEST_WAIT);
    if (!document.hidden) this.timer = setTimeout(() => this.open(), delay);
  }

  retryNow() {
    if (this.rests && !document.hidden) this.open();
  }

  receive(event) {
    this.reason = { refused: "refused", full: "full", too_many: "busy", crowded: "crowded" }[event.type];
    if (event.type === "refused") this.token = this.newToken();
    if (event.type === "welcome") {
      this.welcomed = true;
      this.view.setStatus("live");
    }
    this.view.receive(event);
    if (event.type === "welcome") this.held.splice(0).forEach((message) => this.send(message));
  }

  async poll() {
    this.polling = true;
    let lastAnswer = -Infinity;
    while (this.polling) {
      await seen();
      const first = Date.now() - lastAnswer > FORGOTTEN; // or the machine slept
      const messages = this.waiting.splice(0);
      const body = first ? { ...this.view.hello(), messages } : { messages };
      try {
        const answer = await fetch(`${this.base}/${this.room}/poll`, {
          method: "POST",
          headers: { "Content-Type": "application/json", "X-Ganplay-Token": await this.getToken() },
          body: JSON.stringify({ ...body, token: await this.getToken() }),
        });
        if (!answer.ok) {
          this.receive(await answer.json());
          throw new Error(`answer ${answer.status}`);
        }
        const buffer = await answer.arrayBuffer();
        const { head, content } = readMessage(new Uint8Array(buffer));
        lastAnswer = Date.now();
        for (const event of head) this.receive(event);
        if (content.length) this.receiveFrame(content.slice().buffer);
        this.wait = FIRST_WAIT;
      } catch {
        lastAnswer = -Infinity;
        this.view.setStatus(this.reason || "lost");
        await new Promise((done) => setTimeout(done, this.wait));
        this.wait = Math.min(2 * this.wait, LONGEST_WAIT);
      }
    }
  }
}
