"""The Dirac-GAN: the smallest GAN that circles its answer. Two numbers, and no randomness.

Mescheder et al. 2018, "Which training methods for GANs do actually converge?", section 2: real
data are the point 0, G puts all it has at theta, D is the line `D(x) = psi x`.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ganplay.common.settings import Rule, Settings, choice, flag, number
from ganplay.gan.losses import LOSSES

Places = Float[Tensor, "s 2"]


@dataclass(frozen=True)
class DiracConfig(Settings):
    """How a Dirac-GAN is trained, by plain gradient descent.

    Raises:
        ConfigError: if a value is out of bounds.
    """

    loss: str = choice("minimax", LOSSES, "loss")
    lr: float = number(0.2, 0.001, 1.0, "training", log=True)
    simultaneous: bool = flag(True, "training")
    r1: float = number(0.0, 0.0, 10.0, "loss")

    def rules(self) -> Iterable[Rule["DiracConfig"]]:
        """Nothing contradicts anything."""
        return ()


def circle(count: int) -> Places:
    """Starts (theta, psi) all round the unit circle, the first at (1, 0)."""
    angle = torch.arange(count, dtype=torch.float64) * (2 * torch.pi / count)
    return torch.stack([angle.cos(), angle.sin()], dim=1)


def slopes(places: Places, config: DiracConfig) -> tuple[Tensor, Tensor]:
    """Derivatives (s,) of G's loss by theta and of D's loss, R1 included, by psi.

    R1 is `gamma / 2 psi^2`, since the gradient of D is psi everywhere (equation 9 there).
    """
    loss = LOSSES[config.loss]
    theta, psi = places.detach().unbind(1)
    theta, psi = theta.requires_grad_(), psi.requires_grad_()
    with torch.enable_grad():
        real, fake = torch.zeros_like(psi) * psi, psi * theta
        cost_d = loss.d_loss(real, fake) + config.r1 / 2 * psi.square()
        (slope_g,) = torch.autograd.grad(loss.g_loss(fake).sum(), theta, retain_graph=True)
        (slope_d,) = torch.autograd.grad(cost_d.sum(), psi)
    return slope_g, slope_d


def step(places: Places, config: DiracConfig) -> Places:
    """One step: both at once, or D first and then G against the new D."""
    theta, psi = places.unbind(1)
    slope_g, slope_d = slopes(places, config)
    moved = psi - config.lr * slope_d
    if not config.simultaneous:
        slope_g, _ = slopes(torch.stack([theta, moved], dim=1), config)
    return torch.stack([theta - config.lr * slope_g, moved], dim=1)
