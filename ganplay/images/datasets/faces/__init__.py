"""Cartoon faces, drawn by this package's own code: as many as one likes."""

from zlib import crc32

from ganplay.images.datasets.base import ImageData, Request, cached
from ganplay.images.datasets.faces.attributes import ATTRIBUTES, Choice, Measure, sample_attributes
from ganplay.images.datasets.faces.drawing import draw_faces

__all__ = ["ATTRIBUTES", "Choice", "Measure", "draw_faces", "faces", "sample_attributes"]

COUNTS = {"train": 30_000, "test": 10_000}


def faces(request: Request) -> ImageData:
    """Cartoon faces with their attributes; the label is the style of the hair."""
    count = COUNTS[request.split] if request.count is None else request.count
    request.check_memory(count, 3)
    # Two streams of one seed, so that no face of the one is a face of the other.
    seed = 2 * request.seed + (request.split == "test")
    attributes = sample_attributes(count, seed)
    # Some faces stand for the way of drawing: what another version drew is drawn anew.
    drawn = draw_faces({name: v[:64] for name, v in attributes.items()}, request.size)
    key = [seed, count, request.size, crc32(drawn.numpy().tobytes())]
    made = cached(
        request.cache, "faces", key, lambda: {"images": draw_faces(attributes, request.size)}
    )
    choices = {n: kind.names for n, kind in ATTRIBUTES.items() if isinstance(kind, Choice)}
    return ImageData(
        images=made["images"],
        labels=attributes["hair"],
        names=choices["hair"],
        licence="MIT, as ganplay: drawn by its own code",
        how_to_get=f"ganplay.datasets.load('faces', split={request.split!r}, seed={request.seed})",
        attributes=attributes,
        choices=choices,
    )
