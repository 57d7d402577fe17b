"""One experiment from settings to plain figures, as the command line and the API report it."""

import math
from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

from ganplay.toy import diagnosis
from ganplay.toy.diagnosis import Diagnosis, Finding
from ganplay.toy.monitor import MEASURED, MetricsMonitor
from ganplay.toy.stop_condition import EVERY, StopCondition
from ganplay.toy.trainer import ToyTrainer

SAMPLES = 2500
CHUNK = 20


@runtime_checkable
class Steps(Protocol):
    """What can be trained: one trainer, or many side by side."""

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

    def look(done: int) -> bool:
        if stop.looks_at(trainer.steps):
            values = trainer.compare(MEASURED, quick=True)[stop.when].tolist()
            for i, value in enumerate(values):
                if reached[i] is None and stop.met(value):
                    reached[i] = trainer.steps
        return go_on(done) and None in reached

    train(trainer, steps, look, EVERY)
    return reached


def diagnose(trainer: ToyTrainer, steps: int) -> list[list[Finding]]:
    """Train fresh members of the same data; the verdicts of each, one every `diagnosis.EVERY`.

    They are those that the lab gives at these steps.
    """
    gauge = MetricsMonitor(trainer)
    doctors = [Diagnosis(gauge.scene) for _ in range(len(trainer))]
    told: list[list[Finding]] = [[] for _ in doctors]

    def look(done: int) -> bool:
        measured = gauge.measure()
        for i, doctor in enumerate(doctors):
            told[i].append(doctor.look(measured.signals(i)))
        return True

    train(trainer, steps, look, diagnosis.EVERY)
    return told


def report(trainer: ToyTrainer, samples: int = SAMPLES) -> dict[str, Any]:
    """Settings, sample size, noise floor and each member's metrics, fit for JSON (NaN as None)."""
    metrics = {name: values.tolist() for name, values in trainer.evaluate(samples).items()}
    settings = trainer.configs[0].to_dict()
    del settings["seed"]
    return {
        "config": settings,
        "state": trainer.configs[0].to_state(),
        "steps": trainer.steps,
        "samples": samples,
        "noise_floor": plain(trainer.noise_floor(samples)),
        "members": [
            {"seed": config.seed} | plain({name: v[i] for name, v in metrics.items()})
            for i, config in enumerate(trainer.configs)
        ],
    }


def plain(values: Mapping[str, float]) -> dict[str, float | None]:
    """Figures by name as JSON can hold them, rounded to a millionth; None if not finite."""
    return {n: round(v, 6) if math.isfinite(v) else None for n, v in values.items()}
