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
        CheckpointError: with the code "size".
    """
    if (size := path.stat().st_size) > most:
        refuse("size", f"{path.name} has {size} bytes: at most {most} are possible")
    return path.read_bytes()


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
