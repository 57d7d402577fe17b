"""What stands beside a picture in Explore: D's verdict, and the training pictures nearest to it."""

import math
from typing import Any

from ganplay.images.evaluation.training_images import MissingData
from ganplay.latent.model_store import ModelStore
from ganplay.server.explore.request import ExploreRequest, Handler


def verdict(gallery: ModelStore, asked: ExploreRequest) -> tuple[dict[str, Any], bytes]:
    """What D says of the first state's picture."""
    said = gallery.verdict(asked.model, asked.states[0])._asdict()
    if math.isnan(said["threshold"]):  # JSON has none
        said["threshold"] = None
    pairs = gallery.cards[asked.model].config.pairs
    return {"type": "verdict", "pairs": pairs} | said, b""


def neighbours(gallery: ModelStore, asked: ExploreRequest) -> tuple[dict[str, Any], bytes]:
    """The training pictures nearest to the first state's, or why there are none (yet)."""
    try:
        near = gallery.nearest(asked.model, asked.states[0])
    except MissingData as missing:
        head: dict[str, Any] = {"status": "missing", "code": missing.code, "values": missing.values}
        return {"type": "neighbours"} | head, b""
    if isinstance(near, float):
        return {"type": "neighbours", "status": "building", "share": near}, b""
    usual = near.yardstick
    head = {
        "status": "found", "shape": near.shape,
        "neighbours": [one._asdict() for one in near.neighbours],
        "median": usual and usual.median,
        "reading": usual and usual.reading(near.neighbours[0].distance),
    }  # fmt: skip
    return {"type": "neighbours"} | head, near.pixels


PURPOSES = {
    "verdict": Handler(verdict, heavy=True),
    "neighbours": Handler(neighbours, heavy=True),
}
