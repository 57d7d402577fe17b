"""Students of a class, without browsers: each does what a page does, over the same lines.

They are cheap, because they share the cores with the server that they measure: of a frame only the
header is read, and benchmarks run them on the fastest of event loops.
"""

import asyncio
import itertools
import json
import math
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from ganplay.common.wire import decoded
from ganplay.live.frame import ALL_LAYERS
from ganplay.live.frame_codec import FLAGS, HEADER

PING = 2.0
"""Seconds between a page's signs of life."""
SPEED = 200
"""Steps a second that a page asks for when it opens."""
DRAG_EVENTS = 60.0
"""Positions a second of a slider that is dragged: one for each picture of the screen."""
MODEL = "digits-conditional"
FIRST_WAIT, LONGEST_WAIT = 0.4, 8.0
"""Seconds before a page tries a broken line again, doubled each time that it fails."""
BUSY, UNKNOWN = 429, 401
"""Answers to who is to ask again a little later, and to a token of a server that is no more."""
_LOOK = json.dumps({"type": "look", "layers": ALL_LAYERS, "graph": True})


@dataclass
class Seen:
    """What one student saw.

    Attributes:
        frames: when each came.
        steps: trained in all, over all runs.
        waits: milliseconds from each position of a slider to its picture.
        failures: when the line or a request failed without having been asked to, and which.
        messages: the kinds of messages beside frames, and when each came.
        caught_up: when a run had been trained again as far as the page asked for.
        busy: how often it was to ask again later.
        at: run and step of the newest frame.
        catching_up: whether that run was being trained again then.
    """

    frames: list[float] = field(default_factory=list)
    steps: int = 0
    waits: list[float] = field(default_factory=list)
    failures: list[tuple[float, str]] = field(default_factory=list)
    messages: list[tuple[float, str]] = field(default_factory=list)
    caught_up: list[float] = field(default_factory=list)
    busy: int = 0
    at: tuple[int, int] = (-1, 0)
    catching_up: bool = False

    def frame(self, data: bytes) -> None:
        """Count a frame, and the steps since the one before."""
        self.frames.append(time.perf_counter())
        _, _, flags, run, step, *_ = HEADER.unpack_from(data)
        if run == self.at[0]:
            self.steps += max(0, step - self.at[1])
        self.at = run, step
        before, self.catching_up = self.catching_up, bool(flags & FLAGS["catching_up"])
        if before and not self.catching_up:
            self.caught_up.append(self.frames[-1])

    def failed(self, what: str) -> None:
        """A line or a request has, just now."""
        self.failures.append((time.perf_counter(), what))

    def hears(self, kind: str) -> None:
        """A message has come, just now."""
        self.messages.append((time.perf_counter(), kind))

    def waited(self, start: float = 0.0, end: float = math.inf) -> list[float]:
        """Milliseconds to each picture of a slider that came within some time."""
        shown = zip(self.frames, self.waits, strict=False)  # nobody waits for the lab's frames
        return [wait for at, wait in shown if start <= at <= end]

    def lost(self, start: float = 0.0, end: float = math.inf) -> list[str]:
        """What failed within some time."""
        return [what for t, what in self.failures if start <= t < end]

    def gaps(self, start: float, end: float) -> list[float]:
        """Seconds between frames within some time, its ends included."""
        times = [start, *(t for t in self.frames if start <= t <= end), end]
        return [b - a for a, b in itertools.pairwise(times)]


async def wait_to_retry(failures: int) -> None:
    """Wait as a page does before it tries a line again that has failed so often in a row.

    A little at random, so that a class does not come back all at once.
    """
    delay = min(FIRST_WAIT * 2 ** min(failures, 10), LONGEST_WAIT)
    await asyncio.sleep(delay * random.uniform(0.75, 1.25))


