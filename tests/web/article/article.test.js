// The pure parts of the article: recordings of pieces, whose turn it is, lines to embed, citations.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Recording } from "../../../ganplay/web/article/recording.js";
import { SOURCES, addressOf, withCitations } from "../../../ganplay/web/article/sources.js";
import { Turns } from "../../../ganplay/web/article/turns.js";
import { baseOf, chosenIn } from "../../../ganplay/web/article/embed.js";
import { frameLine, pieceAddress } from "../../../ganplay/web/article/embed-box.js";
import { joined, uint32 } from "../../../ganplay/web/shared/wire.js";

const schema = { frame: { version: 7, flags: { playing: 1 }, sections: [], metrics: [], kinds: ["starting"], evidence: [], layers: {} } };

// A frame of one step with nothing drawn.
function frame(step) {
  const view = new DataView(new ArrayBuffer(52));
  [0x47, 0x50, 7, 0].forEach((byte, i) => view.setUint8(i, byte));
  view.setUint32(8, step, true);
  return new Uint8Array(view.buffer);
}

function packed(head, ...blobs) {
  const text = new TextEncoder().encode(JSON.stringify({ ...head, sizes: blobs.map((one) => one.length) }));
  const message = joined(uint32(text.length), text, ...blobs);
  return joined(uint32(message.length), message);
}

const begun = packed({ type: "begun", data: { modes: 8 } }), done = packed({ type: "done" });
const moment = (step) => packed({ type: "moment", step }, frame(step));

// Answers that come in parts, the last of which may be awaited for ever.
function answers(...all) {
  const asked = [];
  globalThis.fetch = async (address, { signal }) => {
    asked.push({ address, signal });
    const parts = all.shift();
    if (!Array.isArray(parts)) return new Response(JSON.stringify(parts), { status: 429 });
    const body = new ReadableStream({
      async pull(stream) {
        const part = parts.shift();
        if (part) return stream.enqueue(part);
        if (part === undefined) return stream.close();
        await new Promise((_, failed) => signal.addEventListener("abort", () => failed(new DOMException("stopped", "AbortError"))));
      },
    });
    return new Response(body);
  };
  return asked;
}

const steps = (recording) => recording.moments.map(({ step }) => step);

test("a run is kept, moment by moment, and is not asked for twice", async () => {
  const asked = answers([begun, moment(0), joined(moment(5), moment(9)), done]), recording = new Recording("/ganplay", "collapse", 3, schema);
  let told = 0;
  await recording.follow(() => { told += 1; });
  assert.deepEqual([asked[0].address, told, recording.data.modes, recording.done], ["/ganplay/pieces/collapse/3", 5, 8, true]);
  assert.deepEqual(steps(recording), [0, 5, 9]);
  assert.deepEqual(recording.moments.map((one) => one.frame.step), [0, 5, 9]);
  await recording.follow(() => {});
  assert.equal(asked.length, 1);
});

test("who stops frees the server, keeps what was told, and goes on from there", async () => {
  const asked = answers([begun, moment(0), moment(5), null], [begun, moment(0), moment(5), moment(9), done]), recording = new Recording("", "ring", 0, schema);
  const followed = recording.follow(() => recording.moments.length === 2 && recording.stop());
  await followed;
  assert.ok(asked[0].signal.aborted);
  assert.deepEqual([recording.busy, recording.done, steps(recording)], [false, false, [0, 5]]);
  const seen = [];
  await recording.follow(() => seen.push(recording.moments.length));
  assert.deepEqual([Math.min(...seen), steps(recording), recording.done], [2, [0, 5, 9], true]); // never fewer than before
});

test("a refusal is named, and a run that ends early is no run", async () => {
  answers({ type: "busy" }, [begun, moment(0)]);
  const recording = new Recording("", "ring", 0, schema);
  await assert.rejects(recording.follow(() => {}), /^Error: busy$/);
  await assert.rejects(recording.follow(() => {}), /^Error: failed$/);
  assert.deepEqual([recording.busy, steps(recording)], [false, [0]]);
});

test("one piece plays: the one before pauses first, in other frames too", () => {
  const told = [], channel = /** @type {any} */ ({ postMessage: (text) => told.push(text) }), turns = new Turns(channel);
  const player = (name) => {
    const made = { pause: () => { told.push(`${name} pauses`); turns.leave(made); } };
    return made;
  };
  const one = player("one"), two = player("two");
  turns.take(one);
  turns.take(one);
  turns.take(two);
  assert.deepEqual([told, turns.now], [["playing", "playing", "one pauses", "playing"], two]);
  turns.leave(one); // whose turn it is not
  assert.equal(turns.now, two);
  channel.onmessage();
  assert.deepEqual([told.at(-1), turns.now], ["two pauses", null]);
});

test("a line to embed holds what was chosen, and nothing in it ends an attribute", () => {
  assert.equal(pieceAddress("https://a.example/x/ganplay", "step"), "https://a.example/x/ganplay/piece/step");
  const address = pieceAddress("https://a.example/ganplay", "step", { lang: "zh", theme: "dark" });
  assert.equal(address, "https://a.example/ganplay/piece/step?lang=zh&theme=dark");
  const line = frameLine(address, "\"<G & D>\"");
  assert.match(line, /^<iframe src="https:\/\/a\.example\/ganplay\/piece\/step\?lang=zh&amp;theme=dark" title="&quot;&lt;G &amp; D&gt;&quot;" /);
});

test("the address of a piece says language and theme, and what cannot be is told", () => {
  const speaks = (name) => ["en", "zh"].includes(name.slice(0, 2));
  assert.deepEqual(chosenIn("?lang=zh&theme=dark", speaks), { lang: "zh", theme: "dark", wrong: [] });
  assert.deepEqual(chosenIn("", speaks), { lang: null, theme: null, wrong: [] });
  assert.deepEqual(chosenIn("?lang=xx&theme=pink&size=9", speaks), { lang: null, theme: null, wrong: ["lang=xx", "theme=pink", "size"] });
  assert.equal(baseOf("/deep/er/ganplay/piece/step"), "/deep/er/ganplay");
  assert.equal(baseOf("/ganplay/piece/step/"), "/ganplay");
});

test("citations are found in texts, and each work has its address", () => {
  assert.deepEqual(withCitations("As shown ({metz}).", (key) => [key]), ["As shown (", ["metz"], ")."]);
  assert.deepEqual(withCitations("{metz}", (key) => key), ["metz"]);
  for (const one of Object.values(SOURCES)) assert.match(addressOf(one), /^https:\/\/arxiv\.org\/abs\/\d{4}\.\d{5}$|1406\.2661$/);
});
