"""Exact results of GAN theory, as pure functions on tensors.

Known densities, the discriminator that is optimal for them, how much a loss saturates, and which
class lands on which mode. Distances between samples are in `toy.metrics`.
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
    """Log density of `A z + b` for a standard normal z of two dimensions, in nats.

    `log N(A^-1 (x - b); 0, I) - log |det A|`, the change of variables. A singular A has no
    density: the result is then NaN or infinite.
    """
    z = torch.linalg.solve_ex(matrix, (points - shift[..., None, :]).mT).result
    normal = -z.square().sum(-2) / 2 - math.log(2 * math.pi)
    return normal - torch.linalg.det(matrix).abs().log()[..., None]


def optimal_output(log_p: Logs, log_q: Logs) -> Logs:
    """D*(x) = p(x) / (p(x) + q(x)), from the log densities of real (p) and fake (q) data.

    Goodfellow et al. 2014, "Generative adversarial nets", equation 2. Computed as
    `sigmoid(log p - log q)`, which is exact even where both densities underflow.
    """
    return torch.sigmoid(log_p - log_q)


def saturation_ratio(
    non_saturating: Float[Tensor, "s p"], saturating: Float[Tensor, "s p"]
) -> Float[Tensor, "s"]:
    """The norm of G's gradient with the non-saturating loss over that with minimax.

    For a single fake it is `(1 - D) / D`: 1 where D = 1/2, without bound as D goes to 0
    (Goodfellow et al. 2014, section 3).
    """
    return non_saturating.norm(dim=1) / saturating.norm(dim=1)


def classes_by_mode(
    points: Points, labels: Int[Tensor, "n"], modes: Float[Tensor, "m 2"]
) -> Int[Tensor, "*s c m"]:
    """How many samples of each class (rows) are nearest to each mode (columns).

    There are as many classes as the largest label says.
    """
    nearest = torch.cdist(points, modes).argmin(-1)
    classes = int(labels.max()) + 1
    cells = labels * len(modes) + nearest
    table = torch.zeros(*points.shape[:-2], classes * len(modes), dtype=torch.long)
    table.scatter_add_(-1, cells, torch.ones_like(cells))
    return table.view(*points.shape[:-2], classes, len(modes))


def class_accuracy(table: Int[Tensor, "*s c c"]) -> Float[Tensor, "*s"]:
    """Share of samples that are nearest to the mode of their class; class k belongs to mode k."""
    return table.diagonal(dim1=-2, dim2=-1).sum(-1) / table.sum((-2, -1))
