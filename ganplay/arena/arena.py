"""Many small GANs side by side on the same data and noise, that differ in one setting or in two.

Each value of the axes, or each pair of them, is a cell; each cell has a member for each seed, and
the seeds are the same everywhere. Members whose computation has one shape are trained together,
in one batched step, whatever cells they belong to.
"""

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeVar

from ganplay.arena.axes import Axis, changed, wrong
from ganplay.arena.statistics import behind, half_width, mean, ranks
from ganplay.common.settings import ConfigError, Problem
from ganplay.toy import metrics
from ganplay.toy.config import ToyConfig
from ganplay.toy.experiment import SAMPLES, plain
from ganplay.toy.step import Structure
from ganplay.toy.trainer import ToyTrainer, shape_of, together

T = TypeVar("T")
MAX_MEMBERS, MAX_AXES = 64, 2
_LEAST_BATCH = 128


class Cell(NamedTuple):
    """The values of the axes by name, and the members that have them, one for each seed."""

    values: dict[str, Any]
    configs: tuple[ToyConfig, ...]


class Impossible(NamedTuple):
    """Values of the axes whose settings contradict each other, and how."""

    values: dict[str, Any]
    problems: list[Problem]


@dataclass(frozen=True)
class Group:
    """Members of one shape: their trainer, and the index of each among those of the arena."""

    trainer: ToyTrainer
    members: tuple[int, ...]


def cells(base: ToyConfig, axes: Sequence[Axis], seeds: Sequence[int]) -> list[Cell]:
    """What is trained beside each other: all values of one axis, or all pairs of two.

    Where the seed itself is an axis, each cell has but that one and `seeds` must hold one.

    Raises:
        ConfigError: as `all_cells`, and where settings contradict each other in a cell.
    """
    made = list[Cell]()
    for cell in all_cells(base, axes, seeds):
        if isinstance(cell, Impossible):
            raise ConfigError(cell.problems)
        made.append(cell)
    return made


def all_cells(
    base: ToyConfig, axes: Sequence[Axis], seeds: Sequence[int]
) -> list[Cell | Impossible]:
    """As `cells`, with those that cannot be in their places.

    Raises:
        ConfigError: for axes that go not together, and for too many members.
    """
    names = [a.name for a in axes]
    if not 1 <= len(axes) <= MAX_AXES or len(set(names)) < len(names):
        raise wrong("sweep", ", ".join(names), "one axis or two different ones", "axes")
    if "seed" in names and len(seeds) != 1:
        raise wrong("seed", len(seeds), "as an axis it leaves one seed to each cell", "seeds")
    members = math.prod(len(a.values) for a in axes) * len(seeds)
    if not 1 <= members <= MAX_MEMBERS:
        why = f"at most {MAX_MEMBERS} GANs (cells times seeds) are possible"
        raise wrong("sweep", members, why, "members")
    chosen = [
        dict(zip(names, v, strict=True)) for v in itertools.product(*(a.values for a in axes))
    ]
    return [_cell(base, values, seeds) for values in chosen]


def _cell(base: ToyConfig, values: Mapping[str, Any], seeds: Sequence[int]) -> Cell | Impossible:
    try:
        config = changed(base, values)
    except ConfigError as error:
        return Impossible(dict(values), error.problems)
    own = [config.seed] if "seed" in values else seeds
    return Cell(dict(values), tuple(replace(config, seed=seed) for seed in own))


def work(config: ToyConfig) -> int:
    """What a step of a member costs, in products of a weight and a sample.

    Small batches count as larger ones, so that a bound of it bounds the memory too.
    """
    structure = Structure.of(config)
    shapes = [*structure.generator.shapes(), *structure.discriminator.shapes()]
    updates = max(1, config.steps_d + config.steps_g)
    return sum(map(math.prod, shapes)) * max(_LEAST_BATCH, config.batch_size) * updates


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

    def __init__(
        self, cells: Sequence[Cell], *, use_capture: bool = True, threads: int | None = None
    ) -> None:
        """Make fresh networks.

        Where all is done by one thread, groups are only as large as what is stepped at once, and
        hold members of one seed as far as that goes.
        """
        self.cells = list(cells)
        configs = [config for cell in self.cells for config in cell.configs]
        seeds = len(self.cells[0].configs)
        self.groups = []
        for shape in grouped(configs):
            size = len(shape)
            if threads == 1:
                shape.sort(key=lambda i: (i % seeds, i))
                size = len(together([configs[i] for i in shape], 1)[0])
            for start in range(0, len(shape), size):
                part = shape[start : start + size]
                trainer = ToyTrainer(
                    [configs[i] for i in part], threads=threads, use_capture=use_capture
                )
                self.groups.append(Group(trainer, tuple(part)))

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
        """Every cell's metrics, best first, fit for JSON; see `told` for what there is of each."""

        def measured(group: Group) -> list[dict[str, float]]:
            values = {n: v.tolist() for n, v in group.trainer.evaluate(samples).items()}
            return [{n: v[i] for n, v in values.items()} for i in range(len(group.members))]

        cells = told(self.cells, self.joined(measured), samples)
        for cell, made in zip(cells, self.cells, strict=True):
            cell["state"] = made.configs[0].to_state()
        cells.sort(key=lambda cell: tuple(cell["rank"].values()))
        return {"steps": self.steps, "samples": samples, "cells": cells}


def told(
    cells: Sequence[Cell],
    members: Sequence[Mapping[str, float]],
    samples: int,
    quick: bool = False,
) -> list[dict[str, Any]]:
    """What is known of each cell, fit for JSON.

    `mean` is over the cell's seeds, None where a seed has no finite number; `half_width` is half
    the 95 % interval of that mean, None for one seed. See `ranks` for `rank`; `behind` is whether
    the cell differs from the first by distance by more than chance, None if that is not known.

    Args:
        cells: of one arena.
        members: metrics of their members by name, cell by cell.
        samples: behind the metrics.
        quick: whether the metrics that cost most were left out.
    """
    left = iter(members)
    found = [_of_cell(c, list(itertools.islice(left, len(c.configs))), samples, quick)
             for c in cells]  # fmt: skip
    places = ranks(found)
    best = min(range(len(found)), key=lambda i: places[i]["js"])
    for cell, place in zip(found, places, strict=True):
        cell["rank"] = place
        cell["behind"] = behind(_distances(cell), _distances(found[best]))
    return found


def _distances(cell: Mapping[str, Any]) -> list[float]:
    return [math.nan if m["js"] is None else m["js"] for m in cell["members"]]


def _of_cell(
    cell: Cell, members: Sequence[Mapping[str, float]], samples: int, quick: bool
) -> dict[str, Any]:
    columns = {name: [member[name] for member in members] for name in members[0]}
    return {
        "values": cell.values,
        "noise_floor": plain(metrics.noise_floor(cell.configs[0].data, samples, quick=quick)),
        "mean": plain({name: mean(v) for name, v in columns.items()}),
        "half_width": plain({name: half_width(v) for name, v in columns.items()}),
        "members": [
            {"seed": config.seed} | plain(member)
            for config, member in zip(cell.configs, members, strict=True)
        ],
    }
