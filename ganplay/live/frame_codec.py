"""Frames as bytes: `pack` makes them, `unpack` reads them back and trusts nothing in them.

`web/shared/frame.js` is the decoder of the page.
"""

import struct
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from ganplay.live.frame import BINS, METRICS, UNIT, Frame
from ganplay.live.network_inspection import NetworkInspection
from ganplay.live.render import gradients_of, quantise, quantised
from ganplay.toy.diagnosis import KINDS, NOTHING_YET, Evidence, Finding

VERSION = 4
HEADER = struct.Struct("<2sBB IIIII ffffff I")
"""magic, version, flags, run, step, updates_d, updates_g, applied, rate, extent, map_low,
map_high, probe, measured_at, sections."""
ENTRY = struct.Struct("<BBHI")
"""Of the table behind the header, one a section: its index in `SECTIONS`, its type's in `TYPES`,
the length of its last axis, and how many numbers it holds."""
_LAYOUT: dict[str, tuple[str, int | None, int, tuple[int, ...]]] = {
    # type, columns (None: as many as there are), most numbers, shape where there are none
    "metrics": ("<f4", len(METRICS), len(METRICS), (1, 0)),
    "norms_d": ("<f4", None, 16, (1, 0)),
    "norms_g": ("<f4", None, 16, (1, 0)),
    "verdicts": ("<u2", BINS, 2 * BINS, (2, 0)),
    "fakes": ("<i2", 2, 8192, (0, 2)),
    "grid": ("<i2", None, 8192, (0, 0, 2)),
    "pulls": ("|i1", 2, 8192, (0, 2)),
    "map": ("|u1", None, 256 * 256, (0, 0)),
    "labels": ("|u1", None, 4096, (0,)),
    "units": ("|u1", None, 2**17, (0, 1, 1)),
    "weights": ("|i1", None, 2**15, (0,)),
    "unit": ("|u1", None, 256 * 256, (0, 0)),
    "unit_size": ("<f4", 1, 1, (1, 1)),
    "rival": ("|u1", None, 2**18, (0,)),
    "diagnosis": ("<f4", 2 + len(Evidence._fields), 2 + len(Evidence._fields), (0,)),
    "missing": ("|u1", None, 256, (0,)),
}
"""What each section is, and what `unpack` lets it be.

`verdicts` are the histograms of D's outputs, `pulls` the arrows of the fake gradients, `diagnosis`
is a finding's place in `KINDS`, its step and its evidence, `missing` its modes, and `rival` is a
packed frame of another member at the same step.
"""
SECTIONS = tuple(_LAYOUT)
TYPES = ("<f4", "<i2", "|i1", "|u1", "<u2")
_SECTION = {name: place for place, name in enumerate(SECTIONS)}
_TYPE = {np.dtype(name): place for place, name in enumerate(TYPES)}
FLAGS = {"playing": 1, "diverged": 4, "catching_up": 8}


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
    (low, high), finding = frame.map_range, frame.finding
    about = KINDS.index(finding.kind), finding.since, *finding.evidence
    drawings = frame.fakes, frame.grid, frame.fake_gradients, frame.map
    drawn = frame.quantised or quantised(drawings, UNIT / frame.extent, low, high)
    labels = torch.empty(0) if frame.labels is None else frame.labels[: len(frame.fakes)]
    arrays: dict[str, NDArray] = {
        "metrics": np.array(list(frame.metrics.values()), dtype="<f4"),
        "norms_d": frame.norms["d"].numpy(),
        "norms_g": frame.norms["g"].numpy(),
        "verdicts": frame.d_histogram.numpy().astype("<u2"),
        "fakes": drawn.fakes.numpy(),
        "grid": drawn.grid.numpy(),
        "pulls": drawn.fake_gradients.numpy(),
        "map": drawn.cells.numpy(),
        "rival": np.frombuffer(rival, dtype="|u1"),
        **_inside_arrays(frame),
        "diagnosis": np.array(about, dtype="<f4"),
        "missing": np.array(finding.missing, dtype="|u1"),
        "labels": labels.to(torch.uint8).numpy(),
    }
    there = {name: array for name, array in arrays.items() if array.size}
    header = HEADER.pack(
        b"GP", VERSION, flags, run, frame.step, frame.updates_d, frame.updates_g, applied,
        rate, frame.extent, low, high, frame.probe, float(frame.measured_at),
        len(there),
    )  # fmt: skip
    # By falling size of their numbers each stands where the page can read it without a copy.
    rows = sorted(there.items(), key=lambda row: -row[1].dtype.itemsize)
    table = b"".join(
        ENTRY.pack(_SECTION[name], _TYPE[array.dtype], _columns(name, array), array.size)
        for name, array in rows
    )
    return header + table + b"".join(array.tobytes() for _, array in rows)


