"""What a lesson runs: GANs, VAEs, Dirac-GANs, latent vectors, or a trained image model.

Those on directions and on inversion have files of their own; `EXPERIMENTS` lists all kinds.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from ganplay.common.seeding import generator_of
from ganplay.common.settings import Settings, choice, number
from ganplay.images.checkpoint import load
from ganplay.images.sampler import one_hot
from ganplay.latent.interpolation import lerp, slerp
from ganplay.lessons import dirac_gan, signals
from ganplay.lessons.dirac_gan import DiracConfig
from ganplay.lessons.entanglement import ATTRIBUTES, DirectionsConfig, DirectionsExperiment
from ganplay.lessons.experiment import Experiment, Values
from ganplay.lessons.inversion import InversionConfig, InversionExperiment
from ganplay.lessons.vae_trainer import VaeTrainer
from ganplay.toy.config import ToyConfig
from ganplay.toy.metrics import compare
from ganplay.toy.trainer import ToyTrainer


class TrainedExperiment(Experiment):
    """Networks that a trainer trains."""

    trainer: ToyTrainer | VaeTrainer

    def advance(self, count: int) -> None:
        """Train for some steps."""
        super().advance(count)
        self.trainer.step(count)


class GanExperiment(TrainedExperiment):
    """GANs of one configuration."""

    trainer: ToyTrainer

    def __post_init__(self) -> None:
        self.trainer = ToyTrainer(self.config, self.seeds, threads=1, use_capture=self.use_capture)

    def measure(self, name: str) -> Values:
        """One of `signals.GAN`."""
        return signals.GAN[name](self.trainer)


@dataclass(frozen=True)
class VaeConfig(Settings):
    """A VAE with the sizes, data and learning rate of the GAN with which it is compared.

    Raises:
        ConfigError: if a value is out of bounds.
    """

    sigma: float = number(0.2, 0.01, 5.0, "loss", log=True)
    distribution: str = choice("ring", ("ring", "blobs", "grid", "gaussian", "hills"), "data")
    width: int = number(64, 1, 256, "generator", "rebuild", log=True)
    layers: int = number(2, 0, 6, "generator", "rebuild")
    lr: float = number(1e-3, 0.0, 1.0, "training", log=True)

    @property
    def gan(self) -> ToyConfig:
        """The settings of that GAN."""
        nets = {"width": self.width, "layers": self.layers, "lr": self.lr}
        both = {f"{name}_{net}": value for name, value in nets.items() for net in "gd"}
        return ToyConfig.from_dict({"distribution": self.distribution} | both)


class VaeExperiment(TrainedExperiment):
    """VAEs of one configuration."""

    trainer: VaeTrainer

    def __post_init__(self) -> None:
        self.trainer = VaeTrainer(self.config.gan, self.seeds, self.config.sigma)

    def measure(self, name: str) -> Values:
        """A metric of the samples (see `metrics.compare`), or "elbo" in nats."""
        if name == "elbo":
            return self.trainer.elbo(signals.SAMPLES)
        points = self.trainer.sample(signals.SAMPLES)
        return compare(points, points, self.trainer.configs[0].data, quick=True)[name]


class DiracExperiment(Experiment):
    """Dirac-GANs that start all round the unit circle, one for each seed; they use no randomness.

    Attributes:
        path: (theta, psi) of all members after each step, from the start on.
    """

    def __post_init__(self) -> None:
        self.path = [dirac_gan.circle(len(self.seeds))]

    def advance(self, count: int) -> None:
        """Take some steps of gradient descent."""
        super().advance(count)
        for _ in range(count):
            self.path.append(dirac_gan.step(self.path[-1], self.config))

    def measure(self, name: str) -> Values:
        """The one signal, "radius": the distance of (theta, psi) from the equilibrium, (0, 0)."""
        assert name == "radius"
        return self.path[-1].norm(dim=1).float()


INTERPOLATIONS = {"lerp": lerp, "slerp": slerp}


@dataclass(frozen=True)
class LatentConfig(Settings):
    """Interpolation between two random latent vectors.

    Raises:
        ConfigError: if a value is out of bounds.
    """

    dimensions: int = number(100, 1, 1000, "data", log=True)
    way: str = choice("lerp", INTERPOLATIONS, "generator")


PAIRS = 64
"""Pairs of latent vectors over which each member averages."""
PLACES = 33
"""Places along the way from one to the other; odd, so that one is the middle."""


class LatentExperiment(Experiment):
    """The length of a latent vector on its way from one random vector to another."""

    def __post_init__(self) -> None:
        size = 2, PAIRS, self.config.dimensions
        ends = [torch.randn(size, generator=generator_of(s, "latent")) for s in self.seeds]
        self._ends = torch.stack(ends)  # (s, 2, PAIRS, z)

    def lengths(self) -> Float[Tensor, "s places"]:
        """Mean norms along the way, relative to the mean norm of a pair's own two vectors."""
        a, b = self._ends.unbind(1)
        way, usual = INTERPOLATIONS[self.config.way], self._ends.norm(dim=3).mean(1)
        share = torch.linspace(0, 1, PLACES)
        norms = [way(a, b, t.expand(a.shape[:-1])).norm(dim=2) / usual for t in share]
        return torch.stack([one.mean(1) for one in norms], dim=1)

    def measure(self, name: str) -> Values:
        """The one signal, "middle": the relative norm half way."""
        assert name == "middle"
        return self.lengths()[:, PLACES // 2]


@dataclass(frozen=True)
class PicturesConfig(Settings):
    """Which pictures of a trained image model are looked at.

    Raises:
        ConfigError: if a value is out of bounds.
    """

    model: str = choice("digits-conditional", ("digits-conditional", "letters-conditional"), "data")
    truncation: float = number(1.0, 0.0, 2.0, "generator")


PICTURES = 16
"""Pictures of each member from which its signals are measured."""


class PicturesExperiment(Experiment):
    """Pictures of a trained model; member i shows class i."""

    columns: ClassVar[int] = 6

    def __post_init__(self) -> None:
        self.model = load(self.config.model)

    def pictures(self, member: int, truncation: float, count: int) -> Float[Tensor, "n d"]:
        """A member's first pictures, flat, with pixels from -1 to 1."""
        sampler, classes = self.model.sampler(), self.model.classes
        dim, generator = sampler.noise_dim, generator_of(self.seeds[member], "pictures")
        z = torch.randn(count, dim, generator=generator) * truncation
        label = one_hot(torch.full((count,), member % classes), classes)
        return sampler.pictures(z, label).flatten(1).float().cpu()

    def rows(self, count: int) -> list[Float[Tensor, "n d"]]:
        """Each member's first pictures, with the truncation of the settings."""
        truncation = self.config.truncation
        return [self.pictures(i, truncation, count) for i in range(len(self.seeds))]

    def measure(self, name: str) -> Values:
        """One of "variety" and "nearest"."""
        return {"variety": self._variety, "nearest": self._nearest}[name]()

    def _variety(self) -> Values:
        """Mean distance between a member's pictures, relative to that without truncation."""
        untruncated = [self.pictures(i, 1.0, PICTURES) for i in range(len(self.seeds))]
        own, other = (
            torch.stack([torch.pdist(pictures).mean() for pictures in members])
            for members in (self.rows(PICTURES), untruncated)
        )
        return own / other

    def _nearest(self) -> Values:
        """Median distance of samples to their nearest training picture, over that of unseen data.

        In pixels, from the model's card (`ganplay eval` measures it), so equal for all members.
        """
        card: dict[str, Any] = self.model.card.metrics
        try:
            medians = card["memorisation"]["pixels"]
            ratio = medians["samples"]["median"] / medians["held_out"]["median"]
        except KeyError:  # a card without these figures
            ratio = math.nan
        return torch.full((len(self.seeds),), ratio)


class ExperimentType(NamedTuple):
    """A kind of experiment.

    Attributes:
        config: class of its settings.
        make: an experiment from a configuration, seeds, and whether steps are captured.
        signals: names of what can be measured.
    """

    config: type[Any]
    make: Callable[[Any, Sequence[int], bool], Experiment]
    signals: tuple[str, ...]


EXPERIMENTS: dict[str, ExperimentType] = {
    "gan": ExperimentType(ToyConfig, GanExperiment, tuple(signals.GAN)),
    "vae": ExperimentType(
        VaeConfig, VaeExperiment, ("modes", "high_quality", "dispersion", "elbo")
    ),
    "dirac": ExperimentType(DiracConfig, DiracExperiment, ("radius",)),
    "latent": ExperimentType(LatentConfig, LatentExperiment, ("middle",)),
    "pictures": ExperimentType(PicturesConfig, PicturesExperiment, ("variety", "nearest")),
    "directions": ExperimentType(
        DirectionsConfig, DirectionsExperiment, tuple(f"change_{name}" for name in ATTRIBUTES)
    ),
    "inversion": ExperimentType(InversionConfig, InversionExperiment, ("error",)),
}
