"""What a lesson runs: GANs, VAEs beside them, Dirac-GANs, latent vectors, a trained image model.

Each kind has the settings that its file may name, members (one a seed) that go on together, and
signals by name.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from ganplay.common.seeding import generator_of
from ganplay.common.settings import Settings, choice, number
from ganplay.images.checkpoint import ImageModel, load
from ganplay.images.sampler import one_hot
from ganplay.latent.interpolation import lerp, slerp
from ganplay.lessons import dirac_gan, signals
from ganplay.lessons.dirac_gan import DiracConfig
from ganplay.lessons.vae_trainer import VaeTrainer
from ganplay.toy.config import ToyConfig
from ganplay.toy.metrics import compare
from ganplay.toy.trainer import ToyTrainer

Values = Float[Tensor, "s"]


@runtime_checkable
class Experiment(Protocol):
    """Members that go on together; `steps` counts how far."""

    @property
    def steps(self) -> int:
        """Steps since the start."""

    def advance(self, count: int) -> None:
        """Go on."""

    def measure(self, name: str) -> Values:
        """A signal now, of each member; NaN where it has no meaning."""


class GanExperiment:
    """GANs of one configuration."""

    def __init__(self, config: ToyConfig, seeds: Sequence[int], use_capture: bool) -> None:
        self.trainer = ToyTrainer(config, seeds, threads=1, use_capture=use_capture)

    @property
    def steps(self) -> int:
        """Steps since the start."""
        return self.trainer.steps

    def advance(self, count: int) -> None:
        """Go on."""
        self.trainer.step(count)

    def measure(self, name: str) -> Values:
        """One of `signals.GAN`."""
        return signals.GAN[name](self.trainer)


@dataclass(frozen=True)
class VaeConfig(Settings):
    """A VAE with the sizes, data and learning rate of the GAN that it stands beside.

    Raises:
        ConfigError: if a value is out of bounds.
    """

    sigma: float = number(0.2, 0.01, 5.0, "loss", log=True)
    distribution: str = choice("ring", ("ring", "blobs", "grid", "gaussian", "hills"), "data")
    width: int = number(64, 1, 256, "generator", "rebuild", log=True)
    layers: int = number(2, 0, 6, "generator", "rebuild")
    lr: float = number(1e-3, 0.0, 1.0, "training", log=True)

    @property
    def beside(self) -> ToyConfig:
        """The GAN's settings."""
        return ToyConfig(
            distribution=self.distribution,
            width_g=self.width,
            width_d=self.width,
            layers_g=self.layers,
            layers_d=self.layers,
            lr_g=self.lr,
            lr_d=self.lr,
        )


class VaeExperiment:
    """VAEs of one configuration."""

    def __init__(self, config: VaeConfig, seeds: Sequence[int]) -> None:
        self.trainer = VaeTrainer(config.beside, seeds, config.sigma)

    @property
    def steps(self) -> int:
        """Steps since the start."""
        return self.trainer.steps

    def advance(self, count: int) -> None:
        """Go on."""
        self.trainer.step(count)

    def measure(self, name: str) -> Values:
        """Figures of `metrics.compare`, or the evidence lower bound."""
        if name == "elbo":
            return self.trainer.elbo(signals.SAMPLES)
        points = self.trainer.sample(signals.SAMPLES)
        return compare(points, points, self.trainer.configs[0].data, quick=True)[name]


class DiracExperiment:
    """Dirac-GANs that start all round the unit circle; there is nothing for a seed to change."""

    def __init__(self, config: DiracConfig, seeds: Sequence[int]) -> None:
        self.config, self.steps = config, 0
        self.path = [dirac_gan.circle(len(seeds))]

    def advance(self, count: int) -> None:
        """Go on."""
        for _ in range(count):
            self.path.append(dirac_gan.step(self.path[-1], self.config))
        self.steps += count

    def measure(self, name: str) -> Values:
        """How far (theta, psi) is from the answer, (0, 0)."""
        assert name == "radius"
        return self.path[-1].norm(dim=1).float()


@dataclass(frozen=True)
class LatentConfig(Settings):
    """Ways between two random latent vectors.

    Raises:
        ConfigError: if a value is out of bounds.
    """

    dimensions: int = number(100, 1, 1000, "data", log=True)
    way: str = choice("lerp", ("lerp", "slerp"), "generator")


WAYS = {"lerp": lerp, "slerp": slerp}
ENDS = 64
"""Pairs of latent vectors that each member looks at."""
PLACES = 33
"""Places along a way."""


