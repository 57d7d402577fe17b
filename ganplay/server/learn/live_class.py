"""Classes that go on: what students have answered and how far they are, for their lecturer's page.

All of it is kept in memory only. A class has a key, which the lecturer's browser keeps, and a code,
which stands in the students' link and follows from the key. So a server that knows nothing of a
class, because it was started anew, takes it up again for whoever shows the key; students tell
their whole state every few seconds anyway, and the lecturer's page brings back those who left.
"""

import base64
import hashlib
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from ganplay.lessons.lesson import Lesson
from ganplay.server.http.messages import PageMessage, refuse
from ganplay.server.http.protocol import FULL, GONE, REFUSED, Refusal

MAX_CLASSES, MAX_STUDENTS = 32, 128
"""Classes at a time (twice as many for who has signed in as operator), and students of one."""
MAX_LESSONS, MAX_NAME = 32, 40
"""Lessons that a student's page tells of, and characters of a name."""
LOST_SECONDS, AWAY_SECONDS = 12.0, 90.0
"""A student who tells nothing for so long is lost; one whose page is hidden, after the second."""
IDLE_SECONDS, LONGEST_SECONDS = 600.0, 12 * 3600.0
"""A class is forgotten when its lecturer's page has not asked for so long, or when it is so old."""
MAX_ENDED = 1000
"""Codes of classes that were ended, which students are told; nothing else is kept of them."""
STEPS = ("predict", "run", "explain", "break", "mend", "visit")
"""Of a lesson, in this order; which of the last three there are, the lesson says."""
KEY = re.compile(r"[A-Za-z0-9_-]{43}")
CODE = re.compile(r"[a-z2-7]{16}")
ENDED = 4410

Step = Annotated[str, StringConstraints(max_length=10)]


class LessonState(PageMessage):
    """How far a student is with one lesson.

    Attributes:
        step: where the student is now.
        reached: the furthest step so far.
        answers: the option chosen, from 0, for each question in turn that has been answered.
        late: places of questions that were answered after a run.
        done: parts that are done: lesson, break, mend, visit.
    """

    step: Step
    reached: Step
    answers: list[int] = Field(max_length=8)
    late: list[int] = Field(default=[], max_length=8)
    done: list[Step] = Field(default=[], max_length=4)


class Record(PageMessage):
    """What a student's page tells, and what the lecturer's page is told of it.

    Attributes:
        name: that the student gave, or "".
        at: the lesson that is shown now.
        changed: when the student last did something, in milliseconds by the page's clock; of two
            pages of one student the newer one counts.
        lessons: by name.
    """

    name: str = Field("", max_length=MAX_NAME, description=f"at most {MAX_NAME} characters")
    at: str = Field("", max_length=40, description="the name of a lesson is needed")
    changed: int = Field(0, ge=0, lt=2**53, description="a whole number from 0")
    lessons: dict[str, LessonState] = Field(
        default={}, max_length=MAX_LESSONS,
        description=f"an object of at most {MAX_LESSONS} lessons by name is needed, each with "
        "step, reached and answers",
    )  # fmt: skip

    def checked(self, lesson_of: Callable[[str], Lesson | None]) -> "Record":
        """Itself, with nothing in the name that is not seen.

        Raises:
            ConfigError: naming the field, if it tells of what the lessons do not have.
        """
        for name, state in self.lessons.items():
            lesson = lesson_of(name)
            if lesson is None:
                refuse("lessons", name[:40], "lessons that the server has")
            _check(lesson, state)
        if self.at and self.at not in self.lessons:
            refuse("at", self.at, "a lesson that the message tells of")
        seen = "".join(one if one.isprintable() else " " for one in self.name)
        return self.model_copy(update={"name": " ".join(seen.split())})


def steps_of(lesson: Lesson) -> list[str]:
    """The steps that a lesson has."""
    there = {"break": lesson.break_it, "mend": lesson.mend_it, "visit": lesson.visit}
    return [step for step in STEPS if there.get(step, True)]


def _check(lesson: Lesson, state: LessonState) -> None:
    steps, questions = steps_of(lesson), (lesson.question, *lesson.further)
    for name, step in (("step", state.step), ("reached", state.reached)):
        if step not in steps:
            refuse(f"{lesson.name}.{name}", step, "one of " + ", ".join(steps))
    most = [len(question.answers) for question in questions]
    if len(state.answers) > len(most):
        refuse(f"{lesson.name}.answers", len(state.answers), f"at most {len(most)} answers")
    for given, count in zip(state.answers, most, strict=False):
        if not 0 <= given < count:
            refuse(f"{lesson.name}.answers", given, f"a whole number from 0 to {count - 1}")
    if any(place not in range(len(state.answers)) for place in state.late):
        refuse(f"{lesson.name}.late", state.late, "places of questions that are answered")
    parts = ["lesson", *steps[3:]]
    if any(part not in parts for part in state.done):
        refuse(f"{lesson.name}.done", state.done, "some of " + ", ".join(parts))


