import pytest
import torch

from ganplay.images.datasets.fonts import alphabet, own_font
from ganplay.images.evaluation.letter_style import agreement, ink_share, slant


def strokes(*columns):
    """One picture of 6x6 with a pixel in each of some rows, from the top."""
    picture = torch.zeros(1, 1, 6, 6, dtype=torch.uint8)
    for row, column in enumerate(columns):
        picture[0, 0, row, column] = 255
    return picture


def test_ink_is_counted_as_a_share():
    assert ink_share(strokes(0, 1, 2)).item() == pytest.approx(3 / 36)
    half = torch.full((2, 3, 4, 4), 51, dtype=torch.uint8)
    assert ink_share(half).shape == (2, 3)
    assert ink_share(half)[0, 0].item() == pytest.approx(0.2)


def test_slant_of_strokes():
    assert slant(strokes(2, 2, 2, 2)).item() == 0
    assert slant(strokes(3, 2, 1, 0)).item() == pytest.approx(1)  # as / leans
    assert slant(strokes(0, 1, 2, 3)).item() == pytest.approx(-1)
    # x = (1, 1, 0, 0), y = (1.5, 0.5, -0.5, -1.5) about the middle: 2 / 5.
    assert slant(strokes(1, 1, 0, 0)).item() == pytest.approx(0.4)
    assert slant(torch.zeros(1, 1, 6, 6, dtype=torch.uint8)).item() == 0


def test_a_shear_adds_itself_whatever_the_letter():
    upright = torch.nn.functional.pad(alphabet(own_font(), 32), (16, 16))
    # Each row moved by a pixel for every four above the bottom: a shear by about a quarter.
    rows = [row.roll((31 - i) // 4, dims=-1) for i, row in enumerate(upright.unbind(1))]
    leaning = torch.stack(rows, dim=1)
    added = slant(leaning[None]) - slant(upright[None])
    assert (added - 0.25).abs().max() < 0.02


def test_agreement_is_the_mean_correlation_between_letters():
    a = torch.tensor([1.0, 2.0, 3.0, 6.0])
    assert agreement(torch.stack([a, 5 - 2 * a], dim=1)) == pytest.approx(-1)
    # Pairs: 1, -1 and -1.
    assert agreement(torch.stack([a, 2 * a, -a], dim=1)) == pytest.approx(-1 / 3)
    # Pearson of (-1, 0, 1) and (1, -2, 1) is 0; of either and a constant it counts as 0.
    b = torch.tensor([[-1.0, 1.0, 7.0], [0.0, -2.0, 7.0], [1.0, 1.0, 7.0]])
    assert agreement(b) == pytest.approx(0)
