"""What theory says must come out, where it says it exactly: pure functions on tensors.

Densities that are known, the discriminator that is best against them, how much a loss saturates,
which class lands on which mode. Distances between samples are in `metrics`.
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

Points = Float[Tensor, "*s n 2"]

Logs = Float[Tensor, "*s n"]


def linear_log_density(
    points: Points, matrix: Float[Tensor, "*s 2 2"], shift: Float[Tensor, "*s 2"]
) -> Logs:
    """Logarithm of the density of `A z + b` for a standard normal z in the plane, in nats.

    `log N(A^-1 (x - b); 0, I) - log |det A|`, the change of variables. A matrix that flattens
    the plane has no density: the result is then NaN or infinite.
    """
    z = torch.linalg.solve_ex(matrix, (points - shift[..., None, :]).mT).result
    normal = -z.square().sum(-2) / 2 - math.log(2 * math.pi)
    return normal - torch.linalg.det(matrix).abs().log()[..., None]


def optimal_output(log_p: Logs, log_q: Logs) -> Logs:
    """D*(x) = p(x) / (p(x) + q(x)), from the logarithms of real (p) and fake (q) densities.

    Goodfellow et al. 2014, equation 2. As `sigmoid(log p - log q)`, so that it is exact where
    both densities are too small for a float.
    """
    return torch.sigmoid(log_p - log_q)


def saturation_ratio(
    non_saturating: Float[Tensor, "s p"], saturating: Float[Tensor, "s p"]
) -> Float[Tensor, "s"]:
    """How many times longer G's gradient is with the non-saturating loss than with minimax.

    1 where D says one half; `(1 - D) / D` at a single fake, which grows without end as D gets
    sure (Goodfellow et al. 2014, section 3).
    """
    return non_saturating.norm(dim=1) / saturating.norm(dim=1)


def classes_by_mode(
    points: Points, labels: Int[Tensor, "n"], modes: Float[Tensor, "m 2"]
) -> Int[Tensor, "*s c m"]:
    """How many samples of each class (rows) lie nearest to each mode (columns).

    A class takes part up to the largest label.
    """
    nearest = torch.cdist(points, modes).argmin(-1)
    classes = int(labels.max()) + 1
    cells = labels * len(modes) + nearest
    table = torch.zeros(*points.shape[:-2], classes * len(modes), dtype=torch.long)
    table.scatter_add_(-1, cells, torch.ones_like(cells))
    return table.view(*points.shape[:-2], classes, len(modes))


def class_accuracy(table: Int[Tensor, "*s c c"]) -> Float[Tensor, "*s"]:
    """Share of the samples that lie nearest to the mode of their class; class k is mode k."""
    return table.diagonal(dim1=-2, dim2=-1).sum(-1) / table.sum((-2, -1))
