"""The ink of a drawing that was photographed: paper is never evenly lit, and a shadow is no ink.

At each place the paper's own light is estimated, by a closing of the picture (the brightest value
around, then the darkest of those): strokes are narrower than its window and go, while shadows and
the way light falls off are wider and stay. What is darker than its paper by some share is ink. All
pictures here are dark ink on light paper, from 0 (black) to 255.
"""

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from torch.nn import functional

LEVELS = (5, 90)
"""By how many percent a pixel may have to be darker than its paper to count as ink."""
_WINDOW = 0.25
"""Of the closing, as a share of the shorter side: wider than strokes, narrower than shadows."""
MIN_PHOTO = 100
"""Pixels along the shorter side of what can be a photograph."""
_GLARE = 8
"""Grey levels that are added to all, so that nearly black ground is not taken too seriously."""
_AS_ROUGH = 0.1
"""The share by which two grounds may differ in roughness and still be about as rough."""
_EVEN_LIGHT, _EVEN_PAPER = 0.12, 0.04
"""How much of its light an evenly lit paper may lose, and how dark its spots may be."""
_TWO_LEVELS = 0.98
"""The share of pixels that are as light as paper or as dark as ink in a drawing without shades."""
_LEAST_CONTRAST = 0.12
"""What is less dark than that, as a share of the paper's light, is paper's grain or a camera's."""
_FAINT = 0.5
"""Lines that are less dark than that share of the darkest ink are printed on the paper."""
_EDGE = 0.1
"""Over which range of darkness a pixel at the edge of a stroke becomes ink."""

Grey = Float[Tensor, "h w"]


class Sheet(NamedTuple):
    """A picture of a drawing.

    Attributes:
        darkness: how much less light each pixel has than its paper, from 0 to 1.
        even: whether the paper is evenly lit and clean, so that the picture can stay as it is.
        level: the darkness, in percent, from which a pixel is best taken for ink.
    """

    darkness: Grey
    even: bool
    level: int

    def ink(self, level: int) -> UInt8[Tensor, "h w"]:
        """The ink alone: 255 where it is, 0 on the paper, and between them at its edges."""
        amount = (self.darkness - level / 100) / _EDGE + 0.5
        return (amount.clamp(0, 1) * 255).round().to(torch.uint8)


def sheet_of(grey: Grey, light_ink: bool) -> Sheet:
    """What there is to know of a picture of a drawing, in dark ink or in light."""
    ground, darkness = _against_ground(grey, light_ink)
    level = _level(darkness)
    low, high = _quantiles(ground, 0.02, 0.98)
    spots = darkness[darkness < level]
    (spot,) = _quantiles(spots, 0.95) if len(spots) else (0.0,)
    even = 1 - low / high <= _EVEN_LIGHT and spot <= _EVEN_PAPER
    first, last = LEVELS
    percent = min(last, max(first, round(100 * level)))
    return Sheet(darkness, even or _has_two_levels(grey), percent)


def is_empty(sheet: Sheet) -> bool:
    """Whether nothing is drawn: nowhere does the picture differ much from its ground."""
    return float(sheet.darkness.max()) < _LEAST_CONTRAST


def has_light_ink(grey: Grey) -> bool:
    """Whether a picture shows light ink on dark ground, as chalk on a board.

    In a large picture strokes tell: the ground is smoother without them than with them. Else the
    border tells, which is ground.
    """
    if min(grey.shape) >= MIN_PHOTO:
        dark, light = (_roughness(_against_ground(grey, ink)[0]) for ink in (False, True))
        if abs(dark - light) > _AS_ROUGH * max(dark, light):
            return light < dark
    low, high = float(grey.min()), float(grey.max())
    edges = torch.cat([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    return float(edges.median()) <= (low + high) / 2


def _roughness(ground: Grey) -> float:
    """By which share the light of the ground differs from pixel to pixel, on average."""
    shares = ground.log()
    return float(shares.diff(dim=0).abs().mean() + shares.diff(dim=1).abs().mean())


def _against_ground(grey: Grey, light_ink: bool) -> tuple[Grey, Grey]:
    """The light of the ground at each place, and by which share the picture differs from it."""
    calm = functional.avg_pool2d(_padded(grey, 1), 3, 1)[0, 0] + _GLARE  # without a camera's grain
    size = window(grey)
    if light_ink:
        ground = -closing(-calm, size)
        return ground, (1 - ground / calm).clamp(0, 1)
    ground = closing(calm, size)
    return ground, (1 - calm / ground).clamp(0, 1)


def window(grey: Grey) -> int:
    """The odd width, in pixels, of the window in which the paper's light is looked for."""
    return int(min(grey.shape) * _WINDOW) // 2 * 2 + 1


def closing(grey: Grey, size: int) -> Grey:
    """The brightest value in a square window of an odd size, then the darkest of those.

    What is at the border goes on outside it, so that a shadow there keeps its corners.
    """
    wide = _padded(grey, size - 1)[0, 0]
    return -_brightest(-_brightest(wide, size), size)


def _brightest(grey: Float[Tensor, "H W"], size: int) -> Float[Tensor, "a b"]:
    """The brightest value of each window that lies within a picture; in log(size) passes."""
    for axis in (0, 1):
        width = 1
        while width < size:
            by = min(width, size - width)
            long = grey.shape[axis] - by
            grey = torch.maximum(grey.narrow(axis, 0, long), grey.narrow(axis, by, long))
            width += by
    return grey


def _padded(grey: Grey, by: int) -> Tensor:
    return functional.pad(grey[None, None], (by, by, by, by), mode="replicate")


def _quantiles(values: Tensor, *shares: float) -> list[float]:
    found = np.quantile(values.numpy(), shares)  # torch's takes no more than 16 million values
    return [float(one) for one in found]


def _has_two_levels(grey: Grey) -> bool:
    """Whether all pixels are about as light as the lightest or as dark as the darkest."""
    low, high = float(grey.min()), float(grey.max())
    near = 0.08 * (high - low)
    ends = (grey <= low + near) | (grey >= high - near)
    return float(ends.float().mean()) >= _TWO_LEVELS


def _level(darkness: Grey) -> float:
    """The darkness that best parts ink from paper, and from what is printed on the paper.

    Otsu's threshold (1979): the one for which the two classes' means are farthest apart.
    """
    counts = torch.histc(darkness, 100, 0, 1).double()
    at = (torch.arange(100).double() + 0.5) / 100
    below, total = counts.cumsum(0), counts.sum()
    mass = (counts * at).cumsum(0)
    apart = (mass[-1] * below / total - mass).square() / (below * (total - below)).clamp(min=1e-9)
    found = (float(apart.argmax()) + 1) / 100
    ink = darkness[darkness >= found]
    (strong,) = _quantiles(ink, 0.9) if len(ink) else (0.0,)
    return max(_LEAST_CONTRAST, found, _FAINT * strong)
