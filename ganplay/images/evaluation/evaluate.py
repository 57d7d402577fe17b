"""How good an image model is: its samples against real pictures, in a classifier's features.

Two finite sets of real pictures never agree exactly. So every figure stands beside the one that
real pictures reach in the samples' place: those of the test split (`held_out`) and, where the
data have enough, others of the training split (`training`), which are always as many as the
samples.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int, Real, UInt8
from PIL import Image
from torch import Tensor

from ganplay.common.seeding import generator_of
from ganplay.gan.class_shares import labels_in_shares, weights_of
from ganplay.images.datasets import ImageData
from ganplay.images.evaluation import letter_style, metrics
from ganplay.images.evaluation.classifier import LABEL, Classifier, LoadedClassifier, heads_of
from ganplay.media.contact_sheet import pair_sheet

Pixels = UInt8[Tensor, "n c h w"]
Labels = Int[Tensor, "n"]
"""The number of each picture's class."""
K = 5
COMPARED = 2000
"""Pictures whose nearest training pictures are looked for."""
STYLES = 400
"""Latent vectors of which whole alphabets are made."""
PAIRS = 24
CHUNK = 1000
MAX_COUNT, MAX_SEED = 100_000, 10_000
"""So that the seeds of all samples stay below 2^31."""
LETTERS = 26
IN_SHARES = "each class as often as in the training data"
"""The labels of samples, as the protocol has them; older cards say "each class equally often"."""


@runtime_checkable
class Model(Protocol):
    """What is evaluated: see `ganplay.ImageModel`."""

    @property
    def classes(self) -> int:
        """Classes that may be asked for; 0 if there are none."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the classes of its data."""

    def sample(self, seeds: Sequence[int], label: Sequence[int] | None = None, /) -> Pixels:
        """A picture for each seed."""


class EvaluationError(ValueError):
    """Things that cannot be evaluated together, with words on why."""


class _Set(NamedTuple):
    """Pictures with their features, and the class in each head of the classifier."""

    images: Pixels
    features: Float[Tensor, "n f"]
    predictions: Mapping[str, Labels]

    def take(self, index: Int[Tensor, "m"]) -> "_Set":
        predictions = {head: values[index] for head, values in self.predictions.items()}
        return _Set(self.images[index], self.features[index], predictions)

    def rows(self, space: str) -> Real[Tensor, "n f"]:
        """A row for each picture: its "features", or its "pixels" from 0 to 255."""
        return self.features if space == "features" else self.images.flatten(1)


class _Sets(NamedTuple):
    """All that is compared: `real` and `others` are parts of `train`, at the places `order`."""

    train: _Set
    real: _Set
    others: _Set | None
    held_out: _Set
    samples: _Set
    order: Labels

    def compared(self) -> dict[str, _Set]:
        """Those that are held against `real`, by name."""
        others = {} if self.others is None else {"training": self.others}
        return {"samples": self.samples, "held_out": self.held_out, **others}


def evaluate(
    model: Model,
    train: ImageData,
    test: ImageData,
    classifier: LoadedClassifier,
    count: int = 10_000,
    seed: int = 0,
    tell: Callable[[str], object] = lambda stage: None,
) -> dict[str, Any]:
    """All figures of a model, as plain data for JSON; the same ones for the same seed.

    Samples of a conditional model have the shares of classes of `train`, as its real pictures do.

    Args:
        model: which.
        train: all that it learnt from.
        test: real pictures that it has not seen.
        classifier: of these data.
        count: samples, and real pictures that they are held against, at most as many as `train`
            has.
        seed: of samples and choices.
        tell: is told what is going on.

    Raises:
        EvaluationError: if they do not fit together, or there is too little of something.
    """
    _check(model, train, test, classifier.net, count, seed)
    seeds = range(seed * count, (seed + 1) * count)
    weights = weights_of(train.labels, len(train.names))
    labels = _in_shares(weights, count, seed) if model.classes else None
    tell("samples")
    images = _sampled(model, seeds, labels)
    tell("features")
    sets = _sets(images, train, test, classifier.net, count, seed)
    tell("distances")
    report = {
        "protocol": _protocol(sets, classifier, seeds, seed) | _asked_for(train.names, labels),
        **_distances(sets),
        "accuracy": _accuracy(sets, test, labels, classifier),
        "shares": _shares(sets, train),
        "diversity": _diversity(sets, train),
        "attributes": _attributes(sets, train),
    }
    tell("nearest training pictures")
    report["memorisation"] = _memorisation(sets, _label_head(train), labels, seeds)
    tell("styles")
    report["style"] = _style(model, train, test, seed)
    return {name: part for name, part in report.items() if part is not None}


