"""What a cartoon face is made of: its attributes by name, and how often each value occurs."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class Choice:
    """One of some named values, each with its probability."""

    shares: Mapping[str, float]

    @property
    def names(self) -> tuple[str, ...]:
        """The values in the order of their numbers."""
        return tuple(self.shares)

    def from_uniform(self, u: Float[Tensor, "n"]) -> Tensor:
        """Uniform numbers in [0, 1) to the numbers of values (n,)."""
        edges = torch.tensor(list(self.shares.values()), dtype=torch.float64).cumsum(0)[:-1]
        return torch.bucketize(u.double().contiguous(), edges, right=True)


@dataclass(frozen=True)
class Measure:
    """A number between two bounds: uniform, or `peaked` (a triangle, highest in the middle)."""

    low: float
    high: float
    peaked: bool = False

    def from_uniform(self, u: Float[Tensor, "n"]) -> Tensor:
        """Uniform numbers in [0, 1) to values (n,)."""
        if self.peaked:
            u = torch.where(u < 0.5, (u / 2).sqrt(), 1 - ((1 - u) / 2).sqrt())
        return (self.low + (self.high - self.low) * u).float()


# Lengths are in halves of the picture's side, angles in degrees; directions are as seen.
ATTRIBUTES: dict[str, Choice | Measure] = {
    "skin": Choice({"pale": 0.2, "light": 0.25, "tan": 0.2, "brown": 0.2, "deep": 0.15}),
    "hair": Choice(
        {"short": 0.2, "long": 0.2, "curly": 0.17, "bun": 0.15, "bald": 0.1, "fringe": 0.18}
    ),
    "hair_colour": Choice(
        {"black": 0.24, "brown": 0.26, "blond": 0.18, "red": 0.14, "grey": 0.09, "blue": 0.09}
    ),
    "eye_colour": Choice({"brown": 0.45, "blue": 0.25, "green": 0.2, "grey": 0.1}),
    "glasses": Choice({"none": 0.58, "round": 0.17, "square": 0.15, "sun": 0.1}),
    "mouth": Choice({"smile": 0.4, "neutral": 0.2, "open": 0.25, "sad": 0.15}),
    "freckles": Choice({"none": 0.82, "some": 0.18}),
    "background": Choice(
        {"sky": 0.2, "mint": 0.16, "peach": 0.16, "lilac": 0.16, "lemon": 0.16, "slate": 0.16}
    ),
    "shirt": Choice({"navy": 0.2, "white": 0.2, "coral": 0.2, "teal": 0.2, "mustard": 0.2}),
    "face_width": Measure(0.43, 0.54),
    "face_length": Measure(0.54, 0.61),
    "jaw": Measure(-0.12, 0.3),  # below 0 a full chin, above a pointed one
    "tilt": Measure(-14, 14, peaked=True),
    "shift": Measure(-0.07, 0.07, peaked=True),
    "light": Measure(-1, 1),  # from the left to the right
    "hair_volume": Measure(0, 1),
    "parting": Measure(-1, 1),
    "eye_size": Measure(0.105, 0.145),
    "eye_gap": Measure(0.19, 0.235),  # from the middle of the face to an eye
    "lids": Measure(0, 0.45, peaked=True),  # how much of an eye they cover
    "gaze_x": Measure(-1, 1, peaked=True),
    "gaze_y": Measure(-1, 1, peaked=True),
    "brow_height": Measure(0.17, 0.225),
    "brow_angle": Measure(-0.28, 0.28, peaked=True),  # above 0 their inner ends are low
    "brow_thickness": Measure(0.022, 0.042),
    "nose": Measure(0.7, 1.3),
    "mouth_width": Measure(0.13, 0.21),
    "blush": Measure(0, 1),
}


def sample_attributes(n: int, seed: int) -> dict[str, Tensor]:
    """Attributes of n faces: (n,) whole numbers for each choice, float32 for each measure.

    All are independent of one another. The first faces of a seed are the same whatever n is.
    """
    generator = torch.Generator().manual_seed(seed)
    u = torch.rand(n, len(ATTRIBUTES), generator=generator, dtype=torch.float64)
    return {name: kind.from_uniform(u[:, i]) for i, (name, kind) in enumerate(ATTRIBUTES.items())}
