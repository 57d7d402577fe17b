"""How well a reconstruction fits its target, and whether it still shows the same class.

Inversion always ends with some picture, also where the model cannot draw the target. So an error
is held against those of pictures that the model can draw: its own samples, and real pictures that
it did not learn from. They are on the model's card, where `ganplay inversion --write` puts them.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from jaxtyping import UInt8
from torch import Tensor

from ganplay.images.checkpoint import Card, ImageModel
from ganplay.images.checkpoint.card import InversionErrors
from ganplay.images.evaluation.classifier import LABEL
from ganplay.images.evaluation.neighbours import classifier_of
from ganplay.images.evaluation.training_images import MissingData
from ganplay.latent.projection import RESTARTS, STEPS, Picture, project

PERCENTILE = 0.95
"""Share of pictures whose errors are at most those on the card."""
NEAR = 2.0
"""Where no held-out pictures were measured: how many times the error of samples is still near."""
FIRST_SEED = 1_000_000
"""Of the samples that are inverted."""


class Fit(NamedTuple):
    """What an error means.

    Attributes:
        word: "fits" if it is what the model's own samples have, "near" if real pictures have it,
            or "off": the model cannot draw the target, or the search was too short.
        samples: the error that 95 in 100 of the model's own samples stay within.
        held_out: the same of real pictures that the model did not learn from; None if not known.
        restarts: of the searches with which it is compared.
        steps: of each of their restarts.
    """

    word: str
    samples: float
    held_out: float | None
    restarts: int
    steps: int


class ClassReading(NamedTuple):
    """The classes that a classifier reads from the target and from the reconstruction."""

    target: str
    picture: str


def fit_of(card: Card, error: float) -> Fit | None:
    """What an error of a search in a model means; None if its card has no errors to compare with.

    Args:
        card: of the model.
        error: root mean square over the visible pixels, in grey levels of 255.
    """
    known = card.inversion
    if known is None:
        return None
    near = NEAR * known.samples if known.held_out is None else max(known.held_out, known.samples)
    word = "fits" if error <= known.samples else "near" if error <= near else "off"
    return Fit(word, known.samples, known.held_out, known.restarts, known.steps)


def class_reading(card: Card, target: Picture, picture: Picture) -> ClassReading | None:
    """How a classifier reads both pictures; None where none comes with ganplay that tells a label.

    Args:
        card: of the model.
        target: the picture that was looked for, all of it.
        picture: the reconstruction.
    """
    try:
        net = classifier_of(card).net
    except MissingData:
        return None
    if LABEL not in net.heads:
        return None
    with torch.no_grad():
        read = net.predict(net.features(torch.stack([target, picture])))[LABEL].tolist()
    return ClassReading(*(net.heads[LABEL][k] for k in read))


def measure_errors(
    model: ImageModel,
    count: int,
    held_out: UInt8[Tensor, "n c h w"] | None = None,
    tell: Callable[[int, int], object] = lambda done, total: None,
) -> InversionErrors:
    """Errors of inversions of a model's samples, and of real pictures, with the usual settings.

    Args:
        model: is searched.
        count: of its samples, the classes in turn.
        held_out: real pictures that it did not learn from, if there are any.
        tell: is told how many pictures are done, and of how many.
    """
    samples = model.sample(range(FIRST_SEED, FIRST_SEED + count))
    total = count + (0 if held_out is None else len(held_out))

    def errors(pictures: Tensor, done: int) -> Iterator[float]:
        for i, picture in enumerate(pictures):
            yield project(model, picture).error
            tell(done + i + 1, total)

    def most(found: Iterator[float]) -> float:
        return round(float(torch.tensor(list(found)).quantile(PERCENTILE)), 2)

    return InversionErrors(
        samples=most(errors(samples, 0)),
        held_out=None if held_out is None else most(errors(held_out, count)),
        count=count, restarts=RESTARTS, steps=STEPS,
    )  # fmt: skip
