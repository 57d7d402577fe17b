"""The app with an image model of 64x64 pixels that nobody trained: what it draws takes as long.

What `walks` measures. No such size need be among the models that come with ganplay.
"""

import tempfile
from pathlib import Path

import torch

from benchmarks.servers import page_flags
from ganplay.images.checkpoint import Card, ImageModel, model
from ganplay.images.config import ImageConfig
from ganplay.images.networks import ROLES, network_for
from ganplay.server.app import launch

NAME = "untrained"


def untrained() -> ImageModel:
    """G and D of `ganplay train --data faces`, with random weights."""
    data = {"name": "faces", "count": 1, "licence": "none", "how_to_get": "drawn"}
    config, shape = ImageConfig(noise_dim=64), (3, 64, 64)
    networks = {role: network_for(role, config, shape, 0).model_dump() for role in ROLES}
    card = Card.model_validate({
        "name": NAME, "data": data, "shape": shape, "labels": ("one",), "steps": 1,
        "snapshots": (), "config": config, "threads": 1, "code": "0",
    } | networks)  # fmt: skip
    generator = torch.Generator().manual_seed(0)
    tensors = {}
    for name, spec in model.specs_of(card, model.networks_of(card)).items():
        drawn = 0.05 * torch.randn(spec.shape, generator=generator)
        tensors[name] = (drawn.abs() if name.endswith("running_var") else drawn).to(spec.dtype)
    return ImageModel(card, tensors)


def main() -> None:
    """Serve the page."""
    port = page_flags(__doc__).port
    with tempfile.TemporaryDirectory() as folder:
        untrained().save_pretrained(Path(folder) / NAME)
        model.BUNDLED = Path(folder)
        launch("127.0.0.1", port)


if __name__ == "__main__":
    main()
