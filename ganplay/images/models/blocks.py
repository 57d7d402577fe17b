"""Layers of picture models that torch lacks, samples first: maps are (n, c, h, w).

Where a layer is torch's own but faster here, it is a subclass with the same parameters, so that
its `state_dict` loads into torch's.
"""

from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.grad import conv2d_weight

Maps = Float[Tensor, "n c h w"]
Features = Float[Tensor, "n f"]
OtherFeatures = Float[Tensor, "m f"]
MINIBATCH = ("none", "stddev", "discrimination")
"""What D may be told of a batch beside each picture's own features; see `minibatch_layer`."""
KERNELS, KERNEL_SIZE = 8, 4
"""Of minibatch discrimination: how many projections, and the numbers of each."""
MAX_MINIBATCH_DISCRIMINATION = 64
"""The largest batch, in pictures, for it: its cost grows with the square."""


def full_precision(x: Tensor) -> torch.autocast:
    """A context without autocast, where bfloat16 would be too coarse."""
    return torch.autocast(x.device.type, enabled=False)


class ConditionalBatchNorm2d(nn.Module):
    """Batch norm whose gain and bias are those of each sample's class.

    Dumoulin et al. 2017, section 2.2; de Vries et al. 2017. With `normalise` False the maps are
    only scaled and shifted.
    """

    def __init__(self, channels: int, classes: int, normalise: bool = True) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False) if normalise else nn.Identity()
        self.weight = nn.Parameter(torch.ones(classes, channels))
        self.bias = nn.Parameter(torch.zeros(classes, channels))

    def forward(self, x: Maps, y: Float[Tensor, "n k"]) -> Maps:
        """The maps, normalised; a mixture of classes has the mixture of their gains."""
        gain, bias = (y @ table for table in (self.weight, self.bias))  # (n, c)
        x = self.norm(x)
        return x * gain[:, :, None, None].to(x.dtype) + bias[:, :, None, None].to(x.dtype)


class MinibatchStdDev(nn.Module):
    """One number for a whole batch: each feature's standard deviation, averaged.

    Karras et al. 2018, section 3. A batch of identical pictures gives (almost) 0, which is what
    lets D see a collapse.
    """

    extra = 1

    def forward(self, x: Features, reference: OtherFeatures | None = None) -> Float[Tensor, "n 1"]:
        """That number beside each sample; of the reference batch, where there is one."""
        of = x if reference is None else reference
        deviation = (of.var(0, correction=0) + 1e-8).sqrt()  # (f,)
        return deviation.mean().expand(len(x), 1)


class MinibatchDiscrimination(nn.Module):
    """How close each sample is to those of its batch, in some learned projections.

    Salimans et al. 2016, section 3.2: with `M = T f(x)` of shape (KERNELS, KERNEL_SIZE) for each
    sample, feature k of sample i is `sum_j exp(-|M_ik - M_jk|_1)`, from 0 (alone) to the size of
    the batch (all alike). Where the batch is compared with itself, that counts each sample once
    as its own neighbour.
    """

    extra = KERNELS

    def __init__(self, features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(KERNELS * KERNEL_SIZE, features))
        nn.init.xavier_normal_(self.weight)

    def forward(self, x: Features, reference: OtherFeatures | None = None) -> Float[Tensor, "n k"]:
        """The closeness in each projection, to the batch itself or to the reference batch."""
        projected = F.linear(x, self.weight).unflatten(1, (KERNELS, KERNEL_SIZE))  # (n, k, c)
        others = projected
        if reference is not None:
            others = F.linear(reference, self.weight).unflatten(1, (KERNELS, KERNEL_SIZE))
        distance = (projected[:, None] - others[None]).abs().sum(-1)  # (n, m, k)
        return (-distance).exp().sum(1)


def minibatch_layer(kind: str, features: int) -> MinibatchStdDev | MinibatchDiscrimination | None:
    """The layer of a kind, one of MINIBATCH; its `extra` is how many features it adds."""
    if kind == "none":
        return None
    return MinibatchStdDev() if kind == "stddev" else MinibatchDiscrimination(features)


class HalvingConv2d(nn.Conv2d):
    """torch's convolution, 4x4 with stride 2, to half the height and width.

    On a CPU, from a single channel, its gradient is computed in a faster way than torch's.
    """

    def __init__(self, inputs: int, outputs: int, bias: bool = True) -> None:
        super().__init__(inputs, outputs, 4, 2, 1, bias=bias)

    def forward(self, input: Maps) -> Float[Tensor, "n o h2 w2"]:
        """As torch's."""
        with full_precision(input):
            weight = self.weight  # a spectral norm divides it just now
        if self.in_channels > 1 or input.device.type != "cpu":
            return F.conv2d(input, weight, self.bias, 2, 1)
        half = torch.is_autocast_enabled("cpu")
        dtype = torch.get_autocast_dtype("cpu") if half else input.dtype
        return _SingleChannelHalving.apply(input.to(dtype), weight.to(dtype), self.bias)


class DoublingConvTranspose2d(nn.ConvTranspose2d):
    """torch's transposed convolution, 4x4 with stride 2, to twice the height and width.

    On a CPU, towards a single channel, it is computed in a faster way than torch's.
    """

    def __init__(self, inputs: int, outputs: int, bias: bool = True) -> None:
        super().__init__(inputs, outputs, 4, 2, 1, bias=bias)

    def forward(
        self, input: Maps, output_size: list[int] | None = None
    ) -> Float[Tensor, "n o h2 w2"]:
        """As torch's."""
        if self.out_channels > 1 or input.device.type != "cpu":
            return super().forward(input, output_size)
        x = _to_single_channel(input, self.weight)
        return x if self.bias is None else x + self.bias.to(x.dtype)


def _to_single_channel(x: Maps, weight: Float[Tensor, "c 1 4 4"]) -> Float[Tensor, "n 1 h2 w2"]:
    columns = x.flatten(2).mT @ weight.flatten(1)  # (n, h w, 16)
    return F.fold(columns.mT, (2 * x.shape[2], 2 * x.shape[3]), 4, padding=1, stride=2)


class _SingleChannelHalving(torch.autograd.Function):
    """The convolution of one channel, whose gradient over its input is `_to_single_channel`."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(x, weight)
        return F.conv2d(x, weight, bias, 2, 1)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        (gradient,) = gradients
        wanted_x, wanted_weight, wanted_bias = ctx.needs_input_grad
        return (
            _to_single_channel(gradient, weight) if wanted_x else None,
            conv2d_weight(x, weight.shape, gradient, 2, 1) if wanted_weight else None,
            gradient.sum((0, 2, 3)) if wanted_bias else None,
        )
