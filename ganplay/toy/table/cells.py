"""Text as a table: which mark separates cells, which lines are comments, which line has names."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import NamedTuple

from ganplay.toy.points_error import PointsError
from ganplay.toy.table.number_cells import DECIMALS, missing, number

MAX_POINTS = 20_000
MAX_ROWS, MAX_COLUMNS = 2 * MAX_POINTS, 64
"""Rows of points that ganplay has exported may be as many reals as fakes."""
SEPARATORS = ("\t", ";", "|", " ", ",")
"""That cells may have between them; of those that would do equally, the first is taken."""
_SAMPLE = 100
"""Rows by which separator and width are chosen."""
_COMMENTS = ("#", "%", "//")
_SEPARATOR_LINE = re.compile(r'"?sep=([;,\t| :^~])"?[,;\t ]*', re.IGNORECASE)
_RULE = re.compile(r"[-=:+ ]{3,}")
"""What stands in each cell of a line that is drawn below names."""

Row = tuple[int, list[str]]
"""The number of a line, and its cells."""


class Table(NamedTuple):
    """The cells of a file.

    Attributes:
        names: of the columns, as many as each row has cells; empty where there is none.
        named: whether the file has a line of names.
        rows: with the number of the line in which each begins.
        separator: of the cells; "" if they were JSON.
        encoding: of the text.
    """

    names: list[str]
    named: bool
    rows: list[Row]
    separator: str = ""
    encoding: str = "utf-8"

    def name(self, column: int) -> str:
        """What people call a column: its name, or else its number from 1, as in #2."""
        return self.names[column] or f"#{column + 1}"


def table_of(text: str, encoding: str = "utf-8") -> Table:
    """The table of a text with lines of cells.

    Raises:
        PointsError: if there is none, naming the first line that is not part of it.
    """
    lines, comment, separator = _without_comments(text.split("\n"))
    if not any(map(str.strip, lines)):
        raise PointsError("none")
    separator = separator or _separator_of(lines)
    rows = _without_empty_ends(list(islice(_rows(lines, separator), MAX_ROWS + 2)))
    return arranged(rows, _names_in(comment, separator), separator, encoding)


def arranged(
    rows: list[Row], names: list[str] | None, separator: str = "", encoding: str = "utf-8"
) -> Table:
    """Rows as a table of one width.

    Args:
        rows: of any widths, the first perhaps of names.
        names: from elsewhere, used if the first row has none and there are as many.
        separator: see `Table`.
        encoding: see `Table`.

    Raises:
        PointsError: if a row has more cells than there are columns, or there are too many.
    """
    rows = rows[_title_lines(rows) :]
    head = rows[0][1] if _is_head(rows) else None
    body = rows[1:] if head else rows
    width = _usual_width(body or rows)
    if head and (separator != " " or len(head) == width - 1 or not body):
        names = _names(head, body, width)
        width = len(names)
    elif head or not names or len(names) != width:
        names = head if head and len(head) == width else None
    if width < 2:
        raise PointsError("columns", line=rows[0][0], found=width)
    if width > MAX_COLUMNS:
        raise PointsError("wide", found=width, most=MAX_COLUMNS)
    if len(body) > MAX_ROWS:
        raise PointsError("too_many", most=MAX_POINTS)
    fitted = [(line, _fitted(cells, line, width, separator)) for line, cells in body]
    return Table(names or [""] * width, bool(names), fitted, separator, encoding)


def _without_empty_ends(rows: list[Row]) -> list[Row]:
    """Rows without those of separators alone above and below them, which spreadsheets write.

    Raises:
        PointsError: if none is left.
    """
    filled = [i for i, (_, cells) in enumerate(rows) if any(cells)]
    if not filled:
        raise PointsError("none")
    return rows[filled[0] : filled[-1] + 1]


def _without_comments(lines: list[str]) -> tuple[list[str], str, str]:
    """The lines with comments emptied; the last comment before the cells; a separator if told."""
    kept: list[str] = []
    comment, separator, begun = "", "", False
    for line in lines:
        told = None if begun else _SEPARATOR_LINE.fullmatch(line)
        if told:
            separator = told[1]
        elif _is_comment(line):
            comment = comment if begun else line.strip().lstrip("#%/").strip()
        else:
            begun = begun or bool(line.strip())
            kept.append(line)
            continue
        kept.append("")
    return kept, comment, separator


def _is_comment(line: str) -> bool:
    """Whether a line is one; a cell such as #ff0000 before two numbers makes none."""
    line = line.strip()
    if not line.startswith(_COMMENTS):
        return False
    first, *others = re.split(r"[,;\t|]", line[:1000])
    return not (re.match(r"#\w", first) and _numbers(others) >= 2)


def _numbers(cells: Iterable[str]) -> int:
    """How many cells are numbers with either decimal mark."""
    return sum(any(number(cell, mark) is not None for mark in DECIMALS) for cell in cells)


def _rows(lines: Iterable[str], separator: str) -> Iterator[Row]:
    """The lines that hold something, were it only separators, as rows with the lines' numbers."""
    if separator == " ":
        lines = (line.expandtabs(1).strip() for line in lines)
    reader = csv.reader(
        (line + "\n" for line in lines), delimiter=separator, skipinitialspace=True, strict=True
    )
    start = 1
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            filled = [cell for cell in cells if cell]
            if len(filled) > MAX_COLUMNS:
                raise PointsError("wide", found=len(filled), most=MAX_COLUMNS)
            ruled = filled and all(map(_RULE.fullmatch, filled))
            if not ruled and (filled or len(cells) > 1):
                yield start, cells
            start = reader.line_num + 1
    except csv.Error:
        raise PointsError("table", line=start) from None


