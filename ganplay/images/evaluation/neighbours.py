"""The training pictures nearest to a picture: whether a model remembers or invents.

Near is what looks alike to the data's classifier: distances are Euclidean, between the features
in which the figures on a model's card are measured too. Distances in pixels stand beside them.
"""

import functools
import hashlib
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from jaxtyping import Float, UInt8
from safetensors.torch import save
from torch import Tensor

from ganplay.common.files import write_whole
from ganplay.common.paths import home_folder
from ganplay.common.safe_tensors import CheckpointError, TensorSpec, content, tensors_of
from ganplay.images.checkpoint import BUNDLED, Card
from ganplay.images.evaluation.classifier import FEATURES, LoadedClassifier, load_classifier
from ganplay.images.evaluation.training_images import (
    MissingData,
    Tell,
    TrainingImages,
    training_images_of,
)

VERSION = 1
"""Of what is kept in a cache."""
RENDERED = 0.8
"""Share of the time that goes by before letters are all rendered."""
PART = 100
"""Pictures looked at at once: as many as stay in the processor's cache."""
FAR = 2.0
"""Times the usual distance."""
DIGITS = 4
"""Digits of a distance behind the point."""
MOST = 16
"""Neighbours of a picture; their distances are taken again, as features are kept in half
precision."""
_HEADER = 2**12


class Neighbour(NamedTuple):
    """A training picture.

    Attributes:
        place: in the training data.
        name: of its class.
        distance: between the features.
        pixels: distance between the pictures, whose pixels count from 0 to 1.
    """

    place: int
    name: str
    distance: float
    pixels: float


class ReferenceDistances(NamedTuple):
    """How far real pictures of the test split are from the nearest training picture, in features.

    Attributes:
        median: of the test split.
        nearest: what 99 in 100 of them are farther than. Where the test split holds copies, as of
            fonts, this is the figure of the training pictures, each without itself.
    """

    median: float
    nearest: float

    def reading(self, distance: float) -> str:
        """What a distance means: "near" (perhaps a copy), "usual", or "far" (unlike the data)."""
        if distance < self.nearest:
            return "near"
        return "far" if distance > FAR * self.median else "usual"


def reference_distances_of(card: Card, classifier: LoadedClassifier) -> ReferenceDistances | None:
    """From the figures on a card; None if it has none that this classifier measured."""
    metrics: dict[str, Any] = card.metrics
    try:
        if metrics["protocol"]["classifier"]["sha256"] != classifier.card.sha256:
            return None
        figures = metrics["memorisation"]["features"]
        near = (figures[name]["first_percentile"] for name in ("held_out", "training"))
        return ReferenceDistances(float(figures["held_out"]["median"]), max(map(float, near)))
    except (KeyError, TypeError, ValueError):
        return None


@dataclass(frozen=True, eq=False)
class NeighbourIndex:
    """Training pictures with their features, to be searched for the nearest ones.

    Attributes:
        training_images: what is searched.
        features: of each picture, in half precision.
        classifier: that gave these features.
    """

    training_images: TrainingImages
    features: Float[Tensor, "n f"]
    classifier: LoadedClassifier

    @property
    def memory(self) -> int:
        """Bytes that it takes; while it is searched its features take thrice their own."""
        return self.training_images.memory + self.features.nbytes

    def nearest(self, picture: UInt8[Tensor, "c h w"], count: int = 3) -> list[Neighbour]:
        """The training pictures nearest to a picture, the nearest first.

        Args:
            picture: of the data's shape.
            count: at most so many, up to MOST.
        """
        net, data = self.classifier.net, self.training_images
        wanted = net.features(picture[None])
        rough = (self.features - wanted).norm(dim=1)
        places = rough.topk(min(MOST, len(rough)), largest=False).indices
        pictures = data.pictures(places.tolist())
        exact = (net.features(pictures) - wanted).norm(dim=1)
        pixels = (pictures.double() - picture.double()).flatten(1).norm(dim=1) / 255
        return [
            Neighbour(
                place := int(places[i]), data.names[int(data.labels[place])],
                round(float(exact[i]), DIGITS), round(float(pixels[i]), DIGITS),
            )
            for i in exact.argsort(stable=True)[:count].tolist()
        ]  # fmt: skip


def index_of(
    card: Card,
    roots: Sequence[Path] = (),
    cache: Path | None = None,
    tell: Tell = lambda share: None,
) -> NeighbourIndex:
    """An index of what a model learnt from; a minute or more of work, where none is kept.

    Args:
        card: of the model.
        roots: folders that hold data, see `training_images_of`.
        cache: a folder that keeps it; None keeps nothing.
        tell: is told which share is done, in [0, 1]; what it raises ends the work.

    Raises:
        MissingData: if the data or their classifier are not to be had, with words on why.
    """
    classifier = classifier_of(card)
    slow = card.data.name == "letters"
    before = RENDERED if slow else 0.0
    data = training_images_of(card, roots, cache, lambda share: tell(before * share))
    key = json.dumps([VERSION, data.identity, classifier.card.sha256])
    name = f"neighbours-{card.data.name}-{hashlib.sha256(key.encode()).hexdigest()[:16]}"
    path = cache and cache / f"{name}.safetensors"
    features = _kept(path, len(data)) if path else None
    if features is None:
        features = _features(data, classifier, lambda share: tell(before + (1 - before) * share))
        if path:
            with suppress(OSError):  # then it is made anew next time
                write_whole(path, save({"features": features}))
    return NeighbourIndex(data, features, classifier)


_load = functools.cache(load_classifier)


def classifier_of(card: Card) -> LoadedClassifier:
    """The classifier that comes with ganplay of a model's data; each is read once.

    Raises:
        MissingData: if none of that comes with ganplay, or it takes other pictures.
    """
    name = card.data.name
    try:
        classifier = _load(BUNDLED / "classifiers" / name)
    except (OSError, CheckpointError) as error:
        raise MissingData(
            "no_classifier", f"{name}: no classifier of these data comes with ganplay", data=name
        ) from error
    channels, side = classifier.card.channels, classifier.card.side
    if (channels, side, side) != card.shape:
        why = f"{name}: its classifier takes pictures of {side} pixels"
        raise MissingData("no_classifier", why, data=name)
    return classifier


def _features(
    data: TrainingImages, classifier: LoadedClassifier, tell: Tell
) -> Float[Tensor, "n f"]:
    parts, count = [], len(data)
    for start in range(0, count, PART):
        tell(start / count)
        part = data.pictures(range(start, min(start + PART, count)))
        parts.append(classifier.net.features(part).half())
    return torch.cat(parts)


def _kept(path: Path, count: int) -> Float[Tensor, "n f"] | None:
    """What an earlier run kept, if it is just that."""
    kind = TensorSpec((count, FEATURES), torch.float16)
    try:
        data = content(path, count * FEATURES * kind.dtype.itemsize + _HEADER)
        return tensors_of(data, {"features": kind}, _HEADER)["features"]
    except (OSError, CheckpointError):
        return None


def cache_folder() -> Path:
    """Where ganplay keeps what can be made again: `~/.cache/ganplay`, or as XDG has it."""
    return Path(os.environ.get("XDG_CACHE_HOME") or home_folder() / ".cache") / "ganplay"
