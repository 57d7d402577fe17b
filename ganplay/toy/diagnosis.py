"""Finds out from a run's measured signals what state it is in: learning, collapsed, diverging ...

A `Diagnosis` is given `Signals` every `EVERY` steps and names the state that the last `WINDOW` of
them agree on, a `Finding`. It counts steps, never seconds, so the findings of a run do not depend
on how fast it was trained or watched. The rules and their bounds are our own, found by trying the
scenarios of `benchmarks/diagnosis.py`. What helps against a finding is in `remedies`.
"""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, median, pstdev
from typing import NamedTuple

EVERY = 25
"""Steps between two measurements."""
WINDOW = 24
"""Measurements behind a finding: 600 steps, three seconds of the lab as it opens."""
MIN_AGREEING = 8
"""Measurements in a row that must agree before a finding changes."""
MIN_MEASUREMENTS = WINDOW // 2
"""Measurements before which the finding is "starting"."""
MAX_HISTORY = 240
"""Measurements kept to see slow oscillations; when it is full, every other one is dropped."""
MIN_MODE_SHARE = 0.01
"""Share of the fakes from which on a mode counts as covered."""

KINDS = (
    "starting",
    "learning",
    "early",
    "equilibrium",
    "strong_d",
    "strong_g",
    "collapse",
    "hopping",
    "oscillation",
    "divergence",
)

# Bounds between kinds. Lengths are in units of the data's own dispersion, JS is in bits.
_ALWAYS_RIGHT, _ALWAYS_WRONG, _FOOLED = 0.95, 0.15, 0.65  # separation by D, see `Signals`
BLIND = 0.06  # distance of the separation from 1/2 up to which D is blind: 3 standard deviations
_NARROW = 0.2  # spread below which all fakes are in one place
MOVING = 0.3  # drift of the fakes' centre within a window from which they move
_ROAMING = 1.5  # the same, from which they leave the data
_STEEP = 30.0  # norm of G's gradient from which training diverges
_LOST = 1000.0  # distance of the fakes from the origin, in extents, from which it has diverged
_FAR, _OUTSIDE = 0.4, 0.9  # JS above which fakes are unlike the data, and off them
NEAR = 0.12  # JS above that of two real samples up to which the fakes are like the data
_NEARER = 0.7  # share of the least JS so far below which the fakes are on their way to the data
_PERIOD = 3  # turning points of a whole period: what has no rhythm by then is no oscillation
_FLAT = 0.03  # relative fall of the JS within a window below which nothing is learnt
_SWING = 0.7  # least distance between two turning points of an oscillation
_FEW = 0.2  # share of the modes up to which missing ones are no collapse
_ON_MODES = 0.3  # share of high quality from which modes that are missing will stay missing


@dataclass(frozen=True)
class DataStats:
    """What a diagnosis has to know of the data.

    Attributes:
        dispersion: `metrics.dispersion` of real points.
        extent: half the side of the square that holds them, in the data's units.
        modes: how many clusters they have, 0 if none.
        floor: JS of two samples of real points of the size that is measured, in bits.
    """

    dispersion: float
    extent: float
    modes: int = 0
    floor: float = 0.0


class Signals(NamedTuple):
    """What was measured at one step.

    Attributes:
        step: steps since the start.
        js: Jensen-Shannon divergence of fake and real points, in bits.
        separation: how often D puts a real point above a fake one (`metrics.separation`).
        dispersion: `metrics.dispersion` of the fakes, in the data's units.
        centre: the fakes' mean (x, y), in the data's units.
        gradient: norm of G's last gradient.
        shares: share of all fakes within 3 sigma of each mode; empty if the data have no modes.
    """

    step: int
    js: float
    separation: float
    dispersion: float
    centre: tuple[float, float]
    gradient: float
    shares: tuple[float, ...] = ()

    @property
    def finite(self) -> bool:
        """Whether the networks still give numbers."""
        return all(map(math.isfinite, (self.js, self.separation, self.dispersion)))


class Evidence(NamedTuple):
    """What the window of measurements says; NaN for what is not known.

    Attributes:
        js: mean Jensen-Shannon divergence in bits.
        fallen: by which share of itself it fell from the first third of the window to the last.
        separation: mean of how often D puts a real point above a fake one.
        gradient: median norm of G's gradient.
        spread: median dispersion of the fakes, over the data's.
        drift: standard deviation of the fakes' centre, over the data's dispersion.
        covered: mean number of covered modes.
        quality: mean share of the fakes within 3 sigma of a mode.
        period: of an oscillation, in steps.
    """

    js: float = math.nan
    fallen: float = math.nan
    separation: float = math.nan
    gradient: float = math.nan
    spread: float = math.nan
    drift: float = math.nan
    covered: float = math.nan
    quality: float = math.nan
    period: float = math.nan


