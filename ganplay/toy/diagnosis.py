"""What is going on in a run, told from its measured signals: one verdict at a time.

A `Diagnosis` is shown `Signals` every `EVERY` steps and says what they have in common over the
last `WINDOW` of them. It counts in steps only, so that a verdict belongs to the run and not to
whoever watches it. What helps is in `remedies`.
"""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, median, pstdev
from typing import NamedTuple

EVERY = 25
"""Steps between two looks."""
WINDOW = 24
"""Looks behind a verdict: 600 steps, three seconds of the lab as it opens."""
FEW = 8
"""Looks in a row that must agree on a new verdict."""
BEGINNING = WINDOW // 2
"""Looks without which nothing is said."""
REMEMBERED = 240
"""Looks kept for slow oscillations; of older ones every other is dropped."""

KINDS = (
    "starting",
    "learning",
    "equilibrium",
    "strong_d",
    "strong_g",
    "collapse",
    "hopping",
    "oscillation",
    "divergence",
)

# Bounds between kinds. Distances and sizes are in units of the data's own dispersion.
_ALWAYS_RIGHT, _ALWAYS_WRONG, _FOOLED = 0.95, 0.15, 0.65  # separation by D
_BLIND = 0.06  # from one half, up to which D is blind: three standard deviations of one look
_NARROW = 0.2  # dispersion below which all fakes are in one place
_MOVING, _ROAMING = 0.3, 1.5  # deviation of the fakes' centre within a window; the second is out
_STEEP, _LOST = 30.0, 1000.0  # gradient of G, and distance in extents, of what diverges
_NEAR, _FAR, _OUTSIDE = 0.25, 0.4, 0.9  # distance (JS) of fakes like the data, unlike, elsewhere
_FLAT = 0.03  # share of the distance that is lost within a window if nothing is learnt
_SWING = 0.7  # between two turning points
_ON_MODES = 0.3  # share of high quality from which missing modes are missing for good


@dataclass(frozen=True)
class DataStats:
    """What a run is to learn, as far as a verdict depends on it.

    Attributes:
        dispersion: of the data.
        extent: half the side of the square that holds them.
        modes: how many clusters they have, 0 if none.
    """

    dispersion: float
    extent: float
    modes: int = 0


class Signals(NamedTuple):
    """What was measured at one step.

    Attributes:
        step: steps since the start.
        js: Jensen-Shannon divergence of fake and real points, in bits.
        separation: how often D puts a real point above a fake one, 1/2 if it is blind.
        dispersion: of the fakes.
        centre: the fakes' mean (x, y).
        gradient: norm of G's last gradient.
        shares: of all fakes those within 3 sigma of each mode; empty if there are none.
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
    """Means over the looks behind a verdict; NaN for what there is not.

    Attributes:
        js: Jensen-Shannon divergence in bits.
        fallen: share of it that was lost within these looks.
        separation: how often D tells a real point from a fake one.
        gradient: median norm of G's gradient.
        spread: the fakes' dispersion over the data's.
        drift: how far the fakes' centre strays, over the data's dispersion.
        covered: modes covered at a time.
        quality: share of the fakes within 3 sigma of a mode.
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
    """What is going on.

    Attributes:
        kind: one of `KINDS`.
        since: the step at which it was first said.
        evidence: of the last looks.
        missing: modes that held less than 1 % of the fakes in these looks.
    """

    kind: str = "starting"
    since: int = 0
    evidence: Evidence = Evidence()
    missing: tuple[int, ...] = ()


NOTHING_YET = Finding()


