"""Routes for what a student takes along or hands in: signed reports, and the table of a class.

A page says what was done in lessons; what the server can check it works out by itself: which
answers are right, which checks hold, and by a receipt whether it has measured a run itself. Nothing
of it is kept. Where the operator names a record store, a page also tells each thing that happens.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, get_args

from pydantic import Field
from starlette.responses import Response
from starlette.routing import BaseRoute

from ganplay.common.settings import ConfigError
from ganplay.lessons import xapi
from ganplay.lessons.claims import LessonClaim, RunClaim
from ganplay.lessons.class_table import class_csv, plain_row
from ganplay.lessons.grading import GradedLesson, graded
from ganplay.lessons.lesson import MAX_LESSONS
from ganplay.lessons.signed_report import (
    MAX_NAME,
    check_file,
    now,
    plain_name,
    signed_report,
    table,
)
from ganplay.lessons.signing import SigningKey
from ganplay.server.http.guard import Guard, PageRequest, answer_json
from ganplay.server.http.logs import log_event
from ganplay.server.http.messages import PageMessage, refuse, validated
from ganplay.server.http.protocol import GONE, TOO_MANY, Refusal
from ganplay.server.http.rate_limits import Rate, TokenBuckets, address_of
from ganplay.server.http.slots import Slots
from ganplay.server.learn.record_store import StatementSender
from ganplay.server.learn.routes import LearnRoutes, signing_key

MAX_FILES = 200
"""Reports that are checked at once."""
MAX_REPORTS_BODY = 2**23
"""Bytes of all of them."""
MAX_REPORTS, MAX_REPORTS_OF_A_PAGE, MAX_TABLES = 64, 4, 2
"""Requests that are answered at a time: of a report or of what happened, and of a table."""
SAVED, CHECKED, HAPPENED = Rate(20, 0.2), Rate(20, 0.2), Rate(100, 2)
"""Of a page: files that are signed, tables that are made, statements."""
PAGES_OF_A_CLASS = 64
"""An address may have so many times what a page may."""
STUDENT = r"^[0-9a-f]{32}$"


class ReportRequest(PageMessage):
    """A report that a page wants signed.

    Attributes:
        student: a random number that the browser keeps.
        name: as the student gives it; "" for none.
        lessons: see `LessonClaim`.
    """

    student: str = Field(pattern=STUDENT, description="32 hexadecimal digits are needed")
    name: str = Field("", max_length=MAX_NAME, description=f"at most {MAX_NAME} characters")
    lessons: list[dict] = Field(
        min_length=1, max_length=MAX_LESSONS, description=f"a list of 1 to {MAX_LESSONS} lessons"
    )


class CheckRequest(PageMessage):
    """Files that a lecturer wants checked: each a `name` and its `text`."""

    files: list[dict[str, str]] = Field(
        min_length=1, max_length=MAX_FILES,
        description=f"a list of 1 to {MAX_FILES} files, each with name and text",
    )  # fmt: skip


class HappenedRequest(PageMessage):
    """Something that a student did, see `xapi.Happened`, and how much of the lesson is done."""

    student: str = Field(pattern=STUDENT, description="32 hexadecimal digits are needed")
    name: str = Field("", max_length=MAX_NAME, description=f"at most {MAX_NAME} characters")
    event: xapi.Event = Field(description=f"one of {', '.join(get_args(xapi.Event))}")
    item: str = Field("", max_length=40, description="the number of a question, a run or a task")
    lesson: dict = Field(description="an object of what was done in the lesson")


class ReportRoutes:
    """The routes of reports on the lessons of `learn`."""

    def __init__(self, learn: LearnRoutes) -> None:
        self._learn = learn
        self._buckets = TokenBuckets()
        self.sender: StatementSender | None = None
        self.slots = {
            "reports": Slots(MAX_REPORTS, MAX_REPORTS_OF_A_PAGE),
            "report_tables": Slots(MAX_TABLES),
        }

    def send_to(self, sender: StatementSender) -> None:
        """Tell a record store what happens, and pages that it is told."""
        self.sender, self._learn.sent_to = sender, sender.store.host

    async def save(self, request: PageRequest) -> Response:
        """A report as a signed file."""
        self._pay(request, SAVED)
        asked = validated(ReportRequest, request.json())
        text = await asyncio.to_thread(self._signed, asked)
        log_event("report", lessons=len(asked.lessons))
        return Response(text, media_type="application/json", headers={"Cache-Control": "no-store"})

    def _signed(self, asked: ReportRequest) -> str:
        key = signing_key()
        lessons = [self._graded(content, key) for content in asked.lessons]
        names = [lesson.lesson for lesson in lessons]
        if twice := next((name for name in names if names.count(name) > 1), None):
            refuse("lessons", twice, "each lesson once")
        return signed_report(asked.student, asked.name, lessons, key)

    def _graded(self, content: Mapping[str, Any], key: SigningKey) -> GradedLesson:
        """The score of what a page says of a lesson.

        Raises:
            ConfigError: if there is no such lesson, or it is said in no way that can be read.
        """
        claim = validated(LessonClaim, content)
        lesson = self._learn.lesson_of(claim.lesson)

        def measured_here(part: str, run: RunClaim) -> bool:
            asked = {"lesson": claim.lesson, "part": part, "seed": run.seed, "changes": run.changes}
            try:
                planned = self._learn.plan(asked)
            except ConfigError:  # of an earlier version of the lesson
                return False
            return key.verifies("run", planned.described() | run.outcome(), run.receipt)

        return graded(lesson, claim, measured_here)

    async def check(self, request: PageRequest) -> Response:
        """The table of a class's files, and the same as CSV."""
        self._pay(request, CHECKED)
        asked = validated(CheckRequest, request.json())
        return answer_json(await asyncio.to_thread(self._table, asked))

    def _table(self, asked: CheckRequest) -> dict[str, Any]:
        key = signing_key()
        files = [(file.get("name", ""), file.get("text", "")) for file in asked.files]
        rows = table(check_file(name, text.encode("utf-8", "replace"), key) for name, text in files)
        lessons, _ = self._learn.lessons()
        csv = class_csv(rows, [lesson.name for lesson in lessons])
        return {"type": "checked", "rows": [plain_row(row) for row in rows], "csv": csv,
                "lasting": key.lasting}  # fmt: skip

    async def happened(self, request: PageRequest) -> Response:
        """Have a record store told of something that a student did."""
        if self.sender is None:
            raise Refusal("gone", GONE)
        self._pay(request, HAPPENED)
        asked = validated(HappenedRequest, request.json())
        self.sender.put(await asyncio.to_thread(self._statement, asked, self.sender.store.home))
        return answer_json({"type": "taken"})

    def _statement(self, asked: HappenedRequest, home: str) -> dict[str, Any]:
        score = self._graded(asked.lesson, signing_key())
        if not xapi.borne_out(asked.event, asked.item, score):
            refuse("item", asked.item, "something that is among what was done in the lesson")
        student = xapi.Student(asked.student, plain_name(asked.name))
        happened = xapi.Happened(student, asked.event, asked.item, now())
        return xapi.statement(happened, self._learn.lesson_of(score.lesson), score, home)

    def _pay(self, request: PageRequest, rate: Rate) -> None:
        """Take one off what a page, and all pages of an address, may ask for.

        Raises:
            Refusal: if there is nothing left.
        """
        of_all = Rate(PAGES_OF_A_CLASS * rate.burst, PAGES_OF_A_CLASS * rate.a_second)
        path, address = request.connection.url.path, address_of(request.connection.scope)
        asking = (request.session, rate), (address, of_all)
        # A page that has had its share takes nothing of its class's.
        if any(self._buckets.wait(f"{path} {who}", limit) for who, limit in asking):
            raise Refusal("too_many", TOO_MANY)

    def stop(self) -> None:
        """Send what is still to be sent."""
        if self.sender is not None:
            self.sender.stop()

    def all(self) -> list[BaseRoute]:
        """To be handed to the app."""
        reports, tables = self.slots.values()
        checked = Guard(self.check, MAX_REPORTS_BODY, "size", json=True, slots=tables)
        return [
            Guard(self.save, json=True, slots=reports).route("lessons/report"),
            Guard(self.happened, json=True, slots=reports).route("lessons/happened"),
            checked.route("lessons/check"),
        ]
