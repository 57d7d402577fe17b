"""The line in front of a full lab: who comes in next, and what those who wait are told.

Everything here happens on the server's event loop. Who loses the line keeps the place for a while.
"""

import asyncio
import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from ganplay.live.session_table import Full

logger = logging.getLogger(__name__)

MAX_WAITING = 500
"""Sessions that may wait."""
CHECK_SECONDS = 0.25
"""From one look whether there is room to the next."""
REPEAT_SECONDS = 5.0
"""How often somebody is told a place that has not changed."""
KEPT_SECONDS = 20.0
"""How long a place is kept for who has lost the connection."""


class Waiter(Protocol):
    """Somebody who would like to come in."""

    session_id: str

    def admit(self) -> None:
        """Come in.

        Raises:
            Full: if there is no room yet.
        """

    def send(self, event: dict[str, Any]) -> None:
        """Something for the page."""


@dataclass
class _Place:
    """Of one session; without a waiter while the connection is lost."""

    waiter: Waiter | None
    until: float = math.inf
    last_sent: tuple[int, int, float] = (0, 0, 0.0)


class WaitingLine:
    """Those who wait, in the order in which they came."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._places: dict[str, _Place] = {}
        self._task: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._places)

    def join(self, waiter: Waiter) -> None:
        """Stand at the end, or where one stood before the connection was lost.

        Raises:
            Full: if the line itself is too long.
        """
        place = self._places.get(waiter.session_id)
        if place is None:
            if len(self._places) >= MAX_WAITING:
                raise Full
            place = self._places[waiter.session_id] = _Place(waiter)
        place.waiter, place.until, place.last_sent = waiter, math.inf, (0, 0, 0.0)
        self.announce()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._watch())

    def leave(self, waiter: Waiter, closed: bool) -> None:
        """Go away: for good, or because the connection is lost."""
        place = self._places.get(waiter.session_id)
        if place is None or place.waiter is not waiter:
            return
        if closed:
            del self._places[waiter.session_id]
        else:
            place.waiter, place.until = None, self._clock() + KEPT_SECONDS

    def has(self, waiter: Waiter) -> bool:
        """Whether somebody waits."""
        place = self._places.get(waiter.session_id)
        return place is not None and place.waiter is waiter

    def admit(self) -> None:
        """Let in as many as there is room for, from the front on."""
        now = self._clock()
        for session_id, place in list(self._places.items()):
            if place.waiter is None:
                if now >= place.until:
                    del self._places[session_id]
                continue  # those behind need not wait for who may not come back
            try:
                place.waiter.admit()
            except Full:
                return
            except Exception:  # the others still wait
                logger.exception("somebody who waited could not come in")
                place.waiter.send({"type": "failed"})
            del self._places[session_id]

    def announce(self) -> None:
        """Tell everybody their place where that has changed, and from time to time anyway."""
        now, of = self._clock(), len(self._places)
        for number, place in enumerate(self._places.values(), 1):
            known, length, at = place.last_sent
            if place.waiter is None or (
                (known, length) == (number, of) and now - at < REPEAT_SECONDS
            ):
                continue
            place.last_sent = number, of, now
            place.waiter.send({"type": "waiting", "place": number, "of": of})

    async def _watch(self) -> None:
        while self._places:
            await asyncio.sleep(CHECK_SECONDS)
            self.admit()
            self.announce()
