"""Puts on cards how many pictures of each class were learnt: `python scripts/class_counts.py`.

`ganplay eval` has measured the shares of the classes in all the training data of a bundled model:
count times share is a whole number. Where the data are to be had they are counted again and
compared: digits in the folder that `--data-root` names, and faces, which are drawn anew.
"""

import argparse
import gzip
from pathlib import Path
from typing import Any

from ganplay.images.checkpoint import BUNDLED, Card, ImageModel, bundled, load
from ganplay.images.datasets.faces.attributes import sample_attributes

ROUNDING = 1e-6
"""How far a count may be from a whole number, relative to 1."""
LABELS = "MNIST/raw/train-labels-idx1-ubyte"
HEAD = 8
"""Bytes before the labels."""


def counts_of(card: Card) -> tuple[int, ...]:
    """How many pictures of each class, from the shares on a card.

    Raises:
        ValueError: if they are not there or do not give whole numbers that sum to all pictures.
    """
    metrics: dict[str, Any] = card.metrics
    shares = metrics.get("shares", {}).get("data", {})
    products = [card.data.count * shares.get(name, 0.0) for name in card.labels]
    counts = tuple(map(round, products))
    apart = max(abs(a - b) for a, b in zip(products, counts, strict=True))
    if apart > ROUNDING or sum(counts) != card.data.count:
        raise ValueError(f"{card.name}: the shares on its card give no counts; run `ganplay eval`")
    return counts


def counted(card: Card, root: Path) -> tuple[int, ...] | None:
    """The same from the data themselves; None where they are not to be had here."""
    if card.data.name == "faces":
        labels = sample_attributes(card.data.count, seed=0)["hair"].tolist()
    elif card.data.name == "digits" and (packed := root / f"{LABELS}.gz").is_file():
        labels = list(gzip.decompress(packed.read_bytes())[HEAD:])
    elif card.data.name == "digits" and (file := root / LABELS).is_file():
        labels = list(file.read_bytes()[HEAD:])
    else:
        return None
    return tuple(labels.count(k) for k in range(len(card.labels)))


def main() -> None:
    """Write the counts of all bundled models."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-root", type=Path, default=Path("data"), metavar="DIR")
    root = parser.parse_args().data_root
    for name in bundled():
        model = load(name)
        card, counts = model.card, counts_of(model.card)
        again = counted(card, root)
        if again not in (None, counts):
            parser.error(f"{name}: its card says {counts}, the data have {again}")
        write(model, counts)
        print(f"{name}: {counts}", "" if again is None else "(the data have the same)")


def write(model: ImageModel, counts: tuple[int, ...]) -> None:
    """Put counts on the card in a model's folder."""
    data = model.card.data.model_copy(update={"class_counts": counts})
    model.with_card(data=data).save_pretrained(BUNDLED / model.card.name)


if __name__ == "__main__":
    main()
