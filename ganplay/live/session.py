"""A visitor's session in the engine: what pages may touch, and when its worker has something to do.

What is trained and shown there is the business of those that derive from `Session`. All times are
seconds, points in time those of `time.monotonic`.
"""

import math
from collections import deque
from collections.abc import Iterator
from typing import Any, ClassVar, Protocol, runtime_checkable

from ganplay.live.fair_share import MOST, Allocation, Demand

RATE_INTERVAL = 0.5
"""Seconds over which the steps a second that a page shows are counted."""
TIME_SLICE = 0.006
"""Seconds that a session trains before it is another session's turn."""
CREDIT = 2
"""Frames that may be on their way before one has been acknowledged."""
ATTENTION = 5.0
"""Seconds without a message of the page after which a session no longer trains."""
LEFT, LOST = 4.0, 120.0
"""Seconds that a session outlives a page that was closed, and one that fell silent."""
PRIORITY_SECONDS = 0.05
"""Seconds by which sessions with priority count as having waited longer than they have."""
MAX_SESSIONS = 64
MAX_STEPS = 1_000_000
"""Steps of one run, after which it pauses."""
MAX_REPLAY_STEPS = 50_000
"""Steps that are trained again when a page comes back to a session that is gone."""


@runtime_checkable
class Sink(Protocol):
    """Where a session's frames and events go. Called from worker threads; must not block."""

    def frame(self, data: bytes) -> None:
        """Take a packed frame."""

    def event(self, data: dict[str, Any]) -> None:
        """Take an event, as plain data."""


class RateMeter:
    """Steps a second, counted over `RATE_INTERVAL`."""

    def __init__(self, now: float) -> None:
        self.value = 0.0
        self.restart(now)

    def restart(self, now: float) -> None:
        """Begin another interval."""
        self.count, self._since = 0, now

    def update(self, now: float) -> None:
        """Make the count of an interval that is over the new value."""
        if now - self._since > RATE_INTERVAL:
            self.value = self.count / (now - self._since)
            self.restart(now)


class Session:
    """Attributes above the blank line are set by the page's thread, the others by workers."""

    most: ClassVar[float] = math.inf
    """Sessions of this class that there may be."""

    def __init__(self, now: float) -> None:
        self.inbox: deque[tuple[int, object]] = deque()
        self.sink: Sink | None = None
        self.credit = 0
        self.seen = now
        self.gone_at = math.inf
        self.busy = False
        self.served = 0.0
        self.has_priority = False
        self.idle = False
        self.share = Allocation(MOST, math.inf)

        self.playing = False
        self.speed: float | None = None
        self.run = 0
        self.replay_until = 0
        self.steps_done = 0
        self.frames_made = 0
        self.frame_seconds = 0.0
        self._dirty = True
        self._applied = 0
        self._rate = RateMeter(now)
        self._next_step = self._next_frame = now

    @property
    def _training(self) -> bool:
        """Whether steps are to be taken."""
        raise NotImplementedError

    def advance(self) -> None:
        """One turn: apply commands, take steps, send a frame. Called by one worker at a time."""
        raise NotImplementedError

    def attended(self, now: float) -> bool:
        """Whether somebody is looking."""
        return self.sink is not None and now - self.seen < ATTENTION

    def next_due(self, now: float) -> float:
        """The time at which there is next something to do; infinity if nothing."""
        if self.inbox:
            return 0.0
        training = self._training and self.attended(now)
        return min(self._frame_due, self._next_step if training else math.inf)

    @property
    def _frame_due(self) -> float:
        """When the next frame is due; infinity while there is nothing new, or no credit."""
        wanted = self._dirty and self.credit > 0 and self.sink is not None
        return self._next_frame if wanted else math.inf

    @property
    def waiting_since(self) -> float:
        """When it was last served; of those that are due, the lowest is served next."""
        return self.served - PRIORITY_SECONDS * self.has_priority

    def wants_idle_time(self, now: float) -> bool:
        """Whether it would take more than its share of steps while no other session is due."""
        return False

    @property
    def surplus(self) -> float:
        """How far it is ahead of its share; idle time goes to the lowest."""
        return self.waiting_since

    def demand(self, now: float) -> Demand | None:
        """The steps and frames that it asks for; None if it rests, or takes no part in sharing."""
        return None

    def batch_key(self, now: float) -> Any:
        """Sessions with the same key may step as one batch; None for one that steps alone."""
        return None

    def steps_due(self, now: float) -> int:
        """Steps that it is to take in a turn that begins now."""
        return 0

    def _commands(self) -> Iterator[object]:
        """Take the commands that wait, one after the other."""
        while self.inbox:
            number, command = self.inbox.popleft()
            self._applied = max(self._applied, number)
            self._dirty = True
            yield command

    def give_credit(self, frames: int) -> None:
        """So many frames may be sent again, never more than CREDIT at a time."""
        self.credit = min(self.credit + frames, CREDIT)

    def _send_frame(self, data: bytes) -> None:
        self._dirty = False
        self.credit -= 1
        if self.sink is not None:
            self.sink.frame(data)

    def _send(self, **event: Any) -> None:
        if self.sink is not None:
            self.sink.event(event)
