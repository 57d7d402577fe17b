"""Statistics of an arena's cells: means over seeds with confidence intervals, and ranks.

Intervals of means are percentile-bootstrap intervals, which never leave the values that were
measured; Student's t would call 13 of 8 modes possible. Cells have the same seeds, and with them
the same data and noise, so two cells are compared by the paired differences of their seeds, for
which any sign is possible and Student's t is used.
"""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from statistics import fmean, stdev
from typing import Any

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2000
"""Samples that the bootstrap draws, always from the same seed: equal values, equal intervals."""

_QUANTILES = (  # of Student's t at 0.975, for 1, 2, ... degrees of freedom
    12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622,
)  # fmt: skip
_NORMAL = 1.959964
"""The 0.975 quantile of the normal distribution."""


def quantile(freedom: int) -> float:
    """The 0.975 quantile of Student's t with so many degrees of freedom.

    From 10 on by the expansion of Abramowitz and Stegun 1964, 26.7.5, correct to 2e-4.
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
    """The mean of some values; NaN if not all are finite."""
    return fmean(values) if all(map(math.isfinite, values)) else math.nan


def interval(values: Sequence[float]) -> tuple[float, float] | None:
    """The 95 % percentile-bootstrap interval of the mean (Efron 1979; Efron and Tibshirani 1993).

    It lies between the least and the largest value, so a mean of counts stays a possible one. Of
    few values it is too narrow: of three it holds the true mean in some 70 % of cases.

    Returns:
        Its ends; None for a single value, and if not all are finite.
    """
    if len(values) < 2 or not all(map(math.isfinite, values)):
        return None
    means = _weights(len(values)) @ np.asarray(values, dtype=float)
    low, high = np.quantile(means, (0.025, 0.975)).clip(min(values), max(values)).tolist()
    return low, high


@lru_cache(maxsize=64)
def _weights(count: int) -> NDArray[np.float64]:
    """How large a share of each resample (a row) each of so many values is."""
    drawn = np.random.default_rng(0).integers(count, size=(RESAMPLES, count))
    place = drawn + count * np.arange(RESAMPLES)[:, None]
    times = np.bincount(place.ravel(), minlength=RESAMPLES * count)
    return times.reshape(RESAMPLES, count) / count


def differs(values: Sequence[float], best: Sequence[float]) -> bool | None:
    """Whether a cell differs from the best by more than chance: a paired t test at 5 %.

    None if that is not known: with one seed, or where a value is not finite.
    """
    differences = [a - b for a, b in zip(values, best, strict=True)]
    count = len(differences)
    if count < 2 or not all(map(math.isfinite, differences)):
        return None
    reach = quantile(count - 1) * stdev(differences) / math.sqrt(count)
    return abs(fmean(differences)) > reach


def ranks(reports: Sequence[Mapping[str, Any]]) -> list[dict[str, int]]:
    """Ranks of cells by distance (`js`) and by `modes`, 1 for the best.

    A distance counts by how far it is above its noise floor, since below it no two cells can be
    distinguished; modes by their share of those of the data. Equal cells share a rank; cells
    whose figure is not known come last.
    """
    keys: dict[str, list[float]] = {"js": [], "modes": []}
    for cell in reports:
        mean, floor = cell["mean"], cell["noise_floor"]
        js, modes = mean["js"], mean["modes"]
        keys["js"].append(math.inf if js is None else max(0.0, js - floor["js"]))
        keys["modes"].append(math.inf if modes is None else -modes / floor["modes"])
    return [
        {name: 1 + sum(other < values[i] for other in values) for name, values in keys.items()}
        for i in range(len(reports))
    ]
