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
from benchmarks.servers import Server, cpu_seconds, resident, running
from benchmarks.students import Seen, Student
from benchmarks.visitors import Tokens, frame_rates, generator_rate

VISITORS = 16


def frames_of_each(quick: bool, first_seed: int) -> list[Row]:
    """The slowest of our visitors against the mean of the generators'."""
    warm, seconds = (4.0, 6.0) if quick else (6.0, 20.0)
    seen = [Seen() for _ in range(VISITORS)]
    with running("ganplay.cli", "app") as server:
        token = Tokens(server.url)
        configs = ({"seed": first_seed + i} for i in range(VISITORS))
        visits = [
            Student(server.url, token, own, speed=None, config=config).attend()
            for own, config in zip(seen, configs, strict=True)
        ]
        ours = uvloop.run(frame_rates(visits, [own.frames for own in seen], warm, seconds))
    base = generator_rate(VISITORS, warm, 1.5 * seconds)
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
    seen = [Seen() for _ in range(size)]
    visits = [Student(url, token, own).attend() for own in seen]
    await frame_rates(visits, [own.frames for own in seen], seconds, 0.0)
    return sum(not own.frames for own in seen)


def what_is_left(quick: bool) -> list[Row]:
    """Memory over waves of 32 sessions, and how long a closed tab goes on."""
    waves, seconds = (4, 2.0) if quick else (14, 3.0)
    sizes, without = [], 0
    with running("ganplay.cli", "app") as server:
        token = Tokens(server.url)
        for _ in range(waves + 2):
            without += uvloop.run(wave(server.url, token, 32, seconds))
            time.sleep(4.5)  # past the grace of a closed tab
            sizes.append(resident(server.pid))
        idle_from = cpu_seconds(server.pid)
        time.sleep(2.0)
        idle = (cpu_seconds(server.pid) - idle_from) / 2.0
    return [
        Row("visitors of all waves without a frame", without, "", "== 0"),
        Row(
            f"memory after {waves} more waves of 32 sessions", sizes[-1] - sizes[1], "MiB", "<= 25"
        ),
        Row("memory after the first two", sizes[1], "MiB"),
        Row("processor used when all tabs are closed", idle, "cores", "<= 0.1"),
    ]


async def sampled(server: Server, first_seed: int, seconds: float) -> list[float]:
    """Memory of the server at times evenly spread over those that a class is there."""
    tokens, times = Tokens(server.url), (seconds / 5, seconds * 4 / 5)
    there = asyncio.create_task(lesson(server, tokens, "d", CLASS, first_seed, times))
    sizes = []
    while not there.done():
        await asyncio.wait([there], timeout=seconds / 20)
        sizes.append(resident(server.pid))
    await there
    return sizes


def of_a_class_that_stays(quick: bool, first_seed: int) -> list[Row]:
    """Memory over ten minutes, once everything that is kept has been asked for."""
    seconds = 20.0 if quick else 600.0
    with running("benchmarks.class_server") as server:
        sizes = uvloop.run(sampled(server, first_seed, seconds))
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
