"""Runs lessons without a page, and says what came out."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ganplay.common.settings import Settings
from ganplay.lessons.experiments import KINDS, Experiment
from ganplay.lessons.lesson import Check, Lesson, Run, Task

ROUNDING = 1e-9
"""So that a share of seeds is not rounded down by a float's last digit."""


@dataclass(frozen=True)
class Outcome:
    """What came of one check.

    Attributes:
        check: which one.
        values: one for each member.
        kept: whether each keeps the bounds.
        needed: how many must.
    """

    check: Check
    values: list[float]
    kept: list[bool]
    needed: int

    @property
    def holds(self) -> bool:
        """Whether enough of them do, or their mean, or the first one."""
        if self.check.of == "mean":
            return self.check.keeps(self.mean)
        if self.check.of == "first":
            return self.kept[0]
        return sum(self.kept) >= self.needed

    @property
    def mean(self) -> float:
        """Of the values."""
        return math.fsum(self.values) / len(self.values)


def judge(check: Check, values: Sequence[float]) -> Outcome:
    """Hold measured values against a check."""
    kept = [check.keeps(value) for value in values]
    return Outcome(check, list(values), kept, math.floor(check.share * len(kept) + ROUNDING))


def begin(
    run: Run,
    seeds: Sequence[int],
    changes: Mapping[str, Any] | None = None,
    use_capture: bool = True,
) -> Experiment:
    """A run at its start, with some settings changed.

    Raises:
        ConfigError: if the settings cannot be.
    """
    return of_config(run.kind, run.config(dict(changes or {})), seeds, use_capture)


def of_config(
    kind: str, config: Settings, seeds: Sequence[int], use_capture: bool = True
) -> Experiment:
    """An experiment of a kind with a configuration."""
    return KINDS[kind].make(config, seeds, use_capture)


def measured(experiment: Experiment, run: Run, checks: Sequence[Check]) -> list[Outcome]:
    """Take a run as far as its checks go, and hold each to its bounds at its step."""
    outcomes = []
    for check in sorted(checks, key=lambda check: _step(check, run)):
        experiment.advance(_step(check, run) - experiment.steps)
        outcomes.append(judge(check, experiment.measure(check.signal).tolist()))
    return outcomes


def _step(check: Check, run: Run) -> int:
    return run.steps if check.step is None else check.step


def perform(lesson: Lesson, seeds: Sequence[int], quick: bool = False) -> list[Outcome]:
    """All runs of a lesson with these seeds, and what came of its checks.

    Args:
        lesson: which one.
        seeds: a member for each.
        quick: only what shows soon (`Check.quick`), without capturing steps for it.
    """
    outcomes = []
    for name, run in lesson.runs.items():
        wanted = [c for c in lesson.checks if c.run == name and (c.quick or not quick)]
        if wanted:
            outcomes += measured(begin(run, seeds, use_capture=not quick), run, wanted)
    return outcomes


def attempt(task: Task, seeds: Sequence[int], changes: Mapping[str, Any]) -> list[Outcome]:
    """What comes of a task when some settings are changed."""
    return measured(begin(task.run, seeds, changes), task.run, task.checks)
