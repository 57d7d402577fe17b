"""What the lab draws at one moment, as arrays and as packed bytes.

A `FrameRenderer` looks at one member of a trainer from a fixed place: the same latent vectors, the
same cells, so that a picture moves only because the networks did. Everything in a frame is computed
for the step it is stamped with. `web/shared/frame.js` unpacks what `pack` packs.
"""

import math
import struct
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from ganplay.common.seeding import generator_of
from ganplay.gan.losses import LOSSES
from ganplay.live import network_inspection
from ganplay.live.network_inspection import NetworkInspection
from ganplay.live.render import (
    QuantisedView,
    RenderedView,
    RenderInputs,
    RenderOptions,
    quantised,
    render_one,
    whole,
)
from ganplay.toy.batches import draw_noise
from ganplay.toy.captured_function import CapturedFunction
from ganplay.toy.diagnosis import KINDS, NOTHING_YET, Finding
from ganplay.toy.monitor import MEASURED, Measurement, MetricsMonitor
from ganplay.toy.trainer import ToyTrainer

VERSION = 3
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
"""Of the histograms of D's verdicts."""
UNIT = 8191
"""Coordinates are whole numbers, `UNIT` being the view's half-width; four of those can be held."""

LAYERS = {"map": 1, "real": 2, "fake": 4, "pull": 8, "grid": 16}
ALL_LAYERS = sum(LAYERS.values())
METRICS = (
    "js",
    "modes",
    "high_quality",
    "dispersion",
    "d_loss",
    "g_loss",
    "penalty",
    "d_real",
    "d_fake",
    "accuracy",
    "value",
    "grad_norm_d",
    "grad_norm_g",
    "separation",
)
"""Names of the numbers in a frame, in their order."""
HEADER = struct.Struct("<2sBB IIIII fffffff I")
"""magic, version, flags, run, step, updates_d, updates_g, applied, rate, extent, map_low,
map_high, pull_scale, probe, measured_at, sections."""
ENTRY = struct.Struct("<BBHI")
"""Of the table behind the header, one a section: its index in `SECTIONS`, its type's in `TYPES`,
the length of its last axis, and how many numbers it holds."""
SECTIONS = (
    "metrics",
    "norms_d",
    "norms_g",
    "verdicts",
    "fakes",
    "grid",
    "pulls",
    "map",
    "labels",
    "units",
    "weights",
    "unit",
    "unit_size",
    "rival",
    "diagnosis",
    "missing",
)
"""`diagnosis` is a verdict's place in `KINDS`, its step and its evidence, `missing` its modes, and
`rival` is a packed frame of another member at the same step."""
TYPES = ("<f4", "<i2", "|i1", "|u1", "<u2")
_SECTION = {name: place for place, name in enumerate(SECTIONS)}
_TYPE = {np.dtype(name): place for place, name in enumerate(TYPES)}
FLAGS = {"playing": 1, "diverged": 4, "catching_up": 8}


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
    fake_gradients: Float[Tensor, "m 2"]
    map: Float[Tensor, "cells cells"]
    map_range: tuple[float, float]
    grid: Float[Tensor, "rows columns 2"]
    probe: float
    verdicts: Float[Tensor, "2 bins"]
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
    plate: tuple[QuantisedView, tuple[Tensor, ...]] | None = None
    """Fakes, grid, fake gradients and map, quantised, and the tensors that these were made of."""

    @property
    def drawings(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """What is drawn in the plane."""
        return self.fakes, self.grid, self.fake_gradients, self.map

    def as_whole(self) -> QuantisedView:
        """The drawings as whole numbers: those that came with them, unless they were replaced."""
        if self.plate is not None:
            plate, of = self.plate
            if all(a is b for a, b in zip(of, self.drawings, strict=True)):
                return plate
        made = quantised(self.drawings, UNIT / self.extent, *self.map_range)
        return QuantisedView(*made[:4], float(made[4]))


_NOTHING, _NO_VERDICTS, _NO_UNIT = torch.empty(0), torch.empty(2, 0), torch.empty(0, 0)


class FrameRenderer:
    """Looks at one member of a trainer."""

    def __init__(self, trainer: ToyTrainer) -> None:
        self.trainer = trainer
        config = trainer.configs[0]
        self.extent = trainer.distribution().extent
        self._cells = network_inspection.plane(MAP, self.extent).T[None]
        generator = generator_of(config.seed, "renderer")
        self._z = draw_noise(config.noise, config.noise_dim, FAKES, generator)[None]
        self._plane: tuple[int, Float[Tensor, "z 2"]] | None = None
        self._shutter = CapturedFunction(render_one)
        self._last_places: tuple[Any, RenderInputs] | None = None
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

    def asks(self, view: View) -> tuple[RenderInputs, RenderOptions]:
        """What is to be computed for a view."""
        fake_gradients, bins = (
            FAKE_GRADIENTS * bool(view.layers & LAYERS["pull"]),
            BINS * view.graph,
        )
        rows = 1 if self.trainer.configs[0].noise_dim == 1 else GRID
        return self._places(view), RenderOptions(fake_gradients, bins, rows, UNIT / self.extent)

    def look(self, view: View = View(), seen: RenderedView | None = None) -> Frame:
        """The present moment; `seen` if what `asks` says has been computed already."""
        trainer, config = self.trainer, self.trainer.configs[0]
        ensemble = trainer.ensemble
        if seen is None:
            seen = self._shutter(ensemble, *self.asks(view))
        low, high, scale = seen.numbers.tolist()
        insides, unit, unit_size = None, _NO_UNIT, 0.0
        if view.insides is not None:
            insides = network_inspection.insides(
                trainer, view.insides, view.label, self._directions()
            )
        if view.unit is not None:
            unit, unit_size = network_inspection.unit(
                trainer, view.unit, MAP, view.label, self._directions()
            )
        return Frame(
            step=trainer.steps,
            updates_d=ensemble.updates["d"],
            updates_g=ensemble.updates["g"],
            extent=self.extent,
            fakes=seen.fakes,
            labels=torch.arange(FAKES) % config.classes if config.classes else None,
            fake_gradients=seen.fake_gradients,
            map=seen.map,
            map_range=(low, high),
            grid=seen.grid,
            probe=math.nan if view.probe is None else self._probe(view.probe, view.label),
            verdicts=_NO_VERDICTS if seen.verdicts is None else seen.verdicts,
            norms={
                "d": _NOTHING if seen.norms_d is None else seen.norms_d,
                "g": _NOTHING if seen.norms_g is None else seen.norms_g,
            },
            insides=insides,
            unit=unit,
            unit_size=unit_size,
            metrics=self._metrics,
            measured_at=self.measured_at,
            plate=(QuantisedView(*seen[5:9], scale), seen[1:5]),
        )

    def _places(self, view: View) -> RenderInputs:
        """Where to look for a view: the same tensors again as long as nothing has changed."""
        plane = self._plane_of_noise()
        key = view.layers, view.graph, view.label, None if plane is None else plane[0]
        if self._last_places is None or self._last_places[0] != key:
            self._last_places = key, self._look_up(view)
        return self._last_places[1]

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
            real, judged = self.real[:FAKES], None
            if labels is not None:
                own = self.monitor.real_labels[0, :FAKES]
                known = torch.nn.functional.one_hot(own, labels.shape[1]).T.float()[None]
                judged = torch.cat([known, labels], dim=2)
            places = places._replace(real=real.T[None].contiguous(), judged=judged)
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
        plane = self._plane_of_noise()
        return torch.eye(dim, 2) if plane is None else plane[1]

    def _plane_of_noise(self) -> tuple[int, Float[Tensor, "z 2"]] | None:
        """The plane of many dimensions that is shown, and when it was found; of few None."""
        if self.trainer.configs[0].noise_dim <= 2:
            return None
        if self._plane is None or self._plane[0] != self.measured_at:
            self._plane = self.measured_at, self._principal_plane()
        return self._plane

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


def _inside_arrays(frame: Frame) -> dict[str, NDArray]:
    """Sections of units (128 stands for 0) and weights."""

    def bytes_of(values: Tensor) -> NDArray[np.uint8]:
        return (torch.nan_to_num(values) * 127 + 128).round().to(torch.uint8).numpy()

    shown, arrays = frame.insides, dict[str, NDArray]()
    if frame.unit.numel():
        arrays["unit"] = bytes_of(frame.unit)
        arrays["unit_size"] = np.array([frame.unit_size], dtype="<f4")
    if shown is not None:
        arrays["units"] = bytes_of(shown.maps)
        arrays["weights"] = (torch.nan_to_num(shown.weights) * 127).round().to(torch.int8).numpy()
    return arrays


def _finding_arrays(finding: Finding) -> dict[str, NDArray]:
    numbers = KINDS.index(finding.kind), finding.since, *finding.evidence
    return {
        "diagnosis": np.array(numbers, dtype="<f4"),
        "missing": np.array(finding.missing, dtype="|u1"),
    }


def _columns(name: str, array: NDArray) -> int:
    """How long a row is; rows of points are counted in points, and bytes have no rows."""
    return 0 if name == "rival" else array.shape[1] if name == "grid" else array.shape[-1]


def pack(
    frame: Frame,
    *,
    run: int = 0,
    applied: int = 0,
    rate: float = 0.0,
    flags: int = 0,
    rival: bytes = b"",
) -> bytes:
    """A frame as little-endian bytes: `HEADER`, the table of sections, and these by falling size.

    Args:
        frame: what to pack.
        run: counts the starts of a session, so that a page can tell a rewind from a step back.
        applied: number of the last message of the page that this frame has taken into account.
        rate: steps a second.
        flags: sum of `FLAGS`.
        rival: another packed frame, to travel inside this one.
    """
    low, high = frame.map_range
    drawn = frame.as_whole()
    arrays: dict[str, NDArray] = (
        {
            "metrics": np.array(list(frame.metrics.values()), dtype="<f4"),
            "norms_d": frame.norms["d"].numpy(),
            "norms_g": frame.norms["g"].numpy(),
            "verdicts": frame.verdicts.numpy().astype("<u2"),
            "fakes": drawn.fakes.numpy(),
            "grid": drawn.grid.numpy(),
            "pulls": drawn.fake_gradients.numpy(),
            "map": drawn.cells.numpy(),
            "rival": np.frombuffer(rival, dtype="|u1"),
        }
        | _inside_arrays(frame)
        | _finding_arrays(frame.finding)
    )
    if frame.labels is not None:
        arrays["labels"] = frame.labels[: len(frame.fakes)].to(torch.uint8).numpy()
    there = {name: array for name, array in arrays.items() if array.size}
    header = HEADER.pack(
        b"GP", VERSION, flags, run, frame.step, frame.updates_d, frame.updates_g, applied,
        rate, frame.extent, low, high, drawn.scale, frame.probe, float(frame.measured_at),
        len(there),
    )  # fmt: skip
    # By falling size of their numbers each stands where the page can read it without a copy.
    order = sorted(there, key=lambda name: -there[name].dtype.itemsize)
    table = b"".join(
        ENTRY.pack(_SECTION[n], _TYPE[a.dtype], _columns(n, a), a.size)
        for n in order
        for a in [there[n]]
    )
    return header + table + b"".join(there[name].tobytes() for name in order)


def pack_points(points: Float[Tensor, "n 2"], extent: float) -> list[int]:
    """Coordinates as whole numbers, x and y in turns, for what travels once and as JSON."""
    return whole(points, UNIT / extent).ravel().tolist()


def bare(frame: Frame) -> Frame:
    """The frame without its drawings: where networks are no longer finite there is nothing."""
    none = torch.empty(0, 2)
    return replace(frame, fakes=none, fake_gradients=none, map=torch.empty(0, 0), labels=None,
                   grid=torch.empty(0, 0, 2), verdicts=torch.empty(2, 0),
                   norms=dict.fromkeys(frame.norms, torch.empty(0)), insides=None,
                   unit=torch.empty(0, 0))  # fmt: skip
