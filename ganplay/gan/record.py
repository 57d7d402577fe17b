"""What a training step reports."""

import math
from dataclasses import dataclass, fields

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ganplay.gan.losses import GanLoss, cross_entropy_d


@dataclass(frozen=True)
class StepRecord:
    """What the last step of a trainer computed, for each of its S members.

    Every tensor is (S,); NaN for what has not been computed yet.

    Attributes:
        step: steps since the start.
        updates_d: updates of D since the start.
        updates_g: updates of G since the start.
        d_loss: D's adversarial loss, without penalty.
        g_loss: G's adversarial loss.
        penalty: the gradient penalty before its weight, 0 where there is none.
        d_real: mean of D(x) on real samples, as the loss reads it (`GanLoss.reading`).
        d_fake: mean of D(G(z)).
        accuracy: share of both batches that D classified rightly; NaN for a critic.
        value: V(D, G) of Goodfellow et al. 2014, equation 1, in nats; -log 4 at equilibrium; NaN
            unless D gives probabilities.
        grad_norm_d: norm of the gradient of D's whole loss over its parameters.
        grad_norm_g: the same of G.
        finite: whether all logits and parameters are finite (bool).
    """

    step: int
    updates_d: int
    updates_g: int
    d_loss: Float[Tensor, "s"]
    g_loss: Float[Tensor, "s"]
    penalty: Float[Tensor, "s"]
    d_real: Float[Tensor, "s"]
    d_fake: Float[Tensor, "s"]
    accuracy: Float[Tensor, "s"]
    value: Float[Tensor, "s"]
    grad_norm_d: Float[Tensor, "s"]
    grad_norm_g: Float[Tensor, "s"]
    finite: Bool[Tensor, "s"]


PER_MEMBER = [f.name for f in fields(StepRecord) if f.type is not int]
"""Names of the fields that are tensors, one number a member."""


def discriminator_stats(
    loss: GanLoss, real_logits: Float[Tensor, "*s n"], fake_logits: Float[Tensor, "*s n"]
) -> dict[str, Float[Tensor, "*s"]]:
    """What D says of real and of fake samples: four fields of `StepRecord`, by name.

    Raises:
        ValueError: if the shapes differ.
    """
    right = (real_logits > loss.threshold).float() + (fake_logits <= loss.threshold).float()
    unknown = torch.full_like(real_logits[..., 0], math.nan)
    stats = {
        "d_real": loss.output(real_logits).mean(-1),
        "d_fake": loss.output(fake_logits).mean(-1),
        "accuracy": unknown if math.isnan(loss.threshold) else right.mean(-1) / 2,
        "value": unknown,
    }
    if loss.reading == "probability":
        # cross_entropy_d is V(D, G) with its sign changed.
        stats["value"] = -cross_entropy_d(real_logits, fake_logits).mean(-1)
    return stats
