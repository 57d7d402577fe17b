"""Where the random numbers of a run come from: each seed and purpose has a generator of its own."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float, Int, UInt8
from torch import Generator, Tensor

from ganplay.common.seeding import generator_of
from ganplay.toy.config import ToyConfig
from ganplay.toy.step import Batch, Structure

STREAMS = ("data", "noise", "mix", "jitter")
"""Of the random numbers that a step takes."""


def draw_noise(kind: str, dim: int, n: int, generator: Generator) -> Float[Tensor, "z n"]:
    """Latent vectors, features first: standard normal, or uniform in [-1, 1)."""
    if kind == "uniform":
        return torch.empty(dim, n).uniform_(-1, 1, generator=generator)
    return torch.randn(dim, n, generator=generator)


def latents(config: ToyConfig, n: int, purpose: str) -> Float[Tensor, "z n"]:
    """N latent vectors to look at G with: of a seed and a purpose always the same."""
    generator = generator_of(config.seed, purpose)
    return draw_noise(config.noise, config.noise_dim, n, generator)


def one_hot(labels: Int[Tensor, "*s n"], classes: int) -> Float[Tensor, "*s c n"]:
    """Labels as the networks take them, one row a class: 1 for the sample's own, else 0."""
    return torch.nn.functional.one_hot(labels, classes).mT.float()


def real_points(config: ToyConfig, n: int) -> tuple[Float[Tensor, "n 2"], Tensor]:
    """N real points to look at and measure by, and their labels; not those trained on."""
    return config.data.sample(n, generator_of(config.seed, "evaluate"))


class _Block(NamedTuple):
    """What draws blocks of batches for one member, a method for each of STREAMS.

    It holds nothing of the stream, as that cycle would keep closed sessions' memory.
    """

    config: ToyConfig
    structure: Structure
    block: int
    generator: Generator

    def data(self) -> tuple[Tensor, ...]:
        size, classes = self.structure.batch_size, self.structure.classes
        points, labels = self.config.data.sample(self.block * size, self.generator)
        real = points.view(self.block, size, 2).mT.contiguous()
        if not classes:
            return (real,)
        return real, one_hot(labels.view(self.block, size), classes).contiguous()

    def noise(self) -> tuple[Tensor, ...]:
        size, dim = self.structure.batch_size, self.structure.noise_dim
        z = draw_noise(self.config.noise, self.block * dim, size, self.generator)
        return (z.view(self.block, dim, size),)

    def mix(self) -> tuple[Tensor, ...]:
        size = self.structure.batch_size
        return (torch.rand(self.block, 1, size, generator=self.generator),)

    def jitter(self) -> tuple[Tensor, ...]:
        size = self.structure.batch_size
        return (torch.randn(self.block, 2, 3 * size, generator=self.generator),)


class _Stream:
    """Batches for S members, drawn in blocks: one call a member for many steps.

    Each member draws from its own generator and the size of a block does not depend on S, so a
    member sees the same batches whatever other members there are.
    """

    def __init__(
        self, generators: Sequence[Generator], draws: Sequence[Callable[[], tuple[Tensor, ...]]]
    ) -> None:
        self._generators, self._draws = generators, draws
        self._batches: Iterator[tuple[Tensor, ...]] = iter(())
        self._begin()

    def _begin(self) -> None:
        self._start, self._used = [g.get_state() for g in self._generators], 0

    def next(self) -> tuple[Tensor, ...]:
        """The next batch: tensors (s, ...), one for each that the draws give."""
        batch = next(self._batches, None)
        if batch is None:
            self._begin()
            parts = zip(*(draw() for draw in self._draws), strict=True)
            blocks = [torch.stack(part, dim=1) for part in parts]  # (k, s, ...) each
            self._batches = iter(list(zip(*(b.unbind(0) for b in blocks), strict=True)))
            batch = next(self._batches)
        self._used += 1
        return batch

    def position(self) -> "Position":
        """Where it is, for `go_to` of a stream with the same settings."""
        return Position(torch.stack(self._start), self._used)

    def go_to(self, position: "Position") -> None:
        """Go on as the stream that gave this position would."""
        for generator, state in zip(self._generators, position.start, strict=True):
            generator.set_state(state.clone())
        self._batches = iter(())
        self._begin()
        for _ in range(position.used):
            self.next()


class Position(NamedTuple):
    """Where a stream is: its generators at the start of a block, and how much of that was used."""

    start: UInt8[Tensor, "s state"]
    used: int


class BatchStream:
    """All random inputs of the members of one ensemble."""

    def __init__(self, configs: Sequence[ToyConfig]) -> None:
        self.structure = Structure.of(configs[0])
        self._generators = [{p: generator_of(c.seed, p) for p in STREAMS} for c in configs]
        self._streams: dict[str, _Stream] = {}
        self.configure(configs)

    def configure(self, configs: Sequence[ToyConfig]) -> None:
        """Draw what is still to come by these settings; generators go on from where they are."""
        old = getattr(self, "configs", None)
        self.configs, self.structure = list(configs), Structure.of(configs[0])
        names = ("batch_size", "distribution", "points", "noise")
        if old and all(
            getattr(a, n) == getattr(b, n) for a, b in zip(old, configs, strict=True) for n in names
        ):
            return
        # Enough batches for a block of a quarter of a megabyte.
        size = self.structure.batch_size
        self.block = max(1, min(64, 65536 // (size * (self.structure.noise_dim + 2))))
        self._streams = {
            name: _Stream(
                [generators[name] for generators in self._generators],
                [
                    getattr(_Block(c, self.structure, self.block, g[name]), name)
                    for c, g in zip(configs, self._generators, strict=True)
                ],
            )
            for name in STREAMS
        }

    def positions(self) -> dict[str, Position]:
        """Where each stream is, by purpose."""
        return {name: stream.position() for name, stream in self._streams.items()}

    def go_to(self, positions: Mapping[str, Position]) -> None:
        """Go on as the streams that gave these positions would, under the same settings."""
        for name, stream in self._streams.items():
            stream.go_to(positions[name])

    def next(self) -> Batch:
        """The inputs of the next step."""
        real, *label = self._streams["data"].next()
        z = self._streams["noise"].next()[0]
        interpolation = noise = None
        if self.structure.penalty != "none":
            interpolation = self._streams["mix"].next()[0]
        if self.structure.instance_noise:
            noise = self._streams["jitter"].next()[0]
        return Batch(real, z, label[0] if label else None, interpolation, noise)
