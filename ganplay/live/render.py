"""What is computed of a GAN for one picture: a function of tensors, for a `CapturedFunction`.

Where to look is fixed once by whoever looks (`RenderInputs`); what is not wanted is not computed.
All of it, down to the whole numbers that travel, is one function: every operation that is called
from Python hands the interpreter lock to another worker and has to wait for it.
"""

import math
from typing import NamedTuple

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from ganplay.gan.losses import LOSSES
from ganplay.toy.ensemble import Ensemble

ARROWS = (1e-4, 10.0)
"""Lengths of gradients, per unit of the data, at which an arrow is a point and has its full length.

Between them an arrow grows with the logarithm, at any step and in any run, so that a gradient that
vanishes is seen to vanish and one that is a tenth of another is seen to be less.
"""
RANGES = {"probability": (0.0, 1.0), "target": (-0.5, 1.5), "margin": (-1.5, 1.5)}
"""Of D's outputs, by how the loss reads them; a critic's is its own from the least to the most."""


class RenderInputs(NamedTuple):
    """Where to look; None for what is not to be seen. Features come first, labels are one-hot.

    Attributes:
        z: G's inputs for the fakes, labels included.
        label: their labels, for D.
        cells: points of the map.
        asked: their labels, those of the class that is asked for.
        grid: G's inputs for the grid, labels included.
        real: real points, as many as fakes.
        both_labels: labels of these and of the fakes.
    """

    z: Float[Tensor, "s i n"] | None = None
    label: Float[Tensor, "s c n"] | None = None
    cells: Float[Tensor, "s 2 m"] | None = None
    asked: Float[Tensor, "s c m"] | None = None
    grid: Float[Tensor, "s i k"] | None = None
    real: Float[Tensor, "s 2 n"] | None = None
    both_labels: Float[Tensor, "s c 2n"] | None = None


class RenderOptions(NamedTuple):
    """How much to compute of what has no places of its own, and in which measures.

    Attributes:
        fake_gradients: so many, of the first fakes.
        bins: of the histograms of D's outputs, for the graph; 0 if there is none.
        rows: of the grid.
        unit: the whole number that a length of one is.
    """

    fake_gradients: int = 0
    bins: int = 0
    rows: int = 1
    unit: float = 1.0


class QuantisedView(NamedTuple):
    """Drawings as the whole numbers that travel.

    Attributes:
        fakes: int16 (n, 2).
        grid: int16 (rows, columns, 2).
        fake_gradients: int8 (p, 2), `arrows` with 127 as their full length.
        cells: uint8 (side, side), 0 and 255 being the ends of the map's range.
    """

    fakes: Tensor
    grid: Tensor
    fake_gradients: Tensor
    cells: Tensor


def quantised(
    drawings: tuple[Tensor, Tensor, Tensor, Tensor],
    unit: float,
    low: Tensor | float,
    high: Tensor | float,
) -> QuantisedView:
    """Fakes, grid, fake gradients, and a map whose colours are those of a range, as integers.

    Of one member, or of several in one more axis before the others.
    """
    fakes, grid, fake_gradients, cells = drawings
    drawn = (arrows(fake_gradients) * 127).round().to(torch.int8)
    shades = shades_of(cells, low, high)
    return QuantisedView(quantise(fakes, unit), quantise(grid, unit), drawn, shades)


def quantise(points: Tensor, unit: float | Tensor) -> Tensor:
    """Coordinates as whole numbers (int16), `unit` being a length of one; NaN becomes 0."""
    scaled = torch.nan_to_num(points * unit).clamp(-32767, 32767)
    return scaled.round().to(torch.int16)


def shades_of(
    maps: Float[Tensor, "*s rows columns"], low: Tensor | float, high: Tensor | float
) -> UInt8[Tensor, "*s rows columns"]:
    """Maps as bytes: 0 at the low end of the range (*s) and 255 at the high one; NaN is 0."""
    least, most = (torch.as_tensor(end)[..., None, None] for end in (low, high))
    return (torch.nan_to_num((maps - least) / (most - least)).clamp(0, 1) * 255).round().byte()


def arrows(gradients: Float[Tensor, "*s n 2"]) -> Float[Tensor, "*s n 2"]:
    """Gradients as arrows of a length from 0 to 1, which grows with the logarithm (`ARROWS`).

    What is not finite has no arrow.
    """
    low, high = map(math.log10, ARROWS)
    norms = gradients.norm(dim=-1, keepdim=True).clamp_min(1e-30)
    lengths = ((norms.log10() - low) / (high - low)).clamp(0, 1)
    return torch.nan_to_num(gradients / norms * lengths, 0.0, 0.0, 0.0)


