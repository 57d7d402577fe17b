"""Fakes of a conditional model against reals: both must have the data's shares of classes."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from helpers.toys import SMALL

from ganplay import ToyConfig, ToyTrainer
from ganplay.arena.renderer import ThumbnailRenderer, about
from ganplay.gan.class_shares import labels_in_shares, weights_of
from ganplay.lessons import signals
from ganplay.live.frame import FAKES, FrameRenderer
from ganplay.toy import metrics
from ganplay.toy.batches import BatchStream, one_hot, real_points
from ganplay.toy.custom_points import decode, encode
from ganplay.toy.distributions import DISTRIBUTIONS
from ganplay.toy.experiment import report
from ganplay.toy.monitor import MetricsMonitor
from ganplay.toy.networks import Networks

SHARES = (31, 23, 16, 12, 8, 6, 4)


def own(shares=SHARES):
    """Settings to learn a cluster of points for each class, in a ring, so many of each."""
    labels = np.repeat(np.arange(len(shares)), shares)
    angle = 2 * math.pi * labels / len(shares)
    scatter = np.random.default_rng(0).normal(0, 0.15, (len(labels), 2))
    points = 2 * np.stack([np.cos(angle), np.sin(angle)], 1) + scatter
    return dataclasses.replace(
        SMALL, distribution="own", points=encode(points, labels), conditional=True
    )


@pytest.fixture
def perfect_g(monkeypatch):
    """Every G makes the data's own points of the class that it is asked for."""
    points, labels = map(torch.from_numpy, decode(own().points))
    generator = torch.Generator().manual_seed(5)

    def generate(networks, inputs):
        asked = inputs[:, -len(SHARES) :].argmax(1)
        made = torch.empty(*asked.shape, 2)
        for k in range(len(SHARES)):
            of_class = points[labels == k]
            chosen = torch.randint(len(of_class), (int((asked == k).sum()),), generator=generator)
            made[asked == k] = of_class[chosen]
        return (made + 0.03 * torch.randn(made.shape, generator=generator)).mT

    monkeypatch.setattr(Networks, "generate", generate)


def test_a_perfect_g_stands_at_the_floor(perfect_g):
    trainer = ToyTrainer(own(), threads=1, use_capture=False)
    floor = trainer.noise_floor()
    found = trainer.evaluate()
    for name in ("js", "sliced_wasserstein", "energy"):
        assert found[name].item() < 1.5 * floor[name], name
    assert found["dispersion"].item() == pytest.approx(floor["dispersion"], rel=0.02)
    # With the classes in turn it would not: the very same points of each class, in other shares.
    in_turn = one_hot(torch.arange(2500) % 7, 7)[None]
    fake = trainer.generate(trainer.noise(2500), in_turn)
    apart = metrics.sliced_wasserstein(trainer.real(2500), fake).item()
    assert apart > 5 * floor["sliced_wasserstein"]


def test_the_diagnosis_the_arena_and_the_picture_have_the_datas_shares(perfect_g):
    trainer = ToyTrainer(own(), threads=1, use_capture=False)
    monitor = MetricsMonitor(trainer)
    seen = monitor.measure().values()
    assert seen["js"] < 1.5 * monitor.floor["js"]
    assert seen["dispersion"] == pytest.approx(monitor.floor["dispersion"], rel=0.02)
    assert ThumbnailRenderer(trainer).measure()[0]["js"] < 1.5 * monitor.floor["js"]
    # What is drawn: the labels of the points that were made.
    expected = labels_in_shares(SHARES, FAKES)
    frame = FrameRenderer(trainer).render()
    assert frame.labels.equal(expected)
    assert weights_of(frame.labels, 7) == tuple(4 * share for share in SHARES)
    centres = torch.stack([frame.fakes[expected == k].mean(0) for k in range(7)])
    assert torch.cdist(frame.fakes, centres).argmin(1).equal(expected)
    assert about(own())["fake_labels"] == expected[:200].tolist()
    assert about(ToyConfig())["fake_labels"] == []


