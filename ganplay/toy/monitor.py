"""Measures the members of a trainer now and then, always with the same real points and noise."""

import math
from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from ganplay.gan.record import PER_MEMBER
from ganplay.toy import metrics
from ganplay.toy.batches import one_hot, real_points
from ganplay.toy.captured_function import CapturedFunction
from ganplay.toy.diagnosis import DataStats, Signals
from ganplay.toy.ensemble import Ensemble
from ganplay.toy.trainer import ToyTrainer

MEASURED = 2000
"""Fake points, and real ones, behind the metrics."""
SCORED = 500
"""Of these, how many of each kind D is asked about."""

COMPARED = ("js", "dispersion", "modes", "high_quality", "reverse_kl")
"""Metrics of `metrics.compare` that are measured."""
NAMES = (*COMPARED, "separation", *PER_MEMBER)
"""Everything that is measured: COMPARED, `metrics.separation`, and the last `StepRecord`."""


class Measurement(NamedTuple):
    """What was measured of S members at one step.

    Attributes:
        step: steps since the start.
        table: a column for each of `NAMES`.
        shares: share of all fakes within 3 sigma of each mode; None if the data have no modes.
        centre: the fakes' mean (x, y), in the data's units.
    """

    step: int
    table: Float[Tensor, "s names"]
    shares: Float[Tensor, "s m"] | None
    centre: Float[Tensor, "s 2"]

    def values(self, member: int = 0) -> dict[str, float]:
        """The numbers of one member by name."""
        return dict(zip(NAMES, self.table.tolist()[member], strict=True))

    def signals(self, member: int = 0) -> Signals:
        """What the diagnosis of one member asks for."""
        values = self.values(member)
        x, y = self.centre.tolist()[member]
        return Signals(
            step=self.step,
            js=values["js"],
            separation=values["separation"],
            dispersion=values["dispersion"],
            centre=(x, y),
            gradient=values["grad_norm_g"],
            shares=() if self.shares is None else tuple(self.shares.tolist()[member]),
        )


class Samples(NamedTuple):
    """What the members of an ensemble are measured with.

    Attributes:
        z: G's inputs, one-hot labels included.
        real: real points.
        real_shares: their histogram (`metrics.histogram`).
        label: one-hot labels of the real points that D is asked about, then of the fakes.
        modes: centres of the data's clusters.
    """

    z: Float[Tensor, "s i n"]
    real: Float[Tensor, "s 2 n"]
    real_shares: Float[Tensor, "s cells"]
    label: Float[Tensor, "s c scored"] | None
    modes: Float[Tensor, "m 2"] | None


class Values(NamedTuple):
    """What was measured of the members of an ensemble; see `Measurement`."""

    table: Tensor
    shares: Tensor | None
    centre: Tensor


def measured(ensemble: Ensemble, samples: Samples, scale: tuple[float, float]) -> Values:
    """Measure an ensemble; `scale` is the data's extent and their modes' sigma.

    The values are those of `metrics.compare`. Written as one function of tensors so that it can be
    captured (`CapturedFunction`).
    """
    extent, sigma = scale
    with torch.no_grad():
        fake = ensemble.generate(samples.z).mT
        finite = fake.isfinite().all(-1).all(-1)
        known = torch.where(finite[:, None, None], fake, 0.0)
        counted, shares = metrics.mode_metrics(known, samples.modes, sigma)
        report = {
            "js": metrics.divergence(samples.real_shares, metrics.histogram(known, extent)),
            "dispersion": metrics.dispersion(known),
        } | counted
        compared = [torch.where(finite, report[name], math.nan) for name in COMPARED]
        scored = torch.cat([samples.real[..., :SCORED], fake.mT[..., :SCORED]], dim=2)
        logits = ensemble.discriminate(scored, samples.label)
        separation = metrics.separation(*logits.split(SCORED, dim=1))
        last = ensemble.record()
        record = [getattr(last, name).float() for name in PER_MEMBER]
        table = torch.stack([*compared, separation, *record], dim=1)
        return Values(table, shares, fake.mean(1))


class MetricsMonitor:
    """Measures the members of a trainer, which must all learn the same data.

    Attributes:
        distribution: what they learn.
        z: latent vectors (s, z, n) of the fakes that are measured.
        real: real points (s, n, 2), and
        real_labels: their classes (s, n).
        floor: what two real samples of this size give; below it, differences are noise.
    """

    def __init__(self, trainer: ToyTrainer) -> None:
        self._trainer = trainer
        self.distribution = trainer.distribution()
        self.z = trainer.noise(MEASURED)
        drawn = [real_points(config, MEASURED) for config in trainer.configs]
        self.real = torch.stack([points for points, _ in drawn])
        self.real_labels = torch.stack([labels for _, labels in drawn])
        self.floor = metrics.noise_floor(self.distribution, MEASURED, quick=True)
        self._scale = self.distribution.extent, self.distribution.sigma
        self._samples = self._samples_of_each()
        self._measure_each = [CapturedFunction(measured) for _ in self._samples]

    @property
    def data_stats(self) -> DataStats:
        """What a diagnosis has to know of the data."""
        modes, floor = self.distribution.modes, self.floor
        count = 0 if modes is None else len(modes)
        return DataStats(floor["dispersion"], self.distribution.extent, count, floor["js"])

    def measure(self) -> Measurement:
        """The present state of all members."""
        trainer = self._trainer
        parts = zip(self._measure_each, trainer.ensembles, self._samples, strict=True)
        values = [measure(ensemble, own, self._scale) for measure, ensemble, own in parts]
        joined: list[Any] = [
            None if each[0] is None else torch.cat(each) for each in zip(*values, strict=True)
        ]
        return Measurement(trainer.steps, *joined)

    def _samples_of_each(self) -> list[Samples]:
        """What each ensemble is measured with: its members' part of all samples."""
        parts, labels, hot = [], self._trainer.labels(MEASURED), self._trainer.labels(SCORED)
        inputs = self.z if labels is None else torch.cat([self.z, labels], dim=1)
        if hot is not None:
            hot = torch.cat([one_hot(self.real_labels[:, :SCORED], hot.shape[1]), hot], dim=2)
        shares = metrics.histogram(self.real, self.distribution.extent)
        for _, own in self._trainer.parts():
            label = None if hot is None else hot[own].contiguous()
            real = self.real[own].mT.contiguous()
            modes = self.distribution.modes
            parts.append(Samples(inputs[own].contiguous(), real, shares[own], label, modes))
        return parts