def gradients_of(arrows: Float[Tensor, "*s n 2"]) -> Float[Tensor, "*s n 2"]:
    """The gradients that `arrows` shows; those beyond the ends of its range are at its ends."""
    low, high = map(math.log10, ARROWS)
    lengths = arrows.norm(dim=-1, keepdim=True).clamp_min(1e-30)
    return arrows / lengths * 10 ** (low + (high - low) * lengths.clamp_max(1))


class RenderedView(NamedTuple):
    """What was computed; empty is what was not to be seen.

    Of one member, or of several in one more axis before the others.

    Attributes:
        numbers: of D's output, which value the first colour of the map stands for and which the
            last.
        fakes: points.
        grid: points, row by row.
        fake_gradients: minus the gradient of G's loss at the first of the fakes.
        map: D's output in each cell.
        whole_fakes: these four as whole numbers (`QuantisedView`),
        whole_grid: and so on,
        whole_pulls: and so on,
        shades: and so on.
        d_histogram: how many of the real points, and of the fakes, D gives each value from low
            to high; what lies outside counts at its ends.
        norms_d: sizes of the last gradient of each layer of D, for the graph, and
        norms_g: of G.
    """

    numbers: Float[Tensor, "*s 2"]
    fakes: Float[Tensor, "*s n 2"]
    grid: Float[Tensor, "*s rows columns 2"]
    fake_gradients: Float[Tensor, "*s p 2"]
    map: Float[Tensor, "*s side side"]
    whole_fakes: Tensor
    whole_grid: Tensor
    whole_fake_gradients: Tensor
    shades: Tensor
    d_histogram: Float[Tensor, "*s 2 bins"]
    norms_d: Float[Tensor, "*s layers"]
    norms_g: Float[Tensor, "*s layers"]


def map_range(
    maps: Float[Tensor, "*s rows columns"], reading: str
) -> tuple[Float[Tensor, "*s"], Float[Tensor, "*s"]]:
    """What the ends of maps' colours stand for, by how a loss reads D's output."""
    if reading == "critic":  # only differences mean something: from the least to the most
        low, high = maps.amin((-2, -1)), maps.amax((-2, -1))
        return low, torch.maximum(high, low + 1e-6)
    low, high = (torch.full(maps.shape[:-2], end) for end in RANGES[reading])
    return low, high


def render_one(ensemble: Ensemble, places: RenderInputs, counts: RenderOptions) -> RenderedView:
    """Look at an ensemble of one. Fake gradients need fakes; histograms need fakes and a map."""
    return RenderedView(*[tensor[0] for tensor in render_all(ensemble, places, counts)])


def render_all(ensemble: Ensemble, places: RenderInputs, counts: RenderOptions) -> RenderedView:
    """Look at all members of an ensemble, at each in places of its own."""
    loss, members = LOSSES[ensemble.structure.loss], len(ensemble.configs)
    fakes, norms_d, norms_g = None, torch.empty(members, 0), torch.empty(members, 0)
    drawn_fakes = fake_gradients = torch.empty(members, 0, 2)
    d_histogram = torch.empty(members, 2, 0)
    cells, grid = torch.empty(members, 0, 0), torch.empty(members, 0, 0, 2)
    low, high = torch.zeros(members), torch.ones(members)
    with torch.no_grad():
        if places.z is not None:
            fakes = ensemble.generate(places.z)
            drawn_fakes = fakes.mT
        if places.cells is not None:
            values = loss.output(ensemble.discriminate(places.cells, places.asked))
            low, high = map_range(values[:, None], loss.reading)
            cells = values.view(members, math.isqrt(values.shape[1]), -1)
        if places.grid is not None:
            grid = ensemble.generate(places.grid).mT.view(members, counts.rows, -1, 2)
        if counts.bins and places.real is not None and fakes is not None:
            points = torch.cat([places.real, fakes], dim=2)
            outputs = loss.output(ensemble.discriminate(points, places.both_labels))
            span = (high - low)[:, None]
            share = ((outputs - low[:, None]) / span).nan_to_num(0.0).clamp(0, 1)
            halves = share.view(2 * members, -1)
            counted = [torch.histc(half, counts.bins, 0.0, 1.0) for half in halves]
            d_histogram = torch.stack(counted).view(members, 2, -1)
            norms_d, norms_g = map(ensemble.layer_norms, ("d", "g"))
    if counts.fake_gradients and fakes is not None:
        label = None if places.label is None else places.label[..., : counts.fake_gradients]
        fake_gradients = ensemble.fake_gradients(fakes[..., : counts.fake_gradients], label).mT
    drawings = drawn_fakes, grid, fake_gradients, cells
    with torch.no_grad():
        own = quantised(drawings, counts.unit, low, high)
        numbers = torch.stack([low, high], dim=1)
    return RenderedView(numbers, *drawings, *own, d_histogram, norms_d, norms_g)
