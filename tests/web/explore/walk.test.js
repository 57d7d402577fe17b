// The pure parts of walks: their strings, frames, order, pieces of an answer, playing, curves.
import assert from "node:assert/strict";
import { test } from "node:test";

import { addressOf, viewsIn } from "../../../ganplay/web/shared/address.js";
import { commandOf, pythonOf } from "../../../ganplay/web/explore/walk/panel.js";
import { points } from "../../../ganplay/web/explore/walk/curves.js";
import { advanced } from "../../../ganplay/web/explore/walk/player.js";
import { Reel } from "../../../ganplay/web/explore/walk/stream.js";
import { splitChunks } from "../../../ganplay/web/shared/wire.js";
import { MOST_FRAMES, framesOf, freshWalk, keyframe, marksOf, readWalk, reordered, secondsOf, writeWalk } from "../../../ganplay/web/explore/walk/walk-string.js";
import { nearest } from "../../../ganplay/web/explore/walk/timeline.js";

const ONE = "1;model:m;seed:1", TWO = "1;model:m;seed:2;label:0.5*1+0.5*2";
const walk = (change = {}) => ({ ...freshWalk(), keyframes: [ONE, TWO, ONE].map(keyframe), ...change });

test("a walk's string is as Python writes it, there and back", () => {
  const plain = walk({ keyframes: [keyframe(ONE), keyframe(TWO)] });
  assert.equal(writeWalk(plain), `1;frames:25|${ONE}|${TWO}`);
  const full = walk({ path: "spline", loop: true, even: true, rate: 30 });
  full.keyframes[1] = { text: TWO, duration: 2.5, easing: "smooth" };
  assert.equal(writeWalk(full), `1;frames:135;path:spline;loop:true;even:true;rate:30|${ONE}|${TWO};duration:2.5;easing:smooth|${ONE}`);
  for (const one of [plain, full, walk()]) assert.deepEqual(readWalk(writeWalk(one)), one);
});

test("frames of a walk from elsewhere become seconds", () => {
  const found = readWalk(`1;frames:97;rate:24|${ONE}|${TWO};duration:3|${ONE}`);
  assert.deepEqual(found.keyframes.map(({ duration }) => duration), [1, 3, 1]); // 4 seconds already
  const longer = readWalk(`1;frames:120;loop:true;rate:12|${ONE}|${TWO}`);
  assert.deepEqual(longer.keyframes.map(({ duration }) => duration), [5, 5]);
  const usual = readWalk(`1|${ONE}|${TWO}`); // 120 frames, as Python has it
  assert.equal(framesOf(usual), 120);
});

test("what a string cannot mean is as usual", () => {
  assert.deepEqual(readWalk("nonsense"), freshWalk());
  const found = readWalk(`1;frames:25;path:arc;rate:0;zap:1|${ONE};duration:0;easing:zap|${TWO}`);
  assert.deepEqual(found, walk({ keyframes: [keyframe(ONE), keyframe(TWO)] }));
});

test("frames lie on the keyframes, and are never too many", () => {
  assert.equal(secondsOf(walk()), 2);
  assert.equal(secondsOf(walk({ loop: true })), 3);
  assert.equal(framesOf(walk()), 49);
  assert.equal(framesOf(walk({ loop: true })), 72);
  assert.equal(framesOf(freshWalk()), 2);
  const long = walk();
  long.keyframes[0].duration = 60;
  assert.equal(framesOf(long), MOST_FRAMES);
  const uneven = walk();
  uneven.keyframes[0].duration = 3;
  assert.deepEqual(marksOf(uneven), [0, 0.75, 1]);
  assert.deepEqual(marksOf({ ...uneven, loop: true }), [0, 0.6, 0.8]);
});

test("a keyframe is put elsewhere", () => {
  assert.deepEqual(reordered([1, 2, 3, 4], 0, 2), [2, 3, 1, 4]);
  assert.deepEqual(reordered([1, 2, 3, 4], 3, 0), [4, 1, 2, 3]);
  const boxes = [0, 100, 200].map((left) => ({ left, top: 0, width: 50, height: 50 }));
  assert.equal(nearest(boxes, 140, 25), 1);
  assert.equal(nearest(boxes, 999, 25), 2);
});

function piece(head, content = []) {
  const text = new TextEncoder().encode(JSON.stringify(head)), whole = new Uint8Array(8 + text.length + content.length);
  const view = new DataView(whole.buffer);
  view.setUint32(0, text.length, true);
  view.setUint32(4, content.length, true);
  whole.set(text, 8);
  whole.set(content, 8 + text.length);
  return whole;
}

test("pieces are read as they come, wherever the line cuts them", () => {
  const sent = [
    piece({ type: "start", frames: 3, shape: [1, 1, 2], walk: "w" }), piece({ type: "progress", done: 1, of: 4 }),
    piece({ type: "frames", count: 2, done: 3, of: 4, states: ["a", "b"], norms: [7, 8] }, [1, 2, 3, 4]),
    piece({ type: "frames", count: 1, done: 4, of: 4, states: ["c"], norms: [9] }, [5, 6]), piece({ type: "end", unevenness: 0.5 }),
  ];
  const bytes = Uint8Array.from(sent.flatMap((one) => [...one]));
  for (const step of [1, 7, bytes.length]) {
    const reel = new Reel();
    let left = new Uint8Array();
    for (let at = 0; at < bytes.length; at += step) {
      const { found, left: rest } = splitChunks(Uint8Array.from([...left, ...bytes.slice(at, at + step)]));
      left = rest;
      for (const one of found) reel.take(one);
    }
    assert.equal(left.length, 0);
    assert.deepEqual(reel.pixels.map((one) => [...one]), [[1, 2], [3, 4], [5, 6]]);
    assert.deepEqual([reel.count, reel.ready, reel.progress, reel.end.unevenness], [3, 3, 1, 0.5]);
    assert.deepEqual([reel.states, reel.norms], [["a", "b", "c"], [7, 8, 9]]);
  }
});

test("playing goes round what is whole, and waits for what is not there", () => {
  assert.equal(advanced(8, 3, 10, true), 1);
  assert.equal(advanced(8, 3, 10, false), 9);
  assert.equal(advanced(8, 1.5, 10, true), 9.5);
  assert.equal(advanced(0, 3, 0, false), 0);
});

test("curves fill their box", () => {
  assert.equal(points([0, 5, 10], 10), "0,100.0 500,50.0 1000,0.0");
  assert.equal(points([4], 8), "0,50.0");
});

test("a link names a walk", () => {
  const asked = { state: null, rival: null, hide: [], lock: [], projector: false, lang: "zh" };
  const address = addressOf(asked, { explore: ONE, walk: `1|${ONE}|${TWO}` });
  assert.equal(address, `explore=${ONE}&walk=1|${ONE}|${TWO}&lang=zh`);
  assert.equal(viewsIn(`#${address}`).walk, `1|${ONE}|${TWO}`);
  assert.equal(viewsIn(`#explore=${ONE}&walk=1%7C1`).walk, "1|1");
  assert.equal(viewsIn("#explore&walker=1").walk, null);
});

test("what is copied names the walk", () => {
  assert.equal(commandOf("1|a|b"), "ganplay walk --walk \"1|a|b\" --out walk.mp4");
  assert.match(pythonOf("1|a|b", "m"), /read_walk\("1\|a\|b", "m", model\.space\)/);
});
