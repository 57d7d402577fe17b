"""`ganplay neighbours`: the training pictures nearest to pictures of a model."""

import argparse
import json
from pathlib import Path
from typing import Any

import torch

from ganplay.cli import flags
from ganplay.cli.models import add_states, states_of
from ganplay.images.evaluation import neighbours
from ganplay.images.evaluation.training_images import WHERE_WITHOUT_FLAG, roots_given
from ganplay.media.contact_sheet import contact_sheet

WORDS = {
    "near": "nearer than 99 % of unseen real pictures are: possibly memorised",
    "usual": "about as far as unseen real pictures are: not memorised",
    "far": "farther than unseen real pictures are: unlike the training data",
}


def add_neighbours(parser: argparse.ArgumentParser) -> None:
    """The flags of the command."""
    add_states(parser)
    flags.add_data_root(parser, WHERE_WITHOUT_FLAG)
    add = parser.add_argument
    add("--cache", type=Path, metavar="DIR",
        help=f"folder for the index of the data (default {neighbours.cache_folder()})")  # fmt: skip
    flags.add_integer(parser, "--count", 1, neighbours.MOST, "neighbours of each picture", 3)
    add("--json", action="store_true", help="print JSON instead of a table")
    flags.add_output(parser, "--out", "draw each picture before its neighbours", ".png")
    parser.set_defaults(run=_neighbours, parser=parser)


def _neighbours(options: argparse.Namespace) -> int:
    model, states = states_of(options)
    roots, cache = roots_given(options.data_root), options.cache or neighbours.cache_folder()
    with flags.progress("index", 1, leave=False) as tell:
        index = neighbours.index_of(model.card, roots, cache, tell)
    reference_distances = neighbours.reference_distances_of(model.card, index.classifier)
    pictures = model.render(states)
    found = [index.nearest(picture, options.count) for picture in pictures]
    report = [
        {
            "state": str(state),
            "neighbours": [one._asdict() for one in near],
            "yardstick": reference_distances and reference_distances._asdict(),
            "reading": reference_distances and reference_distances.reading(near[0].distance),
        }
        for state, near in zip(states, found, strict=True)
    ]
    print(json.dumps(report, indent=2) if options.json else "\n".join(map(_in_words, report)))
    if options.out:
        places = [[one.place for one in near] for near in found]
        flags.write_output(options, "out", _sheet(index, pictures, places, options.zoom).save)
    return 0


def _in_words(row: dict[str, Any]) -> str:
    lines = [row["state"]]
    lines += [
        f"  {one['name']:>8}  place {one['place']:>6}  in features {one['distance']:.3f}"
        f"  in pixels {one['pixels']:.2f}"
        for one in row["neighbours"]
    ]
    if row["reading"]:
        lines.append(f"  {WORDS[row['reading']]} (median {row['yardstick']['median']:.3f})")
    return "\n".join(lines)


def _sheet(
    index: neighbours.NeighbourIndex, pictures: torch.Tensor, places: list[list[int]], zoom: int
) -> Any:
    rows = [
        torch.cat([picture[None], index.training_images.pictures(own)])
        for picture, own in zip(pictures, places, strict=True)
    ]
    return contact_sheet(torch.cat(rows), len(rows[0]), 2, zoom)
