"""Answers that are made in a thread of their own, with parts sent on the way."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor
from contextlib import ExitStack

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope
from starlette.types import Send as SendMessage

Send = Callable[[bytes], bool]
"""Sends a part, not an empty one; False if nobody waits any more, upon which work should end."""


class StreamedResponse(StreamingResponse):
    """Parts as they come.

    Args:
        parts: not empty.
        held: is closed when they have come to an end or are unwanted.
    """

    def __init__(self, parts: AsyncIterator[bytes], held: ExitStack) -> None:
        super().__init__(parts, media_type="application/octet-stream")
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: SendMessage) -> None:
        """Answer."""
        with self._held:
            await super().__call__(scope, receive, send)


class WorkResponse(StreamedResponse):
    """What `work` sends and then what it returns.

    Args:
        work: is given a `Send`, and returns the last part. If it raises, the answer ends early.
        held: is closed at the end.
        pool: whose thread does the work; by default the loop's own.
    """

    def __init__(
        self, work: Callable[[Send], bytes], held: ExitStack, pool: Executor | None = None
    ) -> None:
        super().__init__(_parts(work, pool), held)


async def _parts(work: Callable[[Send], bytes], pool: Executor | None) -> AsyncIterator[bytes]:
    loop, gone = asyncio.get_running_loop(), threading.Event()
    parts: asyncio.Queue[bytes | None] = asyncio.Queue()

    def send(part: bytes) -> bool:
        loop.call_soon_threadsafe(parts.put_nowait, part)
        return not gone.is_set()

    def ended(done: "asyncio.Future[bytes]") -> None:
        # Asking for the error keeps asyncio from logging one that nobody waits for.
        if not done.cancelled() and done.exception() is None:
            parts.put_nowait(done.result())
        parts.put_nowait(None)

    loop.run_in_executor(pool, work, send).add_done_callback(ended)
    try:
        while (part := await parts.get()) is not None:
            yield part
    finally:
        gone.set()
