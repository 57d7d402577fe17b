"""`ganplay data`: look at a data set of pictures."""

import argparse
from pathlib import Path

from ganplay.cli.flags import check_output, integer, refuse, write_output
from ganplay.common.settings import MAX_SEED
from ganplay.images.datasets import DATASETS, LARGEST, SMALLEST, SPLITS, DataError, load
from ganplay.media.contact_sheet import contact_sheet


def add_data(parser: argparse.ArgumentParser) -> None:
    """The flags of `ganplay data`."""
    add = parser.add_argument
    add("name", choices=list(DATASETS), metavar="NAME", help=", ".join(DATASETS))
    add("--data-root", type=Path, action="append", default=[], metavar="DIR",
        help="; ".join(f"{name}: {source.root}" for name, source in DATASETS.items()))  # fmt: skip
    add("--split", choices=SPLITS, default="train", help="part of the data (default train)")
    add("--size", type=integer(SMALLEST, LARGEST), metavar="PIXELS", help="side of a picture")
    add("--count", type=integer(1, 10_000), default=100, metavar="N", help="how many (default 100)")
    add("--seed", type=integer(0, MAX_SEED), default=0, metavar="N", help="which ones (default 0)")
    add("--cache", type=Path, metavar="DIR", help="keep what was rendered in this folder")
    add("--sheet", type=Path, metavar="FILE.png", help="write the pictures on one sheet")
    add("--zoom", type=integer(1, 8), default=1, metavar="N", help="enlarge the sheet (default 1)")
    parser.set_defaults(run=_data, parser=parser)


def _data(options: argparse.Namespace) -> int:
    check_output(options, "sheet", ".png")
    try:
        data = load(
            options.name, options.data_root, options.split, options.size, count=options.count,
            seed=options.seed, cache=options.cache,
        )  # fmt: skip
    except DataError as error:
        refuse(options, str(error))
    if options.sheet:
        write_output(options, "sheet", contact_sheet(data.images, zoom=options.zoom).save)
    n, *shape = data.images.shape
    counts = data.labels.bincount(minlength=len(data.names)).tolist()
    print(f"{options.name}, {options.split}: {n} pictures of {'x'.join(map(str, shape))}")
    print("labels: " + ", ".join(f"{k} {c}" for k, c in zip(data.names, counts, strict=True)))
    if data.attributes:
        print(f"attributes: {', '.join(data.attributes)}")
    print(f"licence: {data.licence}\nhow to get it: {data.how_to_get}")
    return 0
