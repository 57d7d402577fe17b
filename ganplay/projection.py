"""Find a picture in a model: the state whose picture is nearest to it.

Starting from the nearest of many samples, latent vectors go down the gradient of

    L(z) = sum over seen pixels of (x - G(z))^2 / N + PULL |z|^2 / d

with all N pixels from -1 to 1 and the d dimensions of z. The first term is projection by
optimisation (Zhu et al. 2016, "Generative visual manipulation on the natural image manifold");
to look at some pixels only is inpainting (Yeh et al. 2017, "Semantic image inpainting with deep
generative models"). The second one is -log p(z) of the normal prior: with it L is, up to a
factor, what the most probable z makes smallest if pixels are off by `sqrt(PULL N / d)`, and what
is found lies where the model's own latent vectors do.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor

from ganplay.checkpoint import ImageModel
from ganplay.encoders import Cancelled
from ganplay.exploration import LatentState
from ganplay.sampler import to_bytes
from ganplay.streams import generator_of
from ganplay.uploads import Habit, habit_of

RESTARTS, STEPS = 8, 200
MOST_RESTARTS, MOST_STEPS = 32, 1000
PULL = 0.003
"""Measured on held-out digits: without it |z| is 1.4 times as long as it should be, with it as
long as it should, for 2 % more error; ten times as much costs 30 %."""
RATE, WARM_UP = 0.2, 0.05
"""Of Adam at most, and the share of steps in which it gets there; then down along a cosine."""
SAMPLES = 1024
"""From which the starting points are chosen, spread over the classes that may be it."""
CHUNK = 64
LOOKED_AT = 64
"""Samples that show how a model draws."""

Picture = UInt8[Tensor, "c h w"]


class Progress(NamedTuple):
    """A moment of a search.

    Attributes:
        done: samples looked at and steps taken, of `total`.
        total: at the end.
        errors: of each restart, in grey levels of 255 (root mean square); empty before the first.
        picture: of the best so far; None before there is one.
    """

    done: int
    total: int
    errors: Float[Tensor, "r"]
    picture: Picture | None


class Found(NamedTuple):
    """What a search ended with.

    Attributes:
        state: the best one, its latent vector in half precision as its string has it.
        picture: of that very state.
        error: between it and what was looked for, in grey levels of 255 (root mean square), over
            the pixels that were to be seen.
        curves: errors of each restart before each step.
        labels: the class of each restart; empty for a model without.
        best: the restart that the state is from.
    """

    state: LatentState
    picture: Picture
    error: float
    curves: Float[Tensor, "r t"]
    labels: tuple[int, ...]
    best: int


Tell = Callable[[Progress], bool]


class _Target(NamedTuple):
    """What is looked for: pixels from -1 to 1, and 1 where they are seen."""

    pixels: Float[Tensor, "c h w"]
    seen: Float[Tensor, "h w"]

    def distance(self, pictures: Float[Tensor, "1 c h w n"]) -> Float[Tensor, "n"]:
        """Sum of squared differences, over the number of all pixels."""
        apart = (pictures[0] - self.pixels[..., None]) * self.seen[..., None]
        return apart.square().sum((0, 1, 2)) / self.pixels.numel()

    def error(self, distance: Tensor) -> Tensor:
        """The same as a root mean square over the pixels seen, in grey levels."""
        return (distance / self.seen.mean()).sqrt() * 127.5


def project(
    model: ImageModel,
    target: Picture,
    hidden: Bool[Tensor, "_ _"] | None = None,
    *,
    label: int | None = None,
    restarts: int = RESTARTS,
    steps: int = STEPS,
    seed: int = 0,
    tell: Tell = lambda progress: True,
) -> Found:
    """The state of a model whose picture is nearest to a given one.

    Args:
        model: whose.
        target: a picture of the model's shape.
        hidden: True where it is not to be looked at, but filled in.
        label: the class that is asked for; None finds the class too, where there are any.
        restarts: places from which the search goes down, 1 to MOST_RESTARTS.
        steps: that each takes, 1 to MOST_STEPS.
        seed: of the samples among which the starting points are; the same one finds the same.
        tell: told how far it is; False ends the search.

    Raises:
        ValueError: naming the argument, its value and what is possible.
        Cancelled: if `tell` said so.
    """
    _check(model, target, hidden, label, restarts, steps)
    seen = torch.ones(target.shape[1:]) if hidden is None else (~hidden).float()
    wanted = _Target(target.float() / 127.5 - 1, seen)
    search = _Search(model, wanted, steps, tell)
    start, labels = search.start(_classes(model, label), restarts, seed)
    z, curves = search.descend(start, labels)
    return search.found(z, labels, curves)


def _check(
    model: ImageModel, target: Picture, hidden: Tensor | None, label: int | None,
    restarts: int, steps: int,
) -> None:  # fmt: skip
    if tuple(target.shape) != model.card.shape or target.dtype != torch.uint8:
        raise ValueError(f"target: {tuple(target.shape)}; {model.card.shape} bytes are needed")
    if hidden is not None and (hidden.shape != target.shape[1:] or hidden.dtype != torch.bool):
        raise ValueError(f"hidden: {tuple(hidden.shape)}; {tuple(target.shape[1:])} is needed")
    if hidden is not None and hidden.all():
        raise ValueError("hidden: all of it; something must be left to be looked at")
    if label is not None and not model.classes:
        raise ValueError(f"label: {label}; {model.card.name} is not conditional")
    if label is not None and not 0 <= label < model.classes:
        raise ValueError(f"label: {label}; a number from 0 to {model.classes - 1} is needed")
    for name, value, most in (("restarts", restarts, MOST_RESTARTS), ("steps", steps, MOST_STEPS)):
        if not 1 <= value <= most:
            raise ValueError(f"{name}: {value}; a whole number from 1 to {most} is needed")


def _classes(model: ImageModel, label: int | None) -> list[int]:
    return list(range(model.classes)) if label is None else [label]


class _Search:
    """A search for one picture in one model."""

    def __init__(self, model: ImageModel, target: _Target, steps: int, tell: Tell) -> None:
        self.model, self.target, self.steps, self._tell = model, target, steps, tell
        self.pictures = model.sampler().single()
        self.dim, self.classes = model.space.dim, model.classes

    def tell(self, done: int, errors: Tensor, pictures: Tensor | None = None) -> None:
        """Say how far it is.

        Raises:
            Cancelled: if nobody wants it any more.
        """
        best = None if pictures is None else to_bytes(pictures[..., errors.argmin()][..., None])[0]
        if not self._tell(Progress(done, SAMPLES // CHUNK + self.steps, errors, best)):
            raise Cancelled

    def hot(self, labels: Int[Tensor, "n"]) -> Float[Tensor, "k n"] | None:
        """Labels as G takes them."""
        if not self.classes:
            return None
        return torch.nn.functional.one_hot(labels, self.classes).T.float()

    def start(
        self, classes: list[int], restarts: int, seed: int
    ) -> tuple[Float[Tensor, "z r"], Int[Tensor, "r"]]:
        """The samples that are nearest, and their labels."""
        z = torch.randn(self.dim, SAMPLES, generator=generator_of(seed, "projection"))
        labels = torch.tensor(classes or [0]).repeat(math.ceil(SAMPLES / max(1, len(classes))))
        labels = labels[:SAMPLES]
        near = []
        for done, place in enumerate(range(0, SAMPLES, CHUNK)):
            self.tell(done, torch.empty(0))
            part = slice(place, place + CHUNK)
            with torch.no_grad():
                made = self.pictures(z[:, part], self.hot(labels[part]))
            near.append(self.target.distance(made))
        best = torch.cat(near).topk(restarts, largest=False).indices
        return z[:, best], labels[best]

    def descend(
        self, start: Float[Tensor, "z r"], labels: Int[Tensor, "r"]
    ) -> tuple[Float[Tensor, "z r"], Float[Tensor, "r t"]]:
        """Where the search gets to from some starting points, and the errors on the way."""
        z, label = start.clone().requires_grad_(), self.hot(labels)
        optimizer = torch.optim.Adam([z], lr=RATE, betas=(0.9, 0.99))
        curves = []
        for step in range(self.steps):
            for group in optimizer.param_groups:
                group["lr"] = self._rate(step)
            made = self.pictures(z, label)
            distance = self.target.distance(made)
            loss = distance + self._pull(z)
            (z.grad,) = torch.autograd.grad(loss.sum(), z)
            optimizer.step()
            curves.append(self.target.error(distance.detach()))
            self.tell(SAMPLES // CHUNK + step, curves[-1], made.detach())
        return z.detach(), torch.stack(curves, dim=1)

    def _rate(self, step: int) -> float:
        warm = min(1.0, (step + 1) / (WARM_UP * self.steps))
        return RATE * warm * (1 + math.cos(math.pi * step / self.steps)) / 2

    def _pull(self, z: Float[Tensor, "z r"]) -> Float[Tensor, "r"]:
        return PULL * z.square().mean(0)

    def found(
        self, z: Float[Tensor, "z r"], labels: Int[Tensor, "r"], curves: Float[Tensor, "r t"]
    ) -> Found:
        """The best of the ends, as its state has it: in half precision."""
        rounded = z.half()
        label = self.hot(labels)
        made = self.model.sampler().pictures(rounded.double(), label)
        distance = self.target.distance(made).float()
        best = int((distance + self._pull(rounded.float())).argmin())
        asked = ((int(labels[best]), 1.0),) if self.classes and labels[best] else ()
        state = LatentState(
            self.model.card.name, at=tuple(rounded[:, best].double().tolist()), label=asked
        )
        return Found(
            state, self.model.render([state])[0], float(self.target.error(distance[best])),
            curves, tuple(labels.tolist()) if self.classes else (), best,
        )  # fmt: skip


def habit(model: ImageModel) -> Habit:
    """How a model draws, as its samples have it."""
    return habit_of(model.sample(range(LOOKED_AT)))
