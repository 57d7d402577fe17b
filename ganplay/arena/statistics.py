"""How cells of an arena stand: means over their seeds, what these are worth, and places.

Cells have the same seeds, and with them the same data and noise, so differences between two cells
are taken seed by seed.
"""

import math
from collections.abc import Mapping, Sequence
from statistics import fmean, stdev
from typing import Any

_QUANTILES = (12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622)
_NORMAL = 1.959964


def quantile(freedom: int) -> float:
    """The 0.975 quantile of Student's t.

    From 10 degrees of freedom on by the expansion of Abramowitz and Stegun 1964, 26.7.5, to 2e-4.
    """
    if freedom <= len(_QUANTILES):
        return _QUANTILES[freedom - 1]
    z, v = _NORMAL, freedom
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return z + sum(term / v**i for i, term in enumerate(terms, 1))


def mean(values: Sequence[float]) -> float:
    """Their mean; NaN if not all are finite."""
    return fmean(values) if all(map(math.isfinite, values)) else math.nan


def half_width(values: Sequence[float]) -> float:
    """Half the 95 % interval of the mean, `t s / sqrt(n)` with n - 1 in s; NaN if not known."""
    if len(values) < 2 or not all(map(math.isfinite, values)):
        return math.nan
    return quantile(len(values) - 1) * stdev(values) / math.sqrt(len(values))


def behind(values: Sequence[float], best: Sequence[float]) -> bool | None:
    """Whether a cell differs from the best by more than chance, judged by n differences.

    None if that cannot be told: with one seed, or where something is not finite.
    """
    differences = [a - b for a, b in zip(values, best, strict=True)]
    reach = half_width(differences)
    return None if math.isnan(reach) else abs(fmean(differences)) > reach


def ranks(told: Sequence[Mapping[str, Any]]) -> list[dict[str, int]]:
    """Places of reported cells by distance (`js`) and by `modes`, 1 for the best.

    A distance counts by what it is above its noise floor (below it nothing can be told apart),
    modes by their share of those of the data. Equal cells share a place; unknown is last.
    """
    keys: dict[str, list[float]] = {"js": [], "modes": []}
    for cell in told:
        mean, floor = cell["mean"], cell["noise_floor"]
        js, modes = mean["js"], mean["modes"]
        keys["js"].append(math.inf if js is None else max(0.0, js - floor["js"]))
        keys["modes"].append(math.inf if modes is None else -modes / floor["modes"])
    return [
        {name: 1 + sum(other < values[i] for other in values) for name, values in keys.items()}
        for i in range(len(told))
    ]
