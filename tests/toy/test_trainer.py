import dataclasses
import gc
import math
import weakref

import numpy as np
import pytest
import torch
import typecheck
from helpers.toys import SMALL, VARIANTS

from ganplay import PRESETS, ToyConfig, ToyTrainer
from ganplay.common.seeding import generator_of
from ganplay.gan.losses import LOSSES
from ganplay.toy import metrics
from ganplay.toy.batches import BatchStream, real_points
from ganplay.toy.custom_points import encode
from ganplay.toy.step import AdversarialStep


def weights(trainer):
    return torch.cat(
        [torch.cat([c.state.g.flat, c.state.d.flat], dim=1) for c in trainer.ensembles]
    )


@pytest.mark.parametrize("name", VARIANTS)
def test_batched_captured_and_single_runs_agree(name):
    """Four members at once, eagerly and captured, against four trained one by one."""
    config = dataclasses.replace(SMALL, **VARIANTS[name])
    eager = ToyTrainer(config, seeds=range(4), use_capture=False, threads=1)
    captured = ToyTrainer(config, seeds=range(4), threads=1)
    eager.step(2)
    with typecheck.unchecked():
        captured.warm_up()
        eager.step(22)
        captured.step(24)
    assert captured.ensembles[0].use_capture, "the step could not be captured"
    # To the bit: the captured step may take over at any moment without changing the run.
    assert torch.equal(weights(eager), weights(captured))
    assert weights(eager).isfinite().all()
    singles = [ToyTrainer(config, seeds=[s], use_capture=False, threads=1) for s in range(4)]
    with typecheck.unchecked():
        for single in singles:
            single.step(24)
    expected = torch.cat([weights(single) for single in singles])
    torch.testing.assert_close(weights(eager), expected, rtol=1e-3, atol=1e-4)
    record, alone = eager.record(), singles[3].record()
    for field in ("d_loss", "g_loss", "d_real", "d_fake", "grad_norm_d", "grad_norm_g", "penalty"):
        torch.testing.assert_close(
            getattr(record, field)[3:4], getattr(alone, field), rtol=1e-2, atol=1e-3,
            equal_nan=True,
        )  # fmt: skip


def test_one_step_by_hand():
    """Linear nets, Wasserstein, SGD: the update of every parameter in closed form."""
    config = ToyConfig(
        layers_g=0, layers_d=0, loss="wasserstein", optimizer_g="sgd", optimizer_d="sgd",
        lr_g=0.1, lr_d=0.5, batch_size=16,
    )  # fmt: skip
    trainer = ToyTrainer(config, seeds=[3])
    state = trainer.ensembles[0].copy_state()
    (a, b), (w, _) = state.g.weights, state.d.weights  # G(z) = A z + b, D(x) = w x + c
    batch = BatchStream([dataclasses.replace(config, seed=3)]).next()
    real, z = batch.real[0], batch.z[0]
    fake = a[0] @ z + b[0]
    new_w = w[0] + 0.5 * (real.mean(1) - fake.mean(1))
    new_a = a[0] + 0.1 * new_w.T @ z.mean(1)[None]  # against D after its update
    new_b = b[0] + 0.1 * new_w.T
    trainer.step()
    after = trainer.ensembles[0].state
    torch.testing.assert_close(after.d.weights[0][0], new_w)
    torch.testing.assert_close(after.g.weights[0][0], new_a)
    torch.testing.assert_close(after.g.weights[1][0], new_b)


def test_simultaneous_step_answers_the_old_d():
    config = ToyConfig(
        layers_g=0, layers_d=0, loss="wasserstein", optimizer_g="sgd", optimizer_d="sgd",
        lr_g=0.1, lr_d=0.5, simultaneous=True,
    )  # fmt: skip
    trainer = ToyTrainer(config)
    before = trainer.ensembles[0].copy_state()
    trainer.step()
    moved = trainer.ensembles[0].state.g.weights[1] - before.g.weights[1]
    torch.testing.assert_close(moved, 0.1 * before.d.weights[0].mT)


def test_penalty_of_a_linear_d_by_hand():
    for penalty, cost in (("wgan_gp", lambda n: (n - 1) ** 2), ("r1", lambda n: n**2 / 2)):
        trainer = ToyTrainer(ToyConfig(layers_d=0, penalty=penalty), seeds=range(3))
        norms = trainer.ensembles[0].copy_state().d.weights[0].flatten(1).norm(dim=1)
        torch.testing.assert_close(trainer.step().penalty, cost(norms), rtol=1e-4, atol=1e-5)


