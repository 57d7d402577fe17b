import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ganplay.gan.class_shares import equal_weights, labels_in_shares, weights_of

WEIGHTS = st.lists(st.integers(0, 40), min_size=1, max_size=12).filter(any).map(tuple)


def test_labels_by_hand():
    # Of weights 3, 1, 2 in six: behind by (3, 1, 2): 0; (0, 2, 4): 2; (3, 3, 0): 0, the lower of
    # two; (0, 4, 2): 1; (3, -1, 4): 2; (6, 0, 0): 0. Then no class is behind, and all begins anew.
    assert labels_in_shares((3, 1, 2), 9).tolist() == [0, 2, 0, 1, 2, 0, 0, 2, 0]
    assert labels_in_shares((6, 2, 4), 9).tolist() == [0, 2, 0, 1, 2, 0, 0, 2, 0]
    assert labels_in_shares((0, 2), 3).tolist() == [1, 1, 1]
    assert labels_in_shares((4,), 2).tolist() == [0, 0]
    assert labels_in_shares((1, 2), 0).tolist() == []


def test_seven_classes_of_31_to_4_percent():
    shares = (31, 23, 16, 12, 8, 6, 4)
    assert weights_of(labels_in_shares(shares, 100), 7) == shares
    # Half of each: what is not whole is one of its two neighbours.
    assert weights_of(labels_in_shares(shares, 50), 7) == (16, 11, 8, 6, 4, 3, 2)
    # None is left out even of few: 20 are 6.2, 4.6, 3.2, 2.4, 1.6, 1.2 and 0.8 of each.
    assert weights_of(labels_in_shares(shares, 20), 7) == (6, 5, 3, 2, 2, 1, 1)


@pytest.mark.parametrize("weights", [equal_weights(8), (25,) * 8])
def test_equal_classes_go_round_in_turn(weights):
    assert labels_in_shares(weights, 2500).equal(torch.arange(2500) % 8)


@given(WEIGHTS, st.integers(0, 300))
def test_every_beginning_has_the_shares(weights, n):
    labels = labels_in_shares(weights, 300)
    assert labels[:n].equal(labels_in_shares(weights, n))
    total = sum(weights)
    for count, weight in zip(weights_of(labels[:n], len(weights)), weights, strict=True):
        assert n * weight / total - 2 < count < n * weight / total + 1
        assert count == 0 or weight > 0


@given(st.lists(st.integers(0, 9), min_size=1, max_size=6).filter(any).map(tuple))
def test_the_shares_are_exact_after_each_period(weights):
    period = sum(weights) // math.gcd(*weights)
    assert weights_of(labels_in_shares(weights, 3 * period), len(weights)) == tuple(
        3 * w // math.gcd(*weights) for w in weights
    )


@pytest.mark.parametrize("weights", [(), (0, 0), (3, -1)])
def test_impossible_weights_are_refused(weights):
    with pytest.raises(ValueError, match="at least 0 and not all 0"):
        labels_in_shares(weights, 3)
