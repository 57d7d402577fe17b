"""`ganplay toy --sweep`: cells side by side, ranked, as a table and as a picture."""

import argparse
import math
from collections.abc import Mapping, Sequence
from typing import Any

from PIL import Image

from ganplay.arena.arena import MAX_AXES, MAX_MEMBERS, Arena, Group, cells
from ganplay.arena.axes import Axis, read_axis
from ganplay.cli import flags
from ganplay.common.number_text import count, measured, setting, span
from ganplay.common.settings import ConfigError
from ganplay.toy.config import ToyConfig
from ganplay.toy.plot import each_panel, side_by_side
from ganplay.toy.remedies import CLASSIC

_COLUMNS = ("js", "modes", "high_quality")
_JOINT = (
    "lr_ratio (D's learning rate over G's)",
    "width (of both networks)",
    "remedy (one of " + ", ".join(CLASSIC) + ")",
)
INTERVAL = "95 % interval, percentile bootstrap over the seeds: too narrow with few"
_NOT_WITH = ("load", "until", "script", "save", "film")


def _axis(text: str) -> Axis:
    try:
        return read_axis(text)
    except ConfigError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def add_sweep(parser: argparse.ArgumentParser) -> None:
    """The flag of the axes."""
    parser.add_argument("--sweep", type=_axis, action="append", metavar="SETTING=VALUE,...",
        help="train with each value of a setting side by side and rank them by js and modes; "
        f"given twice, all pairs; at most {MAX_MEMBERS} GANs with their seeds; beside settings "
        "there are " + ", ".join(_JOINT))  # fmt: skip


def arena_of(options: argparse.Namespace, config: ToyConfig, seeds: Sequence[int]) -> Arena:
    """What the flags ask for; ends the process with the reason if it cannot be."""
    for flag in _NOT_WITH:
        if getattr(options, flag):
            flags.refuse(f"--{flag}: not with --sweep, which trains many settings to one step")
    if len(options.sweep) > MAX_AXES:
        flags.refuse(f"--sweep: given {len(options.sweep)} times; at most {MAX_AXES} axes")
    return Arena(cells(config, options.sweep, seeds))


def ranking(result: Mapping[str, Any]) -> str:
    """The cells as a table, best first."""
    shown = result["cells"]
    names = list(shown[0]["values"])
    heads = ["rank", *names, *_COLUMNS, "floor of js"]
    rows = [
        [str(cell["rank"]["js"]), *map(setting, cell["values"].values())]
        + [_with_interval(name, cell["mean"][name], cell["interval"][name]) for name in _COLUMNS]
        + [measured(cell["noise_floor"]["js"])]
        for cell in shown
    ]
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    lines = [
        "  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True))
        for row in [heads, *rows]
    ]
    seeds = len(shown[0]["members"])
    each = f"mean of {seeds} seeds [{INTERVAL}]" if seeds > 1 else "one seed each"
    return "\n".join([*lines, f"{each}; {result['steps']} steps, {result['samples']} samples"])


def _with_interval(name: str, mean: float | None, ends: Sequence[float] | None) -> str:
    written = count if name == "modes" else measured
    return written(mean) if ends is None else span(written(mean), *map(written, ends))


def pictured(arena: Arena) -> Image.Image:
    """A panel for each cell, of its first seed; of two axes the second runs along the rows."""
    names = [
        ", ".join(f"{name} {setting(value)}" for name, value in cell.values.items())
        for cell in arena.cells
        for _ in cell.configs
    ]

    def drawn(group: Group) -> list[Image.Image]:
        return each_panel(group.trainer, [names[i] for i in group.members])

    panels = arena.per_member(drawn)[:: len(arena.cells[0].configs)]
    first, *others = (list(cell.values.values()) for cell in arena.cells)
    row = 1 + sum(values[0] == first[0] for values in others)
    return side_by_side(panels, row if len(first) > 1 else math.ceil(math.sqrt(len(panels))))
