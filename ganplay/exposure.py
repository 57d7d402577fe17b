"""What is computed of a GAN for one picture: a function of tensors, run as it is or captured.

Where to look is fixed once by whoever looks (`Places`); what is not wanted is not computed.
"""

import copy
from concurrent.futures import Future
from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from ganplay.adversarial import State
from ganplay.capture import Replay, capture
from ganplay.cohort import CAPTURES, Cohort
from ganplay.losses import LOSSES

RANGES = {"probability": (0.0, 1.0), "target": (-0.5, 1.5), "margin": (-1.5, 1.5)}
"""Of D's outputs, by how the loss reads them; a critic's is its own from the least to the most."""
WORTH = 8
"""Pictures of one kind after which the function is captured."""


class Places(NamedTuple):
    """Where to look; None for what is not to be seen. Features come first, labels are one-hot.

    Attributes:
        z: G's inputs for the fakes, labels included.
        label: their labels, for D.
        cells: points of the map.
        asked: their labels, those of the class that is asked for.
        grid: G's inputs for the grid, labels included.
        real: real points, as many as fakes.
        judged: labels of these and of the fakes.
    """

    z: Float[Tensor, "1 i n"] | None = None
    label: Float[Tensor, "1 c n"] | None = None
    cells: Float[Tensor, "1 2 m"] | None = None
    asked: Float[Tensor, "1 c m"] | None = None
    grid: Float[Tensor, "1 i k"] | None = None
    real: Float[Tensor, "1 2 n"] | None = None
    judged: Float[Tensor, "1 c 2n"] | None = None


class Counts(NamedTuple):
    """How much to compute of what has no places of its own: pulls, and bins of the verdicts."""

    pulls: int = 0
    bins: int = 0


class Exposure(NamedTuple):
    """What was computed; None for what was not to be seen.

    Attributes:
        low: of D's output, which value the first colour of the map stands for, and
        high: which the last.
        fakes: points.
        pulls: minus the gradient of G's loss at the first of them.
        map: D's output in each cell.
        grid: points.
        verdicts: how many of the real points, and of the fakes, D gives each value from low to
            high; what lies outside counts at its ends.
    """

    low: Float[Tensor, ""]
    high: Float[Tensor, ""]
    fakes: Float[Tensor, "n 2"] | None = None
    pulls: Float[Tensor, "p 2"] | None = None
    map: Float[Tensor, "m"] | None = None
    grid: Float[Tensor, "k 2"] | None = None
    verdicts: Float[Tensor, "2 bins"] | None = None


def map_range(
    maps: Float[Tensor, "*s rows columns"], reading: str
) -> tuple[Float[Tensor, "*s"], Float[Tensor, "*s"]]:
    """What the ends of maps' colours stand for, by how a loss reads D's output."""
    if reading == "critic":  # only differences mean something: from the least to the most
        low, high = maps.amin((-2, -1)), maps.amax((-2, -1))
        return low, torch.maximum(high, low + 1e-6)
    low, high = (torch.full(maps.shape[:-2], end) for end in RANGES[reading])
    return low, high


def expose(cohort: Cohort, places: Places, counts: Counts) -> Exposure:
    """Look at a cohort of one. Pulls need fakes; verdicts need fakes and a map."""
    loss = LOSSES[cohort.structure.loss]
    fakes = pulls = values = grid = verdicts = None
    low = high = torch.zeros(())
    with torch.no_grad():
        if places.z is not None:
            fakes = cohort.generate(places.z)
        if places.cells is not None:
            values = loss.output(cohort.discriminate(places.cells, places.asked))[0]
            low, high = map_range(values[None], loss.reading)
        if places.grid is not None:
            grid = cohort.generate(places.grid)[0].mT
        if counts.bins and places.real is not None and fakes is not None:
            points = torch.cat([places.real, fakes], dim=2)
            outputs = loss.output(cohort.discriminate(points, places.judged))[0]
            share = ((outputs - low) / (high - low)).nan_to_num(0.0).clamp(0, 1)
            halves = [torch.histc(half, counts.bins, 0.0, 1.0) for half in share.chunk(2)]
            verdicts = torch.stack(halves)
    if counts.pulls and fakes is not None:
        label = None if places.label is None else places.label[..., : counts.pulls]
        pulls = cohort.pull(fakes[..., : counts.pulls], label)[0].mT
    seen = None if fakes is None else fakes[0].mT
    return Exposure(low, high, seen, pulls, values, grid, verdicts)


class Shutter:
    """Exposes one cohort of one again and again, by the captured function once that is worth it."""

    def __init__(self) -> None:
        self._kind: tuple[Any, ...] = ()
        self._times = 0
        self._made: Future[Replay | None] | None = None

    @property
    def captured(self) -> Replay | None:
        """The captured function, if it has been made by now."""
        return self._made.result() if self._made is not None and self._made.done() else None

    def expose(self, cohort: Cohort, places: Places, counts: Counts) -> Exposure:
        """As the function of that name; the numbers are the same however they are computed."""
        structure = cohort.structure
        kind = structure, counts, *(None if t is None else t.shape for t in places)
        if kind != self._kind:
            self._kind, self._times, self._made = kind, 0, None
        self._times += 1
        # D that looks at whole batches has one of real points that belongs to its settings.
        worth = cohort.use_capture and structure.discriminator.minibatch == "none"
        if worth and self._times == WORTH:
            self._made = _begin(kind, cohort, places, counts)
        run = self.captured
        if run is None:
            return expose(cohort, places, counts)
        low, high, *seen = run(*cohort.flat_state, *[t for t in places if t is not None])
        there = places.z, counts.pulls or None, places.cells, places.grid, counts.bins or None
        left = iter(seen)
        return Exposure(low, high, *[None if t is None else next(left) for t in there])


def _begin(
    kind: tuple[Any, ...], cohort: Cohort, places: Places, counts: Counts
) -> "Future[Replay | None]":
    """Have the function captured in the background."""
    shadow, state = copy.copy(cohort), cohort.copy_state()

    def look(state: State, places: Places) -> Exposure:
        shadow.state = state
        return expose(shadow, places, counts)

    return CAPTURES.get(("expose", *kind), lambda: capture(look, (state, places)))
