"""Routes of a live class: a student's page tells, the lecturer's page looks.

Both say in the header `X-Ganplay-Class` which class they mean, by which a proxy can bring all of a
class to one replica. For the same reason no page's token is asked for, which another replica does
not know: a student shows the class's code and an id of its own making, the lecturer the key. Pages
ask again and again by plain requests, so whatever breaks is mended by the next one.
"""

import asyncio
from collections.abc import Callable
from typing import Annotated

from pydantic import Field, StringConstraints
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.routing import BaseRoute

from ganplay.lessons.lesson import Lesson
from ganplay.server.http.auth import shows_secret
from ganplay.server.http.guard import Guard, PageRequest, answer_json
from ganplay.server.http.logs import log_event
from ganplay.server.http.messages import PageMessage, refuse, validated
from ganplay.server.http.protocol import CLASS, MAX_BODY, REFUSED, Refusal
from ganplay.server.learn.live_class import (
    CODE,
    MAX_STUDENTS,
    LiveClasses,
    Record,
    code_of,
    new_key,
    tag_of,
)

MAX_TOLD = 16_384
"""Bytes of what a student's page tells."""
CHECK_SECONDS = 30.0
"""From one look for classes whose lecturers have gone to the next."""

Tag = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]


class Told(Record):
    """A message of a student's page: a record, and who tells.

    Attributes:
        student: a random text that the page made for itself, and keeps.
        away: whether the page is hidden, and so may be silent for longer.
        leave: the student leaves the class, which forgets all of it.
    """

    student: str = Field(
        pattern=r"^[A-Za-z0-9_-]{20,44}$",
        description="20 to 44 letters, digits, - and _ are needed",
    )
    away: bool = Field(default=False, description="true or false")
    leave: bool = Field(default=False, description="true or false")


class Look(PageMessage):
    """A message of the lecturer's page.

    Attributes:
        key: of the class.
        epoch: of the class that the page knows; the server that made it may be gone.
        since: the version that the page knows.
        restore: records by tag, that a class is to take up whose epoch the page did not know.
    """

    key: str = Field(description="the key of a class is needed")
    epoch: str = Field(default="", max_length=40, description="a text")
    since: int = Field(default=0, ge=0, description="a whole number from 0")
    restore: dict[Tag, Record] = Field(
        default={}, max_length=MAX_STUDENTS, description=f"at most {MAX_STUDENTS} records by tag"
    )


class ClassRoutes:
    """The routes of all classes.

    Args:
        lesson_of: a lesson by its name; None if there is none.
        has_priority: whether who asks comes first.
    """

    def __init__(
        self,
        lesson_of: Callable[[str], Lesson | None],
        has_priority: Callable[[HTTPConnection], bool] = shows_secret,
    ) -> None:
        self._lesson_of, self._has_priority = lesson_of, has_priority
        self.classes = LiveClasses()
        self._task: asyncio.Task[None] | None = None

    async def new(self, request: PageRequest) -> Response:
        """A key and its code. Nothing is kept: the class begins when its key is first shown."""
        key = new_key()
        return answer_json({"type": "class", "key": key, "code": code_of(key)})

    async def tell(self, request: PageRequest) -> Response:
        """A student's state."""
        code = _code(request)
        told = validated(Told, request.json())
        live, tag = self.classes.find(code), tag_of(code, told.student)
        if told.leave:
            live.leave(tag)
        else:
            record = Record(**{name: getattr(told, name) for name in Record.model_fields})
            live.tell(tag, record.checked(self._lesson_of), told.away)
        return answer_json({"type": "told"})

    async def look(self, request: PageRequest) -> Response:
        """What the lecturer's page shows; the first look opens the class."""
        asked = validated(Look, request.json())
        code = self._own(request, asked.key)
        before = len(self.classes)
        live = self.classes.open(code, self._has_priority(request.connection))
        if len(self.classes) > before:
            log_event("class", open=len(self.classes))
        if asked.restore and asked.epoch == live.epoch:
            kept = {tag: one.checked(self._lesson_of) for tag, one in asked.restore.items()}
            live.restore(kept)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._watch())
        return answer_json(live.view(asked.since if asked.epoch == live.epoch else 0))

    async def end(self, request: PageRequest) -> Response:
        """End a class, and forget it."""
        self.classes.end(self._own(request, request.json().get("key")))
        log_event("class_ended")
        return answer_json({"type": "ended"})

    def _own(self, request: PageRequest, key: object) -> str:
        """The class's code, for who shows its key."""
        code = code_of(key)
        if code != _code(request):
            raise Refusal("refused", REFUSED)
        return code

    async def _watch(self) -> None:
        while len(self.classes):
            await asyncio.sleep(CHECK_SECONDS)
            self.classes.forget_idle()

    def all(self) -> list[BaseRoute]:
        """To be handed to the app."""
        most = {"new": 100, "tell": MAX_TOLD, "look": MAX_BODY, "end": 1000}
        return [
            Guard(getattr(self, name), max_body=size, json=True, anyone=True).route(f"class/{name}")
            for name, size in most.items()
        ]


def _code(request: PageRequest) -> str:
    """The class that is meant.

    Raises:
        ConfigError: if the header names none.
    """
    code = request.connection.headers.get(CLASS, "")
    if not CODE.fullmatch(code):
        refuse("class", code[:40], "16 letters and digits, as they stand in the class's link")
    return code
