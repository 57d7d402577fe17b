"""Trains the toy GANs of many visitors at once on a few threads.

Each visitor has a `LabSession`. Workers, as many as there are cores, take turns at the sessions: a
few milliseconds of steps, a frame if one is wanted, and on to whoever has waited longest. A
session trains only while somebody looks, and is forgotten some time after nobody does.
"""

import ctypes
import logging
import math
import os
import statistics
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeVar, cast

import torch

from ganplay.common.safe_tensors import CheckpointError
from ganplay.common.settings import Problem, as_plain
from ganplay.live import commands
from ganplay.live.capture_process import CAPTURE_PROCESS
from ganplay.live.fair_share import MOST, Allocation, Demand, shares
from ganplay.live.frame import FLAGS, View, pack_points
from ganplay.live.network_inspection import noise_reach
from ganplay.live.render import RenderedView
from ganplay.live.run import (
    NAMES,
    SHARED,
    LiveRun,
    RunName,
    joined,
    look_together,
    step_together,
    unshared,
)
from ganplay.live.session import (
    AHEAD,
    CREDIT,
    LEFT,
    LOST,
    MAX_SESSIONS,
    MAX_STEPS,
    QUANTUM,
    Session,
    Sink,
)
from ganplay.live.session_batch import BatchKey, SessionBatch, SessionBatchCache
from ganplay.live.slow_motion import as_event, slow_step
from ganplay.toy.checkpoint import toy_to_bytes
from ganplay.toy.config import PRESETS, ToyConfig, needs_new_networks
from ganplay.toy.graph_capture import CAPTURES
from ganplay.toy.remedies import remedy
from ganplay.toy.stop_condition import StopCondition
from ganplay.toy.trainer import ToyTrainer

logger = logging.getLogger(__name__)

S = TypeVar("S", bound=Session)

