"""What a data set is, whichever it is: pictures, labels and words, and nothing that draws them."""

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from jaxtyping import Int, UInt8
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

SPLITS = ("train", "test")
MAX_BYTES = 8 * 2**30
"""A data set is held in memory; one that needs more than this is refused before it is made."""

MAX_UNREADABLE = 0.1
"""The share of a folder's pictures that may be unreadable, where nobody says another."""

Pixels = UInt8[Tensor, "n c h w"]


class DataError(ValueError):
    """A data set that cannot be made, with words on why and what would help."""


@dataclass(frozen=True, eq=False)
class ImageData:
    """Pictures in memory, with what is known of each.

    Attributes:
        images: (n, c, h, w), uint8; c is 1 (grey) or 3 (RGB).
        labels: (n,) classes in [0, len(names)).
        names: what the classes are called.
        licence: under which terms the pictures are.
        how_to_get: what to do to have the same data.
        attributes: by name, (n,) whole numbers for a choice, floats for a measure.
        choices: for the attributes that are choices, what their numbers mean.
        files: of pictures that lie in a folder, the path of each below it; empty for others.
        found: what was found in the folder and what was left out, a sentence each.
    """

    images: Pixels = field(repr=False)
    labels: Int[Tensor, "n"] = field(repr=False)
    names: tuple[str, ...]
    licence: str
    how_to_get: str
    attributes: Mapping[str, Tensor] = field(default_factory=dict, repr=False)
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    files: tuple[str, ...] = field(default=(), repr=False)
    found: tuple[str, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        for name, values in {"labels": self.labels, **self.attributes}.items():
            if values.shape != self.images.shape[:1]:
                raise DataError(
                    f"{name} has shape {tuple(values.shape)} for {len(self.images)} images"
                )

    def __len__(self) -> int:
        return len(self.images)

    @property
    def groups(self) -> Int[Tensor, "n"] | None:
        """Which pictures belong together, as the letters of a font do; None where none do."""
        return self.attributes.get("font")

    def subset(self, index: Int[Tensor, "m"]) -> "ImageData":
        """The pictures of these places, in this order."""
        attributes = {name: values[index] for name, values in self.attributes.items()}
        files = tuple(self.files[i] for i in index.tolist()) if self.files else ()
        return replace(
            self, images=self.images[index], labels=self.labels[index], attributes=attributes,
            files=files,
        )  # fmt: skip


@dataclass(frozen=True)
class Request:
    """What `load` was asked for, checked; see there."""

    roots: Sequence[Path] = ()
    split: str = "train"
    size: int = 32
    count: int | None = None
    seed: int = 0
    cache: Path | None = None
    tell: Callable[[float], object] = lambda share: None
    check: Callable[[Sequence[str]], object] = lambda names: None
    max_unreadable: float = MAX_UNREADABLE
    left_out: Path | None = None
    fetch: bool = True

    def root(self, name: str) -> Path:
        """The one folder of a data set that lives in one."""
        if len(self.roots) != 1:
            raise DataError(f"root: {name} needs one folder, not {len(self.roots)}")
        return self.roots[0]

    def check_memory(self, count: int, channels: int) -> None:
        """Refuse what would not fit into memory."""
        if count * channels * self.size**2 > MAX_BYTES:
            raise DataError(
                f"{count} pictures of {channels}x{self.size}x{self.size} need more than"
                f" {MAX_BYTES >> 30} GiB; ask for a smaller count or size"
            )


def cached(
    folder: Path | None, name: str, key: object, make: Callable[[], dict[str, Tensor]]
) -> dict[str, Tensor]:
    """What `make` gives, kept as a safetensors file in the folder under its name and key.

    A file that is damaged is made anew. None: nothing is kept.
    """
    if folder is None:
        return make()
    words = json.dumps(key, sort_keys=True)
    path = folder / f"{name}-{hashlib.sha256(words.encode()).hexdigest()[:16]}.safetensors"
    try:
        return load_file(path)
    except (OSError, SafetensorError):
        tensors = make()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / f"{path.name}.{os.getpid()}.part"
        try:
            save_file(tensors, part)
            part.replace(path)  # whole or not at all, also for another process
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise DataError(f"cache {folder}: {error}") from error
    return tensors


def pick(n: int, count: int | None, seed: int) -> Int[Tensor, "m"]:
    """At most `count` of n places, drawn by the seed, in a mixed order; all in order for None."""
    if count is None:
        return torch.arange(n)
    return torch.randperm(n, generator=torch.Generator().manual_seed(seed))[:count]