class Diagnosis:
    """The verdict on one run, look by look."""

    def __init__(self, scene: DataStats) -> None:
        self.scene = scene
        self.verdict = NOTHING_YET
        self._begin()

    def _begin(self) -> None:
        self._looks: deque[Signals] = deque(maxlen=WINDOW)
        self._memory = _Memory()
        self._candidate, self._times, self._told = "", 0, WINDOW

    def forget(self) -> None:
        """Settings have changed: what was seen before says nothing any more.

        The verdict stays until there is enough to be seen again.
        """
        self._begin()

    @property
    def sure(self) -> bool:
        """Whether the verdict is about the present settings, and not about those before."""
        return len(self._looks) == WINDOW or self.verdict.kind == "divergence"

    def look(self, signals: Signals) -> Finding:
        """The verdict after one more look."""
        if not signals.finite:
            if self.verdict.kind != "divergence":
                self.verdict = Finding("divergence", signals.step)
            return self.verdict
        self._looks.append(signals)
        centre = tuple(x / self.scene.dispersion for x in signals.centre)
        self._memory.add(signals.step, (*centre, signals.dispersion / self.scene.dispersion))
        self._told += 1
        if len(self._looks) < BEGINNING:
            return self.verdict
        evidence, missing = self._evidence(), self._missing()
        kind = self._kind(evidence, missing)
        self._times = self._times + 1 if kind == self._candidate else 1
        self._candidate = kind
        changes = kind != self.verdict.kind and self._may_change()
        since = signals.step if changes else self.verdict.since
        if changes and self.verdict.kind != "starting":
            self._told = 0
        self.verdict = Finding(kind if changes else self.verdict.kind, since, evidence, missing)
        return self.verdict

    def _may_change(self) -> bool:
        """A new verdict must hold for some looks, and the last one is told for a window."""
        if self.verdict.kind == "starting":
            return True
        return self._times >= FEW and self._told >= WINDOW

    def _evidence(self) -> Evidence:
        looks, scene = self._looks, self.scene
        third = len(looks) // 3
        js = [s.js for s in looks]
        before, after = fmean(js[:third]), fmean(js[-third:])
        strays = math.hypot(*(pstdev(s.centre[i] for s in looks) for i in range(2)))
        modes = scene.modes > 0
        return Evidence(
            js=fmean(js),
            fallen=(before - after) / before if before > 0 else 0.0,
            separation=fmean(s.separation for s in looks),
            gradient=median(s.gradient for s in looks),
            spread=median(s.dispersion for s in looks) / scene.dispersion,
            drift=strays / scene.dispersion,
            covered=fmean(sum(x >= 0.01 for x in s.shares) for s in looks) if modes else math.nan,
            quality=fmean(sum(s.shares) for s in looks) if modes else math.nan,
            period=self._memory.period(),
        )

    def _missing(self) -> tuple[int, ...]:
        means = [fmean(column) for column in zip(*(s.shares for s in self._looks), strict=True)]
        return tuple(i for i, share in enumerate(means) if share < 0.01)

    def _kind(self, seen: Evidence, missing: Sequence[int]) -> str:
        """The first that holds, from what explains most to what explains least."""
        modes, last = self.scene.modes, self._looks[-1]
        away = max(math.hypot(*last.centre), last.dispersion) / self.scene.extent
        standing = seen.fallen < _FLAT and seen.js > _FAR
        if away > _LOST:
            return "divergence"
        if seen.separation > _ALWAYS_RIGHT and standing:
            return "strong_d"
        if len(self._looks) < WINDOW:  # all else is also seen while a run begins
            return "learning"
        if seen.gradient > _STEEP and standing:
            return "divergence"
        fooled = seen.separation < _ALWAYS_WRONG and seen.js > _FAR
        settled = seen.quality > _ON_MODES and abs(seen.fallen) < 3 * _FLAT
        dropped = missing and settled and seen.drift < _MOVING
        narrow = seen.spread < _NARROW and seen.fallen < 2 * _FLAT
        if (narrow or dropped) and not fooled:
            return "collapse"
        few = modes > 1 and seen.covered <= modes / 2
        if few and _MOVING < seen.drift < _ROAMING and not fooled:
            return "hopping"
        if not math.isnan(seen.period):
            return "oscillation"
        roams = seen.separation < _FOOLED and seen.js > _OUTSIDE and seen.drift > _ROAMING
        if fooled or roams:
            return "strong_g"
        blind = abs(seen.separation - 0.5) < _BLIND
        if blind and seen.js < _NEAR and not missing and seen.drift < _MOVING:
            return "equilibrium"
        return "learning"


class _Memory:
    """Where the fakes were, since the start or the last change of settings, ever more sparsely."""

    def __init__(self) -> None:
        self._steps: list[int] = []
        self._rows: list[tuple[float, ...]] = []
        self._skip = 1
        self._seen = 0

    def add(self, step: int, row: tuple[float, ...]) -> None:
        """Remember a look."""
        if self._seen % self._skip == 0:
            self._steps.append(step)
            self._rows.append(row)
            if len(self._steps) > REMEMBERED:
                self._steps, self._rows = self._steps[::2], self._rows[::2]
                self._skip *= 2
        self._seen += 1

    def period(self) -> float:
        """Steps of a full swing of any column, if it swings regularly at present; else NaN."""
        found = [self._period_of(column) for column in zip(*self._rows, strict=True)]
        return min((p for p in found if p == p), default=math.nan)

    def _period_of(self, values: Sequence[float]) -> float:
        turns = [self._steps[i] for i in turning_points(values, _SWING)][-6:]
        halves = [b - a for a, b in pairwise(turns)]
        if not halves:
            return math.nan
        half, now = fmean(halves), self._steps[-1]
        regular = max(halves) < 2 * min(halves)
        seen = half > 2 * EVERY * self._skip  # what is faster cannot be told from noise
        return 2 * half if regular and seen and now - turns[-1] < 1.5 * half else math.nan


def turning_points(values: Sequence[float], swing: float) -> list[int]:
    """Places of highs and lows in turns, each at least a swing away from the next.

    The first value is none, and the last extreme counts once it has been left by a swing.
    """
    if not values:
        return []
    places, rising = [], 0
    low = high = 0
    for i, value in enumerate(values):
        high = i if value > values[high] else high
        low = i if value < values[low] else low
        if rising >= 0 and values[high] - value >= swing:
            places += [high] if rising else []
            rising, low = -1, i
        elif rising <= 0 and value - values[low] >= swing:
            places += [low] if rising else []
            rising, high = 1, i
    return places
