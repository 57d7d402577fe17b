"""A class on one small machine: what each of 1 to 64 students gets.

Students (`students`) talk to the real server as pages do, over the loopback. Scenarios: (a) all on
one lesson, each with a seed of their own; (b) five different settings; (c) everybody different;
(d) half of them drag sliders in the explorer, and of the others some reload, close, change
networks, upload and export; (e) all answer in a live class while a server is killed (`live_class`).
In the same run the page that public demos are made like
(`generator_page`).
"""

import argparse
import asyncio
import random
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import asdict, replace
from functools import partial
from itertools import cycle, islice
from statistics import fmean
from typing import Any

import httpx
import uvloop

from benchmarks.live_class import live_class
from benchmarks.report import Row, percentile, run
from benchmarks.servers import Server, resident, running
from benchmarks.students import Seen, Student, drag
from benchmarks.visitors import Tokens, ended, generator_rate
from ganplay import PRESETS
from ganplay.toy.config import ToyConfig

CLASS = 32
SIZES = (1, 8, 16, 32, 64)
FIVE = ("ring", "collapse", "vanishing", "wgan-gp", "classic")
FIDGETS = 4
"""Students who do not just look, in (d)."""
PATIENCE = 60.0
"""Seconds that it may take to capture steps and to try out what may step together; with many
structures that goes on while they are seen."""
BOUNDS = {"a": (15, 60), "b": (10, 20), "c": (6, 8)}
"""Frames and steps a second that each of a class must get."""


def of_presets(names: Sequence[str], count: int, first_seed: int) -> list[dict[str, Any]]:
    """Settings of the lab in turns, with different seeds."""
    turns = islice(cycle(names), count)
    return [asdict(PRESETS[n]) | {"seed": first_seed + i} for i, n in enumerate(turns)]


def different(count: int, first_seed: int) -> list[dict[str, Any]]:
    """No two with the same structure."""
    draw = random.Random(first_seed)
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    while len(found) < count:
        config, _ = ToyConfig().repaired(
            {
                "distribution": draw.choice(("ring", "grid", "moons", "spiral", "blobs")),
                "batch_size": draw.choice((32, 64, 128, 256)),
                "layers_g": draw.choice((1, 2, 3)),
                "layers_d": draw.choice((1, 2, 3)),
                "width_g": draw.choice((8, 16, 32, 64, 100)),
                "width_d": draw.choice((8, 16, 32, 64, 100)),
                "norm_d": draw.choice(("none", "none", "spectral")),
                "loss": draw.choice(("non_saturating", "hinge", "least_squares", "minimax")),
                "penalty": draw.choice(("none", "none", "r1")),
                "optimizer_g": draw.choice(("adam", "rmsprop")),
                "steps_d": draw.choice((1, 1, 2)),
                "seed": first_seed + len(found),
            }
        )
        settings = asdict(config)
        found[tuple(v for k, v in settings.items() if k != "seed")] = settings
    return list(found.values())


same = partial(of_presets, ("ring",))
Make = Callable[[int, int], list[dict[str, Any]]]
"""Makes the settings of so many students, with seeds from a first one on."""
SETTINGS: dict[str, Make] = {"a": same, "b": partial(of_presets, FIVE), "c": different, "d": same}


class Measured:
    """What happened in one scenario.

    Args:
        lab: what those in the lab saw who only look.
        others: what the others saw.
        start: when the measurement began, and
        end: when it ended.
        before: frames and steps of each in the lab when it began.
        late: milliseconds by which the server's event loop was late.
        memory: of the server, in MiB.
        ready: seconds until it was as fast as it gets: all is captured and tried out.
        early: frames a second of each in the lab until then.
    """

    def __init__(self, lab: list[Seen], others: list[Seen]) -> None:
        self.lab, self.others = lab, others
        self.late: list[float] = []
        self.early: list[float] = []
        self.memory = self.ready = 0.0
        self.start = self.end = 0.0
        self._steps = [0] * len(lab)

    def begin(self) -> None:
        """What went before does not count, but as `early`."""
        self.early = [len(one.frames) / self.ready for one in self.lab]
        self.start, self._steps = time.perf_counter(), [one.steps for one in self.lab]

    def finish(self) -> None:
        """Nothing after this counts."""
        self.end = time.perf_counter()
        self.steps = [
            (one.steps - before) / (self.end - self.start)
            for one, before in zip(self.lab, self._steps, strict=True)
        ]
        self.gaps = [one.gaps(self.start, self.end) for one in self.lab]
        self.frames = [(len(g) - 1) / (self.end - self.start) for g in self.gaps]
        self.waits = [wait for one in self.others for wait in one.waited(self.start, self.end)]
        self.lost = sum(len(one.lost(self.start)) for one in [*self.lab, *self.others])


def jain(values: list[float]) -> float:
    """Jain's index of fairness: 1 if all get the same, 1/n if one gets everything."""
    return sum(values) ** 2 / (len(values) * sum(v * v for v in values) or 1)


