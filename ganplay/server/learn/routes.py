"""Routes of the Learn view: the lessons that there are, and their runs as they go on.

A page posts which run it wants, with which seeds and, of a task, which settings changed; it gets
pieces (`pieces.packed`), whose heads' types are begun, moment, done. A class that asks for the
same run looks at one (`shared_runs`), which ends when the last has left.
"""

import dataclasses
import json
import logging
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from ganplay.common.settings import MAX_SEED, ConfigError, Problem, Settings, as_plain
from ganplay.common.wire import packed
from ganplay.lessons import EXPERIMENTS, FOLDER, Lesson, load_all, stream_run
from ganplay.lessons.lesson import Check, Run
from ganplay.server.http import auth
from ganplay.server.http.live_socket import (
    MAX_BODY,
    PREFIX,
    REFUSED,
    TOKEN,
    TOO_MANY,
    Refusal,
    decoded,
    limited_body,
    same_origin,
)
from ganplay.server.http.shared_streams import SharedRun, SharedRuns
from ganplay.server.http.streaming import Placed, Tell
from ganplay.server.lab.files import Places
from ganplay.server.schema import field_of

logger = logging.getLogger(__name__)

AT_ONCE, WAITING, MOST_FOLLOWERS, MOST_OF_A_PAGE = 2, 48, 500, 8
"""Runs that go on at a time, those that may wait or go on, who may look at any, and one page's."""
MEMBERS = 8
"""Seeds of a run."""


class LessonRequest(NamedTuple):
    """A run that a page asks for."""

    run: Run
    config: Settings
    checks: list[Check]
    seeds: range


class Learning:
    """The routes of the lessons of one folder."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self._lessons: dict[str, Lesson] = {}
        self._places, self._shared = Places(MOST_FOLLOWERS, MOST_OF_A_PAGE), SharedRuns()
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="lesson")
        self._stopping = threading.Event()

    @property
    def places(self) -> dict[str, Places]:
        """By name, for who looks after the server."""
        return {"lessons": self._places}

    def lessons(self) -> tuple[list[Lesson], list[str]]:
        """Those that there are now, and what is wrong with other files."""
        found, problems = load_all(self._folder)
        self._lessons = {lesson.name: lesson for lesson in found}
        for problem in problems:
            logger.warning("a lesson was left out: %s", problem)
        return found, problems

    def read(self, content: dict[str, Any]) -> LessonRequest:
        """What a page asks for.

        Raises:
            ConfigError: naming the field that cannot be used.
        """
        if not self._lessons:  # a page may outlive the server that showed it the lessons
            self.lessons()
        name, part = content.get("lesson"), content.get("part")
        lesson = self._lessons.get(name) if isinstance(name, str) else None
        if lesson is None:
            raise _bad("lesson", name, "one of " + ", ".join(self._lessons))
        first = content.get("seed", 0)
        if type(first) is not int or not 0 <= first <= MAX_SEED - MEMBERS:
            raise _bad("seed", first, f"a whole number from 0 to {MAX_SEED - MEMBERS}")
        seeds, tasks = range(first, first + MEMBERS), lesson.tasks()
        if isinstance(part, str) and part in lesson.runs:
            run = lesson.runs[part]
            checks = [check for check in lesson.checks if check.run == part]
            return LessonRequest(run, run.config(), checks, seeds)
        if not isinstance(part, str) or part not in tasks:
            raise _bad("part", part, "one of " + ", ".join([*lesson.runs, *tasks]))
        task, changes = tasks[part], content.get("changes", {})
        if not isinstance(changes, dict):
            raise _bad("changes", changes, "an object of settings by name")
        if strange := sorted(set(changes) - set(task.editable)):
            raise _bad(str(strange[0])[:40], "", "one of " + ", ".join(task.editable))
        return LessonRequest(task.run, task.run.config(changes), list(task.checks), seeds)

    async def run(self, request: Request) -> Response:
        """A run, as it goes on."""
        if not same_origin(request.headers):
            return JSONResponse({"type": "refused"}, 403)
        try:
            session = auth.session_of(request.headers.get(TOKEN))
            if session is None:
                raise Refusal("refused", REFUSED)
            body = await limited_body(request, MAX_BODY)
            asked = self.read(decoded(body.decode("utf-8", "replace")))
            with ExitStack() as stack:
                stack.enter_context(self._places.taken(session))
                run = self._run(asked)
                stack.enter_context(run.followed())
                return Placed(run.pieces(), stack.pop_all())
        except ConfigError as error:
            return JSONResponse({"type": "error", "problems": as_plain(error.problems)}, 422)
        except Refusal as refusal:
            return JSONResponse({"type": refusal.kind}, refusal.code - 4000)
        except ClientDisconnect:
            return JSONResponse({"type": "gone"}, 408)

    def _run(self, asked: LessonRequest) -> SharedRun:
        """The run that somebody asks for: the one that there is, or a new one.

        Raises:
            Refusal: if too many different ones go on.
        """
        checks = tuple(check.model_dump_json() for check in asked.checks)
        key = asked.run.model_dump_json(), asked.config, checks, asked.seeds
        run = self._shared.find(key)
        if run is None:
            if self._shared.going_on >= WAITING:
                raise Refusal("busy", TOO_MANY)
            run = SharedRun(lambda tell: self._work(asked, tell), self._pool)
            self._shared.keep(key, run)
        return run

    def _work(self, asked: LessonRequest, tell: Tell) -> bytes:
        last = b""
        for piece in stream_run(asked.run, asked.config, asked.checks, asked.seeds):
            if last and not tell(last):
                return b""
            if self._stopping.is_set():
                return b""
            last = packed(piece)
        return last

    async def all_lessons(self, request: Request) -> Response:
        """Lessons, what is wrong with others, and the settings of each kind of run."""
        found, problems = self.lessons()
        content = {
            "lessons": [lesson.model_dump() for lesson in found],
            "problems": problems,
            "members": MEMBERS,
            "fields": {kind: list(_fields(one.config)) for kind, one in EXPERIMENTS.items()},
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
            Route(f"{PREFIX}/lessons/run", self.run, methods=["POST"]),
        ]


def _fields(config: type[Any]) -> Iterable[dict[str, Any]]:
    return (field_of(f) for f in dataclasses.fields(config) if f.name != "points")


def _bad(field: str, value: object, allowed: str) -> ConfigError:
    return ConfigError([Problem(field, str(value)[:40], allowed, None, "message")])
