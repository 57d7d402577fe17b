"""Routes of the Learn view: the lessons that there are, and their runs as they go on.

A page posts which run it wants, with which seeds and, of a task, which settings changed; it gets
pieces of `common.wire`, whose heads' types are begun, moment, done. A class that asks for the
same run follows one stream (`shared_streams`), which ends when the last has left.
"""

import json
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ganplay.common.settings import MAX_SEED, Settings
from ganplay.common.wire import Piece, pack_piece
from ganplay.lessons.claims import RunClaim
from ganplay.lessons.experiments import EXPERIMENTS
from ganplay.lessons.lesson import FOLDER, Check, Lesson, Run, load_all
from ganplay.lessons.signing import SigningKey, key_of
from ganplay.lessons.stream import stream_run
from ganplay.server.http import shared_streams
from ganplay.server.http.auth import teacher_secret
from ganplay.server.http.guard import Guard, PageRequest
from ganplay.server.http.messages import PageMessage, refuse, validated
from ganplay.server.http.protocol import PREFIX, TOO_MANY, Refusal
from ganplay.server.http.slots import Slots
from ganplay.server.schema import fields_of

logger = logging.getLogger(__name__)

MAX_RUNS, MAX_UNFINISHED_RUNS = 2, 48
"""Runs that are done at a time, and those that are done or wait for it."""
MAX_FOLLOWERS, MAX_FOLLOWED_BY_A_PAGE = 500, 8
"""Requests that follow any run, and those of one page."""
MEMBERS = 8
"""Seeds of a run."""
MAX_FIRST_SEED = MAX_SEED - MEMBERS


class LessonRequest(PageMessage):
    """A run that a page asks for.

    Attributes:
        lesson: its name.
        part: one of its runs, or one of its tasks.
        seed: the first of `MEMBERS`.
        changes: settings of a task by name.
    """

    lesson: str = Field(description="the name of a lesson is needed")
    part: str = Field(description="the name of a run or a task of it is needed")
    seed: int = Field(
        0, ge=0, le=MAX_FIRST_SEED, description=f"a whole number from 0 to {MAX_FIRST_SEED}"
    )
    changes: dict = Field(default={}, description="an object of settings by name")


class PlannedRun(NamedTuple):
    """A run as it is to be done."""

    run: Run
    config: Settings
    checks: list[Check]
    seeds: range

    def described(self) -> dict[str, Any]:
        """All that its outcome depends on, as plain data."""
        return {
            "run": self.run.model_dump(mode="json"),
            "config": self.config.to_dict(),
            "checks": [check.model_dump(mode="json") for check in self.checks],
            "seeds": [self.seeds.start, len(self.seeds)],
        }


