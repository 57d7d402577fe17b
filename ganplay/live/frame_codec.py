"""Reads packed frames that come from elsewhere, and trusts nothing in them."""

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from ganplay.live.frame import (
    BINS,
    ENTRY,
    FLAGS,
    HEADER,
    METRICS,
    SECTIONS,
    TYPES,
    UNIT,
    VERSION,
    Frame,
)
from ganplay.live.network_inspection import NetworkInspection
from ganplay.toy.diagnosis import KINDS, NOTHING_YET, Evidence, Finding

_LAYOUT = {
    # type, columns (None: as many as there are), most numbers
    "metrics": ("<f4", len(METRICS), len(METRICS)),
    "norms_d": ("<f4", None, 16),
    "norms_g": ("<f4", None, 16),
    "verdicts": ("<u2", BINS, 2 * BINS),
    "fakes": ("<i2", 2, 8192),
    "grid": ("<i2", None, 8192),
    "pulls": ("|i1", 2, 8192),
    "map": ("|u1", None, 256 * 256),
    "labels": ("|u1", None, 4096),
    "units": ("|u1", None, 2**17),
    "weights": ("|i1", None, 2**15),
    "unit": ("|u1", None, 256 * 256),
    "unit_size": ("<f4", 1, 1),
    "rival": ("|u1", None, 2**18),
    "diagnosis": ("<f4", 2 + len(Evidence._fields), 2 + len(Evidence._fields)),
    "missing": ("|u1", None, 256),
}
"""What `unpack` lets each section be."""


def unpack(data: bytes) -> Frame:
    """The frame that `pack` packed, as fine as it was packed; who sent it need not be trusted.

    Raises:
        ValueError: if it is anything else.
    """
    _need(len(data) >= HEADER.size, "no frame: it is too short")
    (magic, version, flags, _, step, updates_d, updates_g, _, rate, extent, low, high, pull_scale,
     probe, measured_at, count) = HEADER.unpack_from(data)  # fmt: skip
    _need(magic == b"GP", "no frame")
    _need(version == VERSION, f"a frame of version {version}; {VERSION} is needed")
    _need(flags <= sum(FLAGS.values()) and count <= len(SECTIONS), "no possible frame")
    # Also false for NaN. What is finite here is finite when single precision has multiplied it.
    _need(all(abs(n) < 1e30 for n in (rate, extent, low, high, pull_scale)), "no possible numbers")
    _need(extent > 0 and low < high and pull_scale > 0, "a frame of no possible scale")
    _need(-1 <= measured_at <= 2**32, "metrics of no possible step")
    arrays = _sections(data, count)
    fakes = _points(arrays, "fakes", extent)
    grid, cells = arrays.get("grid"), arrays.get("map")
    labels = arrays.get("labels")
    _need(labels is None or labels.size == len(fakes), "not a label for each point")
    _need(cells is None or cells.shape[0] == cells.shape[1], "a map that is not square")
    fake_gradients = torch.from_numpy(arrays.get("pulls", np.empty((0, 2))).astype(np.float32))
    _need(len(fake_gradients) <= len(fakes), "more pulls than points")
    verdicts = arrays.get("verdicts", np.empty((2, 0)))
    _need(len(verdicts) == 2, "verdicts of other than two samples")
    metrics = arrays.get("metrics", np.empty((1, 0)))[0].tolist()
    norms = {n: arrays.get(f"norms_{n}", np.empty((1, 0))) for n in ("d", "g")}
    _need(all(len(rows) == 1 for rows in norms.values()), "norms in several rows")
    unit, unit_size = arrays.get("unit"), float(arrays.get("unit_size", np.zeros((1, 1)))[0, 0])
    _need(unit is None or unit.shape[0] == unit.shape[1], "a unit that is not square")
    return Frame(
        step=step,
        updates_d=updates_d,
        updates_g=updates_g,
        extent=extent,
        fakes=fakes,
        labels=None if labels is None else torch.from_numpy(labels.ravel().copy()),
        fake_gradients=fake_gradients * (pull_scale / 127),
        map=torch.empty(0, 0) if cells is None else _between(cells, low, high),
        map_range=(low, high),
        grid=torch.empty(0, 0, 2) if grid is None else _points(arrays, "grid", extent),
        probe=probe,
        verdicts=torch.from_numpy(verdicts.astype(np.float32)),
        norms={n: torch.from_numpy(rows[0].astype(np.float32)) for n, rows in norms.items()},
        insides=_insides(arrays),
        unit=torch.empty(0, 0) if unit is None else _around_zero(unit),
        unit_size=unit_size,
        metrics=dict(zip(METRICS, metrics, strict=True)) if metrics else {},
        measured_at=int(measured_at),
        finding=_finding(arrays),
    )


