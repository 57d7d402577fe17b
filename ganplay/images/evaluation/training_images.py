"""The very pictures that a model was trained on, read or drawn again where that is possible.

Nothing is downloaded here, and nobody but who runs ganplay says in which folders to look.
"""

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from zlib import crc32

import torch
from jaxtyping import UInt8
from torch import Tensor

from ganplay.images.checkpoint import Card
from ganplay.images.datasets import DataError, ImageData, fonts, load
from ganplay.images.datasets.faces import ATTRIBUTES, draw_faces, sample_attributes
from ganplay.images.datasets.fonts import LETTERS
from ganplay.images.datasets.mnist import has_all_files

ROOTS = "GANPLAY_DATA"
"""Environment variable: folders that hold data sets, as many as PATH has it."""
WHERE_WITHOUT_FLAG = f" (default: the folders of {ROOTS})"
TORCHVISION = {"digits": "MNIST", "fashion": "FashionMNIST"}
FACES_SEED = 0
"""Of the training split; see `datasets.faces`."""
DRAWN = 64
"""Faces whose checksum says how faces are drawn: a version that draws otherwise has another."""

Tell = Callable[[float], object]


class MissingData(ValueError):
    """Training data that cannot be had; `code` and `values` are for those who say it themselves."""

    def __init__(self, code: str, why: str, **values: object) -> None:
        super().__init__(why)
        self.code, self.values = code, values


class TrainingImages:
    """Training pictures in memory.

    Attributes:
        identity: a text that only these pictures have; what is computed of them is cached by it.
        names: what the classes are called.
        labels: (n,) the class of each.
    """

    def __init__(self, data: ImageData) -> None:
        self._images = data.images
        self.names, self.labels = data.names, data.labels
        self.identity = hashlib.sha256(data.images.contiguous().numpy().data).hexdigest()

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def memory(self) -> int:
        """Bytes that the pictures take."""
        return self._images.nbytes

    def pictures(self, places: Sequence[int]) -> UInt8[Tensor, "m c h w"]:
        """The pictures at some places of the training data, uint8."""
        return self._images[list(places)]


class TrainingFaces(TrainingImages):
    """Faces, which need no memory: those that are asked for are drawn again."""

    def __init__(self, count: int, size: int) -> None:
        self._attributes, self._size = sample_attributes(count, FACES_SEED), size
        hair = ATTRIBUTES["hair"]
        self.names, self.labels = tuple(getattr(hair, "names", ())), self._attributes["hair"]
        drawn = crc32(self.pictures(range(min(DRAWN, count))).numpy().tobytes())
        self.identity = f"faces {count} {size} {drawn}"

    @property
    def memory(self) -> int:
        """Bytes that the attributes take."""
        return sum(values.nbytes for values in self._attributes.values())

    def pictures(self, places: Sequence[int]) -> UInt8[Tensor, "m c h w"]:
        """The faces at some places of the training data, uint8."""
        index = torch.tensor(list(places), dtype=torch.long)
        chosen = {name: values[index] for name, values in self._attributes.items()}
        return draw_faces(chosen, self._size)


def roots_given(
    named: Sequence[Path] = (), environment: Mapping[str, str] = os.environ
) -> list[Path]:
    """The folders to look for data in: those that are named, else those of GANPLAY_DATA."""
    listed = filter(None, environment.get(ROOTS, "").split(os.pathsep))
    return list(named) or [Path(place) for place in listed]


def training_images_of(
    card: Card,
    roots: Sequence[Path] = (),
    cache: Path | None = None,
    tell: Tell = lambda share: None,
) -> TrainingImages:
    """The pictures that a model learnt from.

    Args:
        card: of the model.
        roots: folders in which digits (in torchvision's layout) and fonts are looked for; without
            fonts there, letters are those of the system's.
        cache: a folder that keeps rendered letters; None keeps nothing.
        tell: is told which share is done; what it raises ends the work.

    Raises:
        MissingData: if they are not to be had here, with words on what would help.
    """
    name, count, size = card.data.name, card.data.count, card.shape[1]
    try:
        if name in TORCHVISION:
            data = load(name, _torchvision_root(name, roots), size=size, count=count, fetch=False)
        elif name == "letters":
            data = _letters(count, size, roots, cache, tell)
        elif name == "faces":
            return TrainingFaces(count, size)
        else:
            raise MissingData("own", f"{name}: only who trained {card.name} has these pictures")
    except DataError as error:
        raise MissingData("unusable", str(error)) from error
    if len(data) != count:
        raise _other(name, len(data), count)
    return TrainingImages(data)


def _torchvision_root(name: str, roots: Sequence[Path]) -> Path:
    kind = TORCHVISION[name]
    for root in roots:
        if has_all_files(root, kind):
            return root
    raise MissingData(
        "no_root",
        f"{name}: there is no {kind} in the data folders; `ganplay data {name} --data-root DIR`"
        f" downloads it to DIR, which is then to be named with --data-root or {ROOTS}",
        data=name,
    )


def _letters(
    count: int, size: int, roots: Sequence[Path], cache: Path | None, tell: Tell
) -> ImageData:
    own = [root for root in roots if fonts.find_fonts([root])]
    found = len(fonts.find_fonts(own or fonts.system_folders()))
    # Each gives one alphabet at most: what cannot do is known before it is rendered.
    if len(LETTERS) * found < count:
        raise _other("letters", len(LETTERS) * found, count)
    return load("letters", own, size=size, cache=cache, tell=tell)


def _other(name: str, found: int, count: int) -> MissingData:
    help_ = "; other fonts are here than where it learnt" if name == "letters" else ""
    return MissingData(
        "other",
        f"{name}: {found} pictures are here, and the model learnt from {count}{help_}",
        data=name, found=found, count=count,
    )  # fmt: skip
