"""Lessons as JSON files: their format, and a strict reader.

A file with a mistake is refused with its name, the line or the key, and the reason; the other
files still load. A lecturer adds a lesson by adding a file to `content`.
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
from ganplay.lessons.experiments import EXPERIMENTS

FOLDER = Path(__file__).parent / "content"
MAX_BYTES, MAX_LESSONS, MAX_STEPS = 2**17, 64, 5000
"""Of a file, of a folder, and of a run."""
NAME = r"^[a-z0-9]+(-[a-z0-9]+)*$"

Words = Annotated[str, StringConstraints(min_length=1, max_length=1200)]
Short = Annotated[str, StringConstraints(min_length=1, max_length=90)]
Goal = Literal["seeds", "truncations", "far", "looked"]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+$", max_length=30)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Text(_Strict):
    """A text in English and Chinese."""

    en: Words
    zh: Words


class Symbol(_Strict):
    """A piece of a formula.

    Attributes:
        text: as it is shown, or words in both languages.
        of: the part of the page that it is linked with; "" for none.
        shape: "sub" or "sup" for an index below or above.
    """

    text: Short | Text
    of: Literal["", "map", "grid", "real", "fake", "pull", "figure", "gauge"] = ""
    shape: Literal["", "sub", "sup"] = ""


class Answer(_Strict):
    """An answer to choose, and the comment for those who choose it."""

    text: Text
    says: Text


class Question(_Strict):
    """A question to be answered before the runs; `right` is the index of the right answer."""

    text: Text
    answers: Annotated[tuple[Answer, ...], Field(min_length=2, max_length=5)]
    right: Annotated[int, Field(ge=0)]

    @model_validator(mode="after")
    def _there(self) -> "Question":
        if self.right >= len(self.answers):
            raise ValueError(f"right: {self.right}, but there are {len(self.answers)} answers")
        return self


class Run(_Strict):
    """An experiment that is run with several seeds.

    Attributes:
        kind: a key of `EXPERIMENTS`.
        name: of the run.
        settings: of its configuration; those not given have their defaults.
        steps: of the whole run; 0 where nothing is trained.
        every: steps between two measurements for the page's gauges.
        shows: extra drawings beside the picture.
    """

    kind: Literal["gan", "vae", "dirac", "latent", "pictures", "directions", "inversion"] = "gan"
    name: Text
    settings: dict[str, str | int | float | bool] = {}
    steps: Annotated[int, Field(ge=0, le=MAX_STEPS)]
    every: Annotated[int, Field(ge=1, le=1000)] = 50
    shows: tuple[
        Literal[
            "optimal",
            "ratio",
            "phase",
            "slopes",
            "classes",
            "vae",
            "lengths",
            "pictures",
            "changes",
        ],
        ...,
    ] = ()

    @model_validator(mode="after")
    def _possible(self) -> "Run":
        self.config()
        return self

    def config(self, changes: dict[str, Any] | None = None) -> Settings:
        """The configuration, with some settings changed.

        Raises:
            ConfigError: naming what is not possible.
        """
        return EXPERIMENTS[self.kind].config.from_dict(self.settings | (changes or {}))

    def step_of(self, check: "Check") -> int:
        """The step at which a check is measured."""
        return self.steps if check.step is None else check.step


class Check(_Strict):
    """A signal and the bounds within which it must be.

    Attributes:
        run: the key of a run of the lesson; not given for a task's checks.
        signal: one of the experiment's.
        step: when it is measured; None for the end of the run.
        at_least: the lower bound; one bound or both are given.
        at_most: the upper bound.
        of: "each" member, their "mean", or the "first" member.
        share: share of the members that must be within the bounds; their number is rounded down.
        quick: whether the short version of the lessons' test includes it.
        name: of the gauge.
        otherwise: the reason why a seed may be out of the bounds.
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
        """Whether a value is within the bounds; NaN is not."""
        low, high = self.at_least, self.at_most
        return (low is None or value >= low) and (high is None or value <= high)


