"""Custom points to learn: from a short text, a table (CSV) or the dark pixels of a picture.

Files are not trusted: they are read in memory and within limits, nothing in them is evaluated and
nothing is written to disk. What cannot be used is refused with a `PointsError`.
"""

import base64
import binascii
import csv
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ganplay.media.uploads import UploadError, is_picture, open_upload
from ganplay.toy.points_error import PointsError as PointsError
from ganplay.toy.table import reading
from ganplay.toy.table.cells import MAX_POINTS as MAX_POINTS
from ganplay.toy.table.cells import Table
from ganplay.toy.table.columns import MAX_CLASSES as MAX_CLASSES
from ganplay.toy.table.decoding import kind_of
from ganplay.toy.table.reading import AUTOMATIC, Name, TableReading
from ganplay.toy.table.reading import Choice as Choice

EXTENT = 3.0
"""Half the side of the square that custom points lie in, in the data's units."""
REACH = 2.4
"""The largest coordinate that points of a file are scaled to."""
MAX_FILE = 2_000_000
"""The most bytes of a file: as many points as there can be, as numpy writes them, are less."""
MAX_PIXELS = 4_000_000
SIDE = 128
"""Pixels along the longer side of a picture, to which it is scaled down first."""
DARK = 128
"""Grey level, of 255, below which pixels become points: the darker, the more points."""
PICTURE_POINTS = 1500
"""The most points of a picture: few enough for a link."""
_STEPS = 4095
_SMALLEST = 1e-150
"""Points that lie closer together are all in one place."""

Cloud = tuple[NDArray[np.float32], NDArray[np.int64]]
"""Points (n, 2), and the class (n,) of each, counted from 0 without a gap."""


def encode(points: NDArray[np.floating], labels: NDArray[np.integer]) -> str:
    """Points (n, 2) and labels (n,) as text that a link can hold.

    Each coordinate is a 12-bit integer over [-EXTENT, EXTENT]; points outside are moved to the
    border. A point is then four characters of URL-safe base64. The points of class 0 come first,
    then those of class 1 and so on, separated by dots.
    """
    whole = np.rint((np.clip(points, -EXTENT, EXTENT) + EXTENT) * (_STEPS / (2 * EXTENT)))
    x, y = whole.astype(np.int64).T
    triples = np.stack([x >> 4, (x & 15) << 4 | y >> 8, y & 255], 1).astype(np.uint8)
    parts = (triples[labels == k].tobytes() for k in range(int(labels.max()) + 1))
    return ".".join(base64.urlsafe_b64encode(part).decode() for part in parts)


