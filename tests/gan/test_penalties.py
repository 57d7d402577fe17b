import pytest
import torch

from ganplay.gan.penalties import (
    PENALTIES,
    clip_weights_,
    feature_matching,
    interpolate,
    r1,
    sample_norms,
    wgan_gp,
)

SLOPE = torch.tensor([3.0, 4.0])  # the gradient of the linear D below; its norm is 5


def linear_d_gradient(points):
    """Gradient of D(x) = 3 x_1 + 4 x_2 at each of the points (b, 2)."""
    points = points.requires_grad_()
    (gradient,) = torch.autograd.grad((points @ SLOPE).sum(), points, create_graph=True)
    return gradient


def test_penalties_of_a_linear_d():
    norms = sample_norms(linear_d_gradient(torch.randn(7, 2)), (1,))
    torch.testing.assert_close(norms, torch.full((7,), 5.0))
    torch.testing.assert_close(wgan_gp(norms), torch.full((7,), 16.0))
    torch.testing.assert_close(wgan_gp(norms, 5.0), torch.zeros(7))
    torch.testing.assert_close(r1(norms), torch.full((7,), 12.5))


def test_norms_are_each_samples_own():
    # The norm of the whole batch's gradient would be 5 sqrt(2), for every sample.
    gradient = torch.stack([SLOPE, -SLOPE, torch.zeros(2)])
    norms = sample_norms(gradient, (1,))
    torch.testing.assert_close(norms, torch.tensor([5.0, 5.0, 0.0]), atol=1e-5, rtol=0)
    images = torch.ones(4, 3, 2, 2)
    torch.testing.assert_close(sample_norms(images, (1, 2, 3)), torch.full((4,), 12.0).sqrt())


def test_norm_has_a_finite_derivative_at_zero():
    gradient = torch.zeros(2, 2, requires_grad=True)
    wgan_gp(sample_norms(gradient, (1,))).sum().backward()
    assert gradient.grad.isfinite().all()


def test_interpolate_ends():
    real, fake = torch.zeros(3, 2), torch.ones(3, 2)
    mix = torch.tensor([[1.0], [0.0], [0.25]])
    expected = torch.tensor([[0.0, 0.0], [1.0, 1.0], [0.75, 0.75]])
    torch.testing.assert_close(interpolate(real, fake, mix), expected)


def test_where_each_penalty_is_taken():
    real, fake, mix = torch.zeros(1, 2), torch.ones(1, 2), torch.full((1, 1), 0.5)
    torch.testing.assert_close(PENALTIES["r1"].points(real, fake, mix), real)
    torch.testing.assert_close(PENALTIES["wgan_gp"].points(real, fake, mix), 0.5 * fake)


def test_clip_weights():
    weights = torch.tensor([[-0.5, 0.005, 0.5], [-0.5, 0.2, 0.5]])
    clip_weights_(weights, torch.tensor([[0.01], [0.3]]))
    torch.testing.assert_close(weights, torch.tensor([[-0.01, 0.005, 0.01], [-0.3, 0.2, 0.3]]))


def test_feature_matching():
    real = torch.tensor([[[1.0, 3.0], [0.0, 0.0]]])  # one network, 2 features, 2 samples
    fake = torch.tensor([[[0.0, 0.0], [4.0, 2.0]]])
    assert feature_matching(real, fake).tolist() == pytest.approx([2.0**2 + 3.0**2])