def test_d_is_told_the_classes_that_points_have():
    """A D that says sigmoid(4) of class 6 and 1/2 of all others."""
    trainer = ToyTrainer(dataclasses.replace(own(), layers_d=0), threads=1, use_capture=False)
    state = trainer.ensembles[0].state
    state.d.weights[0].zero_()
    state.d.weights[0][..., -1] = 4.0
    state.d.weights[1].zero_()

    def said(share):
        return share / (1 + math.exp(-4)) + (1 - share) / 2

    real = (real_points(trainer.configs[0], 2500)[1] == 6).float().mean().item()
    assert 0.02 < real < 0.06
    assert abs(real - 0.04) > 1e-3  # so that the labels of fakes would be noticed
    found = trainer.evaluate(2500)
    assert found["d_real"].item() == pytest.approx(said(real), abs=1e-6)
    assert found["d_fake"].item() == pytest.approx(said(0.04), abs=1e-6)
    assert signals.GAN["d_real"](trainer).item() == pytest.approx(said(real), abs=1e-6)
    assert signals.GAN["d_fake"](trainer).item() == pytest.approx(said(0.04), abs=1e-6)


def test_a_line_between_a_real_and_a_fake_point_has_one_label(monkeypatch, perfect_g):
    trainer, asked = ToyTrainer(own(), threads=1, use_capture=False), []

    def norms(points, label):
        asked.append((points[0], label[0].argmax(0)))
        return torch.zeros(1, points.shape[1])

    monkeypatch.setattr(trainer, "input_gradient_norms", norms)
    signals.slope(trainer)
    ((points, label),) = asked
    real, labels = real_points(trainer.configs[0], signals.SAMPLES)
    assert label.equal(labels)
    # A class lies within 1 of itself and over 1.7 from its neighbours, and so do its lines.
    assert (points - real).norm(dim=1).max() < 1.2


def test_training_gives_fakes_the_labels_of_the_real_batch():
    config = dataclasses.replace(own(), batch_size=512)
    points, labels = map(torch.from_numpy, decode(config.points))
    stream, counts = BatchStream([config]), torch.zeros(7)
    for _ in range(6):
        batch = stream.next()
        told = batch.label[0].argmax(0)
        counts += told.bincount(minlength=7)
        distance, place = torch.cdist(batch.real[0].T, points).min(1)
        assert labels[place].equal(told)
        assert distance.max() < 0.3
    expected = torch.tensor(SHARES) / 100
    torch.testing.assert_close(counts / counts.sum(), expected, atol=0.025, rtol=0)


@pytest.mark.parametrize("name", [n for n, d in DISTRIBUTIONS.items() if d.classes > 1])
def test_built_in_classes_go_round_in_turn_as_ever(name):
    """These are equally frequent; seeds and links give the numbers that they always gave."""
    config = dataclasses.replace(SMALL, distribution=name, conditional=True)
    classes, trainer = config.classes, ToyTrainer(config, seeds=[1, 2], threads=1)
    in_turn = torch.arange(30) % classes
    assert trainer.class_labels(30).tolist() == [in_turn.tolist()]
    assert trainer.labels(30).equal(one_hot(in_turn, classes).expand(2, -1, -1))
    drawn = config.data.sample(20_000, torch.Generator().manual_seed(0))[1].bincount() / 20_000
    assert (drawn - 1 / classes).abs().max() < 0.02
    only = trainer.labels(5, classes - 1)
    assert only.argmax(1).tolist() == [[classes - 1] * 5] * 2


def test_members_with_different_data_have_labels_of_their_own():
    configs = [own(), own(SHARES[::-1])]
    trainer = ToyTrainer(configs, threads=1, use_capture=False)
    expected = [labels_in_shares(shares, 60).tolist() for shares in (SHARES, SHARES[::-1])]
    assert trainer.class_labels(60).tolist() == expected
    assert trainer.labels(60).argmax(1).tolist() == expected
    alone = ToyTrainer(configs[1], threads=1, use_capture=False)
    torch.testing.assert_close(trainer.sample(60)[1], alone.sample(60)[0])
    assert trainer.real_labels(40)[1].argmax(0).equal(real_points(configs[1], 40)[1])


def test_labels_follow_points_that_change_while_it_trains():
    trainer = ToyTrainer(own(), threads=1, use_capture=False)
    trainer.configure(own((4, 6, 8, 12, 16, 23, 31)))
    assert weights_of(trainer.class_labels(100)[0], 7) == SHARES[::-1]


def test_a_report_says_which_shares_it_has():
    trainer = ToyTrainer(own(), threads=1, use_capture=False)
    assert report(trainer, 200)["class_shares"] == [share / 100 for share in SHARES]
    plain = ToyTrainer(SMALL, threads=1, use_capture=False)
    assert report(plain, 200)["class_shares"] is None
    assert plain.class_labels(5) is plain.real_labels(5) is None
