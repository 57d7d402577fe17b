"""Trains VAEs to be compared with GANs: the same data, batches, noise and network sizes."""

from collections.abc import Sequence
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from ganplay.common.seeding import generator_of
from ganplay.lessons.vae import Vae
from ganplay.toy.batches import BatchStream, draw_noise, real_points
from ganplay.toy.config import ToyConfig
from ganplay.toy.mlp import Mlp, split
from ganplay.toy.step import Structure


class VaeTrainer:
    """Trains S small VAEs at once by Adam, with the settings of a GAN.

    The decoder has the size and the initial weights of G, the encoder the size of D; learning
    rate and betas are those of G. A member sees the batches of real points and of noise that a GAN
    with its seed sees.
    """

    def __init__(self, config: ToyConfig, seeds: Sequence[int], sigma: float) -> None:
        """Make fresh networks.

        Args:
            config: whose sizes, data and learning rate are used.
            seeds: one for each member.
            sigma: see `Vae`.

        Raises:
            ValueError: if there are no seeds, or for settings that these VAEs do not have.
        """
        if not seeds:
            raise ValueError("no seeds: at least one member is needed")
        if config.classes or "spectral" in (config.norm_g, config.norm_d):
            raise ValueError("a VAE has neither classes nor spectral norm here")
        self.configs = [replace(config, seed=int(seed)) for seed in seeds]
        decoder, d = Structure.of(config).generator, Structure.of(config).discriminator
        encoder = Mlp(2, 2 * config.noise_dim, d.layers, d.width, d.activation, d.init)
        self.vae = Vae(encoder, decoder, sigma)
        self.steps = 0
        self._batches = BatchStream(self.configs)
        nets = [
            net.initialise([generator_of(c.seed, purpose) for c in self.configs])[0]
            for net, purpose in ((encoder, "encoder"), (decoder, "generator"))
        ]
        self._flat = torch.cat(nets, dim=1).requires_grad_()  # (s, p)
        betas = (config.beta1, config.beta2)
        self._optimizer = torch.optim.Adam([self._flat], lr=config.lr_g, betas=betas)

    def __len__(self) -> int:
        return len(self.configs)

    def _weights(self) -> list[Tensor]:
        return split(self._flat, self.vae.shapes())

    @torch.enable_grad()
    def step(self, count: int = 1) -> None:
        """Take steps up the evidence lower bound."""
        for _ in range(count):
            batch = self._batches.next()
            loss = -self.vae.elbo(self._weights(), batch.real, batch.z).mean(1).sum()
            self._optimizer.zero_grad()
            loss.backward()
            self._optimizer.step()
            self.steps += 1

    @torch.no_grad()
    def elbo(self, n: int) -> Float[Tensor, "s"]:
        """Mean evidence lower bound of n real points, in nats; the same points at every call."""
        real = torch.stack([real_points(c, n)[0].T for c in self.configs])
        return self.vae.elbo(self._weights(), real, self.noise(n)).mean(1)

    def noise(self, n: int) -> Float[Tensor, "s z n"]:
        """N latent vectors for each member, the ones with which a GAN of its seed is measured."""
        generators = [generator_of(config.seed, "sample") for config in self.configs]
        dim = self.configs[0].noise_dim
        return torch.stack([draw_noise("gaussian", dim, n, own) for own in generators])

    @torch.no_grad()
    def sample(self, n: int) -> Float[Tensor, "s n 2"]:
        """N fake points of each member: the means of p(x | z), without the noise around them."""
        return self.vae.generate(self._weights(), self.noise(n)).mT
