import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ganplay.gan.losses import LOSSES, cross_entropy_d

REAL, FAKE = torch.tensor([0.5, -1.0]), torch.tensor([-0.5, 2.0])

# By hand from the definitions, with log s(0.5) = -0.474077, log(1-s(0.5)) = -0.974077,
# log s(1) = -0.313262, log s(2) = -0.126928.
BY_HAND = {
    "minimax": ([0.474077 + 0.474077, 1.313262 + 2.126928], [-0.474077, -2.126928]),
    "non_saturating": ([0.474077 + 0.474077, 1.313262 + 2.126928], [0.974077, 0.126928]),
    "least_squares": ([0.125 + 0.125, 2.0 + 2.0], [1.125, 0.5]),
    "hinge": ([0.5 + 0.5, 2.0 + 3.0], [0.5, -2.0]),
    "wasserstein": ([-1.0, 3.0], [0.5, -2.0]),
}


@pytest.mark.parametrize("name", LOSSES)
def test_losses_by_hand(name):
    d_expected, g_expected = BY_HAND[name]
    loss = LOSSES[name]
    torch.testing.assert_close(loss.d_loss(REAL, FAKE), torch.tensor(d_expected))
    torch.testing.assert_close(loss.g_loss(FAKE), torch.tensor(g_expected))


@pytest.mark.parametrize("name", LOSSES)
def test_d_wants_real_high_and_fake_low(name):
    # Siblings that swap real and fake are a classic; the sign of the slopes tells.
    real, fake = torch.zeros(3, requires_grad=True), torch.zeros(3, requires_grad=True)
    LOSSES[name].d_loss(real, fake).sum().backward()
    assert (real.grad < 0).all()
    assert (fake.grad >= 0).all()
    fake = torch.zeros(3, requires_grad=True)
    LOSSES[name].g_loss(fake).sum().backward()
    assert (fake.grad < 0).all()


@pytest.mark.parametrize("name", LOSSES)
def test_losses_are_per_sample_and_refuse_other_shapes(name):
    loss = LOSSES[name]
    assert loss.d_loss(torch.zeros(2, 5), torch.zeros(2, 5)).shape == (2, 5)
    assert loss.g_loss(torch.zeros(2, 5)).shape == (2, 5)
    with pytest.raises(ValueError, match=r"real_logits has shape \(3, 1\) and fake_logits \(3,\)"):
        loss.d_loss(torch.zeros(3, 1), torch.zeros(3))


def test_saturating_gradient_vanishes_where_the_other_does_not():
    # At s(f) = 0.01, f = -4.59512: the gradients of G are -s(f) and -(1 - s(f)).
    for name, slope in (("minimax", -0.01), ("non_saturating", -0.99)):
        fake = torch.tensor([-4.59512], requires_grad=True)
        LOSSES[name].g_loss(fake).sum().backward()
        assert fake.grad.item() == pytest.approx(slope, abs=1e-5)


def test_value_at_equilibrium():
    assert -cross_entropy_d(torch.zeros(1), torch.zeros(1)).item() == pytest.approx(-math.log(4))


@given(st.floats(-8, 8), st.floats(0, 0.5))
def test_smoothing_is_cross_entropy_with_a_softer_target(logit, smoothing):
    real = torch.tensor([logit], dtype=torch.float64)
    target = torch.full_like(real, 1 - smoothing)
    expected = torch.nn.functional.binary_cross_entropy_with_logits(real, target)
    # A fake logit of -50 costs nothing.
    actual = cross_entropy_d(real, torch.full_like(real, -50.0), smoothing)
    assert actual.item() == pytest.approx(expected.item(), abs=1e-9)


def test_smoothed_least_squares():
    smoothed = LOSSES["least_squares"].d_loss(torch.tensor([0.9]), torch.tensor([0.0]), 0.1)
    assert smoothed.item() == pytest.approx(0.0, abs=1e-7)


def test_reading():
    assert LOSSES["minimax"].output(torch.tensor([0.0])).item() == 0.5
    assert LOSSES["hinge"].output(torch.tensor([0.3])).item() == pytest.approx(0.3)
    assert LOSSES["least_squares"].threshold == 0.5
    assert math.isnan(LOSSES["wasserstein"].threshold)
    assert [n for n in LOSSES if LOSSES[n].smoothable] == [
        "minimax",
        "non_saturating",
        "least_squares",
    ]
