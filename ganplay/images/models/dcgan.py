"""Deep convolutional GANs, with labels if wanted: two plain modules.

Radford et al. 2016: G doubles a map's side with transposed convolutions from 4 to the picture's,
D halves it back; width doubles as the side halves. Labels reach G beside the noise and through
conditional batch norm, D through a projection (Miyato and Koyama 2018). Both are fastest with
their weights in `channels_last` memory format.
"""

from itertools import pairwise
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from ganplay.images.models.blocks import (
    ConditionalBatchNorm2d,
    DoublingConvTranspose2d,
    HalvingConv2d,
    full_precision,
    minibatch_layer,
)

SIZES = (16, 32, 64, 128)
"""Sides of pictures, in pixels, that these networks can have."""
NORMS_G, NORMS_D = ("none", "batch"), ("none", "batch", "spectral")
SMALLEST = 4
"""Side of the maps where G begins and D ends."""
SLOPE = 0.2
"""Of D's leaky ReLU below zero."""
_INIT = 0.02
"""Standard deviation of all weights at the start. Radford et al. 2016, section 4."""

Pictures = Float[Tensor, "n c h w"]
Labels = Float[Tensor, "n k"]
Statistics = list[tuple[Tensor, Tensor]]
"""Mean and variance (c,) of the channels of each batch norm."""


