"""Many sessions at once on one engine: steps taken together, fairness, who comes first."""

import time
from concurrent.futures import Future
from dataclasses import replace

import pytest
import torch
from helpers.sessions import Page, opened, post, ready, same

from ganplay import ToyConfig, ToyTrainer
from ganplay.live import commands, engine, lab_session, session_batch, session_table
from ganplay.live.commands import Configure, Pair, Play, Rewind, Step
from ganplay.live.engine import Engine
from ganplay.live.fair_share import FEWEST, MOST, STEPS_A_FRAME, Allocation, Demand
from ganplay.live.session_table import Full
from ganplay.toy.diagnosis import EVERY
from ganplay.toy.stop_condition import StopCondition

CONFIG = ToyConfig(width_g=16, width_d=16, batch_size=32)
AT = 200
pytestmark = pytest.mark.usefixtures("unchecked")


@pytest.fixture
def together(running, monkeypatch):
    """How many have stepped together, each time."""
    sizes, step = [], engine.step_together

    def counted(runs, count, session_batch):
        sizes.append(len(runs))
        return step(runs, count, session_batch)

    monkeypatch.setattr(engine, "step_together", counted)
    return sizes


def class_of(running, count, endless=(), **how):
    """Sessions with a seed each, that stop at one step but for those who are not to."""
    return [
        opened(
            running,
            str(i),
            replace(CONFIG, seed=i),
            stop=None if i in endless else StopCondition("steps", AT),
            **how,
        )
        for i in range(count)
    ]


def arrived(running, i):
    """A session's trainer when it has stopped, and one that was alone."""
    alone = ToyTrainer(replace(CONFIG, seed=i), threads=1)
    alone.step(AT)
    return running._sessions[str(i)].trainer, alone


def test_runs_are_the_same_among_others_and_alone(running, together):
    ready(CONFIG, 8)
    ready(CONFIG, 4)
    pages = class_of(running, 9)
    for page in pages:
        page.wait(lambda p: p.events_of("stopped"), 60)
    for i in range(len(pages)):
        trainer, alone = arrived(running, i)
        assert trainer.steps == AT
        assert same(trainer, alone), i
    assert max(together) >= 4


def test_a_class_that_comes_back_catches_up_together(running, together, monkeypatch):
    monkeypatch.setattr(session_batch, "SIZES", (4,))
    ready(CONFIG, 4)
    pages = class_of(running, 6, step=AT, playing=False)
    for i, page in enumerate(pages):
        page.wait(lambda p: p.frames and p.frames[-1]["step"] == AT, 60)
        assert same(*arrived(running, i)), i
    assert max(together) == 4


def test_every_command_works_among_others(running, together):
    ready(CONFIG, 4)
    pages = class_of(running, 7, endless=(4,))
    for page in pages:
        page.wait(lambda p: p.frames and p.frames[-1]["step"] > 10)
    post(running, pages[0], Configure({"lr_g": 0.002}), session_id="0")
    post(running, pages[1], Rewind(), session_id="1")
    post(running, pages[2], Pair(True), session_id="2")
    reply: Future[bytes] = Future()
    assert running.post("3", 0, commands.Save(reply))
    assert len(reply.result(20)) > 1000
    post(running, pages[3], Step("d", 1), session_id="3")
    broken = running._sessions["4"]
    with running._wake:  # not in mid-turn, at whose end its numbers are put back
        assert running._wake.wait_for(lambda: not broken.busy, 20)
        broken.trainer.ensemble.state.d.flat.fill_(torch.nan)
    pages[4].wait(lambda p: p.events_of("diverged"), 60)
    for i in (1, 2, 5, 6):
        pages[i].wait(lambda p: p.events_of("stopped"), 60)
        assert same(*arrived(running, i)), i
    assert not broken.playing
    at_last = commands.StopAt(StopCondition("steps", AT))
    post(running, pages[4], at_last, Rewind(), Play(True), session_id="4")
    pages[4].wait(lambda p: p.events_of("stopped"), 60)
    assert same(*arrived(running, 4))
    assert together


def test_who_cannot_go_on_is_ended_and_the_others_are_not(running, together, monkeypatch):
    ready(CONFIG, 4)
    pages = class_of(running, 6)
    for page in pages:
        page.wait(lambda p: p.frames)
    bad = running._sessions["2"].trainer.ensemble

    def broken(*_):
        raise ValueError("nothing to learn from")

    monkeypatch.setattr(bad, "take", broken)
    monkeypatch.setattr(bad, "step", broken)
    monkeypatch.setattr("ganplay.live.session_batch._side_by_side", broken)
    pages[2].wait(lambda p: p.events_of("failed"), 60)
    assert sorted(running._sessions) == ["0", "1", "3", "4", "5"]
    monkeypatch.undo()
    for i in (0, 1, 3, 4, 5):
        pages[i].wait(lambda p: p.events_of("stopped"), 60)
        assert same(*arrived(running, i)), i


def test_steps_are_shared_evenly_whatever_they_cost(monkeypatch):
    """Counted until the slowest has done so many: dear steps are not fewer than cheap ones."""
    monkeypatch.setattr(engine, "SHARE_INTERVAL", 0.05)
    alone = Engine(workers=1)
    try:
        cheap = ToyConfig(width_g=8, width_d=8, batch_size=16)
        kinds = [cheap, replace(cheap, steps_d=4), replace(cheap, width_d=64, layers_d=3)]
        for i in range(6):
            opened(alone, str(i), replace(kinds[i % 3], seed=i))
        sessions = [alone._sessions[str(i)] for i in range(6)]
        wait_until(lambda: all(s.steps_done > 100 for s in sessions))
        before = [(s.steps_done, s.frames_made) for s in sessions]
        wait_until(lambda: all(s.steps_done - b > 150 for s, (b, _) in zip(sessions, before)))  # noqa: B905
        for column, least in ((0, 0.85), (1, 0.85)):
            gained = [
                (s.steps_done, s.frames_made)[column] - b[column]
                for s, b in zip(sessions, before, strict=True)
            ]
            assert sum(gained) ** 2 / (6 * sum(g * g for g in gained)) > least, gained
    finally:
        alone.stop()


