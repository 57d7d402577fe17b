"""What any two modules have to be for `ImageTrainer` to train them, and what they may be."""

from typing import Protocol

from jaxtyping import Float
from torch import Tensor


class GeneratorModule(Protocol):
    """A `torch.nn.Module` from latent vectors to pictures."""

    def __call__(
        self, z: Float[Tensor, "n z"], y: Float[Tensor, "n k"] | None = None, /
    ) -> Float[Tensor, "n c h w"]:
        """Pictures in [-1, 1].

        Args:
            z: standard normal numbers, `ImageConfig.noise_dim` for each sample.
            y: shares of the classes, one-hot or a mixture; given to conditional models only.
        """


class DiscriminatorModule(Protocol):
    """A `torch.nn.Module` from pictures to logits, one a picture.

    It may also have `forward_features(x) -> (n, f)` and `forward_head(features, y=None)`, which
    feature matching needs; and `reference_batch(x)` with a third argument `reference` of
    `forward`, if it judges a picture as part of a batch even in evaluation.
    """

    def __call__(
        self, x: Float[Tensor, "n c h w"], y: Float[Tensor, "n k"] | None = None, /
    ) -> Float[Tensor, "n"] | Float[Tensor, "n 1"]:
        """Logits, high for what looks real.

        Args:
            x: pictures in [-1, 1].
            y: shares of the classes, one-hot or a mixture; given to conditional models only.
        """
