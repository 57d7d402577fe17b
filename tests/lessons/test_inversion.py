"""Inversion as lessons run it: targets, starting points, and the descent of the error."""

import pytest
import torch

from ganplay.lessons import inversion
from ganplay.lessons.inversion import InversionConfig, InversionExperiment

pytestmark = pytest.mark.usefixtures("one_thread")


def experiment(**settings):
    return InversionExperiment(InversionConfig(**settings), [5, 6])


@pytest.fixture(scope="module")
def digits():
    return experiment()


def test_targets_are_turned_or_swapped_digits_or_letters(digits):
    turned, negative = experiment(target="upside_down"), experiment(target="negative")
    assert torch.equal(turned.targets, digits.targets.rot90(2, (2, 3)))
    assert torch.equal(negative.targets, -digits.targets)
    letters = experiment(target="letter")
    assert letters.model.card.name == "digits-conditional"
    own = experiment(target="letter", model="letters-conditional")
    assert torch.equal(letters.targets, own.targets)


def test_starts_are_of_different_classes_and_the_nearest_comes_first(digits):
    assert [len(set(row.tolist())) for row in digits._labels] == [4, 4]
    apart = digits._distances(digits._drawn())
    assert torch.equal(apart, apart.sort(1).values)
    z, labels = inversion._candidates(digits.model)
    place = (z == digits._z[0, 0].detach()).all(1).nonzero().item()
    assert labels[place] == digits._labels[0, 0]


def test_the_descent_lowers_the_error(digits):
    before = digits.measure("error")
    by_hand = (digits.first - digits.targets).square().mean((1, 2, 3)).sqrt() * 127.5
    torch.testing.assert_close(before, by_hand)
    digits.advance(12)
    assert digits.steps == 12
    assert (digits.measure("error") < 0.8 * before).all()
    target, first, best, difference = digits.rows(4)[1]
    assert torch.equal(target, digits.targets[1])
    assert torch.equal(first, digits.first[1])
    torch.testing.assert_close(difference, (best - target).abs() - 1)
