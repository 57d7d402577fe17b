"""Two runs of one session: the same data, noise and steps, and settings of their own."""

import gc
import struct
import weakref

import numpy as np
import pytest
from helpers.sessions import QUICK, Page, header, post

from ganplay import PRESETS, ToyConfig, ToyTrainer
from ganplay.live import run as run
from ganplay.live.commands import (
    Configure,
    Copy,
    GoBack,
    Load,
    Look,
    Pair,
    Play,
    Preset,
    Remember,
    Rewind,
    Slow,
    Step,
    StopAt,
)
from ganplay.live.frame import View
from ganplay.live.frame_codec import ENTRY, FLAGS, HEADER, SECTIONS, TYPES
from ganplay.toy import custom_points
from ganplay.toy.stop_condition import StopCondition


class Paired(Page):
    """Keeps the frames inside the frames too."""

    def frame(self, data):
        inner = header(inside(data)) if inside(data) else None
        with self.news:
            self.rivals = [*getattr(self, "rivals", []), inner]
            # `frames` is filled a moment later, so what came together is kept together.
            self.pairs = [*getattr(self, "pairs", []), (header(data), inner)]
        super().frame(data)


def inside(data):
    """The rival's frame in a packed frame."""
    (count,) = struct.unpack_from("<I", data, HEADER.size - 4)
    at = HEADER.size + count * ENTRY.size
    for i in range(count):
        index, kind, _, size = ENTRY.unpack_from(data, HEADER.size + i * ENTRY.size)
        size *= np.dtype(TYPES[kind]).itemsize
        if SECTIONS[index] == "rival":
            return data[at : at + size]
        at += size
    return b""


def pair_of(running, config=QUICK, **how):
    page = Paired(running, "a")
    running.open("a", page, config, **how)
    return page, running._sessions["a"]


def stepped(running, page, count, total):
    post(running, page, Step("both", count))
    page.wait(lambda p: p.frames[-1]["step"] == total and not p.frames[-1]["flags"] & 8)


def same(one, other):
    return one.trainer.sample(50).equal(other.trainer.sample(50))


def test_equal_lanes_stay_equal_to_the_bit_and_always_at_the_same_step(running):
    page, session = pair_of(running, playing=False)
    stepped(running, page, 20, 20)
    frame = post(running, page, Pair(True))
    assert frame["step"] == 0
    post(running, page, Step("d", 1), Step("g", 1), Slow())
    stepped(running, page, 20, 23)
    a, b = session.runs
    assert same(a, b)
    a.trainer.warm_up()  # from here on captured, as it comes to pass in any run
    stepped(running, page, 200, 223)
    assert same(a, b)
    post(running, page, Play(True))
    page.wait(lambda p: p.frames[-1]["step"] > 300)
    post(running, page, Play(False))
    assert a.trainer.steps == b.trainer.steps
    assert same(a, b)
    keys = ("run", "step", "updates_d", "updates_g", "applied", "measured_at")
    for outer, inner in page.pairs[-20:]:
        assert [outer[k] for k in keys] == [inner[k] for k in keys]


def test_what_b_does_leaves_a_as_it_would_be_alone(running):
    page, session = pair_of(running, playing=False)
    post(running, page, Pair(True))
    stepped(running, page, 30, 30)
    frame = post(running, page, Configure({"lr_g": 0.05}, "b"))
    assert frame["step"] == 30  # what is live goes on
    stepped(running, page, 30, 60)
    a, b = session.runs
    alone = ToyTrainer(QUICK, threads=1)
    alone.step(60)
    assert a.trainer.sample(50).equal(alone.sample(50))
    other = ToyTrainer(QUICK, threads=1)
    other.step(30)
    other.configure(ToyConfig(**QUICK.to_dict() | {"lr_g": 0.05}))
    other.step(30)
    assert b.trainer.sample(50).equal(other.sample(50))
    assert not same(a, b)


