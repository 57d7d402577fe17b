"""An arena: GAN-steps a second over textbook loops in turn, and frames a second in a browser."""

import argparse
from functools import partial

from benchmarks.browser import app_page
from benchmarks.report import Row, paired_rows, rate, run
from benchmarks.toy_speed import Textbook
from ganplay import PRESETS
from ganplay.arena.arena import Arena, cells
from ganplay.arena.axes import axis

LR = (1e-4, 3e-4, 1e-3, 3e-3)
AXES = [axis("lr_g", LR), axis("lr_d", LR)]
"""Sixteen cells of one shape."""


def trained(seconds: float, pairs: int, seed: int) -> list[Row]:
    """The ratio, and the two rates that it is made of."""
    config = PRESETS["ring"]
    arena = Arena(cells(config, AXES, [seed]))
    arena.warm_up()
    loops = [Textbook(config) for _ in range(len(arena))]

    def one_after_another() -> None:
        for loop in loops:
            for _ in range(5):
                loop.step()

    return paired_rows(
        f"arena of {len(arena)} equal shapes", "GAN-steps", ">= 4",
        partial(rate, partial(arena.step, 20), seconds, 20 * len(arena)),
        partial(rate, one_after_another, seconds, 5 * len(loops)),
        pairs,
    )  # fmt: skip


def watched(seconds: float, seed: int) -> list[Row]:
    """What a page draws while all train as fast as they go."""
    values = ",".join(map(str, LR))
    with app_page() as app:
        place = f"#state=1;seed:{seed}&arena=base:lab;seeds:1;lr_d:{values};lr_g:{values}"
        app.page.goto(app.url + place)
        app.page.wait_for_function("window.ganplay?.arena?.step > 100", timeout=60_000)
        app.page.wait_for_timeout(2000)
        counts = "{ drawn: ganplay.arena.drawn, step: ganplay.arena.step }"
        gained = app.gained(seconds, counts)
    name = f"arena of {len(LR) ** 2} in a browser"
    cost = gained["frame_seconds"] / gained["frames"]
    return [
        Row(f"{name}: frames drawn", gained["drawn"], "1/s", ">= 20"),
        Row(f"{name}: steps of all meanwhile", gained["step"], "1/s"),
        Row(f"{name}: server time of a frame", 1000 * cost, "ms"),
    ]


def measure(options: argparse.Namespace) -> list[Row]:
    """Measure one arena."""
    rows = trained(*((1.0, 5) if options.quick else (2.0, 11)), options.first_seed)
    return rows + watched(8.0 if options.quick else 20.0, options.first_seed)


if __name__ == "__main__":
    run(measure)
