"""Inversion of pictures that a model can draw, and of some that it cannot.

The latent vector whose picture is nearest to a target is searched by gradient descent (Zhu et al.
2016, "Generative visual manipulation on the natural image manifold"). What is missing in the best
picture is what the model cannot draw (Bau et al. 2019, "Seeing what a GAN cannot generate").
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ganplay.common.seeding import generator_of
from ganplay.common.settings import Settings, choice, number
from ganplay.images.checkpoint import ImageModel, load
from ganplay.images.sampler import one_hot
from ganplay.latent.projection import GREY_LEVELS, prior_penalty
from ganplay.lessons.experiment import Experiment, Values

DIGITS, LETTERS = "digits-conditional", "letters-conditional"
"""The models: each draws what the other has never seen."""
TARGETS = {"digit": DIGITS, "letter": LETTERS, "upside_down": DIGITS, "negative": DIGITS}
"""What is inverted, and which model draws it."""
CANDIDATES = 260
"""Samples among which the starting points are looked for, equally many of each class."""
RATE = 0.1
"""Of Adam."""


@dataclass(frozen=True)
class InversionConfig(Settings):
    """Which pictures are inverted, and in which model.

    Attributes:
        model: that is to draw them.
        target: samples of either model, or digits rotated by 180 degrees, or with dark and light
            swapped.
        starts: starting points of the descent, each of another class.

    Raises:
        ConfigError: if a value is out of bounds.
    """

    model: str = choice(DIGITS, (DIGITS, LETTERS), "data")
    target: str = choice("digit", TARGETS, "data")
    starts: int = number(4, 1, 10, "training")


class InversionExperiment(Experiment):
    """Descents towards one target for each member; member i has one of class i."""

    columns: ClassVar[int] = 4
    """Target, nearest sample, reconstruction, and the difference of first and third."""

    def __post_init__(self) -> None:
        self.model = load(self.config.model)
        own = TARGETS[self.config.target] == self.config.model
        self._drawn_by = self.model if own else load(TARGETS[self.config.target])
        self._pictures = self.model.sampler().single()
        self.targets = torch.cat([self._target(i) for i in range(len(self.seeds))])
        self._z, self._labels = self._start()
        self.first = self._best()
        self._optimizer = torch.optim.Adam([self._z], lr=RATE, betas=(0.9, 0.99))

    def _target(self, member: int) -> Float[Tensor, "1 c h w"]:
        kind, drawn_by = self.config.target, self._drawn_by
        z = torch.randn(1, drawn_by.space.dim, generator=generator_of(self.seeds[member], "target"))
        label = one_hot(torch.tensor([member % drawn_by.classes]), drawn_by.classes)
        with torch.no_grad():
            picture = drawn_by.sampler().single()(z, label)
        changed = {"upside_down": picture.flip(2, 3), "negative": -picture}
        return changed.get(kind, picture)

    def _start(self) -> tuple[Tensor, Int[Tensor, "s r"]]:
        """The nearest sample of each of those classes that come nearest to each target."""
        z, labels = _candidates(self.model)
        with torch.no_grad():
            parts = zip(z.split(64), labels.split(64), strict=True)
            drawn = [self._pictures(a, one_hot(b, self.model.classes)) for a, b in parts]
        apart = torch.cdist(self.targets.flatten(1), torch.cat(drawn).flatten(1))
        by_class = apart.unflatten(1, (-1, self.model.classes))  # candidate i has class i mod k
        nearest, place = by_class.min(1)
        classes = nearest.topk(self.config.starts, largest=False).indices
        chosen = place.gather(1, classes) * self.model.classes + classes
        return z[chosen].requires_grad_(), labels[chosen]

    def _drawn(self) -> Float[Tensor, "s r c h w"]:
        """What is drawn from each latent vector now."""
        label = one_hot(self._labels.flatten(), self.model.classes)
        drawn: Tensor = self._pictures(self._z.flatten(0, 1), label)
        return drawn.unflatten(0, self._labels.shape)

    def _distances(self, drawn: Tensor) -> Float[Tensor, "s r"]:
        """Mean squared differences to the targets."""
        return (drawn - self.targets[:, None]).square().mean((2, 3, 4))

    @torch.no_grad()
    def _best(self) -> Float[Tensor, "s c h w"]:
        """The picture of each member that is nearest to its target."""
        drawn = self._drawn()
        return drawn[torch.arange(len(drawn)), self._distances(drawn).argmin(1)]

    def advance(self, count: int) -> None:
        """Take some steps of gradient descent."""
        super().advance(count)
        for _ in range(count):
            loss = self._distances(self._drawn()) + prior_penalty(self._z, 2)
            (self._z.grad,) = torch.autograd.grad(loss.sum(), self._z)
            self._optimizer.step()

    def rows(self, count: int) -> list[Float[Tensor, "n c h w"]]:
        """The `columns` of each member, whatever the count."""
        best = self._best()
        difference = (best - self.targets).abs() - 1
        return list(torch.stack([self.targets, self.first, best, difference], dim=1))

    def measure(self, name: str) -> Values:
        """The one signal, "error": root mean square of the best start, in grey levels of 255."""
        assert name == "error"
        apart = self._best() - self.targets
        return apart.square().mean((1, 2, 3)).sqrt() * GREY_LEVELS


def _candidates(model: ImageModel) -> tuple[Float[Tensor, "n z"], Int[Tensor, "n"]]:
    """Latent vectors and labels, the classes in turn."""
    n = CANDIDATES - CANDIDATES % model.classes
    z = torch.randn(n, model.space.dim, generator=generator_of(0, "candidates"))
    return z, torch.arange(n) % model.classes
