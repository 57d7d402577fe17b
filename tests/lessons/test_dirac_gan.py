import math

import pytest
import torch

from ganplay.common.settings import ConfigError
from ganplay.lessons import dirac_gan
from ganplay.lessons.dirac_gan import DiracConfig


def after(steps, start=(1.0, 0.0), **settings):
    places = torch.tensor([start], dtype=torch.float64)
    for _ in range(steps):
        places = dirac_gan.step(places, DiracConfig(**settings))
    return places[0]


def test_a_step_by_hand():
    # theta 1, psi 0: D says one half, so psi falls by 0.2 * 1/2; G sees no slope.
    assert after(1).tolist() == pytest.approx([1.0, -0.1])
    # In turns G sees psi = -0.1: minimax, d/dtheta of -softplus(psi theta) is -psi s(psi theta).
    slope = 0.1 / (1 + math.exp(0.1))
    assert after(1, simultaneous=False).tolist() == pytest.approx([1.0 - 0.2 * slope, -0.1])
    # R1 adds gamma psi: from psi = 1 and theta = 0 it falls by 0.2 * 0.5 * 1.
    found = after(1, (0.0, 1.0), r1=0.5)
    assert found[1].item() == pytest.approx(0.9)
    # The Wasserstein loss: theta moves by +psi lr, psi by -theta lr; a turn that grows.
    found = after(1, (1.0, 0.5), loss="wasserstein")
    assert found.tolist() == pytest.approx([1.1, 0.3])


def test_the_radii_of_the_lesson():
    assert after(300).norm().item() == pytest.approx(2.6476, abs=1e-4)
    assert after(300, simultaneous=False).norm().item() == pytest.approx(0.9874, abs=1e-4)
    assert after(300, r1=1.0).norm() < 1e-9


def test_starts_lie_on_the_circle():
    starts = dirac_gan.circle(4)
    expected = torch.tensor([[1, 0], [0, 1], [-1, 0], [0, -1]], dtype=torch.float64)
    torch.testing.assert_close(starts, expected)


def test_bounds():
    with pytest.raises(ConfigError, match=r"lr: 2 is not possible; a number from 0\.001 to 1"):
        DiracConfig(lr=2)
