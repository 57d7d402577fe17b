"""The DCGAN's two modules against torch's own layers and numbers by hand."""

import itertools

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from ganplay.images.models.blocks import MINIBATCH, ConditionalBatchNorm2d
from ganplay.images.models.dcgan import NORMS_D, DcganDiscriminator, DcganGenerator, widths
from ganplay.images.models.paired import PairedGenerator


def made(kind, *arguments, seed=0, **settings):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return kind(*arguments, **settings)


def one_hot(labels, classes):
    return F.one_hot(torch.tensor(labels), classes).float()


def test_widths_double_as_sides_halve():
    assert widths(32, 32) == [128, 64, 32]  # at sides 4, 8 and 16
    assert widths(64, 8) == [64, 32, 16, 8]


@pytest.mark.parametrize(
    ("size", "channels", "classes", "norm", "minibatch"),
    list(itertools.product([16, 64], [1, 3], [0, 3], NORMS_D, MINIBATCH)),
)
def test_shapes(size, channels, classes, norm, minibatch):
    generator = DcganGenerator(5, size, channels, 4, classes, "none" if norm == "none" else "batch")
    discriminator = DcganDiscriminator(size, channels, 4, classes, norm, minibatch)
    y = [one_hot([0, 2, 1, 1], 3)] if classes else []
    pictures = generator(torch.randn(4, 5), *y)
    assert pictures.shape == (4, channels, size, size)
    assert pictures.abs().max() <= 1
    assert discriminator(pictures, *y).shape == (4,)
    features = discriminator.forward_features(pictures)
    assert features.shape == (4, widths(size, 4)[0] * 16)
    torch.testing.assert_close(
        discriminator.eval().forward_head(discriminator.forward_features(pictures), *y),
        discriminator(pictures, *y),
    )


def test_initialised_as_dcgan():
    for classes in (0, 4):
        net = made(DcganGenerator, 50, width=16, classes=classes)
        for layer in (net.first, *net.convs):
            assert layer.weight.std().item() == pytest.approx(0.02, rel=0.1)
            assert abs(layer.weight.mean().item()) < 0.002
        assert not net.convs[-1].bias.any()
        for norm in net.norms:
            assert norm.weight.mean().item() == pytest.approx(1, abs=0.01)
            assert norm.weight.std().item() == pytest.approx(0.02, rel=0.4)
            assert not norm.bias.any()
    net = made(DcganDiscriminator, width=16, classes=4)
    for layer in (*net.convs, net.last, net.labels):
        assert layer.weight.std().item() == pytest.approx(0.02, rel=0.15)
        assert layer.bias is None or not layer.bias.any()
    assert net.norms[1].weight.mean().item() == pytest.approx(1, abs=0.02)


