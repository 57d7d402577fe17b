"""Training with a limit or a goal, and plain reports of it, for the command line and the API."""

import math
from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

from ganplay.toy import diagnosis
from ganplay.toy.diagnosis import Diagnosis, Finding
from ganplay.toy.monitor import MEASURED, MetricsMonitor
from ganplay.toy.stop_condition import EVERY, StopCondition
from ganplay.toy.trainer import ToyTrainer

SAMPLES = 2500
"""Points of each kind behind a report's metrics, unless others are asked for."""
CHUNK = 20
"""Steps between two calls of `go_on`."""


@runtime_checkable
class Steps(Protocol):
    """What `train` can train: one trainer, or an arena of many."""

    def step(self, count: int = 1) -> object:
        """Take steps."""


def train(
    trainer: Steps,
    steps: int,
    go_on: Callable[[int], bool] = lambda done: True,
    chunk: int = CHUNK,
) -> int:
    """Train for some steps in small chunks.

    Args:
        trainer: what to train.
        steps: how many steps at most.
        go_on: asked after each chunk, with the steps done so far; False ends the training.
        chunk: how many steps are a chunk.

    Returns:
        The steps that were done.
    """
    done = 0
    while done < steps:
        count = min(chunk, steps - done)
        trainer.step(count)
        done += count
        if not go_on(done):
            break
    return done


def train_until(
    trainer: ToyTrainer,
    steps: int,
    stop: StopCondition,
    go_on: Callable[[int], bool] = lambda done: True,
) -> list[int | None]:
    """Train fresh members until each has met a metric's condition, where the lab would stop.

    Args:
        trainer: what to train, from its start on.
        steps: how many steps at most.
        stop: the condition, of a metric.
        go_on: as of `train`.

    Returns:
        For each member the step at which it first met the condition; None if it did not.
    """
    reached: list[int | None] = [None] * len(trainer)

    def check(done: int) -> bool:
        if stop.looks_at(trainer.steps):
            values = trainer.compare(MEASURED, quick=True)[stop.when].tolist()
            for i, value in enumerate(values):
                if reached[i] is None and stop.met(value):
                    reached[i] = trainer.steps
        return go_on(done) and None in reached

    train(trainer, steps, check, EVERY)
    return reached


def diagnose(trainer: ToyTrainer, steps: int) -> list[list[Finding]]:
    """Train fresh members and diagnose them as the lab does.

    Args:
        trainer: what to train; its members learn the same data.
        steps: how many steps.

    Returns:
        The findings of each member, one every `diagnosis.EVERY` steps.
    """
    monitor = MetricsMonitor(trainer)
    diagnoses = [Diagnosis(monitor.data_stats) for _ in range(len(trainer))]
    findings: list[list[Finding]] = [[] for _ in diagnoses]

    def observe(done: int) -> bool:
        measured = monitor.measure()
        for i, each in enumerate(diagnoses):
            findings[i].append(each.observe(measured.signals(i)))
        return True

    train(trainer, steps, observe, diagnosis.EVERY)
    return findings


def report(trainer: ToyTrainer, samples: int = SAMPLES) -> dict[str, Any]:
    """Settings, sample size, noise floor and each member's metrics, fit for JSON.

    `class_shares` is the share of each class among the fakes of a conditional model, which is that
    of the data; else None.

    Args:
        trainer: whose members are reported; all but their seeds is that of the first.
        samples: points of each kind behind the metrics.
    """
    metrics = {name: values.tolist() for name, values in trainer.evaluate(samples).items()}
    settings = trainer.configs[0].to_dict()
    del settings["seed"]
    return {
        "config": settings,
        "state": trainer.configs[0].to_state(),
        "steps": trainer.steps,
        "samples": samples,
        "class_shares": _class_shares(trainer, samples),
        "noise_floor": plain(trainer.noise_floor(samples)),
        "members": [
            {"seed": config.seed} | plain({name: v[i] for name, v in metrics.items()})
            for i, config in enumerate(trainer.configs)
        ],
    }


def _class_shares(trainer: ToyTrainer, samples: int) -> list[float] | None:
    """The share of each class among the first member's fakes; None if it is not conditional."""
    labels, classes = trainer.class_labels(samples), trainer.configs[0].classes
    if labels is None:
        return None
    return [round(share, 6) for share in (labels[0].bincount(minlength=classes) / samples).tolist()]


def plain(values: Mapping[str, float]) -> dict[str, float | None]:
    """Numbers by name as JSON can hold them: rounded to six decimals, None if not finite."""
    return {n: round(v, 6) if math.isfinite(v) else None for n, v in values.items()}
