"""Many visitors at once: frames for each, against a generator for each, and what they leave."""

import asyncio
import json
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import connect

from benchmarks.report import Row, arguments, finish

VISITORS = 16


@contextmanager
def served(*module: str) -> Iterator[tuple[str, int]]:
    """A server in a process of its own: its address and process id."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", *module, "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(1200):
            try:
                urllib.request.urlopen(url, timeout=2).close()
                break
            except OSError:
                time.sleep(0.05)
        yield url, process.pid
    finally:
        process.terminate()
        process.wait(10)


def resident(pid: int) -> float:
    """Memory of a process, in MiB."""
    match = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(match.group(1)) / 1024 if match else float("nan")


class Tokens:
    """Asks the page's server for tokens, as a loading page does."""

    def __init__(self, url: str) -> None:
        config = httpx.get(f"{url}/config").json()
        self._lab = next(c for c in config["components"] if c["props"].get("elem_id") == "lab-host")
        self._url = f"{url}/gradio_api/component_server"

    def __call__(self) -> str:
        """A fresh token."""
        body = {"data": [], "fn_name": "new_token", "component_id": self._lab["id"],
                "session_hash": "benchmark"}  # fmt: skip
        return httpx.post(self._url, json=body).json()


async def visitor(url: str, token: str, counts: list[int], index: int, **hello: Any) -> None:
    """Take frames as fast as they come, and count them."""
    address = url.replace("http", "ws") + "/ganplay/lab/socket"
    async with connect(address, max_size=None) as line:
        await line.send(json.dumps({"token": token, **hello}))
        try:
            async for data in line:
                if isinstance(data, bytes):
                    counts[index] += 1
                    await line.send('{"type":"ack"}')
        except asyncio.CancelledError:
            await line.close(1001)  # as a tab that is closed; an error would count as a lost line


async def counted(tasks: list[Any], counts: list[int], warm: float, seconds: float) -> list[float]:
    """Frames a second of each visitor, once all are under way."""
    running = [asyncio.create_task(task) for task in tasks]
    await asyncio.sleep(warm)
    before, start = list(counts), time.perf_counter()
    await asyncio.sleep(seconds)
    rates = [
        (after - b) / (time.perf_counter() - start) for after, b in zip(counts, before, strict=True)
    ]
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    return rates


async def generator_visitor(url: str, counts: list[int], index: int) -> None:
    """Join Gradio's queue and count what the generator yields, without decoding it."""
    session = f"visitor{index}"
    async with httpx.AsyncClient(timeout=None) as client:
        config = (await client.get(f"{url}/config")).json()
        fn = next(d["id"] for d in config["dependencies"] if d.get("api_name") == "watch")
        join = {"data": [], "fn_index": fn, "session_hash": session}
        await client.post(f"{url}/gradio_api/queue/join", json=join)
        feed = f"{url}/gradio_api/queue/data?session_hash={session}"
        async with client.stream("GET", feed) as stream:
            async for line in stream.aiter_lines():
                counts[index] += '"process_generating"' in line[:200]


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
        ours = asyncio.run(counted(tasks, counts, warm, seconds))
    counts = [0] * VISITORS
    with served("benchmarks.generator_page") as (url, _):
        tasks = [generator_visitor(url, counts, i) for i in range(VISITORS)]
        theirs = asyncio.run(counted(tasks, counts, warm, 1.5 * seconds))
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
    waves, seconds = (4, 2.0) if quick else (12, 3.0)
    sizes, without = [], 0
    with served("ganplay.cli", "app") as (url, pid):
        token = Tokens(url)
        for _ in range(waves + 2):
            without += asyncio.run(wave(url, token, 32, seconds))
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


def cpu_seconds(pid: int) -> float:
    """Processor time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def main() -> int:
    """Measure both."""
    options = arguments(__doc__)
    rows = frames_of_each(options.quick, options.first_seed) + what_is_left(options.quick)
    return finish(rows, options.json)


if __name__ == "__main__":
    sys.exit(main())
