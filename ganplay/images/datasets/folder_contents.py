"""What lies in a folder of somebody's own pictures: classes, parts, and what is left out and why.

No picture is opened here but those whose names do not say what they are.
"""

import os
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

from ganplay.images.datasets.base import DataError
from ganplay.images.datasets.picture_files import SUFFIXES, starts_as_picture

ONE_CLASS = "pictures"
"""What the class of pictures is called that lie in no folder of a class."""
PARTS = {
    "train": "train", "training": "train",
    "val": "test", "valid": "test", "validation": "test", "test": "test", "testing": "test",
    "eval": "test", "dev": "test",
}  # fmt: skip
"""Folders above the classes, in lower case, and the split whose pictures they hold."""
JUNK = {
    "__macosx", "thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "icon\r",
    "$recycle.bin", "system volume information", "lost+found", "@eadir", "#recycle",
    "picasa.ini", "__pycache__",
}  # fmt: skip
"""What systems and programs leave in folders of pictures, in lower case."""
HIDDEN, OTHER = "hidden, or of the system", "no picture"
BESIDE = "beside the folders of the classes"
ONLY_HELD_OUT = "of a class that only the held-out part has"
TWICE = "a link to a folder that was read already"
SHOWN = 20
"""Classes and endings that are named in a sentence."""


class LeftOut(NamedTuple):
    """A file or folder that is not learnt from, by its path below the root, and why."""

    path: str
    why: str


class Picture(NamedTuple):
    """A file that should be a picture.

    Attributes:
        path: where it is.
        name: the same below the root, as text.
        label: its class.
        part: the split that its folder is for; "" where no folder says so.
    """

    path: Path
    name: str
    label: str
    part: str


@dataclass
class Contents:
    """What a folder holds.

    Attributes:
        pictures: that have a class, in the order of a hash of their names.
        left_out: all that is no picture, or has no class.
        parts: the folders above the classes, as they are called; empty without such.
        nested: folders below the only class, which might have been meant as classes.
    """

    pictures: list[Picture] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    parts: tuple[str, ...] = ()
    nested: tuple[str, ...] = ()

    def split(self, name: str) -> list[Picture]:
        """The pictures of a split, sorted: as folders say, else one in ten is held out."""
        if any(picture.part == "test" for picture in self.pictures):
            chosen = [picture for picture in self.pictures if picture.part == name]
        else:
            held = _held_out(self.pictures)
            chosen = [p for i, p in enumerate(self.pictures) if (i in held) == (name == "test")]
        return sorted(chosen, key=lambda picture: (picture.label, picture.path))


def text_of(name: str) -> str:
    """A name of a file as text that can be printed and kept, whatever its bytes are."""
    plain = unicodedata.normalize("NFC", os.fsencode(name).decode("utf-8", "backslashreplace"))
    ends = ("Cc", "Zl", "Zp")  # of lines, and all else that controls
    return "".join(
        c.encode("unicode_escape").decode() if unicodedata.category(c) in ends else c for c in plain
    )


def contents_of(root: Path) -> Contents:
    """What lies in a folder and below it; links are followed, each folder is read once.

    Raises:
        DataError: if there is no such folder.
    """
    if not root.is_dir():
        why = "this is a file; a folder is needed" if root.exists() else "there is no such folder"
        raise DataError(f"folder {root}: {why}")
    contents = Contents()
    found = list(_pictures(root, contents.left_out))
    tops = {parts[0] for parts in found if len(parts) > 1}
    is_part = {PARTS.get(top.lower()) for top in tops}
    split = bool(tops) and None not in is_part and "train" in is_part
    if split:
        contents.parts = tuple(sorted(text_of(top) for top in tops))
    _sort_into_classes(root, found, split, contents)
    contents.pictures.sort(key=lambda p: _hash(p.path.relative_to(root)))
    contents.left_out.sort()
    return contents


