import assert from "node:assert/strict";
import { test } from "node:test";

import { order, pace, receive, spread } from "../../../ganplay/web/lab/film.js";
import { svgOf } from "../../../ganplay/web/lab/plane-svg.js";

const UNIT = 8191;
const PALETTE = { ground: "#fff", line: "#eee", text: "#555", real: "#00f", fake: "#f80", pull: "#000", net: "#730" };

// The elements of a document, or an error if its tags are not balanced.
function elements(text) {
  const names = [], open = [];
  const rest = text.replace(/<(\/?)([a-z]+)((?: [a-zA-Z-]+="[^"<>]*")*)(\/?)>/g, (_, closing, name, attributes, empty) => {
    if (closing) assert.equal(open.pop(), name);
    else {
      names.push(name);
      if (!empty) open.push(name);
    }
    return "";
  });
  assert.deepEqual(open, []);
  assert.doesNotMatch(rest, /[<>&](?!#\d+;)/);
  return names;
}

const count = (names, name) => names.filter((one) => one === name).length;

function drawing(more = {}) {
  const frame = {
    step: 7, extent: 3, cells: 40, rows: 2, columns: 3, labels: null,
    fakes: Int16Array.of(0, 0, UNIT, -UNIT, 5, 5), pulls: Int8Array.of(127, 0, 0, -127),
    grid: Int16Array.of(0, 0, 10, 0, 20, 0, 0, 10, 10, 10, 20, 10), ...more.frame,
  };
  return {
    frame, data: { real: [1, 2, 3, 4], labels: [] }, palette: PALETTE, has: () => true, label: -1, arrows: [1e-4, 10],
    unit: UNIT, map: "data:image/png;base64,AAAA", title: "step 7", ...more, ...(more.frame ? { frame } : {}),
  };
}

test("a drawing is well formed, has a circle for each real point and a cross for each fake", () => {
  const text = svgOf(drawing()), names = elements(text);
  assert.equal(names[0], "svg");
  assert.equal(count(names, "circle"), 2);
  assert.equal(count(names, "image"), 1);
  assert.equal(count(names, "path"), 1 + 2 + 1 + 1 + 1 + 1); // axes, cells, the grid's lines, pulls, fakes, the pulls' key
  assert.equal(count(names, "text"), 7 + 6 + 4);
  // The corner of the data's square, y upwards.
  const [, crosses] = text.match(/<g [^>]*stroke="#f80"[^>]*><path d="([^"]+)"/);
  const places = [...crosses.matchAll(/M([-.\d]+) ([-.\d]+)l([-.\d]+) ([-.\d]+)/g)].map((found) => found.slice(1).map(Number));
  assert.equal(places.length, 3);
  const [x, y, across, down] = places[1];
  assert.ok(Math.abs(x + across / 2 - 471.7) < 0.11 && Math.abs(y + down / 2 - 471.7) < 0.11, `${x}, ${y}`);
  assert.ok(across > 6);
  assert.match(text, /d="M0 0l61.3 0M471.7 471.7l0 61.3"/);
});

test("what is not shown is not in it, and words cannot become markup", () => {
  const names = elements(svgOf(drawing({ has: () => false, title: "<b> & \"x\"" })));
  assert.equal(count(names, "circle") + count(names, "image"), 0);
  assert.equal(count(names, "path"), 1);
  assert.equal(count(elements(svgOf(drawing({ map: null }))), "image"), 0);
  const bare = { frame: { cells: 0, rows: 0, fakes: new Int16Array(0), pulls: new Int8Array(0) } };
  assert.equal(count(elements(svgOf(drawing(bare))), "circle"), 2);
});

test("a class is picked out, and noise of one number is a line", () => {
  const more = { label: 1, frame: { labels: Uint8Array.of(0, 1, 1), rows: 1, columns: 6 } };
  const text = svgOf(drawing(more));
  elements(text);
  const [faint] = text.match(/stroke="#f80"[^>]* opacity="0.2"><path d="[^"]*"\/>/), [strong] = text.match(/stroke="#f80"[^>]* opacity="0.85"><path d="[^"]*"\/>/);
  assert.deepEqual([faint, strong].map((path) => path.match(/M/g).length), [1, 2]);
});

test("a film is spread over what is there", () => {
  const moments = Array.from({ length: 1000 }, (_, i) => i);
  const { count: frames, fps } = pace(moments.length, 6, "mp4");
  assert.deepEqual([frames, fps], [120, 20]);
  const chosen = spread(moments, frames);
  assert.equal(chosen.length, 120);
  assert.deepEqual([chosen[0], chosen.at(-1)], [0, 999]);
  assert.deepEqual(chosen, [...new Set(chosen)].sort((a, b) => a - b));
  assert.deepEqual(pace(1000, 12, "mp4"), { count: 240, fps: 20 });
  assert.deepEqual(pace(6, 12, "gif"), { count: 6, fps: 1 });
  assert.deepEqual(pace(1000, 6, "gif"), { count: 72, fps: 12 });
  assert.deepEqual(spread([1, 2, 3], 6), [1, 2, 3]);
});

test("an order is each piece with its length before it", () => {
  const bytes = order({ fps: 5 }, [Uint8Array.of(1, 2, 3).buffer, new ArrayBuffer(0)]);
  const text = "{\"fps\":5}";
  assert.deepEqual([...bytes.slice(0, 4)], [text.length, 0, 0, 0]);
  assert.equal(new TextDecoder().decode(bytes.slice(4, 4 + text.length)), text);
  assert.deepEqual([...bytes.slice(4 + text.length)], [3, 0, 0, 0, 1, 2, 3, 0, 0, 0, 0]);
});

test("marks before a film are told from it, wherever the answer is cut", async () => {
  const answer = [46, 46, 46, 9, 8, 7];
  const reader = (cuts) => {
    const pieces = cuts.map((to, i) => Uint8Array.from(answer.slice(i ? cuts[i - 1] : 0, to)));
    return { read: async () => (pieces.length ? { value: pieces.shift() } : { done: true }) };
  };
  for (const cuts of [[6], [1, 2, 3, 4, 5, 6], [2, 6], [3, 6], [0, 4, 6]]) {
    const seen = [], parts = await receive(reader(cuts), 3, (drawn) => seen.push(drawn));
    assert.deepEqual(parts.flatMap((part) => [...part]), [9, 8, 7]);
    assert.equal(seen.at(-1), 3);
  }
  await assert.rejects(receive(reader([2]), 3, () => {}), /failed/);
  await assert.rejects(receive(reader([3]), 3, () => {}), /failed/);
});