def test_a_generator_in_torchs_own_modules():
    """The same numbers as nn.Sequential of ConvTranspose2d and BatchNorm2d with these weights."""
    net = made(DcganGenerator, 6, size=16, channels=3, width=4)
    book = nn.Sequential(
        nn.ConvTranspose2d(6, 8, 4, bias=False), nn.BatchNorm2d(8), nn.ReLU(),
        nn.ConvTranspose2d(8, 4, 4, 2, 1, bias=False), nn.BatchNorm2d(4), nn.ReLU(),
        nn.ConvTranspose2d(4, 3, 4, 2, 1), nn.Tanh(),
    )  # fmt: skip
    state = net.state_dict()
    first = state.pop("first.weight").view(4, 4, 8, 6).permute(3, 2, 0, 1)
    book[0].weight.data = first
    for ours, theirs in (
        (net.norms[0], 1),
        (net.convs[0], 3),
        (net.norms[1], 4),
        (net.convs[1], 6),
    ):
        book[theirs].load_state_dict(ours.state_dict())
    z = torch.randn(8, 6)
    torch.testing.assert_close(net(z), book(z[:, :, None, None]), rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(net.norms[1].running_var, book[4].running_var)


def test_conditional_batch_norm_by_hand():
    x = torch.tensor([1.0, 3.0, 5.0, 7.0]).view(2, 1, 1, 2)  # mean 4, variance 5
    y = one_hot([0, 1], 2)
    norm = ConditionalBatchNorm2d(1, 2)
    norm.load_state_dict(
        norm.state_dict()
        | {"weight": torch.tensor([[2.0], [10.0]]), "bias": torch.tensor([[0.5], [-1.0]])}
    )
    s = (5 + 1e-5) ** 0.5
    expected = torch.tensor([-3 / s * 2 + 0.5, -1 / s * 2 + 0.5, 10 / s - 1, 30 / s - 1])
    torch.testing.assert_close(norm(x, y).flatten(), expected)
    assert norm.norm.running_mean.item() == pytest.approx(0.4)  # a tenth of 4
    assert norm.norm.running_var.item() == pytest.approx(0.9 + 0.1 * 20 / 3)  # the unbiased one
    mixed = norm(x, torch.full((2, 2), 0.5)).flatten()
    torch.testing.assert_close(mixed[0], torch.tensor(-3 / s * 6 - 0.25))
    norm.norm.running_mean.fill_(1.0)
    norm.norm.running_var.fill_(4.0)
    kept = norm.eval()(x, y).flatten()
    assert kept[0].item() == pytest.approx(0.5)  # the mean itself: only the bias
    assert kept[2].item() == pytest.approx(10 * 4 / 2 - 1, rel=1e-4)
    plain = ConditionalBatchNorm2d(1, 2, normalise=False)
    torch.testing.assert_close(plain(x, y), x)


def test_labels_come_beside_the_noise_and_choose_gain_and_bias():
    net = made(DcganGenerator, 4, size=16, width=4, classes=2)
    z = torch.randn(2, 4)

    def asked(*labels):
        return net(z, one_hot(labels, 2))

    with torch.no_grad():
        for norm in net.norms:
            norm.weight[1] = norm.weight[0]
        net.first.weight[:, -1] = net.first.weight[:, -2]
        alike = asked(0, 0)
        torch.testing.assert_close(alike, asked(0, 1))
        net.norms[-1].weight[1] *= 3
        other = asked(0, 1)
        torch.testing.assert_close(other[0], alike[0])
        assert not torch.allclose(other[1], alike[1], atol=1e-4)
        net.norms[-1].weight[1] /= 3
        net.first.weight[:, -1] += 0.1
        assert not torch.allclose(asked(0, 1)[1], alike[1], atol=1e-4)


def test_projection_by_hand():
    net = made(DcganDiscriminator, 16, 1, 4, classes=3, norm="none")
    x, y = torch.randn(2, 1, 16, 16), one_hot([2, 0], 3)
    with torch.no_grad():
        logits, features = net(x, y), net.forward_features(x)
        table = net.labels.weight.T  # a row a class
        expected = features @ net.last.weight[0] + (table[[2, 0]] * features).sum(1)
        torch.testing.assert_close(logits, expected)
        net.last.bias.fill_(0.25)
        torch.testing.assert_close(net(x, y), logits + 0.25)
        half = net(x, torch.tensor([[0.5, 0.0, 0.5]] * 2))
        both = (net(x, one_hot([0, 0], 3)) + net(x, one_hot([2, 2], 3))) / 2
        torch.testing.assert_close(half, both)


@pytest.mark.parametrize("size", [16, 32])
def test_spectral_norm_is_torchs_on_every_weight(size):
    net = made(DcganDiscriminator, size, 3, 4, classes=2, norm="spectral")
    for _ in range(100):
        net(torch.zeros(1, 3, size, size), one_hot([0], 2))  # a power iteration each
    layers = [*net.convs, net.last, net.labels]
    for layer in layers:
        largest = torch.linalg.matrix_norm(layer.weight.flatten(1), ord=2)
        assert largest.item() == pytest.approx(1, rel=1e-3)
    assert len(layers) == sum("original" in key for key in net.state_dict())


@pytest.mark.parametrize("classes", [0, 2])
def test_a_picture_does_not_depend_on_its_batch_in_evaluation(classes):
    net = made(DcganGenerator, 5, size=16, width=4, classes=classes)
    z, y = torch.randn(40, 5), [one_hot([0, 1] * 20, 2)] if classes else []
    net(z, *y)  # takes statistics
    training, few = net(z, *y), net(z[6:8], *(t[6:8] for t in y))
    assert not torch.allclose(training[6:8], few, atol=1e-3)  # as it is in training
    net.eval()
    alone = net(z[7:8], *(t[7:8] for t in y))
    torch.testing.assert_close(net(z, *y)[7:8], alone, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("norm", "minibatch"), list(itertools.product(NORMS_D, MINIBATCH)))
def test_single_pictures_are_judged_as_part_of_a_batch(norm, minibatch):
    net = made(DcganDiscriminator, 16, 1, 4, norm=norm, minibatch=minibatch).eval()
    batch, one = torch.randn(6, 1, 16, 16), torch.randn(1, 1, 16, 16)
    with torch.no_grad():
        reference = net.reference_batch(batch)
        torch.testing.assert_close(net(batch, reference=reference), net(batch))
        alone = net(one, reference=reference)
        among = net(torch.cat([one, 3 * batch]), reference=reference)
        torch.testing.assert_close(among[:1], alone)
        if norm == "batch" or minibatch != "none":  # else nothing of the batch counts
            assert not torch.allclose(net(torch.cat([one, 3 * batch]))[:1], alone, atol=1e-5)
        assert net.double()(one.double()).dtype == torch.float64


def test_a_paired_generator_is_its_one_asked_twice():
    one = made(DcganGenerator, 6, 16, 1, 4, 2, "none")
    z, labels = torch.randn(5, 6), [one_hot(k, 2) for k in ([0, 1, 0, 1, 1], [1] * 5)]
    pictures = PairedGenerator(one)(z, torch.cat(labels, dim=1))
    for c, y in enumerate(labels):
        torch.testing.assert_close(pictures[:, c : c + 1], one(z, y))
