"""What a page is shown of an arena's members: small pictures, and numbers to rank them by."""

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from ganplay import metrics
from ganplay.anatomy import noise_reach, plane
from ganplay.config import ToyConfig
from ganplay.distributions import Distribution
from ganplay.frames import FAKES, Frame, bare, map_range, pack_points
from ganplay.gauge import MEASURED
from ganplay.losses import LOSSES
from ganplay.streams import draw_noise, generator_of, real_points
from ganplay.training import ToyTrainer

CELLS = 24
"""Along a side of a small map of D."""
SHOWN = 250
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


class Look:
    """Looks at the members of a trainer, whose data may differ."""

    def __init__(self, trainer: ToyTrainer) -> None:
        self._trainer = trainer
        self._extents = [config.data.extent for config in trainer.configs]
        # The noise of the lab's own picture, so that a member looks the same in both.
        drawn = [
            draw_noise(c.noise, c.noise_dim, FAKES, generator_of(c.seed, "camera"))[:, :SHOWN]
            for c in trainer.configs
        ]
        self._z = torch.stack(drawn)
        self._cells = torch.stack([plane(CELLS, extent).T for extent in self._extents])
        self._noise, self._real = trainer.noise(MEASURED), trainer.real(MEASURED)
        alike: dict[Distribution, list[int]] = {}
        for i, config in enumerate(trainer.configs):
            alike.setdefault(config.data, []).append(i)
        self._alike = list(alike.values())

    def frames(self, wanted: Iterable[int]) -> dict[int, Frame]:
        """Pictures of some members, with the map of D for the first class."""
        trainer, record = self._trainer, self._trainer.record()
        fakes = trainer.generate(self._z, trainer.labels(SHOWN))
        loss = LOSSES[trainer.configs[0].loss]
        logits = trainer.discriminate(self._cells, trainer.labels(CELLS**2, 0))
        maps, none = loss.output(logits).view(-1, CELLS, CELLS), torch.empty(0, 2)
        classes = trainer.configs[0].classes
        seen = {}
        for i in wanted:
            frame = Frame(
                step=record.step, updates_d=record.updates_d, updates_g=record.updates_g,
                extent=self._extents[i], fakes=fakes[i], pulls=none, map=maps[i],
                labels=torch.arange(SHOWN) % classes if classes else None,
                map_range=map_range(maps[i], loss.reading), grid=torch.empty(0, 0, 2),
                probe=math.nan, verdicts=torch.empty(2, 0),
                norms={"d": torch.empty(0), "g": torch.empty(0)},
            )  # fmt: skip
            seen[i] = frame if bool(record.finite[i]) else replace(bare(frame), map_range=(0, 1))
        return seen

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
        finite: Tensor = trainer.record().finite
        return [
            {name: float(v[i]) if finite[i] else math.nan for name, v in values.items()}
            for i in range(len(trainer))
        ]
