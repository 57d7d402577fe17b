"""The random inputs of every update, each a function of the seed and the number of the batch.

So there is no state to keep: a run that is taken up again draws what it would have drawn, and
every process of a group draws the whole batch and takes its part of it.
"""

from functools import lru_cache
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor

from ganplay.common.seeding import generator_of
from ganplay.images.augment import NUMBERS
from ganplay.images.config import ImageConfig
from ganplay.images.datasets.base import ImageData
from ganplay.images.distributed import ALONE, ProcessGroup
from ganplay.images.sampler import one_hot, to_floats


class Batch(NamedTuple):
    """The random inputs of one update; None where the configuration has no use for it.

    What has a leading axis of three is meant for the real and the fake pictures that D learns
    from, and for those that G learns from.
    """

    real: Float[Tensor, "n c h w"]
    z: Float[Tensor, "n z"]
    y: Float[Tensor, "n k"] | None
    interpolation: Float[Tensor, "n 1 1 1"] | None
    chance: Float[Tensor, "3 n a"] | None
    noise: Float[Tensor, "3 n c h w"] | None


class BatchSampler:
    """Batches of a data set by number; each pass shows every picture once."""

    def __init__(
        self,
        config: ImageConfig,
        data: ImageData,
        *,
        device: torch.device | str = "cpu",
        group: ProcessGroup = ALONE,
    ) -> None:
        self._config, self._group = config, group
        self._images, self._labels = data.images.to(device), data.labels.to(device)
        self._classes = len(data.names) if config.conditional else 0
        self._pairs = None
        if config.pairs:
            if data.groups is None:
                raise ValueError("pairs: these data do not say which pictures belong together")
            self._pairs = PairSampler(data.groups)
        # A shuffled order takes a while to make and serves a whole pass.
        self._order = lru_cache(2)(self._shuffled)

    def _shuffled(self, epoch: int) -> Int[Tensor, "n"]:
        generator = generator_of(self._config.seed, f"epoch {epoch}")
        return torch.randperm(len(self._images), generator=generator)

    def index(self, number: int) -> Int[Tensor, "b"]:
        """Places of the pictures of the batch of this number, of all processes."""
        count, size = len(self._images), self._config.batch_size
        places = torch.arange(number * size, (number + 1) * size)
        parts = [
            self._order(int(epoch))[places[places // count == epoch] % count]
            for epoch in (places // count).unique()
        ]
        return torch.cat(parts)

    def _own(self, drawn: Tensor, axis: int = 0) -> Tensor:
        """This process's share of numbers that are drawn for a whole batch, on its device."""
        size = self._config.batch_size // self._group.size
        own = drawn.narrow(axis, self._group.rank * size, size)
        return own.to(self._images.device, non_blocking=True)

    def get(self, number: int) -> Batch:
        """The batch of this number."""
        config, n = self._config, self._config.batch_size
        generator = generator_of(config.seed, f"batch {number}")
        places = self.index(number)
        indices = [self._own(places)]
        if self._pairs:
            indices.append(self._own(self._pairs.of(places, generator)))
        real = torch.cat([to_floats(self._images[index]) for index in indices], dim=1)
        z = self._own(torch.randn(n, config.noise_dim, generator=generator))
        y = interpolation = chance = noise = None
        if self._classes:
            y = torch.cat([one_hot(self._labels[i], self._classes) for i in indices], dim=1)
        if config.penalty != "none" and config.penalty_weight:
            interpolation = self._own(torch.rand(n, 1, 1, 1, generator=generator))
        if config.augment:
            numbers = NUMBERS * len(config.augment)
            chance = self._own(torch.rand(3, n, numbers, generator=generator), 1)
        if config.instance_noise:
            noise = self._own(torch.randn(3, n, *real.shape[1:], generator=generator), 1)
        real = real.contiguous(memory_format=torch.channels_last)
        return Batch(real, z, y, interpolation, chance, noise)


class PairSampler:
    """For each picture another one of its group, such as another letter of the same font."""

    def __init__(self, groups: Int[Tensor, "n"]) -> None:
        """Sort the pictures by group.

        Raises:
            ValueError: if one is alone in its group.
        """
        _, number, self._count = groups.unique(return_inverse=True, return_counts=True)
        if self._count.min() < 2:
            raise ValueError("pairs: every group needs two pictures or more")
        self._group, self._order = number, number.argsort(stable=True)
        self._start = self._count.cumsum(0) - self._count
        self._rank = torch.empty_like(number)
        self._rank[self._order] = torch.arange(len(number)) - self._start[number[self._order]]

    def of(self, places: Int[Tensor, "b"], generator: Generator) -> Int[Tensor, "b"]:
        """Another place for each, any of its group with equal chance."""
        group = self._group[places]
        count = self._count[group]
        ahead = 1 + (torch.rand(len(places), generator=generator) * (count - 1)).long()
        return self._order[self._start[group] + (self._rank[places] + ahead) % count]
