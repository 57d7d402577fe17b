"""Named endpoints for toys, and what all endpoints share, for those who come without a browser."""

import time
from typing import Any

from ganplay.common.settings import MAX_SEED, ConfigError
from ganplay.server.gradio_import import gr
from ganplay.toy import custom_points
from ganplay.toy.config import PRESETS, ToyConfig
from ganplay.toy.custom_points import PointsError, columns_in
from ganplay.toy.experiment import report, train, train_until
from ganplay.toy.script_export import as_script
from ganplay.toy.stop_condition import StopCondition, parse
from ganplay.toy.trainer import ToyTrainer

MAX_SEEDS, MAX_STEPS, MAX_POINTS = 16, 5000, 1000
"""GANs of one call, steps of each, and fake points of each that are returned."""
MAX_SCRIPT_STEPS = 10**6
SECONDS = 60.0
"""A call that takes longer than this is answered with what has been trained by then."""


class Refused(gr.Error):
    """What a caller is told in words; no matter for the server's own log."""

    def __init__(self, message: str) -> None:
        super().__init__(message, print_exception=False)


def integer(name: str, value: Any, low: int, high: int) -> int:
    """A whole number as an endpoint was given it.

    Raises:
        Refused: naming the field.
    """
    # Numbers may come as 8.0: JSON does not tell them apart.
    known = isinstance(value, int | float) and not isinstance(value, bool)
    if not (known and low <= value <= high and value == int(value)):
        raise Refused(f"{name}: {value!r} is not possible; a whole number from {low} to {high}")
    return int(value)


def train_toy(
    preset: str = "ring",
    settings: dict | None = None,
    seeds: int = 1,
    first_seed: int | None = None,
    steps: int = 1000,
    points: int = 200,
    state: str | None = None,
    until: str | None = None,
) -> dict:
    """Train small GANs on the plane and report how well they learnt.

    Args:
        preset: settings to begin with: ring, grid, collapse, oscillation, vanishing, wgan-gp or
            classic.
        settings: changes to them by name, such as {"loss": "hinge", "lr_d": 0.003}.
        seeds: how many GANs are trained, with seeds one after another (1 to 16).
        first_seed: the first of these seeds; by default as set (0 in all presets).
        steps: how many steps each takes (0 to 5000; fewer if a minute is over before).
        points: how many fake points of each are returned (0 to 1000).
        state: a state string or share link with all settings, in place of a preset.
        until: a condition such as js=0.05, modes=8 or high_quality=0.9, looked at every 50 steps;
            training ends when each seed has met it, and `reached` of a member says at which step.

    Returns:
        The settings (and what of a state string could not be used), the metrics of each member
        with the noise floor of two real samples, the fake points of each (members, points, 2; of
        a conditional model with the data's shares of classes, which are `class_shares`), and
        whether all steps were done.
    """
    if not isinstance(preset, str) or preset not in PRESETS:
        raise Refused(f"preset: {preset!r} is not possible; one of {', '.join(PRESETS)}")
    if settings is not None and not isinstance(settings, dict):
        raise Refused(f"settings: {str(settings)[:40]!r} is not possible; an object is needed")
    count = integer("seeds", seeds, 1, MAX_SEEDS)
    max_steps = integer("steps", steps, 0, MAX_STEPS)
    shown = integer("points", points, 0, MAX_POINTS)
    if state is not None and not isinstance(state, str):
        raise Refused(f"state: {str(state)[:40]!r} is not possible; a text is needed")
    stop = _condition(until)
    start, problems = (PRESETS[preset], []) if state is None else ToyConfig.from_state(state)
    try:
        config = ToyConfig.from_dict(start.to_dict() | (settings or {}))
    except ConfigError as error:
        raise Refused(str(error)) from None
    first = integer(
        "first_seed", config.seed if first_seed is None else first_seed, 0, MAX_SEED - MAX_SEEDS
    )
    trainer = ToyTrainer(config, seeds=range(first, first + count), threads=1)
    deadline = time.monotonic() + SECONDS
    reached: list[int | None] = []
    if stop is None:
        complete = train(trainer, max_steps, lambda _: time.monotonic() < deadline) == max_steps
    else:
        reached = train_until(trainer, max_steps, stop, lambda _: time.monotonic() < deadline)
        complete = trainer.steps == max_steps or None not in reached
    result = {"preset": preset if state is None else None, "complete": complete} | report(trainer)
    for member, step in zip(result["members"], reached, strict=False):
        member["reached"] = step
    result["problems"] = [str(problem) for problem in problems]
    result["points"] = trainer.sample(shown).nan_to_num().tolist() if shown else []
    return result


def read_points(table: str, columns: str | None = None, rows: str | None = None) -> dict:
    """Points of a table, for `train_toy` to learn, and what was read as what.

    Args:
        table: the text of a table with columns x and y and, if you like, a class: CSV and its kin,
            or JSON (at most 2 MB).
        columns: names or numbers from 1 of the columns x, y and, for classes, a third, separated
            by commas; by default they are found by their names, and else by what is in them.
        rows: real, fake or all, of points that ganplay has saved; by default the real ones.

    Returns:
        The `points` as text, for settings {"distribution": "own", "points": ...}; their count, the
        number of classes, and the table with the role of each column, the rows that were left out
        and other notes.
    """
    if not isinstance(table, str):
        raise Refused(f"table: {str(table)[:40]!r} is not possible; a text is needed")
    names = columns_in(str(columns)[:1000]) if columns else None
    try:
        choice = custom_points.Choice.of(names, str(rows)[:40] if rows else None)
        return custom_points.inspect(table.encode("utf-8", "replace"), choice)
    except PointsError as error:
        raise Refused(f"table: {error}") from None
    except ValueError as error:
        raise Refused(str(error)) from None


def _condition(until: object) -> StopCondition | None:
    if until is None:
        return None
    try:
        return parse(str(until)[:40])
    except ValueError as error:
        raise Refused(f"until: {error}") from None


def write_script(state: str, steps: int = 3000) -> str:
    """The experiment of a state string as a plain PyTorch script.

    Args:
        state: a state string or share link with all settings.
        steps: how many steps the script is to train (0 to 1000000).

    Returns:
        The script, which needs nothing but torch.
    """
    if not isinstance(state, str):
        raise Refused(f"state: {str(state)[:40]!r} is not possible; a text is needed")
    config, problems = ToyConfig.from_state(state)
    if problems:
        raise Refused("; ".join(map(str, problems)))
    return as_script(config, integer("steps", steps, 0, MAX_SCRIPT_STEPS))