@dataclass
class Student:
    """What is known of one student, and since which version of the class."""

    record: Record
    version: int
    seen: float = float("-inf")
    away: bool = False

    def here(self, now: float) -> bool:
        """Whether the student's page is still there."""
        return now - self.seen < (AWAY_SECONDS if self.away else LOST_SECONDS)


@dataclass
class LiveClass:
    """One class. Its students go by tags, which follow from what their pages call themselves."""

    clock: Callable[[], float]
    epoch: str = field(default_factory=lambda: secrets.token_hex(8))
    version: int = 0
    students: dict[str, Student] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.begun = self.looked = self.clock()
        self._left: set[str] = set()

    def tell(self, tag: str, record: Record, away: bool = False) -> None:
        """A student's state, whole.

        Raises:
            Refusal: if there are too many others.
        """
        student = self.students.get(tag)
        if student is None:
            if len(self.students) >= MAX_STUDENTS:
                raise Refusal("class_full", FULL)
            student = self.students[tag] = Student(record, self._next())
        elif student.record != record and student.record.changed <= record.changed:
            student.record, student.version = record, self._next()
        student.seen, student.away = self.clock(), away
        self._left.discard(tag)

    def leave(self, tag: str) -> None:
        """Forget a student, who is not brought back either."""
        self.students.pop(tag, None)
        if len(self._left) < MAX_STUDENTS:
            self._left.add(tag)

    def restore(self, records: Mapping[str, Record]) -> None:
        """Take up what the lecturer's page knew; what students have told since counts more."""
        known = {t: Student(r, self._next()) for t, r in records.items() if t not in self._left}
        both = known | self.students
        self.students = dict(list(both.items())[:MAX_STUDENTS])

    def view(self, since: int) -> dict[str, Any]:
        """For the lecturer's page: who is here, and what has changed since a version."""
        self.looked = now = self.clock()
        changed = {t: s.record.model_dump() for t, s in self.students.items() if s.version > since}
        here = {tag: student.here(now) for tag, student in self.students.items()}
        return {"epoch": self.epoch, "version": self.version, "here": here, "students": changed}

    def _next(self) -> int:
        self.version += 1
        return self.version


class LiveClasses:
    """All classes, by code."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._classes: dict[str, LiveClass] = {}
        self._ended: OrderedDict[str, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._classes)

    def open(self, code: str, has_priority: bool = False) -> LiveClass:
        """The class of a code, as it is or a new one.

        Raises:
            Refusal: if it was ended, or there are too many others.
        """
        self.forget_idle()
        if code in self._ended:
            raise Refusal("class_ended", ENDED)
        if code not in self._classes:
            if len(self._classes) >= MAX_CLASSES * (2 if has_priority else 1):
                raise Refusal("classes_full", FULL)
            self._classes[code] = LiveClass(self._clock)
        return self._classes[code]

    def find(self, code: str) -> LiveClass:
        """The class that a student's link means.

        Raises:
            Refusal: if it was ended, or its lecturer has not opened it here.
        """
        self.forget_idle()
        if code in self._classes:
            return self._classes[code]
        raise Refusal("class_ended", ENDED) if code in self._ended else Refusal("no_class", GONE)

    def end(self, code: str) -> None:
        """Forget all of a class but that it was ended."""
        self._classes.pop(code, None)
        self._ended[code] = None
        while len(self._ended) > MAX_ENDED:
            self._ended.popitem(last=False)

    def forget_idle(self) -> None:
        """Forget classes whose lecturers have gone; end those that are too old."""
        now = self._clock()
        for code, one in list(self._classes.items()):
            if now - one.begun > LONGEST_SECONDS:
                self.end(code)
            elif now - one.looked > IDLE_SECONDS:
                del self._classes[code]


def new_key() -> str:
    """A key that nobody can guess."""
    return secrets.token_urlsafe(32)


def code_of(key: object) -> str:
    """The code that follows from a key; in small letters, as links are read.

    Raises:
        Refusal: if it is no key.
    """
    if not isinstance(key, str) or not KEY.fullmatch(key):
        raise Refusal("refused", REFUSED)
    digest = hashlib.sha256(f"ganplay class {key}".encode()).digest()
    return base64.b32encode(digest[:10]).decode().lower()


def tag_of(code: str, student: str) -> str:
    """What a student is called in a class, from what the student's page calls itself.

    The lecturer's page knows the tag alone, with which nobody can speak for the student.
    """
    return hashlib.sha256(f"{code} {student}".encode()).hexdigest()[:16]