def _pictures(root: Path, left_out: list[LeftOut]) -> Iterator[tuple[str, ...]]:
    """The parts of the path below the root of each file that should be a picture."""

    def failed(error: OSError) -> None:
        where = text_of(os.path.relpath(error.filename, root))
        left_out.append(LeftOut(where, f"a folder that cannot be read: {error.strerror}"))

    above_all = os.path.realpath(root)
    seen: set[tuple[str, str]] = set()
    for place, folders, files in os.walk(root, onerror=failed, followlinks=True):
        above = Path(place).relative_to(root).parts
        names = [name for name in (*folders, *files) if not _is_junk(name)]
        left_out += [
            LeftOut(_name((*above, name)), HIDDEN)
            for name in (*folders, *files) if name not in names
        ]  # fmt: skip
        folders[:], inner = [], sorted(set(folders).intersection(names))
        for name in inner:
            real = os.path.realpath(os.path.join(place, name))
            known = (*above, name)[0], real
            if known in seen or f"{above_all}{os.sep}".startswith(f"{real}{os.sep}"):
                left_out.append(LeftOut(_name((*above, name)), TWICE))
                continue
            seen.add(known)
            folders.append(name)
        for name in sorted(set(files).intersection(names)):
            if _is_picture(Path(place, name)):
                yield (*above, name)
            else:
                left_out.append(LeftOut(_name((*above, name)), OTHER))


def _is_junk(name: str) -> bool:
    return name.startswith(".") or name.lower() in JUNK


def _is_picture(path: Path) -> bool:
    """Whether a file should be a picture; a link that leads nowhere counts by its name."""
    if not path.is_file() and not path.is_symlink():
        return False
    if not path.suffix:
        return path.is_file() and starts_as_picture(path)
    return path.suffix.lower() in SUFFIXES and (path.is_file() or not path.exists())


def _sort_into_classes(
    root: Path, found: Sequence[tuple[str, ...]], split: bool, contents: Contents
) -> None:
    """Give each picture its class and part; those that have none are left out."""
    depth = 1 if split else 0  # the folder of its class, if it lies in one, is the part at `depth`
    in_folders = any(len(parts) > depth + 1 for parts in found)
    for parts in found:
        name = _name(parts)
        if len(parts) <= depth + in_folders:
            contents.left_out.append(LeftOut(name, BESIDE))
            continue
        label = text_of(parts[depth]) if in_folders else ONE_CLASS
        part = PARTS[parts[0].lower()] if split else ""
        contents.pictures.append(Picture(root.joinpath(*parts), name, label, part))
    if split:
        learnt = {p.label for p in contents.pictures if p.part == "train"}
        odd = [p for p in contents.pictures if p.label not in learnt]
        contents.left_out += [LeftOut(p.name, ONLY_HELD_OUT) for p in odd]
        contents.pictures = [p for p in contents.pictures if p.label in learnt]
    if len({p.label for p in contents.pictures}) == 1:
        below = [p for p in found if len(p) > depth + 1]
        inner = {text_of(p[depth + 1]) for p in below if len(p) > depth + 2}
        contents.nested = tuple(sorted(inner)) if len(inner) > 1 else ()


def _held_out(pictures: Sequence[Picture]) -> set[int]:
    """Places of one picture in ten, the first ones; every class keeps one to be learnt from."""
    left = Counter(picture.label for picture in pictures)
    wanted, held = max(1, len(pictures) // 10), set[int]()
    for i, picture in enumerate(pictures):
        if len(held) < wanted and left[picture.label] > 1:
            held.add(i)
            left[picture.label] -= 1
    return held


def _name(parts: Sequence[str]) -> str:
    return text_of("/".join(parts))


def _hash(path: Path) -> tuple[int, bytes]:
    name = os.fsencode(path.as_posix())
    return crc32(name), name


def counted(values: Counter[str]) -> str:
    """Names with their counts, the most first, in words."""
    shown = [f"{name} {count:,}" for name, count in values.most_common(SHOWN)]
    more = len(values) - len(shown)
    return ", ".join([*shown, f"and {more} more"] if more else shown)


def left_out_in_words(left_out: Sequence[LeftOut]) -> str:
    """How many were left out for which reason; of files that are no pictures their endings too."""
    reasons = Counter(one.why for one in left_out)
    parts = []
    for why, count in reasons.most_common():
        if why == OTHER:
            endings = (Path(one.path).suffix.lower() for one in left_out if one.why == OTHER)
            why += f" ({counted(Counter(ending or 'no ending' for ending in endings))})"
        parts.append(f"{count:,} {why}")
    return "; ".join(parts)
