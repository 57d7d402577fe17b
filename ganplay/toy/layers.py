"""Layers that torch lacks, as functions on activations with the samples on the last axis.

An activation is `(*s, d, b)`: any leading axes (independent networks, separate batches), d
features, b samples of one batch. Statistics are taken within a batch, never across leading axes.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

Activation = Float[Tensor, "*s d b"]
MINIBATCH = ("none", "stddev", "discrimination")
KERNELS, KERNEL_SIZE = 8, 4
"""Of minibatch discrimination: how many projections, and the size of each."""
MAX_MINIBATCH_DISCRIMINATION = 64
"""The largest batch for it: its cost grows with the square."""


def minibatch_stddev(x: Activation) -> Float[Tensor, "*s 1 1"]:
    """One number for a batch: the standard deviation of each feature, averaged over the features.

    Karras et al. 2018, section 3. It is 1e-4 for a batch of identical samples, by which D notices
    a collapse.
    """
    deviation = (x.var(-1, keepdim=True, correction=0) + 1e-8).sqrt()  # (*s, d, 1)
    return deviation.mean(-2, keepdim=True)


def minibatch_discrimination(
    x: Activation, others: Float[Tensor, "*s d o"], weight: Float[Tensor, "... kc d"], kernels: int
) -> Float[Tensor, "*s k b"]:
    """How close each sample is to those of another batch, in `kernels` learned projections.

    Salimans et al. 2016, section 3.2: with `M = T f(x)` of shape (kernels, c) per sample, feature
    k of sample i is `sum_j exp(-|M_ik - M_jk|_1)` over the o samples of the other batch: near 0 if
    none is similar, o if all are equal. If a batch is compared with itself, each sample is also
    compared with itself, which adds 1. Time and memory grow with b o.
    """
    projected = (weight @ x).unflatten(-2, (kernels, -1))  # (*s, k, c, b)
    compared = (weight @ others).unflatten(-2, (kernels, -1))  # (*s, k, c, o)
    distance = (projected[..., :, None] - compared[..., None, :]).abs().sum(-3)  # (*s, k, b, o)
    return (-distance).exp().sum(-1)


def minibatch_features(
    kind: str,
    x: Float[Tensor, "s f n"],
    weight: Tensor,
    batches: int = 1,
    reference: Float[Tensor, "s f r"] | None = None,
) -> Float[Tensor, "s extra n"]:
    """Further features of each sample, computed from the batch that it is in.

    Args:
        kind: "stddev" or "discrimination".
        x: features of the samples.
        weight: of the learned projections (s, kc, f); not used by "stddev".
        batches: how many batches of equal size lie side by side along n.
        reference: features of another batch to compute the statistics of, instead of the samples'
            own batches.
    """
    apart = x.unflatten(2, (batches, -1)).transpose(1, 2)  # (s, batches, f, b)
    others = apart if reference is None else reference[:, None]
    if kind == "stddev":
        features = minibatch_stddev(others).expand(-1, batches, 1, apart.shape[3])
    else:
        features = minibatch_discrimination(apart, others, weight[:, None], KERNELS)
    return features.transpose(1, 2).flatten(2)  # (s, 1 or KERNELS, n)


def layer_norm(x: Activation, gain: Tensor, bias: Tensor) -> Activation:
    """Each sample's features shifted and scaled to mean 0 and variance 1, then gain and bias.

    Ba et al. 2016, equation 3, with torch's epsilon of 1e-5. gain and bias: (*s, d, 1).
    """
    variance, mean = torch.var_mean(x, dim=-2, keepdim=True, correction=0)
    return torch.addcmul(bias, (x - mean) * (variance + 1e-5).rsqrt(), gain)


def power_iteration_(
    weight: Float[Tensor, "*s o i"], u: Float[Tensor, "*s o 1"], v: Float[Tensor, "*s i 1"]
) -> None:
    """One step towards the largest singular vectors u and v of each weight, in place.

    What torch's `parametrizations.spectral_norm` does for one matrix, for a stack of them.
    """
    u.copy_(F.normalize(weight @ v, dim=-2, eps=1e-12))
    v.copy_(F.normalize(weight.mT @ u, dim=-2, eps=1e-12))


def spectral_normalise(
    weight: Float[Tensor, "*s o i"], u: Float[Tensor, "*s o 1"], v: Float[Tensor, "*s i 1"]
) -> Float[Tensor, "*s o i"]:
    """The weight over its largest singular value `u' W v`. Miyato et al. 2018, equation 8."""
    return weight / (u.mT @ (weight @ v))
