import json

import pytest
import torch

from ganplay import ToyConfig, ToyTrainer
from ganplay.live.frame import FrameRenderer
from ganplay.live.slow_motion import as_event, slow_step

SMALL = {"width_g": 16, "width_d": 16, "batch_size": 16}
KINDS = [
    {},
    {"steps_d": 3},
    {"steps_g": 4},
    {"steps_g": 0},
    {"steps_d": 0},
    {"simultaneous": True},
    {"simultaneous": True, "steps_d": 2},
    {"loss": "wasserstein", "penalty": "wgan_gp", "instance_noise": 0.1},
    {"norm_d": "spectral", "norm_g": "spectral", "minibatch_d": "stddev"},
    {"conditional": True, "ema": 0.9, "feature_matching": 0.5},
    {"noise_dim": 5, "layers_g": 1},
]


def trained(changes, steps=7):
    trainer = ToyTrainer(ToyConfig(**SMALL | changes), threads=1, use_capture=False)
    trainer.step(steps)
    return trainer


@pytest.mark.parametrize("changes", KINDS, ids=str)
def test_a_slow_step_is_a_step_like_any_other(changes):
    plain, slow = trained(changes), trained(changes)
    plain.step()
    seen = slow_step(FrameRenderer(slow))
    for net in "dg":
        assert torch.equal(plain.parameters(net), slow.parameters(net)), net
    assert (plain.record().updates_d, plain.record().updates_g) == (
        slow.record().updates_d, slow.record().updates_g,
    )  # fmt: skip
    plain.step(3), slow.step(3)
    assert torch.equal(plain.parameters("d"), slow.parameters("d"))
    assert seen.step == 8
    expected = [net for net in "dg" if changes.get(f"steps_{net}", 1)]
    assert list(seen.updates) == expected
    json.dumps(as_event(seen), allow_nan=False)


def test_its_numbers_are_those_of_this_very_step():
    plain, slow = trained({}), trained({})
    before = {net: plain.parameters(net) for net in "dg"}
    record = plain.step()
    seen = slow_step(FrameRenderer(slow))
    d, g = seen.updates["d"], seen.updates["g"]
    assert d.loss == record.d_loss.item()
    assert g.loss == record.g_loss.item()
    assert (d.norm, g.norm) == (record.grad_norm_d.item(), record.grad_norm_g.item())
    assert d.real[0] == pytest.approx(record.d_real.item(), abs=1e-6)
    assert d.fake[0] == pytest.approx(record.d_fake.item(), abs=1e-6)
    for net, update in seen.updates.items():
        moved = (plain.parameters(net) - before[net]).norm().item()
        assert update.change == pytest.approx(moved, rel=1e-6)
        assert torch.tensor(update.norms).norm().item() == pytest.approx(update.norm, rel=1e-5)
    # D's update does not move the fakes, G's does; D's own answer changes by both.
    assert torch.equal(d.fakes, d.moved)
    assert torch.equal(d.fakes, g.fakes)
    assert not torch.equal(g.fakes, g.moved)
    # Between the two, D's map has changed and G's grid has not.
    start, middle, end = seen.frames
    assert not torch.equal(start.map, middle.map)
    assert torch.equal(start.grid, middle.grid)
    assert torch.equal(middle.map, end.map)
    assert not torch.equal(middle.grid, end.grid)
    # The pulls are the gradient against D as it is then: after its update for G.
    small = g.fakes + 1e-3 * g.fake_gradients
    loss = [-torch.log(torch.sigmoid(slow.discriminate(p[None]))).mean() for p in (g.fakes, small)]
    assert loss[1] < loss[0]


def test_both_at_once_shows_what_was_judged_before():
    slow = trained({"simultaneous": True})
    start, middle, end = slow_step(FrameRenderer(slow)).frames
    assert torch.equal(middle.map, end.map)
    assert torch.equal(middle.grid, start.grid)
    assert not torch.equal(start.map, end.map)


def test_where_nothing_is_updated_there_is_nothing_to_see():
    trainer = trained({"steps_d": 0, "steps_g": 0})
    assert slow_step(FrameRenderer(trainer)) is None
    assert trainer.steps == 8
