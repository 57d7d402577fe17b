import itertools
import math

import pytest
import torch
import torch.nn.functional as F

from ganplay.images.models.dcgan import NORMS_D, DcganDiscriminator, DcganGenerator, widths
from ganplay.toy import layers
from ganplay.toy.architecture import split


def made(plan, seed=0):
    flat, buffers = plan.initialise([torch.Generator().manual_seed(seed)])
    return flat, split(flat, plan.shapes()), split(buffers, plan.buffer_shapes())


def one_hot(labels, classes):
    return F.one_hot(torch.tensor(labels), classes).T.float()[None]


def test_widths_double_as_sides_halve():
    assert widths(32, 32) == [128, 64, 32]  # at sides 4, 8 and 16
    assert widths(64, 8) == [64, 32, 16, 8]


@pytest.mark.parametrize(
    ("size", "channels", "classes", "norm", "minibatch"),
    list(itertools.product([16, 64], [1, 3], [0, 3], NORMS_D, layers.MINIBATCH)),
)
def test_shapes(size, channels, classes, norm, minibatch):
    generator = DcganGenerator(5, size, channels, 4, classes)
    discriminator = DcganDiscriminator(size, channels, 4, classes, norm, minibatch)
    label = one_hot([0, 2, 1, 1], 3) if classes else None
    _, weights, buffers = made(generator)
    pictures, _ = generator(weights, torch.randn(1, 5, 4), buffers, label=label)
    assert pictures.shape == (1, channels, size, size, 4)
    assert pictures.abs().max() <= 1
    _, weights, buffers = made(discriminator)
    logits, features = discriminator(weights, pictures, buffers, label=label)
    assert logits.shape == (1, 1, 4)
    assert features.shape == (1, widths(size, 4)[0] * 16, 4)


def test_initialised_as_dcgan():
    flat, weights, _ = made(DcganGenerator(50, width=16, classes=4))
    kernels, bias, norms = weights[:4], weights[4], weights[5:]
    for kernel in kernels:
        assert kernel.std().item() == pytest.approx(0.02, rel=0.1)
        assert abs(kernel.mean().item()) < 0.002
    assert not bias.any()
    for gain, shift in zip(norms[::2], norms[1::2], strict=True):
        assert gain.mean().item() == pytest.approx(1, abs=0.01)
        assert gain.std().item() == pytest.approx(0.02, rel=0.3)
        assert not shift.any()
    assert torch.equal(flat, torch.cat([w.flatten(1) for w in weights], dim=1))


def test_a_generator_in_torchs_own_modules():
    """The same numbers as ConvTranspose2d and BatchNorm2d give with these weights."""
    plan = DcganGenerator(6, size=16, channels=3, width=4)
    _, weights, buffers = made(plan)
    z = torch.randn(8, 6)
    first = torch.nn.ConvTranspose2d(6, 8, 4, bias=False)
    first.weight.data = weights[0][0].permute(3, 2, 0, 1)
    norms = [torch.nn.BatchNorm2d(8), torch.nn.BatchNorm2d(4)]
    for norm, gain in zip(norms, weights[4::2], strict=True):
        norm.weight.data = gain[0, 0]
    ups = [torch.nn.ConvTranspose2d(i, o, 4, 2, 1, bias=False) for i, o in ((8, 4), (4, 3))]
    for up, kernel in zip(ups, weights[1:3], strict=True):
        up.weight.data = kernel[0].permute(0, 3, 1, 2)
    x = F.relu(norms[0](first(z[:, :, None, None])))
    x = ups[1](F.relu(norms[1](ups[0](x)))).tanh()
    pictures, _ = plan(weights, z.T[None], buffers)
    torch.testing.assert_close(pictures[0].movedim(-1, 0), x, rtol=1e-4, atol=1e-6)


