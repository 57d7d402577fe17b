// Which of the page's modules may import which: a folder only those before it, and none in a circle.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const WEB = fileURLToPath(new URL("../../ganplay/web", import.meta.url));
const LAYERS = [["shared"], ["lab", "explore", "status"], ["learn", "arena", "article"], ["tabs.js"], ["app.js"], ["mount.js"]];
// What is imported: with `from`, for its effects, or when it is first needed.
const IMPORT = /\b(?:from|import)\s*\(?\s*["'`](\.{1,2}\/[^"'`]+)["'`]/g;
// A comment that only says of which type something is imports nothing.
const TYPES = /\/\*\*[^]*?\*\//g;
// Views and panels are fetched under names that are put together.
const FETCHED = { "tabs.js": ["explore/explore.js", "learn/learn.js", "arena/arena.js"], "article/place.js": ["article/article.js"], "mount.js": ["app.js"] };

const files = readdirSync(WEB, { recursive: true }).filter((name) => name.endsWith(".js"));
const imports = new Map(files.map((file) => {
  const found = [...readFileSync(join(WEB, file), "utf8").replace(TYPES, "").matchAll(IMPORT)].map(([, path]) => path);
  const named = found.filter((path) => !path.includes("${"));
  return [file, [...named.map((path) => relative(WEB, join(WEB, dirname(file), path))), ...(FETCHED[file] || [])]];
}));
const folderOf = (file) => file.split("/")[0];
const layerOf = (file) => LAYERS.findIndex((layer) => layer.includes(folderOf(file)));

test("every module is in a layer, and what it imports is there", () => {
  for (const [file, paths] of imports) {
    assert.ok(layerOf(file) >= 0, file);
    for (const path of paths) assert.ok(imports.has(path), `${file} imports ${path}`);
  }
});

test("a module imports its own folder and the layers before it", () => {
  for (const [file, paths] of imports) {
    for (const path of paths) {
      const before = layerOf(path) < layerOf(file);
      assert.ok(before || folderOf(path) === folderOf(file), `${file} imports ${path}`);
    }
  }
});

test("no modules import each other in a circle", () => {
  const done = new Set();
  const visit = (file, above) => {
    assert.ok(!above.includes(file), [...above, file].join(" -> "));
    if (done.has(file)) return;
    for (const path of imports.get(file)) visit(path, [...above, file]);
    done.add(file);
  };
  for (const file of imports.keys()) visit(file, []);
});
