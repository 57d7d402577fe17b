"""A visitor's session in the Toy Lab: one GAN, or two side by side, and when its work is due.

Here is when steps and frames are due, how they are taken and sent. What commands do stands in
`lab_commands`, what the page is told beside frames in `lab_messages`.
"""

import math
import statistics
import time
from collections.abc import Sequence
from typing import Any

from ganplay.live import lab_commands
from ganplay.live.fair_share import Demand
from ganplay.live.frame import View
from ganplay.live.frame_codec import FLAGS
from ganplay.live.lab_messages import LabMessages
from ganplay.live.render import RenderedView
from ganplay.live.run import NAMES, KeptMoment, LiveRun, joined
from ganplay.live.session import MAX_STEPS, PRIORITY_SECONDS, TIME_SLICE, Session
from ganplay.live.session_batch import BatchKey
from ganplay.toy.config import ToyConfig
from ganplay.toy.stop_condition import StopCondition
from ganplay.toy.trainer import ToyTrainer

MEASURE_INTERVAL, MEASURE_FRAMES = 0.1, 12
"""Seconds, and frames, between two measurements; the diagnosis has its own, counted in steps."""
SMOOTHING = 0.1
"""Weight of the newest value in a running average of measured times."""


def smoothed(before: float, seen: float) -> float:
    """A running average; one value that is very long counts as three times the average."""
    return before + SMOOTHING * (min(seen, 3 * before) - before)