def test_conditional_batch_norm_by_hand():
    x = torch.tensor([1.0, 3.0, 5.0, 7.0]).view(2, 1, 1, 2)  # mean 4, variance 5
    gain, bias = torch.tensor([[2.0], [10.0]]), torch.tensor([[0.5], [-1.0]])
    mean, variance = torch.zeros(1), torch.ones(1)
    y = layers.batch_norm(x, gain, bias, mean, variance)
    s = math.sqrt(5 + 1e-5)
    expected = torch.tensor([-3 / s * 2 + 0.5, -1 / s * 2 + 0.5, 10 / s - 1, 30 / s - 1])
    torch.testing.assert_close(y.flatten(), expected)
    assert (mean.item(), variance.item()) == (0, 1)  # not recorded
    layers.batch_norm(x, gain, bias, mean, variance, momentum=0.5)
    assert mean.item() == pytest.approx(2)  # half of 4
    assert variance.item() == pytest.approx(0.5 + 0.5 * 20 / 3)  # of the unbiased variance
    kept = layers.batch_norm(x, gain, bias, torch.tensor([1.0]), torch.tensor([4.0]), None)
    assert kept.flatten()[0].item() == pytest.approx(0.5)  # the mean itself: only the bias
    assert kept.flatten()[2].item() == pytest.approx(10 * 4 / 2 - 1, rel=1e-4)


def test_labels_come_beside_the_noise_and_choose_gain_and_bias():
    plan = DcganGenerator(4, size=16, width=4, classes=2)
    _, weights, buffers = made(plan)
    z = torch.randn(1, 4, 2)
    for table in weights[4:]:
        table[0, 1] = table[0, 0]
    weights[0][..., -1] = weights[0][..., -2]
    alike, _ = plan(weights, z, buffers, label=one_hot([0, 0], 2))
    torch.testing.assert_close(alike, plan(weights, z, buffers, label=one_hot([0, 1], 2))[0])
    weights[-2][0, 1] *= 3
    other, _ = plan(weights, z, buffers, label=one_hot([0, 1], 2))
    torch.testing.assert_close(other[..., 0], alike[..., 0])
    assert not torch.allclose(other[..., 1], alike[..., 1], atol=1e-4)
    weights[-2][0, 1] /= 3
    weights[0][..., -1] += 0.1
    beside, _ = plan(weights, z, buffers, label=one_hot([0, 1], 2))
    assert not torch.allclose(beside[..., 1], alike[..., 1], atol=1e-4)


def test_projection_by_hand():
    plan = DcganDiscriminator(16, 1, 4, classes=3, norm="none")
    _, weights, _ = made(plan)
    x, label = torch.randn(1, 1, 16, 16, 2), one_hot([2, 0], 3)
    logits, features = plan(weights, x, label=label)
    kernels = len(plan.matrix_shapes()) - 2
    last, table, bias = weights[kernels][0], weights[kernels + 1][0], weights[kernels + 2][0]
    bias.fill_(0.25)
    expected = last @ features[0] + (table[[2, 0]].T * features[0]).sum(0)
    torch.testing.assert_close(logits[0], expected)
    torch.testing.assert_close(plan(weights, x, label=label)[0], logits + 0.25)


@pytest.mark.parametrize("norm", NORMS_D)
@pytest.mark.parametrize("minibatch", layers.MINIBATCH)
def test_real_and_fake_batches_are_normalised_apart(norm, minibatch):
    plan = DcganDiscriminator(16, 1, 4, norm=norm, minibatch=minibatch)
    _, weights, buffers = made(plan)
    real, fake = torch.randn(1, 1, 16, 16, 6), 3 + torch.randn(1, 1, 16, 16, 6)
    together, _ = plan(weights, torch.cat([real, fake], dim=-1), buffers, 2)
    apart = [plan(weights, x, buffers)[0] for x in (real, fake)]
    torch.testing.assert_close(together, torch.cat(apart, dim=-1))
    if norm == "batch" or minibatch != "none":
        mixed, _ = plan(weights, torch.cat([real, fake], dim=-1), buffers, 1)
        assert not torch.allclose(mixed, together, atol=1e-5)


def test_spectral_norm_is_torchs():
    plan = DcganDiscriminator(16, 3, 4, classes=2, norm="spectral")
    _, weights, buffers = made(plan)
    for _ in range(100):
        plan.power_iteration_(weights, buffers)
    for matrix in plan._matrices(weights, buffers):
        largest = torch.linalg.matrix_norm(matrix[0].flatten(1), ord=2)
        assert largest.item() == pytest.approx(1, rel=1e-3)


