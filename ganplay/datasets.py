"""Data sets of pictures."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch.nn.functional as F
from jaxtyping import Int, UInt8
from torch import Tensor

DATASETS = {"digits": 32}
"""Names, and the usual size in pixels."""


class DataError(ValueError):
    """A data set that cannot be had, with words on why."""


class ImageData(NamedTuple):
    """Pictures (c 1 or 3) in memory, their classes, and what these are called."""

    images: UInt8[Tensor, "n c h w"]
    labels: Int[Tensor, "n"]
    names: tuple[str, ...]


def load(
    name: str,
    root: str | Path | Sequence[str | Path] = (),
    split: str = "train",
    size: int | None = None,
) -> ImageData:
    """The pictures of a data set, `size` pixels wide."""
    from torchvision.datasets import MNIST

    if size not in (None, 32):
        raise DataError(f"size {size}: 32 is needed")
    roots = [root] if isinstance(root, str | Path) else list(root)
    try:
        found = MNIST(*roots, split == "train", download=False)
    except (TypeError, RuntimeError) as error:
        raise DataError(f"digits: {error}") from error
    return ImageData(F.pad(found.data[:, None], (2,) * 4), found.targets, tuple("0123456789"))