def _check(
    model: Model, train: ImageData, test: ImageData, net: Classifier, count: int, seed: int
) -> None:
    if not 2 * K <= count <= MAX_COUNT:
        raise EvaluationError(f"count {count}: {2 * K} to {MAX_COUNT} are possible")
    if not 0 <= seed <= MAX_SEED:
        raise EvaluationError(f"seed {seed}: 0 to {MAX_SEED} are possible")
    for name, data in (("training", train), ("test", test)):
        if len(data) < 2 * K:
            raise EvaluationError(f"{len(data)} {name} pictures: at least {2 * K} are needed")
        if data.images.shape[1:] != (net.channels, net.side, net.side):
            shape = "x".join(map(str, data.images.shape[1:]))
            raise EvaluationError(
                f"{name} pictures of {shape}, and a classifier of"
                f" {net.channels}x{net.side}x{net.side}"
            )
        if {head: names for head, (names, _) in heads_of(data).items()} != net.heads:
            raise EvaluationError(f"the classifier tells other classes than the {name} pictures")
    if model.classes and tuple(model.labels) != train.names:
        raise EvaluationError("the model has other classes than the data")


def _in_shares(weights: tuple[int, ...], count: int, seed: int) -> Labels:
    """Labels in shares, in a mixed order."""
    order = torch.randperm(count, generator=generator_of(seed, "labels"))
    return labels_in_shares(weights, count)[order]


def _sampled(model: Model, seeds: Sequence[int], labels: Labels | None) -> Pixels:
    parts = []
    for start in range(0, len(seeds), CHUNK):
        chosen = slice(start, start + CHUNK)
        asked = None if labels is None else labels[chosen].tolist()
        parts.append(model.sample(list(seeds[chosen]), asked))
    return torch.cat(parts)


def _read(net: Classifier, images: Pixels) -> _Set:
    features = net.features(images)
    return _Set(images, features, net.predict(features))


def _sets(
    samples: Tensor, train: ImageData, test: ImageData, net: Classifier, count: int, seed: int
) -> _Sets:
    if samples.shape[1:] != train.images.shape[1:]:
        raise EvaluationError(
            f"samples of {'x'.join(map(str, samples.shape[1:]))}, and data of"
            f" {'x'.join(map(str, train.images.shape[1:]))}"
        )
    trained_on, held_out = _read(net, train.images), _read(net, test.images)
    order = torch.randperm(len(train), generator=generator_of(seed, "real"))
    others = trained_on.take(order[count : 2 * count]) if len(train) >= 2 * count else None
    mixed = torch.randperm(len(test), generator=generator_of(seed, "held out"))
    return _Sets(
        trained_on, trained_on.take(order[:count]), others, held_out.take(mixed[:count]),
        _read(net, samples), order,
    )  # fmt: skip


def _asked_for(names: Sequence[str], labels: Labels | None) -> dict[str, Any]:
    """Which labels the samples have: in words, and the share of each class."""
    if labels is None:
        return {"labels": None}
    return {"labels": IN_SHARES, "shares": _named(names, metrics.shares(labels, len(names)))}


