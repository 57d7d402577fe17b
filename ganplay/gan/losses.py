"""Adversarial losses as pairs of pure functions on logits.

A loss lives here if it needs nothing but what the discriminator said of real and fake samples.
Terms that need gradients, features or weights are in `penalties`; averaging is the trainer's.
"""

from collections.abc import Callable
from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

Logits = Float[Tensor, "..."]


class GanLoss(NamedTuple):
    """What D and G minimise, per sample, and how D's raw output is to be read.

    Attributes:
        d_loss: `d_loss(real_logits, fake_logits) -> (*b)`, minimised by D. Losses whose targets
            can be smoothed take `smoothing` in [0, 1) as a third argument (one-sided label
            smoothing, Salimans et al. 2016, section 3.4: the real target becomes 1 - smoothing).
        g_loss: `g_loss(fake_logits) -> (*b)`, minimised by G.
        reading: "probability" (D(x) is the sigmoid of the logit), "target" (D(x) is the logit,
            with targets 1 and 0), "margin" (sign tells real from fake, scale is set by a margin
            of one) or "critic" (only differences mean something).
    """

    d_loss: Callable[..., Logits]
    g_loss: Callable[[Logits], Logits]
    reading: Literal["probability", "target", "margin", "critic"]

    @property
    def smoothable(self) -> bool:
        """Whether the loss has real targets that label smoothing can lower."""
        return self.reading in ("probability", "target")

    @property
    def threshold(self) -> float:
        """The logit above which D calls a sample real; NaN for a critic, which has none."""
        return {"target": 0.5, "critic": float("nan")}.get(self.reading, 0.0)

    def output(self, logits: Logits) -> Logits:
        """D(x) as the loss reads it: in (0, 1) for a probability, else the logit itself."""
        return torch.sigmoid(logits) if self.reading == "probability" else logits


def _same_shape(real_logits: Tensor, fake_logits: Tensor) -> None:
    if real_logits.shape != fake_logits.shape:
        raise ValueError(
            f"real_logits has shape {tuple(real_logits.shape)} and fake_logits "
            f"{tuple(fake_logits.shape)}; they must be equal"
        )


def cross_entropy_d(
    real_logits: Logits, fake_logits: Logits, smoothing: float | Tensor = 0.0
) -> Logits:
    """Cross-entropy of D: `-(1-a) log s(r) - a log(1-s(r)) - log(1-s(f))`, s the sigmoid.

    Goodfellow et al. 2014, equation 1, with the sign turned so that D minimises; a is the
    smoothing of Salimans et al. 2016. Shapes: all (*b). Raises ValueError on unequal shapes.
    """
    _same_shape(real_logits, fake_logits)
    loss = F.softplus(-real_logits) + F.softplus(fake_logits)
    if isinstance(smoothing, float) and smoothing == 0:
        return loss
    # softplus(-r) is -log s(r), and -log(1-s(r)) exceeds it by exactly r.
    return loss + smoothing * real_logits


def minimax_g(fake_logits: Logits) -> Logits:
    """Saturating loss of G: `log(1 - s(f))`, at most 0.

    Goodfellow et al. 2014, equation 1: G minimises the very value that D maximises.
    """
    return -F.softplus(fake_logits)


def non_saturating_g(fake_logits: Logits) -> Logits:
    """Non-saturating loss of G: `-log s(f)`, at least 0. Goodfellow et al. 2014, section 3."""
    return F.softplus(-fake_logits)


def least_squares_d(
    real_logits: Logits, fake_logits: Logits, smoothing: float | Tensor = 0.0
) -> Logits:
    """Least squares for D: `(r - (1-a))^2 / 2 + f^2 / 2`, on raw logits.

    Mao et al. 2017, equation 2, with targets 1 and 0, including its one half. Raises ValueError
    on unequal shapes.
    """
    _same_shape(real_logits, fake_logits)
    return 0.5 * (real_logits - (1 - smoothing)).square() + 0.5 * fake_logits.square()


def least_squares_g(fake_logits: Logits) -> Logits:
    """Least squares for G: `(f - 1)^2 / 2`. Mao et al. 2017, equation 2."""
    return 0.5 * (fake_logits - 1).square()


def hinge_d(real_logits: Logits, fake_logits: Logits) -> Logits:
    """Hinge for D: `max(0, 1 - r) + max(0, 1 + f)`.

    Lim and Ye 2017; Miyato et al. 2018, equation 16. Raises ValueError on unequal shapes.
    """
    _same_shape(real_logits, fake_logits)
    return F.relu(1 - real_logits) + F.relu(1 + fake_logits)


def wasserstein_d(real_logits: Logits, fake_logits: Logits) -> Logits:
    """Critic's loss: `f - r`. Arjovsky et al. 2017, equation 2, sign turned to minimise.

    Raises ValueError on unequal shapes.
    """
    _same_shape(real_logits, fake_logits)
    return fake_logits - real_logits


def wasserstein_g(fake_logits: Logits) -> Logits:
    """Loss of G against a critic or a hinge: `-f`. Arjovsky et al. 2017; Miyato et al. 2018."""
    return -fake_logits


LOSSES: dict[str, GanLoss] = {
    "minimax": GanLoss(cross_entropy_d, minimax_g, "probability"),
    "non_saturating": GanLoss(cross_entropy_d, non_saturating_g, "probability"),
    "least_squares": GanLoss(least_squares_d, least_squares_g, "target"),
    "hinge": GanLoss(hinge_d, wasserstein_g, "margin"),
    "wasserstein": GanLoss(wasserstein_d, wasserstein_g, "critic"),
}
