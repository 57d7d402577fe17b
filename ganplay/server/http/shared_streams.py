"""Streams of parts that a thread makes: one for each who asks, or one that many pages follow.

The same work always has the same result. So where a class asks for it, a page gets the stream that
is being made, or has lately ended, from its beginning. Everything but the work itself happens on
the event loop.
"""

import asyncio
import threading
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Hashable, Iterator
from concurrent.futures import Executor
from contextlib import ExitStack, contextmanager

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope
from starlette.types import Send as SendMessage

Send = Callable[[bytes], bool]
"""Sends a part, not an empty one; False if nobody waits any more, upon which work should end."""
REPLAY_SPEED = 2.0
"""Who comes later gets what has been made so far, that many times as fast as it was made."""
MAX_KEPT_BYTES = 24 * 2**20
"""Of streams that have ended; the longest unused are forgotten."""


class SharedStream:
    """One stream: its parts so far, and who follows it.

    Args:
        work: is given a `Send`, and returns the last part. If it raises, the stream ends early.
        pool: whose thread does it; by default the loop's own.
    """

    def __init__(self, work: Callable[[Send], bytes], pool: Executor | None = None) -> None:
        self.done = self.failed = False
        self._followers = 0
        self._parts: list[tuple[float, bytes]] = []
        self._news, self._unwanted = asyncio.Event(), threading.Event()
        loop = asyncio.get_running_loop()

        def send(part: bytes) -> bool:
            loop.call_soon_threadsafe(self._add, part)
            return not self._unwanted.is_set()

        loop.run_in_executor(pool, work, send).add_done_callback(self._end)

    @property
    def size(self) -> int:
        """Bytes of all parts."""
        return sum(len(part) for _, part in self._parts)

    @property
    def usable(self) -> bool:
        """Whether it may be followed: it is being made, or has ended as it should."""
        return not (self.failed or self._unwanted.is_set())

    @contextmanager
    def followed(self) -> Iterator[None]:
        """Somebody follows; when the last has left, the work ends."""
        self._followers += 1
        try:
            yield
        finally:
            self._followers -= 1
            if not (self._followers or self.done):
                self._unwanted.set()

    async def parts(self) -> AsyncIterator[bytes]:
        """All from the first on, none of them before its time."""
        begun, sent = time.monotonic(), 0
        while True:
            news = self._news
            for made_at, part in self._parts[sent:]:
                due = begun + (made_at - self._parts[0][0]) / REPLAY_SPEED
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                yield part
                sent += 1
            if sent == len(self._parts):
                if self.done:
                    return
                await news.wait()

    def _add(self, part: bytes) -> None:
        self._parts.append((time.monotonic(), part))
        self._wake()

    def _end(self, result: "asyncio.Future[bytes]") -> None:
        # Asking for the error keeps asyncio from logging one that nobody waits for.
        self.done, self.failed = True, result.cancelled() or result.exception() is not None
        if not self.failed and result.result():
            self._add(result.result())
        self._wake()

    def _wake(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()


class StreamedResponse(StreamingResponse):
    """The parts of a stream as they come.

    Args:
        stream: is followed until the answer ends.
        held: is closed when the stream has come to its end or is unwanted.
    """

    def __init__(self, stream: SharedStream, held: ExitStack) -> None:
        super().__init__(stream.parts(), media_type="application/octet-stream")
        held.enter_context(stream.followed())
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: SendMessage) -> None:
        """Answer."""
        with self._held:
            await super().__call__(scope, receive, send)


class SharedStreams:
    """Those that are being made and those that are kept, by what was asked for."""

    def __init__(self) -> None:
        self._streams: OrderedDict[Hashable, SharedStream] = OrderedDict()

    @property
    def unfinished(self) -> int:
        """How many are being made or wait for it."""
        return sum(not stream.done and stream.usable for stream in self._streams.values())

    def find(self, key: Hashable) -> SharedStream | None:
        """The stream that there is for what somebody asks for."""
        stream = self._streams.get(key)
        if stream is None or not stream.usable:
            return None
        self._streams.move_to_end(key)
        return stream

    def keep(self, key: Hashable, stream: SharedStream) -> None:
        """Remember a new one; old ones go where all together take too much."""
        self._streams[key] = stream
        self._streams.move_to_end(key)
        size = 0
        for other, old in reversed(list(self._streams.items())):
            size += old.size
            if not old.usable or (old.done and size > MAX_KEPT_BYTES):
                del self._streams[other]
