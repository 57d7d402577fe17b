"""Runs lessons without a page, and holds what comes out against their checks."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ganplay.lessons.experiment import Experiment
from ganplay.lessons.experiments import EXPERIMENTS
from ganplay.lessons.lesson import Check, Lesson, Run, Task

ROUNDING = 1e-9
"""Is added to a share of the seeds before it is rounded down, against errors of the last digit."""


@dataclass(frozen=True)
class Outcome:
    """The result of one check.

    Attributes:
        check: which one.
        values: of the signal, one for each member.
        kept: whether each is within the bounds.
        needed: how many must be.
    """

    check: Check
    values: list[float]
    kept: list[bool]
    needed: int

    @property
    def holds(self) -> bool:
        """Whether enough members are within the bounds, or their mean, or the first, is."""
        if self.check.of == "mean":
            return self.check.keeps(self.mean)
        if self.check.of == "first":
            return self.kept[0]
        return sum(self.kept) >= self.needed

    @property
    def mean(self) -> float:
        """Of the values."""
        return math.fsum(self.values) / len(self.values)


def outcome_of(check: Check, values: Sequence[float]) -> Outcome:
    """The outcome of a check for measured values."""
    kept = [check.keeps(value) for value in values]
    return Outcome(check, list(values), kept, math.floor(check.share * len(kept) + ROUNDING))


def begin(
    run: Run,
    seeds: Sequence[int],
    changes: Mapping[str, Any] | None = None,
    use_capture: bool = True,
) -> Experiment:
    """The experiment of a run at its start, with some settings changed.

    Raises:
        ConfigError: if the settings are not possible.
    """
    return EXPERIMENTS[run.kind].make(run.config(dict(changes or {})), seeds, use_capture)


def measured(experiment: Experiment, run: Run, checks: Sequence[Check]) -> list[Outcome]:
    """Advance a run as far as its checks need, and measure each check at its step."""
    outcomes = []
    for check in sorted(checks, key=run.step_of):
        experiment.advance(run.step_of(check) - experiment.steps)
        outcomes.append(outcome_of(check, experiment.measure(check.signal).tolist()))
    return outcomes


def perform(lesson: Lesson, seeds: Sequence[int], quick: bool = False) -> list[Outcome]:
    """Do all runs of a lesson, and return the outcomes of its checks.

    Args:
        lesson: which one.
        seeds: one for each member.
        quick: only checks that are `Check.quick`, and without capturing steps, which takes time.
    """
    outcomes = []
    for name, run in lesson.runs.items():
        wanted = [c for c in lesson.checks if c.run == name and (c.quick or not quick)]
        if wanted:
            outcomes += measured(begin(run, seeds, use_capture=not quick), run, wanted)
    return outcomes


def attempt(task: Task, seeds: Sequence[int], changes: Mapping[str, Any]) -> list[Outcome]:
    """The outcomes of a task when some of its settings are changed."""
    return measured(begin(task.run, seeds, changes), task.run, task.checks)
