"""Visitors without a browser: what a page sends and takes, over the same lines."""

import asyncio
import json
import time
from typing import Any

import httpx
from websockets.asyncio.client import connect


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
