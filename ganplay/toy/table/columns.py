"""Which columns of a table are x, y and class: by their names, and else by what is in them."""

import re
from collections.abc import Iterable
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from ganplay.toy.table.cells import Table
from ganplay.toy.table.number_cells import decimal_of, missing, value

_SAMPLE = 2000
"""Rows, spread over the table, from which a column is judged."""
MAX_CLASSES = 16
_AXES = (
    ("x", "y"), ("lon", "lat"), ("longitude", "latitude"), ("long", "lat"), ("lng", "lat"),
    ("easting", "northing"), ("east", "north"), ("横坐标", "纵坐标"), ("经度", "纬度"),
    ("x坐标", "y坐标"), ("x轴", "y轴"),
)  # fmt: skip
"""Names of x and y; both words, or the whole names."""
_CLASS_NAMES = frozenset(
    "class classes label labels target species category cat group cluster type kind dataset "
    "variety hue color colour "
    "klasse gruppe kategorie classe clase 类 类别 标签 种类 分类 组".split()
)
_INDEX_NAMES = frozenset(
    "index idx id no nr nummer number row rowid rownames rowname obs observation # n "
    "序号 编号 索引 行号".split()
)
_NO_NAME = re.compile(r"(unnamed: \d+)?")
KINDS = ("real", "fake")