def decode(text: str) -> Cloud:
    """The points and labels of a text that `encode` has made.

    Raises:
        PointsError: if the text is not of that form, or holds too much or nothing.
    """
    if len(text) > 4 * MAX_POINTS + MAX_CLASSES:
        raise PointsError("too_many", most=MAX_POINTS)
    parts = text.split(".")
    if len(parts) > MAX_CLASSES:
        raise PointsError("classes", most=MAX_CLASSES)
    if not re.fullmatch(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*", text):
        raise PointsError("text" if text else "none")
    try:
        raw = [base64.b64decode(part, altchars=b"-_", validate=True) for part in parts]
    except binascii.Error:
        raise PointsError("text") from None
    a, b, c = np.frombuffer(b"".join(raw), np.uint8).reshape(-1, 3).astype(np.int64).T
    counts = [len(part) // 3 for part in raw]
    if sum(counts) > MAX_POINTS:
        raise PointsError("too_many", most=MAX_POINTS)
    whole = np.stack([a << 4 | b >> 4, (b & 15) << 8 | c], 1)
    points = whole * (2 * EXTENT / _STEPS) - EXTENT
    return points.astype(np.float32), np.repeat(np.arange(len(parts)), counts)


def read(path: str | Path, columns: Sequence[Name] | None = None, rows: str | None = None) -> str:
    """The points of a table or a picture, as text for `ToyConfig.points`.

    Args:
        path: of a table as text (CSV and its kin, JSON) or a picture.
        columns: of a table: x, y and, for classes, a third, by name or by number from 1. By default
            they are found by their names, and else by what is in them.
        rows: "real", "fake" or "all" of points that ganplay has exported; by default the real ones.

    Raises:
        PointsError: if there are none in it that can be used.
        OSError: if the file cannot be read.
        ValueError: if `columns` are not two or three.
    """
    return parse(read_bytes(path), Choice.of(columns, rows))


def columns_in(text: str) -> list[str]:
    """Names of columns that are separated by commas; a name with a comma stands in quotes."""
    line = " ".join(text.replace("\0", " ").split())
    return [name.strip() for name in next(csv.reader([line], skipinitialspace=True), [])]


def read_bytes(path: str | Path) -> bytes:
    """A file's bytes, up to somewhat more than are possible.

    Raises:
        OSError: if the file cannot be read.
    """
    with open(path, "rb") as file:
        return file.read(MAX_FILE + 1)


def parse(data: bytes, choice: Choice = AUTOMATIC) -> str:
    """As `read`, from a file's bytes; whether it is a picture is seen from how they begin.

    Raises:
        PointsError: if there are no points in it that can be used.
    """
    return inspect(data, choice)["points"]


def inspect(data: bytes, choice: Choice = AUTOMATIC) -> dict[str, Any]:
    """The points of a file, and of a table what was read as what, as plain data.

    Returns:
        `points` as text, their `count`, the number of `classes`, and for a table `table`: see
        `reading.preview`, with the name and count of each of its `classes`, `rows_of` ("real",
        "fake", "all" or ""), `notes` of what was done (`code` and values), and all that in English
        as `said`.

    Raises:
        PointsError: if there are no points in it that can be used.
    """
    table = None
    if is_picture(data):
        text = encode(*read_picture(data))
    else:
        loaded = _loaded(data)
        if isinstance(loaded, str):
            text = encode(*decode(loaded))
        else:
            found = reading.read_points(loaded, choice)
            text, table = encode(_fitted(found.points), found.labels), found.as_plain()
    classes = text.count(".") + 1
    told = {"points": text, "count": (len(text) - classes + 1) // 4, "classes": classes}
    return told | ({"table": table} if table else {})


def read_table(data: bytes, choice: Choice = AUTOMATIC) -> TableReading:
    """Points of a table in their own coordinates, and what was read as what.

    Raises:
        PointsError: if it cannot be used; it names the line and column where one is at fault.
    """
    loaded = _loaded(data)
    if isinstance(loaded, str):
        raise PointsError("json_points")
    return reading.read_points(loaded, choice)


def _loaded(data: bytes) -> Table | str:
    """See `reading.load`; only of files that are not too large."""
    if len(data) > MAX_FILE:
        kind = kind_of(data)
        raise PointsError("kind", found=kind) if kind else PointsError("too_large", most=MAX_FILE)
    return reading.load(data)


def read_csv(data: bytes) -> Cloud:
    """Points of a table, centred and scaled, both axes by the same factor; and their classes.

    Raises:
        PointsError: as `read_table`.
    """
    found = read_table(data)
    return _fitted(found.points), found.labels


def _fitted(points: NDArray[np.float64]) -> NDArray[np.float32]:
    """The points centred, both axes scaled alike, so that the largest coordinate is REACH."""
    low, high = points.min(0), points.max(0)
    centred = points - (low + high) / 2
    largest = np.abs(centred).max()
    return (centred * (REACH / largest if largest > _SMALLEST else 1.0)).astype(np.float32)


def read_picture(data: bytes) -> Cloud:
    """Points where a picture is dark, the darker the denser; always the same for one picture.

    Only the first frame of an animation is used, and transparent pixels are white.

    Raises:
        PointsError: if it is too large, broken, or has no dark pixels.
    """
    if len(data) > MAX_FILE:
        raise PointsError("too_large", most=MAX_FILE)
    light = _light(data)
    weight = np.clip(DARK - light, 0, None) / DARK
    total = float(weight.sum())
    if total <= 0:
        raise PointsError("no_dark")
    count = min(PICTURE_POINTS, max(200, math.ceil(2 * total)))
    # Evenly spaced instead of random shares of the darkness: counts then follow it closely.
    shares = (np.arange(count) + 0.5) * (total / count)
    chosen = np.searchsorted(np.cumsum(weight), shares).clip(0, weight.size - 1)
    row, column = np.unravel_index(chosen, weight.shape)
    within = np.random.default_rng(0).uniform(-0.5, 0.5, (count, 2))
    points = np.stack([column, -row], 1) + within
    return _fitted(points), np.zeros(count, np.int64)


def _light(data: bytes) -> NDArray[np.float64]:
    """Lightness (rows, columns) of a picture, from 0 (black) to 255, scaled down to SIDE."""
    try:
        image = open_upload(data, MAX_PIXELS)[0].convert("L")
    except UploadError as error:
        raise PointsError(
            "broken" if error.code == "kind" else error.code, **error.values
        ) from None
    image.thumbnail((SIDE, SIDE), Image.Resampling.BOX)
    return np.asarray(image, np.float64)
