"""Handwritten digits and pieces of clothing, through torchvision."""

import gzip
import shutil
import tempfile
import zlib
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import UInt8
from torch import Tensor

from ganplay.images.datasets.base import DataError, ImageData, Request, pick

DIGITS = tuple("0123456789")
CLOTHES = (
    "T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot",
)  # fmt: skip
FILES = (
    "train-images-idx3-ubyte", "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte",
)  # fmt: skip
"""What a data set consists of, each file as it is or packed with gzip."""
UNUSABLE = (OSError, EOFError, zlib.error, RuntimeError, ValueError, AssertionError)
"""What is raised over files that are broken or missing, and over a download that fails."""


def digits(request: Request) -> ImageData:
    """MNIST: handwritten digits, 60,000 and 10,000."""
    return _load(request, "MNIST", DIGITS, "Yann LeCun and Corinna Cortes, CC BY-SA 3.0")


def fashion(request: Request) -> ImageData:
    """Fashion-MNIST: pieces of clothing, 60,000 and 10,000."""
    return _load(request, "FashionMNIST", CLOTHES, "Zalando SE, MIT licence")


def has_all_files(root: Path, kind: str) -> bool:
    """Whether a folder holds all files of a data set."""
    return all(_file(root / kind / "raw", name) for name in FILES)


def _load(request: Request, kind: str, names: tuple[str, ...], licence: str) -> ImageData:
    images, labels = _read(request, kind)
    index = pick(len(images), request.count, request.seed)
    request.check_memory(len(index), 1)
    return ImageData(
        images=_sized(images[index][:, None], request.size),
        labels=labels[index],
        names=names,
        licence=licence,
        how_to_get=f"torchvision.datasets.{kind}; downloaded into the data root where it is not",
    )


def _read(request: Request, kind: str) -> tuple[Tensor, Tensor]:
    """Pixels (n, 28, 28) and labels (n,), fetched where files are missing or broken."""
    root, train = request.root(kind), request.split == "train"
    try:
        return _of_files(root, kind, train)
    except UNUSABLE as error:
        here = error
    if not request.fetch:
        raise DataError(f"{kind} is not whole in {root}: {here}") from here
    try:
        _fetch(root, kind)
        return _of_files(root, kind, train)
    except UNUSABLE as error:
        raise DataError(
            f"{kind} is not whole in {root} ({here}) and could not be downloaded ({error}); the"
            " next command will try again"
        ) from error


def _of_files(root: Path, kind: str, train: bool) -> tuple[Tensor, Tensor]:
    """What the files of a folder hold; they may be packed, and nothing is written there."""
    raw = root / kind / "raw"
    if missing := [name for name in FILES if _file(raw, name) is None]:
        raise FileNotFoundError(f"{missing[0]} is missing")
    with tempfile.TemporaryDirectory() as place:
        target = Path(place) / kind / "raw"
        target.mkdir(parents=True)
        for name in FILES:
            _unpack(raw, name, target / name)
        found = _torchvision(kind)(place, train)
        if len(found.data) != len(found.targets) or not len(found.data):
            raise ValueError(f"{len(found.data)} pictures with {len(found.targets)} labels")
        return found.data, found.targets


def _torchvision(kind: str) -> Any:
    from torchvision import datasets  # takes seconds

    return getattr(datasets, kind)


def _file(raw: Path, name: str) -> Path | None:
    """A file of the data set, as it is or packed; None where it is not there."""
    return next((p for p in (raw / name, raw / f"{name}.gz") if p.is_file()), None)


def _unpack(raw: Path, name: str, target: Path) -> None:
    path = _file(raw, name)
    assert path is not None
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rb") as packed, target.open("wb") as file:
        shutil.copyfileobj(packed, file)


def _fetch(root: Path, kind: str) -> None:
    """Download a data set beside its place, and move it there once all of it has come."""
    raw = root / kind / "raw"
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root, prefix=f".{kind}-") as place:
        _torchvision(kind)(place, download=True)
        raw.mkdir(parents=True, exist_ok=True)
        for path in (Path(place) / kind / "raw").iterdir():
            path.replace(raw / path.name)


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
