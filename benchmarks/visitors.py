"""What visitors without a browser need: tokens, streams, and how many frames they get."""

import asyncio
import json
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence, Sized
from statistics import fmean
from typing import Any
from uuid import uuid4

import httpx
import uvloop

from benchmarks.servers import running


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
        return httpx.post(self._url, json=body).raise_for_status().json()


async def frame_rates(
    visits: Sequence[Coroutine[Any, Any, None]], frames: Sequence[Sized], warm: float,
    seconds: float,
) -> list[float]:  # fmt: skip
    """Frames a second of each visitor, once all are under way; `frames` are what they have got."""
    running = [asyncio.create_task(visit) for visit in visits]
    await asyncio.sleep(warm)
    before, start = [len(own) for own in frames], time.perf_counter()
    await asyncio.sleep(seconds)
    passed = time.perf_counter() - start
    rates = [(len(own) - b) / passed for own, b in zip(frames, before, strict=True)]
    await ended(running)
    return rates


async def ended(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Have tasks end now, and wait until they have."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def generator_visitor(url: str, note: Callable[[float], None]) -> None:
    """Join Gradio's queue and note when the generator yields something, without decoding it."""
    session = f"visitor{uuid4().hex}"
    async with httpx.AsyncClient(timeout=None) as client:
        config = (await client.get(f"{url}/config")).json()
        fn = next(d["id"] for d in config["dependencies"] if d.get("api_name") == "watch")
        join = {"data": [], "fn_index": fn, "session_hash": session}
        await client.post(f"{url}/gradio_api/queue/join", json=join)
        feed = f"{url}/gradio_api/queue/data?session_hash={session}"
        async with client.stream("GET", feed) as stream:
            async for line in stream.aiter_lines():
                if '"process_generating"' in line[:200]:
                    note(time.perf_counter())


def generator_rate(size: int, warm: float, seconds: float) -> float:
    """Frames a second of a visitor of the generator page, where so many are on it."""
    frames: list[list[float]] = [[] for _ in range(size)]
    with running("benchmarks.generator_page") as server:
        visits = [generator_visitor(server.url, own.append) for own in frames]
        return fmean(uvloop.run(frame_rates(visits, frames, warm, seconds)))


def chunks(parts: Iterable[bytes]) -> Iterator[tuple[dict[str, Any], bytes]]:
    """The chunks of a stream (see `ganplay.common.wire`) as they become whole."""
    data = b""
    for part in parts:
        data += part
        while len(data) >= 8:
            start = 8 + int.from_bytes(data[:4], "little")
            end = start + int.from_bytes(data[4:8], "little")
            if len(data) < end:
                break
            yield json.loads(data[8:start]), data[start:end]
            data = data[end:]
