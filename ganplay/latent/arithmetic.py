"""Arithmetic with latent vectors: analogies, planes through them and directions between groups.

The first half is mathematics on vectors, the second half applies it to the states of a model.
States that are made here hold their latent vector in half precision, as their string does, so
that a link, the command line and the page give the same picture for them.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from ganplay.images.checkpoint import ImageModel
from ganplay.images.latent_state import MAX_MOVE, LatentState

MAX_STRENGTH = 2.0
"""Largest absolute factor of the difference in an analogy."""
MAX_COORDINATE = 10.0
"""How far out a plane through three vectors goes, in sides of their triangle."""
_TINY = 1e-6
"""Norms and relative areas below this count as zero."""

Vector = Float[Tensor, "z"]
Coordinates = Float[Tensor, "n 2"]
Corners = Float[Tensor, "3 z"]


def arithmetic(a: Vector, b: Vector, c: Vector, strength: float) -> Vector:
    """What is to a as c is to b: `a + strength (c - b)`, scaled to the length of a.

    Analogies by sums of latent vectors: Radford et al. 2016, "Unsupervised representation learning
    with deep convolutional generative adversarial networks", section 6.3.2. The length is kept
    because long vectors are improbable ones: White 2016, "Sampling generative networks".

    Args:
        a: where it starts.
        b: what is taken away.
        c: what is put in its place.
        strength: 0 gives a itself, to the bit; 1 gives `a - b + c`.
    """
    summed = a + strength * (c - b)
    return summed * (a.norm() / summed.norm().clamp_min(_TINY)) if strength else a


def plane(origin: Vector, x: Vector, y: Vector, places: Coordinates) -> Float[Tensor, "n z"]:
    """Points of a plane: `origin + places[:, 0] x + places[:, 1] y`.

    Args:
        origin: the vector at (0, 0).
        x: the first axis; two orthonormal axes keep distances.
        y: the second axis.
        places: coordinates of each point.
    """
    return origin + places @ torch.stack([x, y]).to(places)


def plane_on_shell(corners: Corners, places: Coordinates) -> Float[Tensor, "n z"]:
    """The plane through three latent vectors, each point scaled to the length of its neighbours.

    In the middle of three random vectors, z is shorter than any that G was trained with (White
    2016, "Sampling generative networks", section 2). So each point is moved along its own
    direction to the shell of the three: its length is interpolated linearly between theirs and
    stays within the shortest and the longest.

    Args:
        corners: vectors at the coordinates (0, 0), (1, 0) and (0, 1), met to rounding.
        places: coordinates of each point.
    """
    first, second, third = corners
    points = plane(first, second - first, third - first, places)
    lengths = corners.norm(dim=1)
    x, y = places.T
    wanted = lengths[0] + x * (lengths[1] - lengths[0]) + y * (lengths[2] - lengths[0])
    wanted = wanted.clamp(lengths.min(), lengths.max())
    return points * (wanted / points.norm(dim=1).clamp_min(_TINY))[:, None]


class PlaneCoordinates(NamedTuple):
    """Where a vector is seen in a plane through three others.

    Attributes:
        x: towards the second corner.
        y: towards the third.
        off: share of the vector's length that is orthogonal to the span of the three, 0 to 1.
    """

    x: float
    y: float
    off: float


def plane_coordinates(corners: Corners, z: Vector) -> PlaneCoordinates | None:
    """Coordinates of the point of `plane_on_shell` nearest to a vector.

    The vector is projected on the span of the three and scaled until it lies in their plane.
    None for one that points away from the plane.
    """
    weights = torch.linalg.pinv(corners.T.double()) @ z.double()
    if weights.sum() < 1e-3:
        return None
    _, x, y = (weights / weights.sum()).tolist()
    rest = z.double() - corners.T.double() @ weights
    return PlaneCoordinates(x, y, float(rest.norm() / z.double().norm().clamp_min(_TINY)))


def direction_between(group: Float[Tensor, "n z"], other: Float[Tensor, "m z"]) -> Vector:
    """The unit vector from the mean of one group of latent vectors to that of another.

    Larsen et al. 2016, "Autoencoding beyond pixels using a learned similarity metric", visual
    attribute vectors.

    Args:
        group: where it starts: vectors without something.
        other: where it leads: vectors with it.

    Raises:
        ValueError: if a group is empty, or both have the same mean.
    """
    for name, vectors in (("group", group), ("other", other)):
        if not len(vectors):
            raise ValueError(f"{name}: at least one latent vector is needed")
    way = other.mean(0) - group.mean(0)
    if way.norm() < _TINY:
        raise ValueError("other: both groups have the same mean, so that no direction leads there")
    return way / way.norm()


# ---- the same on states of a model ---------------------------------------------------------------


def state_at(state: LatentState, z: Vector) -> LatentState:
    """A state at a latent vector, with model, label and step of another and no other changes.

    Args:
        state: whose model, label and step are kept.
        z: rounded to half precision.
    """
    at = tuple(z.to(torch.float16).double().tolist())
    return LatentState(state.model, at=at, label=state.label, step=state.step)


def analogy(
    model: ImageModel, a: LatentState, b: LatentState, c: LatentState, strength: float
) -> LatentState:
    """The state that is to a as c is to b; see `arithmetic`. Label and step are a's.

    Args:
        model: whose states they are.
        a: where it starts; with strength 0 it is returned as it is.
        b: what is taken away.
        c: what is put in its place.
        strength: -2 to 2.

    Raises:
        ValueError: if the strength is out of bounds.
    """
    if not -MAX_STRENGTH <= strength <= MAX_STRENGTH:
        raise ValueError(f"strength: {strength}; -2 to 2 are possible")
    if not strength:
        return a
    start, minus, plus = _latents(model, (a, b, c))
    return state_at(a, arithmetic(start, minus, plus, strength))


def states_along(
    state: LatentState, axes: tuple[int, int], places: Sequence[tuple[float, float]]
) -> list[LatentState]:
    """States of the plane through one, spanned by two of its model's directions.

    Args:
        state: all but its moves along these two directions is kept.
        axes: numbers of two directions.
        places: amounts along them, -10 to 10.

    Raises:
        ValueError: if the axes are the same, or a place is out of bounds.
    """
    if axes[0] == axes[1]:
        raise ValueError(f"axes: {axes}; two different ones are needed")
    _check(places, MAX_MOVE)
    every = [dict(state.moves) | dict(zip(axes, place, strict=True)) for place in places]
    return [
        replace(state, moves=tuple(sorted((k, v) for k, v in moves.items() if v)))
        for moves in every
    ]


def states_between(
    model: ImageModel,
    state: LatentState,
    corners: Sequence[LatentState],
    places: Sequence[tuple[float, float]],
) -> list[LatentState]:
    """States of the plane through the latent vectors of three; see `plane_on_shell`.

    Args:
        model: whose states they are.
        state: whose label and step all of them have.
        corners: three.
        places: coordinates of each, -10 to 10.

    Raises:
        ValueError: if the three lie on one line, or a place is out of bounds.
    """
    _check(places, MAX_COORDINATE)
    vectors = _corners(model, corners)
    if not places:
        return []
    points = plane_on_shell(vectors, torch.tensor(places, dtype=torch.float64))
    return [state_at(state, z) for z in points]


def coordinates_of(
    model: ImageModel, state: LatentState, corners: Sequence[LatentState]
) -> PlaneCoordinates | None:
    """Where a state's latent vector is in the plane through three others'.

    See `plane_coordinates`.

    Raises:
        ValueError: if the three lie on one line.
    """
    return plane_coordinates(_corners(model, corners), state.latent(model.directions))


def direction_between_states(
    model: ImageModel, group: Sequence[LatentState], other: Sequence[LatentState]
) -> Vector:
    """The direction from some states to others; see `direction_between`.

    Raises:
        ValueError: if a group is empty, or both have the same mean.
    """
    return direction_between(_latents(model, group), _latents(model, other))


def _latents(model: ImageModel, states: Sequence[LatentState]) -> Float[Tensor, "n z"]:
    return model.latents(states)[0] if states else torch.empty(0, model.space.dim).double()


def _corners(model: ImageModel, states: Sequence[LatentState]) -> Corners:
    if len(states) != 3:
        raise ValueError(f"corners: {len(states)}; three are needed")
    corners = _latents(model, states)
    sides = corners[1:] - corners[0]
    # Four times the squared area of the triangle, relative to a right angle between its sides.
    square = sides.square().sum(1).prod()
    if square - (sides[0] @ sides[1]) ** 2 <= _TINY * square:
        raise ValueError("corners: three pictures are needed whose latent vectors are on no line")
    return corners


def _check(places: Sequence[tuple[float, float]], most: float) -> None:
    if any(not -most <= value <= most for place in places for value in place):
        raise ValueError(f"places: from {-most:g} to {most:g}")
