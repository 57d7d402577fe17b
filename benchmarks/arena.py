"""GAN-steps a second of an arena over textbook loops that run one after another."""

import sys

from benchmarks.report import Row, arguments, finish, paired_ratio
from benchmarks.toy_speed import Textbook, rate
from ganplay import PRESETS
from ganplay.arena import Arena, cells
from ganplay.axes import axis

LR = (1e-4, 3e-4, 1e-3, 3e-3)
AXES = [axis("lr_g", LR), axis("lr_d", LR)]
"""Sixteen cells of one shape."""


def measure(seconds: float, pairs: int, seed: int) -> list[Row]:
    """The ratio, and the two rates that it is made of."""
    config = PRESETS["ring"]
    arena = Arena(cells(config, AXES, [seed]))
    arena.warm_up()
    loops = [Textbook(config) for _ in range(len(arena))]

    def one_after_another(count: int) -> None:
        for loop in loops:
            for _ in range(count):
                loop.step()

    ratio, ours, base = paired_ratio(
        lambda: len(arena) * rate(arena.step, seconds, 20),
        lambda: len(loops) * rate(one_after_another, seconds, 5),
        pairs,
    )
    name = f"arena of {len(arena)} equal shapes"
    return [
        Row(f"{name}: over textbook loops", ratio, "x", ">= 4"),
        Row(f"{name}: GAN-steps", ours, "1/s"),
        Row("textbook loops: GAN-steps", base, "1/s"),
    ]


def main() -> int:
    """Measure one arena."""
    options = arguments(__doc__)
    seconds, pairs = (1.0, 5) if options.quick else (2.0, 11)
    return finish(measure(seconds, pairs, options.first_seed), options.json)


if __name__ == "__main__":
    sys.exit(main())
