"""Handwritten digits and pieces of clothing, through torchvision."""

import gzip
import shutil
import tempfile
import zlib
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import UInt8
from torch import Tensor

from ganplay.images.datasets.base import DataError, ImageData, Request, pick

DIGITS = tuple("0123456789")
CLOTHES = (
    "T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot",
)  # fmt: skip


def digits(request: Request) -> ImageData:
    """MNIST: handwritten digits, 60,000 and 10,000."""
    return _load(request, "MNIST", DIGITS, "Yann LeCun and Corinna Cortes, CC BY-SA 3.0")


def fashion(request: Request) -> ImageData:
    """Fashion-MNIST: pieces of clothing, 60,000 and 10,000."""
    return _load(request, "FashionMNIST", CLOTHES, "Zalando SE, MIT licence")


def _load(request: Request, kind: str, names: tuple[str, ...], licence: str) -> ImageData:
    images, labels = _read(request.root(kind), kind, request.split == "train")
    index = pick(len(images), request.count, request.seed)
    request.check_memory(len(index), 1)
    return ImageData(
        images=_sized(images[index][:, None], request.size),
        labels=labels[index],
        names=names,
        licence=licence,
        how_to_get=f"torchvision.datasets.{kind}; downloaded into the data root where it is not",
    )


def _read(root: Path, kind: str, train: bool) -> tuple[Tensor, Tensor]:
    """Pixels (n, 28, 28) and labels (n,)."""
    from torchvision import datasets  # takes seconds

    raw = root / kind / "raw"
    try:
        if not raw.is_dir():
            found = getattr(datasets, kind)(root, train, download=True)
            return found.data, found.targets
        # The files may be packed, and in a folder of somebody else's: unpacked beside, not there.
        with tempfile.TemporaryDirectory() as place:
            _unpack(raw, Path(place) / kind / "raw")
            found = getattr(datasets, kind)(place, train)
            return found.data, found.targets
    except (OSError, EOFError, zlib.error, RuntimeError, ValueError, AssertionError) as error:
        raise DataError(f"{kind} is not in {root} and could not be got: {error}") from error


def _unpack(source: Path, target: Path) -> None:
    target.mkdir(parents=True)
    for path in source.glob("*-ubyte*"):
        opener = gzip.open if path.suffix == ".gz" else open
        unpacked = target / path.name.removesuffix(".gz")
        with opener(path, "rb") as packed, unpacked.open("wb") as file:
            shutil.copyfileobj(packed, file)


def _sized(images: UInt8[Tensor, "n 1 28 28"], size: int) -> UInt8[Tensor, "n 1 size size"]:
    """28x28 within a rim to 32x32, where they are 32 pixels wide untouched, else scaled."""
    images = F.pad(images, (2, 2, 2, 2))
    if size == 32:
        return images
    parts = (
        F.interpolate(part.float(), (size, size), mode="bilinear", antialias=True)
        for part in images.split(4096)
    )
    return torch.cat([part.round().clamp(0, 255).to(torch.uint8) for part in parts])
