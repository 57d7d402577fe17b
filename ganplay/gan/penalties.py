"""Terms beside the adversarial loss: gradient penalties, weight clipping, feature matching.

All are pure functions of tensors (clipping works in place, as its name says). Which of them is
used, and how strongly, is the trainer's business.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor


def sample_norms(gradient: Tensor, dims: tuple[int, ...]) -> Tensor:
    """Euclidean norm of each sample's own gradient, over the dimensions that make up a sample.

    Args:
        gradient: gradients of D at a batch of samples.
        dims: the dimensions of one sample, such as (1, 2, 3) for images (b, c, h, w); the batch
            is not among them: a norm over the whole batch is the classic mistake.

    Returns:
        The norms, with `dims` removed. At a zero gradient the norm is 1e-6 rather than 0, so
        that its own derivative stays finite.
    """
    return (gradient.square().sum(dims) + 1e-12).sqrt()


def interpolate(real: Tensor, fake: Tensor, interpolation: Tensor) -> Tensor:
    """Points on the lines between real and fake samples: `t * real + (1 - t) * fake`.

    Gulrajani et al. 2017, algorithm 1, line 5. `t` is uniform in [0, 1), one number a sample,
    broadcast over the sample's dimensions.
    """
    return torch.lerp(fake, real, interpolation)


def wgan_gp(norms: Float[Tensor, "*b"], target: float | Tensor = 1.0) -> Float[Tensor, "*b"]:
    """Two-sided gradient penalty per sample: `(|grad D| - target)^2`.

    Gulrajani et al. 2017, equation 3, with target 1; its weight (there 10, on toys 0.1) is the
    trainer's.
    """
    return (norms - target).square()


def r1(norms: Float[Tensor, "*b"], target: float | Tensor = 0.0) -> Float[Tensor, "*b"]:
    """R1 penalty per real sample: `|grad D|^2 / 2`, so that the trainer's weight is gamma.

    Mescheder et al. 2018, equation 9. `target` is there for a common signature and unused.
    """
    return 0.5 * norms.square()


class Penalty(NamedTuple):
    """A penalty on D's gradient: where it is taken and what it costs there.

    Attributes:
        points: `points(real, fake, t)`, the samples at which D's gradient is taken.
        value: `value(norms, target)`, the cost of each sample.
    """

    points: Callable[[Tensor, Tensor, Tensor], Tensor]
    value: Callable[..., Tensor]


def _at_real(real: Tensor, fake: Tensor, interpolation: Tensor) -> Tensor:
    return real


PENALTIES: dict[str, Penalty] = {
    "wgan_gp": Penalty(interpolate, wgan_gp),
    "r1": Penalty(_at_real, r1),
}


def clip_weights_(weights: Tensor, bound: float | Tensor) -> Tensor:
    """Clamp weights into [-bound, bound], in place. Arjovsky et al. 2017, algorithm 1, line 7."""
    bound = torch.as_tensor(bound, dtype=weights.dtype)
    return weights.copy_(torch.maximum(torch.minimum(weights, bound), -bound))


def feature_matching(
    real_features: Float[Tensor, "*s d b"], fake_features: Float[Tensor, "*s d b"]
) -> Float[Tensor, "*s"]:
    """Squared distance of the batches' mean features: `|mean f(x) - mean f(G(z))|^2`.

    Salimans et al. 2016, section 3.1; f is D's last hidden layer. Features come features first,
    samples last.
    """
    return (real_features.mean(-1) - fake_features.mean(-1)).square().sum(-1)