class LabSession(Session):
    """One visitor's run, or two that are compared: A and B."""

    def __init__(self, config: ToyConfig, now: float, config_b: ToyConfig | None = None) -> None:
        """A session whose networks are made when they are first needed.

        Args:
            config: of run A.
            now: the time.
            config_b: of run B, if there is one; it gets data and noise of A.
        """
        super().__init__(now)
        self.runs = [LiveRun(config)]
        if config_b is not None:
            self.runs.append(LiveRun(joined(config_b, config)))
        self.view = View()
        self.stop: StopCondition | None = None
        self.kept: list[KeptMoment] = []  # of each run, to go back to
        self.messages = LabMessages(self)
        self.step_time, self._frame_time = 1e-3, 2e-3
        self._next_turn = self._next_measure = now
        self._measured_at = -1

    @property
    def config(self) -> ToyConfig:
        """The settings of run A."""
        return self.runs[0].config

    @property
    def trainer(self) -> ToyTrainer:
        """The networks of run A; those of all runs are made when they are first needed."""
        if not self.runs[0].started:
            self.start()
        return self.runs[0].trainer

    @property
    def diverged(self) -> bool:
        """Whether a run has; then none goes on."""
        return any(run.diverged for run in self.runs)

    def start(self) -> None:
        """Fresh networks for the present settings of all runs."""
        for run in self.runs:
            run.start()
        self.begin()

    def begin(self) -> None:
        """Number a new run, of which the page knows nothing yet."""
        self.run += 1
        self._dirty = True
        self.messages.forget_remedies()
        self.step_now()

    def step_now(self) -> None:
        """The next step is due at once."""
        self._next_step = time.monotonic()

    # ---- when there is something to do -----------------------------------------------------------

    def next_due(self, now: float) -> float:
        """The time at which there is next something to do; infinity if nothing."""
        if self.inbox:
            return 0.0
        shown = self._next_frame if self.credit > 0 and self.sink is not None else math.inf
        due = self._frame_due
        if self._training and self.attended(now):
            # Steps are taken as many at a time as fit a time slice, and those that are due by
            # then before each frame.
            start = max(self._next_step, self._next_turn)
            late = (self._fitting - 1) / min(self._asked, self.share.rate)
            due = min(due, max(start, min(start + late, shown)))
        return due

    def wants_idle_time(self, now: float) -> bool:
        """Whether it would take more than its share of steps while no other session is due."""
        return self._training and self.attended(now) and now >= self._next_step

    @property
    def surplus(self) -> float:
        """How far it is ahead of its share; idle time goes to the lowest."""
        return self._next_turn - PRIORITY_SECONDS * self.has_priority

    @property
    def _training(self) -> bool:
        return (self.playing or self.replay_until > 0) and not self.diverged

    @property
    def _fitting(self) -> int:
        """Steps that fit one time slice."""
        return max(1, int(TIME_SLICE / self.step_time))

    @property
    def _asked(self) -> float:
        """Steps a second that are asked for; infinity for as many as there can be."""
        return math.inf if self.speed is None or self.replay_until else self.speed

    def demand(self, now: float) -> Demand | None:
        """The steps and frames that it asks for; None if it rests."""
        if not (self._training and self.attended(now)):
            return None
        return Demand(self.step_time, self._frame_time, self._asked, self.has_priority)

    def steps_due(self, now: float) -> int:
        """Steps that it is to take in a turn that begins now."""
        if not (self._training and self.attended(now)) or now < self._next_step:
            return 0
        steps, room = self.trainer.steps, MAX_STEPS - self.trainer.steps
        if self.replay_until:
            room = min(room, self.replay_until - steps)
        elif self.stop is not None:
            room = min(room, self.stop.room(steps))
        wanted: float = self._fitting
        if self._asked < math.inf:
            wanted = min(wanted, 1 + (now - self._next_step) * self._asked)
        elif self.credit > 0:  # be done when the next frame is due, so that it is not late
            wanted = min(wanted, max(self._next_frame - now, TIME_SLICE / 4) / self.step_time)
        if self.share.rate < math.inf:
            late, interval = now - self._next_turn, 1 / self.share.frames
            # Until it is a frame's time ahead of its share; further where the time is idle.
            wanted = min(wanted, max(late + interval, interval * self.idle) * self.share.rate)
            if wanted < 1 and late < 0 and not self.idle:
                return 0
        return max(1, min(int(wanted), room))

    def batch_key(self, now: float) -> BatchKey | None:
        """Sessions with the same key may step as one batch; None for one that steps alone."""
        alone = self.inbox or len(self.runs) > 1 or not self.runs[0].started
        return None if alone or not self.steps_due(now) else self.runs[0].batch_key

    # ---- steps -----------------------------------------------------------------------------------

    def advance(self) -> None:
        """One turn: apply commands, take steps, send a frame. Called by one worker at a time."""
        for command in self._commands():
            lab_commands.apply(self, command)
        count = self.steps_due(time.monotonic())
        if count:
            self.take(count, "both")
            self.trained(count)
        if self.shows():
            start = time.thread_time()
            self.survey()
            self.show()
            self.shown(time.thread_time() - start)

    def take(self, count: int, net: Any) -> None:
        """Take steps of all runs: of D ("d"), of G ("g") or of "both"."""
        start = time.thread_time()
        for run in self.runs:
            run.step(count, net)
        self.stepped(count, time.thread_time() - start)

    def stepped(self, count: int, seconds: float) -> None:
        """Note that steps were taken, and the seconds of a processor that they took."""
        self.step_time = smoothed(self.step_time, seconds / count)
        self.steps_done += count
        self._rate.count += count
        self._dirty = True
        if self.diverged:
            self.playing, self.replay_until = False, 0
            self.messages.send_standstill()
            self.messages.send_state()

    def trained(self, count: int) -> None:
        """Note that steps that were due were taken: when are the next, and are there any?"""
        now, interval = time.monotonic(), 1 / self.share.frames
        # A late turn makes up for what was missed, but for no more than a frame's time.
        self._next_step = max(self._next_step + count / self._asked, now - interval)
        later = max(self._next_turn + count / self.share.rate, now - interval)
        self._next_turn = min(later, now + interval)
        steps = self.trainer.steps
        if self.replay_until and steps >= self.replay_until:
            self.replay_until = 0
        if steps >= MAX_STEPS and self.playing:
            self.playing = False
            self.messages.send_standstill()
            self.messages.send_state()
        if self.check_stop():
            self.messages.send_state()

    def check_stop(self, anywhere: bool = False) -> bool:
        """Stop playing if the visitor's condition is met, and say whether it was.

        Looked at where the condition says, or `anywhere` before playing begins.
        """
        stop, step = self.stop, self.trainer.steps
        if stop is None or not self.playing or self.replay_until:
            return False
        if not (anywhere or stop.looks_at(step)):
            return False
        values: list[float] = [step]
        if stop.when != "steps":
            values = [run.renderer.measure().values()[stop.when] for run in self.runs]
        for name, value in zip(NAMES, values, strict=False):
            if stop.met(value):
                self.playing, self._dirty = False, True
                self._send(type="stopped", step=step, value=value, lane=name, **vars(stop))
                return True
        return False

    # ---- frames ----------------------------------------------------------------------------------

    def shows(self, early: float = 0.0) -> bool:
        """Whether a frame is due, or will be within a share of the time between two."""
        return time.monotonic() >= self._frame_due - early / self.share.frames

    def survey(self) -> None:
        """Bring up to date what a frame says beside its picture: rate, metrics, remedies."""
        now, interval = time.monotonic(), 1 / self.share.frames
        self._rate.update(now)
        measured = all(run.renderer.measured_at == run.trainer.steps for run in self.runs)
        if not measured and (now >= self._next_measure or not self._training):
            for run in self.runs:
                run.renderer.measure()
        cost = time.monotonic() - now
        if self.runs[0].renderer.measured_at != self._measured_at:  # here, or for the diagnosis
            self._measured_at = self.runs[0].renderer.measured_at
            self._next_measure = now + max(MEASURE_INTERVAL, MEASURE_FRAMES * interval, 20 * cost)
        self.messages.send_remedies()

    def show(self, seen: RenderedView | None = None) -> None:
        """Send a frame; `seen` is what was computed for it together with other sessions'."""
        flags = FLAGS["playing"] * self.playing | FLAGS["catching_up"] * (self.replay_until > 0)
        stamp: dict[str, Any] = {
            "run": self.run,
            "applied": self._applied,
            "rate": self._rate.value if self._training else 0.0,
            "flags": flags,
        }
        run_a, *others = self.runs
        # What is asked for beside the picture is about run A; a frame of run B travels inside.
        view_b = View(self.view.layers, self.view.label, self.view.probe)
        run_b = b"".join(run.picture(view_b, **stamp) for run in others)
        data = run_a.picture(self.view, seen, **stamp, rival=run_b)
        now, interval = time.monotonic(), 1 / self.share.frames
        self._next_frame = max(self._next_frame + interval, now + interval / 2)
        self._send_frame(data)

    def shown(self, seconds: float) -> None:
        """Note that a frame was sent, and the seconds of a processor that it took."""
        self.frames_made += 1
        self.frame_seconds += seconds
        self._frame_time = smoothed(self._frame_time, seconds)


def align(sessions: Sequence[LabSession]) -> None:
    """Let the next frames of some sessions be due at one time, so that they are made together.

    That time is the mean of theirs.
    """
    if sessions:
        due = statistics.fmean(session._next_frame for session in sessions)
        for session in sessions:
            session._next_frame = due
