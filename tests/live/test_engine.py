import gc
import itertools
import math
import time
import weakref
from base64 import b64decode
from types import SimpleNamespace

import pytest
from helpers.sessions import QUICK, Page, header, opened, post

from ganplay import PRESETS, ToyConfig
from ganplay.live import (
    commands,
    lab_commands,
    lab_messages,
    lab_session,
    session_table,
)
from ganplay.live import session as live_session
from ganplay.live.commands import (
    Configure,
    Copy,
    Look,
    Pair,
    Play,
    Preset,
    Rewind,
    Slow,
    Speed,
    Step,
    StopAt,
)
from ganplay.live.engine import Engine
from ganplay.live.frame import MAP, UNIT, View
from ganplay.live.frame_codec import FLAGS
from ganplay.live.lab_session import LabSession
from ganplay.live.network_inspection import SIDE
from ganplay.live.run import LiveRun
from ganplay.live.session_table import Full
from ganplay.toy.experiment import train_until
from ganplay.toy.stop_condition import StopCondition
from ganplay.toy.trainer import ToyTrainer


def test_a_new_session_trains_and_sends_frames_and_data(running):
    page = opened(running)
    page.wait(lambda p: len(p.frames) > 5 and p.frames[-1]["step"] > 50)
    steps = [f["step"] for f in page.frames]
    assert steps == sorted(steps)
    (data,) = page.events_of("data")
    assert len(data["real"]) == 1600
    assert data["modes"] == 8
    assert page.events_of("state")[0]["config"] == QUICK.to_dict()


def test_paused_sessions_stand_still_until_asked(running):
    page = opened(running, playing=False)
    assert post(running, page, Look(View()))["step"] == 0
    assert post(running, page, Step("d", 1))["updates_d"] == 1
    frame = post(running, page, Step("g", 1))
    assert (frame["step"], frame["updates_d"], frame["updates_g"]) == (2, 1, 1)
    page.frames.clear()
    time.sleep(0.2)
    assert not page.frames  # nothing changed, nothing is sent
    post(running, page, Step("both", 100))
    page.wait(lambda p: p.frames[-1]["step"] == 102 and not p.frames[-1]["flags"] & 8)
    assert not page.frames[-1]["flags"] & FLAGS["playing"]