async def lesson(
    server: Server, token: Tokens, scenario: str, size: int, first_seed: int,
    times: tuple[float, float],
) -> Measured:  # fmt: skip
    """Let a class do what a scenario says, for some seconds unmeasured and some measured.

    Unmeasured until all that is captured and tried out in the background has been, too.
    """
    (warm, seconds), url = times, server.url
    exploring = size // 2 if scenario == "d" else 0
    fidgeting = FIDGETS if scenario == "d" and size >= 4 * FIDGETS else 0
    settings = SETTINGS[scenario](size - exploring, first_seed)
    seen = Measured(
        [Seen() for _ in range(size - exploring - fidgeting)],
        [Seen() for _ in range(exploring + fidgeting)],
    )
    labs = [*seen.lab, *seen.others[exploring:]]
    students = [Student(url, token, s, config=c) for s, c in zip(labs, settings, strict=True)]
    doing: list[Coroutine[Any, Any, None]] = [s.attend() for s in students]
    doing += [drag(url, token, s) for s in seen.others[:exploring]]
    if fidgeting:
        doing += [s.fidget(1 + i / 4) for i, s in enumerate(students[-fidgeting:])]
    there = [asyncio.create_task(one) for one in doing]
    async with httpx.AsyncClient(timeout=30) as client:
        await asyncio.sleep(warm)
        begun = time.perf_counter() - warm
        while (await client.get(f"{url}/probe")).json()["preparing"]:
            await asyncio.sleep(0.5)
            if time.perf_counter() - begun > PATIENCE:
                break
        seen.ready = time.perf_counter() - begun
        seen.begin()
        await asyncio.sleep(seconds)
        seen.finish()
        seen.late = (await client.get(f"{url}/probe")).json()["late"]
    seen.memory = resident(server.pid)
    await ended(there)
    return seen


def rows_of(scenario: str, size: int, seen: Measured) -> list[Row]:
    """What a class of some size got; bounds are those of a class of `CLASS`."""
    name = f"({scenario}) {size}: "
    frames, steps = BOUNDS.get(scenario, (0, 1))
    rows = [
        Row(f"{name}frames of the slowest", min(seen.frames), "1/s", f">= {frames}"),
        Row(f"{name}frames, mean", fmean(seen.frames), "1/s"),
        Row(f"{name}steps of the slowest", min(seen.steps), "1/s", f">= {steps}"),
        Row(f"{name}steps, mean", fmean(seen.steps), "1/s"),
        Row(f"{name}gap between frames, p95",
            1000 * percentile([gap for gaps in seen.gaps for gap in gaps], 0.95), "ms"),
        Row(f"{name}longest gap", 1000 * max(map(max, seen.gaps)), "ms", "<= 2000"),
        Row(f"{name}fairness of frames (Jain)", jain(seen.frames), "", ">= 0.95"),
        Row(f"{name}fairness of steps (Jain)", jain(seen.steps), "",
            "" if scenario == "c" else ">= 0.95"),
        Row(f"{name}event loop late, p99", percentile(seen.late, 0.99), "ms", "<= 100"),
        Row(f"{name}as fast as it gets after", seen.ready, "s", f"<= {PATIENCE:.0f}"),
        Row(f"{name}frames of the slowest until then", min(seen.early), "1/s"),
        Row(f"{name}server's memory", seen.memory, "MiB"),
        Row(f"{name}lines and requests lost", seen.lost, "", "== 0"),
    ]  # fmt: skip
    if seen.waits:
        each = len(seen.waits) / (seen.end - seen.start) / (size // 2)
        rows += [
            Row(f"{name}slider to picture, p50", percentile(seen.waits, 0.5), "ms"),
            Row(f"{name}slider to picture, p95", percentile(seen.waits, 0.95), "ms", "<= 150"),
            Row(f"{name}pictures of a slider", each, "1/s"),
        ]
    return rows if size == CLASS else [replace(row, bound="") for row in rows]


def lessons(plan: list[tuple[str, int]], first_seed: int, times: tuple[float, float]) -> list[Row]:
    """Some classes, one after the other, on one server."""
    rows = []
    with running("benchmarks.class_server") as server:
        token = Tokens(server.url)
        for scenario, size in plan:
            seen = uvloop.run(lesson(server, token, scenario, size, first_seed, times))
            rows += rows_of(scenario, size, seen)
            print(".", end="", file=sys.stderr, flush=True)
            time.sleep(4.5)  # past the grace of closed tabs
    print(file=sys.stderr)
    return rows


def measure(options: argparse.Namespace) -> list[Row]:
    """Measure classes, and the same class on a page of generators."""
    scenarios = options.scenario or "abcde"
    alone = [s for s in scenarios if s in SETTINGS]
    plan = [(s, n) for s in alone for n in ((CLASS,) if options.quick else SIZES)]
    times = (8.0, 6.0) if options.quick else (15.0, 20.0)
    rows = lessons(plan, options.first_seed, times) if plan else []
    if "e" in scenarios:
        pause = 4.0 if options.quick else 10.0
        with running("benchmarks.class_server") as server:
            rows += uvloop.run(live_class(server, SIZES[-1], pause, options.first_seed))
    if "a" in scenarios:
        seconds = 8.0 if options.quick else 20.0
        base = generator_rate(CLASS, seconds / 2, seconds)
        ours = next(r.value for r in rows if r.name.startswith(f"(a) {CLASS}: frames of the slow"))
        rows += [
            Row("frames of a generator's visitor, mean", base, "1/s"),
            Row(f"(a) {CLASS}: frames of the slowest over those", ours / base, "x", ">= 8"),
        ]
    return rows


if __name__ == "__main__":
    run(measure, scenario="a, b, c, d or e alone")
