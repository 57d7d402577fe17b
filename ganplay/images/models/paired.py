"""Two pictures of one latent vector and two labels, so that D can ask whether they are akin.

Seen one at a time, an A and a B that G makes of one vector need have nothing in common but what
its architecture gives them. A D that sees both, and real pairs of one group such as a font,
holds G to one style (Lin et al. 2018, "PacGAN", pack independent samples in the same way).
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn


class PairedGenerator(nn.Module):
    """A conditional generator that is asked for two classes at once; its weights are the one's."""

    def __init__(self, one: nn.Module) -> None:
        super().__init__()
        self.one = one

    def forward(
        self, z: Float[Tensor, "n z"], y: Float[Tensor, "n k2"]
    ) -> Float[Tensor, "n c2 h w"]:
        """Pictures with the channels of the first class before those of the second.

        Args:
            z: noise, the same for both.
            y: the label of the first, and after it that of the second.
        """
        pictures = self.one(torch.cat([z, z]), torch.cat(y.chunk(2, dim=1)))
        return torch.cat(pictures.chunk(2), dim=1)