TOGETHER = 4 * QUANTUM
"""Seconds that sessions train that step together."""
MEASURE_INTERVAL, MEASURE_FRAMES = 0.1, 12
"""Seconds, and frames, between two measurements; the diagnosis has its own, counted in steps."""
SHARE_INTERVAL = 0.25
"""Seconds between two looks at what everybody's steps and frames cost."""
EARLY = 0.5
"""Of the time between frames: so much before its time is one sent with those of others."""
SMOOTHING = 0.1
"""Weight of the last of many times that are measured."""
NICE = 1
"""How far the workers step back behind the threads that answer visitors."""
ALWAYS, LEAST_FRAMES = 8, 2.0
"""So many sessions come in anyway; more of them only while each gets so many frames a second."""
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Of `mallopt`."""
KEPT = 2**25
"""Bytes: as much as that takes."""
MAX_CATCHING_UP = 50_000
"""Steps that are trained again when a page comes back to a session that is gone."""


def _smoothed(before: float, seen: float) -> float:
    """What something takes by and by; one that takes very long for once does not count in full."""
    return before + SMOOTHING * (min(seen, 3 * before) - before)


def _step_back() -> None:
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
                ctypes.CDLL(None).mallopt(option, KEPT)


class Full(Exception):
    """There is no room for another session at present."""


class LabSession(Session):
    """One visitor's GAN, or two."""

    def __init__(self, config: ToyConfig, now: float, rival: ToyConfig | None = None) -> None:
        super().__init__(now)
        self.lanes = [LiveRun(config)]
        if rival is not None:
            self.lanes.append(LiveRun(joined(rival, config)))
        self.view = View()
        self.stop: StopCondition | None = None
        self.run = 0
        self.catch_up_to = 0
        self._applied = 0
        self._told_points: str | None = None
        self._told_ills: list[tuple[str, bool, ToyConfig]] = []
        self._step_time, self._frame_time = 1e-3, 2e-3
        self._next_turn = self._next_measure = now
        self._measured_at = -1
        self._rate = 0.0
        self._rate_since, self._rate_steps = now, 0

    @property
    def config(self) -> ToyConfig:
        """The settings of the first lane."""
        return self.lanes[0].config

    @property
    def trainer(self) -> ToyTrainer:
        """The networks of the first lane; all are made when they are first needed."""
        if not self.lanes[0].started:
            self._start()
        return self.lanes[0].trainer

    @property
    def diverged(self) -> bool:
        """Whether a lane has; then none goes on."""
        return any(lane.diverged for lane in self.lanes)

    def due(self, now: float) -> float:
        """When there is next something to do; infinity if nothing."""
        if self.inbox:
            return 0.0
        shown = self._next_frame if self.credit > 0 and self.sink is not None else math.inf
        due = shown if self._dirty else math.inf
        if self._training and self.attended(now):
            # Steps are taken as many at a time as fit a turn, and those that are due by then
            # before each frame.
            start = max(self._next_step, self._next_turn)
            late = (self._fitting - 1) / min(self._asked, self.share.rate)
            due = min(due, max(start, min(start + late, shown)))
        return due

    def could(self, now: float) -> bool:
        """Whether it would take more than its share of steps if nobody else wants the time."""
        return self._training and self.attended(now) and now >= self._next_step

    @property
    def ahead(self) -> float:
        """Who has the lowest is the least ahead of their share."""
        return self._next_turn - AHEAD * self.first

    @property
    def _training(self) -> bool:
        return (self.playing or self.catch_up_to > 0) and not self.diverged

    @property
    def _fitting(self) -> int:
        """Steps that fit one turn."""
        return max(1, int(QUANTUM / self._step_time))

    @property
    def _asked(self) -> float:
        """Steps a second that are asked for; infinity for as many as there can be."""
        return math.inf if self.speed is None or self.catch_up_to else self.speed

    def wish(self, now: float) -> Demand | None:
        """What it would like of the workers' time; None if it rests."""
        if not (self._training and self.attended(now)):
            return None
        return Demand(self._step_time, self._frame_time, self._asked, self.first)

    @property
    def step_time(self) -> float:
        """Seconds that a step takes."""
        return self._step_time

    def owes(self, now: float) -> int:
        """Steps that it is to take in a turn that begins now."""
        if not (self._training and self.attended(now)) or now < self._next_step:
            return 0
        steps, room = self.trainer.steps, MAX_STEPS - self.trainer.steps
        if self.catch_up_to:
            room = min(room, self.catch_up_to - steps)
        elif self.stop is not None:
            room = min(room, self.stop.room(steps))
        wanted: float = self._fitting
        if self._asked < math.inf:
            wanted = min(wanted, 1 + (now - self._next_step) * self._asked)
        elif self.credit > 0:  # be done when the next frame is due, so that it is not late
            wanted = min(wanted, max(self._next_frame - now, QUANTUM / 4) / self._step_time)
        if self.share.rate < math.inf:
            late, interval = now - self._next_turn, 1 / self.share.frames
            # Until it is a frame's time ahead of its share; as many where nobody wants the time.
            wanted = min(wanted, max(late + interval, interval * self.spare) * self.share.rate)
            if wanted < 1 and late < 0 and not self.spare:
                return 0
        return max(1, min(int(wanted), room))

    def kind(self, now: float) -> BatchKey | None:
        """What others must be of for its steps to be taken with theirs; None if they cannot be."""
        alone = self.inbox or len(self.lanes) > 1 or not self.lanes[0].started
        return None if alone or not self.owes(now) else self.lanes[0].kind

    def advance(self) -> None:
        """One turn: what was asked for, some steps, a frame. Called by one worker at a time."""
        while self.inbox:
            number, command = self.inbox.popleft()
            self._applied = max(self._applied, number)
            self._dirty = True
            self._obey(command)
        count = self.owes(time.monotonic())
        if count:
            self._take(count, "both")
            self.trained(count)
        if self.shows():
            start = time.thread_time()
            self.survey()
            self.show()
            self.shown(time.thread_time() - start)

    def _tell_state(self, problems: list[Problem] | None = None, restarted: bool = False) -> None:
        """Send the page all settings, and what could not be done.

        Own points, which may be long, are left out where the page has them already.
        """
        config, state, points = self.config.to_dict(), self.config.to_state(), self.config.points
        if points and points == self._told_points:
            del config["points"]
            state = state.removesuffix(f";points:{points}")
        self._told_points = points
        self._tell(
            type="state",
            config=config,
            state=state,
            rival=self._rival(),
            playing=self.playing,
            speed=self.speed,
            stop=self.stop and vars(self.stop),
            run=self.run,
            problems=as_plain(problems or []),
            restarted=restarted,
        )

    def _rival(self) -> dict[str, Any] | None:
        """The settings of the second lane that are its own, as a page is told them."""
        if len(self.lanes) < 2:
            return None
        config, state = unshared(self.lanes[1].config)
        return {"config": config, "state": state}

    def _tell_data(self) -> None:
        """Send the page what stays the same from frame to frame."""
        distribution, camera = self.trainer.distribution(), self.lanes[0].camera
        labels = camera.real_labels
        self._tell(
            type="data",
            extent=camera.extent,
            real=pack_points(camera.real, camera.extent),
            labels=[] if labels is None else labels.tolist(),
            classes=self.config.classes,
            modes=0 if distribution.modes is None else len(distribution.modes),
            centres=self._centres(),
            reaches=3 * distribution.sigma / camera.extent,
            floor=camera.monitor.floor["js"],
            dispersion=camera.monitor.floor["dispersion"],
            ticks=[round(tick, 4) for tick in camera.ticks.tolist()],
            reach=noise_reach(self.config.noise),
        )

    def _centres(self) -> list[int]:
        """Where the modes are, as points are told."""
        modes, extent = self.trainer.distribution().modes, self.lanes[0].camera.extent
        return [] if modes is None else pack_points(modes, extent)

    def _tell_remedies(self) -> None:
        """Send the page what helps each lane against what is going on, where that has changed."""
        ills = [(one.diagnosis.finding.kind, one.diagnosis.sure, one.config) for one in self.lanes]
        if ills == self._told_ills:
            return
        self._told_ills = ills
        lanes = []
        for kind, sure, config in ills:
            found = remedy(kind, config) if sure else None
            lanes.append({"kind": kind, "sure": sure, "remedy": found and found._asdict()})
        self._tell(type="remedies", lanes=lanes)

    def _greet(self) -> None:
        """Tell a page that has just come all that it does not know."""
        self._dirty = True
        self._told_points = None
        self._told_ills = []
        _ = self.trainer
        self._tell_state()
        self._tell_data()
        if self.diverged:
            self._explain_standstill()

    def _start(self) -> None:
        """Fresh networks for the present settings, of both lanes if there are two."""
        for lane in self.lanes:
            lane.start()
        self._begin()

    def _begin(self) -> None:
        self.run += 1
        self._dirty = True
        self._told_ills = []  # the page forgets what helped the run before
        self._next_step = time.monotonic()

    def _restart(self, problems: list[Problem] | None = None) -> None:
        """From the first step again, with the present settings, and say so."""
        self.catch_up_to = 0
        self._start()
        self._tell_state(problems, restarted=True)

    def _obey(self, command: object) -> None:
        match command:
            case commands.Play(playing):
                self._play(playing)
            case commands.Step(net, count):
                self._step(net, count)
            case commands.Speed(speed):
                self.speed = speed
                self._next_step = time.monotonic()
            case commands.StopAt(stop):
                self.stop = stop
                self._stopped()
                self._tell_state()
            case commands.Rewind():
                self._restart()
            case commands.Configure(changes, name):
                self._configure(changes, name)
            case commands.Pair(on):
                self._pair(on)
            case commands.Copy(source):
                self._copy(source)
            case commands.Preset(name):
                config = replace(PRESETS[name], seed=self.config.seed)
                for lane in self.lanes:
                    lane.config = config
                self._restart()
                self._tell_data()
            case commands.Look(view):
                self.view = view
            case commands.Slow():
                self._slow()
            case commands.Greet():
                self._greet()
            case commands.Save(reply):
                self._save(reply)
            case commands.Load(trainer):
                self._load(trainer)

    def _save(self, reply: Future[bytes]) -> None:
        if reply.set_running_or_notify_cancel():
            try:
                reply.set_result(toy_to_bytes(self.trainer))
            except CheckpointError as error:
                reply.set_exception(error)

    def _load(self, trainer: ToyTrainer) -> None:
        del self.lanes[1:]  # nobody knows B's weights of that step
        self.lanes[0].adopt(trainer)
        self.catch_up_to = 0
        self._begin()
        self._tell_state(restarted=True)
        self._tell_data()

    def _play(self, playing: bool) -> None:
        self.playing = playing and not self.diverged and self.trainer.steps < MAX_STEPS
        self.catch_up_to = 0
        self._next_step = time.monotonic()
        if playing and not self.playing:
            self._explain_standstill()
        self._stopped(anywhere=True)
        self._tell_state()

    def _step(self, net: Any, count: int) -> None:
        if self.playing:
            self.playing = False
            self._tell_state()
        if self.diverged or self.trainer.steps >= MAX_STEPS:
            self._explain_standstill()
        elif count == 1 or net != "both":
            self._take(count, net)
        else:
            # Many steps are taken as fast as they go, with frames between, then it stops.
            self.catch_up_to = self.trainer.steps + count

    def _slow(self) -> None:
        """One step with everything that is seen on its way; what was playing stops."""
        if self.playing:
            self.playing = False
            self._tell_state()
        self.catch_up_to = 0
        if self.diverged or self.trainer.steps >= MAX_STEPS:
            self._explain_standstill()
            return
        first, *others = self.lanes
        seen = slow_step(first.camera, self.view.label)
        first.check()
        for lane in others:
            lane.step(1, "both")
        self._tell(type="slow", run=self.run, step=self.trainer.steps, seen=seen and as_event(seen))
        self.stepped(1, self.step_time)

    def _explain_standstill(self) -> None:
        kind = "diverged" if self.diverged else "limit"
        lanes = [n for n, lane in zip(NAMES, self.lanes, strict=False) if lane.diverged]
        self._tell(type=kind, step=self.trainer.steps, limit=MAX_STEPS, lanes=lanes)

    def _stopped(self, anywhere: bool = False) -> bool:
        """StopCondition playing if the visitor's condition is met, and say whether it was.

        Looked at where the condition says, or `anywhere` before playing begins.
        """
        stop, step = self.stop, self.trainer.steps
        if stop is None or not self.playing or self.catch_up_to:
            return False
        if not (anywhere or stop.looks_at(step)):
            return False
        values: list[float] = [step]
        if stop.when != "steps":  # of two the first to reach it
            measured = [lane.camera.measure() for lane in self.lanes]
            values = [float(m.metrics[stop.when][0]) for m in measured]
        met = [(n, v) for n, v in zip(NAMES, values, strict=False) if stop.met(v)]
        if not met:
            return False
        name, value = met[0]
        self.playing, self._dirty = False, True
        self._tell(type="stopped", step=step, value=value, lane=name, **vars(stop))
        return True

    def _lane(self, name: RunName) -> LiveRun | None:
        """The lane of a name; if it is not there the page is told."""
        at = NAMES.index(name)
        if at < len(self.lanes):
            return self.lanes[at]
        self._tell(type="error", field="lane", value=repr(name), allowed="there is no pair now")
        return None

    def _pair(self, on: bool) -> None:
        """A second lane like the first, both from the same start; or the first alone again."""
        if on == (len(self.lanes) == 2):
            self._tell_state()
        elif on:
            self.lanes.append(LiveRun(self.config))
            self._restart()
        else:
            self.lanes.pop()
            self._tell_state()

    def _copy(self, source: RunName) -> None:
        if self._lane("b") is None:
            return
        config = self.lanes[NAMES.index(source)].config
        for lane in self.lanes:
            lane.config = config
        self._restart()

    def _configure(self, changes: dict[str, Any], name: RunName) -> None:
        _, lane = self.trainer, self._lane(name)
        if lane is None:
            return
        before = [one.config for one in self.lanes]
        config, problems = lane.config.repaired(changes)
        after = [config if one is lane else joined(one.config, config) for one in self.lanes]
        if any(map(needs_new_networks, before, after)):
            for one, settings in zip(self.lanes, after, strict=True):
                one.config = settings
            self._restart(problems)
        else:
            for one, settings in zip(self.lanes, after, strict=True):
                one.configure(settings)
            self._tell_state(problems)
        if any(getattr(before[0], n) != getattr(after[0], n) for n in SHARED):
            self._tell_data()

    def trained(self, count: int) -> None:
        """Steps have been taken that were due: when the next are, and whether there are any."""
        now, interval = time.monotonic(), 1 / self.share.frames
        # A late turn makes up for what was missed, but for no more than a frame's time.
        self._next_step = max(self._next_step + count / self._asked, now - interval)
        later = max(self._next_turn + count / self.share.rate, now - interval)
        self._next_turn = min(later, now + interval)
        steps = self.trainer.steps
        if self.catch_up_to and steps >= self.catch_up_to:
            self.catch_up_to = 0
        if steps >= MAX_STEPS and self.playing:
            self.playing = False
            self._explain_standstill()
            self._tell_state()
        if self._stopped():
            self._tell_state()

    def _take(self, count: int, net: Any) -> None:
        start = time.thread_time()
        for lane in self.lanes:
            lane.step(count, net)
        self.stepped(count, time.thread_time() - start)

    def stepped(self, count: int, seconds: float) -> None:
        """So many steps have been taken, by so much of a processor's time."""
        self._step_time = _smoothed(self._step_time, seconds / count)
        self.steps_done += count
        self._rate_steps += count
        self._dirty = True
        if self.diverged:
            self.playing, self.catch_up_to = False, 0
            self._explain_standstill()
            self._tell_state()

    def shows(self, early: float = 0.0) -> bool:
        """Whether a frame is due, or would be within some share of the time between two."""
        due = self._next_frame - early / self.share.frames
        wanted = self._dirty and self.credit > 0 and self.sink is not None
        return wanted and time.monotonic() >= due

    def survey(self) -> None:
        """Bring up to date what a frame says beside its picture."""
        now, interval = time.monotonic(), 1 / self.share.frames
        if now - self._rate_since > 0.5:
            self._rate = self._rate_steps / (now - self._rate_since)
            self._rate_since, self._rate_steps = now, 0
        measured = all(lane.measured for lane in self.lanes)
        if not measured and (now >= self._next_measure or not self._training):
            for lane in self.lanes:
                lane.camera.measure()
        cost = time.monotonic() - now
        if self.lanes[0].camera.measured_at != self._measured_at:  # here, or for the diagnosis
            self._measured_at = self.lanes[0].camera.measured_at
            self._next_measure = now + max(MEASURE_INTERVAL, MEASURE_FRAMES * interval, 20 * cost)
        self._tell_remedies()

    @staticmethod
    def align(sessions: Sequence["LabSession"]) -> None:
        """Have frames of some fall due at one time, on average no earlier, to be made together."""
        if sessions:
            due = statistics.fmean(session._next_frame for session in sessions)
            for session in sessions:
                session._next_frame = due

    def show(self, seen: RenderedView | None = None) -> None:
        """Send a frame; `seen` is what was computed for it together with others."""
        data = self._picture(seen)
        now, interval = time.monotonic(), 1 / self.share.frames
        self._dirty = False
        self.credit -= 1
        self._next_frame = max(self._next_frame + interval, now + interval / 2)
        if self.sink is not None:
            self.sink.frame(data)

    def shown(self, seconds: float) -> None:
        """A frame has been sent, which took so much of a processor's time."""
        self.frames_made += 1
        self.frame_seconds += seconds
        self._frame_time = _smoothed(self._frame_time, seconds)

    def _picture(self, seen: RenderedView | None) -> bytes:
        """A frame of the first lane, with one of the second inside it."""
        flags = FLAGS["playing"] * self.playing | FLAGS["catching_up"] * (self.catch_up_to > 0)
        stamp: dict[str, Any] = {
            "run": self.run,
            "applied": self._applied,
            "rate": self._rate if self._training else 0.0,
            "flags": flags,
        }
        rival = b""
        if len(self.lanes) == 2:  # what is asked for beside the picture is about the first
            view = View(self.view.layers, self.view.label, self.view.probe)
            rival = self.lanes[1].picture(view, **stamp)
        return self.lanes[0].picture(self.view, seen, **stamp, rival=rival)


