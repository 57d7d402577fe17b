"""A variational autoencoder (VAE) of two perceptrons, S members at once like `toy.mlp`."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from ganplay.toy.mlp import Mlp

Samples = Float[Tensor, "s d n"]
Latents = Float[Tensor, "s z n"]


@dataclass(frozen=True)
class Vae:
    """The encoder q(z | x), the decoder p(x | z), and the bound that they are trained to raise.

    Attributes:
        encoder: from a sample to the means, then the logarithms of the variances, of q(z | x).
        decoder: from a latent vector to the mean of p(x | z).
        sigma: standard deviation of p(x | z) along each axis, in the data's units.

    Raises:
        ValueError: if encoder and decoder do not fit together.
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
        """Shapes of one member's parameters, the encoder's first."""
        return [*self.encoder.shapes(), *self.decoder.shapes()]

    def parts(self, weights: Sequence[Tensor]) -> tuple[Sequence[Tensor], Sequence[Tensor]]:
        """The weights of the encoder and of the decoder."""
        count = len(self.encoder.shapes())
        return weights[:count], weights[count:]

    def elbo(self, weights: Sequence[Tensor], x: Samples, noise: Latents) -> Float[Tensor, "s n"]:
        """The evidence lower bound of each sample, in nats, with one draw z = mu + s noise.

        `1/2 sum_j (1 + log s_j^2 - mu_j^2 - s_j^2) + log p(x | z)`, where the sum is minus
        KL(q(z | x) || N(0, I)): Kingma and Welling 2014, "Auto-encoding variational Bayes",
        equation 10 with L = 1.

        Args:
            weights: of `shapes`, each with a leading axis of members.
            x: samples.
            noise: standard normal.
        """
        encoder, decoder = self.parts(weights)
        mean, log_variance = self.encoder(encoder, x)[0].chunk(2, dim=1)
        z = mean + (log_variance / 2).exp() * noise
        minus_kl = (1 + log_variance - mean.square() - log_variance.exp()).sum(1) / 2
        return minus_kl + self.log_likelihood(x, self.decoder(decoder, z)[0])

    def log_likelihood(self, x: Samples, mean: Samples) -> Float[Tensor, "s n"]:
        """Log p(x | z) of an isotropic Gaussian, in nats: `-|x - mean|^2 / (2 sigma^2) - ...`."""
        squared = (x - mean).square().sum(1) / (2 * self.sigma**2)
        return -squared - x.shape[1] / 2 * math.log(2 * math.pi * self.sigma**2)

    def generate(self, weights: Sequence[Tensor], z: Latents) -> Samples:
        """The means of p(x | z) for given latent vectors."""
        return self.decoder(self.parts(weights)[1], z)[0]
