"""What is measured of the members of a trainer from time to time, with always the same samples."""

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from ganplay import metrics
from ganplay.cohort import PER_MEMBER, Cohort
from ganplay.diagnosis import Scene, Signals
from ganplay.shutter import Shutter
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


class Points(NamedTuple):
    """What the members of a cohort are measured with.

    Attributes:
        z: G's inputs, labels included.
        real: real points.
        real_shares: their histogram.
        label: labels of the fakes that D is asked about, and before them of the real points.
        modes: of the data.
    """

    z: Float[Tensor, "s i n"]
    real: Float[Tensor, "s 2 n"]
    real_shares: Float[Tensor, "s cells"]
    label: Float[Tensor, "s c m"] | None
    modes: Float[Tensor, "m 2"] | None


class Values(NamedTuple):
    """What was measured of the members of a cohort; see `Measurement` and `StepRecord`."""

    js: Tensor
    dispersion: Tensor
    modes: Tensor
    high_quality: Tensor
    reverse_kl: Tensor
    separation: Tensor
    centre: Tensor
    record: Tensor
    shares: Tensor | None


def measured(cohort: Cohort, points: Points, scale: tuple[float, float]) -> Values:
    """Measure a cohort; `scale` is the data's extent and their modes' sigma.

    The figures are those of `metrics.compare`, with nothing done twice.
    """
    extent, sigma = scale
    with torch.no_grad():
        fake = cohort.generate(points.z).mT
        finite = fake.isfinite().all(-1).all(-1)
        own = torch.where(finite[:, None, None], fake, 0.0)
        shares, unknown = None, torch.full_like(fake[:, 0, 0], math.nan)
        counted = dict.fromkeys(("modes", "high_quality", "reverse_kl"), unknown)
        if points.modes is not None:
            near, good = metrics.mode_counts(own, points.modes, sigma)
            counted, shares = metrics.of_counts(near, good, MEASURED), good / MEASURED
        report = {
            "js": metrics.divergence(points.real_shares, metrics.histogram(own, extent)),
            "dispersion": metrics.dispersion(own),
        } | counted
        known = {name: torch.where(finite, v, math.nan) for name, v in report.items()}
        judged = torch.cat([points.real[..., :JUDGED], fake.mT[..., :JUDGED]], dim=2)
        logits = cohort.discriminate(judged, points.label)
        separation = metrics.separation(*logits.split(JUDGED, dim=1))
        seen = cohort.record()
        record = torch.stack([getattr(seen, name).float() for name in PER_MEMBER], dim=1)
        return Values(
            **known, separation=separation, centre=fake.mean(1), record=record, shares=shares
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
        # What two real samples of this size give; below it, differences are noise.
        self.floor = metrics.noise_floor(self.distribution, MEASURED, quick=True)
        self._scale = self.distribution.extent, self.distribution.sigma
        self._points = self._parts()
        self._shutters = [Shutter(measured) for _ in self._points]

    @property
    def scene(self) -> Scene:
        """What there is to be learnt, for a diagnosis."""
        modes = self.distribution.modes
        return Scene(
            self.floor["dispersion"], self.distribution.extent, 0 if modes is None else len(modes)
        )

    def measure(self) -> Measurement:
        """The present state of all members."""
        trainer = self._trainer
        parts = zip(self._shutters, trainer.cohorts, self._points, strict=True)
        values = [see(cohort, points, self._scale) for see, cohort, points in parts]
        joined = {
            name: torch.cat([getattr(v, name) for v in values])
            for name in Values._fields
            if getattr(values[0], name) is not None
        }
        record, centre, shares = (
            joined.pop("record"),
            joined.pop("centre"),
            joined.pop("shares", None),
        )
        report = joined | dict(zip(PER_MEMBER, record.unbind(1), strict=True))
        return Measurement(trainer.steps, report, shares, centre)

    def _parts(self) -> list[Points]:
        """What each cohort is measured with."""
        parts, labels, hot = [], self._trainer.labels(MEASURED), self._trainer.labels(JUDGED)
        inputs = self.z if labels is None else torch.cat([self.z, labels], dim=1)
        if hot is not None:
            known = torch.nn.functional.one_hot(self.real_labels[:, :JUDGED], hot.shape[1])
            hot = torch.cat([known.mT.float(), hot], dim=2)
        shares = metrics.histogram(self.real, self.distribution.extent)
        start = 0
        for cohort in self._trainer.cohorts:
            own = slice(start, start + len(cohort.configs))
            label = None if hot is None else hot[own].contiguous()
            real = self.real[own].mT.contiguous()
            modes = self.distribution.modes
            parts.append(Points(inputs[own].contiguous(), real, shares[own], label, modes))
            start = own.stop
        return parts
