import concurrent.futures
import threading
from dataclasses import replace

import pytest
import torch
from helpers.sessions import ready, same

from ganplay import PRESETS, ToyConfig, ToyTrainer
from ganplay.live import session_batch
from ganplay.live.frame import LAYERS, View
from ganplay.live.render import render_one
from ganplay.live.run import LiveRun, render_together, step_together
from ganplay.live.session_batch import SIZES, BatchKey, batch_cache, batch_key_of

SMALL = ToyConfig(width_g=16, width_d=16, batch_size=32, ema=0.9)
KINDS = {
    "small": SMALL,
    "ring": PRESETS["ring"],
    "critic": ToyConfig(loss="wasserstein", penalty="wgan_gp", steps_d=2, width_g=32, width_d=32),
    "noisy": ToyConfig(instance_noise=0.3, optimizer_g="rmsprop", optimizer_d="momentum",
                       lr_d=1e-3, width_d=32, conditional=True, steps_g=2),
    "spectral": ToyConfig(norm_d="spectral", norm_g="spectral", width_g=16, width_d=16,
                          batch_size=32, lr_g=0.01, lr_d=0.01),
}  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_the_numbers_are_the_very_same_alone_and_in_company(name, one_thread, unchecked):
    """With other data, rates and seeds beside it, over blocks of random numbers, bit by bit."""
    config, kind = KINDS[name], ready(KINDS[name], 4)
    assert kind.size(4) == 4
    configs = [replace(config, seed=s, lr_g=config.lr_g * (1 + s)) for s in range(4)]
    if not config.conditional:
        configs[2] = replace(configs[2], distribution="grid")
    alone = [ToyTrainer(c, threads=1) for c in configs]
    among = [ToyTrainer(c, threads=1) for c in configs]
    room = batch_cache()(kind, 4)
    for count in (1, 70, 3):
        for trainer in alone:
            trainer.step(count)
        room.step([trainer.ensemble for trainer in among], count)
    for one, other in zip(alone, among, strict=True):
        assert same(one, other)
        assert one.steps == other.steps == 74
        a, b = one.record(), other.record()
        assert (a.updates_d, a.updates_g) == (b.updates_d, b.updates_g)
        torch.testing.assert_close(a.grad_norm_g, b.grad_norm_g, rtol=1e-5, atol=0)
        torch.testing.assert_close(a.d_loss, b.d_loss, rtol=1e-5, atol=0)


def test_as_many_are_together_as_do_well_and_they_are_split_evenly(monkeypatch):
    monkeypatch.setattr(session_batch, "_agree", lambda config, size: True)
    monkeypatch.setattr(session_batch, "fitting_together", lambda config: 8)
    kind = BatchKey(SMALL)

    def size(there):
        kind.size(there)
        concurrent.futures.wait(kind._trials.values())
        return kind.size(there)

    assert [size(n) for n in range(1, 11)] == [1, 1, 3, 4, 5, 6, 7, 8, 5, 5]
    assert [size(n) for n in (14, 16, 20, 32, 33, 64)] == [7, 16, 8, 16, 8, 16]
    monkeypatch.setattr(session_batch, "fitting_together", lambda config: 2)
    kind = BatchKey(SMALL)
    assert [size(n) for n in (2, 3, 4, 5, 6, 9)] == [1, 3, 4, 3, 3, 3]


VIEWS = (View(), View(graph=True), View(layers=LAYERS["map"], label=2))


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("name", [*KINDS, "averaged"])
def test_pictures_are_the_same_alone_and_in_company(name, view, one_thread, unchecked, caplog):
    config = (KINDS | {"averaged": replace(SMALL, noise_dim=5)})[name]
    runs = [LiveRun(replace(config, seed=s)) for s in range(3)]
    for i, run in enumerate(runs):
        run.start()
        run.step(5 + i, "both")
        run.renderer.measure()
    session_batches = batch_cache()
    room = session_batches(batch_key_of(config), 4)  # with an empty place
    for _ in range(2):
        seen = render_together(dict.fromkeys(runs, view), room)
        assert list(seen) == runs
        for run in runs:
            own = render_one(run.trainer.ensemble, *run.renderer.inputs_for(view))
            for one, other in zip(seen[run], own, strict=True):
                assert (one is None) == (other is None)
                if one is not None:
                    near = 1 if not one.is_floating_point() else 1e-5
                    torch.testing.assert_close(one, other, rtol=1e-5, atol=near)
        step_together(runs, 3, session_batches(batch_key_of(config), 3))
        assert not caplog.records


