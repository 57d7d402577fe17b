"""Many visitors at once: frames for each, against a generator for each, and what they leave.

They come and go (more than 500 of them), and a class stays for ten minutes, of which half drag
sliders and some reload, change networks, upload and export.
"""

import argparse
import asyncio
import time

import uvloop

from benchmarks.classroom import CLASS, lesson
from benchmarks.report import Row, run
from benchmarks.servers import cpu_seconds, resident, served
from benchmarks.visitors import Tokens, counted, generator_visitor, visitor

VISITORS = 16


def frames_of_each(quick: bool, first_seed: int) -> list[Row]:
    """The slowest of our visitors against the mean of the generators'."""
    warm, seconds = (4.0, 6.0) if quick else (6.0, 20.0)
    counts = [0] * VISITORS
    with served("ganplay.cli", "app") as (url, _):
        token = Tokens(url)
        tasks = [
            visitor(url, token(), counts, i, config={"seed": first_seed + i})
            for i in range(VISITORS)
        ]
        ours = uvloop.run(counted(tasks, counts, warm, seconds))
    counts = [0] * VISITORS
    with served("benchmarks.generator_page") as (url, _):
        tasks = [generator_visitor(url, counts, i) for i in range(VISITORS)]
        theirs = uvloop.run(counted(tasks, counts, warm, 1.5 * seconds))
    base = sum(theirs) / VISITORS
    return [
        Row(f"frames of the slowest of {VISITORS}, over a generator's", min(ours) / base, "x",
            ">= 8"),
        Row("frames of the slowest of ours", min(ours), "1/s"),
        Row("frames of ours, mean", sum(ours) / VISITORS, "1/s"),
        Row("frames of a generator's visitor, mean", base, "1/s"),
        Row("fairness of ours (Jain)", sum(ours) ** 2 / (VISITORS * sum(r * r for r in ours)), ""),
    ]  # fmt: skip


async def wave(url: str, token: Tokens, size: int, seconds: float) -> int:
    """Sessions open, take frames and close; how many got none."""
    counts = [0] * size
    names = [token() for _ in range(size)]
    tasks = [visitor(url, name, counts, i) for i, name in enumerate(names)]
    await counted(tasks, counts, seconds, 0.0)
    return sum(count == 0 for count in counts)


def what_is_left(quick: bool) -> list[Row]:
    """Memory over waves of 32 sessions, and how long a closed tab goes on."""
    waves, seconds = (4, 2.0) if quick else (14, 3.0)
    sizes, without = [], 0
    with served("ganplay.cli", "app") as (url, pid):
        token = Tokens(url)
        for _ in range(waves + 2):
            without += uvloop.run(wave(url, token, 32, seconds))
            time.sleep(4.5)  # past the grace of a closed tab
            sizes.append(resident(pid))
        idle_from = cpu_seconds(pid)
        time.sleep(2.0)
        idle = (cpu_seconds(pid) - idle_from) / 2.0
    return [
        Row("visitors of all waves without a frame", without, "", "== 0"),
        Row(
            f"memory after {waves} more waves of 32 sessions", sizes[-1] - sizes[1], "MiB", "<= 25"
        ),
        Row("memory after the first two", sizes[1], "MiB"),
        Row("processor used when all tabs are closed", idle, "cores", "<= 0.1"),
    ]


async def sampled(url: str, pid: int, first_seed: int, seconds: float) -> list[float]:
    """Memory of the server at times evenly spread over those that a class is there."""
    tokens, times = Tokens(url), (seconds / 5, seconds * 4 / 5)
    there = asyncio.create_task(lesson(url, pid, tokens, "d", CLASS, first_seed, times))
    sizes = []
    while not there.done():
        await asyncio.wait([there], timeout=seconds / 20)
        sizes.append(resident(pid))
    await there
    return sizes


def of_a_class_that_stays(quick: bool, first_seed: int) -> list[Row]:
    """Memory over ten minutes, once everything that is kept has been asked for."""
    seconds = 20.0 if quick else 600.0
    with served("benchmarks.class_server") as (url, pid):
        sizes = uvloop.run(sampled(url, pid, first_seed, seconds))
    early, late = sizes[len(sizes) // 4], sizes[-1]
    bound = "" if quick else "<= 60"
    return [
        Row(
            f"memory of a class, last three quarters of {seconds:.0f} s", late - early, "MiB", bound
        ),
        Row("memory of a class in the end", late, "MiB"),
    ]


def measure(options: argparse.Namespace) -> list[Row]:
    """Measure all."""
    quick, first_seed = options.quick, options.first_seed
    rows = frames_of_each(quick, first_seed) + what_is_left(quick)
    return rows + of_a_class_that_stays(quick, first_seed)


if __name__ == "__main__":
    run(measure)
