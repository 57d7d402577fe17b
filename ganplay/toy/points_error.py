"""Why points cannot be used, and what was done to those that can: codes, and their English words.

The page says both in its own language, by the same codes.
"""

from typing import Any, NamedTuple

MESSAGES = {
    "text": "4 characters per point are needed, and dots between classes",
    "none": "at least one point is needed",
    "too_many": "at most {most:,} points are possible",
    "classes": "at most {most} classes are possible",
    "too_large": "the file is too large: at most {most:,} bytes are possible",
    "kind": "the file is {found}; a table as text (CSV, JSON) or a picture (PNG, JPEG, GIF, WebP, "
    "BMP) is needed",
    "not_text": "the file is neither text nor a picture (PNG, JPEG, GIF, WebP, BMP)",
    "json": "line {line}: what begins as JSON is broken there",
    "json_points": "the JSON holds no points; a list of [x, y], or of objects with x and y, is "
    "needed",
    "columns": "columns in line {line}: {found}; two (x, y), or three with a class, are needed, "
    "separated by commas, semicolons, tabs, blanks or |",
    "wide": "columns: {found}; at most {most} are possible",
    "ragged": "line {line}: cells: {found}, but the table has {wanted} columns; a comma in a "
    "number needs another separator between cells",
    "numbers": "columns of numbers: {found}; two are needed (x and y)",
    "no_column": "there is no column {found}; the columns are {columns}",
    "same": "x and y are the same column, {column}; two are needed",
    "rows": "rows: {found} is not possible; real, fake or all",
    "not_number": "line {line}: {found} is not a number (column {column})",
    "not_finite": "line {line}: {found} is not a finite number, or it is too large "
    "(column {column})",
    "none_left": "none of the {count:,} rows has a number in both columns, {x} and {y}",
    "table": "line {line} is not part of a table: a quote is not closed, or a cell too long",
    "pixels": "the picture has too many pixels: at most {most:,} are possible",
    "broken": "the picture is truncated or damaged",
    "no_dark": "the picture has no dark pixels, and those become points",
}
KINDS = {
    "pdf": "a PDF document",
    "sheet": "a workbook (Excel, OpenDocument), which can be saved as CSV",
    "document": "a text document (Word, RTF)",
    "office": "an old Office file, which can be saved as CSV",
    "archive": "a compressed file",
    "numpy": "a NumPy array, which numpy.savetxt can write as text",
    "data": "a file of binary data",
    "database": "a database",
    "pickle": "a pickle, which is not opened as it can run code",
    "html": "a web page",
    "xml": "XML",
    "svg": "a drawing (SVG), which can be saved as PNG",
    "photo": "a picture of another kind (TIFF, HEIC, AVIF), which can be saved as PNG",
    "film": "a film or sound",
    "program": "a program",
}
"""What files are that are neither tables nor pictures."""
NOTES = {
    "left_out": "rows left out, without a number in x or y: {count:,} (the first: line {line})",
    "rows": "only {kind} points were read; other rows left out: {count:,}",
    "other": "of {found:,} classes the {most} largest are kept; the rest is together in one",
    "unused": "not used: {columns}",
    "decimal_comma": "commas in numbers were read as decimal marks",
    "thousands": "commas in numbers were read as separators of thousands",
    "encoding": "the text was read as {name}, as it is not UTF-8",
}
Value = int | str
_SHOWN = 20


class PointsError(ValueError):
    """Points that cannot be used.

    Attributes:
        code: a key of `MESSAGES`, for those who say it in another language.
        values: what stands in the message: a line, what was found there, what is allowed.
        table: the first rows, if it is the choice of columns that does not do.
    """

    table: dict[str, Any] | None = None

    def __init__(self, code: str, **values: Value) -> None:
        self.code, self.values = code, values
        words = {"found": KINDS[str(values["found"])]} if code == "kind" else {}
        super().__init__(MESSAGES[code].format(**values | words))


class Note(NamedTuple):
    """What was done to a table: a key of `NOTES`, and what stands in its text."""

    code: str
    values: dict[str, Value]

    def __str__(self) -> str:
        return NOTES[self.code].format(**self.values)


def shown(cell: str) -> str:
    """A cell of a visitor's file, short enough for a message."""
    return cell if len(cell) <= _SHOWN else cell[: _SHOWN - 3] + "..."
