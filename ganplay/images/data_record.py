"""Which pictures a run learns from: kept beside it, so that it never goes on with others unnoticed.

A line for each picture: a digest of its pixels and its path below the data's folder. Data that do
not lie in files of their own, as digits do, have one line for all.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from ganplay.images.datasets.base import ImageData

SHOWN = 3
"""Files that are named of each kind of change."""
ALL = "(all)"


@dataclass(frozen=True)
class DataRecord:
    """What pictures there were.

    Attributes:
        pictures: digest and path of each, in the order in which they are learnt from.
    """

    pictures: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, data: ImageData) -> "DataRecord":
        """The record of a data set."""
        if not data.files:
            return cls(((_digest(data.images, data.labels), ALL),))
        return cls(tuple(zip(map(_digest, data.images), data.files, strict=True)))

    def to_bytes(self) -> bytes:
        """As a file has it."""
        return "".join(f"{digest}\t{path}\n" for digest, path in self.pictures).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> "DataRecord":
        """What `to_bytes` gave.

        Raises:
            ValueError: if it is something else.
        """
        lines = [line.split("\t", 1) for line in content.decode().split("\n")[:-1]]
        if not lines or not content.endswith(b"\n") or any(len(line) != 2 for line in lines):
            raise ValueError("this is no list of pictures with a digest before each")
        return cls(tuple((digest, path) for digest, path in lines))

    def changes(self, now: "DataRecord") -> list[str]:
        """How the pictures of another record differ, in words; nothing if they do not."""
        if self == now:
            return []
        before, after = ({path: digest for digest, path in r.pictures} for r in (self, now))
        if ALL in before or ALL in after:
            return ["the pictures are others than before"]
        gone = [path for path in before if path not in after]
        added = [path for path in after if path not in before]
        other = [path for path in before if path in after and before[path] != after[path]]
        renamed = _pairs(gone, added, before, after)
        gone = [path for path in gone if path not in renamed]
        added = [path for path in added if path not in renamed.values()]
        kinds = {
            "renamed": [f"{old} is now {new}" for old, new in renamed.items()],
            "with other pixels": other,
            "new": added,
            "no longer there, or no longer among those that are learnt from": gone,
        }
        words = [
            f"{len(names):,} {kind} ({_first(names)})" for kind, names in kinds.items() if names
        ]
        return words or ["the pictures have another order"]


def _pairs(
    gone: Sequence[str], added: Sequence[str], before: dict[str, str], after: dict[str, str]
) -> dict[str, str]:
    """Old and new path of each picture that is there under another name."""
    named: dict[str, list[str]] = {}
    for path in reversed(added):
        named.setdefault(after[path], []).append(path)
    return {path: named[before[path]].pop() for path in gone if named.get(before[path])}


def _first(names: Sequence[str]) -> str:
    more = [f"and {len(names) - SHOWN:,} more"] if len(names) > SHOWN else []
    return ", ".join([*names[:SHOWN], *more])


def _digest(*tensors: Tensor) -> str:
    made = hashlib.blake2b(digest_size=8)
    for tensor in tensors:
        made.update(str(tuple(tensor.shape)).encode())
        made.update(tensor.contiguous().numpy().data)
    return made.hexdigest()
