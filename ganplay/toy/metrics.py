"""How far samples are from the data: pure functions on points, batched over leading axes.

Two finite samples of one distribution never agree exactly. `noise_floor` is what a metric gives on
average for two real samples of the same size; smaller values cannot be told from 0.
"""

import math
from functools import lru_cache

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ganplay.toy.distributions import Distribution

Points = Float[Tensor, "*s n 2"]
GRID = 32
"""Cells along a side of the histogram behind `jensen_shannon`."""


def histogram(points: Points, extent: float, cells: int = GRID) -> Float[Tensor, "*s c"]:
    """Share of the points in each of cells x cells squares over [-extent, extent]^2.

    Points outside are counted in the nearest border cell. Rows are y, columns x, both rising; the
    shares sum to 1.
    """
    batch, n = points.shape[:-2], points.shape[-2]
    index = ((points + extent) * (cells / (2 * extent))).floor().clamp(0, cells - 1).long()
    flat = (index[..., 1] * cells + index[..., 0]).reshape(-1, n)
    counts = torch.zeros(len(flat), cells * cells)
    counts.scatter_add_(1, flat, torch.ones_like(flat, dtype=counts.dtype))
    return (counts / n).reshape(*batch, -1)


def jensen_shannon(
    real: Points, fake: Points, extent: float, cells: int = GRID
) -> Float[Tensor, "*s"]:
    """Jensen-Shannon divergence of the two histograms, in bits: 0 if equal, 1 if disjoint.

    `JS = H((p+q)/2) - (H(p) + H(q))/2` with H the entropy to base 2 (Lin 1991, equation 4.1;
    GAN Lab shows its grid version). Its floor depends on the sample size and on `cells`.
    """
    return divergence(histogram(real, extent, cells), histogram(fake, extent, cells))


def divergence(p: Float[Tensor, "*s c"], q: Float[Tensor, "*s c"]) -> Float[Tensor, "*s"]:
    """`jensen_shannon` of two histograms."""
    # Rounding may leave [0, 1] by a little.
    return (_entropy((p + q) / 2) - (_entropy(p) + _entropy(q)) / 2).clamp(0, 1)


def _entropy(p: Float[Tensor, "*s c"]) -> Float[Tensor, "*s"]:
    return -torch.xlogy(p, p).sum(-1) / math.log(2)


def sliced_wasserstein(
    real: Points, fake: Float[Tensor, "*s m 2"], directions: int = 32
) -> Float[Tensor, "*s"]:
    """Mean over directions of the one-dimensional Wasserstein-1 distance, in the data's units.

    Bonneel et al. 2015, with evenly spaced directions instead of random ones. A sample shifted by a
    vector v has the distance 2/pi |v|.

    Raises:
        ValueError: if the samples are not of the same size.
    """
    if real.shape[-2] != fake.shape[-2]:
        raise ValueError(
            f"real has {real.shape[-2]} points and fake {fake.shape[-2]}; equal sizes are needed"
        )
    angle = torch.arange(directions, dtype=real.dtype) * (math.pi / directions)
    axes = torch.stack([angle.cos(), angle.sin()])  # (2, directions)
    sorted_real = (real @ axes).sort(dim=-2).values
    sorted_fake = (fake @ axes).sort(dim=-2).values
    return (sorted_real - sorted_fake).abs().mean((-2, -1))


def energy_distance(real: Points, fake: Points) -> Float[Tensor, "*s"]:
    """Energy distance `2 E|x-y| - E|x-x'| - E|y-y'|`, in the data's units, at least 0.

    Szekely and Rizzo 2013, equation 2.1 (not its square root), over all pairs of the samples.
    """

    def mean_distance(a: Tensor, b: Tensor) -> Tensor:
        return torch.cdist(a, b).mean((-2, -1))

    cross = mean_distance(real, fake)
    within = mean_distance(real, real) + mean_distance(fake, fake)
    return (2 * cross - within).clamp_min(0)  # rounding may leave it just below


def dispersion(points: Points) -> Float[Tensor, "*s"]:
    """Norm of the standard deviations along the two axes, in the data's units."""
    return points.std(dim=-2, correction=0).norm(dim=-1)


def mode_counts(
    points: Points, modes: Float[Tensor, "m 2"], sigma: float
) -> tuple[Int[Tensor, "*s m"], Int[Tensor, "*s m"]]:
    """How many points lie nearest to each mode, and how many of them within 3 sigma of it."""
    distance, nearest = torch.cdist(points, modes).min(-1)
    # scatter_add instead of a one-hot table of every point: the table would be m times larger.
    zeros = torch.zeros(*points.shape[:-2], len(modes), dtype=torch.long)
    near = zeros.scatter_add(-1, nearest, torch.ones_like(nearest))
    good = zeros.scatter_add(-1, nearest, (distance <= 3 * sigma).long())
    return near, good