class Engine:
    """A table of sessions and the threads that train them."""

    def __init__(
        self,
        workers: int | None = None,
        max_sessions: int = MAX_SESSIONS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.max_sessions = max_sessions
        self._clock = clock
        self._sessions: dict[str, Session] = {}
        self._wake = threading.Condition()
        self._stopping = False
        self._reaped = self._shared = clock()
        self._wall = self._own = 0.0
        self._running, self._least = 1.0, MOST
        self.workers = workers or os.cpu_count() or 1
        self._threads: list[threading.Thread] = []
        for i in range(self.workers):
            self._hire(f"engine-{i}")

    def _hire(self, name: str) -> None:
        """One more worker."""
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
                self._hire(name)

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
        rival: ToyConfig | None = None,
        first: bool = False,
    ) -> bool:
        """Give a page its session: the one it had if that is still there, else a new one.

        Args:
            session_id: unguessable, the page's own.
            sink: where frames and events are to go from now on.
            config: for a new session.
            playing: whether a new one trains at once.
            speed: steps a second of a new one.
            step: how far a new one is trained first, as fast as it goes.
            stop: when a new one is to stop by itself.
            rival: settings of a second lane of a new one; data and noise are those of the first.
            first: whether it is served before others and comes in whatever there is room for.

        Returns:
            Whether the session was still there.

        Raises:
            Full: if there are too many sessions with a page, or those get too little already.
        """

        def make(now: float) -> LabSession:
            session = LabSession(config, now, rival)
            session.playing, session.speed, session.catch_up_to = playing, speed, step
            session.stop = stop
            return session

        return self.enter(session_id, sink, LabSession, make, first)

    def enter(
        self,
        session_id: str,
        sink: Sink,
        kind: type[Session],
        make: Callable[[float], Session],
        first: bool = False,
    ) -> bool:
        """As `open`, for a session of any kind, which `make` makes at a time where none is there.

        Raises:
            Full: if there are too many sessions, or too many of this kind, with a page.
        """
        with self._wake:
            now = self._clock()
            self._reap(now)
            session = self._sessions.get(session_id)
            known = session is not None
            if session is None:
                self._make_room(kind, first)
                session = self._sessions[session_id] = make(now)
            if session.sink is not None:  # a line that is down, unless somebody has two
                session.sink.event({"type": "gone"})
            session.sink, session.seen, session.credit = sink, now, CREDIT
            session.gone_at, session.first = math.inf, first
            session.inbox.append((0, commands.Greet()))
            self._wake.notify()
        return known

    def post(self, session_id: str, number: int, command: object) -> bool:
        """Hand a session a command; False if there is no such session."""
        return self._touch(session_id, lambda s: s.inbox.append((number, command)))

    def acknowledge(self, session_id: str, frames: int = 1) -> bool:
        """Frames have been drawn: others may be sent."""

        def more(session: Session) -> None:
            session.credit = min(session.credit + frames, CREDIT)

        return self._touch(session_id, more)

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

    @property
    def alive(self) -> int:
        """Workers that are at work or wait for some."""
        return sum(t.is_alive() for t in self._threads)

    def stats(self) -> dict[str, float]:
        """Totals over the sessions that are there now."""
        sessions = self.sessions()
        return {
            "sessions": len(sessions),
            "steps": sum(s.steps_done for s in sessions),
            "frames": sum(s.frames_made for s in sessions),
            "frame_seconds": sum(s.frame_seconds for s in sessions),
        }

    def stop(self) -> None:
        """End the threads and forget all sessions."""
        with self._wake:
            self._stopping = True
            self._wake.notify_all()
        for thread in self._threads:
            thread.join()
        self._sessions.clear()

    def _touch(self, session_id: str, change: Callable[[Session], None]) -> bool:
        with self._wake:
            session = self._sessions.get(session_id)
            if session is None:
                return False
            session.seen = self._clock()
            change(session)
            self._wake.notify()
        return True

    def _work(self) -> None:
        torch.set_num_threads(1)
        _step_back()
        companies = SessionBatchCache()
        while group := self._next():
            wall, own = time.monotonic(), time.thread_time()
            try:
                self._advance(group, companies)
            except BaseException as error:  # half a step may have been taken
                logger.exception("sessions failed and were ended")
                companies = SessionBatchCache()
                for session in group:
                    self._fail(session)
                if not isinstance(error, Exception):
                    raise
            finally:
                with self._wake:
                    self._wall += time.monotonic() - wall
                    self._own += time.thread_time() - own
                    for session in group:
                        session.busy = False
                        session.served = self._clock()
                    self._wake.notify_all()

    def _advance(self, group: list[Session], companies: SessionBatchCache) -> None:
        """One turn, of a session or of some that step together."""
        if len(group) == 1:
            self._each(group, lambda seat: seat.advance())
            return
        together = cast(list[LabSession], group)  # of one kind of networks
        now, start = time.monotonic(), time.thread_time()
        lanes = [session.lanes[0] for session in together]
        fitting = int(TOGETHER / sum(session.step_time for session in together))
        count = max(1, min(fitting, *(session.owes(now) for session in together)))
        company = companies.of(lanes[0].kind, len(lanes))
        failed = step_together(lanes, count, company)
        seconds = (time.thread_time() - start) / len(group)

        def trained(session: LabSession) -> None:
            if session.lanes[0] in failed:
                raise failed[session.lanes[0]]
            session.stepped(count, seconds)
            session.trained(count)

        well = self._each(together, trained)
        self._show([session for session in well if session.shows(early=EARLY)], company)

    def _show(self, sessions: Sequence[LabSession], company: SessionBatch) -> None:
        """Frames of some that step together."""
        start = time.thread_time()
        showing = self._each(sessions, lambda session: session.survey())
        LabSession.align(showing)
        seen = look_together({one.lanes[0]: one.view for one in showing}, company)
        shown = self._each(showing, lambda session: session.show(seen.get(session.lanes[0])))
        for session in shown:
            session.shown((time.thread_time() - start) / len(shown))

    def _each(self, group: Sequence[S], does: Callable[[S], None]) -> list[S]:
        """Do it for each, and give those for whom it went well; the others are ended."""
        well = []
        for session in group:
            try:
                does(session)
                well.append(session)
            except Exception:
                logger.exception("a session failed and was ended")
                self._fail(session)
        return well

    def _next(self) -> list[Session]:
        """The session that has waited longest of those with something to do; waits for one.

        With it those that can step together with it. Nobody if the engine is to stop.
        """
        with self._wake:
            while not self._stopping:
                now = self._clock()
                if now - self._reaped > 1:
                    self._reap(now)
                if now - self._shared > SHARE_INTERVAL:
                    self._share(now)
                soonest, chosen, spare = math.inf, None, None
                for session in self._sessions.values():
                    if session.busy:
                        continue
                    due = session.due(now)
                    if due <= now:
                        if chosen is None or session.rank < chosen.rank:
                            chosen = session
                    elif session.could(now) and (spare is None or session.ahead < spare.ahead):
                        spare = session
                    soonest = min(soonest, due)
                served = chosen or spare
                if served is not None:
                    group = self._group(served, now, spare=chosen is None)
                    for session in group:
                        session.busy = True
                    return group
                self._wake.wait(min(max(soonest - now, 0.0005), 1.0))
        return []

    def _group(self, chosen: Session, now: float, spare: bool) -> list[Session]:
        """A session, and those whose steps are taken together with its own, if there are enough.

        Where nobody else wants the time (`spare`) they may get ahead of their shares.
        """
        for session in self._sessions.values():
            if not session.busy:
                session.spare = spare
        kind = chosen.kind(now)
        if kind is None:
            return [chosen]
        least = chosen.owes(now) / 2
        others = [
            session
            for session in self._sessions.values()
            if session is not chosen
            and not session.busy
            and session.kind(now) is kind
            and session.owes(now) >= least
        ]
        size = kind.size(1 + len(others))
        return [chosen, *sorted(others, key=lambda session: session.rank)[: size - 1]]

    def _share(self, now: float) -> None:
        """Give everybody their share of the workers' time."""
        self._shared = now
        if self._wall > 0:
            self._running += SMOOTHING * (min(1.0, self._own / self._wall) - self._running)
            self._wall = self._own = 0.0
        wishes = {s: wish for s in self._sessions.values() if (wish := s.wish(now))}
        given = shares(list(wishes.values()), self.workers, self._running)
        for session, share in zip(wishes, given, strict=True):
            session.share = share
        self._least = min((share.frames for share in given), default=MOST)
        for session in self._sessions.values():
            if session not in wishes:
                session.share = Allocation(self._least, math.inf)

    def _reap(self, now: float) -> None:
        """Forget sessions whose page is gone or has been silent for long."""
        self._reaped = now
        for session_id, session in list(self._sessions.items()):
            silent = now - session.seen > LOST
            if not session.busy and (now >= session.gone_at or silent):
                del self._sessions[session_id]
                if session.sink is not None:
                    session.sink.event({"type": "gone"})

    def _make_room(self, kind: type[Session], first: bool) -> None:
        """Past the caps, forget whoever has been without a page longest; it can be restored."""
        if first:
            return
        if len(self._sessions) >= ALWAYS and self._least < LEAST_FRAMES:
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
        with self._wake:
            for session_id, other in list(self._sessions.items()):
                if other is session:
                    del self._sessions[session_id]
            if session.sink is not None:
                session.sink.event({"type": "failed"})
