"""The table of all visitors' sessions: who comes in, who is there, who is forgotten and when.

All of it is guarded by one condition, which workers wait on and which is notified whenever there
may be something new to do.
"""

import math
import threading
import time
from collections.abc import Callable

from ganplay.live import commands
from ganplay.live.fair_share import MOST
from ganplay.live.session import CREDIT, LEFT, LOST, MAX_SESSIONS, Session, Sink

MIN_SESSIONS, MIN_FRAME_RATE = 8, 2.0
"""Sessions that come in anyway; more only while each gets so many frames a second."""


class Full(Exception):
    """There is no room for another session at present."""


class SessionTable:
    """Sessions by the id of their page."""

    def __init__(
        self, max_sessions: int = MAX_SESSIONS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.max_sessions = max_sessions
        self._clock = clock
        self._sessions: dict[str, Session] = {}
        self._wake = threading.Condition()
        self._reaped = clock()
        self._min_frame_rate = MOST

    def enter(
        self,
        session_id: str,
        sink: Sink,
        kind: type[Session],
        make: Callable[[float], Session],
        has_priority: bool = False,
    ) -> bool:
        """Give a page its session: the one it had if that is still there, else a new one.

        Args:
            session_id: unguessable, the page's own.
            sink: where frames and events are to go from now on.
            kind: the class of the session.
            make: makes a new one, given the time.
            has_priority: whether it is served before others and comes in whatever room there is.

        Returns:
            Whether the session was still there.

        Raises:
            Full: if there are too many sessions, or too many of this class, with a page, or those
                get too few frames already.
        """
        with self._wake:
            now = self._clock()
            self._reap(now)
            session = self._sessions.get(session_id)
            known = session is not None
            if session is None:
                self._make_room(kind, has_priority)
                session = self._sessions[session_id] = make(now)
            if session.sink is not None:  # a line that is down, unless somebody has two
                session.sink.event({"type": "gone"})
            session.sink, session.seen, session.credit = sink, now, CREDIT
            session.gone_at, session.has_priority = math.inf, has_priority
            session.inbox.append((0, commands.Hello()))
            self._wake.notify()
        return known

    def post(self, session_id: str, number: int, command: object) -> bool:
        """Hand a session a command; False if there is no such session."""
        return self._touch(session_id, lambda s: s.inbox.append((number, command)))

    def acknowledge(self, session_id: str, frames: int = 1) -> bool:
        """Frames have been drawn: others may be sent."""
        return self._touch(session_id, lambda session: session.give_credit(frames))

    def notice(self, session_id: str) -> bool:
        """The page is there, even if it has nothing to say."""
        return self._touch(session_id, lambda session: None)

    def leave(self, session_id: str, sink: Sink, closed: bool) -> None:
        """A page's connection is gone: closed by the visitor, or lost."""
        with self._wake:
            session = self._sessions.get(session_id)
            if session is not None and session.sink is sink:
                session.sink = None
                session.gone_at = self._clock() + (LEFT if closed else LOST)

    def sessions(self) -> list[Session]:
        """Those that are there now."""
        with self._wake:
            return list(self._sessions.values())

    def _touch(self, session_id: str, change: Callable[[Session], None]) -> bool:
        with self._wake:
            session = self._sessions.get(session_id)
            if session is None:
                return False
            session.seen = self._clock()
            change(session)
            self._wake.notify()
        return True

    def _reap(self, now: float) -> None:
        """Forget sessions whose page is gone or has been silent for long."""
        self._reaped = now
        for session_id, session in list(self._sessions.items()):
            silent = now - session.seen > LOST
            if not session.busy and (now >= session.gone_at or silent):
                del self._sessions[session_id]
                if session.sink is not None:
                    session.sink.event({"type": "gone"})

    def _make_room(self, kind: type[Session], has_priority: bool) -> None:
        """Past the caps, forget whoever has been without a page longest; it can be restored."""
        if has_priority:
            return
        if len(self._sessions) >= MIN_SESSIONS and self._min_frame_rate < MIN_FRAME_RATE:
            raise Full
        alike = {k: s for k, s in self._sessions.items() if isinstance(s, kind)}
        for there, most in ((alike, kind.most), (self._sessions, self.max_sessions)):
            if len(there) < most:
                continue
            left = [k for k, s in there.items() if s.sink is None]
            if not left:
                raise Full
            del self._sessions[min(left, key=lambda k: there[k].seen)]

    def _fail(self, session: Session) -> None:
        """End a session in which something went wrong, and tell its page."""
        with self._wake:
            for session_id, other in list(self._sessions.items()):
                if other is session:
                    del self._sessions[session_id]
            if session.sink is not None:
                session.sink.event({"type": "failed"})