def test_the_loss_shown_is_the_loss_trained():
    for name in LOSSES:
        trainer = ToyTrainer(dataclasses.replace(SMALL, loss=name), seeds=[1])
        batch = BatchStream(trainer.configs).next()
        real, fake = batch.real.mT, trainer.generate(batch.z)
        expected = LOSSES[name].d_loss(trainer.discriminate(real), trainer.discriminate(fake))
        assert trainer.step().d_loss.item() == pytest.approx(expected.mean().item(), abs=1e-5)


def test_label_smoothing_weight_clip_and_gradient_clip_do_what_they_say():
    clipped = ToyTrainer(dataclasses.replace(SMALL, weight_clip=0.02))
    clipped.step(5)
    assert clipped.ensembles[0].state.d.flat.abs().max().item() == pytest.approx(0.02)
    assert clipped.ensembles[0].state.g.flat.abs().max() > 0.02  # D's alone
    slow = ToyTrainer(
        dataclasses.replace(SMALL, optimizer_d="sgd", lr_d=1.0, grad_clip=0.001, steps_g=0)
    )
    before = slow.ensembles[0].state.d.flat.clone()
    slow.step()
    moved = (slow.ensembles[0].state.d.flat - before).norm()
    assert moved.item() == pytest.approx(0.001, rel=1e-3)


def test_instance_noise_fades_and_is_the_same_for_both_nets(monkeypatch):
    """By a tenth of itself at every update of D; G's fakes are blurred like D's last ones."""
    shown = []
    with_noise = AdversarialStep._with_noise

    def seen(self, state, batch, x, part, updates):
        added = with_noise(self, state, batch, torch.zeros_like(x), part, updates)
        shown.append((added / batch.instance_noise[..., part]).mean().item())
        return with_noise(self, state, batch, x, part, updates)

    monkeypatch.setattr(AdversarialStep, "_with_noise", seen)
    config = dataclasses.replace(SMALL, instance_noise=1.0, instance_noise_steps=10)
    for changes in ({}, {"simultaneous": True}):
        trainer = ToyTrainer(dataclasses.replace(config, **changes), use_capture=False)
        shown.clear()
        trainer.step(3)
        assert shown == pytest.approx([1.0, 1.0, 0.9, 0.9, 0.8, 0.8])
        shown.clear()
        trainer.step(20)
        assert shown[-1] == 0
    apart = ToyTrainer(config, use_capture=False)
    shown.clear()
    for net in ("g", "d", "g", "d", "g", "g"):
        apart.step(net=net)
    assert shown == pytest.approx([1.0, 1.0, 1.0, 0.9, 0.9, 0.9])


def test_averaged_generator_is_what_is_sampled():
    trainer = ToyTrainer(dataclasses.replace(SMALL, ema=0.5, lr_g=0.01))
    start = trainer.ensembles[0].state.g.flat.clone()
    trainer.step()
    state = trainer.ensembles[0].state
    torch.testing.assert_close(state.g.average, (start + state.g.flat) / 2)
    plain = ToyTrainer(dataclasses.replace(SMALL, lr_g=0.01))
    plain.step()
    assert torch.equal(plain.ensembles[0].state.g.flat, state.g.flat)
    assert not torch.equal(plain.sample(10), trainer.sample(10))


def test_d_then_g_is_one_round():
    both, apart = ToyTrainer(SMALL), ToyTrainer(SMALL)
    for _ in range(3):
        both.step(net="both")
        apart.step(net="d")
        record = apart.step(net="g")
    torch.testing.assert_close(weights(both), weights(apart))
    assert (record.step, record.updates_d, record.updates_g) == (6, 3, 3)


def test_one_net_alone_leaves_the_other():
    trainer = ToyTrainer(SMALL)
    state = trainer.ensembles[0].state
    g, d = state.g.flat.clone(), state.d.flat.clone()
    record = trainer.step(net="d")
    assert torch.equal(state.g.flat, g)
    assert not torch.equal(state.d.flat, d)
    assert record.d_loss.isfinite()
    assert record.g_loss.isnan()  # G has not been updated yet
    d = state.d.flat.clone()
    trainer.step(2, net="g")
    assert torch.equal(state.d.flat, d)
    assert not torch.equal(state.g.flat, g)


def test_a_run_repeats_exactly_however_it_is_cut_up():
    once, again = ToyTrainer(SMALL, seeds=[7, 8]), ToyTrainer(SMALL, seeds=[7, 8])
    once.step(120)
    for count in (1, 9, 50, 60):
        again.step(count)
    assert torch.equal(weights(once), weights(again))
    assert torch.equal(once.sample(50), again.sample(50))
    assert not torch.equal(once.sample(50)[0], once.sample(50)[1])


def test_blocks_of_random_numbers_do_not_depend_on_the_company():
    alone = BatchStream([dataclasses.replace(SMALL, seed=5)])
    among = BatchStream([dataclasses.replace(SMALL, seed=s) for s in (4, 5, 6)])
    for _ in range(70):  # past the end of a block
        a, b = alone.next(), among.next()
        assert torch.equal(a.real[0], b.real[1])
        assert torch.equal(a.z[0], b.z[1])
    assert not torch.equal(a.real, alone.next().real)


