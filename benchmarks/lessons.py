"""Whether every lesson's outcome comes out with eight seeds, and whether its tasks can be done.

Each row is one check: how many seeds keep its bounds, or their mean, with the range of the values.
A task's rows say that it is not done where it begins, and is done by the solution of its file.
"""

import argparse
import sys
from collections.abc import Iterator

import torch

from benchmarks.report import Row, run
from ganplay.lessons.checks import Outcome, attempt, perform
from ganplay.lessons.lesson import Lesson, load_all

SEEDS, FEW = 8, 2


def rows_of(name: str, outcome: Outcome) -> Iterator[Row]:
    """A check as one row, or two where a mean has two bounds."""
    check = outcome.check
    low, high = min(outcome.values), max(outcome.values)
    step = "the end" if check.step is None else f"step {check.step}"
    name = f"{name}, {check.run}, {check.signal} at {step} ({low:.3g} to {high:.3g})"
    both = ((">=", check.at_least), ("<=", check.at_most))
    bounds = [(sign, bound) for sign, bound in both if bound is not None]
    if check.of == "each":
        wanted = " and ".join(f"{sign} {bound:g}" for sign, bound in bounds)
        unit = f"of {len(outcome.kept)} seeds {wanted}"
        yield Row(name, sum(outcome.kept), unit, f">= {outcome.needed}")
        return
    value = outcome.mean if check.of == "mean" else outcome.values[0]
    for sign, bound in bounds:
        yield Row(name, value, check.of, f"{sign} {bound:.10f}")


def tasks_of(lesson: Lesson, seeds: range) -> Iterator[Row]:
    """That tasks begin undone, and that their solutions do them."""
    for name, task in lesson.tasks().items():
        undone = all(outcome.holds for outcome in attempt(task, seeds, {}))
        yield Row(f"{lesson.name}: {name}, done where it begins", undone, "", "== 0")
        for outcome in attempt(task, seeds, task.solution):
            yield from rows_of(f"{lesson.name}: {name}", outcome)


def measure(options: argparse.Namespace) -> list[Row]:
    """Run all lessons."""
    torch.set_num_threads(1)
    lessons, problems = load_all()
    rows = [Row("lesson files with a mistake", len(problems), "", "== 0")]
    seeds = range(options.first_seed, options.first_seed + (FEW if options.quick else SEEDS))
    for lesson in lessons:
        for outcome in perform(lesson, seeds, options.quick):
            rows += rows_of(lesson.name, outcome)
        if not options.quick:
            rows += tasks_of(lesson, seeds)
        print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return rows


if __name__ == "__main__":
    run(measure)
