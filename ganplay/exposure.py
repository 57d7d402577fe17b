"""What is computed of a GAN for one picture: a function of tensors, for a `Shutter`.

Where to look is fixed once by whoever looks (`Places`); what is not wanted is not computed.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from ganplay.cohort import Cohort
from ganplay.losses import LOSSES

RANGES = {"probability": (0.0, 1.0), "target": (-0.5, 1.5), "margin": (-1.5, 1.5)}
"""Of D's outputs, by how the loss reads them; a critic's is its own from the least to the most."""


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
    """How much to compute of what has no places of its own.

    Attributes:
        pulls: so many.
        bins: of the histograms of D's verdicts, for the graph; 0 if there is none.
    """

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
        norms_d: sizes of the last gradient of each layer of D, for the graph, and
        norms_g: of G.
    """

    low: Float[Tensor, ""]
    high: Float[Tensor, ""]
    fakes: Float[Tensor, "n 2"] | None = None
    pulls: Float[Tensor, "p 2"] | None = None
    map: Float[Tensor, "m"] | None = None
    grid: Float[Tensor, "k 2"] | None = None
    verdicts: Float[Tensor, "2 bins"] | None = None
    norms_d: Float[Tensor, "layers"] | None = None
    norms_g: Float[Tensor, "layers"] | None = None


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
    norms = [cohort.layer_norms(net)[0] if counts.bins else None for net in ("d", "g")]
    return Exposure(low, high, seen, pulls, values, grid, verdicts, *norms)