def test_pictures_that_need_what_only_one_has_are_made_alone(one_thread):
    room = batch_cache()(batch_key_of(SMALL), 4)
    runs = [LiveRun(replace(SMALL, seed=s)) for s in range(4)]
    for run in runs:
        run.start()
    assert render_together(dict.fromkeys(runs, View(graph=True)), room) == {}  # no gradients yet
    assert len(render_together(dict.fromkeys(runs, View()), room)) == 4
    few = dict.fromkeys(runs[:2], View()) | dict.fromkeys(runs[2:], View(layers=1))
    assert render_together(few, room) == {}
    assert render_together({}, room) == {}
    batches = replace(SMALL, minibatch_d="stddev")
    others = [LiveRun(replace(batches, seed=s)) for s in range(4)]
    for run in others:
        run.start()
    assert (
        render_together(dict.fromkeys(others, View()), batch_cache()(batch_key_of(batches), 4))
        == {}
    )


def test_pictures_that_cannot_be_made_together_are_made_alone(one_thread, monkeypatch, caplog):
    room = batch_cache()(batch_key_of(SMALL), 4)
    runs = [LiveRun(replace(SMALL, seed=s)) for s in range(4)]
    for run in runs:
        run.start()

    def out_of_memory(*_):
        raise RuntimeError("not enough memory")

    monkeypatch.setattr(room, "render_one", out_of_memory)
    assert render_together(dict.fromkeys(runs, View()), room) == {}
    assert "could not be looked at together" in caplog.text


def test_anybody_may_come_go_and_change_in_between(one_thread):
    kind = ready(SMALL, 4)
    configs = [replace(SMALL, seed=s) for s in range(5)]
    alone, among = ([ToyTrainer(c, threads=1) for c in configs] for _ in range(2))
    room = batch_cache()(kind, 4)

    def together(*members):
        room.step([among[i].ensemble for i in members], 5)
        for i in members:
            alone[i].step(5)

    together(0, 1, 2, 3)
    together(4, 2, 1, 0)  # in another order
    for trainers in (alone, among):
        trainers[1].configure(replace(configs[1], lr_d=0.01))
        trainers[2].step(1, "d")  # G has yet to answer on this batch
        trainers[2].step(1, "g")
        trainers[3].restore(trainers[0].snapshot())
    together(3, 1, 2, 4)
    assert all(same(one, other) for one, other in zip(alone, among, strict=True))
    assert [t.steps for t in among] == [10, 15, 17, 15, 10]


def test_one_that_breaks_leaves_the_others_untouched(one_thread):
    size = 8
    kind = ready(SMALL, size)
    configs = [replace(SMALL, seed=s) for s in range(size)]
    alone, among = ([ToyTrainer(c, threads=1) for c in configs] for _ in range(2))
    among[3].ensemble.state.g.flat.fill_(torch.nan)
    runs = [LiveRun(c) for c in configs]
    for run, trainer in zip(runs, among, strict=True):
        run.adopt(trainer)
    assert step_together(runs, 30, batch_cache()(kind, size)) == {}
    assert [run.diverged for run in runs] == [i == 3 for i in range(size)]
    for i, one in enumerate(alone):
        one.step(30)
        assert same(one, among[i]) == (i != 3)


