"""Lesson files: what they hold, and reading them strictly.

A file with a mistake is refused with its name, the line or the key, and why; the others still
load. A lecturer adds a lesson by adding a file.
"""

import json
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from ganplay.common.settings import Settings
from ganplay.lessons.experiments import KINDS

FOLDER = Path(__file__).parent / "content"
MAX_BYTES, MAX_LESSONS, MAX_STEPS = 2**17, 64, 5000
NAME = r"^[a-z0-9]+(-[a-z0-9]+)*$"

Words = Annotated[str, StringConstraints(min_length=1, max_length=1200)]
Short = Annotated[str, StringConstraints(min_length=1, max_length=90)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+$", max_length=30)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Text(_Strict):
    """A text in both languages."""

    en: Words
    zh: Words


class Symbol(_Strict):
    """A piece of a formula.

    Attributes:
        text: as it is shown; words in both languages.
        of: the thing on the screen that it belongs to; "" for none.
        shape: "sub" or "sup" for small print.
    """

    text: Short | Text
    of: Literal["", "map", "grid", "real", "fake", "pull", "figure", "gauge"] = ""
    shape: Literal["", "sub", "sup"] = ""


class Answer(_Strict):
    """One of the answers to a question, and what is said to who chose it."""

    text: Text
    says: Text


class Question(_Strict):
    """To be answered before anything runs. `right` is the place of the right answer, from 0."""

    text: Text
    answers: Annotated[tuple[Answer, ...], Field(min_length=2, max_length=5)]
    right: Annotated[int, Field(ge=0)]

    @model_validator(mode="after")
    def _there(self) -> "Question":
        if self.right >= len(self.answers):
            raise ValueError(f"right: {self.right}, but there are {len(self.answers)} answers")
        return self


class Run(_Strict):
    """Something that is run with several seeds.

    Attributes:
        kind: of `KINDS`.
        name: what it is called beside others.
        settings: of the kind's configuration; what is not named has its default.
        steps: how far it goes; 0 where nothing is trained.
        every: steps between two measurements that are shown on the way.
        shows: drawings beside its picture.
    """

    kind: Literal["gan", "vae", "dirac", "latent", "pictures"] = "gan"
    name: Text
    settings: dict[str, str | int | float | bool] = {}
    steps: Annotated[int, Field(ge=0, le=MAX_STEPS)]
    every: Annotated[int, Field(ge=1, le=1000)] = 50
    shows: tuple[
        Literal["optimal", "ratio", "phase", "slopes", "classes", "vae", "lengths", "pictures"], ...
    ] = ()

    @model_validator(mode="after")
    def _possible(self) -> "Run":
        self.config()
        return self

    def config(self, changes: dict[str, Any] | None = None) -> Settings:
        """The configuration, with some settings changed.

        Raises:
            ConfigError: naming what cannot be.
        """
        return KINDS[self.kind].config.from_dict(self.settings | (changes or {}))


class Check(_Strict):
    """A signal that must come out.

    Attributes:
        run: of which run of the lesson; a task's checks leave it out.
        signal: its name.
        step: when it is measured; None for the end of the run.
        at_least: a bound, both of which may be given.
        at_most: the other one.
        of: "each" member, their "mean", or the "first" one.
        share: of the members that must keep the bounds, rounded down.
        quick: whether the short version of the lessons' test looks at it.
        name: what the gauge says.
        otherwise: the plain reason if it does not come out for a seed.
    """

    run: Name = "task"
    signal: Name
    step: Annotated[int, Field(ge=0, le=MAX_STEPS)] | None = None
    at_least: float | None = None
    at_most: float | None = None
    of: Literal["each", "mean", "first"] = "each"
    share: Annotated[float, Field(gt=0, le=1)] = 1.0
    quick: bool = False
    name: Text
    otherwise: Text

    @model_validator(mode="after")
    def _bounded(self) -> "Check":
        low, high = self.at_least, self.at_most
        if low is None and high is None:
            raise ValueError("at_least or at_most is needed")
        if low is not None and high is not None and low > high:
            raise ValueError(f"at_least {low:g} is above at_most {high:g}")
        return self

    def keeps(self, value: float) -> bool:
        """Whether a value lies within the bounds; NaN does not."""
        low, high = self.at_least, self.at_most
        return (low is None or value >= low) and (high is None or value <= high)


class Task(_Strict):
    """To break something, or to mend it, with a few controls.

    Attributes:
        text: what is to be done.
        run: where it begins; its checks do not hold there.
        free: settings that may be changed.
        checks: of what must come out.
        hint: to who asks for one.
        solution: changes with which it does come out, which the tests try.
    """

    text: Text
    run: Run
    free: Annotated[tuple[Name, ...], Field(min_length=1, max_length=8)]
    checks: Annotated[tuple[Check, ...], Field(min_length=1, max_length=4)]
    hint: Text
    solution: dict[str, str | int | float | bool]

    @model_validator(mode="after")
    def _possible(self) -> "Task":
        known = {f.name for f in fields(KINDS[self.run.kind].config)}
        if strange := [name for name in self.free if name not in known]:
            raise ValueError(f"free: there is no setting {strange[0]!r}")
        if locked := [name for name in self.solution if name not in self.free]:
            raise ValueError(f"solution: {locked[0]!r} is not among the free settings")
        self.run.config(self.solution)
        for i, check in enumerate(self.checks):
            _check_signal(f"checks.{i}", check, self.run)
        return self


class ExploreTask(_Strict):
    """A place of Explore where a lesson on image models goes on.

    Attributes:
        state: that it opens with.
        todo: what is to be done there.
        deeds: what counts as done, by name and how much or how often.
    """

    state: Words
    todo: Text
    deeds: Annotated[dict[Name, float], Field(min_length=1, max_length=4)]

    @model_validator(mode="after")
    def _known(self) -> "ExploreTask":
        if strange := sorted(set(self.deeds) - set(DEEDS)):
            raise ValueError(f"deeds: {strange[0]!r}; one of {', '.join(DEEDS)} is possible")
        return self


DEEDS = ("seeds", "truncations", "far", "looked")
"""In Explore: different seeds seen; kinds of truncation tried (below 0.5, above 1.2); how far along
a direction; pictures whose nearest training pictures were looked up."""


class Lesson(_Strict):
    """One lesson.

    Attributes:
        version: of this format.
        order: its place in the list.
        title: of the lesson.
        idea: paragraphs to read first.
        formula: pieces in a row.
        question: to be answered before the run.
        runs: by name, in the order in which they run.
        checks: of the runs.
        explain: paragraphs to read after the check.
        layers: of the picture that are shown.
        break_it: a task; a lesson has both, or a visit.
        mend_it: the other task.
        visit: where it goes on in Explore.
        name: its file's, without ending.
    """

    version: Literal[1]
    order: Annotated[int, Field(ge=1, le=999)]
    title: Text
    idea: Annotated[tuple[Text, ...], Field(min_length=1, max_length=4)]
    formula: Annotated[tuple[Symbol, ...], Field(max_length=40)] = ()
    question: Question
    runs: Annotated[dict[Name, Run], Field(min_length=1, max_length=4)]
    checks: Annotated[tuple[Check, ...], Field(min_length=1, max_length=8)]
    explain: Annotated[tuple[Text, ...], Field(min_length=1, max_length=4)]
    layers: tuple[Literal["map", "real", "fake", "pull", "grid"], ...] = ("map", "real", "fake")
    break_it: Task | None = None
    mend_it: Task | None = None
    visit: ExploreTask | None = None
    name: Annotated[str, StringConstraints(pattern=NAME, max_length=40)]

    @model_validator(mode="after")
    def _consistent(self) -> "Lesson":
        for i, check in enumerate(self.checks):
            if check.run not in self.runs:
                raise ValueError(f"checks.{i}.run: there is no run {check.run!r}")
            _check_signal(f"checks.{i}", check, self.runs[check.run])
        if not any(check.quick for check in self.checks):
            raise ValueError("checks: at least one must be quick, for the short test")
        if not self.visit and not (self.break_it and self.mend_it):
            raise ValueError("break_it and mend_it, or visit, are needed")
        return self

    def tasks(self) -> dict[str, Task]:
        """The tasks that there are, by name."""
        tasks = {"break": self.break_it, "mend": self.mend_it}
        return {name: task for name, task in tasks.items() if task}


class LessonError(ValueError):
    """A file that is no lesson: names the file, the line or the key, and why."""


def _check_signal(place: str, check: Check, run: Run) -> None:
    known = KINDS[run.kind].signals
    if check.signal not in known:
        among = f"one of {', '.join(known)} is possible of a {run.kind}"
        raise ValueError(f"{place}.signal: {check.signal!r}; {among}")
    if check.step is not None and check.step > run.steps:
        raise ValueError(f"{place}.step: {check.step} is beyond the run's {run.steps} steps")


def read(path: Path) -> Lesson:
    """One lesson.

    Raises:
        LessonError: naming the file, the line or the key, and what is wrong.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise LessonError(f"{path.name}: more than {MAX_BYTES} bytes")
        content = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise LessonError(f"{path.name}, line {error.lineno}: {error.msg}") from None
    except (OSError, UnicodeDecodeError, RecursionError) as error:
        raise LessonError(f"{path.name}: {error}") from None
    if not isinstance(content, dict):
        raise LessonError(f"{path.name}, line 1: an object is needed")
    try:
        # As JSON again, in which lists may stand for tuples.
        return Lesson.model_validate_json(json.dumps(content | {"name": path.stem}))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        place = ".".join(map(str, first["loc"])) or "the whole"
        why = first["msg"].removeprefix("Value error, ")
        raise LessonError(f"{path.name}, {place}: {why[:500]}") from None


def load_all(folder: Path = FOLDER) -> tuple[list[Lesson], list[str]]:
    """All lessons of a folder in their order, and what was wrong with the other files."""
    lessons: list[Lesson] = []
    problems: list[str] = []
    for path in sorted(folder.glob("*.json"))[:MAX_LESSONS]:
        try:
            lessons.append(read(path))
        except LessonError as error:
            problems.append(str(error))
    return sorted(lessons, key=lambda lesson: (lesson.order, lesson.name)), problems
