"""Answers that are made in a thread of their own, with pieces of news on the way."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor
from contextlib import ExitStack

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

Tell = Callable[[bytes], bool]
"""Sends a piece, not an empty one; False if nobody waits any more, upon which work should end."""


class Placed(StreamingResponse):
    """Pieces as they come; leaves its place when they have come to an end or are unwanted.

    Args:
        pieces: not empty.
        place: is closed at the end.
    """

    def __init__(self, pieces: AsyncIterator[bytes], place: ExitStack) -> None:
        super().__init__(pieces, media_type="application/octet-stream")
        self._place = place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        with self._place:
            await super().__call__(scope, receive, send)


class Streamed(Placed):
    """What `work` tells and then what it returns.

    Args:
        work: is given a `Tell`, and returns the last piece. If it raises, the answer ends early.
        place: is closed at the end.
        pool: whose thread does the work; by default the loop's own.
    """

    def __init__(
        self, work: Callable[[Tell], bytes], place: ExitStack, pool: Executor | None = None
    ) -> None:
        super().__init__(_pieces(work, pool), place)


async def _pieces(work: Callable[[Tell], bytes], pool: Executor | None) -> AsyncIterator[bytes]:
    loop, gone = asyncio.get_running_loop(), threading.Event()
    news: asyncio.Queue[bytes | None] = asyncio.Queue()

    def tell(piece: bytes) -> bool:
        loop.call_soon_threadsafe(news.put_nowait, piece)
        return not gone.is_set()

    def ended(done: "asyncio.Future[bytes]") -> None:
        # Asked for its error, so that nobody hears of one that nobody waits for.
        if not done.cancelled() and done.exception() is None:
            news.put_nowait(done.result())
        news.put_nowait(None)

    loop.run_in_executor(pool, work, tell).add_done_callback(ended)
    try:
        while (piece := await news.get()) is not None:
            yield piece
    finally:
        gone.set()
