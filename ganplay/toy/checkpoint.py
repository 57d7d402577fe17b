"""Trained toys as safetensors: written and read in memory or as files, never with pickle.

A file holds what a `Snapshot` holds, and as metadata the settings as state strings. Reading trusts
nothing: whatever is not just what such networks have is refused before it is used.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor

from ganplay.common import safe_tensors
from ganplay.common.files import write_whole
from ganplay.common.safe_tensors import TensorSpec, check_finite, check_kind, check_names, refuse
from ganplay.common.seeding import is_generator_state
from ganplay.toy.batches import STREAMS, BatchStream, Position
from ganplay.toy.config import ToyConfig
from ganplay.toy.snapshot import Snapshot
from ganplay.toy.state import PENDING, named_batch
from ganplay.toy.step import Structure
from ganplay.toy.trainer import ToyTrainer

FORMAT, VERSION = "ganplay toy", 1
MAX_BYTES = 32 * 2**20
MAX_MEMBERS = 256
MAX_COUNT = 2**31 - 1
"""Steps and updates that a file may name."""
_HEADER_OF_A_MEMBER = 2**17
"""Bytes that are enough for a member's settings, own points included, or for all the rest."""
_RANDOM = "random."
"""Begins the names of the states of random generators."""


def toy_to_bytes(trainer: ToyTrainer) -> bytes:
    """Everything that training goes on from, as a safetensors file.

    Raises:
        CheckpointError: if a member's networks are no longer finite.
    """
    snapshot = trainer.snapshot()
    check_finite(snapshot.tensors)
    starts = {_RANDOM + name: p.start for name, p in snapshot.positions.items()}
    tensors = {name: t.contiguous() for name, t in (snapshot.tensors | starts).items()}
    # One text, as the library writes several in no particular order.
    about = {
        "version": VERSION,
        "states": [config.to_state() for config in trainer.configs],
        "steps": snapshot.steps,
        "updates": snapshot.updates,
        "used": {name: position.used for name, position in snapshot.positions.items()},
    }
    return save(tensors, {FORMAT: json.dumps(about)})


def toy_from_bytes(
    data: bytes,
    *,
    threads: int | None = None,
    max_bytes: int = MAX_BYTES,
    max_members: int = MAX_MEMBERS,
) -> ToyTrainer:
    """The trainer that `toy_to_bytes` was given; it goes on as that one would have.

    Args:
        data: the file's content.
        threads: as `ToyTrainer` has it.
        max_bytes: the largest file that is read.
        max_members: the most members that it may have.

    Raises:
        CheckpointError: if it is not just such a file.
    """
    if len(data) > max_bytes:
        refuse("size", f"weights of {len(data)} bytes: at most {max_bytes} are possible")
    about = _about(data, _HEADER_OF_A_MEMBER * (max_members + 1))
    configs = _configs(about, max_members)
    tensors = safe_tensors.tensors(data)
    _check_parameters(tensors, configs)
    try:
        trainer = ToyTrainer(configs, threads=threads)
    except ValueError as error:
        refuse("settings", str(error))
    snapshot = _snapshot(tensors, about, configs)
    _check_shapes(tensors, trainer, configs)
    check_finite(snapshot.tensors)
    for position in snapshot.positions.values():
        if not all(map(is_generator_state, position.start)):
            refuse("random", "the state of a random generator is not a possible one")
    trainer.restore(snapshot)
    return trainer


def save_toy(trainer: ToyTrainer, path: str | Path) -> None:
    """Write a trainer's weights to a file, wholly or not at all; see `toy_to_bytes`."""
    write_whole(Path(path), toy_to_bytes(trainer))


def load_toy(path: str | Path, *, threads: int | None = None) -> ToyTrainer:
    """The trainer that `save_toy` wrote; see `toy_from_bytes`.

    Raises:
        OSError: if the file cannot be read.
        CheckpointError: if it is not such a file.
    """
    # A file of one's own may hold many members: what it says of itself is checked all the same.
    return toy_from_bytes(Path(path).read_bytes(), threads=threads, max_bytes=2**32)


def _about(data: bytes, most: int) -> Mapping[str, Any]:
    """What the header says of the weights; of a version that we know."""
    entries = safe_tensors.header(data, most)
    try:
        about = json.loads(entries["__metadata__"][FORMAT])
    except (ValueError, TypeError, KeyError, RecursionError):
        about = None
    if not isinstance(about, dict):
        refuse("format", "not a file of ganplay's weights")
    if about.get("version") != VERSION:
        shown = str(about.get("version"))[:20]
        refuse("version", f"version {shown} of ganplay's weights; version {VERSION} is needed")
    return about


def _configs(about: Mapping[str, Any], most: int) -> list[ToyConfig]:
    states = about.get("states")
    if not isinstance(states, list) or not all(isinstance(state, str) for state in states):
        refuse("settings", "states: a list of state strings is needed")
    if not 1 <= len(states) <= most:
        refuse("members", f"{len(states)} members: from 1 to {most} are possible")
    configs = []
    for state in states:
        config, problems = ToyConfig.from_state(state)
        if problems:
            refuse("settings", "; ".join(map(str, problems[:5])))
        configs.append(config)
    return configs


def _check_parameters(tensors: Mapping[str, Tensor], configs: list[ToyConfig]) -> None:
    """Refuse nets of other sizes before any are made: a few bytes could ask for gigabytes."""
    structure = Structure.of(configs[0])
    for name, mlp in (
        ("generator.parameters", structure.generator),
        ("discriminator.parameters", structure.discriminator),
    ):
        check_kind(name, tensors.get(name), TensorSpec((len(configs), mlp.size())))


def _snapshot(
    tensors: Mapping[str, Tensor], about: Mapping[str, Any], configs: list[ToyConfig]
) -> Snapshot:
    block = BatchStream(configs[:1]).block
    positions = {}
    for purpose in STREAMS:
        start, used = tensors.get(_RANDOM + purpose), _count(about, f"used.{purpose}", block)
        if start is None or start.ndim != 2 or start.dtype != torch.uint8:
            refuse("tensors", f"{_RANDOM}{purpose}: states of random generators are needed")
        positions[purpose] = Position(start, used)
    return Snapshot(
        _count(about, "steps", MAX_COUNT),
        {net: _count(about, f"updates.{net}", MAX_COUNT) for net in ("d", "g")},
        {name: t for name, t in tensors.items() if not name.startswith(_RANDOM)},
        positions,
    )


def _count(about: Mapping[str, Any], path: str, most: int) -> int:
    number: Any = about
    for name in path.split("."):
        number = number.get(name) if isinstance(number, dict) else None
    if type(number) is not int or not 0 <= number <= most:
        refuse("settings", f"{path}: a whole number from 0 to {most} is needed")
    return number


def _check_shapes(
    tensors: Mapping[str, Tensor], trainer: ToyTrainer, configs: list[ToyConfig]
) -> None:
    """Just what such a trainer has, and a batch of its inputs or none at all."""
    fresh = trainer.snapshot()
    expected = fresh.tensors | {_RANDOM + n: p.start for n, p in fresh.positions.items()}
    if any(name.startswith(PENDING) for name in tensors):
        expected |= named_batch(BatchStream(configs).next())
    check_names(tensors, expected)
    for name, tensor in expected.items():
        check_kind(name, tensors[name], TensorSpec(tuple(tensor.shape), tensor.dtype))