class Finding(NamedTuple):
    """The state of a run.

    Attributes:
        kind: one of `KINDS`.
        since: the step at which this kind was first found.
        evidence: of the present window.
        missing: modes, by number, that held less than MIN_MODE_SHARE of the fakes in this window.
    """

    kind: str = "starting"
    since: int = 0
    evidence: Evidence = Evidence()
    missing: tuple[int, ...] = ()


NOTHING_YET = Finding()


class Diagnosis:
    """The finding on one run, measurement by measurement.

    Attributes:
        data_stats: of the data that the run learns.
        finding: the present one.
    """

    def __init__(self, data_stats: DataStats) -> None:
        self.data_stats = data_stats
        self.finding = NOTHING_YET
        self.forget()

    def forget(self) -> None:
        """Forget all measurements, because settings have changed.

        The finding stays until there are enough new measurements for another.
        """
        self._window: deque[Signals] = deque(maxlen=WINDOW)
        self._history = _History()
        # The kind that the last measurements agree on, how many do, and measurements since the
        # finding last changed.
        self._candidate, self._agreeing, self._unchanged = "", 0, WINDOW
        self._missed: deque[int] = deque(maxlen=WINDOW)  # how many modes each window lacked
        self._nearest = math.inf  # the least JS so far, as `_earlier_js` has it

    @property
    def sure(self) -> bool:
        """Whether the finding is about the present settings, and not about those before."""
        return len(self._window) == WINDOW or self.finding.kind == "divergence"

    def observe(self, signals: Signals) -> Finding:
        """The finding after one more measurement."""
        if not signals.finite:
            if self.finding.kind != "divergence":
                self.finding = Finding("divergence", signals.step)
            return self.finding
        self._window.append(signals)
        centre = tuple(x / self.data_stats.dispersion for x in signals.centre)
        self._history.add(signals.step, (*centre, signals.dispersion / self.data_stats.dispersion))
        self._unchanged += 1
        if len(self._window) < MIN_MEASUREMENTS:
            return self.finding
        evidence, missing = self._evidence(), self._missing()
        kind = self._kind(evidence, missing)
        self._nearest = min(self._nearest, self._earlier_js())
        self._missed.append(len(missing))
        self._agreeing = self._agreeing + 1 if kind == self._candidate else 1
        self._candidate = kind
        # A new kind must have held for some measurements, and the old one for a window.
        settled = self._agreeing >= MIN_AGREEING and self._unchanged >= WINDOW
        starting = self.finding.kind == "starting"
        changes = kind != self.finding.kind and (starting or settled)
        since = signals.step if changes else self.finding.since
        if changes and not starting:
            self._unchanged = 0
        self.finding = Finding(kind if changes else self.finding.kind, since, evidence, missing)
        return self.finding

    def _evidence(self) -> Evidence:
        window, data_stats = self._window, self.data_stats
        third = len(window) // 3
        js = [s.js for s in window]
        before, after = fmean(js[:third]), fmean(js[-third:])
        strays = math.hypot(*(pstdev(s.centre[i] for s in window) for i in range(2)))
        modes = data_stats.modes > 0
        return Evidence(
            js=fmean(js),
            fallen=(before - after) / before if before > 0 else 0.0,
            separation=fmean(s.separation for s in window),
            gradient=median(s.gradient for s in window),
            spread=median(s.dispersion for s in window) / data_stats.dispersion,
            drift=strays / data_stats.dispersion,
            covered=fmean(sum(x >= MIN_MODE_SHARE for x in s.shares) for s in window)
            if modes
            else math.nan,
            quality=fmean(sum(s.shares) for s in window) if modes else math.nan,
            period=self._history.period(),
        )

    def _earlier_js(self) -> float:
        """Mean JS of the first third of the window."""
        return fmean([s.js for s in self._window][: len(self._window) // 3])

    def _missing(self) -> tuple[int, ...]:
        means = [fmean(column) for column in zip(*(s.shares for s in self._window), strict=True)]
        return tuple(i for i, share in enumerate(means) if share < MIN_MODE_SHARE)

    def _kind(self, evidence: Evidence, missing: Sequence[int]) -> str:
        """The first kind that holds, from what explains most to what explains least."""
        modes, last = self.data_stats.modes, self._window[-1]
        away = max(math.hypot(*last.centre), last.dispersion) / self.data_stats.extent
        standing = evidence.fallen < _FLAT and evidence.js > _FAR
        if away > _LOST:
            return "divergence"
        if evidence.separation > _ALWAYS_RIGHT and standing:
            return "strong_d"
        if len(self._window) < WINDOW:  # all the rest also happens while a run begins
            return "learning" if evidence.fallen > _FLAT else "early"
        if evidence.gradient > _STEEP and standing:
            return "divergence"
        fooled = evidence.separation < _ALWAYS_WRONG and evidence.js > _FAR
        settled = evidence.quality > _ON_MODES and abs(evidence.fallen) < 3 * _FLAT
        dropped = settled and evidence.drift < MOVING and self._given_up(missing)
        narrow = evidence.spread < _NARROW and evidence.fallen < 2 * _FLAT
        if (narrow or dropped) and not fooled:
            return "collapse"
        few = modes > 1 and evidence.covered <= modes / 2
        if few and MOVING < evidence.drift < _ROAMING and not fooled:
            return "hopping"
        if not math.isnan(evidence.period):
            return "oscillation"
        roams = (
            evidence.separation < _FOOLED and evidence.js > _OUTSIDE and evidence.drift > _ROAMING
        )
        if fooled or roams:
            return "strong_g"
        blind = abs(evidence.separation - 0.5) < BLIND
        near = evidence.js - self.data_stats.floor < NEAR
        if blind and near and not missing and evidence.drift < MOVING:
            return "equilibrium"
        return "learning" if near or not self._undecided(evidence) else "early"

    def _given_up(self, missing: Sequence[int]) -> bool:
        """Whether more than a few modes are missing, and no fewer than a window ago.

        While G works well a mode may be below its share for a while, and new ones are still found.
        """
        before = self._missed[0] if len(self._missed) == WINDOW else 0
        return len(missing) > _FEW * self.data_stats.modes and 0 < before <= len(missing)

    def _undecided(self, evidence: Evidence) -> bool:
        """Whether the fakes move without coming nearer, or turn back, before a period is seen.

        It may be the way to the data or the beginning of an oscillation. It stays undecided while
        the fakes move at all and are not much nearer to the data than they have ever been.
        """
        turns = self._history.turns()
        if turns >= _PERIOD:
            return False
        away = evidence.drift > MOVING and (evidence.fallen < _FLAT or turns > 0)
        goes_on = self.finding.kind == "early" and evidence.drift > MOVING / 3
        return away or (goes_on and evidence.js > _NEARER * self._nearest)


class _History:
    """Rows of numbers since the start, thinned out as they become many, to find oscillations."""

    def __init__(self) -> None:
        self._steps: list[int] = []
        self._rows: list[tuple[float, ...]] = []
        self._skip = 1
        self._seen = 0

    def add(self, step: int, row: tuple[float, ...]) -> None:
        """Keep the numbers of one measurement."""
        if self._seen % self._skip == 0:
            self._steps.append(step)
            self._rows.append(row)
            if len(self._steps) > MAX_HISTORY:
                self._steps, self._rows = self._steps[::2], self._rows[::2]
                self._skip *= 2
        self._seen += 1

    def period(self) -> float:
        """Steps of one oscillation of the fastest column that swings regularly now; else NaN."""
        found = [self._period_of(column) for column in zip(*self._rows, strict=True)]
        return min((p for p in found if p == p), default=math.nan)

    def turns(self) -> int:
        """Turning points of the column that has the most of them."""
        columns = zip(*self._rows, strict=True)
        return max((len(turning_points(column, _SWING)) for column in columns), default=0)

    def _period_of(self, values: Sequence[float]) -> float:
        turns = [self._steps[i] for i in turning_points(values, _SWING)][-6:]
        halves = [b - a for a, b in pairwise(turns)]
        if not halves:
            return math.nan
        half, now = fmean(halves), self._steps[-1]
        regular = max(halves) < 2 * min(halves)
        resolved = half > 2 * EVERY * self._skip  # what is faster cannot be told from noise
        return 2 * half if regular and resolved and now - turns[-1] < 1.5 * half else math.nan


def turning_points(values: Sequence[float], swing: float) -> list[int]:
    """Indices of alternating highs and lows, each at least `swing` away from the next in value.

    The first value is never one, and the last extreme is one only after a swing away from it.
    """
    if not values:
        return []
    turns, rising = [], 0  # rising: 1 or -1, and 0 until the first swing
    low = high = 0
    for i, value in enumerate(values):
        high = i if value > values[high] else high
        low = i if value < values[low] else low
        if rising >= 0 and values[high] - value >= swing:
            turns += [high] if rising else []
            rising, low = -1, i
        elif rising <= 0 and value - values[low] >= swing:
            turns += [low] if rising else []
            rising, high = 1, i
    return turns
