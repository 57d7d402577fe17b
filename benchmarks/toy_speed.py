"""GAN-steps a second of `ToyTrainer` over the loop that textbooks print."""

import argparse
import itertools
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn

from benchmarks.report import Row, paired_rows, rate, run
from ganplay import DISTRIBUTIONS, ToyConfig, ToyTrainer


class Case(NamedTuple):
    """Nets, batch and S, and how many times the textbook's rate is asked for."""

    name: str
    config: ToyConfig
    members: int
    bound: str


WIDE = ToyConfig(layers_g=3, layers_d=3, width_g=64, width_d=64, batch_size=256)
SMALL = ToyConfig(layers_g=1, layers_d=1, width_g=14, width_d=14, batch_size=150)
CRITIC = ToyConfig(loss="wasserstein", penalty="wgan_gp", steps_d=5, layers_g=3, layers_d=3,
                   batch_size=256)  # fmt: skip
CASES = [
    Case("3x64, batch 256", WIDE, 1, ">= 3.5"),
    Case("3x64, batch 256", WIDE, 8, ">= 6"),
    Case("3x64, batch 256", WIDE, 16, ">= 6"),
    Case("1x14, batch 150", SMALL, 1, ">= 4"),
    Case("1x14, batch 150", SMALL, 8, ">= 18"),
    Case("1x14, batch 150", SMALL, 30, ">= 35"),
    Case("3x64 WGAN-GP, 5 critic steps", CRITIC, 1, ">= 2.5"),
]


def perceptron(sizes: Sequence[int], activation: Callable[[], nn.Module]) -> list[nn.Module]:
    """Linear layers with an activation between them."""
    layers: list[nn.Module] = []
    for inputs, outputs in itertools.pairwise(sizes):
        layers += [nn.Linear(inputs, outputs), activation()]
    return layers[:-1]


class Textbook:
    """The loop of the tutorials: nn.Sequential, labels made anew, two Adams, all in Python."""

    def __init__(self, config: ToyConfig) -> None:
        self.config = config
        hidden_g = [config.width_g] * config.layers_g
        hidden_d = [config.width_d] * config.layers_d
        self.generator = nn.Sequential(*perceptron([config.noise_dim, *hidden_g, 2], nn.ReLU))
        layers = perceptron([2, *hidden_d, 1], lambda: nn.LeakyReLU(0.2))
        self.discriminator = nn.Sequential(*layers)
        if config.loss != "wasserstein":
            self.discriminator.append(nn.Sigmoid())
        self.adam_g = torch.optim.Adam(self.generator.parameters(), 1e-3, betas=(0.5, 0.999))
        self.adam_d = torch.optim.Adam(self.discriminator.parameters(), 1e-3, betas=(0.5, 0.999))
        self.criterion = nn.BCELoss()
        self.data = DISTRIBUTIONS[config.distribution].sample(10_000, torch.Generator())[0]

    def real(self) -> Tensor:
        """A batch of the data."""
        return self.data[torch.randint(len(self.data), (self.config.batch_size,))]

    def fake(self) -> Tensor:
        """A batch of G."""
        return self.generator(torch.randn(self.config.batch_size, self.config.noise_dim))

    def step(self) -> None:
        """Update D, then G, in the order of PyTorch's DCGAN tutorial."""
        size = self.config.batch_size
        self.discriminator.zero_grad()
        self.criterion(self.discriminator(self.real()), torch.ones(size, 1)).backward()
        fake = self.fake()
        self.criterion(self.discriminator(fake.detach()), torch.zeros(size, 1)).backward()
        self.adam_d.step()
        self.generator.zero_grad()
        self.criterion(self.discriminator(fake), torch.ones(size, 1)).backward()
        self.adam_g.step()

    def critic_step(self) -> None:
        """Update the critic with its gradient penalty five times, then G."""
        for _ in range(self.config.steps_d):
            real, fake = self.real(), self.fake().detach()
            self.discriminator.zero_grad()
            mix = torch.rand(len(real), 1)
            points = (mix * real + (1 - mix) * fake).requires_grad_()
            output = self.discriminator(points)
            (slope,) = torch.autograd.grad(
                output, points, torch.ones_like(output), create_graph=True
            )
            penalty = ((slope.norm(2, dim=1) - 1) ** 2).mean()
            loss = self.discriminator(fake).mean() - self.discriminator(real).mean()
            (loss + 0.1 * penalty).backward()
            self.adam_d.step()
        self.generator.zero_grad()
        (-self.discriminator(self.fake()).mean()).backward()
        self.adam_g.step()


def ratio_of(case: Case, seconds: float, pairs: int, first_seed: int) -> list[Row]:
    """The ratio of a case, and the two rates it is made of."""
    trainer = ToyTrainer(case.config, seeds=range(first_seed, first_seed + case.members))
    trainer.warm_up()
    textbook = Textbook(case.config)
    step = textbook.critic_step if case.config.loss == "wasserstein" else textbook.step
    return paired_rows(
        f"{case.name}, S = {case.members}", "GAN-steps", case.bound,
        partial(rate, partial(trainer.step, 20), seconds, 20 * case.members),
        partial(rate, step, seconds),
        pairs,
    )  # fmt: skip


def measure(options: argparse.Namespace) -> list[Row]:
    """Measure all cases."""
    seconds, pairs = (0.4, 5) if options.quick else (1.0, 11)
    return [r for case in CASES for r in ratio_of(case, seconds, pairs, options.first_seed)]


if __name__ == "__main__":
    run(measure)
