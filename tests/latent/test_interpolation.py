"""Ways through latent space against hand-computed points, and the directions of a linear G."""

import pytest
import torch

from ganplay.images.directions import principal_directions
from ganplay.images.sampler import Sampler
from ganplay.latent.interpolation import lerp, slerp, spline


def test_straight_and_along_the_arc():
    a, b = torch.tensor([[2.0, 0.0]]), torch.tensor([[0.0, 4.0]])
    t = torch.tensor([0.0, 0.5, 1.0])
    assert lerp(a, b, t).tolist() == [[2, 0], [1, 2], [0, 4]]
    half = 3 / 2**0.5
    torch.testing.assert_close(slerp(a, b, t), torch.tensor([[2.0, 0], [half, half], [0, 4]]))


def test_the_straight_way_leaves_the_shell():
    ends = torch.randn(2, 1000, 100, generator=torch.Generator().manual_seed(0))
    lengths = [way(*ends, torch.tensor([0.5])).norm(dim=-1).mean() / 10 for way in (lerp, slerp)]
    assert lengths[0] == pytest.approx(0.707, abs=0.01)
    assert lengths[1] == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("b", [[1.0, 0.0], [3.0, 0.0], [-2.0, 0.0], [0.0, 0.0]])
def test_without_an_arc_it_goes_straight(b):
    a, b = torch.tensor([[1.0, 0.0]]), torch.tensor([b])
    t = torch.linspace(0, 1, 5)
    torch.testing.assert_close(slerp(a, b, t), lerp(a, b, t))


def test_equal_and_opposite_directions_stay_numbers_to_the_last_digit():
    """The cosine of a vector with itself is above one, by rounding, for one in some ten."""
    a = torch.randn(2000, 7, generator=torch.Generator().manual_seed(0))
    unit = a / a.norm(dim=1, keepdim=True)
    assert ((unit * unit).sum(1) > 1).sum() > 20
    opposite = -a
    for b in (a, 3 * a, opposite):
        t = torch.full((2000,), 0.3, requires_grad=True)
        way = slerp(a, b, t)
        assert way.isfinite().all()
        if b is not opposite:
            torch.testing.assert_close(way, lerp(a, b, t))
        way.sum().backward()  # how it moves along the way is known there, too
        assert t.grad.isfinite().all()


def test_a_spline_goes_through_its_points_without_corners():
    points = torch.nn.functional.normalize(
        torch.randn(5, 8, generator=torch.Generator().manual_seed(1), dtype=torch.float64), dim=1
    )
    leg, t = torch.tensor([0, 0, 1, 1]), torch.tensor([0.0, 1, 0, 1], dtype=torch.float64)
    torch.testing.assert_close(spline(points, leg, t), points[[1, 2, 2, 3]])
    near = torch.tensor([1 - 1e-5, 1.0, 0.0, 1e-5], dtype=torch.float64)
    places = spline(points, leg, near)
    before, after = places[1] - places[0], places[3] - places[2]
    torch.testing.assert_close(before / 1e-5, after / 1e-5, rtol=1e-3, atol=1e-3)
    # On the circle, through even steps, it is the circle itself.
    angle = torch.arange(4, dtype=torch.float64) * 0.7
    circle = torch.stack([angle.cos(), angle.sin()], dim=1)
    middle = spline(circle, torch.tensor([0]), torch.tensor([0.5], dtype=torch.float64))
    expected = torch.tensor([[1.05, 1.05]], dtype=torch.float64)
    expected = torch.stack([expected[:, 0].cos(), expected[:, 0].sin()], dim=1)
    torch.testing.assert_close(middle, expected)


def test_directions_are_those_that_move_a_picture():
    """A linear G whose pictures move by 3, 2 and 1 along known axes."""

    axes = torch.tensor([[0.6, 0.8, 0], [-0.8, 0.6, 0], [0, 0, 1]])
    linear = torch.nn.Linear(3, 3, bias=False)
    linear.weight.data = torch.diag(torch.tensor([3.0, 1.0, 2.0])) @ axes
    generator = torch.nn.Sequential(linear, torch.nn.Unflatten(1, (1, 1, 3)))
    found = principal_directions(Sampler(generator, 3), places=4)
    torch.testing.assert_close(found.strengths, torch.tensor([3.0, 2.0, 1.0]))
    expected = torch.tensor([[0.6, 0.8, 0], [0, 0, 1], [0.8, -0.6, 0]])
    torch.testing.assert_close(found.vectors, expected)
