"""Directions in the latent space of `faces`, and what else changes along them.

A direction is entangled if several attributes of a picture change along it. Principal directions
are those along which pictures change most, found without labels (Härkönen et al. 2020, "GANSpace:
discovering interpretable GAN controls"); the others were found from the attributes themselves
(Shen et al. 2020, "Interpreting the latent space of GANs for semantic face editing").
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from ganplay.common.seeding import generator_of
from ganplay.common.settings import Problem, Settings, choice, number
from ganplay.images.checkpoint import load
from ganplay.images.evaluation.neighbours import classifier_of
from ganplay.images.sampler import to_bytes
from ganplay.latent.attribute_directions import probabilities_of_faces
from ganplay.lessons.experiment import Experiment, Values

ATTRIBUTES = ("glasses", "smile", "hair", "skin")
"""That a classifier reads from a face and that have a direction of their own."""
PRINCIPAL = {f"principal_{n}": n - 1 for n in (1, 7)}
"""Principal directions by name, numbered from 1 as Explore has them."""
NONE = "none"
FACES = 12
"""Faces of each member that are moved."""


def _own_direction(config: "DirectionsConfig") -> Problem | None:
    if config.keep != config.along:
        return None
    why = f"another attribute than that of the direction, {config.along}, or {NONE}, is needed"
    return Problem("keep", config.keep, why, None, "keep")


@dataclass(frozen=True)
class DirectionsConfig(Settings):
    """A move in latent space.

    Attributes:
        along: the direction.
        keep: an attribute whose own direction is projected out of it, as `without` has it.
        distance: how far faces are moved to both sides; samples are about 8 from the origin.

    Raises:
        ConfigError: if a value is out of bounds, or the attribute to keep is the one to change.
    """

    along: str = choice("glasses", (*PRINCIPAL, *ATTRIBUTES), "generator")
    keep: str = choice(NONE, (NONE, *ATTRIBUTES), "generator")
    distance: float = number(2.0, 0.0, 4.0, "generator")

    def rules(self) -> tuple:
        """No direction is left if its own attribute is to be kept."""
        return (_own_direction,)


def without(direction: Float[Tensor, "z"], other: Float[Tensor, "z"]) -> Float[Tensor, "z"]:
    """A unit vector along which the attribute of another direction stays as it is.

    `n1 - (n1 . n2) n2`, scaled to length 1: conditional manipulation by projection (Shen et al.
    2020, section 3.3). The attribute stays exactly only where it is linear in z.

    Args:
        direction: a unit vector, n1.
        other: a unit vector, n2.
    """
    left = direction - (direction @ other) * other
    return left / left.norm()


class DirectionsExperiment(Experiment):
    """Faces that are moved along a direction to both sides, each member's own ones."""

    columns: ClassVar[int] = 7

    def __post_init__(self) -> None:
        self.model = load("faces")
        self._pictures = self.model.sampler().single()
        self._read = probabilities_of_faces(classifier_of(self.model.card).net)
        dim, rows = self.model.space.dim, self.model.directions
        named = {one.name: dim + i for i, one in enumerate(self.model.card.named)}
        direction = rows[(PRINCIPAL | named)[self.config.along]]
        if self.config.keep != NONE:
            direction = without(direction, rows[named[self.config.keep]])
        self.direction = direction.float()

    def _moved(self, member: int, faces: int, places: Sequence[float]) -> Float[Tensor, "n c h w"]:
        """Pictures of a member's first faces at each place along the direction, in [-1, 1]."""
        generator = generator_of(self.seeds[member], "directions")
        z = torch.randn(FACES, self.model.space.dim, generator=generator)[:faces]
        moved = torch.cat([z + place * self.direction for place in places])
        with torch.no_grad():
            drawn: Tensor = self._pictures(moved, None)
        return drawn

    @cached_property
    def changes(self) -> Float[Tensor, "s k"]:
        """Mean change of each attribute from one end to the other, from -1 to 1."""
        far, found = self.config.distance, []
        for member in range(len(self.seeds)):
            measures = self._read(to_bytes(self._moved(member, FACES, (-far, far))))
            low, high = torch.stack([measures[name] for name in ATTRIBUTES], dim=1).chunk(2)
            found.append((high - low).mean(0))
        return torch.stack(found)

    def rows(self, count: int) -> list[Float[Tensor, "n c h w"]]:
        """The first face of each member at so many places from one end to the other."""
        far = self.config.distance
        places = torch.linspace(-far, far, count).tolist()
        return [self._moved(member, 1, places) for member in range(len(self.seeds))]

    def measure(self, name: str) -> Values:
        """How much an attribute changes, whichever way, 0 to 1: "change_" and its name."""
        return self.changes[:, ATTRIBUTES.index(name.removeprefix("change_"))].abs()
