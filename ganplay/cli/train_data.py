"""The data of `ganplay train`: what is checked before and after they are read."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ganplay.cli import flags
from ganplay.images.checkpoint.card import check_labels
from ganplay.images.config import ImageConfig
from ganplay.images.data_record import DataRecord
from ganplay.images.datasets import DATASETS, ImageData, load
from ganplay.images.networks import check_classes, check_size
from ganplay.images.runs import Run

LEFT_OUT = "left_out.tsv"
"""In a run's folder: what is left out of a folder of pictures, and why."""


def read(
    options: argparse.Namespace,
    run: Run,
    config: ImageConfig,
    chosen: dict[str, Any],
    *,
    main: bool,
) -> ImageData:
    """The pictures to learn; `chosen` gets the folders that they are in, as they were named.

    Args:
        options: of the command.
        run: where it is listed what is left out.
        config: of the training.
        chosen: name, size and count of the data; of a run that goes on all that it knows of them.
        main: whether this process is the one that tells and writes.
    """
    if not (options.generator and options.discriminator):
        check_size(chosen["size"] or DATASETS[chosen["name"]].size)
    roots = options.data_root or [Path(root) for root in chosen.get("root", ())]
    if options.max_unreadable is None:
        options.max_unreadable = chosen.get("max_unreadable")
    chosen["root"] = [_as_text(root) for root in roots]
    chosen["max_unreadable"] = options.max_unreadable
    places = flags.places(options)
    places["left_out"] = (places["left_out"] or run.folder / LEFT_OUT) if main else None

    def check(names: Sequence[str]) -> None:
        check_labels(names)
        check_classes(names, config)
        if config.pairs:
            flags.refuse("pairs: the pictures of a folder do not say which of them belong together")

    data = load(
        chosen["name"], roots, size=chosen["size"], count=chosen["count"], check=check, **places
    )
    if main:
        flags.tell_found(data)
    return data


def check_unchanged(
    options: argparse.Namespace,
    run: Run,
    config: ImageConfig,
    about: dict[str, Any],
    data: ImageData,
    record: DataRecord,
) -> dict[str, Any]:
    """Refuse to go on with other pictures than a run has learnt from, unless that is allowed.

    Returns:
        What the run knows of its data, and after which steps they became others.
    """
    changes = run.data_changes(record) or _changes(about, data)
    if not changes:
        return about
    classes = len(about.get("names", data.names))
    if config.conditional and len(data.names) != classes:
        flags.refuse(f"--resume: the run knows {classes} classes and the data have"
                     f" {len(data.names)} now: {'; '.join(changes)}")  # fmt: skip
    if not options.allow_changed_data:
        flags.refuse(f"--resume: the data are not those that the run has learnt from:"
                     f" {'; '.join(changes)}; --allow-changed-data goes on")  # fmt: skip
    _, counters = run.state()
    return about | {"changed": [*about.get("changed", ()), counters["steps"]]}


def _changes(about: dict[str, Any], data: ImageData) -> list[str]:
    """What a run without a record can tell."""
    before = about.get("names"), about.get("pictures")
    changes = []
    if before[0] and tuple(before[0]) != data.names:
        changes.append(f"classes {', '.join(before[0])} are now {', '.join(data.names)}")
    if before[1] and before[1] != len(data):
        changes.append(f"{before[1]:,} pictures are now {len(data):,}")
    return changes


def _as_text(path: Path) -> str:
    """A path as JSON can hold it, whatever its bytes are."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