def _protocol(sets: _Sets, classifier: LoadedClassifier, seeds: range, seed: int) -> dict[str, Any]:
    card = classifier.card
    return {
        "seed": seed,
        "first_sample_seed": seeds[0],
        "training": 0,
        **{name: len(one.images) for name, one in sets.compared().items()},
        "real": len(sets.real.images),
        "learnt": len(sets.train.images),
        "k": K,
        "classifier": {
            "data": card.data["name"],
            "features": sets.real.features.shape[1],
            "sha256": card.sha256,
            "accuracy": dict(card.accuracy),
            "test_count": card.test_count,
        },
    }


def _distances(sets: _Sets) -> dict[str, Any]:
    """Each distance, by what is held against the real pictures."""
    found: dict[str, dict[str, float]] = {}
    for name, other in sets.compared().items():
        figures = {"frechet": metrics.frechet(sets.real.features, other.features)}
        figures |= metrics.manifold(sets.real.features, other.features, K)._asdict()
        for figure, value in figures.items():
            found.setdefault(figure, {})[name] = value
    return found


def _label_head(data: ImageData) -> str:
    """The head that tells what the label says."""
    return next(head for head, (names, _) in heads_of(data).items() if names == data.names)


def _accuracy(
    sets: _Sets, test: ImageData, labels: Labels | None, classifier: LoadedClassifier
) -> dict[str, float] | None:
    """The share of samples that are read as what was asked for."""
    if labels is None:
        return None
    head = _label_head(test)
    right = (sets.samples.predictions[head] == labels).double()
    return {
        "samples": float(right.mean()),
        "held_out": classifier.card.accuracy[head],
        "worst_class": min(float(right[labels == c].mean()) for c in labels.unique()),
    }


def _shares(sets: _Sets, train: ImageData) -> dict[str, dict[str, float]]:
    """Of each class: as the classifier reads it, and `data` as the data say themselves."""
    head, names = _label_head(train), train.names
    labels = {name: one.predictions[head] for name, one in sets.compared().items()}
    labels["data"] = train.labels
    return {of: _named(names, metrics.shares(one, len(names))) for of, one in labels.items()}


def _named(names: Sequence[str], values: Float[Tensor, "k"]) -> dict[str, float]:
    return dict(zip(names, values.tolist(), strict=True))


def _diversity(sets: _Sets, train: ImageData) -> dict[str, dict[str, Any]]:
    """Mean distance of two pictures that are read as of one class, over that of real ones."""
    head, found = _label_head(train), {}
    for space in ("features", "pixels"):
        real, *others = (
            metrics.diversity(one.rows(space), one.predictions[head], len(train.names))
            for one in (sets.real, *sets.compared().values())
        )
        ratios = dict(zip(sets.compared(), [other / real for other in others], strict=True))
        means = {name: _number(ratio[ratio.isfinite()].mean()) for name, ratio in ratios.items()}
        by_class = zip(train.names, map(_number, ratios["samples"]), strict=True)
        found[space] = means | {"by_class": dict(by_class)}
    return found


def _number(value: Tensor) -> float | None:
    """For JSON, which knows no NaN."""
    return float(value) if math.isfinite(value) else None


def _attributes(sets: _Sets, train: ImageData) -> dict[str, Any] | None:
    """Marginals of the attributes as the classifier reads them, and how far they are off.

    `total_variation` is from what the data say themselves, `from_read` from what the classifier
    reads in the test split, so that its own mistakes cancel.
    """
    heads = heads_of(train)
    if LABEL in heads:
        return None
    found = {}
    for head, (names, values) in heads.items():
        read, floor, true = (
            metrics.shares(one, len(names))
            for one in (sets.samples.predictions[head], sets.held_out.predictions[head], values)
        )
        shares = {"samples": read, "held_out": floor, "data": true}
        found[head] = {of: _named(names, one) for of, one in shares.items()} | {
            "total_variation": {
                "samples": metrics.total_variation(read, true),
                "held_out": metrics.total_variation(floor, true),
                "from_read": metrics.total_variation(read, floor),
            },
        }
    return found


