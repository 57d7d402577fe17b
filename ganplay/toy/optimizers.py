"""Optimiser steps over flat parameters of S networks at once, each with its own learning rate.

torch's own optimisers have one learning rate for a list of parameters. Here learning rates and
betas are tensors `(s, 1)`, so that they can differ between members and change without a new
capture. The tests compare each optimiser with that of `torch.optim`.
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
    """The state of an optimiser; all zeros at the start.

    Attributes:
        first: running mean of the gradient (of momentum: the velocity).
        second: running mean of the squared gradient.
        bias_correction1: `1 - beta1^t` after t steps, by which Adam divides the first.
        bias_correction2: `1 - beta2^t`, by which it divides the second.
    """

    first: Flat
    second: Flat
    bias_correction1: Number
    bias_correction2: Number

    @classmethod
    def zeros(cls, flat: Flat) -> "Moments":
        """The state before the first step, for parameters of this shape."""
        column = torch.zeros_like(flat[:, :1])
        return cls(torch.zeros_like(flat), torch.zeros_like(flat), column, column.clone())


class Rates(NamedTuple):
    """Learning rate and betas of each member, and `1 - beta`, which is computed only once."""

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
    """Each member's gradient, scaled down to norm `bound` if its norm is larger.

    As `torch.nn.utils.clip_grad_norm_` has it: `g min(1, bound / (|g| + 1e-6))`.
    """
    return grad * (bound / (grad.norm(dim=1, keepdim=True) + 1e-6)).clamp_max(1.0)