def test_a_speed_is_kept_by_a_clock_that_the_test_moves(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(lab_session.time, "monotonic", lambda: now[0])
    spent = itertools.count()  # every measurement of steps says half a millisecond
    monkeypatch.setattr(lab_session.time, "thread_time", lambda: 0.0005 * next(spent))
    session = LabSession(QUICK, now[0])
    session.sink, session.playing = (
        SimpleNamespace(frame=lambda _: None, event=lambda _: None),
        True,
    )
    for speed in (20.0, 5.0, 50.0):
        session.speed, begun = speed, session.trainer.steps
        for _ in range(400):  # four seconds, in hundredths
            now[0] += 0.01
            session.seen, session.credit = now[0], 2  # a page that draws what it is sent
            if session.next_due(now[0]) <= now[0]:
                session.advance()
        assert session.trainer.steps - begun == pytest.approx(4 * speed, abs=3)


def test_a_speed_is_given_and_taken_back(running):
    page = opened(running, speed=20.0)
    page.wait(lambda p: p.frames)
    post(running, page, Speed(None))
    page.wait(lambda p: p.frames[-1]["step"] > 200)


def test_rewind_gives_the_same_run_again(running):
    page = opened(running, playing=False)
    running_session = running._sessions["a"]
    post(running, page, Step("both", 40))
    page.wait(lambda p: p.frames[-1]["step"] == 40)
    first = running_session.trainer.sample(20)
    run = page.frames[-1]["run"]
    frame = post(running, page, Rewind())
    assert (frame["step"], frame["run"]) == (0, run + 1)
    post(running, page, Step("both", 40))
    page.wait(lambda p: p.frames[-1]["step"] == 40)
    assert running_session.trainer.sample(20).equal(first)
    assert page.events_of("state")[-1]["config"] == QUICK.to_dict()  # settings are kept


def test_live_changes_go_on_and_others_restart_with_all_settings_kept(running):
    page = opened(running, playing=False)
    post(running, page, Step("both", 10))
    page.wait(lambda p: p.frames[-1]["step"] == 10)
    frame = post(running, page, Configure({"lr_g": 0.5, "loss": "hinge", "distribution": "moons"}))
    assert frame["step"] == 10
    assert page.events_of("data")[-1]["modes"] == 0
    state = page.events_of("state")[-1]
    assert (state["restarted"], state["config"]["loss"]) == (False, "hinge")
    frame = post(running, page, Configure({"width_g": 4}))
    assert frame["step"] == 0
    state = page.events_of("state")[-1]
    assert state["restarted"]
    assert state["config"] == QUICK.to_dict() | {
        "lr_g": 0.5, "loss": "hinge", "distribution": "moons", "width_g": 4,
    }  # fmt: skip


def test_bad_settings_are_told_and_lose_nothing(running):
    page = opened(running, playing=False)
    post(running, page, Step("both", 10))
    page.wait(lambda p: p.frames[-1]["step"] == 10)
    frame = post(
        running, page,
        Configure({"lr_g": math.nan, "width_g": 10**9, "zap": [1], "lr_d": 0.25}),
    )  # fmt: skip
    state = page.events_of("state")[-1]
    assert {p["field"] for p in state["problems"]} == {"lr_g", "width_g", "zap"}
    assert state["config"] == QUICK.to_dict() | {"lr_d": 0.25}
    assert frame["step"] == 10


def test_a_preset_starts_anew_and_keeps_the_seed(running):
    page = opened(running, config=ToyConfig(seed=7), playing=False)
    post(running, page, Preset("classic"))
    config = page.events_of("state")[-1]["config"]
    assert config == PRESETS["classic"].to_dict() | {"seed": 7}


def test_divergence_is_told_and_a_rewind_mends_it(running):
    wild = ToyConfig(loss="least_squares", optimizer_g="sgd", optimizer_d="sgd", lr_g=1.0, lr_d=1.0)
    page = opened(running, config=wild)
    page.wait(lambda p: p.events_of("diverged"))
    page.wait(lambda p: p.frames and p.frames[-1]["flags"] & FLAGS["diverged"])
    assert "fakes" not in page.frames[-1]  # nothing is drawn of networks that are no more
    assert page.events_of("diverged")[0]["step"] > 0
    page.events.clear()
    post(running, page, Play(True))
    assert page.events_of("diverged")  # told again, and still standing
    frame = post(running, page, Configure({"lr_g": 1e-3, "lr_d": 1e-3}), Rewind(), Play(True))
    assert not frame["flags"] & FLAGS["diverged"]
    page.wait(lambda p: p.frames[-1]["step"] > 100)


def test_a_slow_page_gets_fewer_frames_never_a_backlog(running):
    page = opened(running, slow=True)
    page.wait(lambda p: len(p.frames) == session_table.CREDIT)
    time.sleep(0.3)
    assert len(page.frames) == session_table.CREDIT
    before = page.frames[-1]["step"]
    running.acknowledge("a")
    page.wait(lambda p: len(p.frames) == session_table.CREDIT + 1)
    assert page.frames[-1]["step"] > before + 20  # the newest moment, not the next one


def test_acknowledgements_do_not_pile_up_credit(running):
    page = opened(running, playing=False, slow=True)
    page.wait(lambda p: p.frames)
    session = running._sessions["a"]
    for _ in range(50):
        running.acknowledge("a")
        assert session.credit <= session_table.CREDIT
    running.acknowledge("a", 50)
    assert session.credit == session_table.CREDIT  # nothing moves, so no frame takes any


def test_nobody_looks_nobody_trains(running, monkeypatch):
    monkeypatch.setattr(live_session, "ATTENTION", 0.3)
    opened(running, slow=True)
    session = running._sessions["a"]
    time.sleep(1.0)
    steps = session.steps_done
    assert steps > 0
    time.sleep(0.3)
    assert session.steps_done == steps
    running.acknowledge("a")
    time.sleep(0.2)
    assert session.steps_done > steps


def test_a_closed_page_is_forgotten_and_a_lost_one_can_come_back(running, monkeypatch):
    monkeypatch.setattr(session_table, "LEFT", 0.2)
    lost, closed = opened(running, "lost"), opened(running, "closed")
    lost.wait(lambda p: p.frames and p.frames[-1]["step"] > 20)
    closed.wait(lambda p: p.frames)
    running.leave("closed", closed, closed=True)
    running.leave("lost", lost, closed=False)
    deadline = time.monotonic() + 10
    while "closed" in running._sessions and time.monotonic() < deadline:
        time.sleep(0.05)
    assert list(running._sessions) == ["lost"]
    assert not running.post("closed", 1, Rewind())
    steps = running._sessions["lost"].steps_done
    again = Page(running, "lost")
    assert running.open("lost", again, ToyConfig())  # it was still there
    again.wait(lambda p: p.frames and p.frames[-1]["step"] >= steps)
    assert again.events_of("state")[0]["config"] == QUICK.to_dict()
    # The old connection's end comes late and must not end the new one.
    running.leave("lost", lost, closed=True)
    assert running._sessions["lost"].sink is again


def test_a_session_that_is_gone_is_restored_to_its_step(running):
    page = opened(running, playing=False, step=150)
    page.wait(lambda p: p.frames and p.frames[-1]["step"] == 150)
    time.sleep(0.1)
    assert page.frames[-1]["step"] == 150
    assert not page.frames[-1]["flags"] & FLAGS["playing"]


def test_there_is_a_cap_on_sessions():
    small = Engine(workers=1, max_sessions=1)
    try:
        first = opened(small, "a")
        first.wait(lambda p: p.frames)
        with pytest.raises(Full):
            opened(small, "b")
        again = opened(small, "a")  # coming back is always possible
        small.leave("a", again, closed=False)
        opened(small, "b")  # one whose page is gone makes room; its page can restore it
        assert set(small._sessions) == {"b"}
    finally:
        small.stop()


def test_runs_end_at_the_cap_on_steps(running, monkeypatch):
    for module in (lab_session, lab_commands, lab_messages):
        monkeypatch.setattr(module, "MAX_STEPS", 120)
    page = opened(running)
    page.wait(lambda p: p.events_of("limit"))
    page.wait(lambda p: p.frames and p.frames[-1]["step"] == 120)
    post(running, page, Step("both", 5))
    assert page.frames[-1]["step"] == 120


def test_a_run_stops_exactly_at_the_step_asked_for(running):
    page = opened(running, stop=StopCondition("steps", 123))
    page.wait(lambda p: p.events_of("stopped"))
    (told,) = page.events_of("stopped")
    expected = {"when": "steps", "bound": 123, "step": 123, "value": 123, "lane": "a"}
    assert told == {"type": "stopped"} | expected
    page.wait(lambda p: p.frames[-1]["step"] == 123 and not p.frames[-1]["flags"])
    assert not page.events_of("state")[-1]["playing"]
    # The condition stays; while it is met there is no playing on, but steps may be taken.
    assert post(running, page, Play(True))["step"] == 123
    assert page.events_of("stopped")[1:] == [told]
    assert post(running, page, Step("both", 1))["step"] == 124
    # Another run stops there again, and without the condition it goes on.
    post(running, page, Rewind(), Play(True))
    page.wait(lambda p: len(p.events_of("stopped")) == 3)
    assert page.events_of("stopped")[-1]["step"] == 123
    assert page.events_of("state")[-1]["stop"] == {"when": "steps", "bound": 123}
    post(running, page, StopAt(None), Play(True))
    page.wait(lambda p: p.frames[-1]["step"] > 150)
    assert page.events_of("state")[-1]["stop"] is None


def test_a_bound_of_a_metric_stops_every_run_at_the_same_step(running):
    trainer, values = ToyTrainer(QUICK, threads=1), {}
    while trainer.steps < 600:
        trainer.step(50)
        values[trainer.steps] = float(trainer.compare(2000, quick=True)["js"][0])
    stop = StopCondition("js", sorted(values.values())[3])
    first = next(step for step, value in values.items() if value <= stop.bound)
    assert train_until(ToyTrainer(QUICK, threads=1), 600, stop) == [first]
    pages = [opened(running, "slow", speed=700.0, stop=stop), opened(running, "fast", stop=stop)]
    for page in pages:
        (told,) = page.wait(lambda p: p.events_of("stopped")).events_of("stopped")
        assert (told["when"], told["step"]) == ("js", first)
        assert told["value"] == pytest.approx(values[first], abs=1e-6)
        page.wait(lambda p: p.frames[-1]["step"] == first)
        assert page.frames[-1]["measured_at"] == first


def test_a_condition_that_is_met_already_stops_at_once(running):
    page = opened(running)
    page.wait(lambda p: p.frames and p.frames[-1]["step"] > 20)
    post(running, page, StopAt(StopCondition("steps", 5)))
    told = page.events_of("stopped")[-1]
    assert told["value"] == told["step"] > 5
    assert not page.events_of("state")[-1]["playing"]


def test_a_restored_session_is_brought_to_its_step_past_its_condition(running):
    page = opened(running, playing=False, step=150, stop=StopCondition("steps", 100))
    page.wait(lambda p: p.frames and p.frames[-1]["step"] == 150)
    assert not page.events_of("stopped")


def test_a_session_that_fails_leaves_the_others_alone(running, monkeypatch):
    good, bad = opened(running, "good"), opened(running, "bad")
    good.wait(lambda p: p.frames)
    bad.wait(lambda p: p.frames)
    monkeypatch.setattr(running._sessions["bad"].trainer, "advance", None)
    bad.wait(lambda p: p.events_of("failed"))
    assert list(running._sessions) == ["good"]
    step = good.frames[-1]["step"]
    good.wait(lambda p: p.frames[-1]["step"] > step + 50)
    assert not running.post("bad", 1, Rewind())


def test_neighbours_share_fairly():
    """With one worker: a second one with nothing else to do may give one session more."""
    running = Engine(workers=1)
    try:
        pages = [opened(running, str(i)) for i in range(6)]
        for page in pages:
            page.wait(lambda p: p.frames and p.frames[-1]["step"] > 20)
        sessions = [running._sessions[str(i)] for i in range(6)]
        before = [session.steps_done for session in sessions]
        pages[0].wait(lambda p: p.frames[-1]["step"] > before[0] + 100, 60)
        gained = [session.steps_done - b for session, b in zip(sessions, before, strict=True)]
    finally:
        running.stop()
    assert sum(gained) ** 2 / (6 * sum(g * g for g in gained)) > 0.9  # Jain's index


def test_a_step_in_slow_motion_is_told_once_and_taken(running):
    page = opened(running, playing=True)
    page.wait(lambda p: p.frames)
    frame = post(running, page, Slow())
    told = page.wait(lambda p: p.events_of("slow")).events_of("slow")[-1]
    assert told["step"] == frame["step"]
    assert not frame["flags"] & FLAGS["playing"]
    after = header(b64decode(told["seen"]["frames"][2]))
    assert (after["step"], after["map"]) == (told["step"], MAP * MAP)
    post(running, page, Configure({"steps_g": 0, "steps_d": 0}))
    post(running, page, Slow())
    page.wait(lambda p: p.events_of("slow")[1:])
    assert page.events_of("slow")[-1]["seen"] is None


def test_insides_are_in_a_frame_where_they_are_asked_for(running):
    page = opened(running, playing=False)
    frame = post(running, page, Look(View(layers=0, insides=3, unit=("g", 0, 5))))
    assert frame["units"] == 2 * 8 * SIDE * SIDE
    assert (frame["unit"], frame["unit_size"]) == (MAP * MAP, 1)
    assert frame["weights"] == 8 * (2 + 1) + 8 * (2 + 2)
    frame = post(running, page, Look(View(layers=0, unit=("d", 9, 0))))
    assert not frame.keys() & {"unit", "units", "weights"}


def test_hidden_layers_are_not_computed(running):
    page = opened(running, playing=False)
    frame = post(running, page, Look(View(layers=0)))
    assert not frame.keys() & {"fakes", "pulls", "map", "grid", "verdicts"}
    assert math.isnan(frame["probe"])
    frame = post(running, page, Look(View(layers=4, probe=(0.5, -0.5))))
    assert frame["fakes"] > 0
    assert "map" not in frame
    assert 0 < frame["probe"] < 1


@pytest.mark.parametrize(
    ("message", "complaint"),
    [
        ([], "message: [] is not possible; a JSON object is needed"),
        ({}, "type: None is not possible; one of play, step"),
        ({"type": "explode"}, "type: 'explode' is not possible"),
        ({"type": []}, "type: [] is not possible"),
        ({"type": "play"}, "playing: None is not possible; true or false is needed"),
        ({"type": "step", "net": "e"}, "net: 'e' is not possible; one of d, g, both"),
        ({"type": "step", "count": 10**9}, "count: 1000000000 is not possible; a whole number"),
        ({"type": "step", "count": 1.5}, "count: 1.5 is not possible"),
        ({"type": "step", "count": True}, "count: True is not possible"),
        ({"type": "speed", "speed": math.nan}, "speed: nan is not possible; a number from 1"),
        ({"type": "speed", "speed": 0}, "speed: 0 is not possible"),
        ({"type": "configure", "changes": 3}, "changes: 3 is not possible"),
        ({"type": "configure", "changes": {str(i): 0 for i in range(999)}}, "changes: {'0': 0"),
        ({"type": "preset", "name": "nope"}, "preset: 'nope' is not possible; one of ring"),
        ({"type": "look", "layers": 99}, "layers: 99 is not possible"),
        ({"type": "look", "probe": [1, math.inf]}, "probe: [1, inf] is not possible"),
        ({"type": "look", "insides": -1}, "insides: -1 is not possible"),
        ({"type": "look", "unit": ["x", 0, 0]}, "unit: ['x', 0, 0] is not possible; net (d or g)"),
        ({"type": "look", "unit": ["d", True, 0]}, "unit: ['d', True, 0] is not possible"),
        ({"type": "look", "graph": 1}, "graph: 1 is not possible; true or false"),
        ({"type": "look", "probe": "ab"}, "probe: 'ab' is not possible"),
        ({"type": "pair", "on": "yes"}, "on: 'yes' is not possible; true or false is needed"),
        ({"type": "copy"}, "from: None is not possible; one of a, b is needed"),
        ({"type": "copy", "from": ["a"]}, "from: ['a'] is not possible; one of a, b"),
        ({"type": "configure", "changes": {}, "lane": "c"}, "lane: 'c' is not possible; one of a"),
        ({"type": "stop", "when": "energy"}, "when: 'energy' is not possible; one of steps, js"),
        ({"type": "stop", "when": "js", "bound": 2}, "bound: 2 is not possible; a number from 0"),
        ({"type": "stop", "when": "modes"}, "bound: None is not possible; a whole number from 1"),
        ({"type": "greet"}, "type: 'greet' is not possible"),
    ],
)
def test_messages_that_make_no_sense_are_refused_in_words(message, complaint):
    with pytest.raises(commands.CommandError) as refusal:
        commands.read(message)
    assert complaint in str(refusal.value)


def test_messages_become_commands():
    read = commands.read
    assert read({"type": "play", "playing": False}) == Play(False)
    assert read({"type": "step", "net": "d"}) == Step("d", 1)
    assert read({"type": "speed", "speed": 5}) == Speed(5.0)
    assert read({"type": "speed", "speed": None}) == Speed(None)
    assert read({"type": "rewind"}) == Rewind()
    assert read({"type": "stop", "when": None}) == StopAt(None)
    assert read({"type": "stop", "when": "steps", "bound": 5}) == StopAt(StopCondition("steps", 5))
    assert read({"type": "slow"}) == Slow()
    assert read({"type": "preset", "name": "grid"}) == Preset("grid")
    assert read({"type": "pair", "on": True}) == Pair(True)
    assert read({"type": "copy", "from": "b"}) == Copy("b")
    assert read({"type": "configure", "changes": {}}) == Configure({}, "a")
    assert read({"type": "configure", "changes": {}, "lane": "b"}) == Configure({}, "b")
    view = View(layers=3, label=2, probe=(1.0, 2.0), graph=True, insides=4, unit=("d", 1, 7))
    asked = {"type": "look", "layers": 3, "label": 2, "probe": [1, 2.0], "graph": True}
    asked |= {"insides": 4, "unit": ["d", 1, 7]}
    assert read(asked) == Look(view)


def test_own_points_are_drawn_while_it_trains(running):
    page = opened(running)
    first, second = "AAAAhEiI", "AAAAhEiI.____tVFV"
    page.wait(lambda p: p.frames)
    before = post(running, page, Configure({"distribution": "own", "points": first}))
    after = post(running, page, Configure({"points": second}), Configure({"lr_g": 0.1}))
    assert after["run"] == before["run"] == 1  # the same networks
    told = [(e["config"].get("points"), e["state"].endswith("points:" + second))
            for e in page.events_of("state")]  # fmt: skip
    # The page is told each once: they may be long.
    assert told == [("", False), (first, False), (second, True), (None, False)]
    assert len(page.events_of("data")) == 3
    again = opened(running)
    again.wait(lambda p: p.events_of("state"))
    assert again.events_of("state")[0]["config"]["points"] == second


def test_points_without_sense_leave_the_data(running):
    page = opened(running, playing=False)
    changes = {"distribution": "own", "points": "x" * 100_000}
    post(running, page, Configure(changes), Configure({"distribution": "own"}))
    first, second = page.events_of("state")[1:]
    assert [p["code"] for p in first["problems"]] == ["points", "own"]
    assert all(len(str(p["value"])) <= 40 for p in first["problems"])
    assert [p["code"] for p in second["problems"]] == ["own"]
    assert second["config"] == QUICK.to_dict()
    assert len(page.events_of("data")) == 1


def test_a_page_is_told_what_helps_and_where_the_modes_are(running):
    page = opened(running, config=PRESETS["vanishing"], playing=False)
    page.wait(lambda p: p.events_of("data") and p.events_of("remedies"))
    (data,) = page.events_of("data")
    assert len(data["centres"]) == 2 * data["modes"] == 16
    assert data["centres"][:2] == [round(2 / 3 * UNIT), 0]  # the first mode is at (2, 0)
    assert data["reaches"] == pytest.approx(0.05)
    assert page.events_of("remedies")[-1]["lanes"] == [
        {"kind": "starting", "sure": False, "remedy": None}
    ]
    post(running, page, Step("both", 600))
    page.wait(lambda p: p.events_of("remedies")[-1]["lanes"][0]["sure"])
    (lane,) = page.events_of("remedies")[-1]["lanes"]
    assert lane["kind"] == "strong_d"
    assert lane["remedy"]["changes"]["loss"] == "non_saturating"
    assert not lane["remedy"]["anew"]
    # What is changed by hand or by the remedy is waited for; a second GAN has a verdict of its own.
    post(running, page, Configure(lane["remedy"]["changes"]))
    waiting = [{"kind": "strong_d", "sure": False, "remedy": None}]
    page.wait(lambda p: p.events_of("remedies")[-1]["lanes"] == waiting)
    post(running, page, Pair(True))
    page.wait(lambda p: len(p.events_of("remedies")[-1]["lanes"]) == 2)
    runs = page.events_of("remedies")[-1]["lanes"]
    assert [lane["kind"] for lane in runs] == ["starting", "starting"]


def test_a_divergence_is_told_at_once_with_what_helps(running):
    config = ToyConfig(
        loss="least_squares", optimizer_g="sgd", optimizer_d="sgd", lr_g=1.0, lr_d=1.0
    )
    page = opened(running, config=config, playing=False)
    post(running, page, Step("both", 200))
    page.wait(lambda p: p.events_of("diverged"))
    page.wait(lambda p: p.events_of("remedies")[-1]["lanes"][0]["kind"] == "divergence")
    (lane,) = page.events_of("remedies")[-1]["lanes"]
    assert lane["remedy"]["anew"]
    assert lane["remedy"]["changes"]["lr_d"] == 1e-3


def test_a_session_that_is_dropped_leaves_nothing_for_the_garbage_collection():
    """In a cycle of references its networks would stay in memory until the next one."""
    session = LabSession(QUICK, 0.0)
    session.runs.append(LiveRun(QUICK))
    session.start()
    session.take(30, "both")
    session.messages.send_everything()
    run, other = session.runs
    parts = (session, run, other, run.trainer, run.trainer.ensemble, run.renderer)
    gc.collect()
    gc.disable()
    try:
        kept = [weakref.ref(part) for part in parts]
        del session, run, other, parts
        assert [reference() for reference in kept] == [None] * 6
    finally:
        gc.enable()
