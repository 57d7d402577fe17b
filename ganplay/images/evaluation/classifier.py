"""A small classifier of pictures, whose features image models are measured in.

It is a plain torch.nn net with a head for each thing that it tells; what it learnt is kept as
`model.safetensors` with a `card.json` that says what it is. Reading trusts neither.
"""

import hashlib
import math
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int, UInt8
from pydantic import Field, JsonValue, model_validator
from safetensors.torch import save
from torch import Tensor, nn

from ganplay.common import safe_tensors
from ganplay.common.devices import half_is_fast
from ganplay.common.safe_tensors import TensorSpec
from ganplay.images.checkpoint.card import read_card
from ganplay.images.datasets import LARGEST, SMALLEST, ImageData
from ganplay.images.evaluation.metrics import accuracy
from ganplay.images.networks import StrictModel
from ganplay.images.sampler import to_floats

Pixels = UInt8[Tensor, "n c h w"]
Features = Float[Tensor, "n f"]
FEATURES = 128
WIDTHS = (16, 32, 64, 128)
"""Channels of the maps of 32x32 pixels and of each half of that."""
LABEL = "label"
"""The head of data whose label is all that is told."""
BATCH, RATE, CHUNK = 128, 4e-3, 500
SHIFT, SCALE = 0.08, 0.1
"""How far training pictures are moved and scaled at most, as shares of their side."""
MAX_CARD, MAX_WEIGHTS, MAX_HEADER, MAX_CLASSES = 2**20, 2**24, 2**16, 4096
"""Bytes of the two files and of the weights' header, and classes of all heads together."""


class Card(StrictModel):
    """What is known of a classifier.

    Attributes:
        format: whose file this is.
        version: of this format.
        channels: of its pictures, 1 or 3.
        side: of its pictures, in pixels.
        heads: what it tells, each with the names of its classes.
        data: name, licence and how_to_get of the data, and the count of pictures learnt.
        seed: of its training.
        epochs: passes over the data.
        accuracy: of each head on the test split, in [0, 1].
        test_count: pictures of the test split.
        sha256: of `model.safetensors`, in hexadecimal.
    """

    format: Literal["ganplay classifier"]
    version: Literal[1]
    channels: Literal[1, 3]
    side: Annotated[int, Field(ge=SMALLEST, le=LARGEST)]
    heads: dict[str, Annotated[tuple[str, ...], Field(min_length=1)]]
    data: dict[str, JsonValue]
    seed: int
    epochs: int
    accuracy: dict[str, float]
    test_count: int
    sha256: str = ""

    @model_validator(mode="after")
    def _consistent(self) -> "Card":
        if not 1 <= sum(map(len, self.heads.values())) <= MAX_CLASSES:
            raise ValueError(f"heads: 1 to {MAX_CLASSES} classes are possible")
        if self.accuracy.keys() != self.heads.keys():
            raise ValueError("accuracy: one is needed for each head")
        if not isinstance(self.data.get("name"), str):
            raise ValueError("data: their name is needed")
        return self


class LoadedClassifier(NamedTuple):
    """A classifier with what is known of it."""

    net: "Classifier"
    card: Card


def heads_of(data: ImageData) -> dict[str, tuple[tuple[str, ...], Int[Tensor, "n"]]]:
    """What can be told of the pictures: names of the classes and the numbers (n,), by head.

    That is the label; where the label is one of several attributes, all that are choices.
    """
    if data.names in data.choices.values():
        return {name: (words, data.attributes[name]) for name, words in data.choices.items()}
    return {LABEL: (data.names, data.labels)}


