// Links that came through mail and chat: the same table is read by tests/common/test_links.py.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { readAddress, unreadIn, viewsIn, writeAddress } from "../../../ganplay/web/shared/address.js";
import { piecesOf, restored } from "../../../ganplay/web/shared/clean-link.js";

const EXAMPLES = JSON.parse(readFileSync(new URL("../../common/links.json", import.meta.url), "utf8"));

for (const [name, text, pieces] of EXAMPLES) {
  test(`a link is read as it was meant: ${name}`, () => {
    assert.deepEqual([...piecesOf(text)].sort(), Object.entries(pieces).sort());
  });
}

// The same numbers at every run.
function random(seed) {
  let at = seed;
  return (most) => ((at = (at * 48271) % 2147483647), at % most);
}

test("a link that the page made is read back as it was, whatever was done to it since", () => {
  const next = random(7), letters = "abcXYZ0189-_", word = () => Array.from({ length: 1 + next(8) }, () => letters[next(12)]).join("");
  const name = () => word().toLowerCase().replace(/^[^a-z]+/, "a");
  for (let i = 0; i < 200; i++) {
    const state = ["1", ...Array.from({ length: next(4) }, () => `${name()}:${word()}.${word()}`)].join(";");
    const asked = { state, rival: next(2) ? state : null, hide: [name(), name()], lock: next(2) ? [name()] : [], projector: Boolean(next(2)), lang: next(2) ? "zh" : null, task: null, class: next(2) ? "abcdefgh234567ab" : null };
    const written = writeAddress(asked);
    const damaged = [written, encodeURIComponent(written), written.replaceAll("&", "&amp;"), written.replaceAll(";", "；"), `“${written}”`, `${written}.`,
      encodeURIComponent(encodeURIComponent(written)), written.replaceAll(",", ",%20"), written.replaceAll("&", "&\u200b")];
    for (const one of damaged) {
      assert.deepEqual(readAddress(`#${one}`), asked, one);
      assert.deepEqual(unreadIn(`#${one}`), [], one);
    }
  }
});

test("what of a link is not understood is said", () => {
  const unread = (hash) => unreadIn(hash);
  assert.deepEqual(unread("#state=1;seed:5&hide=seed&view=projector&lang=zh&explore&learn=a.run&arena=x&walk=1"), []);
  assert.deepEqual(unread(""), []);
  assert.deepEqual(unread("#hid=seed&explore"), ["hid=seed"]);
  assert.deepEqual(unread("#hide=&lock&view=large&lang="), ["hide", "lock", "view=large", "lang"]);
  assert.deepEqual(unread("#hide=seed=loss"), ["hide=seed=loss"]);
  assert.deepEqual(unread("#state=1;seed:5&"), ["&"]); // a next piece was cut off
  assert.deepEqual(unread("#state=1%26"), ["&"]);
  assert.deepEqual(unread("#hello"), ["hello"]);
  assert.equal(unread(`#${"x".repeat(999)}`)[0].length, 60);
});

test("each view's piece is cleaned, too", () => {
  assert.equal(viewsIn("#Explore=1%3Bmodel%3Adigits.").explore, "1;model:digits");
  assert.deepEqual(viewsIn("#learn=“conditional.run”&amp;walk=1|1"), { explore: null, learn: "conditional.run", arena: null, walk: "1|1" });
});

test("a # that was escaped into the query comes back", () => {
  const at = (search, hash = "") => restored({ pathname: "/lab/", search, hash });
  assert.equal(at("?%23state=1;seed:5"), "/lab/#state=1;seed:5");
  assert.equal(at("?lang=zh%2523state%3D1"), "/lab/?lang=zh#state%3D1");
  assert.equal(at("?lang=zh%23state=1&", "#38;hide=seed"), "/lab/?lang=zh#state=1&#38;hide=seed");
  assert.equal(at("?%23explore", "#hide=seed"), "/lab/#explore&hide=seed");
  assert.equal(at("?lang=zh"), null);
  assert.equal(at("?colour=%23fff"), null);
  assert.equal(at("", "#state=1"), null);
});
