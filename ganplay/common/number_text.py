"""Numbers as people read them, for the command line, films and model cards.

The page has its own (`web/shared/i18n.js`). Numbers of settings are written as they are
typed, which is `setting` here.
"""

import math

NONE = "-"
"""What stands for a number that is not known."""
LEAST = 1e-6
"""Size below which a number is written with a power of ten."""


def measured(value: float | None, digits: int = 3) -> str:
    """A measured number with so many decimals; a smaller one with two digits that are not 0.

    A number that is None or not finite is `NONE`.
    """
    if value is None or not math.isfinite(value):
        return NONE
    size = abs(value)
    if size >= 0.5 * 10**-digits or size == 0:
        return f"{value:.{digits}f}"
    if size < LEAST:
        return f"{value:.1e}"
    return f"{value:.{1 - math.floor(math.log10(size))}f}"


def count(value: float | None) -> str:
    """A count, or the mean of counts with one decimal: `8`, `5.3`, `0.5`."""
    if value is None or not math.isfinite(value):
        return NONE
    return f"{value:.1f}".removesuffix(".0")


def span(mean: str, low: str, high: str) -> str:
    """A mean with its interval: `0.13 [0.10, 0.17]`."""
    return f"{mean} [{low}, {high}]"


def setting(value: object) -> str:
    """The value of a setting, as one types it."""
    return f"{value:g}" if isinstance(value, float) else str(value)
