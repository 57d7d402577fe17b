"""From seeds and labels to pictures, with a trained G.

Everything is computed in double precision, so that a picture is the same to the last byte
in whatever batch it is made, with any number of threads and on any machine: single precision
adds up in another order for every shape of a batch.
"""

import copy
from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor, nn

from ganplay.common.seeding import generator_of

CHUNK, CPU_CHUNK = 64, 16
"""Pictures that are made at once; on a CPU more of them do not stay in its cache."""


def to_floats(images: UInt8[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
    """Pictures as the networks have them, from -1 to 1."""
    return images.float() / 127.5 - 1


def to_bytes(pictures: Float[Tensor, "n c h w"]) -> UInt8[Tensor, "n c h w"]:
    """Pictures from -1 to 1 as files have them."""
    return ((pictures + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).contiguous()


def latents(seeds: Sequence[int], dim: int) -> Float[Tensor, "n z"]:
    """A latent vector for each seed, the same in whatever batch."""
    return torch.stack([torch.randn(dim, generator=generator_of(s, "z")) for s in seeds])


def one_hot(labels: Int[Tensor, "n"], classes: int) -> Float[Tensor, "n k"]:
    """Labels as the networks have them."""
    return nn.functional.one_hot(labels, classes).float()


def frozen(module: nn.Module, dtype: torch.dtype, device: torch.device | str = "cpu") -> nn.Module:
    """A copy for use alone: in evaluation mode, without gradients, with fast convolutions."""
    made = copy.deepcopy(module).to(device, dtype).to(memory_format=torch.channels_last)
    return made.eval().requires_grad_(False)


class Sampler:
    """A generator with weights of its own, for as long as they do not change."""

    def __init__(
        self,
        generator: nn.Module,
        noise_dim: int,
        classes: int = 0,
        device: torch.device | str = "cpu",
    ) -> None:
        """Copy a generator.

        Args:
            generator: a module that keeps the protocol of `images.models`.
            noise_dim: numbers of a latent vector.
            classes: that it may be asked for; 0 for one without labels.
            device: where pictures are made.
        """
        self.noise_dim, self.classes = noise_dim, classes
        # Apple's GPUs know no double precision.
        self.device = torch.device("cpu" if torch.device(device).type == "mps" else device)
        self._generator = frozen(generator, torch.float64, self.device)
        self._chunk = CPU_CHUNK if self.device.type == "cpu" else CHUNK

    def pictures(
        self, z: Float[Tensor, "n z"], y: Float[Tensor, "n k"] | None = None
    ) -> Float[Tensor, "n c h w"]:
        """Pictures of latent vectors, in [-1, 1], made where the weights are.

        Args:
            z: latent vectors, on the device on which the pictures are wanted.
            y: labels of each, one-hot or a mixture; for a conditional model only.
        """
        parts = zip(*(t.split(self._chunk) for t in (z, y) if t is not None), strict=True)
        with torch.no_grad():
            made = [
                self._generator(*(t.to(self.device, torch.float64) for t in part)) for part in parts
            ]
        return torch.cat(made).to(z.device)

    def single(self) -> Callable[[Tensor, Tensor | None], Float[Tensor, "n c h w"]]:
        """`pictures` in single precision and with gradients, for searches that need no more."""
        generator = frozen(self._generator, torch.float32, self.device)

        def pictures(z: Tensor, y: Tensor | None = None) -> Tensor:
            made: Tensor = generator(*(t.to(self.device) for t in (z, y) if t is not None))
            return made.to(z.device)

        return pictures

    def sample(self, seeds: Sequence[int], labels: Sequence[int] = ()) -> UInt8[Tensor, "n c h w"]:
        """A picture for each seed and, from a conditional model, label."""
        y = one_hot(torch.tensor(labels, dtype=torch.long), self.classes) if self.classes else None
        return to_bytes(self.pictures(latents(seeds, self.noise_dim), y)).cpu()
