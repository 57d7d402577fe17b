"""Two-dimensional data distributions to learn, each a sampler with its modes and classes.

Every sampler draws from the generator it is given and from nothing else. The data lie in the square
[-extent, extent]^2, up to the tails of Gaussians; the page shows that square. `from_points` makes a
distribution of given points.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor

from ganplay.gan.class_shares import equal_weights, weights_of

Points = Float[Tensor, "n 2"]
Labels = Int[Tensor, "n"]


@dataclass(frozen=True, eq=False)
class Distribution:
    """A distribution on the plane.

    Attributes:
        sample: `sample(n, generator)` draws points (n, 2) and class labels (n,) in [0, classes).
        classes: number of classes; 1 if points have no labels.
        modes: centres (m, 2) of its clusters, or None where it has no clusters. Class k is
            mode k.
        sigma: standard deviation of a cluster along each axis; a sample within 3 sigma of a mode
            is of high quality (`metrics.mode_metrics`).
        extent: half the side of the square that holds it.
        log_density: logarithm of the density at points (*s, n, 2), in nats, as (*s, n); None
            where it is not known.
        class_weights: whole numbers in proportion to how often `sample` draws each class; by
            default all are drawn equally often.
    """

    sample: Callable[[int, Generator], tuple[Points, Labels]] = field(repr=False)
    classes: int = 1
    modes: Float[Tensor, "m 2"] | None = field(default=None, repr=False)
    sigma: float = 0.0
    extent: float = 3.0
    log_density: Callable[[Tensor], Tensor] | None = field(default=None, repr=False)
    class_weights: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Fill in the weights of classes that are drawn equally often."""
        weights = self.class_weights or equal_weights(self.classes)
        object.__setattr__(self, "class_weights", weights)


def _uniform(n: int, generator: Generator, low: float = 0.0, high: float = 1.0) -> Tensor:
    return torch.empty(n).uniform_(low, high, generator=generator)


def _normal(n: int, generator: Generator, sigma: float) -> Points:
    return sigma * torch.randn(n, 2, generator=generator)


def _labels(n: int, classes: int, generator: Generator) -> Labels:
    return torch.randint(classes, (n,), generator=generator)


def _on_circle(angle: Tensor, radius: float | Tensor) -> Points:
    return torch.stack([radius * angle.cos(), radius * angle.sin()], dim=-1)


def mixture(modes: Tensor, sigma: float, extent: float = 3.0) -> Distribution:
    """Equal mixture of round Gaussians: centres (m, 2), standard deviation sigma on each axis."""

    def draw(n: int, generator: Generator) -> tuple[Points, Labels]:
        labels = _labels(n, len(modes), generator)
        return modes[labels] + _normal(n, generator, sigma), labels

    def log_density(points: Float[Tensor, "*s n 2"]) -> Float[Tensor, "*s n"]:
        """Logarithm of `p(x) = mean over k of N(x; m_k, sigma^2 I)`, in nats."""
        squared = (points[..., None, :] - modes).square().sum(-1)
        logs = -squared / (2 * sigma**2) - math.log(2 * math.pi * sigma**2)
        return logs.logsumexp(-1) - math.log(len(modes))

    return Distribution(draw, len(modes), modes, sigma, extent, log_density)


def ring(modes: int = 8, radius: float = 2.0, sigma: float = 0.05) -> Distribution:
    """Gaussians evenly spaced on a circle, the first at angle 0. Metz et al. 2017, section 4.1."""
    angles = torch.arange(modes) * (2 * math.pi / modes)
    return mixture(_on_circle(angles, radius), sigma)


def grid(side: int = 5, spacing: float = 1.0, sigma: float = 0.05) -> Distribution:
    """Gaussians on a square lattice centred at the origin. Lin et al. 2018, section 4.1."""
    ticks = (torch.arange(side) - (side - 1) / 2) * spacing
    return mixture(torch.cartesian_prod(ticks, ticks), sigma)


def _line(n: int, generator: Generator) -> tuple[Points, Labels]:
    x = _uniform(n, generator, -2, 2)
    points = torch.stack([x, 0.5 * x], dim=-1) + _normal(n, generator, 0.05)
    return points, torch.zeros(n, dtype=torch.long)


def _two_moons(n: int, generator: Generator) -> tuple[Points, Labels]:
    labels = _labels(n, 2, generator)
    moon = _on_circle(_uniform(n, generator, 0, math.pi), 1.0)
    other = torch.tensor([1.0, 0.5]) - moon
    points = torch.where(labels[:, None] == 0, moon, other) - torch.tensor([0.5, 0.25])
    return 1.4 * points + _normal(n, generator, 0.08), labels


