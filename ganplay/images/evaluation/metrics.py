"""How far sampled pictures are from real ones: pure functions on their features and labels.

All distances are Euclidean. Nothing here needs a table of all pairs at once: 10,000 against
10,000 are compared in strips.
"""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from jaxtyping import Float, Int, Real
from torch import Tensor

Features = Float[Tensor, "n f"]
STRIP = 1000
"""Rows of the table of distances that are made at once."""


def frechet(real: Features, fake: Float[Tensor, "m f"]) -> float:
    """Squared Frechet distance between Gaussians of the means and covariances of two samples.

    `|m - m'|^2 + tr(C + C' - 2 (C C')^(1/2))` (Heusel et al. 2017, equation 6), in squared units
    of the features. The root's trace is that of the symmetric `(C^(1/2) C' C^(1/2))^(1/2)`, whose
    eigenvalues are the same. Covariances are divided by n - 1; in float64.

    Raises:
        ValueError: if a sample has fewer than two rows.
    """
    _at_least(2, real, fake)
    means = [sample.double().mean(0) for sample in (real, fake)]
    covariances = [torch.atleast_2d(sample.double().T.cov()) for sample in (real, fake)]
    values, vectors = torch.linalg.eigh(covariances[0])
    root = (vectors * values.clamp_min(0).sqrt()) @ vectors.T
    cross = torch.linalg.eigvalsh(root @ covariances[1] @ root).clamp_min(0).sqrt().sum()
    traces = covariances[0].trace() + covariances[1].trace()
    distance = (means[0] - means[1]).square().sum() + traces - 2 * cross
    return float(distance.clamp_min(0))


def _at_least(rows: int, *samples: Tensor) -> None:
    if (fewest := min(map(len, samples))) < rows:
        raise ValueError(f"a sample of {fewest}: at least {rows} are needed")


class Neighbours(NamedTuple):
    """For each row of a sample the nearest row of another: its distance and its place, (n,)."""

    distance: Float[Tensor, "n"]
    place: Int[Tensor, "n"]


def nearest(
    a: Real[Tensor, "n f"], b: Real[Tensor, "m f"], barred: Int[Tensor, "n"] | None = None
) -> Neighbours:
    """The nearest row of `b` for each of `a`, which may be whole pictures in bytes.

    Args:
        a: rows whose neighbours are looked for.
        b: rows among which.
        barred: for each row of `a` a place in `b` that does not count, such as its own.
    """
    best = torch.full((len(a),), torch.inf)
    index = torch.zeros(len(a), dtype=torch.long)
    rows = torch.arange(len(a))
    # In single precision, as only the order counts: the distances are taken again below.
    wanted = a.float()
    for start in range(0, len(b), STRIP):
        squared = _squared(wanted, b[start : start + STRIP].float())
        if barred is not None:
            here = (barred >= start) & (barred < start + STRIP)
            squared[rows[here], barred[here] - start] = torch.inf
        found = squared.min(1)
        closer = found.values < best
        best = torch.where(closer, found.values, best)
        index = torch.where(closer, found.indices + start, index)
    parts = zip(a.split(STRIP), index.split(STRIP), strict=True)
    exact = [(part.double() - b[own].double()).norm(dim=1) for part, own in parts]
    return Neighbours(torch.cat(exact), index)


def spread(distance: Float[Tensor, "n"]) -> dict[str, float]:
    """Median, its standard error, and first percentile.

    The error is half the distance between the order statistics a standard deviation of
    Binomial(n, 1/2) below and above the middle.
    """
    half = 0.5 / len(distance) ** 0.5
    steps = torch.tensor([0.5 - half, 0.5, 0.5 + half, 0.01], dtype=distance.dtype)
    low, median, high, first = distance.quantile(steps.clamp(0, 1)).tolist()
    return {"median": median, "median_error": (high - low) / 2, "first_percentile": first}


def radii(a: Features, k: int) -> Float[Tensor, "n"]:
    """The distance of each row to its k-th nearest other row of the same sample.

    Raises:
        ValueError: if there are not so many others.
    """
    _at_least(k + 1, a)
    parts = []
    for i, strip in enumerate(_strips(a, a)):
        # Itself is left out by its place, as a copy of it counts.
        own = torch.arange(len(strip))[:, None] + i * STRIP
        parts.append(strip.scatter(1, own, torch.inf).kthvalue(k, dim=1).values)
    return torch.cat(parts)


def _strips(a: Tensor, b: Tensor) -> Iterator[Float[Tensor, "r m"]]:
    """Distances of the rows of `a` to all of `b`, some rows at a time, in float64."""
    for part in a.split(STRIP):
        yield _squared(part.double(), b.double()).sqrt()


def _squared(a: Tensor, b: Tensor) -> Float[Tensor, "n m"]:
    products = torch.addmm(b.square().sum(1), a, b.T, alpha=-2)
    return products.add_(a.square().sum(1)[:, None]).clamp_min_(0)


class Manifold(NamedTuple):
    """How two samples cover each other, each in [0, 1] but for the density."""

    precision: float
    recall: float
    density: float
    coverage: float


def manifold(real: Features, fake: Float[Tensor, "m f"], k: int = 5) -> Manifold:
    """Precision and recall (Kynkaanniemi et al. 2019), density and coverage (Naeem et al. 2020).

    Around each row is a ball that reaches to its k-th nearest other row of the same sample.
    Precision: the share of fakes in a real's ball. Recall: the share of reals in a fake's ball.
    Density: how many reals' balls a fake is in on average, over k. Coverage: the share of reals
    whose ball holds a fake. Balls hold their edge.

    Raises:
        ValueError: if a sample has no k + 1 rows.
    """
    real_radii, fake_radii = radii(real, k), radii(fake, k)
    inside = torch.zeros(len(fake), dtype=torch.long)  # how many reals' balls hold each fake
    recalled, covered = [], []
    for strip, reach in zip(_strips(real, fake), real_radii.split(STRIP), strict=True):
        held = strip <= reach[:, None]
        inside += held.sum(0)
        covered.append(held.any(1))
        recalled.append((strip <= fake_radii).any(1))
    return Manifold(
        precision=float((inside > 0).double().mean()),
        recall=float(torch.cat(recalled).double().mean()),
        density=float(inside.double().mean() / k),
        coverage=float(torch.cat(covered).double().mean()),
    )


def shares(labels: Int[Tensor, "n"], classes: int) -> Float[Tensor, "k"]:
    """The share of each class; they sum to 1."""
    return labels.bincount(minlength=classes).double() / len(labels)


def accuracy(predictions: Int[Tensor, "n"], true: Int[Tensor, "n"]) -> float:
    """The share of right predictions, in [0, 1]."""
    return float((predictions == true).double().mean())


def total_variation(p: Float[Tensor, "k"], q: Float[Tensor, "k"]) -> float:
    """Half the sum of the differences of two marginals: 0 if equal, 1 if disjoint."""
    return float((p - q).abs().sum() / 2)


def diversity(
    features: Real[Tensor, "n f"], labels: Int[Tensor, "n"], classes: int, most: int = 500
) -> Float[Tensor, "k"]:
    """The mean distance between two rows of one class, for each class; NaN without a pair.

    Args:
        features: of the pictures, or these themselves.
        labels: their classes.
        classes: how many there are.
        most: so many first rows of each class are compared, in all pairs.
    """
    means = [torch.pdist(features[labels == c][:most].double()).mean() for c in range(classes)]
    return torch.stack(means)
