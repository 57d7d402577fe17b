"""Optimiser steps over flat parameters of S networks at once, each with its own learning rate.

torch's own optimisers know one learning rate for a list of parameters; here rates and betas are
tensors `(s, 1)`, so that they can differ between members and change without a new capture. Each
agrees with `torch.optim`'s, which the tests compare it with.
"""

from collections.abc import Callable
from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor

EPSILON = 1e-8
Flat = Float[Tensor, "s p"]
Number = Float[Tensor, "s 1"]


class Moments(NamedTuple):
    """What an optimiser remembers: running mean and square of the gradient, powers of the betas."""

    first: Flat
    second: Flat
    power1: Number
    power2: Number


def sgd_(flat: Flat, grad: Flat, m: Moments, lr: Number, beta1: Number, beta2: Number) -> None:
    """Gradient descent: `p -= lr g`."""
    flat.sub_(lr * grad)


def momentum_(flat: Flat, grad: Flat, m: Moments, lr: Number, beta1: Number, beta2: Number) -> None:
    """Heavy ball as torch's SGD has it: `v = beta1 v + g`, `p -= lr v`."""
    m.first.mul_(beta1).add_(grad)
    flat.sub_(lr * m.first)


def rmsprop_(flat: Flat, grad: Flat, m: Moments, lr: Number, beta1: Number, beta2: Number) -> None:
    """RMSprop (Tieleman and Hinton 2012) with beta2 as its smoothing constant."""
    m.second.lerp_(grad * grad, 1 - beta2)
    flat.addcdiv_(grad * -lr, m.second.sqrt().add_(EPSILON))


def adam_(flat: Flat, grad: Flat, m: Moments, lr: Number, beta1: Number, beta2: Number) -> None:
    """Adam (Kingma and Ba 2015, algorithm 1).

    Both bias corrections are folded into the step size; epsilon then becomes
    `epsilon * sqrt(1 - beta2^t)`, as in the paper's remark at the end of section 2.
    """
    m.power1.mul_(beta1)
    m.power2.mul_(beta2)
    m.first.lerp_(grad, 1 - beta1)
    m.second.lerp_(grad * grad, 1 - beta2)
    correction = (1 - m.power2).sqrt()
    step = lr * correction / (m.power1 - 1)  # negative: downhill
    flat.addcdiv_(m.first * step, m.second.sqrt().add_(correction, alpha=EPSILON))


UPDATES: dict[str, Callable[..., None]] = {
    "sgd": sgd_,
    "momentum": momentum_,
    "rmsprop": rmsprop_,
    "adam": adam_,
}


def clip_norm(grad: Flat, bound: Number) -> Flat:
    """Each member's gradient scaled down to norm `bound` if it is longer; as torch's own."""
    return grad * (bound / (grad.norm(dim=1, keepdim=True) + 1e-6)).clamp_max(1.0)
