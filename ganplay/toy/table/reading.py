"""Points and classes out of a table's columns, and what was done for that in words.

Which columns are x, y and class is found by itself, or chosen.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float64, Int64

from ganplay.toy.points_error import Note, PointsError, shown
from ganplay.toy.table.cells import MAX_POINTS, Row, Table, table_of
from ganplay.toy.table.columns import (
    KINDS,
    MAX_CLASSES,
    Column,
    Roles,
    columns_of,
    find_roles,
)
from ganplay.toy.table.decoding import text_of
from ganplay.toy.table.json_cells import encoded_points, looks_like_json, parsed, table_of_json
from ganplay.toy.table.number_cells import LARGEST, missing, number, value

OTHER = "other"
"""The class of all points whose own are too many."""
ALL = "all"
_PREVIEWED = 8
"""Rows that a preview shows."""

Name = str | int | None
"""A column by its name, or by its number from 1; None to find it."""


class Choice(NamedTuple):
    """What somebody wants to be read as what.

    Attributes:
        x: column.
        y: column.
        label: column of the class; "" or 0 for no classes.
        rows: "real", "fake" or "all", of points that ganplay has exported; None for the real ones
            if there are any.
    """

    x: Name = None
    y: Name = None
    label: Name = None
    rows: str | None = None

    @classmethod
    def of(cls, columns: Sequence[Name] | None, rows: str | None = None) -> "Choice":
        """Of columns x, y and, for classes, a third.

        Raises:
            ValueError: if there are not two or three.
        """
        if columns is None:
            return cls(rows=rows)
        if isinstance(columns, str) or len(columns) not in (2, 3):
            raise ValueError(f"columns: {columns!r} is not possible; two (x, y), or three with a "
                             "class, by name or number")  # fmt: skip
        x, y, label = [*columns, ""][:3]
        return cls(x, y, label, rows)


AUTOMATIC = Choice()
"""Everything is found by itself."""


@dataclass(frozen=True)
class TableReading:
    """Points of a table.

    Attributes:
        table: it.
        roles: of its columns.
        rows: "real", "fake" or "all" if it tells them apart, else "".
        points: in the file's own coordinates.
        labels: of the points, counted from 0.
        classes: names, and how many points each has.
        notes: what was done.
    """

    table: Table
    roles: Roles
    rows: str
    points: Float64[np.ndarray, "n 2"]
    labels: Int64[np.ndarray, "n"]
    classes: list[tuple[str, int]]
    notes: list[Note]

    def as_plain(self) -> dict[str, Any]:
        """What was read as what, as plain data and in words: see `preview`."""
        return preview(self.table, self.roles) | {
            "rows_of": self.rows,
            "classes": [{"name": shown(name), "count": count} for name, count in self.classes],
            "notes": [{"code": note.code, **note.values} for note in self.notes],
            "said": str(self),
        }

    def __str__(self) -> str:
        """What was read as what, in one line."""
        names = [f"{what} = {self.table.name(i)}" for what, i in
                 (("x", self.roles.x), ("y", self.roles.y)) if i is not None]  # fmt: skip
        if self.roles.label is not None:
            names.append(f"class = {self.table.name(self.roles.label)} ({len(self.classes)})")
        return "; ".join(
            [f"{len(self.points):,} points, {', '.join(names)}", *map(str, self.notes)]
        )


def load(data: bytes) -> Table | str:
    """The table of a file, text or JSON in any usual encoding; or the points of own settings.

    Raises:
        PointsError: if there is neither.
    """
    text, encoding = text_of(data)
    if not looks_like_json(text):
        return table_of(text, encoding)
    content = parsed(text)
    return encoded_points(content) or table_of_json(content)


def read_points(table: Table, choice: Choice) -> TableReading:
    """Points of a table's columns.

    Rows without a number in x or y are left out, and of more classes than are possible the smallest
    are put together.

    Raises:
        PointsError: for the first cell that cannot be used, or if nothing is left; with a preview
            of the table.
    """
    if not table.rows:
        raise PointsError("none")
    columns, decimal = columns_of(table)
    roles = find_roles(columns, table.named)
    try:
        roles = chosen_roles(table, roles, choice)
        return _read(table, columns, decimal, roles, choice.rows)
    except PointsError as error:
        error.table = preview(table, roles)
        raise


def _read(
    table: Table, columns: list[Column], decimal: str, roles: Roles, rows: str | None
) -> TableReading:
    x, y = _axes(columns, roles)
    kept, rows = _rows_of_kind(table, roles, rows)
    pairs = [[_number_at(table, row, column, decimal) for column in (x, y)] for row in kept]
    full = [None not in pair for pair in pairs]
    points = np.array(list(compress(pairs, full)), np.float64)
    if not len(points):
        raise PointsError("none_left", count=len(pairs), x=table.name(x), y=table.name(y))
    if len(points) > MAX_POINTS:
        raise PointsError("too_many", most=MAX_POINTS)
    labels, classes, found = _classes(list(compress(kept, full)), roles.label, decimal)
    notes = []
    if len(points) < len(kept):
        line = kept[full.index(False)][0]
        notes.append(Note("left_out", {"count": len(kept) - len(points), "line": line}))
    if len(kept) < len(table.rows):
        notes.append(Note("rows", {"count": len(table.rows) - len(kept), "kind": rows}))
    if found > len(classes):
        notes.append(Note("other", {"found": found, "most": len(classes) - 1}))
    notes += _notes_on_text(table, columns, roles, decimal)
    return TableReading(table, roles, rows, points, np.array(labels, np.int64), classes, notes)


def chosen_roles(table: Table, found: Roles, choice: Choice) -> Roles:
    """The roles of columns that are found, with those in their place that were chosen.

    Raises:
        PointsError: if there is no such column.
    """
    x, y, label = (
        place if name is None else _place(table, name)
        for place, name in zip(found[:3], choice[:3], strict=True)
    )
    if choice.x is None and x == y and choice.y is not None:
        x = found.y
    if choice.y is None and x == y and choice.x is not None:
        y = found.x
    if choice.label is None and label in (x, y):
        label = None
    if x is not None and x == y:
        raise PointsError("same", column=shown(table.name(x)))
    return Roles(x, y, label, None if found.kind in (x, y, label) else found.kind)


def _place(table: Table, name: str | int) -> int | None:
    """A column's place by its name, or its number from 1; None for no column."""
    if name in ("", 0):
        return None
    text = str(name).strip()
    lower = [one.lower() for one in table.names]
    if isinstance(name, str) and text.lower() in lower:
        return table.names.index(text) if text in table.names else lower.index(text.lower())
    if text.isascii() and text.isdecimal() and len(text) < 5:
        place = int(text)
        if 1 <= place <= len(table.names):
            return place - 1
    columns = ", ".join(shown(table.name(i)) for i in range(len(table.names)))
    raise PointsError("no_column", found=shown(text), columns=columns[:120])


