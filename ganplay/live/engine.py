"""Trains the toy GANs of many visitors at once on a few threads.

Workers, as many as there are cores, take turns at the sessions: a few milliseconds of steps, a
frame if one is wanted, and on to the session that has waited longest. A session trains only while
somebody looks, and is forgotten some time after nobody does.
"""

import ctypes
import logging
import math
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar, cast

import torch

from ganplay.live.capture_process import CAPTURE_PROCESS
from ganplay.live.fair_share import MOST, Allocation, allocate
from ganplay.live.lab_session import SMOOTHING, LabSession, align
from ganplay.live.run import render_together, step_together
from ganplay.live.session import MAX_SESSIONS, TIME_SLICE, Session, Sink
from ganplay.live.session_batch import BatchCache, SessionBatch, batch_cache
from ganplay.live.session_table import SessionTable
from ganplay.toy.config import ToyConfig
from ganplay.toy.graph_capture import CAPTURES
from ganplay.toy.stop_condition import StopCondition

logger = logging.getLogger(__name__)

S = TypeVar("S", bound=Session)

BATCH_TIME_SLICE = 4 * TIME_SLICE
"""Seconds that sessions train that step as one batch, before it is another's turn."""
SHARE_INTERVAL, REAP_INTERVAL = 0.25, 1.0
"""Seconds between two divisions of the workers' time, and between two looks for left sessions."""
EARLY_SHARE = 0.5
"""Share of the time between two frames by which one may be early, to be made with others'."""
NICE = 1
"""How far the priority of workers is below that of the threads that answer visitors."""
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Numbers of `mallopt`'s options."""
MALLOC_KEEP_BYTES = 2**25
"""Bytes that the C library keeps, the most that those options take."""


def _lower_priority() -> None:
    """Let other threads go before this one where all want to run, as far as the system lets us."""
    if sys.platform == "linux":  # elsewhere a priority is that of the whole process
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)


def _keep_memory() -> None:
    """Have the C library keep what tensors leave, where it would give it back at every turn.

    A thread that asks for it anew has to wait for each page.
    """
    if sys.platform == "linux":
        with suppress(AttributeError):  # musl has other ways
            for option in (_TRIM_THRESHOLD, _MMAP_THRESHOLD):
                ctypes.CDLL(None).mallopt(option, MALLOC_KEEP_BYTES)


