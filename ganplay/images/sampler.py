"""From seeds and labels to pictures, with a trained G.

Everything is computed in double precision, so that a picture is the same to the last byte
in whatever batch it is made, with any number of threads and on any machine: single precision
adds up in another order for every shape of a batch.
"""

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from ganplay.common.seeding import generator_of
from ganplay.images.models.dcgan import DcganGenerator
from ganplay.toy.architecture import split

CHUNK, CPU_CHUNK = 64, 16
"""Pictures that are made at once; on a CPU more of them do not stay in its cache."""


def to_bytes(pictures: Float[Tensor, "1 c h w n"]) -> UInt8[Tensor, "n c h w"]:
    """Pictures from -1 to 1, samples last, as files have them."""
    return ((pictures[0].movedim(-1, 0) + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)


def latents(seeds: Sequence[int], dim: int) -> Float[Tensor, "z n"]:
    """A latent vector for each seed, the same in whatever company."""
    return torch.stack([torch.randn(dim, generator=generator_of(s, "z")) for s in seeds], dim=1)


def one_hot(labels: Int[Tensor, "n"], classes: int) -> Float[Tensor, "1 k n"]:
    """Labels as the nets have them."""
    return torch.nn.functional.one_hot(labels, classes).T.float()[None]


class Sampler:
    """A generator with weights of its own, for as long as they do not change."""

    def __init__(
        self, plan: DcganGenerator, parameters: Float[Tensor, "1 p"], buffers: Float[Tensor, "1 q"]
    ) -> None:
        self.plan = plan
        # Apple's GPUs know no double precision.
        device = "cpu" if parameters.device.type == "mps" else parameters.device
        self._weights = split(parameters.to(device, torch.float64), plan.shapes())
        self._chunk = CPU_CHUNK if torch.device(device).type == "cpu" else CHUNK
        self._buffers = split(buffers.to(device, torch.float64), plan.buffer_shapes())

    def pictures(
        self, z: Float[Tensor, "z n"], label: Float[Tensor, "k n"] | None = None
    ) -> Float[Tensor, "1 c h w n"]:
        """Pictures of latent vectors, in [-1, 1], made where the weights are.

        Args:
            z: latent vectors, on the device on which the pictures are wanted.
            label: of each, one-hot or a mixture of classes; for a conditional model only.
        """
        parts = []
        with torch.no_grad():
            for start in range(0, z.shape[1], self._chunk):
                x = self._own(z, start)
                y = None if label is None else self._own(label, start)
                made = self.plan(self._weights, x, self._buffers, label=y, momentum=None)[0]
                parts.append(made.to(z.device))
        return torch.cat(parts, dim=-1)

    def _own(self, given: Tensor, start: int) -> Tensor:
        part = given[None, :, start : start + self._chunk]
        return part.to(self._weights[0].device, torch.float64)

    def single(self) -> Callable[[Tensor, Tensor | None], Float[Tensor, "1 c h w n"]]:
        """`pictures` in single precision and with gradients, for searches that need no more."""
        weights, buffers = ([t.float() for t in ts] for ts in (self._weights, self._buffers))

        def pictures(z: Tensor, label: Tensor | None = None) -> Tensor:
            there = weights[0].device
            y = None if label is None else label[None].to(there)
            made = self.plan(weights, z[None].to(there), buffers, label=y, momentum=None)[0]
            return made.to(z.device)

        return pictures

    def sample(self, seeds: Sequence[int], labels: Sequence[int] = ()) -> UInt8[Tensor, "n c h w"]:
        """A picture for each seed and, from a conditional model, label."""
        label = None
        if self.plan.classes:
            label = one_hot(torch.tensor(labels, dtype=torch.long), self.plan.classes)[0]
        return to_bytes(self.pictures(latents(seeds, self.plan.noise_dim), label)).cpu()
