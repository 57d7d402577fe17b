import pytest
import torch

from ganplay.images.augment import AUGMENTATIONS, NUMBERS, augment, colour, cutout, translation


def chance(*numbers):
    """The same numbers for one picture, those not given a half."""
    numbers = [*numbers, *[0.5] * (NUMBERS - len(numbers))]
    return torch.tensor(numbers).view(NUMBERS, 1, 1, 1)


def test_colour_by_hand():
    x = torch.tensor([0.0, 0.4]).view(1, 1, 1, 2)
    # Brightness 0.3 more: 0.3 and 0.7, whose mean is 0.5; contrast 1.5.
    changed = colour(x, chance(0.8, 0.5, 1.0))
    torch.testing.assert_close(changed.flatten(), torch.tensor([0.2, 0.8]))
    rgb = torch.tensor([0.0, 0.3, 0.6]).view(1, 3, 1, 1)
    torch.testing.assert_close(colour(rgb, chance(0.5, 0.0)), torch.full((1, 3, 1, 1), 0.3))
    torch.testing.assert_close(colour(rgb, chance()), rgb)  # the middle changes nothing


def test_translation_moves_and_fills_with_zeros():
    x = torch.arange(1.0, 257).view(1, 1, 16, 16)
    torch.testing.assert_close(translation(x, chance()), x)
    moved = translation(x, chance(0.0, 0.999))
    torch.testing.assert_close(moved[:, :, 2:, :14], x[:, :, :14, 2:])
    assert not moved[:, :, :2].any()
    assert not moved[:, :, :, 14:].any()


def test_cutout_is_half_as_wide():
    x = torch.ones(1, 3, 16, 16)
    cut = cutout(x, chance(0.5, 0.5))
    assert not cut[:, :, 4:12, 4:12].any()
    assert cut.sum() == 3 * (256 - 64)
    assert cutout(x, chance(0.0, 0.0)).sum() == 3 * (256 - 16)  # a quarter of it, at the corner
    assert cutout(x, chance(0.999, 0.999)).sum() == 3 * (256 - 16)


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_each_picture_has_its_own_change_and_gradients_pass(name):
    x = torch.randn(4, 3, 16, 16, requires_grad=True)
    numbers = torch.rand(4, NUMBERS, generator=torch.Generator().manual_seed(0))
    changed = augment(x, numbers, (name,))
    for i in range(4):
        alone = augment(x[i : i + 1], numbers[i : i + 1], (name,))
        torch.testing.assert_close(changed[i : i + 1], alone)
    (gradient,) = torch.autograd.grad(changed.sum(), x)
    assert gradient.any()
    same = x.detach()[:1].expand(4, -1, -1, -1)
    shown = augment(same, numbers, (name,))
    assert not torch.equal(shown[0], shown[1])


def test_changes_follow_each_other():
    x = torch.randn(2, 1, 16, 16)
    numbers = torch.rand(2, 2 * NUMBERS, generator=torch.Generator().manual_seed(0))
    one = augment(x, numbers[:, :NUMBERS], ("colour",))
    both = augment(x, numbers, ("colour", "cutout"))
    torch.testing.assert_close(both, augment(one, numbers[:, NUMBERS:], ("cutout",)))
