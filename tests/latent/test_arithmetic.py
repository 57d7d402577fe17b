"""Sums, planes and directions of latent vectors against numbers computed by hand."""

import pytest
import torch

from ganplay.images.latent_state import LatentState, read_state
from ganplay.latent import arithmetic


def vector(*numbers):
    return torch.tensor(numbers, dtype=torch.float64)


def test_arithmetic_keeps_the_length():
    a, b, c = vector(3, 4), vector(1, 0), vector(1, 5)
    # (3, 4) + (0, 5) = (3, 9), as long as (3, 4): 5 / sqrt(90)
    expected = vector(3, 9) * 5 / 90**0.5
    torch.testing.assert_close(arithmetic.arithmetic(a, b, c, 1.0), expected)
    # (3, 4) - 0.5 (0, 5) = (3, 1.5)
    expected = vector(3, 1.5) * 5 / 11.25**0.5
    torch.testing.assert_close(arithmetic.arithmetic(a, b, c, -0.5), expected)
    assert torch.equal(arithmetic.arithmetic(a, b, c, 0.0), a)
    assert arithmetic.arithmetic(a, a, vector(0, 0), 1.0).tolist() == [0, 0]  # no way has no length


def test_a_plane_along_two_directions():
    made = arithmetic.plane(
        vector(1, 2, 3), vector(0, 1, 0), vector(0, 0, 1), vector(0, 0, 2, -1).reshape(2, 2)
    )
    assert made.tolist() == [[1, 2, 3], [1, 4, 2]]


CORNERS = torch.tensor([[2.0, 0, 0, 0], [0, 4, 0, 0], [0, 0, 2, 0]], dtype=torch.float64)


def test_a_plane_through_three_stays_on_their_shell():
    places = vector(0, 0, 1, 0, 0, 1, 0.5, 0, 9, 0).reshape(5, 2)
    made = arithmetic.plane_on_shell(CORNERS, places)
    torch.testing.assert_close(made[:3], CORNERS)
    # Half way (1, 2, 0, 0), led out to the length 3; far out (-16, 36, 0, 0), of length 4.
    torch.testing.assert_close(made[3], vector(1, 2, 0, 0) * 3 / 5**0.5)
    torch.testing.assert_close(made[4], vector(-16, 36, 0, 0) * 4 / (16**2 + 36**2) ** 0.5)


def test_a_shadow_leads_back_to_its_place():
    for place in ((0.0, 0.0), (1.0, 0.0), (0.25, 0.5), (-1.0, 1.5)):
        (z,) = arithmetic.plane_on_shell(CORNERS, vector(*place)[None])
        assert arithmetic.plane_coordinates(CORNERS, z) == pytest.approx((*place, 0), abs=1e-12)
    # 3 and 4 along the fourth axis: 4/5 of it stand off.
    assert arithmetic.plane_coordinates(CORNERS, vector(3, 0, 0, 4)) == pytest.approx((0, 0, 0.8))
    assert arithmetic.plane_coordinates(CORNERS, vector(-3, 0, 0, 4)) is None
    assert arithmetic.plane_coordinates(CORNERS, vector(0, 0, 0, 0)) is None


def test_a_direction_leads_from_one_group_to_the_other():
    without, having = vector(0, 0, 2, 0).reshape(2, 2), vector(4, 4)[None]
    # From (1, 0) to (4, 4): (3, 4) / 5.
    torch.testing.assert_close(arithmetic.direction_between(without, having), vector(0.6, 0.8))
    with pytest.raises(ValueError, match="other: at least one"):
        arithmetic.direction_between(without, without[:0])
    with pytest.raises(ValueError, match="same mean"):
        arithmetic.direction_between(without, vector(1, 0)[None])


# ---- states --------------------------------------------------------------------------------------


def states(*seeds):
    return [LatentState("bars", seed, label=((1, 1.0),)) for seed in seeds]


def test_an_analogy_is_a_state_that_a_string_holds(bars):
    model, _, _ = bars
    a, b, c = states(1, 2, 3)
    a = LatentState("bars", 1, truncation=0.5, label=((1, 1.0),), step=10, moves=((0, 1.0),))
    assert arithmetic.analogy(model, a, b, c, 0.0) is a
    made = arithmetic.analogy(model, a, b, c, 1.0)
    assert (made.label, made.step, made.moves, made.truncation) == (a.label, 10, (), 1.0)
    assert read_state(str(made), "bars", model.space) == (made, [])
    z = [state.latent(model.directions) for state in (a, b, c)]
    own = made.latent(model.directions)
    torch.testing.assert_close(own, arithmetic.arithmetic(*z, 1.0), rtol=1e-3, atol=1e-6)
    assert own.norm() == pytest.approx(float(z[0].norm()), rel=1e-3)
    for strength in (2.01, float("nan")):
        with pytest.raises(ValueError, match="strength"):
            arithmetic.analogy(model, a, b, c, strength)


def test_a_map_along_directions_has_amounts_that_sliders_show():
    state = LatentState("bars", 3, moves=((1, 4.0), (2, 1.0)))
    made = arithmetic.states_along(state, (1, 0), [(0.5, -2.0), (0.0, 0.0)])
    assert [one.moves for one in made] == [((0, -2.0), (1, 0.5), (2, 1.0)), ((2, 1.0),)]
    for axes, places in (((1, 1), []), ((0, 1), [(10.5, 0.0)]), ((0, 1), [(0.0, float("nan"))])):
        with pytest.raises(ValueError, match=r"axes|places"):
            arithmetic.states_along(state, axes, places)


def test_a_map_between_three_pictures(bars):
    model, _, _ = bars
    corners, here = states(1, 2, 3), LatentState("bars", 9, step=10)
    first, middle = arithmetic.states_between(model, here, corners, [(0.0, 0.0), (0.25, 0.5)])
    assert (middle.label, middle.step) == ((), 10)
    assert arithmetic.states_between(model, here, corners, []) == []
    pictures = model.render([first, LatentState("bars", 1, step=10)])
    assert (pictures[0].int() - pictures[1].int()).abs().max() <= 1  # rounded to half precision
    found = arithmetic.coordinates_of(model, middle, corners)
    assert found == pytest.approx((0.25, 0.5, 0), abs=2e-3)
    assert arithmetic.coordinates_of(model, here, corners).off > 0.1
    for some in (corners[:2], [*corners[:2], corners[0]], [here] * 3):
        with pytest.raises(ValueError, match="corners"):
            arithmetic.states_between(model, here, some, [])
    with pytest.raises(ValueError, match="places"):
        arithmetic.states_between(model, here, corners, [(10.1, 0.0)])


def test_a_direction_of_groups_of_states(bars):
    model, _, _ = bars
    way = arithmetic.direction_between_states(model, states(1, 2), states(3))
    z = torch.stack([state.latent(model.directions) for state in states(1, 2, 3)])
    expected = z[2] - (z[0] + z[1]) / 2
    torch.testing.assert_close(way, expected / expected.norm())
    with pytest.raises(ValueError, match="group"):
        arithmetic.direction_between_states(model, [], states(3))