class LearnRoutes:
    """The routes of the lessons of one folder."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self.sent_to: str | None = None
        """The record store that is told what happens in lessons, as pages name it."""
        self._lessons: dict[str, Lesson] = {}
        self.slots = {"lessons": Slots(MAX_FOLLOWERS, MAX_FOLLOWED_BY_A_PAGE)}
        self._streams = shared_streams.SharedStreams()
        self._pool = ThreadPoolExecutor(MAX_RUNS, thread_name_prefix="lesson")
        self._stopping = threading.Event()

    def lessons(self) -> tuple[list[Lesson], list[str]]:
        """Those that there are now, and what is wrong with other files."""
        found, problems = load_all(self._folder)
        self._lessons = {lesson.name: lesson for lesson in found}
        for problem in problems:
            logger.warning("a lesson was left out: %s", problem)
        return found, problems

    def lesson(self, name: str) -> Lesson | None:
        """A lesson by its name; None if there is none."""
        if not self._lessons:  # a page may outlive the server that showed it the lessons
            self.lessons()
        return self._lessons.get(name)

    def lesson_of(self, name: str) -> Lesson:
        """A lesson by its name.

        Raises:
            ConfigError: if there is none of that name.
        """
        lesson = self.lesson(name)
        if lesson is None:
            refuse("lesson", name, "one of " + ", ".join(self._lessons))
        return lesson

    def plan(self, content: dict[str, Any]) -> PlannedRun:
        """The run that a page's message means.

        Raises:
            ConfigError: naming the field that cannot be used.
        """
        asked = validated(LessonRequest, content)
        lesson = self.lesson_of(asked.lesson)
        seeds, tasks = range(asked.seed, asked.seed + MEMBERS), lesson.tasks()
        if run := lesson.runs.get(asked.part):
            checks = [check for check in lesson.checks if check.run == asked.part]
            return PlannedRun(run, run.config(), checks, seeds)
        if asked.part not in tasks:
            refuse("part", asked.part, "one of " + ", ".join([*lesson.runs, *tasks]))
        task = tasks[asked.part]
        if strange := sorted(set(asked.changes) - set(task.editable)):
            refuse(strange[0][:40], "", "one of " + ", ".join(task.editable))
        return PlannedRun(task.run, task.run.config(asked.changes), list(task.checks), seeds)

    async def run(self, request: PageRequest) -> Response:
        """A run, as it goes on."""
        planned = self.plan(request.json())
        return shared_streams.StreamedResponse(self._stream(planned), request.held.pop_all())

    def _stream(self, planned: PlannedRun) -> shared_streams.SharedStream:
        """The stream of a run: the one that there is, or a new one.

        Raises:
            Refusal: if too many different ones are done or wait for it.
        """
        checks = tuple(check.model_dump_json() for check in planned.checks)
        key = planned.run.model_dump_json(), planned.config, checks, planned.seeds
        stream = self._streams.find(key)
        if stream is None:
            if self._streams.unfinished >= MAX_UNFINISHED_RUNS:
                raise Refusal("busy", TOO_MANY)
            stream = shared_streams.SharedStream(partial(self._work, planned), self._pool)
            self._streams.keep(key, stream)
        return stream

    def _work(self, planned: PlannedRun, send: shared_streams.Send) -> bytes:
        """All pieces of a run, the last one as the result."""
        last = b""
        for piece in stream_run(planned.run, planned.config, planned.checks, planned.seeds):
            if last and not send(last):
                return b""
            if self._stopping.is_set():
                return b""
            if piece.head["type"] == "done":
                piece = piece._replace(head=piece.head | {"receipt": _receipt(planned, piece)})
            last = pack_piece(piece)
        return last

    async def all_lessons(self, request: Request) -> Response:
        """Lessons, what is wrong with others, the settings of each kind of run, and who is told.

        `lasting` says whether the server knows its signatures again after a restart.
        """
        found, problems = self.lessons()
        content = {
            "lessons": [lesson.model_dump() for lesson in found],
            "problems": problems,
            "members": MEMBERS,
            "sent_to": self.sent_to,
            "lasting": teacher_secret() is not None,
            "fields": {kind: fields_of(one.config) for kind, one in EXPERIMENTS.items()},
        }
        text = json.dumps(content, ensure_ascii=False)
        return Response(text, media_type="application/json", headers={"Cache-Control": "no-cache"})

    def stop(self) -> None:
        """No more runs."""
        self._stopping.set()
        self._pool.shutdown(cancel_futures=True)

    def all(self) -> list[BaseRoute]:
        """To be handed to the app."""
        return [
            Route(f"{PREFIX}/lessons.json", self.all_lessons),
            Guard(self.run, json=True, slots=self.slots["lessons"]).route("lessons/run"),
        ]


def signing_key() -> SigningKey:
    """The key of this server: of the operator's secret, or without one of this process."""
    return key_of(teacher_secret())


def _receipt(planned: PlannedRun, done: Piece) -> str:
    """By which the server knows later that it has measured these outcomes of a run itself."""
    outcomes = done.head["outcomes"]
    told = RunClaim(
        seed=planned.seeds.start,
        values=[outcome["values"] for outcome in outcomes],
        holds=[outcome["holds"] for outcome in outcomes],
    )
    return signing_key().sign("run", planned.described() | told.outcome())
