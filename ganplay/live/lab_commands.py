"""What each command of a page does to its session in the Toy Lab."""

from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ganplay.common.safe_tensors import CheckpointError
from ganplay.common.settings import Problem
from ganplay.live import commands
from ganplay.live.run import NAMES, SHARED, KeptMoment, LiveRun, RunName, joined
from ganplay.live.session import MAX_STEPS
from ganplay.live.slow_motion import as_event, slow_step
from ganplay.toy.checkpoint import toy_to_bytes
from ganplay.toy.config import PRESETS, needs_new_networks
from ganplay.toy.trainer import ToyTrainer

if TYPE_CHECKING:
    from ganplay.live.lab_session import LabSession


def apply(session: "LabSession", command: object) -> None:
    """Do to a session what a command of `live.commands` says."""
    match command:
        case commands.Play(playing):
            _play(session, playing)
        case commands.Step(net, count):
            _step(session, net, count)
        case commands.Speed(speed):
            session.speed = speed
            session.step_now()
        case commands.StopAt(stop):
            session.stop = stop
            session.check_stop()
            session.messages.send_state()
        case commands.Rewind():
            _restart(session)
        case commands.Remember():
            _remember(session)
        case commands.GoBack():
            _go_back(session)
        case commands.Configure(changes, name):
            _configure(session, changes, name)
        case commands.Pair(on):
            _pair(session, on)
        case commands.Copy(source):
            _copy(session, source)
        case commands.Preset(name):
            _preset(session, name)
        case commands.Look(view):
            session.view = view
        case commands.Slow():
            _slow(session)
        case commands.Hello():
            session.messages.send_everything()
        case commands.Save(reply):
            _save(session, reply)
        case commands.Load(trainer):
            _load(session, trainer)


def _restart(session: "LabSession", problems: list[Problem] | None = None) -> None:
    """From the first step again, with the present settings, and say so."""
    session.replay_until = 0
    session.start()
    session.messages.send_state(problems, restarted=True)


def _play(session: "LabSession", playing: bool) -> None:
    session.playing = playing and not session.diverged and session.trainer.steps < MAX_STEPS
    session.replay_until = 0
    session.step_now()
    if playing and not session.playing:
        session.messages.send_standstill()
    session.check_stop(anywhere=True)
    session.messages.send_state()


def _pause(session: "LabSession") -> None:
    if session.playing:
        session.playing = False
        session.messages.send_state()


def _step(session: "LabSession", net: Any, count: int) -> None:
    _pause(session)
    if session.diverged or session.trainer.steps >= MAX_STEPS:
        session.messages.send_standstill()
    elif count == 1 or net != "both":
        session.take(count, net)
    else:
        # Many steps are taken as fast as they go, with frames between, then it stops.
        session.replay_until = session.trainer.steps + count


def _slow(session: "LabSession") -> None:
    """One step with everything that is seen on its way; what was playing stops."""
    _pause(session)
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


def _preset(session: "LabSession", name: str) -> None:
    config = replace(PRESETS[name], seed=session.config.seed)
    for run in session.runs:
        run.config = config
    _restart(session)
    session.messages.send_data()


def _run_named(session: "LabSession", name: RunName) -> LiveRun | None:
    """Run A or B; if it is not there the page is told."""
    at, runs = NAMES.index(name), session.runs
    if at < len(runs):
        return runs[at]
    why = "there is no pair now"
    session._send(type="error", field="lane", value=repr(name), allowed=why)
    return None


def _pair(session: "LabSession", on: bool) -> None:
    """A run B like run A, both from the same start; or run A alone again."""
    if on == (len(session.runs) == 2):
        session.messages.send_state()
    elif on:
        session.runs.append(LiveRun(session.config))
        _restart(session)
    else:
        session.runs.pop()
        session.messages.send_state()


def _copy(session: "LabSession", source: RunName) -> None:
    """Give both runs the settings of one."""
    if _run_named(session, "b") is None:
        return
    runs = session.runs
    config = runs[NAMES.index(source)].config
    for run in runs:
        run.config = config
    _restart(session)


def _configure(session: "LabSession", changes: dict[str, Any], name: RunName) -> None:
    _, run = session.trainer, _run_named(session, name)
    if run is None:
        return
    runs = session.runs
    before = [one.config for one in runs]
    config, problems = run.config.repaired(changes)
    after = [config if one is run else joined(one.config, config) for one in runs]
    if any(map(needs_new_networks, before, after)):
        for one, settings in zip(runs, after, strict=True):
            one.config = settings
        _restart(session, problems)
    else:
        for one, settings in zip(runs, after, strict=True):
            one.configure(settings)
        session.messages.send_state(problems)
    if any(getattr(before[0], n) != getattr(after[0], n) for n in SHARED):
        session.messages.send_data()


def _remember(session: "LabSession") -> None:
    """Keep the present moment of all runs; of runs that have diverged, their settings alone."""
    _ = session.trainer  # the networks are made when they are first needed
    lost = session.diverged
    session.kept = [
        KeptMoment(run.config, None if lost else run.trainer.snapshot()) for run in session.runs
    ]


def _go_back(session: "LabSession") -> None:
    """As many runs as were kept, where they stood then; from their start if they had diverged."""
    if not session.kept:
        why = "a moment must have been remembered before"
        session._send(type="error", field="go_back", value="null", allowed=why)
        return
    session.runs[:] = [LiveRun(config) for config, _ in session.kept]
    for run, (config, snapshot) in zip(session.runs, session.kept, strict=True):
        trainer = ToyTrainer(config, threads=1)
        if snapshot is not None:
            trainer.restore(snapshot)
        run.adopt(trainer)
    _adopted(session)


def _save(session: "LabSession", reply: Future[bytes]) -> None:
    if reply.set_running_or_notify_cancel():
        try:
            reply.set_result(toy_to_bytes(session.trainer))
        except CheckpointError as error:
            reply.set_exception(error)


def _load(session: "LabSession", trainer: ToyTrainer) -> None:
    del session.runs[1:]  # nobody knows B's weights of that step
    session.runs[0].adopt(trainer)
    _adopted(session)


def _adopted(session: "LabSession") -> None:
    """Tell of runs that go on from other networks than those that the page has seen."""
    session.replay_until = 0
    session.begin()
    session.messages.send_state(restarted=True)
    session.messages.send_data()
