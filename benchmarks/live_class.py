"""A live class of lessons: how soon predictions and progress are on the lecturer's page.

Students and lecturer ask as their pages do (`web/learn/class-student.js`, `class-room.js`): the
whole state after each change and every few seconds, a look each second. In the middle the server is
killed and started again, while students go on answering; in the end all must be known.
"""

import asyncio
import random
import secrets
import time
from typing import Any

import httpx

from benchmarks.report import Row, percentile
from benchmarks.servers import Server
from benchmarks.visitors import ended

BEAT, AGAIN, LOOK = 4.0, 1.2, 1.0
"""Seconds after a state was told, after one that was not, and between two looks."""
LESSON, OPTIONS = "oscillation", 3
STEPS = ("predict", "run", "explain", "break", "mend")
PATIENCE = 60.0
"""Seconds in which all must be on the lecturer's page after the server was started again."""


class Pages:
    """What all pages of a class share: the server's address, the class, and how they ask."""

    def __init__(self, client: httpx.AsyncClient, url: str, code: str) -> None:
        self._client, self._url, self._code = client, url, code

    async def ask(self, path: str, message: dict[str, Any]) -> dict[str, Any] | None:
        """The answer to a message; None if there was none."""
        try:
            answer = await self._client.post(
                f"{self._url}/ganplay/class/{path}",
                json=message,
                headers={"X-Ganplay-Class": self._code},
            )
        except httpx.TransportError:
            return None
        return answer.json() if answer.status_code == 200 else None


class StudentPage:
    """A student who answers, and goes from step to step."""

    def __init__(self, pages: Pages, draw: random.Random) -> None:
        self._pages, self._draw = pages, draw
        self._id = secrets.token_hex(16)
        self._news = asyncio.Event()
        self.changed = 0
        self.at: dict[int, float] = {}  # when each change was made
        self._state: dict[str, Any] = {"step": "predict", "reached": "predict", "answers": []}

    def do(self, step: str) -> None:
        """Go to a step; the prediction is made before the run."""
        answers = [self._draw.randrange(OPTIONS)] if step == "run" else self._state["answers"]
        self._state = {"step": step, "reached": step, "answers": answers}
        self.changed += 1
        self.at[self.changed] = time.perf_counter()
        self._news.set()

    async def attend(self) -> None:
        """Tell the state, again and again."""
        while True:
            self._news.clear()
            told = await self._pages.ask("tell", {
                "student": self._id, "name": self._id[:8], "at": LESSON, "changed": self.changed,
                "lessons": {LESSON: self._state},
            })  # fmt: skip
            wait = (AGAIN if told is None else BEAT) * self._draw.uniform(0.8, 1.2)
            try:
                await asyncio.wait_for(self._news.wait(), wait)
            except asyncio.TimeoutError:
                continue

    def is_known(self, record: dict[str, Any] | None) -> bool:
        """Whether the lecturer's page has the newest state."""
        state = record["lessons"][LESSON] if record else {}
        return all(state.get(name) == value for name, value in self._state.items())

    @property
    def name(self) -> str:
        """By which the lecturer's page finds the student here."""
        return self._id[:8]


class LecturerPage:
    """The lecturer's page, and when each student's change came to it."""

    def __init__(self, pages: Pages, key: str) -> None:
        self._pages, self._key = pages, key
        self._epoch, self._version = "", 0
        self.records: dict[str, dict[str, Any]] = {}
        self.seen: dict[tuple[str, int], float] = {}

    async def attend(self) -> None:
        """Look each second."""
        while True:
            await self._look()
            await asyncio.sleep(LOOK * random.uniform(0.8, 1.2))

    async def _look(self, **more: Any) -> None:
        asked = {"key": self._key, "epoch": self._epoch, "since": self._version}
        answer = await self._pages.ask("look", asked | more)
        if answer is None:
            return
        now, anew = time.perf_counter(), self._epoch and answer["epoch"] != self._epoch
        self.records |= answer["students"]
        for record in answer["students"].values():
            self.seen.setdefault((record["name"], record["changed"]), now)
        self._epoch, self._version = answer["epoch"], 0 if anew else answer["version"]
        if anew:
            await self._look(restore=self.records)

    def knows(self, students: list[StudentPage]) -> int:
        """Of how many students it has the newest state."""
        by_name = {record["name"]: record for record in self.records.values()}
        return sum(student.is_known(by_name.get(student.name)) for student in students)


async def _through_steps(students: list[StudentPage], steps: tuple[str, ...], pause: float) -> None:
    """Let each go through some steps, each step at a moment within `pause` seconds."""
    for step in steps:
        moments = sorted((random.uniform(0, pause), i) for i in range(len(students)))
        start = time.perf_counter()
        for moment, i in moments:
            await asyncio.sleep(max(0.0, start + moment - time.perf_counter()))
            students[i].do(step)


async def _until_known(lecturer: LecturerPage, students: list[StudentPage]) -> float:
    """Seconds until the lecturer's page has all."""
    start = time.perf_counter()
    while lecturer.knows(students) < len(students) and time.perf_counter() - start < PATIENCE:
        await asyncio.sleep(0.05)
    return time.perf_counter() - start


async def live_class(server: Server, size: int, pause: float, first_seed: int) -> list[Row]:
    """What such a class has to show for itself, the server killed in its middle."""
    random.seed(first_seed)
    async with httpx.AsyncClient(timeout=6, limits=httpx.Limits(max_connections=None)) as client:
        made = (await client.post(f"{server.url}/ganplay/class/new", json={})).json()
        pages = Pages(client, server.url, made["code"])
        lecturer = LecturerPage(pages, made["key"])
        students = [StudentPage(pages, random.Random(first_seed + i)) for i in range(size)]
        pages_open = [lecturer.attend(), *(one.attend() for one in students)]
        there = [asyncio.create_task(page) for page in pages_open]
        await asyncio.sleep(LOOK)
        await _through_steps(students, STEPS[:3], pause)
        await _until_known(lecturer, students)
        waits = [
            1000 * (lecturer.seen.get((student.name, change), float("inf")) - at)
            for student in students for change, at in student.at.items()
            # Of two changes within a second the page may see only the second.
            if change == student.changed or student.at[change + 1] - at > 2 * LOOK
        ]  # fmt: skip
        server.kill()
        await _through_steps(students, STEPS[3:4], pause)
        server.start()
        await asyncio.to_thread(server.wait)
        back = await _until_known(lecturer, students)
        await _through_steps(students, STEPS[4:], pause)
        await _until_known(lecturer, students)
        lost = size - lecturer.knows(students)
        await ended(there)
    name = f"(e) {size}: "
    return [
        Row(f"{name}prediction or step to the lecturer's page, p50", percentile(waits, 0.5), "ms"),
        Row(f"{name}the slowest of them", max(waits), "ms", "<= 2000"),
        Row(f"{name}all known again after a killed server answers", back, "s", "<= 10"),
        Row(f"{name}students' states lost", lost, "", "== 0"),
    ]
