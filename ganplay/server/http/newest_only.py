"""Work of which only the newest matters: what waits is replaced by what comes after it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

R = TypeVar("R")


class NewestOnly(Generic[R]):
    """Does one request at a time for each purpose; of those that wait only the newest stays.

    Args:
        work: answers one request.
    """

    def __init__(self, work: Callable[[R], Awaitable[None]]) -> None:
        self._work = work
        self._waiting: dict[str, R] = {}
        self._running: dict[str, asyncio.Task[None]] = {}

    def put(self, purpose: str, request: R) -> None:
        """Have a request answered, now or after what is being done for that purpose."""
        self._waiting[purpose] = request
        if purpose not in self._running:
            self._running[purpose] = asyncio.create_task(self._run(purpose))

    async def _run(self, purpose: str) -> None:
        try:
            while request := self._waiting.pop(purpose, None):
                await self._work(request)
        finally:
            del self._running[purpose]

    def stop(self) -> None:
        """Nobody waits any more."""
        self._waiting.clear()
        for task in self._running.values():
            task.cancel()
