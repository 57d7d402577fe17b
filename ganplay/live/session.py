"""A visitor's place in the engine: what pages may touch, and how its worker knows what is due.

What is trained and shown there is the business of those that derive from `Session`.
"""

import math
from collections import deque
from typing import Any, ClassVar, Protocol

from ganplay.live.fair_share import MOST, Allocation, Demand

QUANTUM = 0.006
"""Seconds that a session trains before it is somebody else's turn."""
CREDIT = 2
"""Frames that may be on their way before one has been acknowledged."""
ATTENTION = 5.0
"""Seconds without a sign of life after which a session no longer trains."""
LEFT, LOST = 4.0, 120.0
"""Seconds that a session outlives a page that was closed, and one that fell silent."""
AHEAD = 0.05
"""Seconds that those who come first count as having waited longer."""
MAX_SESSIONS = 64
MAX_STEPS = 1_000_000
"""Steps of one run, after which it pauses."""


class Sink(Protocol):
    """Where a session's frames and events go. Called from worker threads; must not block."""

    def frame(self, data: bytes) -> None:
        """Take a packed frame."""

    def event(self, data: dict[str, Any]) -> None:
        """Take an event, as plain data."""


class Session:
    """What the page may touch is on top; the rest is the workers'."""

    most: ClassVar[float] = math.inf
    """Sessions of this kind that there may be."""

    def __init__(self, now: float) -> None:
        self.inbox: deque[tuple[int, object]] = deque()
        self.sink: Sink | None = None
        self.credit = 0
        self.seen = now
        self.gone_at = math.inf
        self.busy = False
        self.served = 0.0
        self.first = False
        self.spare = False
        self.share = Allocation(MOST, math.inf)

        self.playing = False
        self.speed: float | None = None
        self.steps_done = 0
        self.frames_made = 0
        self.frame_seconds = 0.0
        self._dirty = True
        self._next_step = self._next_frame = now

    @property
    def _training(self) -> bool:
        """Whether steps are to be taken."""
        raise NotImplementedError

    def advance(self) -> None:
        """One turn: what was asked for, some steps, a frame. Called by one worker at a time."""
        raise NotImplementedError

    def attended(self, now: float) -> bool:
        """Whether somebody is looking."""
        return self.sink is not None and now - self.seen < ATTENTION

    def due(self, now: float) -> float:
        """When there is next something to do; infinity if nothing."""
        if self.inbox:
            return 0.0
        due = math.inf
        if self._training and self.attended(now):
            due = self._next_step
        if self._dirty and self.credit > 0 and self.sink is not None:
            due = min(due, self._next_frame)
        return due

    @property
    def rank(self) -> float:
        """Who has the lowest is served next."""
        return self.served - AHEAD * self.first

    def could(self, now: float) -> bool:
        """Whether it would take more than its share of steps if nobody else wants the time."""
        return False

    @property
    def ahead(self) -> float:
        """Of those that could, who has the lowest is served next."""
        return self.rank

    def wish(self, now: float) -> Demand | None:
        """What it would like of the workers' time; None if it rests, or is given none by shares."""
        return None

    def kind(self, now: float) -> Any:
        """What others must be of for its steps to be taken with theirs; None if they cannot be."""
        return None

    def owes(self, now: float) -> int:
        """Steps that it is to take in a turn that begins now, of those that are of a kind."""
        return 0

    def _tell(self, **event: Any) -> None:
        if self.sink is not None:
            self.sink.event(event)
