"""Walks as files: a film (GIF, MP4) or all frames on one PNG, and the pace of a walk."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from jaxtyping import UInt8
from PIL import Image
from torch import Tensor

from ganplay.images.checkpoint import ImageModel
from ganplay.latent.walk import (
    Images,
    Walk,
    WalkFrames,
    gaps,
    iter_frames,
    unevenness,
)
from ganplay.media.contact_sheet import contact_sheet, png
from ganplay.media.video import KINDS as FILMS
from ganplay.media.video import Cancelled, gif, mp4

KINDS = (*FILMS, "strip", "sheet")
MAX_ZOOM = 16
"""Largest factor by which pictures are magnified."""
MAX_STRIP_WIDTH = 16_384
"""Pixels; browsers draw no wider picture."""
_PALETTE_FRAMES = 36
"""Frames, evenly chosen, from which the colours of a GIF are taken."""


class Pace(NamedTuple):
    """How far a walk goes from frame to frame.

    Attributes:
        gaps: distances in the space of features from each frame to the next; of a loop also from
            the last one to the first.
        unevenness: their standard deviation over their mean.
    """

    gaps: list[float]
    unevenness: float


def pace_of(walk: Walk, parts: list[WalkFrames]) -> Pace:
    """The pace of a walk all of whose frames have been rendered."""
    features = torch.cat([part.features for part in parts])
    found = gaps(torch.cat([features, features[:1]]) if walk.loop else features)
    return Pace(found.tolist(), unevenness(found))


class File(NamedTuple):
    """A walk as a file, and its pace."""

    data: bytes
    pace: Pace


def export_walk(
    model: ImageModel,
    walk: Walk,
    kind: str,
    zoom: int = 1,
    tell: Callable[[int, int], bool] = lambda done, of: True,
    columns: int | None = None,
) -> File:
    """Render a walk and write it to a file.

    Args:
        model: renders it.
        walk: through its latent space.
        kind: one of KINDS, see `encode`.
        zoom: factor by which pictures are magnified, 1 to MAX_ZOOM.
        tell: is called with the pictures done and their total; returns False to cancel.
        columns: of a sheet; by default it is about square.

    Raises:
        ValueError: if there is no such kind.
        Cancelled: if `tell` returned False.
    """
    parts, drawn = [], walk.frames if kind in FILMS else 0
    for part in iter_frames(model, walk):
        parts.append(part)
        if not tell(part.done, part.of + drawn):
            raise Cancelled
    images, before = torch.cat([part.images for part in parts]), parts[-1].of
    data = encode(
        images, kind, walk.rate, zoom, lambda done: tell(before + done, before + drawn), columns
    )
    return File(data, pace_of(walk, parts))


def suffix(kind: str) -> str:
    """The file name extension of a kind, without the dot."""
    return kind if kind in FILMS else "png"


def encode(
    images: Images,
    kind: str,
    rate: int = 24,
    zoom: int = 1,
    tell: Callable[[int], bool] = lambda done: True,
    columns: int | None = None,
) -> bytes:
    """Pictures as a file.

    Args:
        images: at least one.
        kind: one of KINDS. A strip has one row without gaps; where that would be wider than
            MAX_STRIP_WIDTH, it shows as many as fit, evenly chosen.
        rate: pictures a second of a film.
        zoom: factor by which they are magnified.
        tell: is called with the pictures of a film drawn so far; returns False to cancel.
        columns: of a sheet; by default it is about square.

    Raises:
        ValueError: if there is no such kind.
        Cancelled: if `tell` returned False.
    """
    if kind not in KINDS:
        raise ValueError(f"kind: {kind!r}; one of {', '.join(KINDS)}")
    if kind == "strip":
        few = _spread(images, MAX_STRIP_WIDTH // (images.shape[3] * zoom))
        return png(contact_sheet(few, len(few), 0, zoom), optimize=False)
    if kind == "sheet":
        return png(contact_sheet(images, columns, zoom=zoom), optimize=False)
    shown = _magnified(images, zoom, tell)
    if kind == "mp4":
        return mp4(shown, rate)
    some = _spread(images, _PALETTE_FRAMES)
    palette = contact_sheet(some, gap=0).quantize(256, Image.Quantize.MEDIANCUT)
    return gif(shown, palette, rate)


def _magnified(images: Images, zoom: int, tell: Callable[[int], bool]) -> Iterator[Image.Image]:
    for done, image in enumerate(images):
        if not tell(done):
            raise Cancelled
        yield contact_sheet(image[None], 1, 0, zoom)


def _spread(images: Images, most: int) -> UInt8[Tensor, "m c h w"]:
    """At most so many of the pictures, evenly chosen."""
    count = max(1, min(len(images), most))
    return images[torch.linspace(0, len(images) - 1, count).round().long()]


def latent_norms(part: WalkFrames) -> list[float]:
    """The lengths of the frames' latent vectors."""
    return [round(norm, 3) for norm in part.z.norm(dim=1).tolist()]
