import assert from "node:assert/strict";
import { test } from "node:test";

import { History } from "../../../ganplay/web/lab/charts.js";
import { scale } from "../../../ganplay/web/shared/controls.js";
import { differing } from "../../../ganplay/web/lab/compare-ab.js";
import { csv } from "../../../ganplay/web/shared/files.js";
import { curveRows, pointRows, readSettings } from "../../../ganplay/web/lab/share.js";
import { readAddress, writeAddress } from "../../../ganplay/web/shared/address.js";
import * as words from "../../../ganplay/web/shared/i18n.js";

const near = (a, b) => assert.ok(Math.abs(a - b) <= 0.02 * Math.max(Math.abs(b), 1e-9), `${a} is not ${b}`);

test("sliders lead back to the values they show", () => {
  const fields = [
    { bounds: [0, 6], kind: "integer" },
    { bounds: [1, 256], kind: "integer", log: true },
    { bounds: [0, 1], kind: "number", log: true },
    { bounds: [0.1, 100], kind: "number", log: true },
    { bounds: [0, 100000], kind: "integer", log: true },
    { bounds: [0, 0.999], kind: "number" },
  ];
  for (const field of fields) {
    const { steps, at, value } = scale(field), [low, high] = field.bounds;
    assert.equal(value(0), low);
    near(value(steps), high);
    for (let i = 0; i <= steps; i++) {
      const v = value(i);
      assert.ok(v >= low && v <= high, `${v} is out of bounds`);
      if (field.kind === "integer") assert.ok(Number.isInteger(v));
      assert.ok(Math.abs(at(v) - at(value(at(v)))) <= 1, `${v} moves its slider`);
    }
    assert.equal(at(low), 0);
    assert.equal(at(high), steps);
  }
});

test("a slider for learning rates knows 0.001", () => {
  const { at, value } = scale({ bounds: [0, 1], kind: "number", log: true });
  near(value(at(0.001)), 0.001);
});

test("history keeps each measurement once, thins out and starts anew with a run", () => {
  const history = new History();
  const frame = (run, measuredAt) => ({ run, measuredAt, metrics: { js: measuredAt } });
  assert.equal(history.add(frame(1, -1)), false); // nothing has been measured yet
  assert.equal(history.add(frame(1, 0)), true);
  assert.equal(history.add(frame(1, 0)), false);
  for (let i = 1; i < 5000; i++) history.add(frame(1, i));
  assert.ok(history.steps.length <= 1501);
  assert.equal(history.steps[0], 0);
  assert.equal(history.steps.at(-1), 4999);
  assert.deepEqual(history.steps, history.rows.map((row) => row.js));
  assert.deepEqual(history.steps, [...history.steps].sort((a, b) => a - b));
  history.add(frame(2, 0));
  assert.deepEqual(history.steps, [0]);
});

test("words are found, filled in and fall back to English", () => {
  globalThis.localStorage = { getItem: () => null, setItem: () => {} };
  Object.defineProperty(globalThis, "navigator", { value: { languages: ["fr", "zh-CN"] }, configurable: true });
  globalThis.location = { search: "" };
  words.start({ en: { a: { b: "{x} of {y}" }, only: "English" }, zh: { a: { b: "{y} 之 {x}" } } });
  assert.equal(words.current(), "zh");
  assert.equal(words.t("a.b", { x: 1, y: 2 }), "2 之 1");
  assert.equal(words.t("only"), "English");
  words.use("en");
  assert.equal(words.t("a.b", { x: 1 }), "1 of {y}");
  assert.equal(words.t("no.such"), "no.such");
});

test("where a finger points, texts that have words for it use them", () => {
  words.start({ en: { tip: "Click", tip_touch: "Tap", other: "Hold" }, zh: { tip: "点击", tip_touch: "轻点" } }, "en");
  const pointing = (coarse) => { globalThis.matchMedia = (query) => ({ matches: query === words.COARSE && coarse }); };
  pointing(true);
  assert.deepEqual([words.t("tip"), words.t("other")], ["Tap", "Hold"]);
  words.use("zh");
  assert.equal(words.t("tip"), "轻点");
  pointing(false);
  assert.equal(words.t("tip"), "点击");
  delete globalThis.matchMedia;
  words.use("en");
});

test("numbers are short, and what is missing is a dash", () => {
  assert.equal(words.number(0.1234), "0.12");
  assert.equal(words.number(-1.386), "−1.39");
  assert.equal(words.number(0.00001), "1.0 × 10⁻⁵");
  assert.equal(words.number(0), "0.00");
  assert.equal(words.number(Number.NaN), "–");
  assert.equal(words.number(null), "–");
});

test("points are exported in the data's own coordinates", () => {
  const data = { real: [1000, -500], labels: [], extent: 3 };
  const frame = { fakes: Int16Array.of(0, 1000, 250, 0), labels: Uint8Array.of(4, 5), extent: 2 };
  const rows = pointRows(frame, data, 1000);
  assert.equal(
    csv(["kind", "x", "y", "class"], rows),
    "kind,x,y,class\nreal,3.0000,-1.5000,\nfake,0.0000,2.0000,4\nfake,0.5000,0.0000,5\n",
  );
});

test("curves are exported with a column a measurement, and gaps where there is none", () => {
  const history = { steps: [0, 10], rows: [{ js: 1, modes: Number.NaN }, { js: 0.5, modes: 8 }] };
  assert.equal(csv(...curveRows(history)), "step,js,modes\n0,1,\n10,0.5,8\n");
  assert.equal(csv(...curveRows({ steps: [], rows: [] })), "step\n");
});

test("settings are read from a file of ours, and from the command line's report", () => {
  assert.deepEqual(readSettings("{\"loss\": \"hinge\"}"), { loss: "hinge" });
  assert.deepEqual(readSettings("{\"config\": {\"loss\": \"hinge\"}, \"steps\": 5}"), { loss: "hinge" });
  for (const text of ["", "[]", "null", "5", "{\"config\": [1]}", "{\"config\": \"x\"}", "{", "\u0000"]) {
    assert.throws(() => readSettings(text));
  }
});

test("a teacher's address is read as it is written, and anything else is as usual", () => {
  const usual = { state: null, rival: null, hide: [], lock: [], projector: false, lang: null, task: null, class: null };
  const lesson = { state: "1;loss:hinge", rival: "1;lr_g:0.1", hide: ["presets", "seed"], lock: ["lr_g"], projector: true, lang: "zh", task: "collapse.mend", class: null };
  assert.equal(writeAddress(lesson), "state=1;loss:hinge&rival=1;lr_g:0.1&hide=presets,seed&lock=lr_g&view=projector&lang=zh&task=collapse.mend");
  assert.deepEqual(readAddress("#" + writeAddress(lesson)), lesson);
  assert.equal(writeAddress(usual), "");
  for (const hash of ["", "#", "#&&=", "#x", "#hide", "#hide=,,", "#view=<b>"]) assert.deepEqual(readAddress(hash), usual);
  assert.equal(readAddress("#state=" + "x".repeat(1e6)).state.length, 100_001);
});

test("what differs between two GANs is found, and what they share never does", () => {
  const fields = ["seed", "lr_g", "loss"].map((name) => ({ name }));
  const a = { seed: 1, lr_g: 0.001, loss: "hinge" };
  assert.deepEqual(differing(fields, a, { lr_g: 0.002, loss: "hinge" }), [{ name: "lr_g" }]);
  assert.deepEqual(differing(fields, a, { lr_g: 0.001, loss: "hinge" }), []);
});
