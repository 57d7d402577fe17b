"""Data sets of pictures, all of one shape: `load(name)` gives an `ImageData`."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from ganplay.images.datasets.base import MAX_UNREADABLE, SPLITS, DataError, ImageData, Request
from ganplay.images.datasets.faces import faces
from ganplay.images.datasets.folder import folder
from ganplay.images.datasets.letters import letters
from ganplay.images.datasets.mnist import digits, fashion

__all__ = [
    "DATASETS",
    "LARGEST",
    "MAX_UNREADABLE",
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
    "folder": DataSource(folder, 64, "a folder of pictures, or of a folder for each class"),
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
    check: Callable[[Sequence[str]], object] = lambda names: None,
    max_unreadable: float = MAX_UNREADABLE,
    left_out: str | Path | None = None,
    fetch: bool = True,
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
        check: is told the names of a folder's classes before any picture is read; what it raises
            ends the work.
        max_unreadable: the share of a folder's pictures, from 0 to 1, that may be unreadable:
            these are left out.
        left_out: a file that lists what was left out of a folder, and why; None lists nothing.
        fetch: whether digits and fashion are downloaded where they are not whole.

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
    if not 0 <= max_unreadable <= 1:
        raise DataError(f"max_unreadable {max_unreadable}: a share from 0 to 1 is needed")
    roots = [Path(r).expanduser() for r in ([root] if isinstance(root, str | Path) else root)]
    kept, listing = (None if file is None else Path(file) for file in (cache, left_out))
    request = Request(
        roots, split, size, count, seed, kept, tell, check, max_unreadable, listing, fetch
    )
    return DATASETS[name].make(request)