def test_purposes_and_seeds_have_generators_of_their_own():
    draws = {
        torch.rand(1, generator=generator_of(s, p)).item()
        for s in range(20)
        for p in ("data", "noise", "mix")
    }
    assert len(draws) == 60


def test_settings_change_live_on_the_same_networks():
    trainer = ToyTrainer(SMALL, seeds=[1])
    trainer.step(10)
    before = weights(trainer).clone()
    changed = dataclasses.replace(
        SMALL, distribution="moons", lr_g=0.0, lr_d=0.0, loss="hinge", batch_size=64,
        penalty="r1", optimizer_d="rmsprop", ema=0.9, steps_d=3,
    )  # fmt: skip
    trainer.configure(changed)
    record = trainer.step(5)
    assert torch.equal(weights(trainer), before)  # rates of 0: nothing moves, all is computed
    assert record.updates_d == 10 + 15
    assert record.d_loss.isfinite()
    assert trainer.configs[0].seed == 1
    torch.testing.assert_close(trainer.real(10)[0], real_points(trainer.configs[0], 10)[0])
    trainer.configure(dataclasses.replace(changed, lr_g=0.01))
    trainer.step()
    assert not torch.equal(weights(trainer), before)


def test_changing_networks_is_refused():
    trainer = ToyTrainer(SMALL)
    with pytest.raises(ValueError, match="need new networks"):
        trainer.configure(dataclasses.replace(SMALL, width_g=32))


def test_members_may_differ_in_numbers_and_data_only():
    configs = [SMALL, dataclasses.replace(SMALL, lr_g=0.01, distribution="moons", seed=4)]
    trainer = ToyTrainer(configs)
    trainer.step(20)
    for i, config in enumerate(configs):
        alone = ToyTrainer(config)
        alone.step(20)
        torch.testing.assert_close(weights(trainer)[i], weights(alone)[0], rtol=1e-3, atol=1e-4)
    with pytest.raises(ValueError, match="must share architecture"):
        ToyTrainer([SMALL, dataclasses.replace(SMALL, loss="hinge")])
    with pytest.raises(ValueError, match="at least one member"):
        ToyTrainer(SMALL, seeds=[])


def test_a_member_that_diverges_leaves_the_others_alone():
    tame = dataclasses.replace(
        SMALL, loss="least_squares", optimizer_g="sgd", optimizer_d="sgd", lr_g=0.01, lr_d=0.01
    )
    wild = dataclasses.replace(tame, lr_g=1.0, lr_d=1.0, seed=1)
    trainer = ToyTrainer([tame, wild, dataclasses.replace(tame, seed=2)], threads=1)
    record = trainer.step(300)
    assert record.finite.tolist() == [True, False, True]
    alone = ToyTrainer(tame, threads=1)
    alone.step(300)
    torch.testing.assert_close(weights(trainer)[0], weights(alone)[0], rtol=1e-3, atol=1e-4)


def test_many_wide_members_are_spread_over_threads_in_order():
    config = ToyConfig(layers_g=1, layers_d=1, batch_size=256)
    threads = torch.get_num_threads()
    spread = ToyTrainer(config, seeds=range(9), threads=2)
    assert len(spread.ensembles) > 1
    spread.step(10)
    assert torch.get_num_threads() == threads
    for seed in (0, 8):
        alone = ToyTrainer(config, seeds=[seed], threads=1)
        alone.step(10)
        torch.testing.assert_close(weights(spread)[seed], weights(alone)[0], rtol=1e-3, atol=1e-4)
        torch.testing.assert_close(spread.sample(20)[seed], alone.sample(20)[0], atol=1e-3, rtol=0)
    assert spread.evaluate(200)["js"].shape == (9,)


def test_pull_points_where_g_loss_falls():
    trainer = ToyTrainer(SMALL, seeds=[0, 1])
    trainer.step(20)
    points = trainer.sample(30)
    step = 1e-3 * trainer.fake_gradients(points)
    before = LOSSES["non_saturating"].g_loss(trainer.discriminate(points))
    after = LOSSES["non_saturating"].g_loss(trainer.discriminate(points + step))
    assert (after <= before).all()
    expected = step.square().sum(-1) / 1e-3
    torch.testing.assert_close(before - after, expected, rtol=0.05, atol=1e-6)


