"""The style of letters: how much ink, how far they lean, and whether an alphabet agrees on it."""

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

Alphabets = UInt8[Tensor, "z l h w"]


def ink_share(alphabets: Alphabets) -> Float[Tensor, "z l"]:
    """The share of each picture that is ink, in [0, 1]; ink is white."""
    return alphabets.double().mean((2, 3)) / 255


def slant(alphabets: Alphabets) -> Float[Tensor, "z l"]:
    """How far each letter leans to the right, in widths per height: 0.2 is a usual italic.

    `mu_11 / mu_02`, the second moments of the ink about its centre with y upwards (LeCun et al.
    1998 deslant digits by it). A shear by s adds s to it, whatever the letter. An upright letter
    need not have 0 (Q has its tail, J its hook); without ink it is 0.
    """
    _, _, height, width = alphabets.shape
    ink = alphabets.double() / 255
    ink = ink / ink.sum((2, 3), keepdim=True).clamp_min(1e-9)
    y = -torch.arange(height, dtype=torch.float64)[:, None]
    x = torch.arange(width, dtype=torch.float64)
    x, y = (v - (ink * v).sum((2, 3), keepdim=True) for v in (x, y))
    return (ink * x * y).sum((2, 3)) / (ink * y * y).sum((2, 3)).clamp_min(1e-9)


def agreement(measure: Float[Tensor, "z l"]) -> float:
    """The mean over pairs of letters of Pearson's correlation over alphabets, in [-1, 1].

    1 where every letter tells the measure of all others. A letter that is the same in all
    alphabets has no correlation and counts as 0.
    """
    centred = (measure - measure.mean(0)).double()
    length = centred.norm(dim=0)
    scaled = centred / torch.where(length > 1e-9, length, torch.inf)
    table = scaled.T @ scaled
    letters = len(table)
    return float((table.sum() - table.trace()) / (letters * (letters - 1)))
