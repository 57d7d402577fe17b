"""What the Lab draws at one moment, as tensors.

A `FrameRenderer` looks at one member of a trainer from a fixed place: the same latent vectors, the
same cells, so that a picture moves only because the networks did. Everything in a frame is computed
for the step it is stamped with. `frame_codec` makes bytes of it.
"""

import math
from dataclasses import dataclass, field
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from ganplay.gan.losses import LOSSES
from ganplay.gan.record import PER_MEMBER
from ganplay.live import network_inspection
from ganplay.live.network_inspection import NetworkInspection
from ganplay.live.render import (
    QuantisedView,
    RenderedView,
    RenderInputs,
    RenderOptions,
    render_one,
)
from ganplay.toy.batches import latents, one_hot
from ganplay.toy.captured_function import CapturedFunction
from ganplay.toy.diagnosis import NOTHING_YET, Finding
from ganplay.toy.monitor import MEASURED, Measurement, MetricsMonitor
from ganplay.toy.trainer import ToyTrainer

MAP = 32
"""Cells along a side of D's map."""
GRID = 21
"""Lines each way of G's warped grid."""
PATH = 200
"""Points of the path that one-dimensional noise is drawn as."""
FAKES = 400
FAKE_GRADIENTS = 200
REAL = 800
BINS = 24
"""Of the histograms of D's outputs."""
UNIT = 8191
"""Coordinates are whole numbers, `UNIT` being the view's half-width; four of those can be held."""

LAYERS = {"map": 1, "real": 2, "fake": 4, "pull": 8, "grid": 16}
ALL_LAYERS = sum(LAYERS.values())
_RECORDED = tuple(name for name in PER_MEMBER if name != "finite")
METRICS = ("js", "modes", "high_quality", "dispersion", *_RECORDED, "separation")
"""Names of the numbers in a frame, in their order: metrics, and what the last step's record says.
"""


@dataclass(frozen=True)
class View:
    """What somebody wants to see.

    Attributes:
        layers: sum of `LAYERS` to be drawn; what is not asked for is not computed.
        label: the class whose D is mapped, for a conditional model.
        probe: a point (x, y) at which D is asked, or None.
        graph: whether the model graph is drawn, with what D says of both samples and the sizes
            of the gradients.
        insides: the first of the units that are shown of each hidden layer, or None.
        unit: net ("d" or "g"), layer and index of a hidden unit to be shown large, or None.
    """

    layers: int = ALL_LAYERS
    label: int = 0
    probe: tuple[float, float] | None = None
    graph: bool = False
    insides: int | None = None
    unit: tuple[str, int, int] | None = None


@dataclass(frozen=True)
class Frame:
    """One moment. Coordinates are in the data's units; what was not asked for is empty."""

    step: int
    updates_d: int
    updates_g: int
    extent: float
    fakes: Float[Tensor, "n 2"]
    labels: Tensor | None
    """Classes of the fakes, in the data's shares; None if the model is not conditional."""
    fake_gradients: Float[Tensor, "m 2"]
    map: Float[Tensor, "cells cells"]
    map_range: tuple[float, float]
    grid: Float[Tensor, "rows columns 2"]
    probe: float
    d_histogram: Float[Tensor, "2 bins"]
    """How many of the shown real points, and of the fakes, D gives each value of its range."""
    norms: dict[str, Float[Tensor, "layers"]]
    """Norm of the last gradient of each layer, for the nets d and g."""
    insides: NetworkInspection | None = None
    unit: Float[Tensor, "side side"] = field(default_factory=lambda: torch.empty(0, 0))
    unit_size: float = 0.0
    """The largest output of the unit on its plane, to which its map is relative."""
    metrics: dict[str, float] = field(default_factory=dict)
    measured_at: int = 0
    finding: Finding = NOTHING_YET
    quantised: QuantisedView | None = None
    """Fakes, grid, fake gradients and map as integers; None if they are still to be made, as where
    one of these has been replaced."""