class Student:
    """One in the lab.

    What the page would hold is held here, and said when a line is new: the server gives a session
    that it no longer knows the same settings and trains it as far as it was.

    Args:
        url: of the server.
        token: gives tokens, as a page that loads is given them.
        seen: what to note things in.
        hello: settings of the session.
    """

    def __init__(self, url: str, token: Callable[[], str], seen: Seen, **hello: Any) -> None:
        self.url, self.seen = url, seen
        self.hello: dict[str, Any] = {"speed": SPEED, "playing": True, "config": {}} | hello
        self._new_token = token
        self.token = token()
        self.line: ClientConnection | None = None
        self.leaving = self.away = False
        self.step = self._restoring = 0
        self._failures = 0

    async def attend(self) -> None:
        """Come, take frames until cancelled, and come again where the line breaks."""
        pinging = asyncio.create_task(self._ping())
        try:
            while True:
                with suppress(WebSocketException, OSError):
                    await self._follow()
                if not self.leaving:
                    self.seen.failed("lab's line")
                self.leaving = False
                await wait_to_retry(self._failures)
                self._failures += 1
        except asyncio.CancelledError:
            if self.line:
                await self.line.close(1001)  # as a tab that is closed
        finally:
            pinging.cancel()

    async def _follow(self) -> None:
        address = self.url.replace("http", "ws") + "/ganplay/lab/socket"
        async with connect(address, max_size=None, ping_interval=None) as self.line:
            await self.line.send(json.dumps({"token": self.token, **self._remembered()}))
            async for data in self.line:
                self._failures = 0
                if isinstance(data, bytes):
                    self._draw(data)
                    await self.line.send('{"type":"ack"}')
                else:
                    await self._hear(self.line, json.loads(data))

    def _remembered(self) -> dict[str, Any]:
        """What a new session is to be like.

        A line that breaks while a run is trained again does not lose the step it was to come to.
        """
        self._restoring = max(self.step, self._restoring)
        playing = self.hello["playing"] and not self.away
        return self.hello | {"playing": playing, "step": self._restoring}

    def _draw(self, data: bytes) -> None:
        self.seen.frame(data)
        _, self.step = self.seen.at
        if not self.seen.catching_up:
            self._restoring = 0

    async def _hear(self, line: ClientConnection, event: dict[str, Any]) -> None:
        kind = event["type"]
        self.seen.hears(kind)
        if kind == "welcome":
            await line.send(_LOOK)
        elif kind == "refused":  # by another server than the one that gave the token
            await self._renew()
        elif kind == "state":
            # Points of one's own that the page has are left out.
            self.hello["config"] = self.hello["config"] | event["config"]
            self.hello["speed"] = event["speed"]
            if not self.away:
                self.hello["playing"] = event["playing"]

    async def _renew(self) -> None:
        with suppress(httpx.HTTPError):
            self.token = await asyncio.to_thread(self._new_token)

    async def look_away(self, away: bool) -> None:
        """Another view is shown, or this one again: while it is not, nothing is trained."""
        self.away = away
        if self.hello["playing"]:
            await self.send({"type": "play", "playing": not away})

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(PING)
            await self.send({"type": "ping"})

    async def send(self, message: dict[str, Any]) -> None:
        """A message of the page, if there is a line."""
        with suppress(ConnectionClosed):
            if self.line:
                await self.line.send(json.dumps(message))

    async def look_up(self, path: str) -> None:
        """Load something that the page needs for a view; a failure is noted."""
        with suppress(httpx.HTTPError):
            async with _client(20) as client:
                if (await client.get(f"{self.url}/ganplay/{path}")).is_success:
                    return
        self.seen.failed(path)

    async def post(
        self, path: str, body: bytes = b"", kind: str = "application/octet-stream",
        patient: bool = False,
    ) -> httpx.Response | None:  # fmt: skip
        """A request of the page; a failure is noted. Who is patient asks a busy server again."""
        answer = await self._posted(path, body, kind)
        while patient and answer is not None and answer.status_code == BUSY:
            self.seen.busy += 1
            await asyncio.sleep(random.uniform(1.0, 2.0))
            answer = await self._posted(path, body, kind)
        if answer is not None and answer.is_success:
            return answer
        self._note_failure(path, answer)
        return None

    def _note_failure(self, path: str, answer: httpx.Response | None) -> None:
        self.seen.failed(path if answer is None else f"{path}: {answer.status_code}")

    async def _posted(
        self, path: str, body: bytes, kind: str, seconds: float = 20.0
    ) -> httpx.Response | None:
        """An answer, if one comes; `seconds` are waited for a part of it."""
        headers = {"x-ganplay-token": self.token, "content-type": kind}
        with suppress(httpx.HTTPError):
            async with _client(seconds) as client:
                url = f"{self.url}/ganplay/{path}"
                return await client.post(url, content=body, headers=headers)
        return None

    async def learn(self, lesson: str, part: str) -> dict[str, Any] | None:
        """Follow a run of a lesson: what its last piece says, or None if it came to no end.

        A page that the server no longer knows asks once more, as `following.js` does.
        """
        request = {"lesson": lesson, "part": part, "seed": 0, "changes": {}}
        asked = ("lessons/run", json.dumps(request).encode(), "application/json", 60.0)
        answer = await self._posted(*asked)
        if answer is not None and answer.status_code == UNKNOWN:
            await self._renew()
            answer = await self._posted(*asked)
        last = last_head(answer.content) if answer is not None and answer.is_success else {}
        if last.get("type") == "done":
            return last
        self._note_failure("lessons/run", answer)
        return None

    # What some do beside looking.

    async def reload(self) -> None:
        """Press the browser's button: the tab's session ends, a new one begins."""
        self.leaving, old = True, self.line
        self.step = self._restoring = 0  # settings are kept over a reload, a run is not
        self.token = await asyncio.to_thread(self._new_token)
        if old:
            await old.close(1001)

    async def change_network(self) -> None:
        """The line is gone without a word; the page comes back to its session."""
        self.leaving = True
        if self.line:
            self.line.transport.abort()
        await asyncio.sleep(0)

    async def restart(self) -> None:
        """Try another width."""
        width = random.choice((16, 32, 48, 64))
        await self.send({"type": "configure", "changes": {"width_g": width, "width_d": width}})

    async def upload(self) -> None:
        """Bring points of one's own as a file, and train on them."""
        rows = (f"{math.cos(i):.3f},{math.sin(i):.3f}" for i in range(400))
        answer = await self.post("points", "\n".join(["x,y", *rows]).encode())
        if answer is not None:
            changes = {"distribution": "own", "points": answer.json()["points"]}
            await self.send({"type": "configure", "changes": changes})

    async def export(self) -> None:
        """Take the weights along."""
        await self.post("weights/save")

    async def fidget(self, every: float) -> None:
        """Do all of this in turns, for ever."""
        doings: list[Callable[[], Awaitable[None]]] = [
            self.reload, self.upload, self.change_network, self.export, self.restart,
        ]  # fmt: skip
        while True:
            for do in doings:
                await asyncio.sleep(every)
                await do()


