"""Reading safetensors that come from anybody: nothing is used before it is known to fit.

Nothing is ever unpickled, and no memory is taken for what a header merely claims.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import torch
from safetensors.torch import load
from torch import Tensor

POINTERS = {
    b"version https://git-lfs.github.com/spec/": "git lfs pull",
    b"/annex/objects/": "git annex get",
}
"""How files begin that only point to what a repository keeps elsewhere, and what fetches that."""


class CheckpointError(ValueError):
    """Weights that cannot be kept or used; `code` is for those who say why in another language."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code


class TensorSpec(NamedTuple):
    """What a tensor has to be."""

    shape: tuple[int, ...]
    dtype: torch.dtype = torch.float32


def refuse(code: str, why: str) -> NoReturn:
    """Refuse a file."""
    raise CheckpointError(code, why) from None


def content(path: Path, most: int) -> bytes:
    """What a file holds, which is not read if it has more bytes than that.

    Raises:
        OSError: if it cannot be read.
        CheckpointError: with the code "size", or "pointer" for one that only points to the file.
    """
    if (size := path.stat().st_size) > most:
        refuse("size", f"{path.name} has {size} bytes: at most {most} are possible")
    data = path.read_bytes()
    check_no_pointer(path.name, data)
    return data


def check_no_pointer(name: str, start: bytes) -> None:
    """Refuse, by its first bytes, a file that only points to what a repository keeps elsewhere."""
    for words, fetch in POINTERS.items():
        if start.startswith(words):
            refuse("pointer", f"{name}: this is a pointer, not the file itself; fetch the file:"
                   f" {fetch}")  # fmt: skip


def half(named: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors as files have them: floats in half precision, on the CPU."""
    return {
        name: (t.half() if t.is_floating_point() else t).detach().cpu().contiguous()
        for name, t in named.items()
    }


def check_hash(weights: bytes, sha256: str) -> None:
    """Refuse weights that are not those that their card tells of."""
    if hashlib.sha256(weights).hexdigest() != sha256:
        refuse("hash", "model.safetensors: its SHA-256 is not the one of card.json")


def header(data: bytes, most: int) -> dict[str, Any]:
    """A file's header, which is as long as it says and at most so many bytes.

    Raises:
        CheckpointError: with the code "format".
    """
    length = int.from_bytes(data[:8], "little")
    if not 2 <= length <= min(len(data) - 8, most):
        refuse("format", "not a safetensors file of ganplay's: its header has no possible length")
    try:
        found = json.loads(data[8 : 8 + length])
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        refuse("format", "not a safetensors file: its header is no JSON object")
    return found


def check_whole(path: Path, most: int, most_header: int) -> None:
    """Refuse, by its header and its size alone, a file that is missing, cut off or a pointer.

    Args:
        path: of the file.
        most: bytes that it may have.
        most_header: bytes that its header may have.

    Raises:
        CheckpointError: with one of the codes file, size, pointer and format.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(8 + most_header)
    except OSError as error:
        refuse("file", f"{path.name}: {error.strerror}")
    if size > most:
        refuse("size", f"{path.name} has {size} bytes: at most {most} are possible")
    check_no_pointer(path.name, start)
    entries = header(start, most_header)
    entries.pop("__metadata__", None)
    try:
        end = max((entry["data_offsets"][1] for entry in entries.values()), default=0)
        whole = 8 + int.from_bytes(start[:8], "little") + int(end)
    except (TypeError, ValueError, LookupError):
        refuse("format", f"{path.name}: its header does not say where its tensors are")
    if size != whole:
        refuse("format", f"{path.name} is cut off: it has {size} bytes instead of {whole}")


def tensors(data: bytes) -> dict[str, Tensor]:
    """What a file holds.

    Raises:
        CheckpointError: with the code "format".
    """
    try:
        return load(data)
    except Exception as error:  # the library does not say what it raises for odd shapes
        refuse("format", f"not a safetensors file: {error}")


def tensors_of(data: bytes, kinds: Mapping[str, TensorSpec], most: int) -> dict[str, Tensor]:
    """What a file holds, which must be just tensors of these kinds, and finite.

    Args:
        data: the file's content.
        kinds: of its tensors, by name.
        most: bytes that its header may have.

    Raises:
        CheckpointError: naming the tensor.
    """
    entries = header(data, most)
    entries.pop("__metadata__", None)
    check_names(entries, kinds)
    found = tensors(data)
    for name, kind in kinds.items():
        check_kind(name, found[name], kind)
    check_finite(found)
    return found


def check_names(found: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    """Refuse tensors of other names, and those that are missing."""
    unknown = found.keys() - expected.keys()
    if unknown:
        refuse("tensors", f"{min(unknown)[:60]!r}: such networks have nothing of that name")
    missing = expected.keys() - found.keys()
    if missing:
        refuse("tensors", f"{min(missing)} is missing")


def check_kind(name: str, tensor: Tensor | None, kind: TensorSpec) -> None:
    """Refuse a tensor of another kind, or none."""
    if tensor is None:
        refuse("tensors", f"{name} is missing")
    if tuple(tensor.shape) != kind.shape or tensor.dtype != kind.dtype:
        found = f"{tuple(tensor.shape)} of {tensor.dtype}"
        refuse("tensors", f"{name}: {found} instead of {kind.shape} of {kind.dtype}")


def check_finite(named: Mapping[str, Tensor]) -> None:
    """Refuse numbers that are not finite."""
    for name, tensor in named.items():
        if not bool(tensor.isfinite().all()):
            refuse("finite", f"{name}: not all of its numbers are finite")
