"""The Dirac-GAN: two parameters and no randomness, and it circles its equilibrium.

Mescheder et al. 2018, "Which training methods for GANs do actually converge?", section 2: all
real data are the point 0, all fakes the point theta, and D is linear, `D(x) = psi x`.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ganplay.common.settings import Settings, choice, flag, number
from ganplay.gan.losses import LOSSES

Parameters = Float[Tensor, "s 2"]
"""(theta, psi) of each member."""


@dataclass(frozen=True)
class DiracConfig(Settings):
    """How a Dirac-GAN is trained, by plain gradient descent.

    Attributes:
        loss: a key of `LOSSES`.
        lr: learning rate of both.
        simultaneous: whether both step at once; else D first, and G against the new D.
        r1: weight gamma of the R1 penalty.

    Raises:
        ConfigError: if a value is out of bounds.
    """

    loss: str = choice("minimax", LOSSES, "loss")
    lr: float = number(0.2, 0.001, 1.0, "training", log=True)
    simultaneous: bool = flag(True, "training")
    r1: float = number(0.0, 0.0, 10.0, "loss")


def circle(count: int) -> Parameters:
    """Starting points (theta, psi), evenly spaced on the unit circle, the first at (1, 0)."""
    angle = torch.arange(count, dtype=torch.float64) * (2 * torch.pi / count)
    return torch.stack([angle.cos(), angle.sin()], dim=1)


def gradients(parameters: Parameters, config: DiracConfig) -> tuple[Tensor, Tensor]:
    """Derivatives (s,) of G's loss by theta, and of D's loss with R1 by psi.

    R1 is `gamma / 2 psi^2`, since the gradient of D is psi everywhere (equation 9 there).
    """
    loss = LOSSES[config.loss]
    theta, psi = parameters.detach().unbind(1)
    theta, psi = theta.requires_grad_(), psi.requires_grad_()
    with torch.enable_grad():
        real, fake = torch.zeros_like(psi) * psi, psi * theta
        loss_d = loss.d_loss(real, fake) + config.r1 / 2 * psi.square()
        (gradient_g,) = torch.autograd.grad(loss.g_loss(fake).sum(), theta, retain_graph=True)
        (gradient_d,) = torch.autograd.grad(loss_d.sum(), psi)
    return gradient_g, gradient_d


def step(parameters: Parameters, config: DiracConfig) -> Parameters:
    """The parameters after one step of both players."""
    theta, psi = parameters.unbind(1)
    gradient_g, gradient_d = gradients(parameters, config)
    new_psi = psi - config.lr * gradient_d
    if not config.simultaneous:
        gradient_g, _ = gradients(torch.stack([theta, new_psi], dim=1), config)
    return torch.stack([theta - config.lr * gradient_g, new_psi], dim=1)
