"""What a page is shown of an arena's members: small pictures, and numbers to rank them by."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from ganplay.common.seeding import generator_of
from ganplay.gan.losses import LOSSES
from ganplay.live.frame import FAKES, UNIT, pack_points
from ganplay.live.network_inspection import noise_reach, plane
from ganplay.live.render import map_range
from ganplay.toy import metrics
from ganplay.toy.batches import draw_noise, real_points
from ganplay.toy.config import ToyConfig
from ganplay.toy.distributions import Distribution
from ganplay.toy.monitor import MEASURED
from ganplay.toy.trainer import ToyTrainer

CELLS = 20
"""Along a side of a small map of D."""
SHOWN = 200
"""Fakes of a small picture, and real points."""
PART = 400
"""Of the fakes behind the numbers, those that are made at once."""
METRICS = ("js", "modes", "high_quality")


def about(config: ToyConfig) -> dict[str, Any]:
    """What stays the same in pictures of members with these data, as a page has it."""
    data = config.data
    points, labels = real_points(config, SHOWN)
    return {
        "extent": data.extent,
        "real": pack_points(points, data.extent),
        "labels": labels.tolist() if config.classes else [],
        "classes": config.classes,
        "modes": 0 if data.modes is None else len(data.modes),
        "floor": metrics.noise_floor(data, MEASURED, quick=True)["js"],
        "reach": noise_reach(config.noise),
        "ticks": [],
    }


class Pictures(NamedTuple):
    """Of some members: coordinates in `UNIT`s of the view's half-width, and shares of 255."""

    fakes: NDArray[np.int16]
    maps: NDArray[np.uint8]


class ThumbnailRenderer:
    """Looks at the members of a trainer, whose data may differ."""

    def __init__(self, trainer: ToyTrainer) -> None:
        self._trainer = trainer
        extents = [config.data.extent for config in trainer.configs]
        self._extents = torch.tensor(extents)
        # The noise of the lab's own picture, so that a member looks the same in both.
        drawn = [
            draw_noise(c.noise, c.noise_dim, FAKES, generator_of(c.seed, "camera"))[:, :SHOWN]
            for c in trainer.configs
        ]
        self._z = torch.stack(drawn)
        self._cells = torch.stack([plane(CELLS, extent).T for extent in extents])
        self._noise, self._real = trainer.noise(MEASURED), trainer.real(MEASURED)
        alike: dict[Distribution, list[int]] = {}
        for i, config in enumerate(trainer.configs):
            alike.setdefault(config.data, []).append(i)
        self._alike = list(alike.values())

    def pictures(self, members: Sequence[int]) -> Pictures:
        """As they are now, with the map of D for the first class."""
        trainer, chosen = self._trainer, list(members)
        fakes = trainer.generate(self._z, trainer.labels(SHOWN))[chosen]
        logits = trainer.discriminate(self._cells, trainer.labels(CELLS**2, 0))[chosen]
        loss = LOSSES[trainer.configs[0].loss]
        maps = loss.output(logits).view(-1, CELLS, CELLS)
        low, high = (end[:, None, None] for end in map_range(maps, loss.reading))
        scaled = torch.nan_to_num(fakes * (UNIT / self._extents[chosen, None, None]))
        shares = torch.nan_to_num((maps - low) / (high - low)).clamp(0, 1) * 255
        return Pictures(
            scaled.clamp(-32767, 32767).round().to(torch.int16).numpy(),
            shares.round().to(torch.uint8).numpy(),
        )

    def _generated(self) -> Float[Tensor, "s n 2"]:
        """Fakes to measure, a part at a time: what fits the cache takes half the time."""
        trainer, labels = self._trainer, self._trainer.labels(MEASURED)
        parts = self._noise.split(PART, dim=2)
        hot = [None] * len(parts) if labels is None else labels.split(PART, dim=2)
        return torch.cat([trainer.generate(*p) for p in zip(parts, hot, strict=True)], dim=1)

    def measure(self) -> list[dict[str, float]]:
        """`METRICS` of each member by name, NaN where its networks are not finite any more."""
        trainer = self._trainer
        fake = self._generated()
        values = {name: torch.full((len(trainer),), math.nan) for name in METRICS}
        for part in self._alike:
            data = trainer.configs[part[0]].data
            found = metrics.compare(self._real[part], fake[part], data, quick=True)
            for name in METRICS:
                values[name][part] = found[name]
        told = {name: v.tolist() for name, v in values.items()}
        return [
            {name: v[i] if fine else math.nan for name, v in told.items()}
            for i, fine in enumerate(finite(trainer))
        ]


def finite(trainer: ToyTrainer) -> list[bool]:
    """Which members still hold finite numbers."""
    return [True] * len(trainer) if trainer.finite() else trainer.record().finite.tolist()
