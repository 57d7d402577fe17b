"""A rehearsal: a class of 32 for ten minutes, with two faults, and what each of them saw.

Everybody trains in the lab with a seed of their own; then half of them follow a lesson while the
others drag a slider in the explorer, and the other way round; in the end everybody is back in the
lab and takes along the weights and a film. In the lab a number of one student's network becomes
NaN. While the lesson and the sliders are under way the server is killed and started again: pages
have to come back by themselves, with the settings, the seed and the step that they hold.

Students (`students`) talk to the real server over the loopback, as pages do. `--quick` shortens
the class to half a minute.
"""

import asyncio
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import httpx
import uvloop

from benchmarks.classroom import CLASS, Measured, same
from benchmarks.rehearsal_class import Happened, Person, Plan, planned
from benchmarks.rehearsal_report import account, as_markdown, rows_of, table_of, undisturbed
from benchmarks.report import arguments, finish, write_section
from benchmarks.servers import Server, resident, running
from benchmarks.visitors import Tokens, ended
from ganplay.lessons.lesson import load_all

MINUTES, QUICK_SECONDS, QUICK_CLASS = 10.0, 34.0, 8
LESSON, SHORT_LESSON = "mode-collapse", "vanishing-gradient"
ENOUGH = 300.0
"""Seconds of a class that has time for the longer lesson, which takes one minute on two cores."""
LONGER = 0.25
"""Of its time, that a class may take longer."""


async def disturb(server: Server, people: Sequence[Person], plan: Plan, seen: Happened) -> None:
    """The two faults."""
    async with httpx.AsyncClient(timeout=30) as client:
        await _watch(client, server)
        await asyncio.sleep(seen.begun + plan.nan - time.perf_counter())
        seen.spoilt = time.perf_counter()
        with suppress(asyncio.TimeoutError):  # which the report will show
            await asyncio.wait_for(people[0].fall_ill(client), plan.kill - plan.nan)
        await asyncio.sleep(seen.begun + plan.kill - time.perf_counter())
        await _look_at(client, server, seen)
        seen.killed = time.perf_counter()
        server.kill()
        for one in people:
            one.step_before = one.student.step
        server.start()
        if await asyncio.to_thread(server.wait):
            seen.up = time.perf_counter()
        await _watch(client, server)


async def _watch(client: httpx.AsyncClient, server: Server) -> None:
    """Have a server watch itself; its probe is there a moment later than its page."""
    with suppress(httpx.HTTPError):
        while not (await client.get(f"{server.url}/probe")).is_success:
            await asyncio.sleep(0.1)


async def _look_at(client: httpx.AsyncClient, server: Server, seen: Happened) -> None:
    """Note what a server is like, if it is there."""
    with suppress(httpx.HTTPError, OSError):
        answer = await client.get(f"{server.url}/probe")
        seen.late += answer.raise_for_status().json()["late"]
        seen.memory.append(resident(server.pid))


async def _go_on(faults: asyncio.Task[None], until: float) -> None:
    """Wait until then, or raise what keeps the faults from happening."""
    await asyncio.wait([faults], timeout=until - time.perf_counter())
    if faults.done():
        faults.result()
    await asyncio.sleep(until - time.perf_counter())


async def rehearse(
    server: Server, people: Sequence[Person], plan: Plan, lesson: str, parts: Sequence[str]
) -> tuple[Measured, Happened]:
    """The class from its beginning to its end."""
    measured = Measured([one.lab for one in people], [])
    seen = Happened(time.perf_counter())
    doing = [asyncio.create_task(one.attend(seen.begun, lesson, parts)) for one in people]
    faults = asyncio.create_task(disturb(server, people, plan, seen))
    await _go_on(faults, seen.begun + plan.warm)
    measured.begin()
    await _go_on(faults, seen.begun + plan.lab)
    measured.finish()
    await _go_on(faults, seen.begun + plan.end)
    async with httpx.AsyncClient(timeout=30) as client:
        await _look_at(client, server, seen)
    await asyncio.wait(doing, timeout=LONGER * plan.end)
    await ended(doing)
    await faults
    seen.waits = [wait for one in people for wait in one.slider.waits]
    return measured, seen


def main() -> int:
    """Hold a rehearsal."""
    options = arguments(
        __doc__,
        minutes=f"of the class; default {MINUTES:g}",
        students=f"how many; default {CLASS}, with --quick {QUICK_CLASS}",
        output="a Markdown file with the marks of a rehearsal, such as docs/benchmarks.md",
    )
    quick = options.quick
    seconds = 60 * float(options.minutes or (QUICK_SECONDS / 60 if quick else MINUTES))
    size = int(options.students or (QUICK_CLASS if quick else CLASS))
    plan, name = planned(seconds), LESSON if seconds >= ENOUGH else SHORT_LESSON
    lesson = next(one for one in load_all()[0] if one.name == name)
    with running("benchmarks.class_server") as server:
        token, settings = Tokens(server.url), same(size, options.first_seed)
        people = [Person(i, server.url, token, c, plan) for i, c in enumerate(settings)]
        measured, seen = uvloop.run(rehearse(server, people, plan, name, list(lesson.runs)))
    accounts = [account(one, measured, seen, len(lesson.checks)) for one in people]
    rows = rows_of(accounts, seen, undisturbed(people), size == CLASS and not quick)
    if options.output:
        text = as_markdown(accounts, rows, plan, name)
        write_section(Path(options.output), "rehearsal", text)
    if not options.json:
        print(table_of(accounts), end="\n\n")
    return finish(rows, options.json, students=[asdict(one) for one in accounts])


if __name__ == "__main__":
    sys.exit(main())
