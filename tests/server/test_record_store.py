"""Statements on their way to a learning record store, which is a small server here."""

import base64
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from helpers.http import wait_until

from ganplay.server.http.logs import COUNTS
from ganplay.server.learn import record_store as module
from ganplay.server.learn.record_store import (
    RecordStore,
    RecordStoreError,
    StatementSender,
    record_store,
)


class Store:
    """What was sent to it, and what it answers: the next of `statuses`, or 200."""

    def __init__(self):
        self.requests, self.statuses, self.bad = [], [], None
        self.lock = threading.Lock()

    def answer(self, batch):
        with self.lock:
            status = self.statuses.pop(0) if self.statuses else 200
            bad = self.bad is not None and self.bad in [one["id"] for one in batch]
            return 400 if bad else status


@contextmanager
def serving(store):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            batch = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status = store.answer(batch)
            store.requests.append((self.path, dict(self.headers), batch, status))
            self.send_response(status)
            if status in (302, 307, 308):
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST

        def log_message(self, *given):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/xapi/statements"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def store():
    return Store()


@pytest.fixture
def sender(store):
    with serving(store) as address:
        made = StatementSender(RecordStore(address, "key", "päss"), first_wait=0.01)
        yield made
        made.stop()


def taken(store):
    return [one["id"] for _, _, batch, status in store.requests if status == 200 for one in batch]


def test_statements_come_as_the_specification_says(store, sender):
    sender.put({"id": "a"})
    wait_until(lambda: taken(store) == ["a"])
    ((path, headers, batch, _),) = store.requests
    assert path == "/xapi/statements"
    assert batch == [{"id": "a"}]
    headers = {name.lower(): text for name, text in headers.items()}
    assert headers["x-experience-api-version"] == "1.0.3"
    assert headers["content-type"] == "application/json"
    given = base64.b64decode(headers["authorization"].removeprefix("Basic ")).decode()
    assert given == "key:päss"


def test_many_come_in_order_and_in_batches(store, sender):
    names = [str(i) for i in range(2 * module.MAX_BATCH + 3)]
    store.statuses = [503]
    for name in names:
        sender.put({"id": name})
    wait_until(lambda: len(taken(store)) == len(names))
    assert taken(store) == names
    assert max(len(batch) for _, _, batch, _ in store.requests) <= module.MAX_BATCH
    assert len(store.requests) < len(names)


@pytest.mark.parametrize("status", [500, 503, 429, 401, 404, 302, 307])
def test_what_is_not_taken_is_sent_again_with_the_same_id(store, sender, status):
    store.statuses = [status, status]
    sender.put({"id": "a"})
    wait_until(lambda: taken(store) == ["a"])
    assert [batch for _, _, batch, _ in store.requests] == [[{"id": "a"}]] * 3
    assert {path for path, _, _, _ in store.requests} == {"/xapi/statements"}  # and not elsewhere


def test_one_that_is_refused_does_not_keep_the_others_back(store, sender):
    before = COUNTS["xapi_refused"]
    store.bad = "5"
    for i in range(8):
        sender.put({"id": str(i)})
    wait_until(lambda: len(taken(store)) == 7)
    assert sorted(taken(store)) == list("0123467")
    wait_until(lambda: COUNTS["xapi_refused"] == before + 1)


def test_one_that_the_store_has_already_is_done_with(store, sender):
    store.statuses = [409]
    sender.put({"id": "a"})
    wait_until(lambda: store.requests)
    sender.put({"id": "b"})
    wait_until(lambda: taken(store) == ["b"])


def test_a_store_that_is_not_there_stops_nothing(monkeypatch):
    """The oldest are dropped and counted; putting returns at once, and so does the end."""
    monkeypatch.setattr(module, "MAX_WAITING", 3)
    monkeypatch.setattr(module, "LAST_SECONDS", 0.5)
    sender = StatementSender(RecordStore("http://127.0.0.1:9/statements"), first_wait=60)
    before, waits = COUNTS["xapi_dropped"], COUNTS["xapi_later"]
    sender.put({"id": "first"})
    wait_until(lambda: COUNTS["xapi_later"] > waits)
    for i in range(5):
        sender.put({"id": str(i)})
    wait_until(lambda: COUNTS["xapi_dropped"] == before + 3)
    sender.stop()
    assert COUNTS["xapi_dropped"] == before + 6
    sender.put({"id": "late"})
    assert not [t for t in threading.enumerate() if t.name == "xapi" and t is sender._thread]


def test_the_end_sends_what_waits(store):
    with serving(store) as address:
        sender = StatementSender(RecordStore(address), first_wait=60)
        store.statuses = [503]
        sender.put({"id": "a"})
        wait_until(lambda: store.requests)
        sender.stop()  # instead of waiting a minute
    assert taken(store) == ["a"]
    assert "Authorization" not in store.requests[0][1]


# ---- the operator's settings ---------------------------------------------------------------------


def settings(address="https://lrs.example.org/xapi", **more):
    return {"GANPLAY_XAPI_ADDRESS": address} | {f"GANPLAY_XAPI_{k}": v for k, v in more.items()}


@pytest.mark.parametrize("address", ["https://lrs.example.org/xapi", "https://lrs.example.org/xapi/",
                                     "https://lrs.example.org/xapi/statements"])  # fmt: skip
def test_the_address_is_that_of_the_store_or_of_its_statements(address):
    found = record_store(None, settings(address, USER="key", PASSWORD="word", HOME="https://a.b/"))
    assert found == ("https://lrs.example.org/xapi/statements", "key", "word", "https://a.b")
    assert found.host == "lrs.example.org"


def test_without_an_address_nothing_is_sent():
    assert record_store(None, {}) is None
    assert record_store(None, settings(" ")) is None
    assert record_store("https://a.b/x", settings()).host == "a.b"


@pytest.mark.parametrize(
    "address",
    ["lrs.example.org", "ftp://lrs.example.org", "file:///etc/passwd", "https://", "https://[",
     "https://a.b/x?y=1", "https://a.b/x#y", "https://a.b:99999/x", "https://a b/", "https://é.b",
     "https://a.b/x\nX: y"],
)  # fmt: skip
def test_what_is_no_address_is_refused_by_name(address):
    with pytest.raises(RecordStoreError, match=r"^GANPLAY_XAPI_ADDRESS: an address such as"):
        record_store(None, settings(address))
    with pytest.raises(RecordStoreError, match=r"^--xapi: "):
        record_store(address, {})


def test_passwords_are_not_shown_and_not_half_given():
    with pytest.raises(RecordStoreError) as refused:
        record_store("https://me:hidden@a.b/x", {})
    assert "hidden" not in str(refused.value)
    for half in ({"USER": "key"}, {"PASSWORD": "word"}):
        with pytest.raises(RecordStoreError, match="both are needed"):
            record_store(None, settings(**half))
    with pytest.raises(RecordStoreError, match="colon"):
        record_store(None, settings(USER="a:b", PASSWORD="c"))
    with pytest.raises(RecordStoreError, match=r"^GANPLAY_XAPI_HOME: "):
        record_store(None, settings(HOME="here"))
