"""What a page may ask of its arena, checked: plain data in, commands or a clear refusal out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic.dataclasses import dataclass as pydantic_dataclass

from ganplay.arena.arena import Cell, ImpossibleCell, all_cells, step_cost
from ganplay.arena.axes import MAX_VALUES, Axis, axis, refusal, value_of
from ganplay.common.settings import MAX_SEED, ConfigError, Problem
from ganplay.live import commands
from ganplay.live.commands import MAX_CHANGES, Command, CommandError, integer
from ganplay.toy.config import PRESETS, ToyConfig

MAX_CELLS, MAX_SEEDS = 16, 16
MAX_STEP_COST = 1_500_000_000
"""Of all members together, as `step_cost` counts; one core then takes about 0.5 s for a step."""
_MAX_TEXT = 40
"""Characters of a value in a message, and of what a refusal repeats."""
_SHARED = ("play", "speed", "rewind")
"""Types of messages that mean the same as to a session of the Lab."""


class ArenaRequest(NamedTuple):
    """An arena that a page asks for.

    Attributes:
        base: settings that all cells share, except those of the axes.
        axes: one or two.
        seeds: of each cell's members.
        cells: all of them in order, possible or not.
        problems: what could not be used of the settings that were given.
    """

    base: ToyConfig
    axes: list[Axis]
    seeds: list[int]
    cells: list[Cell | ImpossibleCell]
    problems: list[Problem]


@dataclass(frozen=True)
class MakeArena:
    """Begin another arena, and play it or not."""

    request: ArenaRequest
    playing: bool = False


@pydantic_dataclass(frozen=True)
class ShowSeed:
    """Show the members of one of the seeds, by its index from 0."""

    seed: Annotated[int, integer(0, MAX_SEEDS - 1)] = 0


class _Message(BaseModel):
    model_config = ConfigDict(strict=True)


class _AxisMessage(_Message):
    name: str
    values: Annotated[
        list[bool | int | float | Annotated[str, StringConstraints(max_length=_MAX_TEXT)]],
        Field(max_length=MAX_VALUES),
    ]

    def axis(self) -> Axis:
        """The axis, with texts read as values of its type."""
        name, values = self.name, self.values
        return axis(name, [value_of(name, v.strip()) if isinstance(v, str) else v for v in values])


class _ArenaMessage(_Message):
    base: Annotated[dict[str, Any], Field(max_length=MAX_CHANGES)] = {}
    axes: list[_AxisMessage]
    seeds: Annotated[int, Field(ge=1, le=MAX_SEEDS)] = 1


def read_arena(content: Mapping[str, Any]) -> ArenaRequest:
    """The arena of an object with `base` (settings by name), `axes` and the number of `seeds`.

    Each axis is an object with `name` and `values`; values may be texts.

    Raises:
        ConfigError: naming what cannot be used.
    """
    try:
        message = _ArenaMessage.model_validate(content)
    except ValidationError as error:
        raise _refused(error, content) from None
    base, problems = PRESETS["ring"].repaired(message.base)
    axes = [one.axis() for one in message.axes[:3]]
    first = min(base.seed, MAX_SEED - MAX_SEEDS)
    seeds = list(range(first, first + message.seeds))
    found = all_cells(base, axes, seeds)
    if len(found) > MAX_CELLS:
        raise refusal("sweep", len(found), f"at most {MAX_CELLS} cells are possible", "cells")
    possible = [cell for cell in found if isinstance(cell, Cell)]
    if not possible:
        impossible = [cell for cell in found if isinstance(cell, ImpossibleCell)]
        raise ConfigError([problem for cell in impossible for problem in cell.problems][:4])
    if sum(step_cost(config) for cell in possible for config in cell.configs) > MAX_STEP_COST:
        why = "together they are too large: smaller nets or batches, or fewer seeds"
        raise refusal("sweep", len(possible) * message.seeds, why, "heavy")
    return ArenaRequest(base, axes, seeds, found, problems)


def _refused(error: ValidationError, content: Mapping[str, Any]) -> ConfigError:
    """The first error of pydantic as a problem that pages can say in both languages."""
    first = error.errors(include_url=False, include_context=False)[0]
    shown = repr(first["input"])[:_MAX_TEXT]
    match first["loc"]:
        case ("base", *_):
            return refusal("base", shown, "an object of settings by name", "message")
        case ("seeds",):
            return refusal("seeds", shown, f"a whole number from 1 to {MAX_SEEDS}", "how_many")
        case ("axes", int(i), "values", *value):
            name = content["axes"][i]["name"][:_MAX_TEXT]
            if value:
                return refusal(name, shown, "numbers or names", "message")
            return refusal(name, shown, f"from 1 to {MAX_VALUES} values", "values")
        case ("axes", int(), "name"):
            return refusal("axis", shown, "the name of a setting", "message")
    return refusal("axes", shown, "a list of objects with name and values", "message")


def read(message: object) -> Command | MakeArena | ShowSeed:
    """The command that a message stands for.

    Raises:
        CommandError: if it stands for none.
        ConfigError: if it asks for an arena that cannot be.
    """
    if not isinstance(message, dict):
        raise CommandError("message", message, "a JSON object is needed")
    kind = message.get("type")
    if kind == "make":
        return MakeArena(read_arena(message), message.get("playing") is True)
    if kind == "look":
        return commands.validated(ShowSeed, message)
    if kind == "step":
        return commands.read({"type": "step", "count": message.get("count", 1)})
    if isinstance(kind, str) and kind in _SHARED:
        return commands.read(message)
    known = ", ".join(("make", "look", "step", *_SHARED))
    raise CommandError("type", kind, f"one of {known} is needed")
