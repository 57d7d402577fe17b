"""What the lab draws at one moment, as arrays and as packed bytes.

A `Camera` looks at one member of a trainer from a fixed place: the same latent vectors, the same
cells, so that a picture moves only because the networks did. Everything in a frame is computed
for the step it is stamped with. `ui/assets/frame.js` unpacks what `pack` packs.
"""

import math
import struct
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from ganplay import anatomy
from ganplay.anatomy import Insides
from ganplay.diagnosis import KINDS, NOTHING_YET, Verdict
from ganplay.gauge import MEASURED, Gauge, Measurement
from ganplay.losses import LOSSES
from ganplay.streams import draw_noise, generator_of
from ganplay.training import ToyTrainer

VERSION = 3
MAP = 40
"""Cells along a side of D's map."""
GRID = 21
"""Lines each way of G's warped grid."""
PATH = 200
"""Points of the path that one-dimensional noise is drawn as."""
FAKES = 400
PULLS = 200
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
    pulls: Float[Tensor, "m 2"]
    map: Float[Tensor, "cells cells"]
    map_range: tuple[float, float]
    grid: Float[Tensor, "rows columns 2"]
    probe: float
    verdicts: Float[Tensor, "2 bins"]
    """How many of the shown real points, and of the fakes, D gives each value of its range."""
    norms: dict[str, Float[Tensor, "layers"]]
    """Norm of the last gradient of each layer, for the nets d and g."""
    insides: Insides | None = None
    unit: Float[Tensor, "side side"] = field(default_factory=lambda: torch.empty(0, 0))
    unit_size: float = 0.0
    """The largest output of the unit on its plane, to which its map is relative."""
    metrics: dict[str, float] = field(default_factory=dict)
    measured_at: int = 0
    verdict: Verdict = NOTHING_YET


def map_range(
    maps: Float[Tensor, "*s cells cells"], reading: str
) -> tuple[Float[Tensor, "*s"], Float[Tensor, "*s"]]:
    """What the ends of maps' colours stand for, by how a loss reads D's output."""
    if reading == "critic":  # only differences mean something: from the least to the most
        low, high = maps.amin((-2, -1)), maps.amax((-2, -1))
        return low, torch.maximum(high, low + 1e-6)
    ends = {"probability": (0.0, 1.0), "target": (-0.5, 1.5), "margin": (-1.5, 1.5)}[reading]
    low, high = (torch.full(maps.shape[:-2], end) for end in ends)
    return low, high


