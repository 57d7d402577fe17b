"""Many small GANs side by side on the same data and noise, that differ in one setting or in two.

Each value of the axes, or each pair of them, is a cell; each cell has a member for each seed, and
the seeds are the same everywhere. Members whose computation has one shape are trained together,
in one batched step, whatever cells they belong to.
"""

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from statistics import fmean, stdev
from typing import Any, NamedTuple, TypeVar

from ganplay import metrics
from ganplay.config import OWN, ToyConfig, read_value
from ganplay.experiment import SAMPLES, plain
from ganplay.settings import ConfigError, Problem, unknown
from ganplay.training import ToyTrainer, shape_of

T = TypeVar("T")
MAX_MEMBERS, MAX_AXES = 64, 2
_AXES = {f.name: f for f in fields(ToyConfig) if f.name != "points"}


class Axis(NamedTuple):
    """A field of `ToyConfig` and the values that cells have of it."""

    name: str
    values: tuple[Any, ...]


class Cell(NamedTuple):
    """The values of the axes by name, and the members that have them, one for each seed."""

    values: dict[str, Any]
    configs: tuple[ToyConfig, ...]


@dataclass(frozen=True)
class Group:
    """Members of one shape: their trainer, and the index of each among those of the arena."""

    trainer: ToyTrainer
    members: tuple[int, ...]


def axis(name: str, values: Sequence[object]) -> Axis:
    """An axis whose values its field may hold.

    Raises:
        ConfigError: naming the field, the value and what is allowed.
    """
    if name not in _AXES:
        raise ConfigError([unknown(_AXES, name, ", ".join(map(str, values)))])
    if not 1 <= len(values) <= MAX_MEMBERS:
        raise _wrong(name, len(values), f"from 1 to {MAX_MEMBERS} values are needed", "values")
    problems = [p for v in values if (p := ToyConfig.check(_AXES[name], v))]
    if problems:
        raise ConfigError(problems)
    twice = [v for i, v in enumerate(values) if v in values[:i]]
    if twice:
        raise _wrong(name, twice[0], "each value may be given once", "twice")
    kind: Any = _AXES[name].type
    return Axis(name, tuple(kind(v) for v in values))


def read_axis(text: str) -> Axis:
    """An axis as it is written, such as `lr_g=1e-4,1e-3`.

    Raises:
        ConfigError: if it is none.
    """
    name, _, values = text.partition("=")
    name = name.strip().replace("-", "_")
    return axis(name, [read_value(name, v.strip()) for v in values.split(",")])


def cells(base: ToyConfig, axes: Sequence[Axis], seeds: Sequence[int]) -> list[Cell]:
    """What is trained beside each other: all values of one axis, or all pairs of two.

    Own points go with their distribution. Where the seed itself is an axis, each cell has but
    that one and `seeds` must hold one.

    Raises:
        ConfigError: for axes that go not together, too many members, and for settings that
            contradict each other in a cell.
    """
    names = [a.name for a in axes]
    if not 1 <= len(axes) <= MAX_AXES or len(set(names)) < len(names):
        raise _wrong("sweep", ", ".join(names), "one axis or two different ones", "axes")
    if "seed" in names and len(seeds) != 1:
        raise _wrong("seed", len(seeds), "as an axis it leaves one seed to each cell", "seeds")
    members = math.prod(len(a.values) for a in axes) * len(seeds)
    if not 1 <= members <= MAX_MEMBERS:
        why = f"at most {MAX_MEMBERS} GANs (cells times seeds) are possible"
        raise _wrong("sweep", members, why, "members")
    chosen = [
        dict(zip(names, v, strict=True)) for v in itertools.product(*(a.values for a in axes))
    ]
    return [Cell(v, tuple(_member(base, v, seed) for seed in seeds)) for v in chosen]


def _member(base: ToyConfig, values: Mapping[str, Any], seed: int) -> ToyConfig:
    changes: dict[str, Any] = {"seed": seed, **values}
    if values.get("distribution", OWN) != OWN:
        changes["points"] = ""
    return replace(base, **changes)


def _wrong(field: str, value: object, allowed: str, code: str) -> ConfigError:
    return ConfigError([Problem(field, value, allowed, None, code)])


