// The line of a page that is hidden, whose session the server forgets meanwhile.
import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { Link } from "../../../ganplay/web/shared/live-socket.js";

const HOUR = 3_600_000;
const settle = async () => { for (let i = 0; i < 20; i++) await null; };

class FakeSocket {
  static OPEN = 1;
  static all = [];
  readyState = 0;
  sent = [];
  constructor() { FakeSocket.all.push(this); }
  send(text) { this.sent.push(JSON.parse(text)); }
  opens() {
    this.readyState = 1;
    this.onopen();
    this.hears({ type: "welcome" });
  }

  hears(event) { this.onmessage({ data: JSON.stringify(event) }); }
  closes() {
    this.readyState = 3;
    this.onclose();
  }
}

// The page's line, and how the page is hidden and shown.
function page() {
  const said = new EventTarget();
  const show = (shown) => {
    globalThis.document.hidden = !shown;
    said.dispatchEvent(new Event("visibilitychange"));
  };
  globalThis.document = { hidden: false, addEventListener: said.addEventListener.bind(said) };
  const link = new Link({
    base: "http://here", token: Promise.resolve("t"), newToken: () => Promise.resolve("u"), room: "lab",
    view: { hello: () => ({ step: 7 }), draw() {}, receive() {}, setStatus() {} },
  });
  return { link, show };
}

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] });
  Object.assign(globalThis, { window: new EventTarget(), WebSocket: FakeSocket });
  FakeSocket.all = [];
});

test("a line that breaks is mended soon, and a hidden page's when it is seen again", async () => {
  const { show } = page();
  await settle();
  FakeSocket.all.at(-1).opens();
  FakeSocket.all.at(-1).closes();
  mock.timers.tick(600);
  await settle();
  assert.equal(FakeSocket.all.length, 2);
  FakeSocket.all.at(-1).opens();

  show(false);
  FakeSocket.all.at(-1).hears({ type: "gone" });
  FakeSocket.all.at(-1).closes();
  mock.timers.tick(HOUR);
  window.dispatchEvent(new Event("online"));
  await settle();
  assert.equal(FakeSocket.all.length, 2);

  show(true);
  await settle();
  assert.equal(FakeSocket.all.length, 3);
  FakeSocket.all.at(-1).opens();
  assert.deepEqual(FakeSocket.all.at(-1).sent[0], { step: 7, token: "t" });
  show(true); // once is enough
  await settle();
  assert.equal(FakeSocket.all.length, 3);
});

test("by plain requests a hidden page asks for nothing, and says anew what it was", async () => {
  const asked = [];
  let answer;
  globalThis.fetch = (_, { body }) => new Promise((done) => {
    asked.push(JSON.parse(body));
    answer = () => done({ ok: true, arrayBuffer: async () => new Uint8Array([2, 0, 0, 0, 91, 93]).buffer }); // no events
  });
  const { show } = page();
  for (let i = 0; i < 2; i++) {
    await settle();
    FakeSocket.all.at(-1).closes();
    mock.timers.tick(1000);
  }
  await settle();
  answer();
  await settle();
  assert.deepEqual(asked.map(({ step }) => step), [7, undefined]);

  show(false);
  answer();
  await settle();
  mock.timers.tick(HOUR);
  await settle();
  assert.equal(asked.length, 2);
  show(true);
  await settle();
  assert.deepEqual(asked.map(({ step }) => step), [7, undefined, 7]);
});
