"""The optimisers of picture models: torch's own, by the names of the toys'."""

from collections.abc import Callable
from typing import NamedTuple

from torch import nn, optim

Parameters = list[nn.Parameter]
EPSILON = 1e-8
"""Added to Adam's and RMSprop's divisors."""


class OptimizerType(NamedTuple):
    """How an optimiser is made, and what it remembers of each parameter.

    Attributes:
        make: `make(parameters, lr, beta1, beta2)`; the betas are memories of direction and size.
        state: names of the tensors; "step" is one number, the others are like the parameter.
    """

    make: Callable[[Parameters, float, float, float], optim.Optimizer]
    state: tuple[str, ...]


def _sgd(parameters: Parameters, lr: float, beta1: float, beta2: float) -> optim.Optimizer:
    return optim.SGD(parameters, lr)


def _momentum(parameters: Parameters, lr: float, beta1: float, beta2: float) -> optim.Optimizer:
    return optim.SGD(parameters, lr, beta1)


def _rmsprop(parameters: Parameters, lr: float, beta1: float, beta2: float) -> optim.Optimizer:
    return optim.RMSprop(parameters, lr, beta2, EPSILON)


def _adam(parameters: Parameters, lr: float, beta1: float, beta2: float) -> optim.Optimizer:
    fused = all(p.device.type in ("cpu", "cuda") for p in parameters)
    return optim.Adam(parameters, lr, (beta1, beta2), EPSILON, fused=fused)


OPTIMIZERS = {
    "sgd": OptimizerType(_sgd, ()),
    "momentum": OptimizerType(_momentum, ("momentum_buffer",)),
    "rmsprop": OptimizerType(_rmsprop, ("step", "square_avg")),
    "adam": OptimizerType(_adam, ("step", "exp_avg", "exp_avg_sq")),
}