def test_if_it_fails_everybody_goes_on_alone_with_the_same_numbers(one_thread, monkeypatch):
    kind = ready(SMALL, 4)
    configs = [replace(SMALL, seed=s) for s in range(4)]
    alone, among = ([ToyTrainer(c, threads=1) for c in configs] for _ in range(2))
    runs = [LiveRun(c) for c in configs]
    for run, trainer in zip(runs, among, strict=True):
        run.adopt(trainer)
    room = batch_cache()(kind, 4)

    def out_of_memory(*_):
        raise RuntimeError("not enough memory")

    monkeypatch.setattr(room._joint, "take", out_of_memory)
    monkeypatch.setattr(among[2].ensemble, "take", out_of_memory)  # this one fails alone too
    failed = step_together(runs, 30, room)
    assert list(failed) == [runs[2]]
    for i in (0, 1, 3):
        alone[i].step(30)
        assert same(alone[i], among[i])


def test_the_diagnosis_looks_at_the_same_steps(one_thread):
    kind = ready(SMALL, 4)
    runs = [LiveRun(replace(SMALL, seed=s)) for s in range(4)]
    for i, run in enumerate(runs):
        run.start()
        run.step(7 * i, "both")
    step_together(runs, 60, batch_cache()(kind, 4))
    looked = [[signals.step for signals in run.diagnosis._window] for run in runs]
    assert looked == [[25, 50], [25, 50], [25, 50], [25, 50, 75]]


def test_kinds_are_those_of_the_structure_and_not_of_numbers():
    other = replace(SMALL, seed=4, lr_g=0.1, distribution="grid", beta1=0.9)
    assert batch_key_of(SMALL) is batch_key_of(other)
    for change in ({"width_g": 17}, {"loss": "hinge"}, {"steps_d": 2}, {"batch_size": 64}):
        assert batch_key_of(replace(SMALL, **change)) is not batch_key_of(SMALL)


def test_what_does_not_give_the_same_numbers_stays_alone(monkeypatch, one_thread):
    """A batch that does not fill the processor's registers is rounded differently among others."""
    monkeypatch.setattr(session_batch, "_compared", lambda config, size: False)
    kind = BatchKey(replace(SMALL, batch_size=64))
    assert kind.size(8) == 1
    for trial in kind._trials.values():
        assert trial.result() is False
    assert kind.size(8) == 1

    def broken(config, size):
        raise RuntimeError("cannot be captured")

    monkeypatch.setattr(session_batch, "_compared", broken)
    kind = BatchKey(SMALL)
    kind.size(4)
    assert kind._trials[4].result() is False


def test_the_trial_sees_the_smallest_difference(monkeypatch, one_thread):
    assert session_batch._compared(SMALL, 4)
    step = session_batch.SessionBatch.step

    def nearly(self, ensembles, count):
        step(self, ensembles, count)
        flat = ensembles[1].state.d.flat
        flat[0, 5] = torch.nextafter(flat[0, 5], torch.tensor(9.0))

    monkeypatch.setattr(session_batch.SessionBatch, "step", nearly)
    assert not session_batch._compared(SMALL, 4)


def test_wide_networks_and_few_of_them_stay_alone():
    wide = ToyConfig(width_g=256, width_d=256, batch_size=256)
    assert batch_key_of(wide).size(32) == 1
    assert not batch_key_of(wide)._trials
    assert batch_key_of(SMALL).size(min(SIZES) // 2) == 1


def test_a_thread_keeps_room_for_a_few_companies(one_thread, monkeypatch):
    monkeypatch.setattr(session_batch, "MAX_BATCHES", 4)
    kind, session_batches = ready(SMALL, 4), batch_cache()
    threads = threading.active_count()
    first = session_batches(kind, 4)
    assert session_batches(kind, 4) is first
    others = [replace(SMALL, width_g=w) for w in range(4, 8)]
    for config in others:
        session_batches(batch_key_of(config), 4)
    assert session_batches(kind, 4) is not first
    assert session_batches.cache_info().currsize == 4
    assert threading.active_count() <= threads + 1
