"""Many small GANs side by side on the same data and noise, which differ in one setting or two.

Each value of an axis, or each pair of values of two axes, is a cell. A cell has a member for each
seed, and all cells have the same seeds. Members whose computation has the same shape are trained
together in one batched step, whatever cells they belong to.
"""

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeVar

from ganplay.arena.axes import Axis, changed, refusal
from ganplay.arena.ranking import differs, interval, mean, ranks
from ganplay.common.settings import ConfigError, Problem
from ganplay.toy import metrics
from ganplay.toy.config import ToyConfig
from ganplay.toy.experiment import SAMPLES, plain
from ganplay.toy.step import Structure
from ganplay.toy.trainer import ToyTrainer, shape_of, together

T = TypeVar("T")
MAX_MEMBERS, MAX_AXES = 64, 2
_MIN_BATCH = 128
"""Samples that a step counts for at least in `step_cost`."""


class Cell(NamedTuple):
    """Values of the axes by name, and the configurations of the cell's members, one a seed."""

    values: dict[str, Any]
    configs: tuple[ToyConfig, ...]


class ImpossibleCell(NamedTuple):
    """Values of the axes whose settings contradict each other, and the contradictions."""

    values: dict[str, Any]
    problems: list[Problem]


@dataclass(frozen=True)
class Group:
    """Members that are trained together: their trainer, and the arena's index of each."""

    trainer: ToyTrainer
    members: tuple[int, ...]


def cells(base: ToyConfig, axes: Sequence[Axis], seeds: Sequence[int]) -> list[Cell]:
    """The cells of all values of one axis, or of all pairs of values of two.

    Where the seed itself is an axis, each cell has only that seed, and `seeds` must hold one.

    Raises:
        ConfigError: as `all_cells`, and if settings of a cell contradict each other.
    """
    found = list[Cell]()
    for cell in all_cells(base, axes, seeds):
        if isinstance(cell, ImpossibleCell):
            raise ConfigError(cell.problems)
        found.append(cell)
    return found


def all_cells(
    base: ToyConfig, axes: Sequence[Axis], seeds: Sequence[int]
) -> list[Cell | ImpossibleCell]:
    """As `cells`, but a cell whose settings contradict each other is returned as ImpossibleCell.

    Raises:
        ConfigError: for axes that do not go together, and for too many members.
    """
    names = [a.name for a in axes]
    if not 1 <= len(axes) <= MAX_AXES or len(set(names)) < len(names):
        raise refusal("sweep", ", ".join(names), "one axis or two different ones", "axes")
    if "seed" in names and len(seeds) != 1:
        raise refusal("seed", len(seeds), "as an axis it leaves one seed to each cell", "seeds")
    members = math.prod(len(a.values) for a in axes) * len(seeds)
    if not 1 <= members <= MAX_MEMBERS:
        why = f"at most {MAX_MEMBERS} GANs (cells times seeds) are possible"
        raise refusal("sweep", members, why, "members")
    chosen = [
        dict(zip(names, v, strict=True)) for v in itertools.product(*(a.values for a in axes))
    ]
    return [_cell(base, values, seeds) for values in chosen]


def _cell(
    base: ToyConfig, values: Mapping[str, Any], seeds: Sequence[int]
) -> Cell | ImpossibleCell:
    try:
        config = changed(base, values)
    except ConfigError as error:
        return ImpossibleCell(dict(values), error.problems)
    own = [config.seed] if "seed" in values else seeds
    return Cell(dict(values), tuple(replace(config, seed=seed) for seed in own))


def step_cost(config: ToyConfig) -> int:
    """The cost of one step of a member: weights times samples times updates.

    Batches below _MIN_BATCH count as that, so that a bound on the cost bounds memory too.
    """
    structure = Structure.of(config)
    shapes = [*structure.generator.shapes(), *structure.discriminator.shapes()]
    updates = max(1, config.steps_d + config.steps_g)
    return sum(map(math.prod, shapes)) * max(_MIN_BATCH, config.batch_size) * updates