class FrameRenderer:
    """Looks at one member of a trainer."""

    def __init__(self, trainer: ToyTrainer) -> None:
        self.trainer = trainer
        self.extent = trainer.distribution().extent
        self._cells = network_inspection.plane(MAP, self.extent).T[None]
        self._z = latents(trainer.configs[0], FAKES, "renderer")[None]
        self._plane: tuple[int, Float[Tensor, "z 2"]] | None = None
        self._render = CapturedFunction(render_one)
        self._last_inputs: tuple[Any, RenderInputs] | None = None
        self.monitor = MetricsMonitor(trainer)
        self._metrics: dict[str, float] = {}
        self.measured_at = -1

    @property
    def real(self) -> Float[Tensor, "n 2"]:
        """Real points to draw: part of those measured by."""
        return self.monitor.real[0, :REAL]

    @property
    def real_labels(self) -> Tensor | None:
        """Their classes, if the model is conditional."""
        return self.monitor.real_labels[0, :REAL] if self.trainer.configs[0].classes else None

    def measure(self) -> Measurement:
        """Bring the metrics up to date: the costly part of a frame, done less often."""
        measured = self.monitor.measure()
        values = measured.values()
        self._metrics = {name: values[name] for name in METRICS}
        self.measured_at = measured.step
        return measured

    def inputs_for(self, view: View) -> tuple[RenderInputs, RenderOptions]:
        """What is to be computed for a view."""
        dim = self.trainer.configs[0].noise_dim
        # The same tensors again as long as nothing has changed; a plane of many dimensions is
        # found anew with each measurement.
        key = view.layers, view.graph, view.label, self.measured_at if dim > 2 else 0
        if self._last_inputs is None or self._last_inputs[0] != key:
            self._last_inputs = key, self._look_up(view)
        fake_gradients = FAKE_GRADIENTS * bool(view.layers & LAYERS["pull"])
        rows = 1 if dim == 1 else GRID
        return self._last_inputs[1], RenderOptions(
            fake_gradients, BINS * view.graph, rows, UNIT / self.extent
        )

    def render(self, view: View = View(), seen: RenderedView | None = None) -> Frame:
        """The present moment; `seen` if it has been computed already from `inputs_for` the view."""
        trainer, ensemble = self.trainer, self.trainer.ensemble
        if seen is None:
            seen = self._render(ensemble, *self.inputs_for(view))
        low, high = seen.numbers.tolist()
        labels = trainer.class_labels(FAKES)
        insides, unit, unit_size = None, torch.empty(0, 0), 0.0
        if view.insides is not None:
            place = view.label, self._directions()
            insides = network_inspection.insides(trainer, view.insides, *place)
        if view.unit is not None:
            place = view.label, self._directions()
            unit, unit_size = network_inspection.unit(trainer, view.unit, MAP, *place)
        return Frame(
            step=trainer.steps,
            updates_d=ensemble.updates["d"],
            updates_g=ensemble.updates["g"],
            extent=self.extent,
            fakes=seen.fakes,
            labels=None if labels is None else labels[0],
            fake_gradients=seen.fake_gradients,
            map=seen.map,
            map_range=(low, high),
            grid=seen.grid,
            probe=math.nan if view.probe is None else self._probe(view.probe, view.label),
            d_histogram=seen.d_histogram,
            norms={"d": seen.norms_d, "g": seen.norms_g},
            insides=insides,
            unit=unit,
            unit_size=unit_size,
            metrics=self._metrics,
            measured_at=self.measured_at,
            quantised=QuantisedView(*seen[5:9]),
        )

    def _look_up(self, view: View) -> RenderInputs:
        labels, places = self.trainer.labels(FAKES), RenderInputs()
        wants = {name: view.graph or bool(view.layers & bit) for name, bit in LAYERS.items()}
        if wants["fake"] or wants["pull"]:  # a gradient starts at its fake
            places = places._replace(z=_with(self._z, labels), label=labels)
        if wants["map"]:
            asked = self.trainer.labels(MAP * MAP, view.label)
            places = places._replace(cells=self._cells.mT.contiguous(), asked=asked)
        if wants["grid"]:
            z = self._grid_noise()
            places = places._replace(grid=_with(z, self.trainer.labels(z.shape[2], view.label)))
        if view.graph:
            real, both_labels = self.real[:FAKES], None
            if labels is not None:
                own = self.monitor.real_labels[0, :FAKES]
                both_labels = torch.cat([one_hot(own, labels.shape[1])[None], labels], dim=2)
            places = places._replace(real=real.T[None].contiguous(), both_labels=both_labels)
        return places

    def _probe(self, at: tuple[float, float], label: int) -> float:
        """What D says of a point."""
        point = torch.tensor(at, dtype=torch.float32).view(1, 1, 2)
        logits = self.trainer.discriminate(point, self.trainer.labels(1, label))
        return float(LOSSES[self.trainer.configs[0].loss].output(logits))

    def _grid_noise(self) -> Float[Tensor, "1 z k"]:
        """A grid of noise whose cells are equally likely."""
        if self.trainer.configs[0].noise_dim == 1:
            return self.ticks[None, None]
        second, first = torch.meshgrid(self.ticks, self.ticks, indexing="ij")
        return (self._directions() @ torch.stack([first, second]).view(2, -1))[None]

    @property
    def ticks(self) -> Float[Tensor, "n"]:
        """Values of each number of the noise through which the grid's lines go."""
        config = self.trainer.configs[0]
        return network_inspection.noise_ticks(config.noise, PATH if config.noise_dim == 1 else GRID)

    def _directions(self) -> Float[Tensor, "z 2"]:
        """The two directions of noise that are shown; of a single number the second is none."""
        dim = self.trainer.configs[0].noise_dim
        if dim <= 2:
            return torch.eye(dim, 2)
        if self._plane is None or self._plane[0] != self.measured_at:
            self._plane = self.measured_at, self._principal_plane()
        return self._plane[1]

    def _principal_plane(self) -> Float[Tensor, "z 2"]:
        """The two orthogonal directions of noise along which G's output moves most.

        First right singular vectors of G's Jacobian, estimated by regression on the samples
        measured last; found anew with each measurement.
        """
        z, label = self.monitor.z, self.trainer.labels(MEASURED)
        fake = self.trainer.generate(z, label)[0]
        slopes = z[0] @ (fake - fake.mean(0)) / MEASURED  # (z, 2)
        # The tiny shift keeps a generator that does not move at all from being singular.
        return torch.linalg.qr(slopes + 1e-9).Q


def _with(inputs: Float[Tensor, "1 i n"], label: Float[Tensor, "1 c n"] | None) -> Tensor:
    return inputs if label is None else torch.cat([inputs, label], dim=1)
