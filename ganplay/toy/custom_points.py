"""Custom points to learn: from a short text, a table (CSV) or the dark pixels of a picture.

Files are not trusted: they are read in memory and within limits, nothing in them is evaluated and
nothing is written to disk. What cannot be used is refused with a `PointsError`.
"""

import base64
import binascii
import csv
import io
import math
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ganplay.media.uploads import UploadError, is_picture, open_upload

EXTENT = 3.0
"""Half the side of the square that custom points lie in, in the data's units."""
REACH = 2.4
"""The largest coordinate that points of a file are scaled to."""
MAX_POINTS, MAX_CLASSES = 20_000, 16
MAX_TABLE, MAX_PICTURE = 1_000_000, 2_000_000
"""The most bytes of a file."""
MAX_PIXELS = 4_000_000
SIDE = 128
"""Pixels along the longer side of a picture, to which it is scaled down first."""
DARK = 128
"""Grey level, of 255, below which pixels become points: the darker, the more points."""
PICTURE_POINTS = 1500
"""The most points of a picture: few enough for a link."""
_STEPS = 4095
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_LONGEST_NUMBER = 1e150

Cloud = tuple[NDArray[np.float32], NDArray[np.int64]]
"""Points (n, 2), and the class (n,) of each, counted from 0 without a gap."""

MESSAGES = {
    "text": "4 characters per point are needed, and dots between classes",
    "none": "at least one point is needed",
    "too_many": "at most {most:,} points are possible",
    "classes": "at most {most} classes are possible",
    "too_large": "the file is too large: at most {most:,} bytes are possible",
    "not_text": "the file is neither text in UTF-8 nor a picture (PNG, JPEG, GIF, WebP, BMP)",
    "columns": "columns in line {line}: {found}; two (x, y), or three with a class, are needed, "
    "as many in every line",
    "not_number": "line {line}: {found} is not a number",
    "not_finite": "line {line}: {found} is not a finite number, or it is too large",
    "table": "line {line} is not part of a table: a quote is not closed, or a cell too long",
    "pixels": "the picture has too many pixels: at most {most:,} are possible",
    "broken": "the picture is truncated or damaged",
    "no_dark": "the picture has no dark pixels, and those become points",
}


class PointsError(ValueError):
    """Points that cannot be used.

    Attributes:
        code: a key of `MESSAGES`, for those who say it in another language.
        values: what stands in the message: a line, what was found there, what is allowed.
    """

    def __init__(self, code: str, **values: int | str) -> None:
        self.code, self.values = code, values
        super().__init__(MESSAGES[code].format(**values))


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


def read(path: str | Path) -> str:
    """The points of a CSV file or a picture, as text for `ToyConfig.points`.

    Raises:
        PointsError: if there are none in it that can be used.
        OSError: if the file cannot be read.
    """
    with open(path, "rb") as file:
        return parse(file.read(MAX_PICTURE + 1))


def parse(data: bytes) -> str:
    """As `read`, from a file's bytes; whether it is a picture is seen from how they begin.

    Raises:
        PointsError: if there are no points in it that can be used.
    """
    return encode(*(read_picture(data) if is_picture(data) else read_csv(data)))


def read_csv(data: bytes) -> Cloud:
    """Points of a table: columns x and y and, if there is a third, a class.

    The text is UTF-8, its cells are separated by commas, semicolons or tabs, and its first line may
    be one of names. The points are centred and scaled, both axes by the same factor.

    Raises:
        PointsError: for the first line that cannot be used, which it names; or if there are none.
    """
    if len(data) > MAX_TABLE:
        raise PointsError("too_large", most=MAX_TABLE)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise PointsError("not_text") from None
    if "\0" in text:
        raise PointsError("not_text")
    rows = _rows(text)
    if not rows:
        raise PointsError("none")
    points = np.array([[_number(cell, line) for cell in row[:2]] for line, row in rows])
    names = [row[2].strip() if len(row) > 2 else "" for _, row in rows]
    classes = {name: k for k, name in enumerate(_in_order(names))}
    if len(classes) > MAX_CLASSES:
        raise PointsError("classes", most=MAX_CLASSES)
    return _fitted(points), np.array([classes[name] for name in names])


def _rows(text: str) -> list[tuple[int, list[str]]]:
    """The rows with numbers, each with its line's number; all of one width, 2 or 3."""
    first = next(filter(str.strip, text.splitlines()), "")
    delimiter = next((mark for mark in ";\t" if mark in first), ",")
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True
    )
    rows: list[tuple[int, list[str]]] = []
    width = 0
    try:
        for row in reader:
            if not any(map(str.strip, row)):
                continue
            if len(row) not in ((width,) if width else (2, 3)):
                raise PointsError("columns", line=reader.line_num, found=len(row))
            names, width = not width and not any(map(_numeric, row[:2])), len(row)
            if names:
                continue
            if len(rows) == MAX_POINTS:
                raise PointsError("too_many", most=MAX_POINTS)
            if delimiter != ",":  # where commas do not part cells, they stand in numbers
                row[:2] = [cell.replace(",", ".") for cell in row[:2]]
            rows.append((reader.line_num, row))
    except csv.Error:
        raise PointsError("table", line=reader.line_num) from None
    return rows


def _numeric(cell: str) -> bool:
    """Whether a cell is meant as a number, or as something to be calculated."""
    try:
        float(cell)
    except ValueError:
        return cell.strip().startswith(("=", "+", "-", "@"))
    return True


def _number(cell: str, line: int) -> float:
    cell = cell.strip()
    if _NUMBER.fullmatch(cell):
        value = float(cell)
        if abs(value) < _LONGEST_NUMBER:
            return value
    shown = cell if len(cell) <= 20 else cell[:17] + "..."
    named = cell.lower().lstrip("+-") in ("nan", "inf", "infinity") or _NUMBER.fullmatch(cell)
    raise PointsError("not_finite" if named else "not_number", line=line, found=shown)


def _in_order(names: list[str]) -> list[str]:
    """Each name once: sorted if all are numbers, else in the order in which they appear."""
    once = list(dict.fromkeys(names))
    return sorted(once, key=float) if all(map(_NUMBER.fullmatch, once)) else once


def _fitted(points: NDArray[np.float64]) -> NDArray[np.float32]:
    """The points centred, both axes scaled alike, so that the largest coordinate is REACH."""
    low, high = points.min(0), points.max(0)
    centred = points - (low + high) / 2
    largest = np.abs(centred).max()
    return (centred * (REACH / largest if largest > 1 / _LONGEST_NUMBER else 1.0)).astype(
        np.float32
    )


def read_picture(data: bytes) -> Cloud:
    """Points where a picture is dark, the darker the denser; always the same for one picture.

    Only the first frame of an animation is used, and transparent pixels are white.

    Raises:
        PointsError: if it is too large, broken, or has no dark pixels.
    """
    if len(data) > MAX_PICTURE:
        raise PointsError("too_large", most=MAX_PICTURE)
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