def group_by_shape(configs: Iterable[ToyConfig]) -> list[list[int]]:
    """Indexes of configurations of the same shape, ordered by the first of each group."""
    groups: dict[object, list[int]] = {}
    for i, config in enumerate(configs):
        groups.setdefault(shape_of(config), []).append(i)
    return list(groups.values())


class Arena:
    """Trains all members of some cells.

    With the same cells, a run repeats exactly on one machine.
    """

    def __init__(
        self, cells: Sequence[Cell], *, use_capture: bool = True, threads: int | None = None
    ) -> None:
        """Make fresh networks.

        With one thread, groups are only as large as what is stepped at once, and hold members of
        one seed as far as possible: a page shows the members of one seed.
        """
        self.cells = list(cells)
        configs = [config for cell in self.cells for config in cell.configs]
        seeds = len(self.cells[0].configs)
        self.groups = []
        for shape in group_by_shape(configs):
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

    def per_member(self, values_of: Callable[[Group], Sequence[T]]) -> list[T]:
        """A value of each member in order, from a function that gives those of a group."""
        found: dict[int, T] = {}
        for group in self.groups:
            found |= zip(group.members, values_of(group), strict=True)
        return [found[i] for i in range(len(self))]

    def report(self, samples: int = SAMPLES) -> dict[str, Any]:
        """All cells' reports, best first, as JSON can hold them; see `cell_reports`."""

        def measured(group: Group) -> list[dict[str, float]]:
            values = {n: v.tolist() for n, v in group.trainer.evaluate(samples).items()}
            return [{n: v[i] for n, v in values.items()} for i in range(len(group.members))]

        reports = cell_reports(self.cells, self.per_member(measured), samples)
        for report, cell in zip(reports, self.cells, strict=True):
            report["state"] = cell.configs[0].to_state()
        reports.sort(key=lambda report: tuple(report["rank"].values()))
        return {"steps": self.steps, "samples": samples, "cells": reports}


def cell_reports(
    cells: Sequence[Cell],
    members: Sequence[Mapping[str, float]],
    samples: int,
    quick: bool = False,
) -> list[dict[str, Any]]:
    """Metrics and rank of each cell, as JSON can hold them.

    `mean` is over the cell's seeds, None where a seed has no finite number; `interval` is the 95 %
    interval of that mean by the percentile bootstrap over the seeds, as its two ends, None for one
    seed or where there is no mean. See `ranks` for `rank`; `behind` is whether the cell's distance
    differs from that of the best by more than chance (see `differs`).

    Args:
        cells: of one arena.
        members: metrics of their members by name, cell by cell.
        samples: with which the metrics were measured.
        quick: whether the metrics that cost most were left out.
    """
    rest = iter(members)
    reports = [
        _report(cell, list(itertools.islice(rest, len(cell.configs))), samples, quick)
        for cell in cells
    ]
    places = ranks(reports)
    best = min(range(len(reports)), key=lambda i: places[i]["js"])
    for report, place in zip(reports, places, strict=True):
        report["rank"] = place
        report["behind"] = differs(_distances(report), _distances(reports[best]))
    return reports


def _distances(report: Mapping[str, Any]) -> list[float]:
    return [math.nan if m["js"] is None else m["js"] for m in report["members"]]


def _ends(found: tuple[float, float] | None) -> list[float] | None:
    return found and [round(end, 6) for end in found]


def _report(
    cell: Cell, members: Sequence[Mapping[str, float]], samples: int, quick: bool
) -> dict[str, Any]:
    columns = {name: [member[name] for member in members] for name in members[0]}
    return {
        "values": cell.values,
        "noise_floor": plain(metrics.noise_floor(cell.configs[0].data, samples, quick=quick)),
        "mean": plain({name: mean(v) for name, v in columns.items()}),
        "interval": {name: _ends(interval(values)) for name, values in columns.items()},
        "members": [
            {"seed": config.seed} | plain(member)
            for config, member in zip(cell.configs, members, strict=True)
        ],
    }