class Column:
    """What a column holds, judged by a sample of its cells."""

    def __init__(self, name: str, cells: list[str], decimal: str) -> None:
        self.name = name
        self.filled = [cell for cell in cells if not missing(cell)]
        self._numbers = [value(cell, decimal) for cell in self.filled]
        self.all_filled = len(self.filled) == len(cells)

    @cached_property
    def numbers(self) -> list[float]:
        """Its numbers."""
        return [one for one in self._numbers if one is not None]

    @property
    def numeric(self) -> bool:
        """Whether most of what is there are numbers."""
        return len(self.numbers) * 2 > len(self.filled)

    @cached_property
    def whole(self) -> bool:
        """Whether all of it are whole numbers."""
        return len(self.numbers) == len(self.filled) and all(v % 1 == 0 for v in self.numbers)

    @cached_property
    def distinct(self) -> int:
        """How many different values it has."""
        return len(set(self.numbers if self.numeric else self.filled))

    @property
    def few(self) -> bool:
        """Whether its whole numbers look like those of classes."""
        return self.whole and self.distinct <= min(MAX_CLASSES, len(self.filled) // 3)

    @property
    def repeats(self) -> bool:
        """Whether its texts look like names of classes."""
        return not self.numeric and 0 < self.distinct <= max(4, len(self.filled) // 2)

    @property
    def identifies(self) -> bool:
        """Whether each cell is another whole number."""
        return self.whole and self.all_filled and self.distinct == len(self.filled)

    @property
    def words(self) -> set[str]:
        """The words of its name, in lower case."""
        parted = re.sub(r"([a-z])([A-Z])", r"\1 \2", self.name)
        return {*re.findall(r"[^\W_]+", parted.lower()), self.name.strip().lower()}


class Roles(NamedTuple):
    """Places of columns, from 0.

    Attributes:
        x: None if there is none, as y.
        y: see there.
        label: of the class; None for none.
        kind: of the column that tells real from fake points, as ganplay exports them.
    """

    x: int | None
    y: int | None
    label: int | None
    kind: int | None


def columns_of(table: Table) -> tuple[list[Column], str]:
    """All columns, and the decimal mark of their numbers."""
    rows = [cells for _, cells in table.rows[:: max(1, len(table.rows) // _SAMPLE)]]
    decimal = decimal_of((cell for cells in rows for cell in cells), table.separator)
    return [
        Column(name, [cells[i] for cells in rows], decimal) for i, name in enumerate(table.names)
    ], decimal


def find_roles(columns: list[Column], named: bool) -> Roles:
    """What the columns are, as well as can be told.

    Args:
        columns: of a table.
        named: whether names stand in the file.
    """
    kind = _first(i for i, c in enumerate(columns) if _tells_kind(c))
    free = [i for i, c in enumerate(columns) if c.filled and i != kind]
    rest = [i for i in free if not _is_index(columns, i, named)]
    x, y, label = _found(columns, rest)
    if x is None or y is None:
        x, y, label = _found(columns, free)
    if (x is None or y is None) and len(free) == 2:
        x, y, label = free[0], free[1], None  # which cells are no numbers is told then
    return Roles(x, y, label, kind)


def _found(columns: list[Column], free: list[int]) -> tuple[int | None, int | None, int | None]:
    """X, y and class among columns."""
    label = _first(
        i for i in free
        if columns[i].words & _CLASS_NAMES and (columns[i].whole or not columns[i].numeric)
    )  # fmt: skip
    numeric = [i for i in free if columns[i].numeric and i != label]
    pair = _named_axes(columns, [i for i in free if i != label])
    if pair is None:
        if label is None:
            label = _first(i for i in free if columns[i].repeats)
        if label is None:
            label = _class_by_values(columns, numeric)
            numeric = [i for i in numeric if i != label]
    x, y = pair or _axes_by_place(columns, numeric)
    if label is None and x is not None and y is not None:
        others = [i for i in free if i not in (x, y)]
        label = _first(i for i in others if columns[i].repeats)
        if label is None:
            label = _first(i for i in others if columns[i].few or _may_be_class(columns[i]))
    return x, y, label


def _named_axes(columns: list[Column], free: list[int]) -> tuple[int, int] | None:
    """Columns that are called x and y, or the like."""
    for names in _AXES:
        found = [
            _first([i for i in free if columns[i].name.strip().lower() == name]
                   + [i for i in free if name in columns[i].words and columns[i].numeric])
            for name in names
        ]  # fmt: skip
        if found[0] is not None and found[1] is not None and found[0] != found[1]:
            return found[0], found[1]
    return None


def _axes_by_place(columns: list[Column], numeric: list[int]) -> tuple[int | None, int | None]:
    """The first two columns of numbers, those that are no classes before others."""
    smooth = [i for i in numeric if not columns[i].few]
    chosen = (smooth if len(smooth) > 1 else numeric)[:2]
    if len(chosen) < 2:
        return (chosen[0] if chosen else None), None
    first, second = chosen
    return (second, first) if "y" in columns[first].words else (first, second)


def _class_by_values(columns: list[Column], numeric: list[int]) -> int | None:
    """Of three or more columns of numbers the last one with few whole numbers, if two are left."""
    few = [i for i in numeric if columns[i].few]
    if len(numeric) < 3 or not few or len(numeric) - len(few) < 2:
        return None
    return few[-1]


def _may_be_class(column: Column) -> bool:
    """Whether whole numbers of a short table may be classes; with a name, only if they repeat."""
    count = len(column.filled)
    most = min(MAX_CLASSES, count * 2 // 3) if column.name else MAX_CLASSES
    return column.whole and column.distinct <= most and count < 3 * MAX_CLASSES


def _is_index(columns: list[Column], i: int, named: bool) -> bool:
    """Whether a column only numbers the rows."""
    column = columns[i]
    if not column.identifies:
        return False
    if named:
        name = column.name.strip().lower()
        return name in _INDEX_NAMES or bool(_NO_NAME.fullmatch(name))
    smooth = [c for c in columns[1:] if c.numeric and not c.whole]
    return i == 0 and len(smooth) > 1 and _counts(column.numbers)


def _counts(numbers: list[float]) -> bool:
    """Whether numbers begin at 0 or 1 and go on in equal steps."""
    steps = {b - a for a, b in pairwise(numbers)}
    return numbers[0] in (0, 1) and len(steps) == 1 and min(steps) > 0


def _tells_kind(column: Column) -> bool:
    values = set(column.filled)
    return column.name.strip().lower() == "kind" and bool(values) and values <= set(KINDS)


def _first(places: Iterable[int]) -> int | None:
    return next(iter(places), None)
