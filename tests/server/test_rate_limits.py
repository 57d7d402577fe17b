"""How much an address and a page may ask for, on the real server."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from helpers.http import refusal, send, status
from starlette.requests import Request
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from ganplay.common.wire import pack_chunk
from ganplay.server.http import auth, bodies, protocol, rate_limits
from ganplay.server.http.protocol import Refusal
from ganplay.server.http.rate_limits import Rate, RateLimits, TokenBuckets
from ganplay.server.http.slots import Slots

RATES = ("PAGE", "ALL_PAGES", "FILES", "WORK", "SOCKETS", "CLASS")


def test_a_bucket_by_hand(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(rate_limits.time, "monotonic", lambda: now[0])
    buckets, rate = TokenBuckets(), Rate(3, 2)
    assert [buckets.wait("a", rate) for _ in range(4)] == [0, 0, 0, 0.5]
    assert buckets.wait("b", rate) == 0  # somebody else
    assert buckets.wait("a", Rate(9, 1)) == 0  # something else
    now[0] += 0.25
    assert buckets.wait("a", rate) == pytest.approx(0.25)
    now[0] += 0.25
    assert buckets.wait("a", rate) == 0
    now[0] += 100
    assert [buckets.wait("a", rate) for _ in range(4)] == [0, 0, 0, 0.5]  # no more than the burst


def test_who_has_been_away_longest_is_forgotten(monkeypatch):
    monkeypatch.setattr(rate_limits, "MAX_KNOWN", 10)
    buckets, rate = TokenBuckets(), Rate(1, 0.001)
    for i in range(100):
        buckets.wait(str(i), rate)
    assert len(buckets._known) == 10
    assert buckets.wait("99", rate) > 0
    assert buckets.wait("1", rate) == 0


def test_addresses():
    of = rate_limits.address_of
    assert of({"client": ("192.0.2.7", 1)}) == "192.0.2.7"
    one, other = ("2001:db8:1:2::7", 1), ("2001:db8:1:2:ffff::9", 1)
    assert of({"client": one}) == of({"client": other}) == "2001:db8:1:2::"
    assert of({"client": ("2001:db8:1:3::7", 1)}) != of({"client": one})
    assert of({"client": None}) == of({}) == ""


def test_a_class_behind_one_address_is_not_hit():
    """Sixty-four pages load twice, ask for tokens and open their sockets, all in one second."""
    buckets = TokenBuckets()
    for _ in range(2 * 64):
        for rate, count in (
            (rate_limits.FILES, 95),
            (rate_limits.WORK, 2),
            (rate_limits.SOCKETS, 2),
        ):
            assert not any(buckets.wait("school", rate) for _ in range(count))


@pytest.mark.parametrize(
    ("kind", "method", "session", "rate"),
    [
        ("websocket", None, None, "SOCKETS"), ("websocket", None, "one", "SOCKETS"),
        ("http", "GET", None, "FILES"), ("http", "HEAD", None, "FILES"),
        ("http", "OPTIONS", None, "FILES"), ("http", "POST", None, "WORK"),
        ("http", "PUT", None, "WORK"), ("http", "DELETE", None, "WORK"),
        ("http", "PATCH", None, "WORK"), ("http", "BREW", None, "WORK"),
        ("http", "POST", None, "CLASS"),
        ("http", "GET", "one", "ALL_PAGES"), ("http", "POST", "one", "ALL_PAGES"),
    ],
)  # fmt: skip
def test_each_request_is_charged_to_its_own_bucket(monkeypatch, kind, method, session, rate):
    path = "/lab/ganplay/class/tell" if rate == "CLASS" else "/gradio_api/component_server"
    rates = {name: Rate(10 + i, 1) for i, name in enumerate(RATES)}
    for name, value in rates.items():
        monkeypatch.setattr(rate_limits, name, value)
    scope = {"type": kind, "method": method, "path": path, "client": ("192.0.2.9", 1)}
    assert rate_limits._charged(scope, session) == ("192.0.2.9", rates[rate])


@pytest.fixture
def strict(monkeypatch):
    """Lets so much through; each test has an address of its own."""
    for name in RATES:
        monkeypatch.setattr(rate_limits, name, Rate(3, 0.01))


def test_an_address_that_reads_too_much_is_told_so(server, strict):
    here = {"X-Forwarded-For": "192.0.2.1"}  # uvicorn believes the proxy on this very machine
    assert [status(server, "ganplay/lessons.json", **here)[0] for _ in range(4)] == [200] * 3 + [
        429
    ]
    code, headers, body = status(server, "ganplay/schema.json", **here)
    assert (code, json.loads(body)) == (429, {"type": "crowded"})
    assert int(headers["Retry-After"]) > 10
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    code, headers, body = status(server, "", Accept="text/html,*/*", **here)
    assert code == 429
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    for words in ("Too many requests come from your network", "你所在的网络目前请求过多"):
        assert words in body.decode()
    elsewhere = {"X-Forwarded-For": "192.0.2.2"}
    assert status(server, "ganplay/lessons.json", **elsewhere)[0] == 200


def test_an_address_that_opens_too_many_sockets_is_told_so(server, strict):
    address = server.url.replace("http", "ws") + "ganplay/lab/socket"
    here = {"X-Forwarded-For": "192.0.2.3"}
    for _ in range(3):
        with connect(address, additional_headers=here):
            pass
    with connect(address, additional_headers=here) as socket:
        assert json.loads(socket.recv(timeout=5)) == {"type": "crowded"}
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=5)
        assert closed.value.rcvd.code == protocol.TOO_MANY


def test_a_page_that_asks_too_much_is_told_so_and_others_are_not(server, visit, monkeypatch):
    pages = [auth.issue() for _ in range(2)]
    for token in pages:
        visit(token=token, playing=False).until(lambda s: s.frames)
    monkeypatch.setattr(rate_limits, "PAGE", Rate(3, 0.01))
    for _ in range(3):
        assert send(server, "weights/save", pages[0])
    assert refusal(server, "weights/save", pages[0]) == (429, {"type": "too_many"})
    assert refusal(server, "points", pages[0]) == (429, {"error": {"code": "too_many"}})
    assert send(server, "weights/save", pages[1])


def test_an_address_with_many_pages_is_told_so(server, monkeypatch):
    """Tokens are to be had for the asking: who has a thousand has not a thousand shares."""
    monkeypatch.setattr(rate_limits, "ALL_PAGES", Rate(5, 0.01))

    def asked(token, address="192.0.2.4"):
        return refusal(server, "weights/save", token, **{"X-Forwarded-For": address})

    for _ in range(5):
        assert asked(auth.issue()) == (404, {"type": "gone"})
    token = auth.issue()
    assert asked(token) == (429, {"type": "crowded"})
    assert asked(token, "192.0.2.5") == (404, {"type": "gone"})


def test_a_class_of_pages_has_all_their_shares():
    buckets = TokenBuckets()
    assert not any(
        buckets.wait("school", rate_limits.ALL_PAGES)
        for _ in range(64 * int(rate_limits.PAGE.burst))
    )


# ---- slots ---------------------------------------------------------------------------------------


def test_a_page_has_half_of_the_slots_at_most():
    slots = Slots(5)
    with ExitStack() as one, ExitStack() as other:
        for _ in range(3):
            one.enter_context(slots.slot("one"))
        with pytest.raises(Refusal, match="busy"), slots.slot("one"):
            pass
        for _ in range(2):
            other.enter_context(slots.slot("other"))
        with pytest.raises(Refusal, match="busy"), slots.slot("third"):
            pass
        assert slots.usage == (5, 5)
    assert slots.usage == (0, 5)
    assert not slots._of
    with ExitStack() as again:
        for _ in range(3):
            again.enter_context(slots.slot("one"))


GROUPS = (
    ("files", "weights", "weights/save"), ("files", "weights", "weights/load"),
    ("files", "films", "film"), ("walks", "walks", "explore/walk"),
    ("explore", "pictures", "explore/render"), ("projection", "uploads", "explore/picture"),
    ("projection", "searches", "explore/project"), ("learn", "lessons", "lessons/run"),
)  # fmt: skip
ASKED = {
    "explore/walk": b'{"model":"digits","walk":"1;frames:2"}',
    "explore/project": pack_chunk({"model": "digits", "restarts": 1, "steps": 1}, bytes(1024)),
    "lessons/run": b'{"lesson":"oscillation","part":"r1"}',
}


@pytest.mark.parametrize(("group", "name", "path"), GROUPS)
def test_each_group_has_slots_for_more_than_one_page(server, visit, group, name, path):
    slots, token = getattr(server, group).slots[name], auth.issue()
    visit(token=token, playing=False).until(lambda s: s.frames)
    how = {"data": ASKED.get(path, b"{}"), "Content_Type": "application/json"}
    with ExitStack() as taken:
        for _ in range(slots._per_page):
            taken.enter_context(slots.slot(auth.session_of(token)))
        assert refusal(server, path, token, **how) == (429, {"type": "busy"})
        taken.enter_context(slots.slot("another"))


def arriving(parts):
    """What comes of a body that comes in such parts."""
    waiting = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    waiting.append({"type": "http.request", "body": b"", "more_body": False})

    async def receive():
        return waiting.pop(0)

    request = Request({"type": "http", "method": "POST", "headers": []}, receive)
    with ThreadPoolExecutor(1) as own:
        return own.submit(asyncio.run, bodies.limited_body(request, 10**9)).result()


def test_bodies_on_their_way_have_so_much_memory_together(monkeypatch):
    monkeypatch.setattr(bodies, "MAX_ARRIVING", 1000)
    assert arriving([b"x" * 500, b"y" * 500]) == b"x" * 500 + b"y" * 500
    bodies.ARRIVING["bytes"] += 600  # somebody else's
    try:
        assert arriving([b"x" * 400]) == b"x" * 400
        with pytest.raises(Refusal, match="busy") as refused:
            arriving([b"x" * 200, b"y" * 201])
        assert refused.value.code == protocol.TOO_MANY
        assert bodies.ARRIVING["bytes"] == 600
    finally:
        bodies.ARRIVING["bytes"] -= 600


def test_addresses_that_a_stranger_makes_up_do_not_count(monkeypatch):
    """Who is not a proxy that we were told of has the address of their line."""
    monkeypatch.setattr(rate_limits, "FILES", Rate(2, 0.01))
    reached, answers = [], []

    async def inner(scope, receive, send):
        reached.append(scope["client"][0])

    async def told(message):
        answers.append(message.get("status"))

    async def ask(client, named):
        app = ProxyHeadersMiddleware(limits, "127.0.0.1")
        headers = [(b"x-forwarded-for", named.encode())]
        scope = {"type": "http", "method": "GET", "path": "/", "client": (client, 1)}
        await app(scope | {"headers": headers}, None, told)

    limits = RateLimits(inner)
    with ThreadPoolExecutor(1) as own:  # a browser may have left a loop in this thread

        def asks(client, named):
            own.submit(asyncio.run, ask(client, named)).result()

        for i in range(5):  # a name a request, and all are charged to one line
            asks("203.0.113.9", f"192.0.2.{i}")
        assert reached == ["203.0.113.9"] * 2
        assert answers == [429, None] * 3
        for i in range(5):  # of the proxy that we know each name counts
            asks("127.0.0.1", f"198.51.100.1, 192.0.2.{i}")
        assert reached[2:] == [f"192.0.2.{i}" for i in range(5)]
