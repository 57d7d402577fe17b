"""An arena: GAN-steps a second over textbook loops in turn, and frames a second in a browser."""

import sys
import time

from playwright.sync_api import sync_playwright

from benchmarks.live_view import FLAGS, browser_path
from benchmarks.report import Row, arguments, finish, paired_ratio
from benchmarks.servers import totals
from benchmarks.toy_speed import Textbook, rate
from ganplay import PRESETS
from ganplay.arena.arena import Arena, cells
from ganplay.arena.axes import axis
from ganplay.live.engine import Engine
from ganplay.server.app import launch

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


SEEN = "({ drawn: ganplay.arena.drawn, step: ganplay.arena.step, at: performance.now() / 1000 })"


def watched(seconds: float, seed: int) -> list[Row]:
    """What a page draws while all train as fast as they go."""
    engine = Engine()
    demo, url = launch("127.0.0.1", block=False, engine=engine)
    values = ",".join(map(str, LR))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        page.goto(f"{url}#state=1;seed:{seed}&arena=base:lab;seeds:1;lr_d:{values};lr_g:{values}")
        page.wait_for_function("window.ganplay?.arena?.step > 100", timeout=60_000)
        page.wait_for_timeout(2000)
        before, frames = page.evaluate(SEEN), totals(engine)
        page.wait_for_timeout(seconds * 1000)
        after, then = page.evaluate(SEEN), totals(engine)
        browser.close()
    demo.close(verbose=False)
    engine.stop()
    time.sleep(0.2)
    passed, made = after["at"] - before["at"], then["frames"] - frames["frames"]
    cost = (then["frame_seconds"] - frames["frame_seconds"]) / made
    name = f"arena of {len(LR) ** 2} in a browser"
    return [
        Row(f"{name}: frames drawn", (after["drawn"] - before["drawn"]) / passed, "1/s", ">= 20"),
        Row(f"{name}: steps of all meanwhile", (after["step"] - before["step"]) / passed, "1/s"),
        Row(f"{name}: server time of a frame", 1000 * cost, "ms"),
    ]


def main() -> int:
    """Measure one arena."""
    options = arguments(__doc__)
    seconds, pairs = (1.0, 5) if options.quick else (2.0, 11)
    rows = measure(seconds, pairs, options.first_seed)
    rows += watched(8.0 if options.quick else 20.0, options.first_seed)
    return finish(rows, options.json)


if __name__ == "__main__":
    sys.exit(main())
