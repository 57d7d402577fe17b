"""The trainer of image models: the adversarial step of the toys, on pictures and one network each.

Nothing here prints, draws or writes files; that is `runs`.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import lru_cache

import torch
from jaxtyping import Float, Int, UInt8
from torch import Generator, Tensor

from ganplay.common.devices import half_is_fast
from ganplay.common.seeding import generator_of
from ganplay.gan.record import StepRecord
from ganplay.images.augment import NUMBERS
from ganplay.images.config import ImageConfig
from ganplay.images.distributed import ALONE, ProcessGroup
from ganplay.images.sampler import Sampler, one_hot
from ganplay.toy.architecture import Architecture, split
from ganplay.toy.networks import recorded
from ganplay.toy.optimizers import Moments
from ganplay.toy.step import (
    AdversarialStep,
    Batch,
    Hyperparameters,
    NetState,
    State,
    Structure,
    UpdateResult,
)

SETTLE_BATCHES, SETTLE_SIZE = 16, 128
"""BatchSampler from which the statistics of G's batch norms are taken, and the pictures of each."""


def to_floats(images: UInt8[Tensor, "n c h w"]) -> Float[Tensor, "1 c h w n"]:
    """Pictures as the nets have them: from -1 to 1, samples last."""
    return (images.float() / 127.5 - 1).movedim(0, -1)[None]


