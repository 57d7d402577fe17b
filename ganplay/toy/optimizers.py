"""Optimiser steps over flat parameters of S networks at once, each with its own learning rate.

torch's own optimisers know one learning rate for a list of parameters; here rates and betas are
tensors `(s, 1)`, so that they can differ between members and change without a new capture. Each
agrees with `torch.optim`'s, which the tests compare it with.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

EPSILON = 1e-8
Flat = Float[Tensor, "s p"]
Number = Float[Tensor, "s 1"]


class Moments(NamedTuple):
    """What an optimiser remembers; zeros at the start.

    Running mean and square of the gradient, and how far these two have come from their start at
    0: `1 - beta^t`, Adam's bias corrections.
    """

    first: Flat
    second: Flat
    bias_correction1: Number
    bias_correction2: Number

    @classmethod
    def zeros(cls, flat: Flat) -> "Moments":
        """Nothing seen yet, for such parameters."""
        column = torch.zeros_like(flat[:, :1])
        return cls(torch.zeros_like(flat), torch.zeros_like(flat), column, column.clone())


class Rates(NamedTuple):
    """Learning rate and betas of each member, and `1 - beta` (a subtraction less a step)."""

    lr: Number
    beta1: Number
    beta2: Number
    one_minus_beta1: Number
    one_minus_beta2: Number


def sgd_(flat: Flat, grad: Flat, m: Moments, rates: Rates) -> None:
    """Gradient descent: `p -= lr g`."""
    flat.sub_(rates.lr * grad)


def momentum_(flat: Flat, grad: Flat, m: Moments, rates: Rates) -> None:
    """Heavy ball as torch's SGD has it: `v = beta1 v + g`, `p -= lr v`."""
    m.first.mul_(rates.beta1).add_(grad)
    flat.sub_(rates.lr * m.first)


def rmsprop_(flat: Flat, grad: Flat, m: Moments, rates: Rates) -> None:
    """RMSprop (Tieleman and Hinton 2012) with beta2 as its smoothing constant."""
    m.second.lerp_(grad * grad, rates.one_minus_beta2)
    flat.addcdiv_(grad * rates.lr, m.second.sqrt().add_(EPSILON), value=-1)


def adam_(flat: Flat, grad: Flat, m: Moments, rates: Rates) -> None:
    """Adam (Kingma and Ba 2015, algorithm 1).

    Both bias corrections are folded into the step size; epsilon then becomes
    `epsilon * sqrt(1 - beta2^t)`, as in the paper's remark at the end of section 2.
    """
    m.first.lerp_(grad, rates.one_minus_beta1)
    m.second.lerp_(grad * grad, rates.one_minus_beta2)
    m.bias_correction1.mul_(rates.beta1).add_(rates.one_minus_beta1)
    m.bias_correction2.mul_(rates.beta2).add_(rates.one_minus_beta2)
    correction = m.bias_correction2.sqrt()
    step = rates.lr * correction / m.bias_correction1
    flat.addcdiv_(m.first * step, m.second.sqrt().add_(correction, alpha=EPSILON), value=-1)


UPDATES: dict[str, Callable[..., None]] = {
    "sgd": sgd_,
    "momentum": momentum_,
    "rmsprop": rmsprop_,
    "adam": adam_,
}
OPTIMIZERS = tuple(UPDATES)


def clip_norm(grad: Flat, bound: Number) -> Flat:
    """Each member's gradient scaled down to norm `bound` if it is longer; as torch's own."""
    return grad * (bound / (grad.norm(dim=1, keepdim=True) + 1e-6)).clamp_max(1.0)
