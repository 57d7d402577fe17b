// Which broken lines concern a view, and what a lecturer's bundles are.
import assert from "node:assert/strict";
import { test } from "node:test";

import { toldOf } from "../../../ganplay/web/shared/line-banner.js";

test("a view tells of its own line, and one without of the Lab's if the server is away", () => {
  const lines = { lab: "full", explore: "lost", arena: "live" };
  assert.deepEqual(["lab", "explore", "arena", "learn"].map((view) => toldOf(lines, view)), ["full", "lost", "", ""]);
  assert.deepEqual(["lab", "explore", "learn"].map((view) => toldOf({ lab: "lost" }, view)), ["lost", "", "lost"]);
  for (const fine of ["live", "connecting", "waiting"]) assert.equal(toldOf({ lab: fine }, "lab"), "");
});
