"""Pictures a second of `ImageTrainer` over the DCGAN loop that textbooks print."""

import argparse
import itertools
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn

from benchmarks.report import Row, paired_rows, rate, run
from ganplay.common.devices import device_of, fastest_threads, half_is_fast
from ganplay.images.config import ImageConfig
from ganplay.images.datasets import ImageData
from ganplay.images.trainer import ImageTrainer

SIZE, WIDTH, BATCH, NOISE, PICTURES = 32, 32, 64, 100, 4096


class Case(NamedTuple):
    """A configuration, and how many times the textbook's rate is asked for."""

    name: str
    config: ImageConfig
    bound: str = ""


BASE = ImageConfig(width_g=WIDTH, width_d=WIDTH, batch_size=BATCH, noise_dim=NOISE)
CASES = [
    Case("as it comes", BASE, ">= 1.4"),
    Case("float32", replace(BASE, precision="float32")),
    Case("conditional", replace(BASE, conditional=True)),
    Case("hinge, spectral", replace(BASE, loss="hinge", norm_d="spectral")),
]


class Textbook:
    """PyTorch's DCGAN tutorial at this size: nn.Sequential, BCELoss, labels anew, two Adams."""

    def __init__(self, images: Tensor, device: torch.device) -> None:
        self.data, self.device = images.float().to(device) / 127.5 - 1, device
        up = [NOISE, WIDTH * 4, WIDTH * 2, WIDTH]
        layers: list[nn.Module] = []
        for i, (inputs, outputs) in enumerate(itertools.pairwise(up)):
            place = (4, 2, 1) if i else (4, 1, 0)
            layers += [nn.ConvTranspose2d(inputs, outputs, *place, bias=False)]
            layers += [nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]
        layers += [nn.ConvTranspose2d(WIDTH, 1, 4, 2, 1, bias=False), nn.Tanh()]
        self.generator = nn.Sequential(*layers).to(device)
        layers = [nn.Conv2d(1, WIDTH, 4, 2, 1, bias=False), nn.LeakyReLU(0.2, inplace=True)]
        for inputs, outputs in ((WIDTH, WIDTH * 2), (WIDTH * 2, WIDTH * 4)):
            layers += [nn.Conv2d(inputs, outputs, 4, 2, 1, bias=False), nn.BatchNorm2d(outputs)]
            layers += [nn.LeakyReLU(0.2, inplace=True)]
        layers += [nn.Conv2d(WIDTH * 4, 1, 4, 1, 0, bias=False), nn.Sigmoid()]
        self.discriminator = nn.Sequential(*layers).to(device)
        betas = (0.5, 0.999)
        self.adam_g = torch.optim.Adam(self.generator.parameters(), 2e-4, betas)
        self.adam_d = torch.optim.Adam(self.discriminator.parameters(), 2e-4, betas)
        self.criterion = nn.BCELoss()

    def step(self) -> None:
        """Update D, then G."""
        self.discriminator.zero_grad()
        real = self.data[torch.randint(PICTURES, (BATCH,), device=self.device)]
        label = torch.full((BATCH,), 1.0, device=self.device)
        self.criterion(self.discriminator(real).view(-1), label).backward()
        fake = self.generator(torch.randn(BATCH, NOISE, 1, 1, device=self.device))
        label = torch.full((BATCH,), 0.0, device=self.device)
        self.criterion(self.discriminator(fake.detach()).view(-1), label).backward()
        self.adam_d.step()
        self.generator.zero_grad()
        label = torch.full((BATCH,), 1.0, device=self.device)
        self.criterion(self.discriminator(fake).view(-1), label).backward()
        self.adam_g.step()


def measure(options: argparse.Namespace) -> list[Row]:
    """Measure all cases."""
    seconds, pairs = (0.7, 7) if options.quick else (1.5, 15)
    device = device_of("auto")
    generator = torch.Generator().manual_seed(options.first_seed)
    images = torch.randint(0, 256, (PICTURES, 1, SIZE, SIZE), generator=generator)
    images, labels = images.to(torch.uint8), torch.arange(PICTURES) % 10
    data = ImageData(images, labels, tuple("0123456789"), "none", "noise")
    textbook = Textbook(images, device)
    # The textbook gets the number of threads that it is fastest with too.
    torch.set_num_threads(fastest_threads(textbook.step))

    def pictures(step: Callable[[], object]) -> float:
        def finished() -> None:
            step()
            if device.type == "cuda":
                torch.cuda.synchronize()

        return rate(finished, seconds, BATCH)

    rows = [Row("threads", torch.get_num_threads(), "")]
    rows += [Row("bfloat16 in hardware", half_is_fast(device), "")]
    for case in CASES:
        ours = partial(pictures, ImageTrainer(case.config, data, device=device).step)
        theirs = partial(pictures, textbook.step)
        rows += paired_rows(case.name, "pictures", case.bound, ours, theirs, pairs)
    return rows


if __name__ == "__main__":
    run(measure)
