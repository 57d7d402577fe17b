"""One's own pictures: a folder of them, or a folder for each class as torchvision's ImageFolder."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from ganplay.common.files import write_whole
from ganplay.images.datasets.base import DataError, ImageData, Request, pick
from ganplay.images.datasets.folder_contents import (
    Contents,
    LeftOut,
    Picture,
    contents_of,
    counted,
    left_out_in_words,
)
from ganplay.images.datasets.picture_files import SUFFIXES, read_picture

SHOWN = 5
"""Unreadable pictures that are named in a sentence."""


def folder(request: Request) -> ImageData:
    """The pictures in and below a folder, RGB, scaled and centre-cropped to a square.

    The folders in it are the classes; without any, all pictures are of one. Where folders such as
    train/ and val/ stand above the classes, these are the splits; else one picture in ten, by a
    hash of their names, is the test split.
    """
    root = request.root("folder")
    contents = contents_of(root)
    names = tuple(sorted({picture.label for picture in contents.pictures}))
    _check_something_is_there(root, contents)
    request.check(names)
    part = contents.split(request.split)
    if not part or len(contents.pictures) < 2:
        raise DataError(
            f"folder {root}: too few pictures to be split into train and test: a single picture"
            " cannot be, and every class keeps one to be learnt from"
        )
    part = [part[i] for i in pick(len(part), request.count, request.seed)]
    request.check_memory(len(part), 3)
    images, refused = _read(part, request.size)
    _list(request, [*contents.left_out, *(LeftOut(p, f"unreadable: {why}") for p, why in refused)])
    _check_readable(request, part, refused)
    unread = {one.path for one in refused}
    part = [picture for picture in part if picture.name not in unread]
    return ImageData(
        images=torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(),
        labels=torch.tensor([names.index(picture.label) for picture in part]),
        names=names,
        licence="unknown: pictures of who trained the model",
        how_to_get="a folder of pictures of who trained the model",
        files=tuple(picture.name for picture in part),
        found=tuple(_in_words(root, request, contents, part, refused)),
    )


def _check_something_is_there(root: Path, contents: Contents) -> None:
    if contents.pictures:
        return
    left_out = left_out_in_words(contents.left_out)
    why = f"; left out: {left_out}" if left_out else ""
    raise DataError(f"folder {root}: no pictures, which are files that end in"
                    f" {', '.join(SUFFIXES)}{why}")  # fmt: skip


def _read(part: Sequence[Picture], size: int) -> tuple[np.ndarray, list[LeftOut]]:
    """The pictures that can be read, (n, size, size, 3), and the others."""
    images = np.empty((len(part), size, size, 3), np.uint8)
    refused: list[LeftOut] = []
    for i, picture in enumerate(tqdm(part, desc="pictures", disable=None)):
        try:
            images[i - len(refused)] = np.asarray(read_picture(picture.path, size))
        except Exception as error:  # a decoder may raise anything over a hostile file
            refused.append(LeftOut(picture.name, _why(error)))
    return images[: len(part) - len(refused)], refused


def _why(error: Exception) -> str:
    """Of an unreadable picture: on one line, and without the path, which stands beside it."""
    why = str(getattr(error, "strerror", None) or error or type(error).__name__)
    return " ".join(why.split())


def _check_readable(request: Request, part: Sequence[Picture], refused: Sequence[LeftOut]) -> None:
    """Refuse a folder of which too much is unreadable, and a class of which all is."""
    share = len(refused) / len(part)
    if share > request.max_unreadable or share == 1:
        raise DataError(
            f"{len(refused):,} of {len(part):,} pictures cannot be read, which is"
            f" {share:.0%}; at most {request.max_unreadable:.0%} may be (max-unreadable):"
            f" {_first(refused)}{_listed(request)}"
        )
    unread = {one.path for one in refused}
    lost = {picture.label for picture in part}
    lost -= {picture.label for picture in part if picture.name not in unread}
    if lost and request.split == "train":
        raise DataError(f"class {min(lost)!r}: none of its pictures can be read:"
                        f" {_first(refused)}{_listed(request)}")  # fmt: skip


def _first(refused: Sequence[LeftOut]) -> str:
    more = f"; and {len(refused) - SHOWN:,} more" if len(refused) > SHOWN else ""
    return "; ".join(f"{path}: {why}" for path, why in refused[:SHOWN]) + more


def _listed(request: Request) -> str:
    return f" (all are listed in {request.left_out})" if request.left_out else ""


def _list(request: Request, left_out: Sequence[LeftOut]) -> None:
    """Write down all that was left out, a line each; nothing, where that is nothing."""
    if request.left_out is None:
        return
    lines = [f"{path}\t{why}\n" for path, why in sorted(left_out)]
    try:
        if lines:
            write_whole(request.left_out, "".join(lines).encode())
        else:
            request.left_out.unlink(missing_ok=True)
    except OSError as error:
        raise DataError(f"{request.left_out}: {error.strerror}") from error


def _in_words(
    root: Path,
    request: Request,
    contents: Contents,
    part: Sequence[Picture],
    refused: Sequence[LeftOut],
) -> list[str]:
    """What was found and what was left out, a sentence each."""
    classes = Counter(picture.label for picture in part)
    kind = f"{len(classes)} classes" if len(classes) > 1 else "one class"
    words = [f"{len(part):,} pictures of {kind} in {root}: {counted(classes)}"]
    held = len(contents.split("test" if request.split == "train" else "train"))
    other = "held out" if request.split == "train" else "to be learnt from"
    rule = f"parts: {', '.join(contents.parts)}" if contents.parts else "one in ten is held out"
    words.append(f"{held:,} more are {other} ({rule})")
    if contents.nested:
        inner = ", ".join(contents.nested)
        words.append(f"the folders below the only class are no classes: {inner}; if they are meant"
                     " to be, give the folder that they are in")  # fmt: skip
    if left_out := left_out_in_words(contents.left_out):
        words.append(f"left out: {left_out}")
    if refused:
        words.append(f"left out: {len(refused):,} unreadable: {_first(refused)}")
    if (contents.left_out or refused) and request.left_out:
        words.append(f"all that is left out is listed in {request.left_out}")
    return words
