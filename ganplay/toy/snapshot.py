"""A moment of one GAN's training, from which it can go on."""

from typing import NamedTuple

from torch import Tensor

from ganplay.toy.batches import Position


class Snapshot(NamedTuple):
    """All that training goes on from, under the same settings.

    Attributes:
        steps: steps since the start.
        updates: of D and of G since the start, by net.
        tensors: everything that steps change, by name; (s, ...) each.
        positions: where the streams of random numbers are, by purpose.
    """

    steps: int
    updates: dict[str, int]
    tensors: dict[str, Tensor]
    positions: dict[str, Position]

    def members(self, which: slice) -> "Snapshot":
        """That of some of the members alone."""
        return self._replace(
            tensors={n: tensor[which] for n, tensor in self.tensors.items()},
            positions={n: p._replace(start=p.start[which]) for n, p in self.positions.items()},
        )
