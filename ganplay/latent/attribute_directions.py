"""Directions of latent space along which a named attribute changes: thickness, smile, hair.

An attribute is measured in samples and regressed on their latent vectors, so that one step along
the unit vector of the coefficients changes the measure most (Shen et al. 2020, "Interpreting the
latent space of GANs for semantic face editing", section 3, with a regression in place of their
support vectors).
"""

from collections.abc import Callable, Mapping

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from ganplay.images.checkpoint import ImageModel
from ganplay.images.checkpoint.card import Direction
from ganplay.images.datasets import ImageData
from ganplay.images.evaluation import letter_style
from ganplay.images.evaluation.classifier import Classifier
from ganplay.images.sampler import latents

Images = UInt8[Tensor, "n c h w"]
Measures = Mapping[str, Float[Tensor, "n"]]
"""A number for each picture, by the attribute's name."""

SAMPLES = 4000
"""Pictures that are measured by default."""
RIDGE = 1e-2
"""Added to the variances of features, which are partly copies of each other."""


def of_ink(images: Images) -> Measures:
    """Of white signs on black: how thick they are and how far they lean to the right."""
    signs = images[:, :1]
    return {"ink": letter_style.ink_share(signs)[:, 0], "slant": letter_style.slant(signs)[:, 0]}


def of_faces(data: ImageData, net: Classifier) -> Callable[[Images], Measures]:
    """A function that reads attributes of faces from pictures.

    It is a ridge regression of the attributes of drawn faces on a classifier's features.

    Args:
        data: drawn faces with their attributes, to learn from.
        net: a classifier of faces.
    """
    words, given = data.choices, data.attributes

    def has(name: str, *kinds: str) -> Tensor:
        return sum((given[name] == words[name].index(kind)).double() for kind in kinds)  # type: ignore

    wanted = {
        "glasses": 1 - has("glasses", "none"),
        "smile": has("mouth", "smile", "open"),
        "hair": has("hair", "long"),
        "skin": given["skin"].double(),  # from pale to deep
        "tilt": given["tilt"].double(),
    }
    targets = torch.stack(list(wanted.values()), dim=1)
    features = net.features(data.images).double()
    feature_mean, target_mean = features.mean(0), targets.mean(0)
    weights = _ridge_regression(features - feature_mean, targets - target_mean)

    def read(images: Images) -> Measures:
        predicted = (net.features(images).double() - feature_mean) @ weights + target_mean
        return dict(zip(wanted, predicted.T, strict=True))

    return read


def probabilities_of_faces(net: Classifier) -> Callable[[Images], Measures]:
    """A function that reads from pictures of faces how likely each attribute is, 0 to 1.

    `skin` is no probability but the expected place from pale (0) to deep (1).

    Args:
        net: a classifier of faces.
    """

    def read(images: Images) -> Measures:
        with torch.no_grad():
            logits = net.read(net.features(images))
        words, chances = net.heads, {name: one.softmax(1) for name, one in logits.items()}

        def of(head: str, *kinds: str) -> Tensor:
            return chances[head][:, [words[head].index(kind) for kind in kinds]].sum(1)

        depth = torch.linspace(0, 1, len(words["skin"]))
        return {
            "glasses": 1 - of("glasses", "none"),
            "smile": of("mouth", "smile", "open"),
            "hair": of("hair", "long"),
            "skin": chances["skin"] @ depth,
        }

    return read


def _ridge_regression(x: Float[Tensor, "n f"], y: Float[Tensor, "n k"]) -> Float[Tensor, "f k"]:
    gram = x.T @ x / len(x) + RIDGE * torch.eye(x.shape[1], dtype=x.dtype)
    return torch.linalg.solve(gram, x.T @ y / len(x))


def named_directions(
    model: ImageModel, measure: Callable[[Images], Measures], samples: int = SAMPLES
) -> ImageModel:
    """The model with a direction for each attribute that is measured.

    Args:
        model: is not changed.
        measure: gives the attributes of pictures.
        samples: pictures that are measured; a conditional model's classes take turns, and what
            differs between classes is left out.
    """
    z = latents(range(samples), model.space.dim).double()
    found = measure(model.sample(range(samples)))
    y = torch.stack([values.double() for values in found.values()], dim=1)
    for k in range(max(1, model.classes)):
        own = slice(k, None, max(1, model.classes))
        y[own] -= y[own].mean(0)
        z[own] -= z[own].mean(0)
    slopes = torch.linalg.lstsq(z, y).solution.T  # (k, z)
    r_squared = 1 - (y - z @ slopes.T).square().sum(0) / y.square().sum(0)
    named = [
        Direction(name=name, r_squared=round(float(share), 4))
        for name, share in zip(found, r_squared, strict=True)
    ]
    return model.with_named(named, slopes / slopes.norm(dim=1, keepdim=True))
