"""Walks as what is seen of them: frames as they are made, a film, or all frames on one PNG."""

import io
from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from jaxtyping import UInt8
from PIL import Image
from torch import Tensor

from ganplay.images.checkpoint import ImageModel
from ganplay.latent.walk import Images, Walk, WalkFrames, closed, gaps, made, unevenness
from ganplay.media.contact_sheet import contact_sheet
from ganplay.media.video import KINDS as FILMS
from ganplay.media.video import Cancelled, gif, mp4

KINDS = (*FILMS, "strip", "sheet")
MAX_ZOOM = 16
WIDEST = 16_384
"""Pixels that a strip is wide at most: browsers draw no wider picture."""
_PALETTE_FROM = 36


class Pace(NamedTuple):
    """How far a walk goes from frame to frame.

    Attributes:
        gaps: in the space of features, from each frame to the next; of a loop also from the last
            one to the first.
        unevenness: their standard deviation over their mean.
    """

    gaps: list[float]
    unevenness: float


def pace_of(walk: Walk, parts: list[WalkFrames]) -> Pace:
    """The pace of a walk that has been made."""
    found = gaps(closed(torch.cat([part.features for part in parts]), walk.loop))
    return Pace(found.tolist(), unevenness(found))


class File(NamedTuple):
    """A walk as a file, and its pace."""

    data: bytes
    pace: Pace


def exported(
    model: ImageModel,
    walk: Walk,
    kind: str,
    zoom: int = 1,
    tell: Callable[[int, int], bool] = lambda done, of: True,
    columns: int | None = None,
) -> File:
    """A walk, made and written.

    Args:
        model: which.
        walk: through its latent space.
        kind: one of KINDS, see `encoded`.
        zoom: how many times as large the pictures are.
        tell: told how much is done, and of how much; False ends it.
        columns: of a sheet.

    Raises:
        ValueError: if there is no such kind.
        Cancelled: if `tell` said so.
    """
    parts, drawn = [], walk.frames if kind in FILMS else 0
    for part in made(model, walk):
        parts.append(part)
        if not tell(part.done, part.of + drawn):
            raise Cancelled
    images, before = torch.cat([part.images for part in parts]), parts[-1].of

    def told(done: int) -> bool:
        return tell(before + done, before + drawn)

    data = encoded(images, kind, walk.rate, zoom, told, columns)
    return File(data, pace_of(walk, parts))


def suffix(kind: str) -> str:
    """How the name of such a file ends, without the dot."""
    return kind if kind in FILMS else "png"


def encoded(
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
            WIDEST, it shows as many as fit, evenly chosen.
        rate: pictures a second of a film.
        zoom: how many times as large they are drawn.
        tell: told how many pictures of a film have been drawn; False ends it.
        columns: of a sheet; by default it is about square.

    Raises:
        ValueError: if there is no such kind.
        Cancelled: if `tell` said so.
    """
    if kind not in KINDS:
        raise ValueError(f"kind: {kind!r}; one of {', '.join(KINDS)}")
    if kind == "strip":
        few = _spread(images, WIDEST // (images.shape[3] * zoom))
        return _png(contact_sheet(few, len(few), 0, zoom))
    if kind == "sheet":
        return _png(contact_sheet(images, columns, zoom=zoom))
    shown = _shown(images, zoom, tell)
    if kind == "mp4":
        return mp4(shown, rate)
    some = _spread(images, _PALETTE_FROM)
    palette = contact_sheet(some, gap=0).quantize(256, Image.Quantize.MEDIANCUT)
    return gif(shown, palette, rate)


def _shown(images: Images, zoom: int, tell: Callable[[int], bool]) -> Iterator[Image.Image]:
    for done, image in enumerate(images):
        if not tell(done):
            raise Cancelled
        yield contact_sheet(image[None], 1, 0, zoom)


def _spread(images: Images, most: int) -> UInt8[Tensor, "m c h w"]:
    count = max(1, min(len(images), most))
    return images[torch.linspace(0, len(images) - 1, count).round().long()]


def _png(sheet: Image.Image) -> bytes:
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG")
    return buffer.getvalue()


def norms_of(part: WalkFrames) -> list[float]:
    """The lengths of the frames' latent vectors."""
    return [round(norm, 3) for norm in part.z.norm(dim=1).tolist()]
