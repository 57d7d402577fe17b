"""`ganplay classifier`: the small classifier that image models are measured by."""

import argparse
import sys
from pathlib import Path

import torch
from tqdm import tqdm

from ganplay.classifier import save_classifier, steps_of, train_classifier
from ganplay.datasets import DATASETS, LARGEST, SMALLEST, DataError, load
from ganplay.flags import refuse, whole
from ganplay.image_training import device_of

EPOCHS = 8


def add_classifier(parser: argparse.ArgumentParser) -> None:
    """The flags of `ganplay classifier`."""
    add = parser.add_argument
    add("--data", choices=list(DATASETS), required=True, help="what to tell apart")
    add("--data-root", type=Path, action="append", default=[], metavar="DIR",
        help="; ".join(f"{name}: {source.root}" for name, source in DATASETS.items()))  # fmt: skip
    add("--size", type=whole(SMALLEST, LARGEST), metavar="PIXELS", help="side of the pictures")
    add("--count", type=whole(2, 10_000_000), metavar="N", help="learn at most so many pictures")
    add("--cache", type=Path, metavar="DIR", help="keep what was rendered in this folder")
    add("--out", type=Path, required=True, metavar="DIR", help="folder of the weights")
    add("--epochs", type=whole(1, 1000), default=EPOCHS, metavar="N",
        help=f"passes over the data (default {EPOCHS})")  # fmt: skip
    add("--seed", type=whole(0, 2**31 - 1), default=0, metavar="N", help="default 0")
    add("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto", help="default auto")
    add("--threads", type=whole(1, 1024), metavar="N", help="threads on the CPU")
    parser.set_defaults(run=_classifier, parser=parser)


def _classifier(options: argparse.Namespace) -> int:
    if options.threads:
        torch.set_num_threads(options.threads)
    try:
        device = device_of(options.device)
        train, test = (
            load(options.data, options.data_root, split, options.size, cache=options.cache,
                 count=options.count) for split in ("train", "test")
        )  # fmt: skip
    except (ValueError, DataError) as error:
        refuse(options, str(error))
    steps = steps_of(train, options.epochs)
    with tqdm(total=steps, unit="step", disable=not sys.stderr.isatty()) as bar:

        def tell(loss: float) -> None:
            bar.set_postfix(loss=f"{loss:.3f}", refresh=False)
            bar.update()

        model = train_classifier(train, options.epochs, options.seed, device, tell)
    try:
        card = save_classifier(
            model, options.out, train=train, test=test, about={"name": options.data},
            seed=options.seed, epochs=options.epochs,
        )  # fmt: skip
    except OSError as error:
        refuse(options, f"--out {options.out}: {error}")
    for name, share in card.accuracy.items():
        print(f"{name}: {share:.4f} of {card.test_count} held-out pictures told right")
    return 0
