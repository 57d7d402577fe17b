"""What each command of a page does to its session in the Toy Lab."""

from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ganplay.common.safe_tensors import CheckpointError
from ganplay.common.settings import Problem
from ganplay.live import commands
from ganplay.live.run import NAMES, SHARED, LiveRun, RunName, joined
from ganplay.live.session import MAX_STEPS
from ganplay.live.slow_motion import as_event, slow_step
from ganplay.toy.checkpoint import toy_to_bytes
from ganplay.toy.config import PRESETS, needs_new_networks
from ganplay.toy.stop_condition import StopCondition
from ganplay.toy.trainer import ToyTrainer

if TYPE_CHECKING:
    from ganplay.live.lab_session import LabSession


class LabCommands:
    """The commands of one session."""

    def __init__(self, session: "LabSession") -> None:
        self._session = session

    def apply(self, command: object) -> None:
        """Do what a command of `live.commands` says."""
        session = self._session
        match command:
            case commands.Play(playing):
                self._play(playing)
            case commands.Step(net, count):
                self._step(net, count)
            case commands.Speed(speed):
                session.speed = speed
                session.step_now()
            case commands.StopAt(stop):
                self._stop_at(stop)
            case commands.Rewind():
                self._restart()
            case commands.Configure(changes, name):
                self._configure(changes, name)
            case commands.Pair(on):
                self._pair(on)
            case commands.Copy(source):
                self._copy(source)
            case commands.Preset(name):
                self._preset(name)
            case commands.Look(view):
                session.view = view
            case commands.Slow():
                self._slow()
            case commands.Hello():
                session.messages.send_everything()
            case commands.Save(reply):
                self._save(reply)
            case commands.Load(trainer):
                self._load(trainer)

    def _restart(self, problems: list[Problem] | None = None) -> None:
        """From the first step again, with the present settings, and say so."""
        session = self._session
        session.replay_until = 0
        session.start()
        session.messages.send_state(problems, restarted=True)

    def _play(self, playing: bool) -> None:
        session = self._session
        session.playing = playing and not session.diverged and session.trainer.steps < MAX_STEPS
        session.replay_until = 0
        session.step_now()
        if playing and not session.playing:
            session.messages.send_standstill()
        session.check_stop(anywhere=True)
        session.messages.send_state()

    def _pause(self) -> None:
        if self._session.playing:
            self._session.playing = False
            self._session.messages.send_state()

    def _step(self, net: Any, count: int) -> None:
        session = self._session
        self._pause()
        if session.diverged or session.trainer.steps >= MAX_STEPS:
            session.messages.send_standstill()
        elif count == 1 or net != "both":
            session.take(count, net)
        else:
            # Many steps are taken as fast as they go, with frames between, then it stops.
            session.replay_until = session.trainer.steps + count

    def _slow(self) -> None:
        """One step with everything that is seen on its way; what was playing stops."""
        session = self._session
        self._pause()
        session.replay_until = 0
        if session.diverged or session.trainer.steps >= MAX_STEPS:
            session.messages.send_standstill()
            return
        first, *others = session.runs
        seen = slow_step(first.renderer, session.view.label)
        first.check()
        for run in others:
            run.step(1, "both")
        step, event = session.trainer.steps, seen and as_event(seen)
        session._send(type="slow", run=session.run, step=step, seen=event)
        session.stepped(1, session.step_time)

    def _stop_at(self, stop: StopCondition | None) -> None:
        self._session.stop = stop
        self._session.check_stop()
        self._session.messages.send_state()

    def _preset(self, name: str) -> None:
        config = replace(PRESETS[name], seed=self._session.config.seed)
        for run in self._session.runs:
            run.config = config
        self._restart()
        self._session.messages.send_data()

    def _run_named(self, name: RunName) -> LiveRun | None:
        """Run A or B; if it is not there the page is told."""
        at, runs = NAMES.index(name), self._session.runs
        if at < len(runs):
            return runs[at]
        why = "there is no pair now"
        self._session._send(type="error", field="lane", value=repr(name), allowed=why)
        return None

    def _pair(self, on: bool) -> None:
        """A run B like run A, both from the same start; or run A alone again."""
        session = self._session
        if on == (len(session.runs) == 2):
            session.messages.send_state()
        elif on:
            session.runs.append(LiveRun(session.config))
            self._restart()
        else:
            session.runs.pop()
            session.messages.send_state()

    def _copy(self, source: RunName) -> None:
        """Give both runs the settings of one."""
        if self._run_named("b") is None:
            return
        runs = self._session.runs
        config = runs[NAMES.index(source)].config
        for run in runs:
            run.config = config
        self._restart()

    def _configure(self, changes: dict[str, Any], name: RunName) -> None:
        session = self._session
        _, run = session.trainer, self._run_named(name)
        if run is None:
            return
        runs = session.runs
        before = [one.config for one in runs]
        config, problems = run.config.repaired(changes)
        after = [config if one is run else joined(one.config, config) for one in runs]
        if any(map(needs_new_networks, before, after)):
            for one, settings in zip(runs, after, strict=True):
                one.config = settings
            self._restart(problems)
        else:
            for one, settings in zip(runs, after, strict=True):
                one.configure(settings)
            session.messages.send_state(problems)
        if any(getattr(before[0], n) != getattr(after[0], n) for n in SHARED):
            session.messages.send_data()

    def _save(self, reply: Future[bytes]) -> None:
        if reply.set_running_or_notify_cancel():
            try:
                reply.set_result(toy_to_bytes(self._session.trainer))
            except CheckpointError as error:
                reply.set_exception(error)

    def _load(self, trainer: ToyTrainer) -> None:
        session = self._session
        del session.runs[1:]  # nobody knows B's weights of that step
        session.runs[0].adopt(trainer)
        session.replay_until = 0
        session.begin()
        session.messages.send_state(restarted=True)
        session.messages.send_data()
