// What is read of an address that somebody wrote or cut off, and what is not.
import assert from "node:assert/strict";
import { test } from "node:test";

import { addressOf, lostFrom, measured, readAddress, unreadIn, viewsIn, writeAddress } from "../../../ganplay/web/shared/address.js";

const USUAL = { state: null, rival: null, hide: [], lock: [], projector: false, lang: null, task: null, class: null };

test("a piece of a share link counts only as one name, one = and one value", () => {
  for (const name of ["state", "rival", "hide", "lock", "view", "lang", "task", "class"]) {
    assert.deepEqual(readAddress(`#${name}`), USUAL, name);
    assert.deepEqual(readAddress(`#${name}&${name}x=1`), USUAL, name);
    assert.deepEqual(readAddress(`#${name}=projector=projector`), USUAL, name);
  }
  assert.deepEqual(readAddress("#state&hide=seed&lock"), { ...USUAL, hide: ["seed"] });
  assert.deepEqual(readAddress("state=1"), { ...USUAL, state: "1" }); // the # may be gone already
  assert.deepEqual(readAddress("#view=projector"), { ...USUAL, projector: true });
  assert.deepEqual(readAddress("#view=lab"), USUAL);
  assert.equal(readAddress("#state=").state, ""); // asked for, and empty: the server says so
});

test("lists and states of an address are cut off, each at its own length", () => {
  assert.equal(readAddress(`#rival=${"x".repeat(2e5)}`).rival.length, 100_001);
  for (const name of ["hide", "lock"]) assert.equal(readAddress(`#${name}=${"ab,".repeat(5000)}`)[name].join(",").length, 5000);
  assert.equal(readAddress(`#task=${"x".repeat(1e5)}`).task.length, 60);
  const longest = { explore: 8001, walk: 65_537, learn: 60, arena: 2000 };
  for (const [name, most] of Object.entries(longest)) assert.equal(viewsIn(`#${name}=${"x".repeat(1e5)}`)[name].length, most, name);
});

test("each view reads its own piece, escaped or not, and no other's", () => {
  const names = ["explore", "learn", "arena", "walk"];
  for (const name of names) {
    const read = (hash) => viewsIn(hash)[name], others = names.filter((other) => other !== name).map((other) => `${other}=b`);
    assert.equal(read(`#${others.join("&")}`), null, name);
    assert.equal(read(`#${name}s=a`), null, name);
    assert.equal(read(`#${[...others, `${name}=a%3Bc`].join("&")}`), "a;c", name);
    assert.equal(read(`#${name}=50%`), "50%", name); // no escape: it stays as it is
    assert.equal(read(`#${name}`), "", name);
  }
});

test("an address that is written says nothing of what is as usual, and of the lab's state where a view is shown", () => {
  assert.equal(writeAddress(USUAL), "");
  assert.equal(writeAddress({ ...USUAL, state: "1" }), "state=1");
  const asked = { ...USUAL, state: "1", rival: "1", lock: ["lr_g"] };
  assert.equal(addressOf(asked, {}), "lock=lr_g");
  assert.equal(addressOf(asked, { explore: "" }), "explore&lock=lr_g");
  assert.equal(addressOf(asked, { learn: "a.run" }), "learn=a.run&lock=lr_g");
});

test("a lecturer's link that was cut off anywhere is noticed, and one that was only escaped is not", () => {
  const asked = { ...USUAL, state: "1;seed:5", hide: ["charts", "losses"], lock: ["lr_g"], projector: true, lang: "zh" };
  const link = measured(writeAddress(asked), asked), start = link.indexOf("&") + 1;
  for (let end = start; end < link.length; end++) {
    const told = lostFrom(`#${link.slice(0, end)}`).missing || unreadIn(`#${link.slice(0, end)}`).length;
    assert.ok(told, link.slice(0, end));
  }
  for (const whole of [link, encodeURIComponent(link), link.replaceAll("&", "&amp;"), `${link}.`, `${link}&utm_source=mail`]) {
    assert.equal(lostFrom(`#${whole}`).missing, 0, whole);
  }
  assert.deepEqual(readAddress(`#${link}`), asked);
  assert.deepEqual(unreadIn(`#${link}`), []);
  assert.deepEqual(unreadIn("#length=&hide=charts"), ["length"]);
  assert.equal(measured("state=1", USUAL), "state=1"); // nothing is hidden, nothing is measured
});
