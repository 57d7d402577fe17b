import math

import pytest
import torch

from ganplay.toy.distributions import DISTRIBUTIONS, from_points, grid, ring


def draw(name, n=4000, seed=0):
    return DISTRIBUTIONS[name].sample(n, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_samples_fit_their_square_and_repeat(name):
    points, labels = draw(name)
    distribution = DISTRIBUTIONS[name]
    assert points.shape == (4000, 2)
    assert points.dtype == torch.float32
    # A Gaussian tail may reach over the edge once in a while.
    assert (points.abs() <= distribution.extent).all(dim=1).float().mean() >= 0.999
    assert points.abs().max() > 0.3 * distribution.extent
    assert labels.unique().tolist() == list(range(distribution.classes))
    again, _ = draw(name)
    assert torch.equal(points, again)
    assert not torch.equal(points, draw(name, seed=1)[0])


@pytest.mark.parametrize("name", [n for n, d in DISTRIBUTIONS.items() if d.modes is not None])
def test_modes_are_where_the_points_are(name):
    points, labels = draw(name, 20_000)
    distribution = DISTRIBUTIONS[name]
    assert len(distribution.modes) == distribution.classes
    distance = (points - distribution.modes[labels]).norm(dim=1)
    # 98.89 % of a round Gaussian on the plane lie within 3 sigma; all of a point mass does.
    expected = 1.0 if name == "diracs" else 1 - math.exp(-4.5)
    share = (distance <= 3 * distribution.sigma).float().mean().item()
    assert share == pytest.approx(expected, abs=0.004)
    counts = labels.bincount().float() / len(labels)
    torch.testing.assert_close(counts, torch.full_like(counts, 1 / len(counts)), atol=0.01, rtol=0)


def test_ring_and_grid_modes():
    modes = ring(4, radius=2.0).modes
    expected = torch.tensor([[2.0, 0.0], [0.0, 2.0], [-2.0, 0.0], [0.0, -2.0]])
    torch.testing.assert_close(modes, expected, atol=1e-6, rtol=0)
    assert grid().modes.unique(dim=0).shape == (25, 2)
    assert grid().modes.abs().max() == 2


def test_checkerboard_fills_every_other_square():
    points, _ = draw("checkerboard")
    cells = (points + 2).floor().long()
    assert ((cells.sum(1) % 2) == 0).all()
    assert cells.unique(dim=0).shape == (8, 2)


def test_classes_are_parts():
    points, labels = draw("circles")
    radius = points.norm(dim=1)
    assert radius[labels == 0].mean().item() == pytest.approx(2.0, abs=0.02)
    assert radius[labels == 1].mean().item() == pytest.approx(1.0, abs=0.02)


def test_from_points():
    points = torch.tensor([[0.0, 0.0], [1.0, 2.0]])
    distribution = from_points(points, torch.tensor([0, 1]))
    drawn, labels = distribution.sample(100, torch.Generator().manual_seed(0))
    assert torch.equal(drawn, points[labels])
    assert distribution.extent == pytest.approx(2.6)
    blurred, _ = from_points(points, jitter=0.1).sample(5000, torch.Generator().manual_seed(0))
    nearest = torch.cdist(blurred, points).min(1).values
    assert nearest.square().mean().sqrt().item() == pytest.approx(0.1 * math.sqrt(2), rel=0.05)


@pytest.mark.parametrize(
    ("points", "labels", "message"),
    [
        (torch.zeros(0, 2), None, r"points has shape \(0, 2\)"),
        (torch.zeros(3, 3), None, r"points has shape \(3, 3\)"),
        (torch.tensor([[0.0, math.nan]]), None, "points holds a NaN"),
        (torch.zeros(3, 2), torch.tensor([0, 1]), r"labels has shape \(2,\)"),
        (torch.zeros(2, 2), torch.tensor([0, 2]), "without a gap"),
    ],
)
def test_from_points_refuses(points, labels, message):
    with pytest.raises(ValueError, match=message):
        from_points(points, labels)
