"""Random inputs: their ranges, and that nothing is measured on what was trained on."""

from dataclasses import replace

import pytest
import torch
from helpers.toys import SMALL

from ganplay import ToyTrainer
from ganplay.common.seeding import generator_of
from ganplay.toy.batches import BatchStream, draw_noise, real_points
from ganplay.toy.monitor import MetricsMonitor


def rows(points):
    return {tuple(row) for row in points.tolist()}


def test_what_is_measured_is_never_what_was_trained_on():
    one = ToyTrainer(replace(SMALL, seed=3), threads=1)
    stream = BatchStream(one.configs)
    seen = set().union(*(rows(stream.next().real[0].T) for _ in range(200)))
    assert len(seen) == 200 * SMALL.batch_size
    for measured in (one.real(4000)[0], MetricsMonitor(one).real[0], real_points(SMALL, 4000)[0]):
        assert not rows(measured) & seen


def test_uniform_noise_fills_the_square_around_zero():
    z = draw_noise("uniform", 3, 20_000, generator_of(0, "test"))
    assert z.shape == (3, 20_000)
    assert (z.min(), z.max()) == (pytest.approx(-1, abs=1e-3), pytest.approx(1, abs=1e-3))
    assert z.min() >= -1
    assert z.max() < 1
    torch.testing.assert_close(z.mean(1), torch.zeros(3), atol=0.02, rtol=0)
    torch.testing.assert_close(z.std(1), torch.full((3,), 3**-0.5), atol=0.01, rtol=0)


def test_normal_noise_is_standard():
    z = draw_noise("gaussian", 2, 20_000, generator_of(0, "test"))
    torch.testing.assert_close(z.mean(1), torch.zeros(2), atol=0.03, rtol=0)
    torch.testing.assert_close(z.std(1), torch.ones(2), atol=0.03, rtol=0)


@pytest.mark.parametrize("noise", ["gaussian", "uniform"])
def test_what_is_trained_on_and_what_is_shown_have_the_same_noise(noise):
    config = replace(SMALL, noise=noise)
    trained = BatchStream([config]).next().z
    shown = ToyTrainer(config, threads=1).noise(2000)
    for z in (trained, shown):
        assert (z.abs().max() < 1) == (noise == "uniform")
        assert z.min() < -0.7


def test_mixing_and_blur_are_drawn_only_where_they_are_used():
    plain = BatchStream([SMALL]).next()
    assert plain.interpolation is None
    assert plain.instance_noise is None
    both = BatchStream([replace(SMALL, penalty="wgan_gp", instance_noise=0.1)]).next()
    assert 0 <= both.interpolation.min() < both.interpolation.max() < 1
    assert both.instance_noise.shape == (1, 2, 3 * SMALL.batch_size)
    assert both.real.equal(plain.real)


def test_a_stream_goes_on_from_a_position():
    configs = [replace(SMALL, seed=s, conditional=True, penalty="wgan_gp") for s in (1, 2)]
    one, other = BatchStream(configs), BatchStream(configs)
    for _ in range(90):
        one.next()
    other.go_to(one.positions())
    for _ in range(90):
        for a, b in zip(one.next(), other.next(), strict=True):
            assert (a is None) == (b is None)
            assert a is None or a.equal(b)
