"""The generator that is sampled: averaged over the training, with batch statistics of its own."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim.swa_utils import AveragedModel


def averaged(generator: nn.Module, decay: float) -> AveragedModel:
    """An exponential moving average of a generator's weights, which begins as they are.

    The decay rises to its value, from 1 / 10, so that the average forgets the untrained net soon:
    at update n = 1, 2, ... it is `min(decay, n / (9 + n))`.
    """
    model = AveragedModel(generator, multi_avg_fn=_rising(decay))
    model.update_parameters(generator)  # the first call copies
    return model


def _rising(decay: float) -> Callable[..., None]:
    @torch.no_grad()
    def update(average: list[Tensor], now: list[Tensor], count: Tensor | int) -> None:
        n = int(count)
        torch._foreach_lerp_(average, now, 1 - min(decay, n / (9 + n)))

    return update


def recalibrate_batch_norm_(
    generator: nn.Module, batches: Iterable[tuple[Tensor, Tensor | None]]
) -> None:
    """Keep the mean statistics of some batches of noise and labels, for these very weights.

    Brock et al. 2019, section 4.2 ("standing statistics"). Unlike averages along the training
    they belong to these weights, and so suit averaged ones too.
    """
    norms = [m for m in generator.modules() if isinstance(m, _BatchNorm)]
    momenta = [norm.momentum for norm in norms]
    was_training = generator.training
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the plain mean over all batches
    generator.train()
    with torch.no_grad():
        for z, y in batches if norms else ():
            generator(z) if y is None else generator(z, y)
    generator.train(was_training)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