def test_data_and_noise_are_shared_and_new_networks_restart_both(running):
    page, session = pair_of(running, playing=False)
    post(running, page, Pair(True))
    stepped(running, page, 10, 10)
    a, b = session.runs
    frame = post(running, page, Configure({"distribution": "moons", "lr_d": 0.01}, "b"))
    assert frame["step"] == 10
    assert (a.config.distribution, b.config.distribution) == ("moons", "moons")
    assert (a.config.lr_d, b.config.lr_d) == (1e-3, 0.01)
    assert page.events_of("data")[-1]["modes"] == 0
    assert b.renderer.real.equal(a.renderer.real)
    state = page.events_of("state")[-1]
    assert state["rival"]["config"]["lr_d"] == 0.01
    assert not state["rival"]["config"].keys() & set(run.SHARED)
    again, problems = ToyConfig.from_state(state["rival"]["state"])
    assert run.joined(again, a.config) == b.config
    assert not problems
    for change, name in (({"width_g": 4}, "b"), ({"seed": 9}, "a"), ({"noise_dim": 3}, "b")):
        stepped(running, page, 2, session.trainer.steps + 2)
        frame = post(running, page, Configure(change, name))
        assert (frame["step"], page.rivals[-1]["step"]) == (0, 0)
    assert (a.config.width_g, b.config.width_g) == (8, 4)
    for name, value in (("seed", 9), ("noise_dim", 3)):
        assert getattr(a.config, name) == getattr(b.config, name) == value


def test_settings_are_copied_both_ways_and_a_preset_is_for_both(running):
    page, session = pair_of(running, playing=False)
    post(running, page, Pair(True), Configure({"loss": "hinge", "lr_g": 0.5}, "b"))
    stepped(running, page, 5, 5)
    frame = post(running, page, Copy("b"))
    assert frame["step"] == 0
    assert session.runs[0].config == session.runs[1].config
    assert session.config.loss == "hinge"
    post(running, page, Configure({"lr_g": 0.25}, "a"), Copy("a"))
    assert session.runs[1].config.lr_g == 0.25
    post(running, page, Configure({"lr_g": 0.5}, "b"), Preset("collapse"))
    assert session.runs[1].config == session.config == PRESETS["collapse"]
    run = page.frames[-1]["run"]
    frame = post(running, page, Rewind())
    assert frame["run"] == page.rivals[-1]["run"] == run + 1


def test_both_go_back_to_the_moment_that_was_kept(running):
    page, session = pair_of(running, playing=False)
    post(running, page, GoBack())
    assert page.events_of("error")[-1]["field"] == "go_back"  # there is none yet
    post(running, page, Pair(True), Configure({"lr_g": 0.5}, "b"))
    stepped(running, page, 20, 20)
    kept = [run.trainer.sample(50) for run in session.runs]
    post(running, page, Remember())
    post(running, page, Configure({"lr_g": 0.25, "lr_d": 0.25}, "a"))
    stepped(running, page, 10, 30)
    post(running, page, Configure({"width_g": 8}, "a"))  # with new networks
    number = page.frames[-1]["run"]
    frame = post(running, page, GoBack())
    assert (frame["step"], frame["run"]) == (20, number + 1)
    assert page.events_of("state")[-1]["restarted"]
    assert [run.config.lr_g for run in session.runs] == [QUICK.lr_g, 0.5]
    assert session.config == QUICK
    assert all(run.trainer.sample(50).equal(x) for run, x in zip(session.runs, kept, strict=True))
    post(running, page, Pair(False), GoBack())  # again, and B is there again
    assert [run.trainer.steps for run in session.runs] == [20, 20]


def test_of_a_moment_that_had_diverged_the_settings_come_back(running):
    page, session = pair_of(running, playing=False)
    wild = {"loss": "least_squares", "optimizer_g": "sgd", "optimizer_d": "sgd", "lr_g": 1.0,
            "lr_d": 1.0}  # fmt: skip
    post(running, page, Configure(wild), Play(True))
    page.wait(lambda p: p.events_of("diverged"))
    post(running, page, Remember(), Configure({"lr_g": 1e-3, "lr_d": 1e-3}), Rewind())
    frame = post(running, page, GoBack())
    assert (frame["step"], session.diverged, session.config.lr_g) == (0, False, 1.0)


def test_if_one_diverges_both_stop_and_it_is_said_which(running):
    page, session = pair_of(running)
    wild = {"loss": "least_squares", "optimizer_g": "sgd", "optimizer_d": "sgd", "lr_g": 1.0,
            "lr_d": 1.0}  # fmt: skip
    post(running, page, Pair(True), Configure(wild, "b"))
    page.wait(lambda p: p.events_of("diverged"))
    assert page.events_of("diverged")[-1]["lanes"] == ["b"]
    page.wait(lambda p: p.rivals[-1]["flags"] & FLAGS["diverged"])
    last = page.frames[-1]
    assert not last["flags"] & (FLAGS["diverged"] | FLAGS["playing"])
    assert last["fakes"] > 0
    assert "fakes" not in page.rivals[-1]
    steps = session.runs[0].trainer.steps
    assert steps == session.runs[1].trainer.steps
    post(running, page, Play(True))
    assert session.trainer.steps == steps
    post(running, page, Pair(False), Play(True))  # A is still well
    page.wait(lambda p: p.frames[-1]["step"] > steps)
    assert page.rivals[-1] is None