def grouped(configs: Iterable[ToyConfig]) -> list[list[int]]:
    """Indexes of configurations of equal shape, in order of the first of each."""
    groups: dict[object, list[int]] = {}
    for i, config in enumerate(configs):
        groups.setdefault(shape_of(config), []).append(i)
    return list(groups.values())


class Arena:
    """Trains all members of some cells.

    With equal cells a run repeats exactly on one machine.
    """

    def __init__(self, cells: Sequence[Cell], *, use_capture: bool = True) -> None:
        """Make fresh networks."""
        self.cells = list(cells)
        configs = [config for cell in self.cells for config in cell.configs]
        self.groups = [
            Group(ToyTrainer([configs[i] for i in part], use_capture=use_capture), tuple(part))
            for part in grouped(configs)
        ]

    def __len__(self) -> int:
        return sum(len(group.members) for group in self.groups)

    @property
    def steps(self) -> int:
        """Steps since the start."""
        return self.groups[0].trainer.steps

    def step(self, count: int = 1) -> None:
        """Take steps of all members, one group after the other."""
        for group in self.groups:
            group.trainer.step(count)

    def warm_up(self) -> None:
        """Wait until the steps are captured, for measuring; training does not need it."""
        for group in self.groups:
            group.trainer.warm_up()

    def joined(self, part: Callable[[Group], Sequence[T]]) -> list[T]:
        """What `part` gives for each member of a group, in the order of the arena's members."""
        found: dict[int, T] = {}
        for group in self.groups:
            found |= zip(group.members, part(group), strict=True)
        return [found[i] for i in range(len(self))]

    def report(self, samples: int = SAMPLES) -> dict[str, Any]:
        """Every cell's metrics, best first, fit for JSON.

        `mean` is over the cell's seeds, None where a seed has no finite number; `error` is the
        standard error of that mean, None for one seed. See `ranks` for `rank`.
        """

        def measured(group: Group) -> list[dict[str, float]]:
            values = {n: v.tolist() for n, v in group.trainer.evaluate(samples).items()}
            return [{n: v[i] for n, v in values.items()} for i in range(len(group.members))]

        left = iter(self.joined(measured))
        told = [_told(c, list(itertools.islice(left, len(c.configs))), samples) for c in self.cells]
        for cell, rank in zip(told, ranks(told), strict=True):
            cell["rank"] = rank
        told.sort(key=lambda cell: tuple(cell["rank"].values()))
        return {"steps": self.steps, "samples": samples, "cells": told}


def _told(cell: Cell, members: Sequence[Mapping[str, float]], samples: int) -> dict[str, Any]:
    columns = {name: [member[name] for member in members] for name in members[0]}
    return {
        "values": cell.values,
        "state": cell.configs[0].to_state(),
        "rank": {},
        "noise_floor": plain(metrics.noise_floor(cell.configs[0].data, samples)),
        "mean": plain({name: mean(v) for name, v in columns.items()}),
        "error": plain({name: standard_error(v) for name, v in columns.items()}),
        "members": [
            {"seed": config.seed} | plain(member)
            for config, member in zip(cell.configs, members, strict=True)
        ],
    }


def mean(values: Sequence[float]) -> float:
    """Their mean; NaN if not all are finite."""
    return fmean(values) if all(map(math.isfinite, values)) else math.nan


def standard_error(values: Sequence[float]) -> float:
    """Standard error of the mean, `s / sqrt(n)` with n - 1 in s; NaN if that is not known."""
    if len(values) < 2 or not all(map(math.isfinite, values)):
        return math.nan
    return stdev(values) / math.sqrt(len(values))


def ranks(told: Sequence[Mapping[str, Any]]) -> list[dict[str, int]]:
    """Places of reported cells by distance (`js`) and by `modes`, 1 for the best.

    A distance counts by what it is above its noise floor (below it nothing can be told apart),
    modes by their share of those of the data. Equal cells share a place; unknown is last.
    """
    keys: dict[str, list[float]] = {"js": [], "modes": []}
    for cell in told:
        mean, floor = cell["mean"], cell["noise_floor"]
        js, modes = mean["js"], mean["modes"]
        keys["js"].append(math.inf if js is None else max(0.0, js - floor["js"]))
        keys["modes"].append(math.inf if modes is None else -modes / floor["modes"])
    return [
        {name: 1 + sum(other < values[i] for other in values) for name, values in keys.items()}
        for i in range(len(told))
    ]
