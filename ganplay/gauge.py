"""What is measured of the members of a trainer from time to time, with always the same samples."""

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from ganplay import metrics
from ganplay.diagnosis import Scene, Signals
from ganplay.streams import real_points
from ganplay.training import ToyTrainer

MEASURED = 2000
"""Samples behind the metrics."""
JUDGED = 500
"""Of those the ones that D is asked about, of each kind."""


class Measurement(NamedTuple):
    """Of S members at one step.

    Attributes:
        step: steps since the start.
        metrics: numbers by name, each (S,).
        shares: of all fakes those within 3 sigma of each mode; None where the data have no modes.
        centre: the fakes' mean.
    """

    step: int
    metrics: dict[str, Tensor]
    shares: Float[Tensor, "s m"] | None
    centre: Float[Tensor, "s 2"]

    def signals(self, member: int = 0) -> Signals:
        """What a diagnosis of a member asks for."""
        values = {name: float(column[member]) for name, column in self.metrics.items()}
        x, y = self.centre[member].tolist()
        return Signals(
            step=self.step,
            js=values["js"],
            separation=values["separation"],
            dispersion=values["dispersion"],
            centre=(x, y),
            gradient=values["grad_norm_g"],
            shares=() if self.shares is None else tuple(self.shares[member].tolist()),
        )


class Gauge:
    """Measures the members of a trainer, which share their data."""

    def __init__(self, trainer: ToyTrainer) -> None:
        self._trainer = trainer
        self.distribution = trainer.distribution()
        self.z = trainer.noise(MEASURED)
        drawn = [real_points(config, MEASURED) for config in trainer.configs]
        self.real = torch.stack([points for points, _ in drawn])
        self.real_labels = torch.stack([labels for _, labels in drawn])
        self._real_shares = metrics.histogram(self.real, self.distribution.extent)
        # What two real samples of this size give; below it, differences are noise.
        self.floor = metrics.noise_floor(self.distribution, MEASURED, quick=True)

    @property
    def scene(self) -> Scene:
        """What there is to be learnt, for a diagnosis."""
        modes = self.distribution.modes
        return Scene(
            self.floor["dispersion"], self.distribution.extent, 0 if modes is None else len(modes)
        )

    def measure(self) -> Measurement:
        """The present state of all members."""
        trainer, record = self._trainer, self._trainer.record()
        fake = trainer.generate(self.z, trainer.labels(MEASURED))
        report, shares = self._compared(fake)
        report |= {n: v for n, v in vars(record).items() if isinstance(v, Tensor)}
        report["separation"] = metrics.separation(*self._judged(fake))
        return Measurement(trainer.steps, report, shares, fake.mean(1))

    def _compared(
        self, fake: Float[Tensor, "s n 2"]
    ) -> tuple[dict[str, Tensor], Float[Tensor, "s m"] | None]:
        """`metrics.compare`'s quick figures, and the modes' shares, with nothing done twice."""
        modes, sigma = self.distribution.modes, self.distribution.sigma
        finite = fake.isfinite().all(-1).all(-1)
        fake = torch.where(finite[:, None, None], fake, 0.0)
        own = metrics.histogram(fake, self.distribution.extent)
        report = {"js": metrics.divergence(self._real_shares, own)}
        report["dispersion"] = metrics.dispersion(fake)
        shares, none = None, torch.full((len(fake),), math.nan)
        if modes is None:
            report |= dict.fromkeys(("modes", "high_quality", "reverse_kl"), none)
        else:
            near, good = metrics.mode_counts(fake, modes, sigma)
            report |= metrics.of_counts(near, good, MEASURED)
            shares = good / MEASURED
        return {name: torch.where(finite, v, math.nan) for name, v in report.items()}, shares

    def _judged(self, fake: Tensor) -> tuple[Float[Tensor, "s n"], Float[Tensor, "s n"]]:
        """D's logits of some real points, by their own labels, and of as many fakes."""
        hot = self._trainer.labels(JUDGED)
        if hot is not None:
            known = torch.nn.functional.one_hot(self.real_labels[:, :JUDGED], hot.shape[1])
            hot = torch.cat([known.mT.float(), hot], dim=2)
        points = torch.cat([self.real[:, :JUDGED], fake[:, :JUDGED]], dim=1)
        real_logits, fake_logits = self._trainer.discriminate(points, hot).split(JUDGED, dim=1)
        return real_logits, fake_logits
