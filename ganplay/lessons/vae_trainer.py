"""Trains VAEs beside GANs: the same data, batches, noise and sizes of nets, another objective."""

from collections.abc import Sequence
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from ganplay.common.seeding import generator_of
from ganplay.lessons.vae import Vae
from ganplay.toy.architecture import split
from ganplay.toy.batches import BatchStream, draw_noise, real_points
from ganplay.toy.config import ToyConfig
from ganplay.toy.mlp import Mlp
from ganplay.toy.optimizers import UPDATES, Moments
from ganplay.toy.step import Hyperparameters, Structure


class VaeTrainer:
    """Trains S small VAEs at once, with the settings of a GAN.

    The decoder has G's size and start, the encoder D's size; G's optimiser and learning rate
    count. A member sees the batches of real points and of noise that a GAN of its seed sees.
    """

    def __init__(self, config: ToyConfig, seeds: Sequence[int], sigma: float) -> None:
        """Make fresh networks.

        Args:
            config: whose sizes, data and learning rate are taken.
            seeds: one member for each.
            sigma: see `Vae`.

        Raises:
            ValueError: if there are no members, or the configuration is of what no VAE here has.
        """
        if not seeds:
            raise ValueError("no seeds: at least one member is needed")
        if config.classes or "spectral" in (config.norm_g, config.norm_d):
            raise ValueError("a VAE has neither classes nor spectral norm here")
        self.configs = [replace(config, seed=int(s)) for s in seeds]
        structure = Structure.of(config)
        judge = structure.discriminator
        encoder = Mlp(
            2, 2 * config.noise_dim, judge.layers, judge.width, judge.activation, judge.init
        )
        self.plan = Vae(encoder, structure.generator, sigma)
        self.steps = 0
        self._streams = BatchStream(self.configs)
        starts = [
            [generator_of(c.seed, purpose) for c in self.configs]
            for purpose in ("encoder", "generator")
        ]
        nets = (self.plan.encoder, self.plan.decoder)
        self._flat = torch.cat(
            [net.initialise(own)[0] for net, own in zip(nets, starts, strict=True)], dim=1
        )
        self._weights = split(self._flat, self.plan.shapes())
        self._moments = Moments.zeros(self._flat)
        numbers = Hyperparameters.of(self.configs)
        self._rates = numbers.rates(numbers.lr_g)
        self._update = UPDATES[config.optimizer_g]
        self._ones = torch.ones(len(self.configs), 1)

    def __len__(self) -> int:
        return len(self.configs)

    def step(self, count: int = 1) -> None:
        """Take steps up the evidence lower bound."""
        for _ in range(count):
            batch = self._streams.next()
            with torch.enable_grad():
                weights = [w.detach().requires_grad_() for w in self._weights]
                loss = -self.plan.elbo(weights, batch.real, batch.z).mean(1, keepdim=True)
                parts = torch.autograd.grad(loss, weights, self._ones)
            gradient = torch.cat([p.flatten(1) for p in parts], dim=1)
            self._update(self._flat, gradient, self._moments, self._rates)
            self.steps += 1

    def elbo(self, n: int) -> Float[Tensor, "s"]:
        """Mean evidence lower bound of n real points, in nats; the same ones at every call."""
        real = torch.stack([real_points(c, n)[0].T for c in self.configs])
        with torch.no_grad():
            return self.plan.elbo(self._weights, real, self.noise(n)).mean(1)

    def noise(self, n: int) -> Float[Tensor, "s z n"]:
        """N latent vectors for each member, those that a GAN of its seed is looked at with."""
        return torch.stack(
            [
                draw_noise("gaussian", c.noise_dim, n, generator_of(c.seed, "sample"))
                for c in self.configs
            ]
        )

    def sample(self, n: int) -> Float[Tensor, "s n 2"]:
        """N fake points of each member, without the noise around them."""
        with torch.no_grad():
            return self.plan.generate(self._weights, self.noise(n)).mT
