"""`ganplay inversion`: how well pictures can be inverted in a model, for its card."""

import argparse
import sys
from functools import partial

from jaxtyping import UInt8
from torch import Tensor

from ganplay.cli import flags
from ganplay.cli.evaluate import folder_of
from ganplay.images.checkpoint import ImageModel, bundled, load
from ganplay.images.datasets import DATASETS, DataError
from ganplay.images.datasets import load as load_data
from ganplay.latent.inversion_fit import measure_errors

COUNT, MAX_COUNT = 40, 1000
FOUND = ("letters", "folder")
"""Data that are whatever the machine has."""


def add_inversion(parser: argparse.ArgumentParser) -> None:
    """The flags of `ganplay inversion`."""
    parser.add_argument("name", metavar="NAME", help=f"one of {', '.join(bundled())}, or a folder")
    flags.add_places(parser)
    flags.add_integer(parser, "--count", 1, MAX_COUNT, "samples, and held-out pictures, to invert",
        COUNT)  # fmt: skip
    parser.add_argument("--write", action="store_true", help="write the errors to the model's card")
    parser.set_defaults(run=_inversion, parser=parser)


def _inversion(options: argparse.Namespace) -> int:
    folder, model = folder_of(options), load(options.name)
    held_out = _held_out(options, model)
    with flags.progress("picture") as tell:
        found = measure_errors(model, options.count, held_out, tell)
    print(f"samples: 95 in 100 have an error of at most {found.samples:.1f} of 255 grey levels")
    if found.held_out is not None:
        print(f"held-out pictures: at most {found.held_out:.1f}")
    if options.write:
        with flags.refusing(OSError):
            model.with_card(inversion=found).save_pretrained(folder)
    return 0


def _held_out(options: argparse.Namespace, model: ImageModel) -> UInt8[Tensor, "n c h w"] | None:
    """Pictures of the test split; None, with words on why, where there are none to be had."""
    data, size = model.card.data, model.card.shape[1]
    try:
        if data.name not in DATASETS:
            raise DataError(f"{data.name} are no data set of ganplay's")
        find = partial(load_data, data.name, options.data_root, size=size, fetch=False,
                       **flags.places(options))  # fmt: skip
        # Of other fonts or folders the test split is not what this model has never seen.
        if data.name in FOUND and (found := len(find(split="train"))) != data.count:
            raise DataError(f"{found} training pictures here, but the model learnt {data.count}")
        return find(split="test", count=options.count).images
    except (DataError, OSError) as error:
        print(f"without held-out pictures: {error}", file=sys.stderr)
        return None
