"""What is measured of the members of a trainer from time to time, with always the same samples."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from ganplay.gan.record import PER_MEMBER
from ganplay.toy import metrics
from ganplay.toy.batches import real_points
from ganplay.toy.captured_function import CapturedFunction
from ganplay.toy.diagnosis import DataStats, Signals
from ganplay.toy.ensemble import Ensemble
from ganplay.toy.trainer import ToyTrainer

MEASURED = 2000
"""Samples behind the metrics."""
JUDGED = 500
"""Of those the ones that D is asked about, of each kind."""


COMPARED = ("js", "dispersion", "modes", "high_quality", "reverse_kl")
NAMES = (*COMPARED, "separation", *PER_MEMBER)
"""What is measured: by comparison with real samples, by D, and by the last step (`StepRecord`)."""


class Measurement(NamedTuple):
    """Of S members at one step.

    Attributes:
        step: steps since the start.
        table: a column for each of `NAMES`.
        shares: of all fakes those within 3 sigma of each mode; None where the data have no modes.
        centre: the fakes' mean.
    """

    step: int
    table: Float[Tensor, "s names"]
    shares: Float[Tensor, "s m"] | None
    centre: Float[Tensor, "s 2"]

    @property
    def metrics(self) -> dict[str, Tensor]:
        """Numbers by name, each (S,)."""
        return dict(zip(NAMES, self.table.unbind(1), strict=True))

    def values(self, member: int = 0) -> dict[str, float]:
        """Those of a member."""
        return dict(zip(NAMES, self.table.tolist()[member], strict=True))

    def signals(self, member: int = 0) -> Signals:
        """What a diagnosis of a member asks for."""
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


class Points(NamedTuple):
    """What the members of an ensemble are measured with.

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
    """What was measured of the members of an ensemble; see `Measurement`."""

    table: Tensor
    centre: Tensor
    shares: Tensor | None


def measured(ensemble: Ensemble, points: Points, scale: tuple[float, float]) -> Values:
    """Measure an ensemble; `scale` is the data's extent and their modes' sigma.

    The figures are those of `metrics.compare`, with nothing done twice.
    """
    extent, sigma = scale
    with torch.no_grad():
        fake = ensemble.generate(points.z).mT
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
        known = [torch.where(finite, report[name], math.nan) for name in COMPARED]
        judged = torch.cat([points.real[..., :JUDGED], fake.mT[..., :JUDGED]], dim=2)
        logits = ensemble.discriminate(judged, points.label)
        separation = metrics.separation(*logits.split(JUDGED, dim=1))
        seen = ensemble.record()
        record = [getattr(seen, name).float() for name in PER_MEMBER]
        table = torch.stack([*known, separation, *record], dim=1)
        return Values(table, fake.mean(1), shares)


def _joined(parts: Sequence[Tensor | None]) -> Tensor | None:
    """The same of several ensembles, one below the other."""
    there = [part for part in parts if part is not None]
    return torch.cat(there) if len(there) > 1 else parts[0]


class MetricsMonitor:
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
        self._shutters = [CapturedFunction(measured) for _ in self._points]

    @property
    def scene(self) -> DataStats:
        """What there is to be learnt, for a diagnosis."""
        modes = self.distribution.modes
        return DataStats(
            self.floor["dispersion"], self.distribution.extent, 0 if modes is None else len(modes)
        )

    def measure(self) -> Measurement:
        """The present state of all members."""
        trainer = self._trainer
        parts = zip(self._shutters, trainer.ensembles, self._points, strict=True)
        values = [see(ensemble, points, self._scale) for see, ensemble, points in parts]
        table, centre, shares = map(_joined, zip(*values, strict=True))
        assert table is not None
        assert centre is not None
        return Measurement(trainer.steps, table, shares, centre)

    def _parts(self) -> list[Points]:
        """What each ensemble is measured with."""
        parts, labels, hot = [], self._trainer.labels(MEASURED), self._trainer.labels(JUDGED)
        inputs = self.z if labels is None else torch.cat([self.z, labels], dim=1)
        if hot is not None:
            known = torch.nn.functional.one_hot(self.real_labels[:, :JUDGED], hot.shape[1])
            hot = torch.cat([known.mT.float(), hot], dim=2)
        shares = metrics.histogram(self.real, self.distribution.extent)
        start = 0
        for ensemble in self._trainer.ensembles:
            own = slice(start, start + len(ensemble.configs))
            label = None if hot is None else hot[own].contiguous()
            real = self.real[own].mT.contiguous()
            modes = self.distribution.modes
            parts.append(Points(inputs[own].contiguous(), real, shares[own], label, modes))
            start = own.stop
        return parts
