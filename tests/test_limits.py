"""How much an address and a page may ask for, on the real server."""

import asyncio
import json
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest
import test_app
from test_transfers import refusal, send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from ganplay.ui import limits, routes, tokens
from ganplay.ui.limits import Buckets, Rate

visit = test_app.visit


def test_a_bucket_by_hand(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(limits.time, "monotonic", lambda: now[0])
    buckets, rate = Buckets(), Rate(3, 2)
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
    monkeypatch.setattr(limits, "MOST_KNOWN", 10)
    buckets, rate = Buckets(), Rate(1, 0.001)
    for i in range(100):
        buckets.wait(str(i), rate)
    assert len(buckets._known) == 10
    assert buckets.wait("99", rate) > 0
    assert buckets.wait("1", rate) == 0


def test_addresses():
    of = limits._address
    assert of({"client": ("192.0.2.7", 1)}) == "192.0.2.7"
    one, other = ("2001:db8:1:2::7", 1), ("2001:db8:1:2:ffff::9", 1)
    assert of({"client": one}) == of({"client": other}) == "2001:db8:1:2::"
    assert of({"client": ("2001:db8:1:3::7", 1)}) != of({"client": one})
    assert of({"client": None}) == of({}) == ""


def test_a_class_behind_one_address_is_not_hit():
    """Sixty-four pages load twice, ask for tokens and open their sockets, all in one second."""
    buckets = Buckets()
    for _ in range(2 * 64):
        for rate, count in ((limits.FILES, 95), (limits.WORK, 2), (limits.SOCKETS, 2)):
            assert not any(buckets.wait("school", rate) for _ in range(count))


def status(server, path, **headers):
    request = urllib.request.Request(server.url + path, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


@pytest.fixture
def strict(monkeypatch):
    """Lets so much through; each test has an address of its own."""
    for name in ("PAGE", "FILES", "WORK", "SOCKETS"):
        monkeypatch.setattr(limits, name, Rate(3, 0.01))


def test_an_address_that_reads_too_much_is_told_so(server, strict):
    here = {"X-Forwarded-For": "192.0.2.1"}  # uvicorn believes the proxy on this very machine
    assert [status(server, "ganplay/lessons.json", **here)[0] for _ in range(4)] == [200] * 3 + [
        429
    ]
    code, headers, body = status(server, "ganplay/schema.json", **here)
    assert (code, json.loads(body)) == (429, {"type": "crowded"})
    assert int(headers["Retry-After"]) > 10
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
        assert closed.value.rcvd.code == routes.TOO_MANY


def test_a_page_that_asks_too_much_is_told_so_and_others_are_not(server, visit, monkeypatch):
    pages = [tokens.issue() for _ in range(2)]
    for token in pages:
        visit(token=token, playing=False).until(lambda s: s.frames)
    monkeypatch.setattr(limits, "PAGE", Rate(3, 0.01))
    for _ in range(3):
        assert send(server, "weights/save", pages[0])
    assert refusal(server, "weights/save", pages[0]) == (429, {"type": "too_many"})
    assert refusal(server, "points", pages[0]) == (429, {"error": {"code": "too_many"}})
    assert send(server, "weights/save", pages[1])


def test_addresses_that_a_stranger_makes_up_do_not_count(server, strict, monkeypatch):
    """Who is not a proxy that we were told of has the address of their line."""
    seen = []

    async def inner(scope, receive, send):
        seen.append(scope["client"][0])

    async def ask(client, named, trusted):
        outer = ProxyHeadersMiddleware(inner, trusted)
        headers = [(b"x-forwarded-for", named.encode())]
        await outer({"type": "http", "client": (client, 1), "headers": headers}, None, None)

    with ThreadPoolExecutor(1) as own:  # a browser may have left a loop in this thread
        own.submit(asyncio.run, ask("203.0.113.9", "192.0.2.1", "127.0.0.1")).result()
        own.submit(asyncio.run, ask("127.0.0.1", "198.51.100.1, 192.0.2.1", "127.0.0.1")).result()
    assert seen == ["203.0.113.9", "192.0.2.1"]
