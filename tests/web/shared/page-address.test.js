// What links to the page begin with, where it was opened by an address for one machine only.
import assert from "node:assert/strict";
import { test } from "node:test";

import { pageAddress, useHome } from "../../../ganplay/web/shared/page-address.js";

function opened(address, home) {
  Object.assign(globalThis, { location: new URL(address) });
  useHome(home);
  return pageAddress();
}

const HOME = "http://192.0.2.7:7860/";

test("a page that is open on the server's own machine links to where others reach it", () => {
  for (const host of ["localhost", "127.0.0.1", "127.1.2.3", "[::1]"]) {
    assert.equal(opened(`http://${host}:7860/?a=1#b`, HOME), HOME, host);
    assert.equal(opened(`http://${host}:7860/lab/`, HOME), `${HOME}lab/`, host);
    assert.equal(opened(`http://${host}:7860/`, null), `http://${host}:7860/`);
  }
  assert.equal(opened("http://localhost:7860/", "http://[2001:db8::7]:7860/"), "http://[2001:db8::7]:7860/");
});

test("elsewhere, and behind a port that the server does not know, it links to itself", () => {
  for (const address of ["http://192.0.2.9:7860/", "https://gan.example/lab/", "http://localhost:8080/", "http://127.example:7860/",
    "https://localhost/", "http://localhost.example:7860/"]) assert.equal(opened(address, HOME), address, address);
});
