"""`ganplay neighbours`: the training pictures nearest to pictures of a model."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from ganplay.cli.flags import check_output, integer, refuse, write_output
from ganplay.cli.models import add_states, states_of
from ganplay.images.datasets import DATASETS
from ganplay.images.evaluation.neighbours import (
    MOST,
    NeighbourIndex,
    ReferenceDistances,
    cache_folder,
    index_of,
    reference_distances_of,
)
from ganplay.images.evaluation.training_images import ROOTS, MissingData, roots_given
from ganplay.media.contact_sheet import contact_sheet

WORDS = {
    "near": "nearer than 99 in 100 unseen real pictures are to one: perhaps remembered",
    "usual": "about as far as unseen real pictures are",
    "far": "farther than unseen real pictures are: unlike anything that was learnt",
}


def add_roots(parser: argparse.ArgumentParser) -> None:
    """The flag that says where data lie."""
    kinds = "; ".join(f"{name}: {source.root}" for name, source in DATASETS.items())
    parser.add_argument("--data-root", type=Path, action="append", default=[], metavar="DIR",
        help=f"{kinds} (default: the folders of {ROOTS})")  # fmt: skip


def add_neighbours(parser: argparse.ArgumentParser) -> None:
    """The flags of the command."""
    add_states(parser)
    add_roots(parser)
    add = parser.add_argument
    add("--cache", type=Path, metavar="DIR",
        help=f"keep what is made of the data here (default {cache_folder()})")  # fmt: skip
    add(
        "--count", type=integer(1, MOST), default=3, metavar="N", help="of each picture (default 3)"
    )
    add("--json", action="store_true", help="print JSON instead of a table")
    add("--out", type=Path, metavar="FILE.png", help="draw each picture before its neighbours")
    parser.set_defaults(run=_neighbours, parser=parser)


def _neighbours(options: argparse.Namespace) -> int:
    check_output(options, "out", ".png")
    model, states = states_of(options)
    roots = roots_given(options.data_root)
    try:
        with tqdm(total=1, desc="index", disable=not sys.stderr.isatty(), leave=False) as bar:
            cache = options.cache or cache_folder()
            index = index_of(model.card, roots, cache, lambda share: bar.update(share - bar.n))
    except MissingData as error:
        refuse(options, str(error))
    reference_distances = reference_distances_of(model.card, index.classifier)
    pictures = model.render(states)
    found = [index.nearest(picture, options.count) for picture in pictures]
    report = [
        {"state": str(state), "neighbours": [one._asdict() for one in near]}
        | _measured(reference_distances, near[0].distance)
        for state, near in zip(states, found, strict=True)
    ]  # fmt: skip
    print(json.dumps(report, indent=2) if options.json else "\n".join(map(_told, report)))
    if options.out:
        places = [[one.place for one in near] for near in found]
        write_output(options, "out", _sheet(index, pictures, places, options.zoom).save)
    return 0


def _measured(reference_distances: ReferenceDistances | None, distance: float) -> dict[str, Any]:
    if reference_distances is None:
        return {"yardstick": None, "reading": None}
    return {
        "yardstick": reference_distances._asdict(),
        "reading": reference_distances.reading(distance),
    }


def _told(row: dict[str, Any]) -> str:
    lines = [row["state"]]
    lines += [
        f"  {one['name']:>8}  place {one['place']:>6}  distance {one['distance']:.3f}"
        f"  in pixels {one['pixels']:.2f}"
        for one in row["neighbours"]
    ]
    if row["reading"]:
        lines.append(f"  {WORDS[row['reading']]} (median {row['yardstick']['median']:.3f})")
    return "\n".join(lines)


def _sheet(
    index: NeighbourIndex, pictures: torch.Tensor, places: list[list[int]], zoom: int
) -> Any:
    rows = [
        torch.cat([picture[None], index.training_images.pictures(own)])
        for picture, own in zip(pictures, places, strict=True)
    ]
    return contact_sheet(torch.cat(rows), len(rows[0]), 2, zoom)
