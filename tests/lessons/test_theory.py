import math

import pytest
import torch

from ganplay.lessons import theory
from ganplay.toy.distributions import DISTRIBUTIONS, mixture


def test_densities_by_hand():
    modes = torch.tensor([[-1.0, 0.0], [1.0, 0.0]])
    points = torch.tensor([[0.0, 0.0], [1.0, 0.5]])
    # At the origin both hills are one away: exp(-1 / (2 0.25)) / (2 pi 0.25).
    # At (1, 0.5) one is 0.5 away and the other sqrt(4.25).
    around = 2 * math.pi * 0.25
    expected = [math.exp(-2) / around, (math.exp(-0.5) + math.exp(-8.5)) / 2 / around]
    found = mixture(modes, 0.5).log_density(points).exp()
    torch.testing.assert_close(found, torch.tensor(expected))
    torch.testing.assert_close(DISTRIBUTIONS["hills"].log_density(points).exp(), found)
    assert DISTRIBUTIONS["diracs"].log_density is None
    assert DISTRIBUTIONS["moons"].log_density is None


def test_a_linear_map_changes_the_volume():
    matrix, shift = torch.tensor([[[2.0, 0.0], [0.0, 0.5]]]), torch.tensor([[1.0, 0.0]])
    points = torch.tensor([[[1.0, 0.0], [3.0, 0.5]]])
    # z is (0, 0) and (1, 1); the determinant is 1.
    expected = [-math.log(2 * math.pi), -math.log(2 * math.pi) - 1]
    found = theory.linear_log_density(points, matrix, shift)
    torch.testing.assert_close(found, torch.tensor([expected]))
    doubled = theory.linear_log_density(points[:, :1], 2 * matrix, shift)
    assert doubled.item() == pytest.approx(expected[0] - math.log(4))


def test_the_best_discriminator():
    p, q = torch.tensor([0.3, 0.1, 0.2]), torch.tensor([0.1, 0.1, 0.6])
    found = theory.optimal_output(p.log(), q.log())
    torch.testing.assert_close(found, torch.tensor([0.75, 0.5, 0.25]))
    far = theory.optimal_output(torch.tensor([-900.0]), torch.tensor([-899.0]))
    assert far.item() == pytest.approx(1 / (1 + math.e))  # where both densities are 0 as floats


def test_the_ratio_of_gradients():
    ratio = theory.saturation_ratio(torch.tensor([[3.0, 4.0]]), torch.tensor([[0.6, 0.8]]))
    assert ratio.tolist() == pytest.approx([5.0])


def test_classes_and_modes():
    modes = torch.tensor([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]])
    points = torch.tensor([[0.1, 0.0], [0.9, 0.0], [2.2, 0.0], [0.2, 0.1], [1.1, 0.0], [1.2, 0.0]])
    labels = torch.tensor([0, 1, 2, 0, 1, 2])
    table = theory.classes_by_mode(torch.stack([points, points[[0, 1, 2, 0, 1, 2]]]), labels, modes)
    assert table.tolist() == [
        [[2, 0, 0], [0, 2, 0], [0, 1, 1]],
        [[2, 0, 0], [0, 2, 0], [0, 0, 2]],
    ]
    torch.testing.assert_close(theory.class_accuracy(table), torch.tensor([5 / 6, 1.0]))
