import math

import pytest
import torch
from torch import nn

from ganplay.toy import layers


def test_minibatch_stddev_by_hand():
    # Features with standard deviations 1 and 3 within the batch.
    x = torch.tensor([[-1.0, 1.0], [-3.0, 3.0]])
    assert layers.minibatch_stddev(x).item() == pytest.approx(2.0)
    assert layers.minibatch_stddev(torch.ones(4, 8)).item() == pytest.approx(1e-4)


def test_minibatch_stddev_keeps_batches_apart():
    x = torch.stack([torch.tensor([[-1.0, 1.0]]), torch.tensor([[5.0, 5.0]])])
    torch.testing.assert_close(layers.minibatch_stddev(x).flatten(), torch.tensor([1.0, 1e-4]))


def test_minibatch_discrimination_by_hand():
    # One kernel of size 2 that passes x on: L1 distances 0, 3 between the first and the others.
    x = torch.tensor([[0.0, 0.0, 1.0], [0.0, 0.0, 2.0]])
    near = layers.minibatch_discrimination(x, x, torch.eye(2), kernels=1)
    expected = [2 + math.exp(-3), 2 + math.exp(-3), 1 + 2 * math.exp(-3)]
    assert near.flatten().tolist() == pytest.approx(expected)


def test_layer_norm_is_torchs():
    x, gain, bias = torch.randn(3, 5, 7), torch.randn(5, 1), torch.randn(5, 1)
    expected = nn.functional.layer_norm(x.mT, (5,), gain[:, 0], bias[:, 0]).mT
    torch.testing.assert_close(layers.layer_norm(x, gain, bias), expected)


def test_spectral_norm_is_torchs():
    torch.manual_seed(0)
    linear = nn.utils.parametrizations.spectral_norm(nn.Linear(6, 4))
    norm = linear.parametrizations.weight[0]
    weight = linear.parametrizations.weight.original.detach()
    u, v = norm._u.clone()[:, None], norm._v.clone()[:, None]
    for _ in range(3):
        layers.power_iteration_(weight, u, v)
        expected = linear.weight  # reading it takes one power iteration in training mode
        torch.testing.assert_close(layers.spectral_normalise(weight, u, v), expected.detach())


def test_spectral_norm_of_a_stack_reaches_one_each():
    torch.manual_seed(0)
    weight = torch.randn(3, 8, 5) * torch.tensor([0.1, 1.0, 10.0])[:, None, None]
    u, v = torch.randn(3, 8, 1), torch.randn(3, 5, 1)
    for _ in range(200):
        layers.power_iteration_(weight, u, v)
    norms = torch.linalg.matrix_norm(layers.spectral_normalise(weight, u, v), ord=2)
    torch.testing.assert_close(norms, torch.ones(3), atol=1e-4, rtol=0)