def _finding(arrays: dict[str, NDArray]) -> Finding:
    if "diagnosis" not in arrays:
        return NOTHING_YET
    kind, since, *evidence = arrays["diagnosis"][0].tolist()
    _need(kind in range(len(KINDS)) and 0 <= since <= 2**32, "a verdict of no known kind")
    missing = arrays.get("missing", np.empty(0)).ravel()
    modes = tuple(int(mode) for mode in missing)
    return Finding(KINDS[int(kind)], int(since), Evidence(*evidence), modes)


def _sections(data: bytes, count: int) -> dict[str, NDArray]:
    """Arrays by name, rows first; each of them as `_LAYOUT` has it, and nothing left over."""
    at = HEADER.size + count * ENTRY.size
    _need(len(data) >= at, "a frame without all of its table")
    arrays: dict[str, NDArray] = {}
    for i in range(count):
        index, kind, columns, size = ENTRY.unpack_from(data, HEADER.size + i * ENTRY.size)
        _need(index < len(SECTIONS) and kind < len(TYPES), "a section of no known kind")
        name, dtype = SECTIONS[index], np.dtype(TYPES[kind])
        wanted, width, most = _LAYOUT[name]
        _need(name not in arrays and TYPES[kind] == wanted, f"{name} twice, or of another type")
        _need(columns == (width or columns) and 0 < size <= most, f"{name} of no possible size")
        row = 1 if name == "rival" else columns * {"grid": 2, "units": columns}.get(name, 1)
        _need(row > 0 and size % row == 0, f"{name} without whole rows")
        _need(at + size * dtype.itemsize <= len(data), f"a frame without all of its {name}")
        if name == "rival":  # another frame, which is not looked at here
            at += size
            continue
        deep = {"grid": (2,), "units": (columns,)}.get(name, ())
        arrays[name] = np.frombuffer(data, dtype, size, at).reshape(-1, columns, *deep)
        at += size * dtype.itemsize
    _need(at == len(data), f"a frame of {len(data)} bytes where {at} are expected")
    return arrays


def _points(arrays: dict[str, NDArray], name: str, extent: float) -> Tensor:
    whole = arrays.get(name, np.empty((0, 2)))
    return torch.from_numpy(whole.astype(np.float32)) * (extent / UNIT)


def _between(cells: NDArray, low: float, high: float) -> Float[Tensor, "cells cells"]:
    return torch.from_numpy(cells.astype(np.float32)) * ((high - low) / 255) + low


def _insides(arrays: dict[str, NDArray]) -> NetworkInspection | None:
    if "units" not in arrays and "weights" not in arrays:
        return None
    weights = arrays.get("weights", np.empty(0)).ravel().astype(np.float32)
    maps = _around_zero(arrays.get("units", np.empty((0, 1, 1))))
    return NetworkInspection(maps, torch.from_numpy(weights / 127))


def _around_zero(values: NDArray) -> Tensor:
    return (torch.from_numpy(values.astype(np.float32)) - 128) / 127


def _need(condition: bool, why: str) -> None:
    if not condition:
        raise ValueError(why)
