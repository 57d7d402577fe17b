"""Differentiable changes of pictures, the same kinds for real and fake ones, before D sees them.

Zhao et al. 2020 (DiffAugment): D cannot learn a small data set by heart when it never sees it
unchanged, and G, whose gradient goes through the changes, does not take them over.
"""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

Pictures = Float[Tensor, "n c h w"]
Chance = Float[Tensor, "u n 1 1"]


def colour(x: Pictures, chance: Chance) -> Pictures:
    """Brightness moved by up to 0.5, saturation times up to 2, contrast times 0.5 to 1.5.

    Values are in [-1, 1]; saturation is about each pixel's mean, contrast about the picture's.
    """
    x = x + (chance[0, :, None] - 0.5)
    if x.shape[1] > 1:
        grey = x.mean(1, keepdim=True)
        x = torch.lerp(grey.expand_as(x), x, 2 * chance[1, :, None])
    middle = x.mean((1, 2, 3), keepdim=True)
    return torch.lerp(middle.expand_as(x), x, 0.5 + chance[2, :, None])


def translation(x: Pictures, chance: Chance) -> Pictures:
    """Moved by up to an eighth of the side along each axis; zeros come in."""
    most = [round(side / 8) for side in x.shape[2:]]
    rows, columns = (
        (torch.arange(side, device=x.device)[None] + (u * (2 * m + 1)).floor().long().flatten(1))
        for side, m, u in zip(x.shape[2:], most, chance[:2, :, 0], strict=True)
    )
    padded = F.pad(x, (most[1], most[1], most[0], most[0]))
    one = torch.arange(len(x), device=x.device)[:, None, None]
    return padded.permute(0, 2, 3, 1)[one, rows[:, :, None], columns[:, None]].permute(0, 3, 1, 2)


def cutout(x: Pictures, chance: Chance) -> Pictures:
    """A square of half the side, anywhere, its centre within the picture, set to zero."""
    inside = []
    for axis, u in zip((2, 3), chance[:2, :, 0], strict=True):
        side = x.shape[axis]
        place = torch.arange(side, device=x.device)[None]
        start = (u * (side + 1)).floor() - side // 4
        inside.append((place >= start) & (place < start + side // 2))
    return x * ~(inside[0][:, None, :, None] & inside[1][:, None, None, :])


AUGMENTATIONS: dict[str, Callable[[Pictures, Chance], Pictures]] = {
    "colour": colour,
    "translation": translation,
    "cutout": cutout,
}
NUMBERS = 3
"""Uniform numbers in [0, 1) that each change may use up, for each picture."""


def augment(x: Pictures, chance: Float[Tensor, "n a"], names: Sequence[str]) -> Pictures:
    """Pictures after some changes, one after the other.

    Args:
        x: in [-1, 1].
        chance: NUMBERS uniform numbers in [0, 1) for each change, of each picture.
        names: of the changes, keys of AUGMENTATIONS.
    """
    for name, own in zip(names, chance.T.split(NUMBERS), strict=True):
        x = AUGMENTATIONS[name](x, own[:, :, None, None])
    return x