def _names_in(comment: str, separator: str) -> list[str] | None:
    """The names of columns in a comment, such as `numpy.savetxt` writes; None if it has numbers."""
    cells = comment.split() if separator == " " else comment.split(separator)
    names = [cell.strip() for cell in cells]
    return names if comment and not any(map(_meant_as_number, names)) else None


def _separator_of(lines: list[str]) -> str:
    """The mark that makes rows of equal width with two numbers out of most lines.

    Raises:
        PointsError: if there is none.
    """
    sample = list(islice((line for line in lines if line.strip()), _SAMPLE))
    shares = {mark: _share(sample, mark) for mark in SEPARATORS}
    best = max(SEPARATORS, key=lambda mark: shares[mark])  # the first of equals
    if shares[best]:
        return best
    # No line has two numbers. What looks like a table is read on, so as to say where it is wrong.
    for mark in (",", ";", "\t", "|"):
        rows = _tried(sample, mark)
        if len(rows) > 1 - (mark == ",") and all(len(cells) >= 2 for _, cells in rows):
            return mark
    for mark in (",", ";"):
        list(islice(_rows(lines, mark), _SAMPLE))  # may say what is wrong
    line = next(i for i, line in enumerate(lines, 1) if line.strip())
    if _numbers(sample) or len(sample) == 1:
        raise PointsError("columns", line=line, found=1)
    raise PointsError("numbers", found=0)


def _tried(sample: list[str], separator: str) -> list[Row]:
    """The rows of a sample, up to the first that is none with this separator."""
    rows: list[Row] = []
    with suppress(PointsError):
        rows.extend(_rows(sample, separator))
    return rows


def _share(sample: list[str], separator: str) -> float:
    """The share of lines that are rows of the usual width with two numbers or gaps for them."""
    rows = [cells for _, cells in _tried(sample, separator)]
    good = [len(cells) for cells in rows if _has_points(cells)]
    return Counter(good).most_common(1)[0][1] / len(rows) if good else 0.0


def _has_points(cells: list[str]) -> bool:
    numbers = _numbers(cells)
    return numbers > 1 or (numbers == 1 and any(cell and missing(cell) for cell in cells))


def _title_lines(rows: list[Row]) -> int:
    """How many lines of a single cell stand above a table of more columns."""
    widths = [sum(map(bool, cells)) for _, cells in rows[:_SAMPLE]]
    first = next((i for i, width in enumerate(widths) if width > 1), 0)
    return first if not any(_numbers(cells) for _, cells in rows[:first]) else 0


def _is_head(rows: list[Row]) -> bool:
    """Whether the first row has names: texts where the rows below it have numbers."""
    first, below = rows[0][1], [cells for _, cells in rows[1 : _SAMPLE + 1]]
    if not below:
        return bool(first) and not any(map(_meant_as_number, first))
    # Rows may begin with an index that has no name.
    shift = int(_usual_width(rows[1:]) == len(first) + 1 and any(cells[-1] for cells in below))
    numeric = [
        i for i in range(len(first))
        if 2 * _numbers(row[i + shift] for row in below if i + shift < len(row)) > len(below)
    ]  # fmt: skip
    if _is_numbered(first) and first[0] == "":
        return True
    if numeric and _is_numbered(first):  # columns without names, as pandas numbers them
        return all("." in row[i] for row in below for i in numeric if i < len(row) and row[i])
    places = numeric or range(len(first))
    cells = [first[i] for i in places if first[i]]
    return bool(cells) and not any(_meant_as_number(cell) or missing(cell) for cell in cells)


def _is_numbered(cells: list[str]) -> bool:
    """Whether cells count from 0, perhaps after an empty one."""
    names = cells[1:] if cells[0] == "" else cells
    return len(names) > 1 and names == [str(i) for i in range(len(names))]


def _meant_as_number(cell: str) -> bool:
    """Whether a cell is a number, or something to be calculated."""
    return _numbers([cell]) > 0 or cell.startswith(("=", "+", "-", "@"))


def _usual_width(rows: list[Row]) -> int:
    """The width that most of the first rows have, of those that are as frequent the first."""
    return Counter(len(cells) for _, cells in rows[:_SAMPLE]).most_common(1)[0][0]


def _names(head: list[str], body: list[Row], width: int) -> list[str]:
    """Names for all columns: that of an index in front may be missing, and those of empty ones."""
    beyond = any(any(cells[len(head) :]) for _, cells in body)
    if beyond:
        return ["", *head] if len(head) == width - 1 else head
    return head + [""] * (width - len(head))


def _fitted(cells: list[str], line: int, width: int, separator: str) -> list[str]:
    """A row's cells, as many as there are columns.

    Raises:
        PointsError: if there are more, or blanks separate them and there are fewer: which ones are
            missing cannot be seen then.
    """
    found = len(cells)
    while found > width and not cells[found - 1]:
        found -= 1
    if found > width or (found < width and separator == " "):
        raise PointsError("ragged", line=line, found=found, wanted=width)
    return cells[:found] + [""] * (width - found)
