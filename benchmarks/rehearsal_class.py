"""The class of a rehearsal: when what happens, and what each of its people does."""

import asyncio
import json
import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import httpx

from benchmarks.students import MODEL, Seen, Student, drag
from benchmarks.visitors import chunks, ended

KINDS = ("gif", "mp4")
FRAMES = 24
"""Of a film."""
READING = 2.0
"""Seconds until somebody does something about what the page says."""
LEAST = 3.0
"""Seconds in the explorer of who comes late from the lesson."""
NAN = math.nan


class Plan(NamedTuple):
    """When what happens, in seconds after a class has begun.

    Attributes:
        warm: what is seen in the lab counts from here on.
        nan: one student's network is spoilt.
        lab: everybody leaves the lab, half of them for the lesson.
        kill: the server is killed.
        swap: who was in the lesson goes to the explorer, and the other way round.
        back: everybody goes back to the lab and takes something along.
        end: of the class.
    """

    warm: float
    nan: float
    lab: float
    kill: float
    swap: float
    back: float
    end: float


def planned(seconds: float) -> Plan:
    """The plan of a class of some length."""
    return Plan(*(seconds * share for share in (0.09, 0.13, 0.24, 0.28, 0.52, 0.77, 1.0)))


@dataclass
class Happened:
    """When what did happen, and what the server was like.

    Attributes:
        begun: of the class; all times are those of `time.perf_counter`.
        spoilt: when the network of the first student was.
        killed: when the server was.
        up: when the new one answered.
        late: milliseconds that the event loops were late.
        waits: milliseconds to each picture of anybody's slider.
        memory: of the first server just before it was killed, and of the second in the end; MiB.
    """

    begun: float
    spoilt: float = NAN
    killed: float = NAN
    up: float = NAN
    late: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)


class Person:
    """One of the class: a page in the lab, and what its student does there and elsewhere."""

    def __init__(
        self, number: int, url: str, token: Callable[[], str], config: dict[str, Any], plan: Plan
    ) -> None:
        self.number, self.config, self.plan = number, config, plan
        self.lab, self.slider = Seen(), Seen()
        self.student = Student(url, token, self.lab, config=config)
        self.drags_first = number % 2 == 1
        self.kind = KINDS[number // 2 % 2]
        self.kept: list[bool] = []
        self.weights = self.film = b""
        self.step_before = 0
        self._draw = random.Random(number)
        self._well = asyncio.Event()
        self._well.set()

    async def attend(self, begun: float, lesson: str, parts: Sequence[str]) -> None:
        """The whole class."""
        plan = self.plan
        await self._until(begun, 0)
        staying = asyncio.create_task(self.student.attend())
        try:
            await self._until(begun, plan.lab)
            await self._well.wait()
            await self.student.look_away(True)
            for end, drags in ((plan.swap, self.drags_first), (plan.back, not self.drags_first)):
                if drags:
                    await self._explore(begun + end)
                else:
                    await self._learn(lesson, parts)
                await self._until(begun, end)
            await self.student.look_away(False)
            await self._export()
            await self._until(begun, plan.end)
        finally:
            await ended([staying])

    async def _until(self, begun: float, moment: float) -> None:
        """Not everybody does a thing at the same time."""
        moment += self._draw.uniform(0, 0.015 * self.plan.end)
        await asyncio.sleep(begun + moment - time.perf_counter())

    async def _learn(self, lesson: str, parts: Sequence[str]) -> None:
        """All runs of the lesson; one that breaks off is begun again."""
        await self.student.look_up("lessons.json")
        for part in parts:
            while (done := await self.student.learn(lesson, part)) is None:
                await asyncio.sleep(READING * self._draw.uniform(0.5, 1.0))
            self.kept += [outcome["holds"] for outcome in done["outcomes"]]

    async def _explore(self, end: float) -> None:
        url, student = self.student.url, self.student
        dragging = asyncio.create_task(drag(url, lambda: student.token, self.slider))
        await asyncio.sleep(max(end - time.perf_counter(), LEAST))
        while self.slider.failures and self.slider.frames[-1:] < [self.slider.failures[-1][0]]:
            await asyncio.sleep(0.05)  # nobody goes while the picture stands still
        await ended([dragging])

    async def _export(self) -> None:
        """The weights of one's GAN, and a walk through the explorer's model as a film."""
        weights = await self.student.post("weights/save", patient=True)
        ends = [f"1;model:{MODEL};seed:{seed}" for seed in (self.number, 100 + self.number)]
        walk = "|".join([f"1;frames:{FRAMES}", *ends])
        request = {"model": MODEL, "walk": walk, "kind": self.kind, "zoom": 4}
        film = await self.student.post(
            "explore/walk", json.dumps(request).encode(), "application/json", patient=True
        )
        self.weights = weights.content if weights else b""
        self.film = film_in(film.content) if film else b""

    async def fall_ill(self, client: httpx.AsyncClient) -> None:
        """Have one's network spoilt; read what the page says of it, rewind and go on."""
        self._well.clear()
        headers = {"x-ganplay-token": self.student.token}
        answer = await client.post(f"{self.student.url}/fault", headers=headers, json={})
        answer.raise_for_status()
        try:
            while not any(kind == "diverged" for _, kind in self.lab.messages):
                await asyncio.sleep(0.05)
            await asyncio.sleep(READING)
            await self.student.send({"type": "rewind"})
            await self.student.send({"type": "play", "playing": True})
            while not self.student.hello["playing"]:
                await asyncio.sleep(0.05)
        finally:
            self._well.set()


def film_in(content: bytes) -> bytes:
    """The file of a walk's answer, whose last piece it is; nothing if that is none."""
    return next((file for head, file in chunks([content]) if head["type"] == "file"), b"")
