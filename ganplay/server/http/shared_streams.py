"""Runs that go on once, however many look on: the same work is not done for each of a class.

A run always comes to the same, so who asks for one that goes on, or has lately come to its end, is
shown that one from its beginning. Everything but the work itself happens on the event loop.
"""

import asyncio
import threading
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Hashable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from ganplay.server.http.streaming import Tell

REPLAY = 2.0
"""How much faster than it went what is past is shown."""
KEPT_BYTES = 24 * 2**20
"""Of runs that have come to their end; the longest unused are forgotten."""


class SharedRun:
    """One run: its pieces so far, and who follows it.

    Args:
        work: is given a `Tell`, and returns the last piece.
        pool: whose thread does it.
    """

    def __init__(self, work: Callable[[Tell], bytes], pool: Executor) -> None:
        self.done = self.failed = False
        self._followers = 0
        self._pieces: list[tuple[float, bytes]] = []
        self._news, self._unwanted = asyncio.Event(), threading.Event()
        loop = asyncio.get_running_loop()

        def tell(piece: bytes) -> bool:
            loop.call_soon_threadsafe(self._add, piece)
            return not self._unwanted.is_set()

        loop.run_in_executor(pool, work, tell).add_done_callback(self._end)

    @property
    def size(self) -> int:
        """Bytes of all pieces."""
        return sum(len(piece) for _, piece in self._pieces)

    @property
    def wanted(self) -> bool:
        """Whether it may be followed: it goes on, or has come to its end."""
        return not (self.failed or self._unwanted.is_set())

    @contextmanager
    def followed(self) -> Iterator[None]:
        """Somebody looks on; when the last has left, the run ends."""
        self._followers += 1
        try:
            yield
        finally:
            self._followers -= 1
            if not (self._followers or self.done):
                self._unwanted.set()

    async def pieces(self) -> AsyncIterator[bytes]:
        """All from the first on, none of them before its time."""
        begun, seen = time.monotonic(), 0
        while True:
            news = self._news
            for at, piece in self._pieces[seen:]:
                due = begun + (at - self._pieces[0][0]) / REPLAY
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                yield piece
                seen += 1
            if seen == len(self._pieces):
                if self.done:
                    return
                await news.wait()

    def _add(self, piece: bytes) -> None:
        self._pieces.append((time.monotonic(), piece))
        self._wake()

    def _end(self, result: "asyncio.Future[bytes]") -> None:
        # Asked for its error, so that nobody hears of one that nobody waits for.
        self.done, self.failed = True, result.cancelled() or result.exception() is not None
        if not self.failed and result.result():
            self._add(result.result())
        self._wake()

    def _wake(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()


class SharedRuns:
    """Those that go on and those that are kept, by what was asked for."""

    def __init__(self) -> None:
        self._runs: OrderedDict[Hashable, SharedRun] = OrderedDict()

    @property
    def going_on(self) -> int:
        """How many are not done, waiting ones included."""
        return sum(not run.done and run.wanted for run in self._runs.values())

    def find(self, key: Hashable) -> SharedRun | None:
        """The run that there is for what somebody asks for."""
        run = self._runs.get(key)
        if run is None or not run.wanted:
            return None
        self._runs.move_to_end(key)
        return run

    def keep(self, key: Hashable, run: SharedRun) -> None:
        """Remember a new one; old ones go where all together take too much."""
        self._runs[key] = run
        self._runs.move_to_end(key)
        size = 0
        for other, old in reversed(list(self._runs.items())):
            size += old.size
            if not old.wanted or (old.done and size > KEPT_BYTES):
                del self._runs[other]
