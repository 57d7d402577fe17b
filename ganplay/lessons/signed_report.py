"""A student's report as a file that the server has signed, and the check of such files.

A signature proves that a server with this key saw the report at the time in it, and that nothing
has been changed since. It does not prove who the student is.
"""

import json
import secrets
import unicodedata
from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Any, Literal, NamedTuple

from pydantic import ValidationError

from ganplay.common.locales import LANGUAGES, locale
from ganplay.lessons.grading import Graded, GradedLesson
from ganplay.lessons.signing import SigningKey

MAX_FILE = 2**18
"""Bytes of a signed report; one of 64 lessons with all there can be has 180,000."""
MAX_NAME = 80
"""Characters of a student's name."""
Status = Literal["valid", "altered", "other", "none"]
"""Of a file: as it was signed; changed since; signed with another key; no signed report."""
_TURNS = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))
"""Characters that turn the direction of what follows, also of what is not the name."""


class Report(Graded):
    """What is signed.

    Attributes:
        ganplay: what kind of file it is.
        version: of its form.
        id: random; copies of a file have the same.
        about: what the signature proves, by language.
        student: a random number that the student's browser keeps.
        name: of the student, as given; "" for none.
        signed_at: when, by the server's clock, in UTC.
        lasting: whether the server knows its signature again after a restart.
        points: of all lessons together.
        possible: points of these lessons.
        finished: how many lessons are.
        lessons: those that were begun.
    """

    ganplay: Literal["report"] = "report"
    version: Literal[1] = 1
    id: str
    about: dict[str, str]
    student: str
    name: str
    signed_at: str
    lasting: bool
    points: int
    possible: int
    finished: int
    lessons: list[GradedLesson]


class CheckedFile(NamedTuple):
    """A file that was handed in.

    Attributes:
        file: its name.
        status: what it is.
        report: what was signed, of a valid one.
        why: why it is no report, in English; "" if there is no more to say.
    """

    file: str
    status: Status
    report: Report | None = None
    why: str = ""


def now() -> str:
    """The time, in UTC, to the second."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def plain_name(name: str) -> str:
    """A name on one line, without characters that no name has."""
    kept = (" " if unicodedata.category(c) == "Cc" else c for c in name if c not in _TURNS)
    return " ".join("".join(c for c in kept if unicodedata.category(c) != "Cs").split())[:MAX_NAME]


def signed_report(student: str, name: str, lessons: list[GradedLesson], key: SigningKey) -> str:
    """The text of a signed file."""
    kind = "lasting" if key.lasting else "passing"
    report = Report(
        id=secrets.token_hex(8),
        about={language: locale(language)["learn"]["signed"][kind] for language in LANGUAGES},
        student=student,
        name=plain_name(name),
        signed_at=now(),
        lasting=key.lasting,
        points=sum(lesson.points for lesson in lessons),
        possible=sum(lesson.possible for lesson in lessons),
        finished=sum(lesson.finished for lesson in lessons),
        lessons=lessons,
    )
    content = report.model_dump()
    content["signature"] = {"key": key.id, "value": key.sign("report", content)}
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def check_file(file: str, data: bytes, key: SigningKey) -> CheckedFile:
    """What a file is.

    Args:
        file: its name.
        data: what is in it.
        key: with which it is said to be signed.
    """
    file = plain_name(file)
    content = _content(data)
    signature = content.pop("signature", None)
    if content.get("ganplay") != "report" or not isinstance(signature, dict):
        return CheckedFile(file, "none", why="it is no signed report of ganplay")
    if signature.get("key") != key.id:
        return CheckedFile(file, "other")
    if not key.verifies("report", content, str(signature.get("value"))):
        return CheckedFile(file, "altered")
    try:
        return CheckedFile(file, "valid", Report.model_validate(content))
    except ValidationError:
        return CheckedFile(file, "none", why="another version of ganplay has signed it")


def _content(data: bytes) -> dict[str, Any]:
    """The JSON object in a file; an empty one where there is none."""
    if len(data) > MAX_FILE:
        return {}
    try:
        content = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


class Row(NamedTuple):
    """A line of the table of a class: a student, or a file that does not count.

    Attributes:
        checked: the file; of a student's valid ones the newest.
        files: how many valid ones this student has handed in.
    """

    checked: CheckedFile
    files: int


def table(checked: Iterable[CheckedFile]) -> list[Row]:
    """One row for each student, by name, then one for each file that is not valid.

    A student is a browser's number and a name: several may share a machine.
    """
    students: dict[tuple[str, str], list[CheckedFile]] = {}
    others = []
    for one in checked:
        if one.report is None:
            others.append(one)
        else:
            students.setdefault((one.report.student, one.report.name), []).append(one)
    newest = [Row(max(own, key=_when), len(own)) for own in students.values()]
    newest.sort(key=lambda row: (_name(row).casefold(), row.checked.file))
    return newest + [Row(one, 0) for one in others]


def _when(checked: CheckedFile) -> tuple[str, int]:
    report = checked.report
    return ("", 0) if report is None else (report.signed_at, report.points)


def _name(row: Row) -> str:
    return "" if row.checked.report is None else row.checked.report.name
