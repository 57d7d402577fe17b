"""`ganplay data`: look at a data set of pictures."""

import argparse

from ganplay.cli import flags
from ganplay.images.datasets import DATASETS, SPLITS, load
from ganplay.media.contact_sheet import contact_sheet


def add_data(parser: argparse.ArgumentParser) -> None:
    """The flags of `ganplay data`."""
    add = parser.add_argument
    add("name", choices=list(DATASETS), metavar="NAME", help=", ".join(DATASETS))
    flags.add_places(parser)
    add("--split", choices=SPLITS, default="train", help="part of the data (default train)")
    flags.add_size(parser)
    flags.add_integer(parser, "--count", 1, 10_000, "number of pictures", 100)
    flags.add_seed(parser, "seed of their choice")
    flags.add_output(parser, "--sheet", "write the pictures on one sheet", ".png")
    flags.add_integer(parser, "--zoom", 1, 8, "enlarge the sheet", 1)
    parser.set_defaults(run=_data, parser=parser)


def _data(options: argparse.Namespace) -> int:
    data = load(
        options.name, options.data_root, options.split, options.size, count=options.count,
        seed=options.seed, **flags.places(options),
    )  # fmt: skip
    flags.tell_found(data)
    if options.sheet:
        flags.write_output(options, "sheet", contact_sheet(data.images, zoom=options.zoom).save)
    n, *shape = data.images.shape
    counts = data.labels.bincount(minlength=len(data.names)).tolist()
    print(f"{options.name}, {options.split}: {n} pictures of {'x'.join(map(str, shape))}")
    print("labels: " + ", ".join(f"{k} {c}" for k, c in zip(data.names, counts, strict=True)))
    if data.attributes:
        print(f"attributes: {', '.join(data.attributes)}")
    print(f"licence: {data.licence}\nhow to get it: {data.how_to_get}")
    return 0