class Camera:
    """Looks at one member of a trainer."""

    def __init__(self, trainer: ToyTrainer) -> None:
        self.trainer = trainer
        config = trainer.configs[0]
        self.extent = trainer.distribution().extent
        self._cells = anatomy.plane(MAP, self.extent).T[None]
        generator = generator_of(config.seed, "camera")
        self._z = draw_noise(config.noise, config.noise_dim, FAKES, generator)[None]
        self._plane: tuple[int, Float[Tensor, "z 2"]] | None = None
        self.gauge = Gauge(trainer)
        self._metrics: dict[str, float] = {}
        self.measured_at = -1

    @property
    def real(self) -> Float[Tensor, "n 2"]:
        """Real points to draw: part of those measured by."""
        return self.gauge.real[0, :REAL]

    @property
    def real_labels(self) -> Tensor | None:
        """Their classes, if the model is conditional."""
        return self.gauge.real_labels[0, :REAL] if self.trainer.configs[0].classes else None

    def measure(self) -> Measurement:
        """Bring the metrics up to date: the costly part of a frame, done less often."""
        measured = self.gauge.measure()
        self._metrics = {name: float(measured.metrics[name][0]) for name in METRICS}
        self.measured_at = measured.step
        return measured

    def look(self, view: View = View()) -> Frame:
        """The present moment."""
        trainer, record = self.trainer, self.trainer.record()
        config, label = trainer.configs[0], trainer.labels(FAKES)
        wants = {name: bool(view.layers & bit) for name, bit in LAYERS.items()}
        wants |= dict.fromkeys(("map", "fake", "grid"), True) if view.graph else {}
        fakes = pulls = torch.empty(0, 2)
        if wants["fake"] or wants["pull"]:  # a pull starts at its fake
            fakes = trainer.generate(self._z, label)[0]
        if wants["pull"]:
            shown = None if label is None else label[:, :, :PULLS]
            pulls = trainer.pull(fakes[None, :PULLS], shown)[0]
        cells, low, high = torch.empty(0, 0), 0.0, 1.0
        if wants["map"]:
            cells, low, high = self._map(view.label)
        verdicts, norms = torch.empty(2, 0), {"d": torch.empty(0), "g": torch.empty(0)}
        if view.graph:
            verdicts = self._verdicts(fakes, low, high)
            norms = {net: trainer.layer_norms(net)[0] for net in norms}
        insides, unit, unit_size = None, torch.empty(0, 0), 0.0
        if view.insides is not None:
            insides = anatomy.insides(trainer, view.insides, view.label, self._directions())
        if view.unit is not None:
            unit, unit_size = anatomy.unit(trainer, view.unit, MAP, view.label, self._directions())
        probe = math.nan
        if view.probe is not None:
            point = torch.tensor(view.probe, dtype=torch.float32).view(1, 1, 2)
            probe = float(self._judge(point, view.label))
        return Frame(
            step=record.step,
            updates_d=record.updates_d,
            updates_g=record.updates_g,
            extent=self.extent,
            fakes=fakes,
            labels=torch.arange(FAKES) % config.classes if config.classes else None,
            pulls=pulls,
            map=cells,
            map_range=(low, high),
            grid=self._grid(view.label) if wants["grid"] else torch.empty(0, 0, 2),
            probe=probe,
            verdicts=verdicts,
            norms=norms,
            insides=insides,
            unit=unit,
            unit_size=unit_size,
            metrics=self._metrics,
            measured_at=self.measured_at,
        )

    def _verdicts(
        self, fakes: Float[Tensor, "n 2"], low: float, high: float
    ) -> Float[Tensor, "2 bins"]:
        """Histograms over the map's range; what lies outside counts at its ends."""
        real, hot = self.real[: len(fakes)], self.trainer.labels(len(fakes))
        if hot is not None:
            labels = self.gauge.real_labels[0, : len(real)]
            known = torch.nn.functional.one_hot(labels, hot.shape[1]).T.float()[None]
            hot = torch.cat([known, hot], dim=2)
        logits = self.trainer.discriminate(torch.cat([real, fakes])[None], hot)[0]
        share = ((self._output(logits) - low) / (high - low)).nan_to_num(0.0).clamp(0, 1)
        return torch.stack([torch.histc(s, BINS, 0.0, 1.0) for s in share.split(len(real))])

    def _judge(self, points: Float[Tensor, "1 n 2"], label: int) -> Float[Tensor, "n"]:
        hot = self.trainer.labels(points.shape[1], label)
        logits = self.trainer.discriminate(points, hot)[0]
        return self._output(logits)

    def _output(self, logits: Tensor) -> Tensor:
        return LOSSES[self.trainer.configs[0].loss].output(logits)

    def _map(self, label: int) -> tuple[Float[Tensor, "cells cells"], float, float]:
        """D over the plane (rows are y, upwards), and the range that the colours stand for."""
        values = self._judge(self._cells, label).view(MAP, MAP)
        low, high = map_range(values, LOSSES[self.trainer.configs[0].loss].reading)
        return values, float(low), float(high)

    def _grid(self, label: int) -> Float[Tensor, "rows columns 2"]:
        """G's image of a grid of noise whose cells are equally likely."""
        ticks, rows = self.ticks, 1
        if self.trainer.configs[0].noise_dim == 1:
            z = ticks[None, None]
        else:
            second, first = torch.meshgrid(ticks, ticks, indexing="ij")
            z = (self._directions() @ torch.stack([first, second]).view(2, -1))[None]
            rows = GRID
        return self.trainer.generate(z, self.trainer.labels(z.shape[2], label))[0].view(rows, -1, 2)

    @property
    def ticks(self) -> Float[Tensor, "n"]:
        """Values of each number of the noise through which the grid's lines go."""
        config = self.trainer.configs[0]
        return anatomy.noise_ticks(config.noise, PATH if config.noise_dim == 1 else GRID)

    def _directions(self) -> Float[Tensor, "z 2"]:
        """The two directions of noise that are shown; of a single number the second is none."""
        dim = self.trainer.configs[0].noise_dim
        return self._principal_plane() if dim > 2 else torch.eye(dim, 2)

    def _principal_plane(self) -> Float[Tensor, "z 2"]:
        """The two orthogonal directions of noise along which G's output moves most.

        First right singular vectors of G's Jacobian, estimated by regression on the samples
        measured last; found anew with each measurement.
        """
        if self._plane is None or self._plane[0] != self.measured_at:
            z, label = self.gauge.z, self.trainer.labels(MEASURED)
            fake = self.trainer.generate(z, label)[0]
            slopes = z[0] @ (fake - fake.mean(0)) / MEASURED  # (z, 2)
            # The tiny shift keeps a generator that does not move at all from being singular.
            self._plane = self.measured_at, torch.linalg.qr(slopes + 1e-9).Q
        return self._plane[1]


