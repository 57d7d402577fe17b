"""Students of a class, without browsers: each does what a page does, over the same lines.

They are cheap, because they share the cores with the server that they measure: of a frame only the
header is read.
"""

import asyncio
import itertools
import json
import math
import random
import struct
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from ganplay.frames import ALL_LAYERS

PING = 2.0
"""Seconds between a page's signs of life."""
SPEED = 200
"""Steps a second that a page asks for when it opens."""
DRAG_EVENTS = 60.0
"""Positions a second of a slider that is dragged: one for each picture of the screen."""
MODEL = "digits-conditional"
_RUN_AND_STEP = struct.Struct("<4xII")
"""Of a frame's header."""
_LOOK = json.dumps({"type": "look", "layers": ALL_LAYERS, "graph": True})


@dataclass
class Seen:
    """What one student saw.

    Attributes:
        frames: when each came.
        steps: trained in all, over all runs.
        waits: milliseconds from each position of a slider to its picture.
        lost: how often the line or a request failed without having been asked to.
        waited: messages with a place in line.
    """

    frames: list[float] = field(default_factory=list)
    steps: int = 0
    waits: list[float] = field(default_factory=list)
    lost: int = 0
    waited: int = 0
    at: tuple[int, int] = (-1, 0)

    def frame(self, data: bytes) -> None:
        """Count a frame, and the steps since the one before."""
        self.frames.append(time.perf_counter())
        run, step = _RUN_AND_STEP.unpack_from(data)
        if run == self.at[0]:
            self.steps += max(0, step - self.at[1])
        self.at = run, step

    def gaps(self, start: float, end: float) -> list[float]:
        """Seconds between frames within some time, its ends included."""
        times = [start, *(t for t in self.frames if start <= t <= end), end]
        return [b - a for a, b in itertools.pairwise(times)]


class Student:
    """One in the lab.

    Args:
        url: of the server.
        token: gives tokens, as a page that loads is given them.
        seen: what to note things in.
        hello: settings of the session.
    """

    def __init__(self, url: str, token: Callable[[], str], seen: Seen, **hello: Any) -> None:
        self.url, self.seen, self.hello = url, seen, {"speed": SPEED} | hello
        self._new_token = token
        self.token = token()
        self.line: ClientConnection | None = None
        self.leaving = False

    async def attend(self) -> None:
        """Come, take frames until cancelled, and come again where the line breaks."""
        pinging = asyncio.create_task(self._ping())
        try:
            while True:
                with suppress(ConnectionClosed, OSError):
                    await self._follow()
                if not self.leaving:
                    self.seen.lost += 1
                self.leaving = False
                await asyncio.sleep(0.4)
        except asyncio.CancelledError:
            if self.line:
                await self.line.close(1001)  # as a tab that is closed
        finally:
            pinging.cancel()

    async def _follow(self) -> None:
        address = self.url.replace("http", "ws") + "/ganplay/lab/socket"
        async with connect(address, max_size=None, ping_interval=None) as self.line:
            await self.line.send(json.dumps({"token": self.token, **self.hello}))
            async for data in self.line:
                if isinstance(data, bytes):
                    self.seen.frame(data)
                    await self.line.send('{"type":"ack"}')
                elif '"type":"welcome"' in data:
                    await self.line.send(_LOOK)
                elif '"type":"waiting"' in data:
                    self.seen.waited += 1

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(PING)
            await self.send({"type": "ping"})

    async def send(self, message: dict[str, Any]) -> None:
        """A message of the page, if there is a line."""
        with suppress(ConnectionClosed):
            if self.line:
                await self.line.send(json.dumps(message))

    async def post(self, path: str, body: bytes = b"") -> Any:
        """A request of the page; a failure is noted."""
        headers = {"x-ganplay-token": self.token}
        async with httpx.AsyncClient(timeout=20) as client:
            with suppress(httpx.HTTPError):
                answer = await client.post(
                    f"{self.url}/ganplay/{path}", content=body, headers=headers
                )
                if answer.is_success:
                    return answer
        self.seen.lost += 1
        return None

    # What some do beside looking.

    async def reload(self) -> None:
        """Press the browser's button: the tab's session ends, a new one begins."""
        self.leaving, old = True, self.line
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


async def drag(url: str, token: Callable[[], str], seen: Seen) -> None:
    """Drag a slider in the explorer, on and on: of the positions that wait only the newest counts.

    Every position is sent at once, as a page does. The wait of a picture is that of the position
    that it shows.
    """
    address = url.replace("http", "ws") + "/ganplay/explore/socket"
    while True:
        with suppress(ConnectionClosed, OSError):
            async with connect(address, max_size=None, ping_interval=None) as line:
                await line.send(json.dumps({"token": token()}))
                await line.recv()
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
        seen.lost += 1
        await asyncio.sleep(0.4)


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
    (length,) = struct.unpack_from("<I", answer)
    head = json.loads(answer[4 : 4 + length])
    if head["type"] != "pictures" or any(head["problems"]):
        seen.lost += 1
        return
    seen.frames.append(now)
    seen.waits.append(1000 * (now - sent[head["id"]]))
    for number in [n for n in sent if n <= head["id"]]:
        del sent[number]
