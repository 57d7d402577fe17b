"""The line in front of a full lab: its order, and on the real server how somebody comes in."""

import asyncio

import httpx
import pytest
from helpers.sockets import Line
from helpers.tab import Tab, in_a_loop
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from ganplay import ToyConfig
from ganplay.live.session_table import Full
from ganplay.server.http import auth, waiting_line
from ganplay.server.http.waiting_line import KEPT_SECONDS, WaitingLine

SECRET = "only for the lecturer"


class Room:
    """So many places."""

    def __init__(self, free=0):
        self.free = free


class Guest:
    def __init__(self, room, name):
        self.room, self.session_id = room, name
        self.told, self.inside = [], False

    def admit(self):
        if not self.room.free:
            raise Full
        self.room.free -= 1
        self.inside = True

    def send(self, event):
        self.told.append(event)

    @property
    def place(self):
        return self.told[-1]["place"], self.told[-1]["of"]


@pytest.fixture
def alone(monkeypatch):
    """A line whose clock stands still and that nobody looks after."""
    monkeypatch.setattr(WaitingLine, "_watch", lambda self: asyncio.sleep(0))
    now = [0.0]
    return WaitingLine(lambda: now[0]), now


def test_the_first_come_first_and_all_hear_their_place(alone):
    line, now = alone
    room = Room()
    guests = [Guest(room, f"g{i}") for i in range(4)]

    async def evening():
        for guest in guests:
            line.join(guest)
        assert [g.place for g in guests] == [(1, 4), (2, 4), (3, 4), (4, 4)]
        line.admit()
        assert not any(g.inside for g in guests)
        room.free = 2
        line.admit()
        assert [g.inside for g in guests] == [True, True, False, False]
        line.announce()
        assert [g.place for g in guests[2:]] == [(1, 2), (2, 2)]
        told = len(guests[2].told)
        line.announce()
        assert len(guests[2].told) == told  # nothing new
        now[0] += waiting_line.REPEAT_SECONDS
        line.announce()
        assert len(guests[2].told) == told + 1
        line.leave(guests[2], closed=True)
        line.announce()
        assert guests[3].place == (1, 1)
        assert not line.has(guests[2])

    in_a_loop(evening())


def test_who_loses_the_connection_keeps_the_place_for_a_while(alone):
    line, now = alone
    room = Room()
    first, second = Guest(room, "first"), Guest(room, "second")

    async def evening():
        line.join(first)
        line.join(second)
        line.leave(first, closed=False)
        again = Guest(room, "first")
        line.join(again)
        assert again.place == (1, 2)
        line.leave(first, closed=True)  # the old line's end comes late
        assert line.has(again)
        line.leave(again, closed=False)
        room.free = 1
        line.admit()
        assert second.inside  # nobody waits for who is not there
        now[0] += KEPT_SECONDS
        line.admit()
        assert len(line) == 0

    in_a_loop(evening())


def test_a_line_has_an_end_and_one_that_breaks_is_passed_over(alone, monkeypatch):
    line, _ = alone
    monkeypatch.setattr(waiting_line, "MAX_WAITING", 2)
    room = Room(5)
    broken, fine = Guest(room, "broken"), Guest(room, "fine")
    broken.admit = None

    async def evening():
        line.join(broken)
        line.join(fine)
        with pytest.raises(Full):
            line.join(Guest(room, "late"))
        line.admit()
        assert fine.inside
        assert broken.told[-1] == {"type": "failed"}

    in_a_loop(evening())


@pytest.fixture
def crowded(server, monkeypatch, visit):
    """The real server with room for one, who is there."""
    server.engine._sessions.clear()
    monkeypatch.setattr(server.engine, "max_sessions", 1)
    inside = visit()
    inside.until(lambda s: s.frames)
    yield inside
    server.engine._sessions.clear()


def test_who_waits_comes_in_without_doing_anything(crowded, visit):
    small = ToyConfig(width_g=8, width_d=8, seed=5).to_dict()
    first = visit(config=small).until(lambda s: s.event("waiting"))
    second = visit().until(lambda s: s.event("waiting"))
    assert first.event("waiting") == {"type": "waiting", "place": 1, "of": 1}
    assert second.event("waiting") == {"type": "waiting", "place": 2, "of": 2}
    first.send("play", playing=False)  # too early, and no reason to be turned away
    first.raw('{"type":"ping"}')
    assert not first.event("welcome")
    crowded.socket.close(1001)
    first.until(lambda s: s.event("welcome") and s.frames, 30)
    assert first.event("state")["config"] == small
    second.until(lambda s: s.event("waiting")["of"] == 1)
    assert second.event("waiting")["place"] == 1
    first.socket.close(1001)
    second.until(lambda s: s.frames, 30)


def test_nobody_overtakes_but_the_lecturer(crowded, visit, server, monkeypatch):
    monkeypatch.setenv(auth.VARIABLE, SECRET)
    waiting_one = visit().until(lambda s: s.event("waiting"))
    monkeypatch.setattr(server.engine, "max_sessions", 2)
    waiting_one.until(lambda s: s.event("welcome"), 30)
    monkeypatch.setattr(server.engine, "max_sessions", 1)
    address = server.url.replace("http", "ws") + "ganplay/lab/socket"
    # Who shows a wrong secret is let in nowhere.
    with connect(address, additional_headers={auth.SECRET: "wrong"}) as line:
        with pytest.raises(ConnectionClosed) as cut:
            list(line)
        assert cut.value.rcvd.code == 4401
    with connect(address, additional_headers={auth.SECRET: SECRET}, max_size=None) as line:
        page = Line(line).until(lambda s: len(s.events) > 0)
        assert page.events[0]["type"] == "welcome"
        line.close(1001)
    firsts = [s.has_priority for s in server.engine._sessions.values()]
    assert sorted(firsts) == [False, False, True]


def test_without_sockets_too(crowded, server):
    token, url = auth.issue(), f"{server.url}ganplay/lab/poll"
    answer = httpx.post(url, json={"token": token, "messages": []})
    assert b'"type":"waiting","place":1,"of":1' in answer.content
    crowded.socket.close(1001)
    for _ in range(30):
        answer = httpx.post(url, json={"token": token, "messages": [{"type": "ping"}]})
        assert answer.status_code == 200
        if b'"type":"welcome"' in answer.content:
            return
    raise AssertionError("never came in")


@pytest.mark.parametrize(("locale", "words"), [("en-US", "number 2 of 2"), ("zh-CN", "第 2 位")])
def test_the_page_tells_the_place_and_goes_on_by_itself(
    crowded, visit, server, chromium, locale, words
):  # fmt: skip
    before = visit().until(lambda s: s.event("waiting"))
    tab = Tab(chromium, server.url, drawn=False, locale=locale)
    page = tab.page
    page.wait_for_selector(".waiting:not([hidden])")
    assert words in page.inner_text(".waiting")
    assert not page.is_visible(".play")
    before.socket.close(1001)
    page.wait_for_function("document.querySelector('.waiting-place').textContent === '1'")
    crowded.socket.close(1001)
    tab.until("ganplay.drawn > 3 && ganplay.begun", 40)
    assert page.is_hidden(".waiting")
    assert page.is_visible(".play")
    assert page.evaluate("ganplay.status") == "live"
    assert not tab.complaints
    tab.context.close()