def pack_points(points: Float[Tensor, "n 2"], extent: float) -> list[int]:
    """Coordinates as whole numbers, x and y in turns, for what travels once and as JSON."""
    return quantise(points, UNIT / extent).ravel().tolist()


def _inside_arrays(frame: Frame) -> dict[str, NDArray]:
    """Sections of units (128 stands for 0) and weights."""
    shown, arrays = frame.insides, dict[str, NDArray]()
    if frame.unit.numel():
        arrays["unit"] = _bytes_of(frame.unit)
        arrays["unit_size"] = np.array([frame.unit_size], dtype="<f4")
    if shown is not None:
        arrays["units"] = _bytes_of(shown.maps)
        arrays["weights"] = (torch.nan_to_num(shown.weights) * 127).round().to(torch.int8).numpy()
    return arrays


def _bytes_of(values: Tensor) -> NDArray[np.uint8]:
    return (torch.nan_to_num(values) * 127 + 128).round().to(torch.uint8).numpy()


def _columns(name: str, array: NDArray) -> int:
    """How long a row is; rows of points are counted in points, and bytes have no rows."""
    return 0 if name == "rival" else array.shape[1] if name == "grid" else array.shape[-1]


def without_drawings(frame: Frame) -> Frame:
    """The frame without its drawings: where networks are no longer finite there is nothing."""
    none = torch.empty(0, 2)
    return replace(frame, fakes=none, fake_gradients=none, map=torch.empty(0, 0), labels=None,
                   grid=torch.empty(0, 0, 2), d_histogram=torch.empty(2, 0),
                   norms=dict.fromkeys(frame.norms, torch.empty(0)), insides=None,
                   unit=torch.empty(0, 0), quantised=None)  # fmt: skip


