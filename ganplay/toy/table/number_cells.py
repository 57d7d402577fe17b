"""Numbers as tables of many countries write them: decimal marks, thousands, signs."""

import re
from collections.abc import Iterable

_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(?:([, '])\d{3})(?:\1\d{3})*(\.\d*)?", re.ASCII)
"""With thousands in groups, all parted by the same mark."""
_CHARACTERS = str.maketrans({"−": "-", "–": "-", "\u00a0": " ", "\u202f": " ", "\u2009": " ",
                             "’": "'"})  # fmt: skip
_SWAPPED = str.maketrans(".,", ",.")
_MISSING = frozenset(
    "nan na n/a #n/a null none nil missing - -- ? . nd n.d. -nan nan(ind) -nan(ind) #value! "
    "#div/0! inf -inf +inf infinity -infinity +infinity".split()
)
_LONGEST = 400
LARGEST = 1e150
"""Numbers from here on are none of usual size."""
DECIMALS = (".", ",")


def cleaned(cell: str) -> str:
    """A cell without blanks and quotes around it, its signs and blanks those of ASCII."""
    cell = cell.translate(_CHARACTERS).strip()
    return cell[1:-1].strip() if len(cell) > 1 and cell[0] == cell[-1] == "'" else cell


def missing(cell: str) -> bool:
    """Whether a cell is empty, or says that there is no finite number."""
    cell = cleaned(cell)
    return not cell or cell.lower() in _MISSING


def number(cell: str, decimal: str = ".") -> float | None:
    """The number of a cell, infinite if it is too large; None if it is none.

    Args:
        cell: as it stands in the file.
        decimal: the decimal mark, "." or ","; the other may part thousands.
    """
    cell = cleaned(cell)
    if not cell or len(cell) > _LONGEST:
        return None
    if decimal == ",":
        if cell[0] == ",":
            return None
        cell = cell.translate(_SWAPPED)
    if not _PLAIN.fullmatch(cell):
        if not _GROUPED.fullmatch(cell):
            return None
        cell = re.sub("[, ']", "", cell)
    return float(cell)


def value(cell: str, decimal: str) -> float | None:
    """The number of a cell of a table with one decimal mark; with the other one if need be."""
    found = number(cell, decimal)
    return number(cell, "," if decimal == "." else ".") if found is None else found


def decimal_of(cells: Iterable[str], separator: str) -> str:
    """The decimal mark with which most of some cells are numbers.

    Where both will do, as in 10,377, it is the one that needs no thousands; but where commas
    separate the cells, a comma within one is taken for thousands.
    """
    marked = [cell for cell in map(cleaned, cells) if "," in cell or "." in cell]
    dot, comma = (sum(number(cell, mark) is not None for cell in marked) for mark in DECIMALS)
    if dot != comma:
        return "." if dot > comma else ","
    if separator == ",":
        return "."
    return "," if sum("," in cell for cell in marked) > sum("." in cell for cell in marked) else "."