def test_of_two_the_first_to_be_good_enough_stops_both(running):
    page, session = pair_of(running, playing=False)
    post(running, page, Pair(True), Configure({"lr_g": 1.0, "lr_d": 1.0}, "a"))
    post(running, page, StopAt(StopCondition("js", 0.99)), Play(True))
    page.wait(lambda p: p.events_of("stopped"))
    told = page.events_of("stopped")[-1]
    assert told["lane"] == "b"
    js = session.runs[1].renderer.measure().values()["js"]
    assert told["value"] == js <= 0.99
    assert session.runs[0].trainer.steps == session.runs[1].trainer.steps == told["step"]


def test_what_asks_for_a_b_that_is_not_there_is_told(running):
    page, session = pair_of(running, playing=False)
    post(running, page, Configure({"lr_g": 0.5}, "b"), Copy("b"), Copy("a"), Pair(False))
    errors = page.events_of("error")
    assert [(e["field"], e["value"]) for e in errors] == [("lane", "'b'")] * 3
    assert session.config == QUICK
    assert page.events_of("state")[-1]["rival"] is None


def test_only_what_the_picture_needs_is_computed_for_b(running):
    page, _ = pair_of(running, playing=False)
    post(running, page, Pair(True))
    post(running, page, Look(View(layers=4, graph=True, probe=(0.5, 0.5))))
    assert {"verdicts", "map", "grid"} <= page.frames[-1].keys()
    inner = page.rivals[-1]
    assert not inner.keys() & {"verdicts", "map", "grid"}
    assert inner["fakes"] > 0
    assert inner["probe"] == pytest.approx(page.frames[-1]["probe"])


def test_a_pair_that_was_lost_is_restored(running):
    rival = ToyConfig(lr_g=0.02, width_g=4, distribution="grid", seed=5)
    page, session = pair_of(running, playing=False, step=40, config_b=rival)
    page.wait(lambda p: p.frames and p.frames[-1]["step"] == 40 and p.rivals[-1]["step"] == 40)
    a, b = session.runs
    assert a.config == QUICK
    assert b.config == run.joined(rival, QUICK)
    assert (b.config.distribution, b.config.seed, b.config.lr_g) == ("ring", 0, 0.02)


def test_weights_out_of_a_file_are_for_a_alone(running):
    page, _ = pair_of(running, playing=False)
    post(running, page, Pair(True), Configure({"lr_g": 0.5}, "b"))
    trainer = ToyTrainer(QUICK, threads=1)
    trainer.step(7)
    post(running, page, Load(trainer))
    assert page.frames[-1]["step"] == 7
    assert page.rivals[-1] is None
    assert page.events_of("state")[-1]["rival"] is None


def test_own_points_are_shared_and_told_once(running):
    page, session = pair_of(running, playing=False)
    post(running, page, Pair(True))
    ours = custom_points.encode(np.array([[0.1, 0.2], [0.3, -0.4], [0.5, 0.6]]), np.zeros(3, int))
    post(running, page, Configure({"distribution": "own", "points": ours}, "b"))
    assert [one.config.points for one in session.runs] == [ours, ours]
    assert session.runs[1].renderer.real.equal(session.runs[0].renderer.real)
    state = page.events_of("state")[-1]
    assert state["config"]["points"] == ours
    assert ours not in str(state["rival"])


def test_the_memory_of_b_is_freed(running):
    page, session = pair_of(running, playing=False)
    post(running, page, Pair(True), Step("both", 1))
    held = [weakref.ref(x) for x in (session.runs[1].trainer, session.runs[1].renderer)]
    post(running, page, Pair(False))
    gc.collect()
    assert [h() for h in held] == [None, None]


@pytest.mark.parametrize("change", [{"conditional": True}, {"batch_size": 64}, {"loss": "hinge"}])
def test_lanes_differ_in_what_is_not_data(running, change):
    page, session = pair_of(running, playing=False)
    post(running, page, Pair(True), Configure(change, "b"))
    ((name, value),) = change.items()
    assert getattr(session.runs[1].config, name) == value
    assert (session.config == session.runs[1].config) == (name in run.SHARED)