def unpack(data: bytes) -> Frame:
    """The frame that `pack` packed, as fine as it was packed; who sent it need not be trusted.

    Raises:
        ValueError: if it is anything else.
    """
    _need(len(data) >= HEADER.size, "no frame: it is too short")
    (magic, version, flags, _, step, updates_d, updates_g, _, rate, extent, low, high, probe,
     measured_at, count) = HEADER.unpack_from(data)  # fmt: skip
    _need(magic == b"GP", "no frame")
    _need(version == VERSION, f"a frame of version {version}; {VERSION} is needed")
    _need(flags <= sum(FLAGS.values()) and count <= len(SECTIONS), "no possible frame")
    # Also false for NaN. What is finite here is finite when single precision has multiplied it.
    _need(all(abs(n) < 1e30 for n in (rate, extent, low, high)), "no possible numbers")
    _need(extent > 0 and low < high, "a frame of no possible scale")
    _need(-1 <= measured_at <= 2**32, "metrics of no possible step")
    found = _sections(data, count)
    fakes, fake_gradients, cells, unit = (found[n] for n in ("fakes", "pulls", "map", "unit"))
    labels = found["labels"].flatten().to(torch.uint8)
    _need(not len(labels) or len(labels) == len(fakes), "not a label for each point")
    _need(cells.shape[0] == cells.shape[1], "a map that is not square")
    _need(len(fake_gradients) <= len(fakes), "more pulls than points")
    _need(len(found["verdicts"]) == 2, "verdicts of other than two samples")
    _need(len(found["norms_d"]) == len(found["norms_g"]) == 1, "norms in several rows")
    _need(unit.shape[0] == unit.shape[1], "a unit that is not square")
    metrics = found["metrics"][0].tolist()
    return Frame(
        step=step,
        updates_d=updates_d,
        updates_g=updates_g,
        extent=extent,
        fakes=fakes * (extent / UNIT),
        labels=labels if len(labels) else None,
        fake_gradients=gradients_of(fake_gradients / 127),
        map=cells * ((high - low) / 255) + low,
        map_range=(low, high),
        grid=found["grid"] * (extent / UNIT),
        probe=probe,
        d_histogram=found["verdicts"],
        norms={net: found[f"norms_{net}"][0] for net in ("d", "g")},
        insides=_insides(found),
        unit=(unit - 128) / 127,
        unit_size=found["unit_size"].item(),
        metrics=dict(zip(METRICS, metrics, strict=True)) if metrics else {},
        measured_at=int(measured_at),
        finding=_finding(found),
    )


def _finding(found: Mapping[str, Tensor]) -> Finding:
    if not found["diagnosis"].numel():
        return NOTHING_YET
    kind, since, *evidence = found["diagnosis"][0].tolist()
    _need(kind in range(len(KINDS)) and 0 <= since <= 2**32, "a verdict of no known kind")
    modes = tuple(found["missing"].flatten().int().tolist())
    return Finding(KINDS[int(kind)], int(since), Evidence(*evidence), modes)


def _insides(found: Mapping[str, Tensor]) -> NetworkInspection | None:
    units, weights = found["units"], found["weights"]
    if not units.numel() and not weights.numel():
        return None
    return NetworkInspection((units - 128) / 127, weights.flatten() / 127)


def _sections(data: bytes, count: int) -> dict[str, Tensor]:
    """All sections by name, rows first, as floats: each of them as `_LAYOUT` has it.

    Raises:
        ValueError: if one is not, or if anything is left over.
    """
    at = HEADER.size + count * ENTRY.size
    _need(len(data) >= at, "a frame without all of its table")
    arrays: dict[str, NDArray] = {}
    for i in range(count):
        index, kind, columns, size = ENTRY.unpack_from(data, HEADER.size + i * ENTRY.size)
        _need(index < len(SECTIONS) and kind < len(TYPES), "a section of no known kind")
        name, dtype = SECTIONS[index], np.dtype(TYPES[kind])
        wanted, width, most, _ = _LAYOUT[name]
        _need(name not in arrays and TYPES[kind] == wanted, f"{name} twice, or of another type")
        _need(columns == (width or columns) and 0 < size <= most, f"{name} of no possible size")
        row = 1 if name == "rival" else columns * {"grid": 2, "units": columns}.get(name, 1)
        _need(row > 0 and size % row == 0, f"{name} without whole rows")
        _need(at + size * dtype.itemsize <= len(data), f"a frame without all of its {name}")
        if name != "rival":  # another frame, which is not looked at here
            deep = {"grid": (2,), "units": (columns,)}.get(name, ())
            arrays[name] = np.frombuffer(data, dtype, size, at).reshape(-1, columns, *deep)
        at += size * dtype.itemsize
    _need(at == len(data), f"a frame of {len(data)} bytes where {at} are expected")
    missing = {name: np.zeros(none) for name, (_, _, _, none) in _LAYOUT.items()}
    return {n: torch.from_numpy(a.astype(np.float32)) for n, a in (missing | arrays).items()}


def _need(condition: bool, why: str) -> None:
    if not condition:
        raise ValueError(why)
