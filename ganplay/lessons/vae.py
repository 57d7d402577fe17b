"""A variational autoencoder of two perceptrons, S at once as `mlp` has them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from ganplay.toy.mlp import Mlp


@dataclass(frozen=True)
class Vae:
    """Encoder and decoder. The encoder puts out means, then logarithms of variances.

    Attributes:
        encoder: `outputs` is twice the number of latent features.
        decoder: from latent features to the mean of a sample.
        sigma: standard deviation of a sample around that mean, along each axis.

    Raises:
        ValueError: if the two do not fit together.
    """

    encoder: Mlp
    decoder: Mlp
    sigma: float

    def __post_init__(self) -> None:
        wanted = 2 * self.decoder.inputs
        if self.encoder.outputs != wanted:
            raise ValueError(
                f"the encoder has {self.encoder.outputs} outputs; {wanted} are needed, a mean and "
                "a variance for each input of the decoder"
            )
        if self.encoder.inputs != self.decoder.outputs:
            raise ValueError("the decoder must put out what the encoder takes in")

    def shapes(self) -> list[tuple[int, int]]:
        """Shapes of all parameters of one member, the encoder's first."""
        return [*self.encoder.shapes(), *self.decoder.shapes()]

    def initialise(self, generators: Sequence[Generator]) -> Float[Tensor, "s p"]:
        """Fresh flat parameters, each member from its own generator."""
        parts = [net.initialise(generators)[0] for net in (self.encoder, self.decoder)]
        return torch.cat(parts, dim=1)

    def parts(self, weights: Sequence[Tensor]) -> tuple[Sequence[Tensor], Sequence[Tensor]]:
        """The weights of encoder and decoder."""
        count = len(self.encoder.shapes())
        return weights[:count], weights[count:]

    def elbo(
        self, weights: Sequence[Tensor], x: Float[Tensor, "s d n"], noise: Float[Tensor, "s z n"]
    ) -> Float[Tensor, "s n"]:
        """Evidence lower bound of each sample, in nats, with one draw of z = mu + sigma_z noise.

        `1/2 sum_j (1 + log s_j^2 - mu_j^2 - s_j^2) + log p(x | z)`, Kingma and Welling 2014,
        equation 10 with L = 1; p(x | z) is a round Gaussian of width `sigma`.
        """
        encoder, decoder = self.parts(weights)
        mean, log_variance = self.encoder(encoder, x)[0].chunk(2, dim=1)
        z = mean + (log_variance / 2).exp() * noise
        told = 1 + log_variance - mean.square() - log_variance.exp()
        return told.sum(1) / 2 + self.log_likelihood(x, self.decoder(decoder, z)[0])

    def log_likelihood(
        self, x: Float[Tensor, "s d n"], mean: Float[Tensor, "s d n"]
    ) -> Float[Tensor, "s n"]:
        """Log p(x | z) of a round Gaussian, in nats."""
        squared = (x - mean).square().sum(1) / (2 * self.sigma**2)
        return -squared - x.shape[1] / 2 * math.log(2 * math.pi * self.sigma**2)

    def generate(
        self, weights: Sequence[Tensor], z: Float[Tensor, "s z n"]
    ) -> Float[Tensor, "s d n"]:
        """The means of samples for given latent vectors."""
        return self.decoder(self.parts(weights)[1], z)[0]
