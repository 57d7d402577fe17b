"""What a page may ask of its arena, checked: plain data in, commands or a clear refusal out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ganplay.arena.arena import Cell, Impossible, all_cells, work
from ganplay.arena.axes import MAX_VALUES, Axis, axis, value_of, wrong
from ganplay.common.settings import MAX_SEED, ConfigError, Problem
from ganplay.live import commands
from ganplay.live.commands import MAX_CHANGES, Command, CommandError, whole
from ganplay.toy.config import PRESETS, ToyConfig

MAX_CELLS, MAX_SEEDS = 16, 16
MAX_WORK = 1_500_000_000
"""Of `work`, for all members: a step of them then takes a core about half a second."""
_LONGEST = 40
_SHARED = ("play", "speed", "rewind")


class ArenaRequest(NamedTuple):
    """An arena that a page asks for.

    Attributes:
        base: settings that all cells share, but for those of the axes.
        axes: one or two.
        seeds: of each cell's members.
        cells: all of them in their places, possible or not.
        problems: what could not be used of the settings that were given.
    """

    base: ToyConfig
    axes: list[Axis]
    seeds: list[int]
    cells: list[Cell | Impossible]
    problems: list[Problem]


@dataclass(frozen=True)
class Make:
    """Begin another arena, and play it or not."""

    asked: ArenaRequest
    playing: bool = False


@dataclass(frozen=True)
class Look:
    """Show the members of one of the seeds, by its place."""

    seed: int


def asked(given: Mapping[str, Any]) -> ArenaRequest:
    """The arena of an object with `base` (settings by name), `axes` and a number of `seeds`.

    Each axis is an object of `name` and `values`; values may be texts.

    Raises:
        ConfigError: naming what cannot be used.
    """
    settings = given.get("base", {})
    if not isinstance(settings, dict) or len(settings) > MAX_CHANGES:
        raise wrong("base", _short(settings), "an object of settings by name", "message")
    base, problems = PRESETS["ring"].repaired(settings)
    axes = given.get("axes")
    if not isinstance(axes, list) or not all(isinstance(one, dict) for one in axes[:3]):
        raise wrong("axes", _short(axes), "a list of objects with name and values", "message")
    read = [_axis(one) for one in axes[:3]]
    count = given.get("seeds", 1)
    if type(count) is not int or not 1 <= count <= MAX_SEEDS:
        raise wrong("seeds", _short(count), f"a whole number from 1 to {MAX_SEEDS}", "how_many")
    first = min(base.seed, MAX_SEED - MAX_SEEDS)
    seeds = list(range(first, first + count))
    found = all_cells(base, read, seeds)
    if len(found) > MAX_CELLS:
        raise wrong("sweep", len(found), f"at most {MAX_CELLS} cells are possible", "cells")
    possible = [cell for cell in found if isinstance(cell, Cell)]
    if not possible:
        raise ConfigError([p for c in found if isinstance(c, Impossible) for p in c.problems][:4])
    if sum(work(config) for cell in possible for config in cell.configs) > MAX_WORK:
        why = "together they are too large: smaller nets or batches, or fewer seeds"
        raise wrong("sweep", len(possible) * count, why, "heavy")
    return ArenaRequest(base, read, seeds, found, problems)


def _axis(given: Mapping[str, Any]) -> Axis:
    name, values = given.get("name"), given.get("values")
    if not isinstance(name, str):
        raise wrong("axis", _short(name), "the name of a setting", "message")
    if not isinstance(values, list) or len(values) > MAX_VALUES:
        raise wrong(name[:_LONGEST], _short(values), f"from 1 to {MAX_VALUES} values", "values")
    strange = [v for v in values if not isinstance(v, bool | int | float | str)]
    strange += [v for v in values if isinstance(v, str) and len(v) > _LONGEST]
    if strange:
        raise wrong(name[:_LONGEST], _short(strange[0]), "numbers or names", "message")
    return axis(name, [value_of(name, v.strip()) if isinstance(v, str) else v for v in values])


def _short(value: object) -> str:
    return repr(value)[:_LONGEST]


def read(message: object) -> Command | Make | Look:
    """The command that a message stands for.

    Raises:
        CommandError: if it stands for none.
        ConfigError: if it asks for an arena that cannot be.
    """
    if not isinstance(message, dict):
        raise CommandError("message", message, "a JSON object is needed")
    kind = message.get("type")
    if kind == "make":
        return Make(asked(message), message.get("playing") is True)
    if kind == "look":
        return Look(whole(message, "seed", 0, MAX_SEEDS - 1, 0))
    if kind == "step":
        return commands.read({"type": "step", "count": message.get("count", 1)})
    if isinstance(kind, str) and kind in _SHARED:
        return commands.read(message)
    known: Sequence[str] = ("make", "look", "step", *_SHARED)
    raise CommandError("type", kind, "one of " + ", ".join(known) + " is needed")
