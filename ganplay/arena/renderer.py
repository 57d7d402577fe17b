"""Thumbnails of an arena's members for the page, and the metrics by which they are ranked."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from ganplay.gan.class_shares import labels_in_shares
from ganplay.gan.losses import LOSSES
from ganplay.live.frame import FAKES, UNIT
from ganplay.live.lab_messages import data_message
from ganplay.live.network_inspection import plane
from ganplay.live.render import map_range, quantise, shades_of
from ganplay.toy import metrics
from ganplay.toy.batches import latents, real_points
from ganplay.toy.config import ToyConfig
from ganplay.toy.distributions import Distribution
from ganplay.toy.monitor import MEASURED
from ganplay.toy.trainer import ToyTrainer

CELLS = 20
"""Grid cells along a side of a thumbnail's map of D."""
SHOWN = 200
"""Fake and real points of a thumbnail."""
CHUNK = 400
"""Fakes that are generated at once for the metrics; so few fit the cache, which halves the time."""
METRICS = ("js", "modes", "high_quality")


def about(config: ToyConfig) -> dict[str, Any]:
    """The part of thumbnails that does not change while training, for one data set."""
    points, labels = real_points(config, SHOWN)
    floor = metrics.noise_floor(config.data, MEASURED, quick=True)["js"]
    fakes = labels_in_shares(config.data.class_weights, SHOWN).tolist() if config.classes else []
    more = {"floor": floor, "fake_labels": fakes}
    return data_message(config, points, labels if config.classes else None) | more


class Thumbnails(NamedTuple):
    """Of m members.

    Attributes:
        fakes: (m, SHOWN, 2), coordinates of which `UNIT` is half the view's width.
        maps: (m, CELLS, CELLS), D from 0 (surely fake) to 255 (surely real).
    """

    fakes: NDArray[np.int16]
    maps: NDArray[np.uint8]


class ThumbnailRenderer:
    """Draws and measures the members of a trainer, whose data may differ."""

    def __init__(self, trainer: ToyTrainer) -> None:
        self._trainer = trainer
        extents = [config.data.extent for config in trainer.configs]
        self._extents = torch.tensor(extents)
        # The same noise as in the Lab, so that a member looks the same in both views.
        noise = [latents(config, FAKES, "renderer")[:, :SHOWN] for config in trainer.configs]
        self._z = torch.stack(noise)
        self._cells = torch.stack([plane(CELLS, extent).T for extent in extents])
        self._noise, self._real = trainer.noise(MEASURED), trainer.real(MEASURED)
        same_data: dict[Distribution, list[int]] = {}
        for i, config in enumerate(trainer.configs):
            same_data.setdefault(config.data, []).append(i)
        self._same_data = list(same_data.values())

    def render(self, members: Sequence[int]) -> Thumbnails:
        """Thumbnails of some members now; the map of a conditional D is that of the first class."""
        trainer, chosen = self._trainer, list(members)
        fakes = trainer.generate(self._z, trainer.labels(SHOWN))[chosen]
        logits = trainer.discriminate(self._cells, trainer.labels(CELLS**2, 0))[chosen]
        loss = LOSSES[trainer.configs[0].loss]
        maps = loss.output(logits).view(-1, CELLS, CELLS)
        coordinates = quantise(fakes, UNIT / self._extents[chosen, None, None])
        shades = shades_of(maps, *map_range(maps, loss.reading))
        return Thumbnails(coordinates.numpy(), shades.numpy())

    def _fakes(self) -> Float[Tensor, "s n 2"]:
        """Fakes to measure, generated in chunks."""
        trainer, labels = self._trainer, self._trainer.labels(MEASURED)
        parts = self._noise.split(CHUNK, dim=2)
        hot = [None] * len(parts) if labels is None else labels.split(CHUNK, dim=2)
        return torch.cat([trainer.generate(*p) for p in zip(parts, hot, strict=True)], dim=1)

    def measure(self) -> list[dict[str, float]]:
        """`METRICS` of each member by name; NaN for one whose parameters are no longer finite."""
        trainer = self._trainer
        fake = self._fakes()
        values = {name: torch.full((len(trainer),), math.nan) for name in METRICS}
        for part in self._same_data:
            data = trainer.configs[part[0]].data
            found = metrics.compare(self._real[part], fake[part], data, quick=True)
            for name in METRICS:
                values[name][part] = found[name]
        columns = {name: v.tolist() for name, v in values.items()}
        return [
            {name: v[i] if fine else math.nan for name, v in columns.items()}
            for i, fine in enumerate(finite(trainer))
        ]


def finite(trainer: ToyTrainer) -> list[bool]:
    """For each member, whether all its parameters are still finite."""
    return [True] * len(trainer) if trainer.finite() else trainer.record().finite.tolist()