class Classifier(nn.Module):
    """Pictures (n, c, side, side) to features (n, 128), and features to logits of each head."""

    def __init__(self, channels: int, side: int, heads: Mapping[str, tuple[str, ...]]) -> None:
        super().__init__()
        self.channels, self.side, self.heads = channels, side, dict(heads)
        stride = max(1, side // 32)
        layers = _convolution(channels, WIDTHS[0], stride)
        for wide_in, wide_out in pairwise(WIDTHS):
            layers += _convolution(wide_in, wide_out, 2) + _convolution(wide_out, wide_out, 1)
        self.body = nn.Sequential(
            *layers, nn.AdaptiveAvgPool2d(2), nn.Flatten(),
            nn.Linear(4 * WIDTHS[-1], FEATURES, bias=False), nn.BatchNorm1d(FEATURES), nn.ReLU(),
        )  # fmt: skip
        self.logits = nn.Linear(FEATURES, sum(map(len, self.heads.values())))

    def forward(self, x: Float[Tensor, "n c h w"]) -> dict[str, Float[Tensor, "n k"]]:
        """Logits of each head, of pictures from -1 to 1."""
        return self.read(self.body(x))

    def read(self, features: Features) -> dict[str, Float[Tensor, "n k"]]:
        """Logits of each head."""
        sizes = [len(names) for names in self.heads.values()]
        return dict(zip(self.heads, self.logits(features).split(sizes, dim=1), strict=True))

    @torch.no_grad()
    def features(self, images: Pixels) -> Features:
        """The outputs of the last layer but one, (n, 128), on the CPU.

        Raises:
            ValueError: if they are of another size.
        """
        if images.shape[1:] != (self.channels, self.side, self.side):
            raise ValueError(
                f"pictures of {'x'.join(map(str, images.shape[1:]))}: this classifier takes"
                f" {self.channels}x{self.side}x{self.side}"
            )
        self.eval()
        device = self.logits.weight.device
        return torch.cat([self.body(to_floats(p.to(device))).cpu() for p in images.split(CHUNK)])

    @torch.no_grad()
    def predict(self, features: Features) -> dict[str, Int[Tensor, "n"]]:
        """The likeliest class in each head."""
        logits = self.read(features.to(self.logits.weight.device))
        return {name: values.argmax(1).cpu() for name, values in logits.items()}


def _convolution(wide_in: int, wide_out: int, stride: int) -> list[nn.Module]:
    # Wide enough that no pixel is stepped over.
    kernel = max(3, 2 * stride - 1)
    return [
        nn.Conv2d(wide_in, wide_out, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(wide_out),
        nn.ReLU(),
    ]


def _moved(x: Float[Tensor, "n c h w"], u: Float[Tensor, "n 4"]) -> Float[Tensor, "n c h w"]:
    """Pictures scaled along each axis and shifted by uniform numbers in [0, 1)."""
    change = 2 * u - 1
    theta = torch.zeros(len(x), 2, 3, device=x.device)
    theta[:, 0, 0], theta[:, 1, 1] = (1 + SCALE * change[:, :2]).T
    theta[:, :, 2] = 2 * SHIFT * change[:, 2:]  # the side is 2 long
    grid = F.affine_grid(theta, list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, padding_mode="border", align_corners=False)


def train_classifier(
    data: ImageData,
    epochs: int,
    seed: int = 0,
    device: torch.device | str = "cpu",
    tell: Callable[[float], object] = lambda loss: None,
) -> Classifier:
    """A classifier of the data; with equal seed, device and threads the same one.

    Args:
        data: what to learn.
        epochs: passes over it.
        seed: of weights, order and changes of pictures.
        device: where to train.
        tell: is given the loss after each step.
    """
    device = torch.device(device)
    generator = torch.Generator().manual_seed(seed)
    heads = heads_of(data)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        _, channels, side, _ = data.images.shape
        model = Classifier(channels, side, {name: names for name, (names, _) in heads.items()})
    model = model.to(device).to(memory_format=torch.channels_last)
    steps = steps_of(data, epochs)
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    half = torch.autocast(device.type, torch.bfloat16) if half_is_fast(device) else nullcontext()
    model.train()
    for _ in range(epochs):
        order = torch.randperm(len(data), generator=generator)
        for index in order.tensor_split(steps // epochs):
            u = torch.rand(len(index), 4, generator=generator)
            x = _moved(to_floats(data.images[index].to(device)), u.to(device))
            with half:
                logits = model(x.contiguous(memory_format=torch.channels_last))
            loss = torch.stack([
                F.cross_entropy(logits[name].float(), labels[index].to(device))
                for name, (_, labels) in heads.items()
            ]).sum()  # fmt: skip
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            tell(loss.item())
    return model.eval()


def steps_of(data: ImageData, epochs: int) -> int:
    """Steps of a training."""
    return epochs * math.ceil(len(data) / BATCH)


def accuracies(model: Classifier, data: ImageData) -> dict[str, float]:
    """Share of right answers of each head, in [0, 1]."""
    found = model.predict(model.features(data.images))
    heads = heads_of(data).items()
    return {name: accuracy(found[name], labels) for name, (_, labels) in heads}


def save_classifier(
    model: Classifier, folder: str | Path, *, train: ImageData, test: ImageData,
    about: Mapping[str, Any], seed: int, epochs: int,
) -> Card:  # fmt: skip
    """Write a classifier, in half precision, and its card.

    Args:
        model: which; its own weights are rounded too.
        folder: is made where there is none.
        train: what it learnt.
        test: what it is measured on, as it is kept.
        about: name of the data, and whatever else is to stand with it.
        seed: of its training.
        epochs: of its training.
    """
    weights = {name: t.half().contiguous().cpu() for name, t in _weights(model).items()}
    _fill(model, weights)
    content = save(weights)
    data = {"licence": train.licence, "how_to_get": train.how_to_get, "count": len(train)}
    card = Card.model_validate({
        "format": "ganplay classifier",
        "version": 1,
        "channels": model.channels,
        "side": model.side,
        "heads": model.heads,
        "data": {**about, **data},
        "seed": seed,
        "epochs": epochs,
        "accuracy": accuracies(model, test),
        "test_count": len(test),
        "sha256": hashlib.sha256(content).hexdigest(),
    })  # fmt: skip
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    (place / "model.safetensors").write_bytes(content)
    (place / "card.json").write_text(card.to_json(), encoding="utf-8")
    return card


def load_classifier(folder: str | Path) -> LoadedClassifier:
    """The classifier of a folder that `save_classifier` wrote, and its card.

    Raises:
        OSError: if a file cannot be read.
        CheckpointError: if they are not just such files.
    """
    card = read_card(Card, safe_tensors.content(Path(folder) / "card.json", MAX_CARD))
    content = safe_tensors.content(Path(folder) / "model.safetensors", MAX_WEIGHTS)
    safe_tensors.check_hash(content, card.sha256)
    model = Classifier(card.channels, card.side, card.heads)
    kinds = {n: TensorSpec(tuple(t.shape), torch.float16) for n, t in _weights(model).items()}
    _fill(model, safe_tensors.tensors_of(content, kinds, MAX_HEADER))
    return LoadedClassifier(model.eval(), card)


def _weights(model: Classifier) -> dict[str, Tensor]:
    """All but the counts of batches, which nothing reads."""
    return {name: t for name, t in model.state_dict().items() if t.is_floating_point()}


def _fill(model: Classifier, weights: Mapping[str, Tensor]) -> None:
    for name, tensor in _weights(model).items():
        tensor.copy_(weights[name])