class Task(_Strict):
    """To break something or to repair it, with a few settings.

    Attributes:
        text: what is to be done.
        run: its settings at the start, with which the checks fail.
        editable: settings that may be changed.
        checks: of the result.
        hint: for those who ask for one.
        solution: changes with which the checks hold; the tests try them.
    """

    text: Text
    run: Run
    editable: Annotated[tuple[Name, ...], Field(min_length=1, max_length=8)]
    checks: Annotated[tuple[Check, ...], Field(min_length=1, max_length=4)]
    hint: Text
    solution: dict[str, str | int | float | bool]

    @model_validator(mode="after")
    def _possible(self) -> "Task":
        known = {f.name for f in fields(EXPERIMENTS[self.run.kind].config)}
        if strange := [name for name in self.editable if name not in known]:
            raise ValueError(f"editable: there is no setting {strange[0]!r}")
        if locked := [name for name in self.solution if name not in self.editable]:
            raise ValueError(f"solution: {locked[0]!r} is not among the editable settings")
        self.run.config(self.solution)
        for i, check in enumerate(self.checks):
            _check_signal(f"checks.{i}", check, self.run)
        return self


class ExploreTask(_Strict):
    """A task in the Explore view, with which a lesson on image models ends.

    Attributes:
        state: with which Explore opens.
        todo: what is to be done there.
        goals: what must be reached, and how much or how often: seeds seen; kinds of truncation
            tried (below 0.5, above 1.2); distance along a direction; pictures whose nearest
            training pictures were looked up.
    """

    state: Words
    todo: Text
    goals: Annotated[dict[Goal, float], Field(min_length=1)]


class Lesson(_Strict):
    """One lesson.

    Attributes:
        version: of this format.
        order: place in the list of lessons, from 0.
        title: of the lesson.
        idea: paragraphs to read first.
        formula: its symbols from left to right.
        question: to be answered before the runs.
        further: more questions, each asked when the one before is answered.
        runs: by key, in the order in which they run.
        checks: of the runs.
        explain: paragraphs to read after the checks.
        layers: of the picture that are shown.
        break_it: a task; a lesson has both tasks, or `visit`, or is the first of all (order 0),
            after which a student goes on to the next.
        mend_it: the other task.
        visit: a task in Explore.
        name: of its file, without the extension.
    """

    version: Literal[1]
    order: Annotated[int, Field(ge=0, le=999)]
    title: Text
    idea: Annotated[tuple[Text, ...], Field(min_length=1, max_length=4)]
    formula: Annotated[tuple[Symbol, ...], Field(max_length=40)] = ()
    question: Question
    further: Annotated[tuple[Question, ...], Field(max_length=4)] = ()
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
        if self.order > 0 and not self.visit and not (self.break_it and self.mend_it):
            raise ValueError("break_it and mend_it, or visit, are needed")
        return self

    def tasks(self) -> dict[str, Task]:
        """The lesson's tasks by name."""
        tasks = {"break": self.break_it, "mend": self.mend_it}
        return {name: task for name, task in tasks.items() if task}


class LessonError(ValueError):
    """A file that is no lesson; it names the file, the line or the key, and the reason."""


def _check_signal(place: str, check: Check, run: Run) -> None:
    known = EXPERIMENTS[run.kind].signals
    if check.signal not in known:
        among = f"one of {', '.join(known)} is possible of a {run.kind}"
        raise ValueError(f"{place}.signal: {check.signal!r}; {among}")
    if check.step is not None and check.step > run.steps:
        raise ValueError(f"{place}.step: {check.step} is beyond the run's {run.steps} steps")


def read(path: Path) -> Lesson:
    """Read one lesson.

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
        # From JSON, since strict models accept a list for a tuple only there.
        return Lesson.model_validate_json(json.dumps(content | {"name": path.stem}))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        place = ".".join(map(str, first["loc"])) or "the whole"
        why = first["msg"].removeprefix("Value error, ")
        raise LessonError(f"{path.name}, {place}: {why[:500]}") from None


def load_all(folder: Path = FOLDER) -> tuple[list[Lesson], list[str]]:
    """All lessons of a folder in order, and what is wrong with the other files."""
    lessons: list[Lesson] = []
    problems: list[str] = []
    for path in sorted(folder.glob("*.json"))[:MAX_LESSONS]:
        try:
            lessons.append(read(path))
        except LessonError as error:
            problems.append(str(error))
    return sorted(lessons, key=lambda lesson: (lesson.order, lesson.name)), problems
