"""What every architecture is to those who train it: a plan that holds no weights."""

import math
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from jaxtyping import Float
from torch import Generator, Tensor


@runtime_checkable
class Architecture(Protocol):
    """A frozen dataclass of an architecture's arguments, called with the weights it is to use."""

    @property
    def norm(self) -> str:
        """How activations or weights are normalised."""

    def shapes(self) -> Sequence[tuple[int, ...]]:
        """Shapes of all parameters of one member, in the order in which they are handed in."""

    def buffer_shapes(self) -> Sequence[tuple[int, ...]]:
        """Shapes of what is kept but not learned."""

    def initialise(self, generators: Sequence[Generator]) -> tuple[Tensor, Tensor]:
        """Fresh flat parameters (s, p) and buffers (s, q), each member from its own generator."""

    def power_iteration_(self, weights: Sequence[Tensor], buffers: Sequence[Tensor]) -> None:
        """Bring the singular vectors of a spectrally normed net up to its weights, in place."""

    def __call__(
        self,
        weights: Sequence[Tensor],
        x: Float[Tensor, "s *sample n"],
        buffers: Sequence[Tensor] = (),
        batches: int = 1,
        *,
        label: Float[Tensor, "s k n"] | None = None,
    ) -> tuple[Float[Tensor, "s *out n"], Tensor]:
        """Output and features, for members first and samples last."""


def split(flat: Float[Tensor, "s p"], shapes: Sequence[tuple[int, ...]]) -> list[Tensor]:
    """Views (s, *shape) of a flat tensor that share its memory."""
    parts = flat.split([math.prod(shape) for shape in shapes], dim=1)
    return [part.view(-1, *shape) for part, shape in zip(parts, shapes, strict=True)]