class Engine(SessionTable):
    """The sessions, and the threads that train them."""

    def __init__(
        self,
        workers: int | None = None,
        max_sessions: int = MAX_SESSIONS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start the threads.

        Args:
            workers: threads; None for one a core.
            max_sessions: past which visitors wait.
            clock: what tells the time, in seconds.
        """
        super().__init__(max_sessions, clock)
        self._stopping = False
        self._shared = clock()
        self._wall_seconds = self._thread_seconds = 0.0
        self._running = 1.0  # the share of the time that workers really run when they want to
        self.workers = workers or os.cpu_count() or 1
        self._threads: list[threading.Thread] = []
        for i in range(self.workers):
            self._start_worker(f"engine-{i}")

    def warm_up(self) -> None:
        """Have functions captured in a process of its own, ready before the first visitor waits."""
        _keep_memory()
        CAPTURE_PROCESS.open()
        CAPTURES.make = CAPTURE_PROCESS.capture

    def open(
        self,
        session_id: str,
        sink: Sink,
        config: ToyConfig,
        *,
        playing: bool = True,
        speed: float | None = None,
        step: int = 0,
        stop: StopCondition | None = None,
        config_b: ToyConfig | None = None,
        has_priority: bool = False,
    ) -> bool:
        """Give a page its session of the Toy Lab; see `enter`.

        Args:
            session_id: unguessable, the page's own.
            sink: where frames and events are to go from now on.
            config: for a new session.
            playing: whether a new one trains at once.
            speed: steps a second of a new one.
            step: how far a new one is trained first, as fast as it goes.
            stop: when a new one is to stop by itself.
            config_b: of run B of a new one; its data and noise are those of run A.
            has_priority: whether it is served before others and comes in whatever room there is.

        Returns:
            Whether the session was still there.

        Raises:
            Full: if there are too many sessions with a page, or those get too little already.
        """

        def make(now: float) -> LabSession:
            session = LabSession(config, now, config_b)
            session.playing, session.speed, session.replay_until = playing, speed, step
            session.stop = stop
            return session

        return self.enter(session_id, sink, LabSession, make, has_priority)

    @property
    def alive(self) -> int:
        """Workers that are at work or wait for some."""
        return sum(t.is_alive() for t in self._threads)

    def stop(self) -> None:
        """End the threads and forget all sessions."""
        with self._wake:
            self._stopping = True
            self._wake.notify_all()
        for thread in self._threads:
            thread.join()
        self._sessions.clear()

    # ---- workers ---------------------------------------------------------------------------------

    def _start_worker(self, name: str) -> None:
        thread = threading.Thread(target=self._serve, args=(name,), name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _serve(self, name: str) -> None:
        """A worker's life; if something ends it before its time, another takes its place."""
        try:
            self._work()
        except BaseException:
            logger.exception("a worker died and is replaced")
            if not self._stopping:
                self._start_worker(name)

    def _work(self) -> None:
        torch.set_num_threads(1)
        _lower_priority()
        session_batches = batch_cache()
        while group := self._next():
            wall, own = time.monotonic(), time.thread_time()
            try:
                self._advance(group, session_batches)
            except BaseException as error:  # half a step may have been taken
                logger.exception("sessions failed and were ended")
                session_batches = batch_cache()
                for session in group:
                    self._fail(session)
                if not isinstance(error, Exception):
                    raise
            finally:
                with self._wake:
                    self._wall_seconds += time.monotonic() - wall
                    self._thread_seconds += time.thread_time() - own
                    for session in group:
                        session.busy = False
                        session.served = self._clock()
                    self._wake.notify_all()

    def _advance(self, group: list[Session], session_batches: BatchCache) -> None:
        """One turn, of a session or of some that step together."""
        if len(group) == 1:
            self._each(group, lambda session: session.advance())
            return
        together = cast(list[LabSession], group)  # of one batch key
        now, start = time.monotonic(), time.thread_time()
        runs = [session.runs[0] for session in together]
        fitting = int(BATCH_TIME_SLICE / sum(session.step_time for session in together))
        count = max(1, min(fitting, *(session.steps_due(now) for session in together)))
        session_batch = session_batches(runs[0].batch_key, len(runs))
        failed = step_together(runs, count, session_batch)
        seconds = (time.thread_time() - start) / len(group)

        def trained(session: LabSession) -> None:
            if session.runs[0] in failed:
                raise failed[session.runs[0]]
            session.stepped(count, seconds)
            session.trained(count)

        well = self._each(together, trained)
        self._show([one for one in well if one.shows(early=EARLY_SHARE)], session_batch)

    def _show(self, sessions: Sequence[LabSession], session_batch: SessionBatch) -> None:
        """Frames of some that step together."""
        start = time.thread_time()
        showing = self._each(sessions, lambda session: session.survey())
        align(showing)
        seen = render_together({one.runs[0]: one.view for one in showing}, session_batch)
        shown = self._each(showing, lambda session: session.show(seen.get(session.runs[0])))
        for session in shown:
            session.shown((time.thread_time() - start) / len(shown))

    def _each(self, group: Sequence[S], action: Callable[[S], None]) -> list[S]:
        """Do it for each, and give those for whom it went well; the others are ended."""
        well = []
        for session in group:
            try:
                action(session)
                well.append(session)
            except Exception:
                logger.exception("a session failed and was ended")
                self._fail(session)
        return well

    # ---- whose turn it is ------------------------------------------------------------------------

    def _next(self) -> list[Session]:
        """The session that has waited longest of those with something to do; waits for one.

        With it those that can step together with it. Nobody if the engine is to stop.
        """
        with self._wake:
            while not self._stopping:
                now = self._clock()
                if now - self._reaped > REAP_INTERVAL:
                    self._reap(now)
                if now - self._shared > SHARE_INTERVAL:
                    self._share(now)
                soonest, chosen, idle = math.inf, None, None
                for session in self._sessions.values():
                    if session.busy:
                        continue
                    due = session.next_due(now)
                    if due <= now:
                        if chosen is None or session.waiting_since < chosen.waiting_since:
                            chosen = session
                    elif session.wants_idle_time(now):
                        idle = session if idle is None or session.surplus < idle.surplus else idle
                    soonest = min(soonest, due)
                served = chosen or idle
                if served is not None:
                    group = self._group(served, now, idle=chosen is None)
                    for session in group:
                        session.busy = True
                    return group
                self._wake.wait(min(max(soonest - now, 0.0005), 1.0))
        return []

    def _group(self, chosen: Session, now: float, idle: bool) -> list[Session]:
        """A session, and those whose steps are taken together with its own, if there are enough.

        Where nobody else wants the time (`idle`) they may get ahead of their shares.
        """
        for session in self._sessions.values():
            if not session.busy:
                session.idle = idle
        key = chosen.batch_key(now)
        if key is None:
            return [chosen]
        least = chosen.steps_due(now) / 2
        others = [
            session
            for session in self._sessions.values()
            if session is not chosen
            and not session.busy
            and session.batch_key(now) is key
            and session.steps_due(now) >= least
        ]
        size = key.size(1 + len(others))
        others.sort(key=lambda session: session.waiting_since)
        return [chosen, *others[: size - 1]]

    def _share(self, now: float) -> None:
        """Divide the workers' time among all that want some."""
        self._shared = now
        if self._wall_seconds > 0:
            ran = min(1.0, self._thread_seconds / self._wall_seconds)
            self._running += SMOOTHING * (ran - self._running)
            self._wall_seconds = self._thread_seconds = 0.0
        demands = {s: one for s in self._sessions.values() if (one := s.demand(now))}
        given = allocate(list(demands.values()), self.workers, self._running)
        for session, share in zip(demands, given, strict=True):
            session.share = share
        self._min_frame_rate = min((share.frames for share in given), default=MOST)
        for session in self._sessions.values():
            if session not in demands:
                session.share = Allocation(self._min_frame_rate, math.inf)