def _client(seconds: float) -> httpx.AsyncClient:
    """Without certificates, whose loading would take the event loop longer than the request."""
    return httpx.AsyncClient(timeout=seconds, verify=False)


def _head(message: bytes) -> dict[str, Any]:
    """The head of a message (see `ganplay.common.wire`)."""
    return decoded(message[4 : 4 + int.from_bytes(message[:4], "little")])


def last_head(pieces: bytes) -> dict[str, Any]:
    """The head of the last piece of a stream, {} if there is none."""
    last = at = 0
    while at < len(pieces):
        last, at = at, at + 4 + int.from_bytes(pieces[at : at + 4], "little")
    return _head(pieces[last + 4 :])


async def drag(url: str, token: Callable[[], str], seen: Seen) -> None:
    """Drag a slider in the explorer, on and on: of the positions that wait only the newest counts.

    Every position is sent at once, as a page does. The wait of a picture is that of the position
    that it shows.
    """
    address, failures = url.replace("http", "ws") + "/ganplay/explore/socket", 0
    while True:
        with suppress(WebSocketException, OSError):
            async with connect(address, max_size=None, ping_interval=None) as line:
                await line.send(json.dumps({"token": token()}))
                kind = json.loads(await line.recv())["type"]
                seen.hears(kind)
                if kind == "welcome":
                    failures = 0
                    await _dragged(line, seen)
        seen.failed("explorer's line")
        await wait_to_retry(failures)
        failures += 1


async def _dragged(line: ClientConnection, seen: Seen) -> None:
    sent: dict[int, float] = {}
    moving = asyncio.create_task(_move(line, sent))
    try:
        async for answer in line:
            _note(answer, sent, seen)
    except asyncio.CancelledError:
        await line.close(1001)
        raise
    finally:
        moving.cancel()


async def _move(line: ClientConnection, sent: dict[int, float]) -> None:
    number, seed, begun = 0, random.randrange(10**6), time.perf_counter()
    with suppress(ConnectionClosed):
        while True:
            number += 1
            amount = 3.5 * math.sin((time.perf_counter() - begun) / 0.4)
            state = f"1;model:{MODEL};seed:{seed};d0:{amount:.3f}"
            sent[number] = time.perf_counter()
            request = {"id": number, "purpose": "picture", "model": MODEL, "states": [state]}
            await line.send(json.dumps(request))
            await asyncio.sleep(1 / DRAG_EVENTS)


def _note(answer: str | bytes, sent: dict[int, float], seen: Seen) -> None:
    now = time.perf_counter()
    assert isinstance(answer, bytes)
    head = _head(answer)
    if head["type"] != "pictures" or any(head["problems"]):
        seen.failed("explorer's picture")
        return
    seen.frames.append(now)
    seen.waits.append(1000 * (now - sent[head["id"]]))
    for number in [n for n in sent if n <= head["id"]]:
        del sent[number]
