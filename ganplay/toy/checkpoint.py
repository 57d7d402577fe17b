"""Trained toys as safetensors: written and read in memory or as files, never with pickle.

A file holds what a `Snapshot` holds, and as metadata the settings as state strings. Reading trusts
nothing: whatever is not just what such networks have is refused before it is used.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import save
from torch import Tensor

from ganplay.common import safe_tensors
from ganplay.common.files import write_whole
from ganplay.common.safe_tensors import TensorSpec, check_finite, refuse
from ganplay.common.seeding import is_generator_state
from ganplay.toy.batches import STREAMS, BatchStream, Position
from ganplay.toy.config import ToyConfig
from ganplay.toy.snapshot import Snapshot
from ganplay.toy.state import PENDING, named_batch
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
    most = _HEADER_OF_A_MEMBER * (max_members + 1)
    entries = safe_tensors.header(data, most)
    about = _about(entries)
    configs = _configs(about, max_members)
    pending = any(name.startswith(PENDING) for name in entries)
    # Before the networks of all members are made: a few bytes could ask for gigabytes.
    tensors = safe_tensors.tensors_of(data, _kinds(configs, pending), most)
    try:
        trainer = ToyTrainer(configs, threads=threads)
    except ValueError as error:
        refuse("settings", str(error))
    snapshot = _snapshot(tensors, about, configs)
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


def _about(entries: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a file's header says of the weights; of a version that we know."""
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


def _kinds(configs: list[ToyConfig], pending: bool) -> dict[str, TensorSpec]:
    """Just what a trainer of these members has, with a pending batch or none, by name."""
    fresh = ToyTrainer(configs[:1], threads=1).snapshot()
    expected = fresh.tensors | {_RANDOM + n: p.start for n, p in fresh.positions.items()}
    if pending:
        expected |= named_batch(BatchStream(configs[:1]).next())
    members = len(configs)
    return {n: TensorSpec((members, *t.shape[1:]), t.dtype) for n, t in expected.items()}


def _snapshot(
    tensors: Mapping[str, Tensor], about: Mapping[str, Any], configs: list[ToyConfig]
) -> Snapshot:
    block = BatchStream(configs[:1]).block
    return Snapshot(
        _count(about, "steps", MAX_COUNT),
        {net: _count(about, f"updates.{net}", MAX_COUNT) for net in ("d", "g")},
        {name: t for name, t in tensors.items() if not name.startswith(_RANDOM)},
        {p: Position(tensors[_RANDOM + p], _count(about, f"used.{p}", block)) for p in STREAMS},
    )


def _count(about: Mapping[str, Any], path: str, most: int) -> int:
    number: Any = about
    for name in path.split("."):
        number = number.get(name) if isinstance(number, dict) else None
    if type(number) is not int or not 0 <= number <= most:
        refuse("settings", f"{path}: a whole number from 0 to {most} is needed")
    return number