def _whole(points: Tensor, extent: float) -> NDArray[np.int16]:
    scaled = torch.nan_to_num(points * (UNIT / extent)).clamp(-32767, 32767)
    return scaled.round().to(torch.int16).numpy()


def _inside_arrays(frame: Frame) -> dict[str, NDArray]:
    """Sections of units (128 stands for 0) and weights."""

    def bytes_of(values: Tensor) -> NDArray[np.uint8]:
        return (torch.nan_to_num(values) * 127 + 128).round().to(torch.uint8).numpy()

    shown = frame.insides
    large = frame.unit.numel() > 0
    arrays: dict[str, NDArray] = {
        "unit": bytes_of(frame.unit),
        "unit_size": np.array([frame.unit_size] * large, dtype="<f4"),
    }
    if shown is not None:
        arrays["units"] = bytes_of(shown.maps)
        arrays["weights"] = (torch.nan_to_num(shown.weights) * 127).round().to(torch.int8).numpy()
    return arrays


def _verdict_arrays(verdict: Verdict) -> dict[str, NDArray]:
    numbers = KINDS.index(verdict.kind), verdict.since, *verdict.evidence
    return {
        "diagnosis": np.array(numbers, dtype="<f4"),
        "missing": np.array(verdict.missing, dtype="|u1"),
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
    longest = float(frame.pulls.norm(dim=1).quantile(0.95)) if len(frame.pulls) else 0.0
    pull_scale = max(longest, 1e-12)
    pulls = torch.nan_to_num(frame.pulls / pull_scale).clamp(-1, 1) * 127
    cells = torch.nan_to_num((frame.map - low) / (high - low)).clamp(0, 1) * 255
    labels = torch.empty(0) if frame.labels is None else frame.labels[: len(frame.fakes)]
    arrays = (
        {
            "metrics": np.array(list(frame.metrics.values()), dtype="<f4"),
            "norms_d": frame.norms["d"].numpy(),
            "norms_g": frame.norms["g"].numpy(),
            "verdicts": frame.verdicts.numpy().astype("<u2"),
            "fakes": _whole(frame.fakes, frame.extent),
            "grid": _whole(frame.grid, frame.extent),
            "pulls": pulls.round().to(torch.int8).numpy(),
            "map": cells.round().to(torch.uint8).numpy(),
            "labels": labels.to(torch.uint8).numpy(),
            "rival": np.frombuffer(rival, dtype="|u1"),
        }
        | _inside_arrays(frame)
        | _verdict_arrays(frame.verdict)
    )
    there = {name: array for name, array in arrays.items() if array.size}
    header = HEADER.pack(
        b"GP", VERSION, flags, run, frame.step, frame.updates_d, frame.updates_g, applied,
        rate, frame.extent, low, high, pull_scale, frame.probe, float(frame.measured_at),
        len(there),
    )  # fmt: skip
    # By falling size of their numbers each stands where the page can read it without a copy.
    order = sorted(there, key=lambda name: -there[name].dtype.itemsize)
    table = b"".join(
        ENTRY.pack(SECTIONS.index(n), TYPES.index(a.dtype.str), _columns(n, a), a.size)
        for n in order
        for a in [there[n]]
    )
    return header + table + b"".join(there[name].tobytes() for name in order)


def pack_points(points: Float[Tensor, "n 2"], extent: float) -> list[int]:
    """Coordinates as whole numbers, x and y in turns, for what travels once and as JSON."""
    return _whole(points, extent).ravel().tolist()


def bare(frame: Frame) -> Frame:
    """The frame without its drawings: where networks are no longer finite there is nothing."""
    none = torch.empty(0, 2)
    return replace(frame, fakes=none, pulls=none, map=torch.empty(0, 0), labels=None,
                   grid=torch.empty(0, 0, 2), verdicts=torch.empty(2, 0),
                   norms=dict.fromkeys(frame.norms, torch.empty(0)), insides=None,
                   unit=torch.empty(0, 0))  # fmt: skip