def _axes(columns: list[Column], roles: Roles) -> tuple[int, int]:
    if roles.x is None or roles.y is None:
        raise PointsError("numbers", found=sum(c.numeric and bool(c.filled) for c in columns))
    return roles.x, roles.y


def _rows_of_kind(table: Table, roles: Roles, rows: str | None) -> tuple[list[Row], str]:
    """The rows of real or fake points, or all; and which."""
    if rows not in (None, ALL, *KINDS):
        raise PointsError("rows", found=shown(str(rows)))
    if roles.kind is None:
        return table.rows, ""
    if rows is None:
        kinds = {cells[roles.kind] for _, cells in table.rows}
        rows = next(kind for kind in (*KINDS, ALL) if kind in kinds or kind == ALL)
    if rows == ALL:
        return table.rows, rows
    return [row for row in table.rows if row[1][roles.kind] == rows], rows


def _number_at(table: Table, row: Row, column: int, decimal: str) -> float | None:
    """A cell's number; None if the cell is empty or says that there is none.

    Raises:
        PointsError: if it is something else.
    """
    line, cells = row
    found = value(cells[column], decimal)
    if found is None and missing(cells[column]):
        return None
    if found is None or abs(found) >= LARGEST:
        raise PointsError(
            "not_number" if found is None else "not_finite",
            line=line,
            found=shown(cells[column]),
            column=shown(table.name(column)),
        )
    return found


def _classes(
    rows: list[Row], label: int | None, decimal: str
) -> tuple[list[int], list[tuple[str, int]], int]:
    """The class of each row, from 0; the classes and their sizes; and how many the table has."""
    if label is None:
        return [0] * len(rows), [("", len(rows))], 1
    names = [_class_name(cells[label], decimal) for _, cells in rows]
    sizes = Counter(names)
    found = len(sizes)
    if found > MAX_CLASSES:
        largest = {name for name, _ in sizes.most_common(MAX_CLASSES - 1)}
        names = [name if name in largest else OTHER for name in names]
        sizes = Counter(names)
    order = {name: k for k, name in enumerate(_in_order(list(sizes)))}
    return [order[name] for name in names], [(name, sizes[name]) for name in order], found


def _class_name(cell: str, decimal: str) -> str:
    """A class's name; of numbers the shortest form, as 1.000e+00 and 1 are one class."""
    found = value(cell, decimal)
    if found is None or abs(found) >= LARGEST:
        return "" if missing(cell) else cell
    return str(int(found)) if found % 1 == 0 else repr(found)


def _in_order(names: list[str]) -> list[str]:
    """Names sorted if all are numbers, else as they appear; those that are none come last."""
    last = ("", OTHER)
    numbers = {name: number(name) for name in names if name not in last}
    values = {} if None in numbers.values() else numbers
    return sorted(names, key=lambda name: (name in last, values.get(name) or 0.0))


def _notes_on_text(table: Table, columns: list[Column], roles: Roles, decimal: str) -> list[Note]:
    """How numbers and text were read, where that is not the usual way; and what was not used."""
    notes = []
    axes = [columns[i].filled for i in roles[:2] if i is not None]
    if any("," in cell for cells in axes for cell in cells):
        notes.append(Note("decimal_comma" if decimal == "," else "thousands", {}))
    if not table.encoding.startswith("utf-8"):
        notes.append(Note("encoding", {"name": _ENCODINGS.get(table.encoding, table.encoding)}))
    unused = [table.name(i) for i, c in enumerate(columns) if c.filled and i not in roles]
    if unused:
        notes.append(Note("unused", {"columns": ", ".join(map(shown, unused))[:120]}))
    return notes


_ENCODINGS = {"cp1252": "Windows-1252", "gb18030": "GB 18030"} | {
    name: name[:6].upper() for name in ("utf-16", "utf-16-le", "utf-16-be", "utf-32")
}


def preview(table: Table, roles: Roles) -> dict[str, Any]:
    """The first rows of a table, and what its columns are, as plain data.

    Returns:
        `columns` with `name` and `role` ("x", "y", "class", "kind" or "") of each, `rows` of texts,
        and how many there are as `count`.
    """
    places = dict(zip(roles, ("x", "y", "class", "kind"), strict=True))
    return {
        "columns": [
            {"name": shown(table.names[i]), "role": places.get(i, "")}
            for i in range(len(table.names))
        ],
        "rows": [[shown(cell) for cell in cells] for _, cells in table.rows[:_PREVIEWED]],
        "count": len(table.rows),
    }
