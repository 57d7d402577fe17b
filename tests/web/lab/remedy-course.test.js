// A remedy that was applied: what was expected, and what came of it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { RemedyCourse, expectation } from "../../../ganplay/web/lab/remedy-course.js";
import { start } from "../../../ganplay/web/shared/i18n.js";

const words = JSON.parse(readFileSync(new URL("../../../ganplay/common/locales/en.json", import.meta.url), "utf8"));
const browser = { location: { search: "?lang=en" }, navigator: { languages: [] }, localStorage: { getItem: () => null } };
for (const [name, value] of Object.entries(browser)) Object.defineProperty(globalThis, name, { value, configurable: true });
start({ en: words });

const MODES = { expects: "modes", within: 3000 }, HALF = { expects: "half", within: 2000 };
const RING = { modes: 8, floor: 0.01 }, BOUNDS = { window: 600, moving: 0.3 };
const frame = (step, missing, js = 0.9, more = {}) => ({
  run: 1, step, diverged: false, ...more,
  diagnosis: { js, missing: Array.from({ length: missing }, (_, i) => i), covered: 8 - missing, drift: 0.5, separation: 0.9, ...more.diagnosis },
});

test("before and now stand side by side, and whether what was expected has come", () => {
  const course = new RemedyCourse(MODES, frame(1000, 7), RING, BOUNDS, false);
  assert.equal(expectation(MODES, 8), "all 8 modes");
  assert.ok(course.follow(frame(1300, 0, 0.1))); // not yet a window of the new settings
  assert.equal(course.stage(), "Not yet: all 8 modes, expected by step 4,000.");
  assert.deepEqual(course.comparison(), {
    before: ["Before (step 1,000)", "1 of 8 modes, distance 0.90"],
    now: ["Now (step 1,300)", "measured from step 1,600"],
  });
  course.follow(frame(2000, 2, 0.5));
  assert.deepEqual(course.comparison().now, ["Now (step 2,000)", "6 of 8 modes, distance 0.50"]);
  assert.equal(course.state, "waits");
  course.follow(frame(2500, 0, 0.1));
  course.follow(frame(2600, 0, 0.1));
  assert.equal(course.stage(), "Done: all 8 modes since step 2,500.");
  course.follow(frame(4100, 1, 0.2));
  course.follow(frame(4200, 1, 0.2));
  assert.equal(course.stage(), "Lost again at step 4,100: all 8 modes came at step 2,500.");
  course.follow(frame(4300, 0, 0.1));
  assert.equal(course.state, "came");
});

test("what is overdue did not come, also where the run diverges", () => {
  const course = new RemedyCourse(MODES, frame(1000, 7), RING, BOUNDS, false);
  course.follow(frame(3999, 1));
  assert.equal(course.state, "waits");
  course.follow(frame(4000, 1));
  assert.equal(course.stage(), "Did not come: all 8 modes, expected by step 4,000.");
  course.follow(frame(4100, 0));
  assert.equal(course.state, "came"); // late
  course.follow(frame(4200, 0, 0.9, { diverged: true }));
  assert.equal(course.state, "lost");
});

test("of data without modes the distance counts, above its floor", () => {
  const course = new RemedyCourse(HALF, frame(500, 0, 0.41), { modes: 0, floor: 0.01 }, BOUNDS, false);
  course.follow(frame(1200, 0, 0.22));
  assert.equal(course.state, "waits");
  course.follow(frame(1300, 0, 0.2));
  assert.match(course.stage(), /since step 1,300/);
  assert.deepEqual(course.comparison().before, ["Before (step 500)", "distance 0.41, D right 90 %"]);
  const lost = new RemedyCourse(HALF, frame(500, 0, NaN, { diverged: true }), RING, BOUNDS, true);
  assert.equal(lost.comparison().before[1], "no finite numbers");
  lost.follow(frame(700, 0, 0.6, { run: 2 }));
  assert.equal(lost.state, "waits");
  lost.follow(frame(800, 0, 0.5, { run: 2 }));
  assert.equal(lost.state, "came"); // of what has diverged the distance was 1
});

test("an oscillation is over when the fakes no longer move", () => {
  const course = new RemedyCourse({ expects: "rest", within: 3000 }, frame(4000, 0, 0.6), { modes: 1, floor: 0.05 }, BOUNDS, false);
  const seen = (step, kind, drift) => course.follow(frame(step, 0, 0.6, { diagnosis: { kind, drift } }));
  seen(4700, "oscillation", 0.1);
  seen(4800, "learning", 0.5);
  assert.equal(course.state, "waits");
  seen(4900, "learning", 0.1);
  assert.equal(course.stage(), "Done: fakes that no longer move since step 4,900.");
  assert.deepEqual(course.comparison().now, ["Now (step 4,900)", "movement 10 %, distance 0.60"]);
});

test("a run that starts again is followed from its start, and no other run", () => {
  const course = new RemedyCourse(MODES, frame(900, 8), RING, BOUNDS, true);
  assert.ok(course.follow(frame(950, 8))); // the old run's last frames
  assert.equal(course.stage(), "Not yet: all 8 modes, expected by step 3,000.");
  assert.ok(course.follow(frame(700, 0, 0.2, { run: 2 })));
  assert.match(course.stage(), /since step 700/);
  assert.ok(!course.follow(frame(800, 0, 0.2, { run: 3 })));
  assert.ok(!new RemedyCourse(MODES, frame(1000, 7), RING, BOUNDS, false).follow(frame(0, 7))); // rewound
});