def test_a_picture_does_not_depend_on_its_company():
    plan = DcganGenerator(5, size=16, width=4, classes=2)
    _, weights, buffers = made(plan)
    z, label = torch.randn(1, 5, 40), one_hot([0, 1] * 20, 2)
    plan.settle_(weights, buffers, [(torch.randn(1, 5, 64), one_hot([0, 1] * 32, 2))] * 3)
    together, _ = plan(weights, z, buffers, label=label, momentum=None)
    alone, _ = plan(weights, z[..., 7:8], buffers, label=label[..., 7:8], momentum=None)
    torch.testing.assert_close(together[..., 7:8], alone, rtol=1e-4, atol=1e-6)
    training, _ = plan(weights, z, buffers, label=label)
    few, _ = plan(weights, z[..., 6:8], buffers, label=label[..., 6:8])
    assert not torch.allclose(training[..., 6:8], few, atol=1e-3)  # as it is in training


def test_settled_statistics_are_those_of_the_batches():
    plan = DcganGenerator(5, size=16, width=4)
    _, weights, buffers = made(plan)
    batches = [(torch.randn(1, 5, 128), None) for _ in range(4)]
    plan.settle_(weights, buffers, batches)
    first = torch.cat([z[0].T @ weights[0][0].flatten(0, 2).T for z, _ in batches])
    maps = first.view(-1, 16, 8).flatten(0, 1)
    torch.testing.assert_close(buffers[0][0], maps.mean(0), rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(buffers[1][0], maps.var(0), rtol=2e-2, atol=1e-6)
    again = [b.clone() for b in buffers]
    plan.settle_(weights, buffers, batches)  # whatever was kept before is gone
    for old, new in zip(again, buffers, strict=True):
        torch.testing.assert_close(old, new)


@pytest.mark.parametrize("channels", [1, 3])
def test_our_convolutions_are_torchs(channels):
    """One channel has a way of its own; second derivatives are what penalties need."""
    x = torch.randn(3, channels, 8, 8, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(4, channels, 4, 4, dtype=torch.float64, requires_grad=True)
    bias = torch.randn(4, dtype=torch.float64, requires_grad=True)
    maps = torch.randn(3, 4, 4, 4, dtype=torch.float64, requires_grad=True)
    down, up = layers.conv_down(x, weight, bias), layers.conv_up(maps, weight)
    torch.testing.assert_close(down, F.conv2d(x, weight, bias, 2, 1))
    torch.testing.assert_close(up, F.conv_transpose2d(maps, weight, None, 2, 1))
    assert torch.autograd.gradcheck(layers.conv_down, (x, weight, bias))
    assert torch.autograd.gradcheck(layers.conv_up, (maps, weight))

    def slopes(convolve):
        y = convolve(x).square().sum()
        (slope,) = torch.autograd.grad(y, x, create_graph=True)
        return torch.autograd.grad(slope.square().sum(), (weight, bias))

    ours = slopes(lambda x: layers.conv_down(x, weight, bias))
    theirs = slopes(lambda x: F.conv2d(x, weight, bias, 2, 1))
    torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize(("norm", "minibatch"), list(itertools.product(NORMS_D, layers.MINIBATCH)))
def test_single_pictures_are_judged_as_part_of_a_batch(norm, minibatch):
    plan = DcganDiscriminator(16, 1, 4, norm=norm, minibatch=minibatch)
    _, weights, buffers = made(plan)
    batch, one = torch.randn(1, 1, 16, 16, 6), torch.randn(1, 1, 16, 16, 1)
    company = plan.company(weights, batch, buffers)
    whole = plan(weights, batch, buffers)
    torch.testing.assert_close(plan(weights, batch, buffers, company=company), whole)
    alone = plan(weights, one, buffers, company=company)[0]
    among = plan(weights, torch.cat([one, 3 * batch], -1), buffers, company=company)[0]
    torch.testing.assert_close(among[..., :1], alone)
    double = [w.double() for w in weights], one.double(), [b.double() for b in buffers]
    assert plan(*double)[0].dtype == torch.float64
