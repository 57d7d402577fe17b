"""The score of a lesson, worked out from what a page says was done in it.

An answer is right by the lesson's own key. A run counts as it was measured: by the server where its
receipt says so, otherwise by the values that the page sends, held against the lesson's own checks.
"""

import math
from collections.abc import Callable, Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict

from ganplay.lessons.checks import outcome_of
from ganplay.lessons.claims import LessonClaim, RunClaim
from ganplay.lessons.lesson import Check, Lesson

Witness = Callable[[str, RunClaim], bool]
"""Whether the server itself has measured a run of a lesson's part."""
Measured = Literal["server", "page"]


class Graded(BaseModel):
    """A part of a score; what a later version adds is read over."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)


class GradedAnswer(Graded):
    """The number of an answer, from 0, and whether it is right."""

    answer: int
    right: bool


class GradedRun(Graded):
    """A run, or the best try at a task.

    Attributes:
        seed: the first one.
        changes: settings of a task.
        met: checks that hold.
        of: checks.
        measured: by whom.
    """

    seed: int
    changes: dict[str, str | bool | int | float]
    met: int
    of: int
    measured: Measured

    @property
    def holds(self) -> bool:
        """Whether all checks hold."""
        return self.met == self.of


class GradedLesson(Graded):
    """What was done in a lesson.

    Attributes:
        lesson: its name.
        points: one for each right answer, for all runs together, each task and the part in Explore.
        possible: points.
        finished: whether all questions are answered, and all checks and goals met.
        reached: the last step that is done; "" if none is.
        answers: to its questions, in order.
        runs: by name.
        tasks: by name, break and mend.
        visited: whether the goals in Explore are reached; None if there are none.
        began: when its first part was done, by the browser's clock; "" if that is not known.
        at: the same of its last part.
    """

    lesson: str
    points: int
    possible: int
    finished: bool
    reached: str
    answers: list[GradedAnswer]
    runs: dict[str, GradedRun]
    tasks: dict[str, GradedRun]
    visited: bool | None
    began: str
    at: str


def graded_run(checks: list[Check], claim: RunClaim, witnessed: bool) -> GradedRun:
    """How many checks of a run hold."""
    if witnessed:
        met = sum(claim.holds)
    elif len(claim.values) == len(checks):
        numbers = [[math.nan if v is None else v for v in row] for row in claim.values]
        found = [outcome_of(check, row).holds for check, row in zip(checks, numbers, strict=True)]
        met = sum(found)
    else:  # of another version of the lesson
        met = 0
    measured: Measured = "server" if witnessed else "page"
    return GradedRun(
        seed=claim.seed, changes=claim.changes, met=met, of=len(checks), measured=measured
    )


def graded(lesson: Lesson, claim: LessonClaim, witness: Witness) -> GradedLesson:
    """The score of a lesson; parts that the lesson does not have are left out."""
    questions, tasks = [lesson.question, *lesson.further], lesson.tasks()
    given = zip(questions, claim.answers, strict=False)
    answers = [GradedAnswer(answer=a, right=a == question.right) for question, a in given]
    checks = {part: [c for c in lesson.checks if c.run == part] for part in lesson.runs}
    checks |= {name: list(task.checks) for name, task in tasks.items()}

    def run_of(part: str, run: RunClaim) -> GradedRun:
        return graded_run(checks[part], run, witness(part, run))

    runs = {part: run_of(part, run) for part, run in claim.runs.items() if part in lesson.runs}
    tries: dict[str, GradedRun] = {
        name: run_of(name, run)
        for name, run in claim.tasks.items()
        if name in tasks and set(run.changes) <= set(tasks[name].editable)
    }
    visited = _visited(lesson, claim.deeds)
    answered, ran = len(answers) == len(questions), len(runs) == len(lesson.runs)
    done = {"predict": answered, "run": ran, "explain": claim.explained}
    done |= {name: name in tries and tries[name].holds for name in tasks}
    done |= {} if visited is None else {"visit": visited}
    later = {name: value for name, value in done.items() if name in tasks or name == "visit"}
    return GradedLesson(
        lesson=lesson.name,
        points=sum(answer.right for answer in answers) + ran + sum(later.values()),
        possible=len(questions) + 1 + len(later),
        finished=answered and ran and all(r.holds for r in runs.values()) and all(later.values()),
        reached=next((name for name in reversed(done) if done[name]), ""),
        answers=answers, runs=runs, tasks=tries, visited=visited, began=claim.began, at=claim.at,
    )  # fmt: skip


def _visited(lesson: Lesson, deeds: Mapping[str, float]) -> bool | None:
    if lesson.visit is None:
        return None
    return all(deeds.get(deed, 0) >= needed for deed, needed in lesson.visit.goals.items())
