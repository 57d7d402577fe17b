"""Two pictures of one latent vector and two labels, so that D can ask whether they are akin.

Seen one at a time, an A and a B that G makes of one vector need have nothing in common but what
its architecture gives them. A D that sees both, and real pairs of one group such as a font,
holds G to one style (Lin et al. 2018, "PacGAN", pack independent samples in the same way).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from ganplay.toy.architecture import Architecture


@dataclass(frozen=True)
class PairedGenerator:
    """A conditional generator that is asked for two classes at once; its weights are the one's."""

    one: Architecture

    @property
    def norm(self) -> str:
        """As of the one."""
        return self.one.norm

    def shapes(self) -> Sequence[tuple[int, ...]]:
        """As of the one."""
        return self.one.shapes()

    def buffer_shapes(self) -> Sequence[tuple[int, ...]]:
        """As of the one."""
        return self.one.buffer_shapes()

    def initialise(self, generators: Sequence[Generator]) -> tuple[Tensor, Tensor]:
        """As of the one."""
        return self.one.initialise(generators)

    def power_iteration_(self, weights: Sequence[Tensor], buffers: Sequence[Tensor]) -> None:
        """As of the one."""
        self.one.power_iteration_(weights, buffers)

    def __call__(
        self,
        weights: Sequence[Tensor],
        x: Float[Tensor, "1 z n"],
        buffers: Sequence[Tensor] = (),
        batches: int = 1,
        *,
        label: Float[Tensor, "1 k2 n"] | None = None,
    ) -> tuple[Float[Tensor, "1 c2 h w n"], Tensor]:
        """Pictures with the channels of the first before those of the second, and features.

        Args:
            weights: of the one.
            x: noise, the same for both.
            buffers: of the one.
            batches: as the one has it.
            label: of the first, and below it of the second.
        """
        if label is None:
            raise ValueError("pairs need labels")
        both = torch.cat(label.chunk(2, dim=1), dim=-1)
        pictures, features = self.one(weights, torch.cat([x, x], -1), buffers, batches, label=both)
        return torch.cat(pictures.chunk(2, dim=-1), dim=1), features