class LatentExperiment:
    """How long a latent vector is on its way from one to another. Nothing is trained."""

    def __init__(self, config: LatentConfig, seeds: Sequence[int]) -> None:
        self.config, self.steps = config, 0
        self._ends = torch.stack(
            [
                torch.randn(2, ENDS, config.dimensions, generator=generator_of(s, "latent"))
                for s in seeds
            ]
        )

    def advance(self, count: int) -> None:
        """Nothing changes."""
        self.steps += count

    def lengths(self) -> Float[Tensor, "s places"]:
        """Norms along the way over the mean of the ends' own, averaged over the pairs."""
        a, b = self._ends.unbind(1)
        way, usual = WAYS[self.config.way], self._ends.norm(dim=3).mean(1)
        share = torch.linspace(0, 1, PLACES)
        there = [way(a, b, t.expand(a.shape[:-1])).norm(dim=2) / usual for t in share]
        return torch.stack([one.mean(1) for one in there], dim=1)

    def measure(self, name: str) -> Values:
        """The norm in the middle, 1 being that of the ends."""
        assert name == "middle"
        return self.lengths()[:, PLACES // 2]


@dataclass(frozen=True)
class PicturesConfig(Settings):
    """What is asked of a trained image model.

    Raises:
        ConfigError: if a value is out of bounds.
    """

    model: str = choice("digits-conditional", ("digits-conditional", "letters-conditional"), "data")
    truncation: float = number(1.0, 0.0, 2.0, "generator")


PICTURES = 16
"""Of a member."""


class PicturesExperiment:
    """Pictures of a trained model, of one class a seed. Nothing is trained."""

    def __init__(self, config: PicturesConfig, seeds: Sequence[int]) -> None:
        self.config, self.steps = config, 0
        self.model: ImageModel = load(config.model)
        self._seeds = list(seeds)

    def advance(self, count: int) -> None:
        """Nothing changes."""
        self.steps += count

    def pictures(self, member: int, truncation: float, count: int) -> Float[Tensor, "n d"]:
        """Pixels, from -1 to 1, of a member's first pictures."""
        sampler, classes = self.model.sampler(), self.model.classes
        dim, generator = sampler.noise_dim, generator_of(self._seeds[member], "pictures")
        z = torch.randn(count, dim, generator=generator) * truncation
        label = one_hot(torch.full((count,), member % classes), classes)
        return sampler.pictures(z, label).flatten(1).float().cpu()

    def rows(self, count: int) -> list[Float[Tensor, "n d"]]:
        """Each member's first pictures."""
        own = self.config.truncation
        return [self.pictures(i, own, count) for i in range(len(self._seeds))]

    def measure(self, name: str) -> Values:
        """How varied a member's pictures are, or how near all samples are to training pictures."""
        return {"variety": self._variety, "nearest": self._nearest}[name]()

    def _variety(self) -> Values:
        """Mean distance between a member's pictures, 1 being that without truncation."""

        def spread(member: int, truncation: float) -> Tensor:
            return torch.pdist(self.pictures(member, truncation, PICTURES)).mean()

        return torch.stack(
            [spread(i, self.config.truncation) / spread(i, 1.0) for i in range(len(self._seeds))]
        )

    def _nearest(self) -> Values:
        """Median distance of samples to the nearest training picture over that of unseen ones.

        In pixels, from the model's card, where `ganplay eval` measured it: the same for all.
        """
        card: dict[str, Any] = self.model.card.metrics
        try:
            medians = card["memorisation"]["pixels"]
            ratio = medians["samples"]["median"] / medians["held_out"]["median"]
        except KeyError:  # a card without these figures
            ratio = math.nan
        return torch.full((len(self._seeds),), ratio)


class ExperimentType(NamedTuple):
    """What a run of one kind is made of.

    Attributes:
        config: its settings.
        make: an experiment of a configuration, seeds, and whether steps are to be captured.
        signals: what can be measured on it.
    """

    config: type[Any]
    make: Callable[[Any, Sequence[int], bool], Experiment]
    signals: tuple[str, ...]


OF_SAMPLES = ("modes", "high_quality", "dispersion")
KINDS: dict[str, ExperimentType] = {
    "gan": ExperimentType(ToyConfig, GanExperiment, tuple(signals.GAN)),
    "vae": ExperimentType(
        VaeConfig, lambda c, seeds, _: VaeExperiment(c, seeds), (*OF_SAMPLES, "elbo")
    ),
    "dirac": ExperimentType(
        DiracConfig, lambda c, seeds, _: DiracExperiment(c, seeds), ("radius",)
    ),
    "latent": ExperimentType(
        LatentConfig, lambda c, seeds, _: LatentExperiment(c, seeds), ("middle",)
    ),
    "pictures": ExperimentType(
        PicturesConfig, lambda c, seeds, _: PicturesExperiment(c, seeds), ("variety", "nearest")
    ),
}
