"""Tiny pictures and models of them."""

import dataclasses
import gzip
import struct

import torch
from PIL import Image

from ganplay.cli import main
from ganplay.images import runs
from ganplay.images.checkpoint import model_of_run
from ganplay.images.config import ImageConfig
from ganplay.images.datasets import ImageData
from ganplay.images.runs import Every, Run
from ganplay.images.trainer import ImageTrainer

FLAGS = [
    "--data", "folder", "--size", "16", "--conditional", "--width-g", "4", "--width-d", "4",
    "--batch-size", "8", "--noise-dim", "6", "--threads", "1", "--precision", "float32",
    "--device", "cpu",
]  # fmt: skip
ABOUT = {
    "name": "folder", "names": ["lying", "standing"], "shape": [40, 1, 16, 16], "pictures": 40,
    "licence": "none", "how_to_get": "drawn", "code": "0.1.0", "threads": 1,
}  # fmt: skip
TINY = ImageConfig(
    width_g=4, width_d=4, batch_size=8, noise_dim=6, precision="float32", lr_g=2e-3, lr_d=2e-3
)


def pictures(count=40, channels=1, seed=0):
    """Bars that lie (class 0) or stand (class 1), somewhere; 16x16."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % 2
    images = torch.zeros(count, channels, 16, 16, dtype=torch.uint8)
    for image, label in zip(images, labels, strict=True):
        start = int(torch.randint(2, 11, (), generator=generator))
        bar = image if label == 0 else image.mT
        bar[:, start : start + 3] = 255
    return images, labels


def bars(channels=1):
    """The same as a data set, whose groups are of four."""
    groups = {"font": torch.arange(40) // 4}
    return ImageData(*pictures(channels=channels), ("lying", "standing"), "", "", groups)


def trainer(channels=1, **settings):
    return ImageTrainer(dataclasses.replace(TINY, **settings), bars(channels))


def about(made):
    """What is written down of a trainer's run."""
    return ABOUT | {"networks": {role: net.model_dump() for role, net in made.networks.items()}}


def model_in(folder, **settings):
    made, run = trainer(**settings), Run(folder / "run")
    run.describe(made.config, about(made))
    train(made, run, 12, Every(sheet=12))
    return model_of_run(run, "bars"), made


def write_pictures(folder):
    images, labels = pictures()
    for i, (image, label) in enumerate(zip(images, labels.tolist(), strict=True)):
        place = folder / ("lying", "standing")[label]
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image[0].numpy()).save(place / f"{i:02}.png")
    return folder


def run_train(data, out, *more):
    return main(["train", *FLAGS, "--data-root", str(data), "--out", str(out), *map(str, more)])


def train(made, run, steps, every=None, stopped=lambda: False):
    return runs.train(made, run, steps, every or Every(), lambda done, figures: None, stopped)


def write_idx(path, values):
    header = struct.pack(">HBB", 0, 8, values.ndim) + struct.pack(f">{values.ndim}I", *values.shape)
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "wb") as file:
        file.write(header + values.tobytes())