def reverse_kl(near: Int[Tensor, "*s m"]) -> Float[Tensor, "*s"]:
    """Kullback-Leibler divergence KL(fake || real) over equally likely modes, in nats.

    Lin et al. 2018, section 4.1: each sample counts for its nearest mode. 0 if all modes are hit
    equally often, log m if only one is.
    """
    share, modes = near / near.sum(-1, keepdim=True), near.shape[-1]
    # Rounding may leave [0, log m] by a little.
    return torch.xlogy(share, share * modes).sum(-1).clamp(0, math.log(modes))


def separation(
    real_logits: Float[Tensor, "*s n"], fake_logits: Float[Tensor, "*s m"]
) -> Float[Tensor, "*s"]:
    """Share of pairs in which D's logit of the real sample is above that of the fake one.

    1/2 if D cannot distinguish them, 1 if every real logit is above every fake one.

    The area under the ROC curve, as Mann and Whitney's U over n m pairs (1947); ties count half.
    It means the same for every loss. Two equal samples of n differ from 1/2 with a standard
    deviation of sqrt((2n + 1) / (12 n^2)), which is 0.018 for n = 500. NaN if a logit is.
    """
    ranked = real_logits.sort(-1).values
    fake_logits = fake_logits.contiguous()
    below = torch.searchsorted(ranked, fake_logits) + torch.searchsorted(
        ranked, fake_logits, right=True
    )
    share = 1 - below.float().mean(-1) / (2 * real_logits.shape[-1])
    known = real_logits.isfinite().all(-1) & fake_logits.isfinite().all(-1)
    return torch.where(known, share, math.nan)


def compare(
    real: Points, fake: Points, distribution: Distribution, quick: bool = False
) -> dict[str, Float[Tensor, "*s"]]:
    """All distances and mode statistics of a sample, by name, each of shape (*s).

    `quick` leaves out the two that cost most (`energy`, quadratic in the sample size, and
    `sliced_wasserstein`). Where the data have no modes, theirs are NaN; where a fake point is not
    finite, all are.
    """
    finite = fake.isfinite().all(-1).all(-1)
    fake = torch.where(finite[..., None, None], fake, 0.0)
    report = {
        "js": jensen_shannon(real, fake, distribution.extent),
        "dispersion": dispersion(fake),
    }
    if not quick:
        report["sliced_wasserstein"] = sliced_wasserstein(real, fake)
        report["energy"] = energy_distance(real, fake)
    report |= mode_metrics(fake, distribution.modes, distribution.sigma)[0]
    return {name: torch.where(finite, value, math.nan) for name, value in report.items()}


def mode_metrics(
    points: Points, modes: Float[Tensor, "m 2"] | None, sigma: float
) -> tuple[dict[str, Float[Tensor, "*s"]], Float[Tensor, "*s m"] | None]:
    """Metrics of how the modes are hit, by name, and the share of points within 3 sigma of each.

    Returns:
        `modes`, how many hold at least 1 % of all points within 3 sigma; `high_quality`, the share
        of points within 3 sigma of a mode, 0.9889 for a perfect sampler of the plane; and
        `reverse_kl`. Without modes all three are NaN and there are no shares (None).
    """
    if modes is None:
        missing = torch.full(points.shape[:-2], math.nan)
        return dict.fromkeys(("modes", "high_quality", "reverse_kl"), missing), None
    (near, good), n = mode_counts(points, modes, sigma), points.shape[-2]
    report = {
        "modes": (good >= 0.01 * n).sum(-1).to(torch.float32),
        "high_quality": good.sum(-1) / n,
        "reverse_kl": reverse_kl(near),
    }
    return report, good / n


@lru_cache(maxsize=256)
def noise_floor(
    distribution: Distribution, samples: int, pairs: int = 4, quick: bool = False
) -> dict[str, float]:
    """What `compare` gives for two independent real samples of this size, averaged over pairs.

    Always drawn from the same seed, so that a floor is a constant of the distribution.
    """
    generator = torch.Generator().manual_seed(0)
    drawn = [distribution.sample(samples, generator)[0] for _ in range(2 * pairs)]
    first, second = torch.stack(drawn[:pairs]), torch.stack(drawn[pairs:])
    report = compare(first, second, distribution, quick)
    return {name: float(values.mean()) for name, values in report.items()}