def widths(size: int, width: int) -> list[int]:
    """Channels of the maps of side 4, 8, ... up to half the picture's."""
    sides = [SMALLEST << i for i in range((size // SMALLEST).bit_length() - 1)]
    return [width * size // (2 * side) for side in sides]


def _initialise(network: nn.Module) -> None:
    """Weights normal about 0, gains of norms normal about 1, biases 0."""
    for module in network.modules():
        norm = isinstance(module, nn.BatchNorm2d | ConditionalBatchNorm2d)
        if norm or isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            weight, bias = module.weight, module.bias
            if weight is not None:
                nn.init.normal_(weight, 1.0 if norm else 0.0, _INIT)  # type: ignore[arg-type]
            if bias is not None:
                nn.init.zeros_(bias)  # type: ignore[arg-type]


class DcganGenerator(nn.Module):
    """From noise to pictures in [-1, 1]."""

    def __init__(
        self,
        noise_dim: int,
        size: int = 32,
        channels: int = 1,
        width: int = 32,
        classes: int = 0,
        norm: str = "batch",
    ) -> None:
        """Fresh weights, from torch's own random generator.

        Args:
            noise_dim: numbers of a latent vector.
            size: side of the pictures in pixels, one of SIZES.
            channels: 1 (grey) or 3 (RGB).
            width: channels of the last maps before the picture.
            classes: labels that may be asked for; 0 for a model without.
            norm: one of NORMS_G; "batch" normalises all maps before their gain and bias.
        """
        super().__init__()
        maps = widths(size, width)
        # Gains and biases alone, which begin alike for all classes, learn labels very slowly.
        inputs, first = noise_dim + classes, maps[0] * SMALLEST**2
        biased = norm == "none" and not classes
        self.first = nn.Linear(inputs, first, bias=biased)
        self.norms = nn.ModuleList(_norm_of_g(norm, m, classes) for m in maps)
        self.convs = nn.ModuleList(
            DoublingConvTranspose2d(i, o, bias=biased) for i, o in pairwise(maps)
        )
        self.convs.append(DoublingConvTranspose2d(maps[-1], channels))
        _initialise(self)

    def forward(self, z: Float[Tensor, "n z"], y: Labels | None = None) -> Pictures:
        """Pictures of latent vectors and, of a conditional model, labels (one-hot or mixed)."""
        x = self.first(z if y is None else torch.cat([z, y], dim=1))
        # The features of each place lie together, which is channels_last.
        x = x.unflatten(1, (SMALLEST, SMALLEST, -1)).permute(0, 3, 1, 2)  # (n, c, 4, 4)
        for norm, conv in zip(self.norms, self.convs, strict=True):
            x = norm(x) if y is None else norm(x, y)
            x = conv(torch.relu_(x))  # twice the side
        return x.to(z.dtype).tanh()


def _norm_of_g(norm: str, channels: int, classes: int) -> nn.Module:
    if classes:
        return ConditionalBatchNorm2d(channels, classes, normalise=norm == "batch")
    return nn.BatchNorm2d(channels) if norm == "batch" else nn.Identity()


class ReferenceBatch(NamedTuple):
    """What a D that looks at whole batches has to know of one to judge other pictures with it.

    Attributes:
        statistics: mean and variance (c,) of each batch norm's channels.
        features: of the last hidden layer; None for a D that compares none.
    """

    statistics: tuple[tuple[Tensor, Tensor], ...]
    features: Float[Tensor, "m f"] | None


class DcganDiscriminator(nn.Module):
    """From pictures to logits.

    Its batch norms keep no statistics: it always judges a picture as part of a batch, or of a
    `ReferenceBatch`.
    """

    def __init__(
        self,
        size: int = 32,
        channels: int = 1,
        width: int = 32,
        classes: int = 0,
        norm: str = "batch",
        minibatch: str = "none",
    ) -> None:
        """Fresh weights, from torch's own random generator.

        Args:
            size: side of the pictures in pixels, one of SIZES.
            channels: 1 (grey) or 3 (RGB).
            width: channels of the first maps.
            classes: labels that it is told; 0 for a model without.
            norm: one of NORMS_D; "batch" normalises all maps but the first, "spectral" divides
                each weight by its largest singular value (Miyato et al. 2018).
            minibatch: what is appended to the last features, one of `blocks.MINIBATCH`.
        """
        super().__init__()
        outputs = widths(size, width)[::-1]
        inputs = [channels, *outputs[:-1]]
        normed = [norm == "batch" and i > 0 for i in range(len(outputs))]
        self.convs = nn.ModuleList(
            HalvingConv2d(i, o, bias=not n) for i, o, n in zip(inputs, outputs, normed, strict=True)
        )
        self.norms = nn.ModuleList(
            nn.BatchNorm2d(o, track_running_stats=False) if n else nn.Identity()
            for o, n in zip(outputs, normed, strict=True)
        )
        features = outputs[-1] * SMALLEST**2
        self.minibatch = minibatch_layer(minibatch, features)
        extra = self.minibatch.extra if self.minibatch else 0
        self.last = nn.Linear(features + extra, 1)
        self.labels = nn.Linear(classes, features, bias=False) if classes else None
        _initialise(self)
        if norm == "spectral":
            for layer in (*self.convs, self.last, *([self.labels] if self.labels else [])):
                spectral_norm(layer)

    def forward(
        self,
        x: Pictures,
        y: Labels | None = None,
        reference: ReferenceBatch | None = None,
    ) -> Float[Tensor, "n"]:
        """Logits of a batch of pictures.

        Args:
            x: pictures in [-1, 1].
            y: their labels (one-hot or mixed), of a conditional model.
            reference: a batch as part of which each picture is to be judged by itself, whatever
                else is in `x`.
        """
        return self.forward_head(self.forward_features(x, reference), y, reference)

    def forward_features(
        self,
        x: Pictures,
        reference: ReferenceBatch | None = None,
        seen: Statistics | None = None,
    ) -> Float[Tensor, "n f"]:
        """The features of the last hidden layer.

        Args:
            x: pictures in [-1, 1].
            reference: as in `forward`.
            seen: gets mean and variance of each batch norm's channels.
        """
        given = list(reference.statistics) if reference else []
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = conv(x)  # half the side
            if isinstance(norm, nn.BatchNorm2d) and seen is not None:
                seen.append((x.mean((0, 2, 3)), x.var((0, 2, 3), correction=0)))
            if isinstance(norm, nn.BatchNorm2d) and reference is not None:
                x = F.batch_norm(x, *given.pop(0), norm.weight, norm.bias)
            else:
                x = norm(x)
            x = F.leaky_relu_(x, SLOPE)
        return x.permute(0, 2, 3, 1).flatten(1)  # as they lie in memory

    def forward_head(
        self,
        features: Float[Tensor, "n f"],
        y: Labels | None = None,
        reference: ReferenceBatch | None = None,
    ) -> Float[Tensor, "n"]:
        """Logits of features, in full precision."""
        with full_precision(features):
            x = features.to(self.last.weight.dtype)
            own = x
            if self.minibatch is not None:
                others = None if reference is None else reference.features
                x = torch.cat([x, self.minibatch(x, others)], dim=1)
            logits = self.last(x).squeeze(1)
            if y is None or self.labels is None:
                return logits
            # Miyato and Koyama 2018, equation 5: the label's own row times the features, which
            # are not summed over places here: no place of so shallow a net sees the whole.
            return logits + (self.labels(y) * own).sum(1)

    def reference_batch(self, x: Float[Tensor, "m c h w"]) -> ReferenceBatch:
        """What is to be known of a batch of pictures so that others can be judged with it.

        As the reference batch of virtual batch norm (Salimans et al. 2016, section 3.5), without
        the share of one that the judged picture itself has in it there.
        """
        seen: Statistics = []
        features = self.forward_features(x, seen=seen)
        return ReferenceBatch(tuple(seen), features if self.minibatch else None)