def _circles(n: int, generator: Generator) -> tuple[Points, Labels]:
    labels = _labels(n, 2, generator)
    radius = torch.where(labels == 0, 2.0, 1.0)
    points = _on_circle(_uniform(n, generator, 0, 2 * math.pi), radius)
    return points + _normal(n, generator, 0.06), labels


def _spiral(n: int, generator: Generator) -> tuple[Points, Labels]:
    labels = _labels(n, 2, generator)
    # The square root spreads the points evenly along the arm.
    turn = _uniform(n, generator).sqrt() * 3 * math.pi
    points = _on_circle(turn + labels * math.pi, 0.2 + turn / (3 * math.pi) * 2.0)
    return points + _normal(n, generator, 0.05), labels


def _pinwheel(n: int, generator: Generator) -> tuple[Points, Labels]:
    labels = _labels(n, 5, generator)
    radial = 1.2 + 0.36 * torch.randn(n, generator=generator)
    tangential = 0.12 * torch.randn(n, generator=generator)
    angle = labels * (2 * math.pi / 5) + 1.1 * radial
    along, across = _on_circle(angle, radial), _on_circle(angle + math.pi / 2, tangential)
    return along + across, labels


def _checkerboard(n: int, generator: Generator) -> tuple[Points, Labels]:
    column = _labels(n, 4, generator)
    row = 2 * _labels(n, 2, generator) + column % 2
    corner = torch.stack([column, row], dim=-1) - 2.0
    return corner + torch.rand(n, 2, generator=generator), torch.zeros(n, dtype=torch.long)


def _s_curve(n: int, generator: Generator) -> tuple[Points, Labels]:
    t = _uniform(n, generator, -1.5 * math.pi, 1.5 * math.pi)
    points = torch.stack([1.2 * t.sin(), t.sign() * (t.cos() - 1)], dim=-1)
    return points + _normal(n, generator, 0.06), torch.zeros(n, dtype=torch.long)


def from_points(points: Tensor, labels: Tensor | None = None, jitter: float = 0.0) -> Distribution:
    """The empirical distribution of given points: one is picked at random, and noise is added.

    Args:
        points: (n, 2), finite, n at least 1.
        labels: (n,) classes from 0, each class present; None for one class.
        jitter: standard deviation of that noise along each axis, in the points' units.

    Raises:
        ValueError: if there are no points, one is not finite, or labels do not fit.
    """
    points = torch.as_tensor(points, dtype=torch.float32)
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        raise ValueError(f"points has shape {tuple(points.shape)}; (n, 2) with n >= 1 is needed")
    if not points.isfinite().all():
        raise ValueError("points holds a NaN or an infinite number; all must be finite")
    labels = torch.zeros(len(points), dtype=torch.long) if labels is None else labels
    if labels.shape != points.shape[:1]:
        raise ValueError(f"labels has shape {tuple(labels.shape)}; ({len(points)},) is needed")
    if not torch.equal(labels.unique(), torch.arange(int(labels.max()) + 1)):
        raise ValueError(
            f"labels are {labels.unique().tolist()[:8]}; 0, 1, 2, ... without a gap are needed"
        )

    def draw(n: int, generator: Generator) -> tuple[Points, Labels]:
        index = _labels(n, len(points), generator)
        return points[index] + _normal(n, generator, jitter), labels[index]

    extent, classes = max(float(points.abs().max()) * 1.3, 1e-3), int(labels.max()) + 1
    weights = weights_of(labels, classes)
    return Distribution(draw, classes, extent=extent, class_weights=weights)


_BLOBS = torch.tensor([[-1.5, -1.0], [1.5, -1.0], [0.0, 1.6]])
_DIRACS = torch.tensor([[-1.0, 0.0], [1.0, 0.0]])

DISTRIBUTIONS: dict[str, Distribution] = {
    "line": Distribution(_line),
    "blobs": mixture(_BLOBS, 0.25),
    "ring": ring(),
    "grid": grid(),
    "moons": Distribution(_two_moons, 2),
    "circles": Distribution(_circles, 2),
    "spiral": Distribution(_spiral, 2),
    "pinwheel": Distribution(_pinwheel, 5),
    "checkerboard": Distribution(_checkerboard),
    "s_curve": Distribution(_s_curve),
    # Two points; sigma 0.05 only serves the metrics: a sample within 0.15 is of high quality.
    "diracs": Distribution(
        lambda n, generator: (lambda k: (_DIRACS[k], k))(_labels(n, 2, generator)),
        2,
        _DIRACS,
        0.05,
    ),
    "gaussian": mixture(torch.zeros(1, 2), 0.5),
    # Two modes that overlap, about as wide as a standard normal distribution.
    "hills": mixture(_DIRACS, 0.5),
}