@pytest.mark.parametrize("minibatch", ["stddev", "discrimination"])
def test_points_are_judged_as_one_more_of_a_real_batch(minibatch):
    trainer = ToyTrainer(dataclasses.replace(SMALL, minibatch_d=minibatch, conditional=True))
    trainer.step(5)
    points, label = torch.randn(1, 10, 2), trainer.labels(10)
    together = trainer.discriminate(points, label)
    alone = trainer.discriminate(points[:, 4:5], label[:, :, 4:5])
    torch.testing.assert_close(together[:, 4:5], alone, rtol=1e-4, atol=1e-5)
    assert trainer.fake_gradients(points, label).isfinite().all()


def test_evaluate_agrees_with_metrics():
    trainer = ToyTrainer(SMALL, seeds=[0, 1])
    trainer.step(5)
    report = trainer.evaluate(500)
    direct = metrics.compare(trainer.real(500), trainer.sample(500), trainer.distribution())
    for name, value in direct.items():
        torch.testing.assert_close(report[name], value)
    assert report["value"].shape == (2,)
    assert (report["value"] <= 0).all()
    assert report["d_real"].max() <= 1


def known_d(scale):
    """D = scale 4 x_1 tells points left of zero from those right of it."""
    trainer = ToyTrainer(ToyConfig(layers_d=0, scale_d=scale))
    state = trainer.ensembles[0].state
    state.d.weights[0].copy_(torch.tensor([[[4.0, 0.0]]]))
    state.d.weights[1].zero_()
    return trainer


@pytest.mark.parametrize("scale", [1.0, 2.5])
def test_what_a_known_d_says(scale):
    trainer = known_d(scale)
    points = torch.tensor([[[-1.0, 5.0], [0.25, 0.0]]])
    assert trainer.discriminate(points).tolist() == [[-4.0 * scale, scale]]
    assert trainer.input_gradient_norms(points).tolist() == [[4.0 * scale] * 2]
    # -log sigmoid(s) falls by 1 - sigmoid(s) along s.
    left = torch.sigmoid(-torch.tensor([-4.0, 1.0]) * scale)
    expected = torch.stack([4 * scale * left, torch.zeros(2)], dim=1)[None]
    torch.testing.assert_close(trainer.fake_gradients(points), expected)


def test_accuracy_of_a_known_d():
    trainer = known_d(1.0)
    real, fake = trainer.real(2500), trainer.sample(2500)
    right = (real[0, :, 0] > 0).float().mean() + (fake[0, :, 0] <= 0).float().mean()
    accuracy = trainer.evaluate()["accuracy"].item()
    assert accuracy == pytest.approx(right.item() / 2, abs=1e-6)
    assert 0.2 < accuracy < 0.8


def test_the_ring_is_learnt(unchecked):
    trainer = ToyTrainer(PRESETS["ring"], seeds=[0, 1])
    trainer.step(3000)
    report = trainer.evaluate()
    assert (report["modes"] >= 7).all()
    assert (report["high_quality"] >= 0.65).all()
    assert (report["js"] < 0.3).all()


def test_a_conditional_gan_puts_each_class_on_its_mode(unchecked):
    trainer = ToyTrainer(dataclasses.replace(PRESETS["ring"], conditional=True))
    trainer.step(1500)
    points = trainer.sample(800)[0]
    distance = torch.cdist(points, trainer.distribution().modes)
    assert (distance.argmin(1) == torch.arange(800) % 8).float().mean() >= 0.98


def test_record_before_any_step():
    record = ToyTrainer(SMALL).record()
    assert record.step == 0
    assert math.isnan(record.d_loss.item())
    assert record.finite.all()


def test_a_trainer_that_is_let_go_is_gone_at_once():
    gc.collect()
    gc.disable()
    try:
        trainer = ToyTrainer(SMALL, seeds=[0, 1], threads=1)
        trainer.warm_up()
        trainer.step(2)
        kept = [weakref.ref(o) for c in trainer.ensembles for o in (c, c._streams)]
        del trainer
        assert not any(ref() for ref in kept)
    finally:
        gc.enable()


def test_own_points_are_learnt_class_by_class():
    places = torch.tensor([[-2.0, 0.0], [2.0, 1.0], [0.0, -2.0]])
    text = encode(places.repeat_interleave(5, 0).numpy(), np.repeat(np.arange(3), 5))
    config = dataclasses.replace(PRESETS["ring"], distribution="own", points=text, conditional=True)
    trainer = ToyTrainer(config)
    assert trainer.real(100).shape == (1, 100, 2)
    trainer.step(1000)
    distance = torch.cdist(trainer.sample(300)[0], places)
    near = distance.argmin(1) == torch.arange(300) % 3
    assert near.float().mean() >= 0.95
    assert distance.min(1).values.median() < 0.3
    # Points may move while it trains.
    trainer.configure(dataclasses.replace(config, points=encode(-places.numpy(), np.arange(3))))
    assert torch.cdist(trainer.real(50)[0], -places).min(1).values.max() < 0.2
    trainer.step(1)
