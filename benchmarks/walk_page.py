"""The app with an image model of 64x64 pixels that nobody trained: what it draws takes as long.

What `walks` measures. No such size need be among the models that come with ganplay.
"""

import argparse
import tempfile
from pathlib import Path

import torch

from ganplay.images.checkpoint import Card, ImageModel, model
from ganplay.server.app import launch

NAME = "untrained"


def untrained() -> ImageModel:
    """G and D of `ganplay train --data faces`, with random weights."""
    data = {"name": "faces", "count": 1, "licence": "none", "how_to_get": "drawn"}
    config = {"model": "dcgan", "noise_dim": 64}
    card = Card.model_validate({
        "name": NAME, "data": data, "shape": (3, 64, 64), "labels": ("one",), "steps": 1,
        "snapshots": (), "config": config, "threads": 1, "code": "0",
    })  # fmt: skip
    generator = torch.Generator().manual_seed(0)
    tensors = {}
    for name, kind in model.kinds_of(card).items():
        drawn = 0.05 * torch.randn(kind.shape, generator=generator)
        tensors[name] = (drawn.abs() if name.endswith("buffers") else drawn).to(kind.dtype)
    return ImageModel(card, tensors)


def main() -> None:
    """Serve the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        untrained().save_pretrained(Path(folder) / NAME)
        model.BUNDLED = Path(folder)
        launch("127.0.0.1", options.port)


if __name__ == "__main__":
    main()
