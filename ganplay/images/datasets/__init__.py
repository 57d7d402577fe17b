"""Data sets of pictures, all of one shape: `load(name)` gives an `ImageData`."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from ganplay.images.datasets.base import SPLITS, DataError, ImageData, Request
from ganplay.images.datasets.faces import faces
from ganplay.images.datasets.folder import folder
from ganplay.images.datasets.letters import letters
from ganplay.images.datasets.mnist import digits, fashion

__all__ = [
    "DATASETS",
    "LARGEST",
    "SMALLEST",
    "SPLITS",
    "DataError",
    "DataSource",
    "ImageData",
    "load",
]

SMALLEST, LARGEST = 8, 512


class DataSource(NamedTuple):
    """How a data set is made, its usual size in pixels, and what its root is."""

    make: Callable[[Request], ImageData]
    size: int
    root: str


DATASETS: dict[str, DataSource] = {
    "digits": DataSource(digits, 32, "a folder in torchvision's layout"),
    "fashion": DataSource(fashion, 32, "a folder in torchvision's layout"),
    "letters": DataSource(letters, 32, "folders of fonts; without any, the system's"),
    "faces": DataSource(faces, 64, "not used"),
    "folder": DataSource(folder, 64, "a folder with a folder of pictures for each class"),
}


def load(
    name: str,
    root: str | Path | Sequence[str | Path] = (),
    split: str = "train",
    size: int | None = None,
    *,
    count: int | None = None,
    seed: int = 0,
    cache: str | Path | None = None,
    tell: Callable[[float], object] = lambda share: None,
) -> ImageData:
    """The pictures of a data set, with labels and all that is known of them.

    Args:
        name: one of DATASETS.
        root: where it lives: one folder, or for letters several; see DATASETS.
        split: "train" or "test".
        size: side of the pictures in pixels; None for the data set's own.
        count: at most so many, drawn by the seed; for faces, how many are drawn.
        seed: of that choice, and of the faces.
        cache: a folder that keeps rendered letters and faces; None keeps nothing.
        tell: is told, where letters are rendered, which share of the fonts is done; what it
            raises ends the work.

    Raises:
        DataError: if an argument is out of its bounds, or the data cannot be had.
    """
    if name not in DATASETS:
        raise DataError(f"data set {name!r}: one of {', '.join(DATASETS)} is needed")
    if split not in SPLITS:
        raise DataError(f"split {split!r}: one of {', '.join(SPLITS)} is needed")
    size = DATASETS[name].size if size is None else size
    if not SMALLEST <= size <= LARGEST:
        raise DataError(f"size {size}: {SMALLEST} to {LARGEST} pixels are possible")
    if count is not None and count < 1:
        raise DataError(f"count {count}: at least 1 is needed")
    if not 0 <= seed < 2**31:
        raise DataError(f"seed {seed}: 0 to {2**31 - 1} is possible")
    roots = [Path(r) for r in ([root] if isinstance(root, str | Path) else root)]
    kept = None if cache is None else Path(cache)
    return DATASETS[name].make(Request(roots, split, size, count, seed, kept, tell))