def _memorisation(
    sets: _Sets, head: str, labels: Labels | None, seeds: Sequence[int]
) -> dict[str, Any]:
    """Distances to the nearest training picture: pixels count from 0 to 1.

    `training` are training pictures themselves, each without itself: the reference where the
    test split is of another kind, as letters of other fonts are.
    """
    chosen = {"samples": sets.samples, "held_out": sets.held_out}
    places = sets.order[:COMPARED]
    compared = {name: min(COMPARED, len(one.images)) for name, one in chosen.items()}
    found: dict[str, Any] = {"compared": compared | {"training": len(places)}}
    for space, scale in (("pixels", 255), ("features", 1)):
        train = sets.train.rows(space)
        near = {n: metrics.nearest(one.rows(space)[:COMPARED], train) for n, one in chosen.items()}
        near["training"] = metrics.nearest(train[places], train, barred=places)
        found[space] = {
            name: {key: value / scale for key, value in metrics.spread(n.distance).items()}
            for name, n in near.items()
        }
        if space == "pixels":
            predictions = sets.samples.predictions[head][:COMPARED]
            found["closest"] = _closest(near["samples"], predictions, labels, seeds)
    return found


def _closest(
    near: metrics.Neighbours,
    predictions: Labels,
    labels: Labels | None,
    seeds: Sequence[int],
) -> list[dict[str, Any]]:
    """The samples nearest to a training picture, by the median of their class.

    Without that all would be of the class with the least ink: any two ones are near.
    """
    usual = torch.ones(len(predictions), dtype=torch.float64)
    for c in predictions.unique():
        own = predictions == c
        usual[own] = near.distance[own].median().clamp_min(1e-9)
    return [
        {
            "seed": seeds[i],
            "label": None if labels is None else int(labels[i]),
            "place": int(near.place[i]),
            "distance": float(near.distance[i]) / 255,
        }
        for i in (near.distance / usual).argsort(stable=True)[:PAIRS].tolist()
    ]


def _style(
    model: Model, train: ImageData, test: ImageData, seed: int
) -> dict[str, dict[str, float]] | None:
    """How far the letters of an alphabet agree on its style, of samples and of real fonts."""
    if model.classes != LETTERS or "font" not in train.attributes:
        return None
    seeds = [seed * STYLES + i // LETTERS for i in range(STYLES * LETTERS)]
    letters = torch.arange(STYLES * LETTERS) % LETTERS
    samples = _sampled(model, seeds, letters)[:, 0].unflatten(0, (STYLES, LETTERS))
    drawn = {"samples": samples} | {"held_out": _alphabets(test), "training": _alphabets(train)}
    measures = {"ink_share": letter_style.ink_share, "slant": letter_style.slant}
    found: dict[str, dict[str, float]] = {
        name: {of: letter_style.agreement(measure(a)) for of, a in drawn.items()}
        for name, measure in measures.items()
    }
    return found | {"alphabets": {of: len(a) for of, a in drawn.items()}}


def _alphabets(data: ImageData) -> UInt8[Tensor, "z 26 h w"]:
    """The pictures of all fonts whose letters are all there."""
    order = (data.attributes["font"] * LETTERS + data.labels).argsort()
    _, counts = data.attributes["font"].unique(return_counts=True)
    whole = (counts == LETTERS).repeat_interleave(counts)
    return data.images[order[whole], 0].unflatten(0, (-1, LETTERS))


def closest_pairs(model: Model, train: ImageData, report: Mapping[str, Any]) -> Image.Image:
    """The samples nearest to training pictures: each beside its own, with their distance."""
    pairs = report["memorisation"]["closest"]
    labels = torch.tensor([pair["label"] for pair in pairs]) if model.classes else None
    samples = _sampled(model, [pair["seed"] for pair in pairs], labels)
    originals = train.images[[pair["place"] for pair in pairs]]
    return pair_sheet(samples, originals, [f"{pair['distance']:.2f}" for pair in pairs])
