"""What a step reports of D, against numbers computed by hand."""

import math

import pytest
import torch

from ganplay.gan.losses import LOSSES
from ganplay.gan.record import discriminator_stats

REAL = torch.tensor([[2.0, -1.0, 0.5, 3.0], [1.0, 1.0, 1.0, 1.0]])
FAKE = torch.tensor([[-2.0, 1.0, -0.5, -3.0], [1.0, 1.0, 1.0, -1.0]])


@pytest.mark.parametrize("name", [n for n, loss in LOSSES.items() if loss.reading == "probability"])
def test_a_d_that_gives_probabilities(name):
    stats = discriminator_stats(LOSSES[name], REAL, FAKE)
    # Of real points three and four are told, of fakes three and one.
    assert stats["accuracy"].tolist() == [6 / 8, 5 / 8]
    torch.testing.assert_close(stats["d_real"], REAL.sigmoid().mean(1))
    torch.testing.assert_close(stats["d_fake"], FAKE.sigmoid().mean(1))
    value = REAL.sigmoid().log().mean(1) + (1 - FAKE.sigmoid()).log().mean(1)
    torch.testing.assert_close(stats["value"], value)


def test_a_fake_on_the_threshold_is_told_and_a_real_sample_is_not():
    zeros = torch.zeros(1, 4)
    stats = discriminator_stats(LOSSES["non_saturating"], zeros, zeros)
    assert stats["accuracy"].item() == 0.5
    assert stats["value"].item() == pytest.approx(-math.log(4))


def test_a_score_has_its_own_threshold_and_no_value():
    stats = discriminator_stats(LOSSES["least_squares"], REAL, FAKE)
    assert LOSSES["least_squares"].threshold == 0.5
    assert stats["accuracy"].tolist() == [5 / 8, 5 / 8]
    assert stats["value"].isnan().all()


def test_a_critic_tells_nothing_apart():
    stats = discriminator_stats(LOSSES["wasserstein"], REAL, FAKE)
    assert stats["accuracy"].isnan().all()
    assert stats["value"].isnan().all()
    assert stats["d_real"].tolist() == [1.125, 1.0]
