"""Layers that torch lacks against numbers by hand, and faster ones against torch's own."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from ganplay.images.models.blocks import (
    KERNEL_SIZE,
    KERNELS,
    DoublingConvTranspose2d,
    HalvingConv2d,
    MinibatchDiscrimination,
    MinibatchStdDev,
)


def test_minibatch_standard_deviation_by_hand():
    x = torch.tensor([[1.0, 0.0], [3.0, 4.0]])  # deviations 1 and 2
    torch.testing.assert_close(MinibatchStdDev()(x), torch.full((2, 1), 1.5))
    assert MinibatchStdDev()(torch.ones(3, 2)).max() < 1e-3  # all alike
    torch.testing.assert_close(MinibatchStdDev()(torch.zeros(5, 2), x), torch.full((5, 1), 1.5))


def test_minibatch_discrimination_by_hand():
    layer = MinibatchDiscrimination(2)
    with torch.no_grad():
        layer.weight.zero_()
        layer.weight[0, 0] = 1.0  # the first kernel's first number is the first feature
    x = torch.tensor([[0.0, 9.0], [1.0, 5.0], [3.0, 7.0]])
    near = layer(x)
    assert near.shape == (3, KERNELS)
    e = math.exp
    expected = torch.tensor([1 + e(-1) + e(-3), 1 + e(-1) + e(-2), 1 + e(-2) + e(-3)])
    torch.testing.assert_close(near[:, 0], expected)
    torch.testing.assert_close(near[:, 1:], torch.full((3, KERNELS - 1), 3.0))  # all alike
    beside = layer(x, x[:1])
    torch.testing.assert_close(beside[:, 0], torch.tensor([1.0, e(-1), e(-3)]))
    with torch.no_grad():
        layer.weight[1, 0] = 2.0  # distances add up over a kernel's numbers
    torch.testing.assert_close(layer(x, x[:1])[1, 0], torch.tensor(e(-3)))
    assert layer.weight.shape == (KERNELS * KERNEL_SIZE, 2)


@pytest.mark.parametrize("channels", [1, 3])
def test_our_convolutions_are_torchs(channels):
    """One channel has a way of its own; second derivatives are what penalties need."""
    torch.manual_seed(0)
    down, up = HalvingConv2d(channels, 4).double(), DoublingConvTranspose2d(4, channels).double()
    theirs = nn.Conv2d(channels, 4, 4, 2, 1), nn.ConvTranspose2d(4, channels, 4, 2, 1)
    for ours, book in zip((down, up), theirs, strict=True):
        book.double().load_state_dict(ours.state_dict())
    x = torch.randn(3, channels, 8, 8, dtype=torch.float64, requires_grad=True)
    maps = torch.randn(3, 4, 4, 4, dtype=torch.float64, requires_grad=True)
    torch.testing.assert_close(down(x), theirs[0](x))
    torch.testing.assert_close(up(maps), theirs[1](maps))
    assert torch.autograd.gradcheck(lambda x, *_: down(x), (x, *down.parameters()))
    assert torch.autograd.gradcheck(lambda x, *_: up(x), (maps, *up.parameters()))

    def slopes(layer):
        y = layer(x).square().sum()
        (slope,) = torch.autograd.grad(y, x, create_graph=True)
        return torch.autograd.grad(slope.square().sum(), tuple(layer.parameters()))

    torch.testing.assert_close(slopes(down), slopes(theirs[0]))


@pytest.mark.parametrize("layer", [HalvingConv2d(1, 4), DoublingConvTranspose2d(4, 1)])
def test_one_channel_in_half_precision(layer):
    x = torch.randn(2, layer.in_channels, 8, 8)
    with torch.autocast("cpu", torch.bfloat16):
        y = layer(x)
    assert y.dtype == torch.bfloat16
    function = F.conv2d if isinstance(layer, HalvingConv2d) else F.conv_transpose2d
    expected = function(x, layer.weight, layer.bias, 2, 1)
    torch.testing.assert_close(y.float(), expected, rtol=0.02, atol=0.02)