def test_an_engine_gives_fewer_frames_first_then_fewer_steps_then_fewer_of_both(monkeypatch):
    """With 4, 20, 45 and 60 whose steps and frames cost the same on any machine."""
    demand = Demand(step=0.0003, frame=0.001, rate=200)
    monkeypatch.setattr(lab_session.LabSession, "demand", lambda *_: demand)
    for module in (engine, lab_session):
        monkeypatch.setattr(module, "SMOOTHING", 0.0)  # nobody else is on this machine
    alone, got = Engine(workers=2), []
    try:
        for i in range(60):
            opened(alone, str(i), CONFIG, playing=False)
            if i + 1 in (4, 20, 45, 60):
                if i + 1 == 60:
                    demand = demand._replace(frame=0.002)
                with alone._wake:
                    alone._share(alone._clock())
                (share,) = {session.share for session in alone.sessions()}
                got.append(share)
    finally:
        alone.stop()
    few, more, many, most = got
    assert few == Allocation(MOST, 200)
    assert FEWEST < more.frames < MOST
    assert more.rate == 200
    assert many.frames == FEWEST
    assert 2 * FEWEST < many.rate < 200
    assert most.frames < FEWEST
    assert most.rate == pytest.approx(STEPS_A_FRAME * most.frames)


def test_who_is_ahead_of_their_share_waits_unless_nobody_wants_the_time(running):
    session = lab_session.LabSession(CONFIG, 0.0)
    assert session.trainer.steps == 0
    session._next_step = 0.0
    session.sink, session.playing, session.seen = Page(running, "x"), True, 100.0
    session.share = Allocation(frames=10.0, rate=40.0)
    session.step_time, session._next_frame = 1e-6, 1e9
    owed = {}
    for late in (-0.1, -0.09, -0.051, 0.001, 0.101):  # seconds behind the share, a frame being 0.1
        session._next_turn = 100.0 - late
        owed[late] = session.steps_due(100.0)
    assert owed == {-0.1: 0, -0.09: 0, -0.051: 1, 0.001: 4, 0.101: 8}
    session.idle, session._next_turn = True, 100.1
    assert session.steps_due(100.0) == 4
    session.share = Allocation(frames=10.0, rate=2.0)  # a step in half a second
    session.idle, session._next_turn = False, 100.0
    assert session.steps_due(100.0) == 1


def test_what_the_diagnosis_has_just_measured_is_not_measured_again():
    session = lab_session.LabSession(CONFIG, 0.0)
    trainer, (run,) = session.trainer, session.runs
    session.playing = True
    run.step(EVERY, "both")
    session.survey()
    run.step(1, "both")
    session.survey()
    assert (trainer.steps, run.renderer.measured_at) == (EVERY + 1, EVERY)
    session._next_measure = 0.0
    session.survey()
    assert run.renderer.measured_at == EVERY + 1


def test_frames_that_are_made_together_fall_due_together():
    sessions = [lab_session.LabSession(CONFIG, float(i)) for i in range(3)]
    lab_session.align(sessions)
    assert [session._next_frame for session in sessions] == [1.0] * 3
    lab_session.align([])


def wait_until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_lecturer_is_served_first_and_always_let_in():
    small = Engine(workers=1, max_sessions=10)
    try:
        for i in range(10):
            opened(small, str(i), replace(CONFIG, steps_d=4, seed=i))
        with pytest.raises(Full):
            opened(small, "late")
        page = opened(small, "lecturer", CONFIG, has_priority=True)
        sessions = [small._sessions[str(i)] for i in range(10)]
        lecturer = small._sessions["lecturer"]
        page.wait(lambda p: p.frames and p.frames[-1]["step"] > 20)
        frames = [s.frames_made for s in sessions]
        own = lecturer.frames_made
        wait_until(lambda: lecturer.frames_made - own >= 60)
        others = [s.frames_made - f for s, f in zip(sessions, frames, strict=True)]
        assert max(others) < 60
        assert min(others) > 0  # first, but not alone
    finally:
        small.stop()


def test_nobody_new_comes_in_while_those_inside_get_too_little(running, monkeypatch):
    monkeypatch.setattr(session_table, "MIN_SESSIONS", 2)
    opened(running, "a").wait(lambda p: p.frames)
    monkeypatch.setattr(session_table, "MIN_FRAME_RATE", 1000.0)  # more than there ever are
    opened(running, "b").wait(lambda p: p.frames)  # the first few come in anyway
    with pytest.raises(Full):
        running.open("c", Page(running, "c"), CONFIG)
    opened(running, "b")  # who is in may come back
    running.open("c", Page(running, "c"), CONFIG, has_priority=True)
    monkeypatch.setattr(session_table, "MIN_FRAME_RATE", 2.0)
    opened(running, "d").wait(lambda p: p.frames)


def test_time_that_nobody_wants_is_used():
    """However wrong the estimate of what a step costs, one alone is not held up by it."""
    alone = Engine(workers=1)
    try:
        page = opened(alone, "a", CONFIG)
        page.wait(lambda p: p.frames)
        session = alone._sessions["a"]
        session.step_time = 10.0
        before = session.steps_done
        page.wait(lambda p: p.frames[-1]["step"] > before + 300)
    finally:
        alone.stop()
