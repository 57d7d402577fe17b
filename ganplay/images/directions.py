"""What in latent space changes a picture most: principal directions of a generator."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from ganplay.common.seeding import generator_of
from ganplay.images.sampler import Sampler, one_hot

PLACES = 32
"""Latent vectors at which a picture's change is looked at."""
_NUDGE = 1e-3


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
        seed: of the latent vectors and labels at which J is taken; all classes are equally likely,
            as none is held against the data here.
        places: how many of them.
    """
    dim, classes = sampler.noise_dim, sampler.classes
    generator = generator_of(seed, "directions")
    metric = torch.zeros(dim, dim, dtype=torch.float64)
    for _ in range(places):
        z = torch.randn(1, dim, generator=generator, dtype=torch.float64)
        # The place itself, and one beside it along each axis.
        beside = torch.cat([z, z + _NUDGE * torch.eye(dim, dtype=torch.float64)])
        y = None
        if classes:
            chosen = torch.randint(classes, (1,), generator=generator)
            y = one_hot(chosen.expand(dim + 1), classes)
        pixels = sampler.pictures(beside, y).flatten(1).cpu()
        jacobian = (pixels[1:] - pixels[:1]).T / _NUDGE  # (pixels, z)
        metric += jacobian.T @ jacobian / places
    values, vectors = torch.linalg.eigh(metric)
    rows = vectors.flip(1).T
    # A vector and its opposite are the same axis: the largest number of each is positive.
    signs = rows.gather(1, rows.abs().argmax(1, keepdim=True)).sign()
    return Directions((rows * signs).float(), values.flip(0).clamp_min(0).sqrt().float())
