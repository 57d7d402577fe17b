"""One experiment from settings to plain figures, as the command line and the API report it."""

import math
from collections.abc import Callable
from typing import Any

from ganplay.training import ToyTrainer

SAMPLES = 2500
CHUNK = 20


def train(trainer: ToyTrainer, steps: int, go_on: Callable[[int], bool] = lambda done: True) -> int:
    """Train for some steps in small chunks.

    Args:
        trainer: what to train.
        steps: how many steps at most.
        go_on: asked after each chunk, with the steps done so far; False ends the training.

    Returns:
        The steps that were done.
    """
    done = 0
    while done < steps:
        count = min(CHUNK, steps - done)
        trainer.step(count)
        done += count
        if not go_on(done):
            break
    return done


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
        "noise_floor": _plain(trainer.noise_floor(samples)),
        "members": [
            {"seed": config.seed} | _plain({name: v[i] for name, v in metrics.items()})
            for i, config in enumerate(trainer.configs)
        ],
    }


def _plain(values: dict[str, float]) -> dict[str, float | None]:
    return {n: round(v, 6) if math.isfinite(v) else None for n, v in values.items()}
