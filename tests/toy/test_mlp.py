import math

import pytest
import torch
from torch import nn

from ganplay.toy.layers import KERNELS
from ganplay.toy.mlp import ACTIVATIONS, INITS, Mlp, split

TORCH_ACTIVATIONS = {
    "relu": nn.ReLU(),
    "leaky_relu": nn.LeakyReLU(0.2),
    "tanh": nn.Tanh(),
    "silu": nn.SiLU(),
}


def make(plan, seeds=(0, 1, 2)):
    generators = [torch.Generator().manual_seed(s) for s in seeds]
    flat, buffers = plan.initialise(generators)
    return split(flat, plan.shapes()), split(buffers, plan.buffer_shapes())


def as_torch(plan, weights, member):
    """The same network of one member in torch's own modules."""
    modules = []
    for i, (out, fan_in) in enumerate(plan.linear_shapes()):
        linear = nn.Linear(fan_in, out)
        linear.weight.data = weights[2 * i][member]
        linear.bias.data = weights[2 * i + 1][member, :, 0]
        modules += [linear, TORCH_ACTIVATIONS[plan.activation]]
    return nn.Sequential(*modules[:-1])


@pytest.mark.parametrize("hidden", [0, 1, 3, 6])
@pytest.mark.parametrize("activation", TORCH_ACTIVATIONS)
def test_it_is_torchs_perceptron(hidden, activation):
    plan = Mlp(3, 2, hidden, 8, activation)
    weights, buffers = make(plan)
    x = torch.randn(3, 3, 5)
    actual, features = plan(weights, x, buffers)
    assert features.shape == (3, 8 if hidden else 3, 5)
    for member in range(3):
        expected = as_torch(plan, weights, member)(x[member].T).T
        torch.testing.assert_close(actual[member], expected)


@pytest.mark.parametrize("hidden", range(7))
def test_what_is_shown_is_what_is_built(hidden):
    shapes = Mlp(2, 1, hidden, 5).linear_shapes()
    assert len(shapes) == hidden + 1  # one hidden layer is one
    assert all(out == 5 for out, _ in shapes[:-1])


def test_sine_and_tanh_output():
    plan = Mlp(1, 1, 1, 1, "sine", tanh_output=True)
    weights = [torch.tensor([[[v]]]) for v in (2.0, 0.5, 3.0, -1.0)]
    out, features = plan(weights, torch.tensor([[[0.25]]]))
    assert features.item() == pytest.approx(math.sin(1.0))
    assert out.item() == pytest.approx(math.tanh(3 * math.sin(1.0) - 1))


def test_residual_adds_the_input_from_the_second_layer_on():
    plan = Mlp(1, 1, 3, 1, "relu", residual=True)
    weights = [torch.tensor([[[v]]]) for v in (2.0, 0.0, 3.0, 0.0, 1.0, -10.0, 1.0, 0.0)]
    out, _ = plan(weights, torch.tensor([[[1.0]]]))
    # 2, then 2 + relu(6) = 8, then 8 + relu(8 - 10) = 8
    assert out.item() == 8


def test_layer_norm_stands_before_the_activation():
    plan = Mlp(2, 1, 1, 4, "relu", norm="layer")
    weights, _ = make(plan, seeds=(0,))
    x = torch.randn(1, 2, 6)
    hidden = nn.functional.linear(x[0].T, weights[0][0], weights[1][0, :, 0])
    expected = nn.functional.layer_norm(hidden, (4,)).relu().T
    torch.testing.assert_close(plan(weights, x)[1][0], expected)


def test_spectral_norm_holds_each_layer_at_one():
    plan = Mlp(2, 1, 2, 6, norm="spectral")
    weights, buffers = make(plan)
    for _ in range(100):
        plan.power_iteration_(weights, buffers)
    far = torch.randn(3, 2, 50) * 100
    slopes = plan(weights, far, buffers)[0][..., 1:] - plan(weights, far, buffers)[0][..., :-1]
    lengths = (far[..., 1:] - far[..., :-1]).norm(dim=1, keepdim=True)
    assert (slopes.abs() <= lengths * 1.001).all()  # ReLU nets are then 1-Lipschitz


@pytest.mark.parametrize("minibatch", ["stddev", "discrimination"])
def test_minibatch_statistics_stay_within_a_batch(minibatch):
    plan = Mlp(2, 1, 1, 6, minibatch=minibatch)
    weights, _ = make(plan, seeds=(0,))
    a, b = torch.randn(1, 2, 4), torch.randn(1, 2, 4) * 3
    together, _ = plan(weights, torch.cat([a, b], dim=2), batches=2)
    apart = torch.cat([plan(weights, a)[0], plan(weights, b)[0]], dim=2)
    torch.testing.assert_close(together, apart)
    mixed, _ = plan(weights, torch.cat([a, b], dim=2), batches=1)
    assert not torch.allclose(together, mixed)


@pytest.mark.parametrize("minibatch", ["stddev", "discrimination"])
def test_a_reference_batch_makes_points_independent(minibatch):
    plan = Mlp(2, 1, 1, 6, minibatch=minibatch)
    weights, _ = make(plan, seeds=(0, 1))
    _, reference = plan(weights, torch.randn(2, 2, 16))
    points = torch.randn(2, 2, 9)
    every, _ = plan(weights, points, reference=reference)
    one, _ = plan(weights, points[..., 3:4], reference=reference)
    torch.testing.assert_close(every[..., 3:4], one)


@pytest.mark.parametrize("name", INITS)
def test_initialisations_are_torchs(name):
    plan = Mlp(16, 4, 1, 32, init=name)
    weights, _ = make(plan, seeds=(5,))
    generator = torch.Generator().manual_seed(5)
    expected = torch.empty(32, 16)
    if name == "default":
        torch.manual_seed(5)
        linear = nn.Linear(16, 32)
        expected, bias = linear.weight.detach(), linear.bias.detach()
    else:
        INITS[name](expected, generator)
        bias = torch.zeros(32)
    torch.testing.assert_close(weights[0][0], expected)
    torch.testing.assert_close(weights[1][0, :, 0], bias)
    wanted = {"normal": 0.02, "kaiming_normal": (2 / 16) ** 0.5, "xavier_normal": (2 / 48) ** 0.5}
    if name in wanted:
        assert weights[0].std().item() == pytest.approx(wanted[name], rel=0.1)


def test_a_member_starts_the_same_in_any_company():
    plan = Mlp(2, 1, 2, 8, minibatch="discrimination", norm="spectral")
    together, buffers = make(plan, seeds=(3, 4))
    alone, alone_buffers = make(plan, seeds=(4,))
    for a, b in zip(together + buffers, alone + alone_buffers, strict=True):
        assert torch.equal(a[1], b[0])
    assert weights_of_kernels(plan).shape == (1, KERNELS * 4, 8)


def weights_of_kernels(plan):
    return make(plan, seeds=(0,))[0][-1]


def test_every_activation_is_there():
    assert set(ACTIVATIONS) == {"relu", "leaky_relu", "tanh", "silu", "sine"}
