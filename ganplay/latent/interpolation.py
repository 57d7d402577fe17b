"""Latent space: ways through it, and what in it changes a picture most.

Rows are latent vectors: (n, z).
"""

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ganplay.images.sampler import Sampler, one_hot
from ganplay.toy.batches import generator_of

PLACES = 32
"""Latent vectors at which a picture's change is looked at."""
_NUDGE = 1e-3


Vectors = Float[Tensor, "*#n z"]
Shares = Float[Tensor, "*#n"]


def lerp(a: Vectors, b: Vectors, t: Shares) -> Float[Tensor, "*n z"]:
    """Straight from a to b: `(1 - t) a + t b`, which is shorter on the way than at its ends."""
    t = t[..., None]
    return (1 - t) * a + t * b


def slerp(a: Vectors, b: Vectors, t: Shares) -> Float[Tensor, "*n z"]:
    """Along the arc from a to b, the length going evenly from one's to the other's.

    `sin((1 - t) w) / sin(w) a' + sin(t w) / sin(w) b'` of the unit vectors a' and b' with the
    angle w between them (White 2016, "Sampling generative networks", section 2). Where the
    two point the same or opposite ways there is no one arc: then it is `lerp`.
    """
    lengths = [x.norm(dim=-1, keepdim=True) for x in (a, b)]
    one, other = (x / n.clamp_min(1e-12) for x, n in zip((a, b), lengths, strict=True))
    angle = (one * other).sum(-1, keepdim=True).clamp(-1, 1).arccos()
    share = t[..., None]
    arc = ((1 - share) * angle).sin() * one + (share * angle).sin() * other
    length = (1 - share) * lengths[0] + share * lengths[1]
    # A vector without a length has no direction either.
    sine = angle.sin() * (lengths[0] * lengths[1] > 1e-12)
    return torch.where(sine > 1e-4, arc / sine.clamp_min(1e-4) * length, lerp(a, b, t))


def spline(points: Float[Tensor, "k z"], leg: Int[Tensor, "n"], t: Shares) -> Float[Tensor, "n z"]:
    """A smooth way through points on their shell, without corners at them.

    Catmull and Rom's spline built of arcs in place of lines (Schlag 1991, "Using geometric
    constructions to interpolate orientation with quaternions"; Barry and Goldman 1988).

    Args:
        points: the first and the last one only bend the way: it goes from the second to the last
            but one.
        leg: at which leg of the way, from 0 to k - 4.
        t: how far on that leg, in [0, 1].
    """
    p = [points[leg + i] for i in range(4)]
    one = [slerp(p[i], p[i + 1], t + 1 - i) for i in range(3)]
    two = [slerp(one[i], one[i + 1], (t + 1 - i) / 2) for i in range(2)]
    return slerp(two[0], two[1], t)


class Directions(NamedTuple):
    """Orthogonal unit vectors, the strongest first, and how much each moves a picture."""

    vectors: Float[Tensor, "z z"]
    strengths: Float[Tensor, "z"]


def principal_directions(sampler: Sampler, seed: int = 0, places: int = PLACES) -> Directions:
    """The axes along which pictures change most, on average over latent space.

    Eigenvectors (rows) of the mean of J^T J, J being the Jacobian of G's pixels, from -1 to 1, by
    differences; the strengths are the square roots of the eigenvalues (Wang and Ponce 2021,
    "The geometry of deep generative image models", equations 3 and 6).

    Args:
        sampler: of the model.
        seed: of the latent vectors and labels at which J is taken.
        places: how many of them.
    """
    dim, classes = sampler.plan.noise_dim, sampler.plan.classes
    generator = generator_of(seed, "directions")
    metric = torch.zeros(dim, dim, dtype=torch.float64)
    for _ in range(places):
        z = torch.randn(dim, 1, generator=generator, dtype=torch.float64)
        # The place itself, and one beside it along each axis.
        beside = torch.cat([z, z + _NUDGE * torch.eye(dim, dtype=torch.float64)], dim=1)
        label = None
        if classes:
            chosen = torch.randint(classes, (1,), generator=generator)
            label = one_hot(chosen.expand(dim + 1), classes)[0]
        pixels = sampler.pictures(beside, label).flatten(0, 3).cpu()
        jacobian = (pixels[:, 1:] - pixels[:, :1]) / _NUDGE
        metric += jacobian.T @ jacobian / places
    values, vectors = torch.linalg.eigh(metric)
    rows = vectors.flip(1).T
    # A vector and its opposite are the same axis: the largest number of each is positive.
    signs = rows.gather(1, rows.abs().argmax(1, keepdim=True)).sign()
    return Directions((rows * signs).float(), values.flip(0).clamp_min(0).sqrt().float())