class BatchSampler:
    """The inputs of all steps, each a function of the seed and of how many there were before.

    So there is no state to keep: a run that is taken up again draws what it would have drawn,
    and every process of a group draws the whole batch and takes its part of it.
    """

    def __init__(
        self,
        config: ImageConfig,
        structure: Structure,
        images: Tensor,
        labels: Tensor,
        group: ProcessGroup,
        companions: "PairSampler | None" = None,
    ) -> None:
        self._config, self._structure, self._group = config, structure, group
        self._images, self._labels, self._companions = images, labels, companions
        # A shuffled order takes a while to make and serves a whole pass.
        self._order = lru_cache(2)(self._shuffled)

    def _shuffled(self, epoch: int) -> Int[Tensor, "n"]:
        generator = generator_of(self._config.seed, f"epoch {epoch}")
        return torch.randperm(len(self._images), generator=generator)

    def index(self, number: int) -> Int[Tensor, "b"]:
        """Places of the pictures of the batch of this number; each pass shows every one once."""
        count, size = len(self._images), self._config.batch_size
        places = torch.arange(number * size, (number + 1) * size)
        parts = [
            self._order(int(epoch))[places[places // count == epoch] % count]
            for epoch in (places // count).unique()
        ]
        return torch.cat(parts)

    def _own(self, drawn: Tensor, parts: int = 1) -> Tensor:
        """This process's share of numbers that are drawn for a whole batch, on its device."""
        size = self._structure.batch_size
        start = self._group.rank * size
        own = drawn.unflatten(-1, (parts, -1))[..., start : start + size].flatten(-2)
        return own.to(self._images.device, non_blocking=True)

    def get(self, number: int) -> Batch:
        """The batch of this number."""
        config, structure = self._config, self._structure
        size, generator = config.batch_size, generator_of(config.seed, f"batch {number}")
        places = self.index(number)
        indices = [self._own(places)]
        if self._companions:
            indices.append(self._own(self._companions.of(places, generator)))
        real = torch.cat([to_floats(self._images[index]) for index in indices], dim=1)
        z = self._own(torch.randn(1, config.noise_dim, size, generator=generator))
        mix = chance = jitter = label = None
        if structure.penalty != "none":
            mix = self._own(torch.rand(1, 1, 1, 1, size, generator=generator))
        if structure.augment:
            numbers = NUMBERS * len(structure.augment)
            chance = self._own(torch.rand(1, numbers, 3 * size, generator=generator), 3)
        if structure.instance_noise:
            shape = real.shape[:-1]
            jitter = self._own(torch.randn(*shape, 3 * size, generator=generator), 3)
        if structure.classes:
            labels = [one_hot(self._labels[index], structure.classes) for index in indices]
            label = torch.cat(labels, dim=1)
        return Batch(real, z, label, mix, jitter, chance)


class PairSampler:
    """For each picture another one of its group, such as another letter of the same font."""

    def __init__(self, groups: Int[Tensor, "n"]) -> None:
        """Look who is with whom.

        Raises:
            ValueError: if one is alone.
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


class ImageTrainer:
    """Trains one GAN on pictures held in memory.

    With equal seed, settings, data, threads and device a run repeats exactly, also when it was
    interrupted and taken up from `tensors` and `counters`.
    """

    def __init__(
        self,
        config: ImageConfig,
        images: UInt8[Tensor, "n c h w"],
        labels: Int[Tensor, "n"],
        classes: int,
        *,
        groups: Int[Tensor, "n"] | None = None,
        device: torch.device | str = "cpu",
        group: ProcessGroup = ALONE,
    ) -> None:
        """Make fresh networks.

        Args:
            config: of model and training.
            images: to learn; square, of a side that the model knows.
            labels: of the images, looked at by a conditional model only.
            classes: how many labels there are.
            groups: which pictures belong together, looked at for `pairs` only.
            device: where to train.
            group: processes that train together; each gets an equal part of every batch.

        Raises:
            ValueError: if images, labels, settings and processes do not fit together.
        """
        shape = check_images(images, labels, classes, config)
        if config.batch_size % group.size:
            raise ValueError(f"a batch of {config.batch_size} has no {group.size} equal parts")
        own_batch = config.batch_size // group.size
        self.config, self.device = config, torch.device(device)
        self.classes = classes if config.conditional else 0
        structure = Structure.of_images(config, shape, self.classes, own_batch)
        self.structure = structure
        share = group.mean if group.size > 1 else None
        self._step = AdversarialStep(structure, share)
        self._step_without_penalty = AdversarialStep(replace(structure, penalty="none"), share)
        self._labels = labels.to(self.device)
        if config.pairs and groups is None:
            raise ValueError("pairs: these data do not say which pictures belong together")
        companions = PairSampler(groups) if config.pairs and groups is not None else None
        self._batches = BatchSampler(
            config, structure, images.to(self.device), self._labels, group, companions
        )
        numbers = Hyperparameters.of([config])
        strong = numbers.penalty_weight * config.penalty_interval
        one = torch.ones(1, 1, device=self.device)
        self.state = State(
            self._net(structure.generator, "generator"),
            self._net(structure.discriminator, "discriminator"),
            Hyperparameters(*(n.to(self.device) for n in numbers._replace(penalty_weight=strong))),
            updates=torch.zeros_like(one),
            ones=one,
        )
        self.steps = self.updates_d = self._drawn = 0
        self._seen_d = self._seen_g = UpdateResult()

    def _net(self, plan: Architecture, purpose: str) -> NetState:
        flat, buffers = plan.initialise([generator_of(self.config.seed, purpose)])
        flat, buffers = flat.to(self.device), buffers.to(self.device)
        weights, views = split(flat, plan.shapes()), split(buffers, plan.buffer_shapes())
        return NetState(flat, flat.clone(), Moments.zeros(flat), weights, views)

    def step(self) -> StepRecord:
        """Update D as often as configured and G once."""
        # So that the average forgets the untrained net soon.
        ema = min(self.config.ema, (1 + self.steps) / (10 + self.steps))
        self.state.numbers.ema.fill_(ema)
        with torch.no_grad(), self._precision():
            for _ in range(self.config.steps_d - 1):
                self._seen_d = self._update(AdversarialStep.update_d)
            self._seen_d = self._seen_g = self._update(AdversarialStep.update_both)
        self.steps += 1
        return self.record()

    def _update(
        self, update: Callable[[AdversarialStep, State, Batch], UpdateResult]
    ) -> UpdateResult:
        due = self.updates_d % self.config.penalty_interval == 0
        step = self._step if due else self._step_without_penalty
        outcome = update(step, self.state, self._batches.get(self._drawn))
        self.updates_d += 1
        self._drawn += 1
        return outcome

    def _precision(self) -> AbstractContextManager:
        wanted = self.config.precision
        half = half_is_fast(self.device) if wanted == "auto" else wanted == "bfloat16"
        return torch.autocast(self.device.type, torch.bfloat16) if half else nullcontext()

    def record(self) -> StepRecord:
        """What the last step saw; of this process alone."""
        counts = self.steps, self.updates_d, self.steps
        return recorded(self._step, self.state, self._seen_d, self._seen_g, counts)

    def generator(self) -> tuple[Float[Tensor, "1 p"], Float[Tensor, "1 q"]]:
        """Parameters and buffers of G as it is sampled: averaged, with statistics of its own."""
        plan = self.structure.single
        flat = self.state.g.average if self.config.ema else self.state.g.flat
        buffers = torch.cat([flat[:, :0], *(b.flatten(1) for b in self.state.g.buffers)], dim=1)
        plan.settle_(
            split(flat, plan.shapes()), split(buffers, plan.buffer_shapes()), self._settling()
        )
        return flat.clone(), buffers

    def _settling(self) -> list[tuple[Tensor, Tensor | None]]:
        """Noise, and labels as often as the data have them; the same at every call."""
        generator = generator_of(self.config.seed, "settle")
        batches: list[tuple[Tensor, Tensor | None]] = []
        for _ in range(SETTLE_BATCHES):
            z = torch.randn(1, self.config.noise_dim, SETTLE_SIZE, generator=generator)
            index = torch.randint(len(self._labels), (SETTLE_SIZE,), generator=generator)
            label = self._labels[index.to(self.device)]
            hot = one_hot(label, self.classes) if self.classes else None
            batches.append((z.to(self.device), hot))
        return batches

    def sample(
        self, seeds: Sequence[int], labels: Sequence[int] | None = None
    ) -> UInt8[Tensor, "n c h w"]:
        """A picture for each seed (and label; by default each class in turn)."""
        sampler = Sampler(self.structure.single, *self.generator())
        labels = range(len(seeds)) if labels is None else labels
        return sampler.sample(seeds, [label % max(self.classes, 1) for label in labels])

    def tensors(self) -> dict[str, Tensor]:
        """All that steps change, by name; the trainer's own memory."""
        named = {"updates": self.state.updates}
        for name, net in (("generator", self.state.g), ("discriminator", self.state.d)):
            named[f"{name}.parameters"] = net.flat
            named |= {f"{name}.moments.{k}": m for k, m in net.moments._asdict().items()}
            named |= {f"{name}.buffers.{i}": b for i, b in enumerate(net.buffers)}
        return named | {"generator.average": self.state.g.average}

    def counters(self) -> dict[str, int]:
        """How far the run is; what it draws next follows from it."""
        return {"steps": self.steps, "updates_d": self.updates_d, "drawn": self._drawn}

    def restore(self, tensors: Mapping[str, Tensor], counters: Mapping[str, int]) -> None:
        """Go on as a trainer with these settings did after it gave its tensors and counters.

        Raises:
            ValueError: if they are not those of such a trainer.
        """
        own = self.tensors()
        if own.keys() != tensors.keys() or self.counters().keys() != counters.keys():
            raise ValueError("this state is of another kind of model")
        for name, tensor in own.items():
            given = tensors[name]
            if given.shape != tensor.shape or given.dtype != tensor.dtype:
                kinds = (f"{t.dtype} {tuple(t.shape)}" for t in (given, tensor))
                raise ValueError(f"{name} is {', not '.join(kinds)}")
        for name, tensor in own.items():
            tensor.copy_(tensors[name])
        self.steps, self.updates_d = counters["steps"], counters["updates_d"]
        self._drawn = counters["drawn"]
        self._seen_d = self._seen_g = UpdateResult()


def check_images(
    images: Tensor, labels: Tensor, classes: int, config: ImageConfig
) -> tuple[int, int, int]:
    """The shape (c, h, w) of pictures that a model can learn; else a ValueError in words."""
    from ganplay.images.models.dcgan import SIZES

    count, channels, height, width = images.shape
    if height != width or height not in SIZES or channels not in (1, 3):
        sizes = ", ".join(map(str, SIZES))
        raise ValueError(
            f"pictures of {channels}x{height}x{width}: 1 or 3 channels and sides of {sizes} are "
            "possible"
        )
    if not count:
        raise ValueError("no pictures: at least one is needed")
    if config.conditional and (classes < 2 or labels.min() < 0 or labels.max() >= classes):
        raise ValueError(f"a conditional model needs labels of 2 or more classes, not {classes}")
    return channels, height, width
