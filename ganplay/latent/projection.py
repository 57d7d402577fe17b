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

from ganplay.common.seeding import generator_of
from ganplay.images.checkpoint import ImageModel
from ganplay.images.latent_state import LatentState
from ganplay.images.sampler import to_bytes
from ganplay.media.uploads import DrawingStyle, habit_of
from ganplay.media.video import Cancelled

RESTARTS, STEPS = 8, 200
MOST_RESTARTS, MOST_STEPS = 32, 1000
PULL = 0.003
"""Measured on held-out digits: without it |z| is 1.4 times as long as it should be, with it as
long as it should, for 2 % more error; ten times as much costs 30 %."""
RATE, WARM_UP = 0.2, 0.05
"""Of Adam at most, and the share of steps in which it gets there; then down along a cosine."""
SAMPLES = 1024
"""From which the starting points are chosen, spread over the classes that may be it."""
CLASS_CANDIDATES, SCOUTING = 32, 40
"""Where the class is not known, how many classes are tried at most, and for how many steps."""
CHUNK = 64
LOOKED_AT = 64
"""Samples that show how a model draws."""

Picture = UInt8[Tensor, "c h w"]


class Progress(NamedTuple):
    """A moment of a search.

    Attributes:
        stage: "samples" among which the nearest are looked for; "classes" of which each is tried
            for a few steps, where it is not known; "descent" of the restarts.
        done: what of the work is done, of `total`.
        total: at the end.
        errors: of each class or restart, in grey levels of 255 (root mean square).
        picture: of the best so far; None before there is one.
    """

    stage: str
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

    def distance(self, pictures: Float[Tensor, "n c h w"]) -> Float[Tensor, "n"]:
        """Sum of squared differences, over the number of all pixels."""
        apart = (pictures - self.pixels) * self.seen
        return apart.square().sum((1, 2, 3)) / self.pixels.numel()

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
    search = _Search(model, wanted, _classes(model, label), tell)
    scouting = SCOUTING if len(search.classes) > 1 else 0
    search.total = SAMPLES // CHUNK + scouting + steps
    z, labels = search.start(restarts, seed)
    if scouting:
        tried, _ = search.descend(z, labels, scouting, "classes")
        best = search.loss(tried, labels).topk(restarts, largest=False).indices
        z, labels = tried[:, best], labels[best]
    z, curves = search.descend(z, labels, steps, "descent")
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

    def __init__(self, model: ImageModel, target: _Target, classes: list[int], tell: Tell) -> None:
        self.model, self.target, self.classes, self._tell = model, target, classes, tell
        self.pictures = model.sampler().single()
        self.done = self.total = 0

    def tell(self, stage: str, errors: Tensor, pictures: Tensor | None = None) -> None:
        """Say how far it is.

        Raises:
            Cancelled: if nobody wants it any more.
        """
        best = None if pictures is None else to_bytes(pictures[errors.argmin()][None])[0]
        if not self._tell(Progress(stage, self.done, self.total, errors, best)):
            raise Cancelled
        self.done += 1

    def hot(self, labels: Int[Tensor, "n"]) -> Float[Tensor, "n k"] | None:
        """Labels as G takes them."""
        classes = self.model.classes
        return torch.nn.functional.one_hot(labels, classes).float() if classes else None

    def start(self, restarts: int, seed: int) -> tuple[Float[Tensor, "z n"], Int[Tensor, "n"]]:
        """The samples that are nearest, after the nearest of each class; and their labels."""
        generator = generator_of(seed, "projection")
        z = torch.randn(self.model.space.dim, SAMPLES, generator=generator)
        labels = torch.tensor(self.classes or [0])
        labels = labels.repeat(math.ceil(SAMPLES / len(labels)))[:SAMPLES]
        near = []
        for place in range(0, SAMPLES, CHUNK):
            self.tell("samples", torch.empty(0))
            part = slice(place, place + CHUNK)
            with torch.no_grad():
                made = self.pictures(z[:, part].T, self.hot(labels[part]))
            near.append(self.target.distance(made))
        order = torch.cat(near).argsort()
        firsts = _first_of_each(labels[order]) if len(self.classes) > 1 else []
        others = [place for place in range(SAMPLES) if place not in firsts]
        chosen = order[sorted([*firsts, *others[:restarts]])]
        return z[:, chosen], labels[chosen]

    def descend(
        self, start: Float[Tensor, "z r"], labels: Int[Tensor, "r"], steps: int, stage: str
    ) -> tuple[Float[Tensor, "z r"], Float[Tensor, "r t"]]:
        """Where the search gets to from some starting points, and the errors on the way."""
        z, label = start.clone().requires_grad_(), self.hot(labels)
        optimizer = torch.optim.Adam([z], betas=(0.9, 0.99))
        curves = []
        for step in range(steps):
            optimizer.param_groups[0]["lr"] = _rate(step / steps)
            made = self.pictures(z.T, label)
            distance = self.target.distance(made)
            (z.grad,) = torch.autograd.grad((distance + _pull(z)).sum(), z)
            optimizer.step()
            curves.append(self.target.error(distance.detach()))
            self.tell(stage, curves[-1], made.detach())
        return z.detach(), torch.stack(curves, dim=1)

    def loss(self, z: Float[Tensor, "z r"], labels: Int[Tensor, "r"]) -> Float[Tensor, "r"]:
        """L of each."""
        with torch.no_grad():
            return self.target.distance(self.pictures(z.T, self.hot(labels))) + _pull(z)

    def found(
        self, z: Float[Tensor, "z r"], labels: Int[Tensor, "r"], curves: Float[Tensor, "r t"]
    ) -> Found:
        """The best of the ends, as its state has it: in half precision."""
        rounded = z.half()
        label = self.hot(labels)
        made = self.model.sampler().pictures(rounded.T.double(), label)
        distance = self.target.distance(made).float()
        best = int((distance + _pull(rounded.float())).argmin())
        asked = ((int(labels[best]), 1.0),) if labels[best] else ()
        state = LatentState(
            self.model.card.name, at=tuple(rounded[:, best].double().tolist()), label=asked
        )
        return Found(
            state, self.model.render([state])[0], float(self.target.error(distance[best])),
            curves, tuple(labels.tolist()) if self.model.classes else (), best,
        )  # fmt: skip


def _first_of_each(labels: Int[Tensor, "n"]) -> list[int]:
    """Where each label stands first, for the CLASS_CANDIDATES that come first."""
    found = [int((labels == label).nonzero()[0]) for label in labels.unique()]
    return sorted(found)[:CLASS_CANDIDATES]


def _rate(along: float) -> float:
    """Adam's, at a share of the way."""
    return RATE * min(1.0, along / WARM_UP + 0.1) * (1 + math.cos(math.pi * along)) / 2


def _pull(z: Float[Tensor, "z r"]) -> Float[Tensor, "r"]:
    return PULL * z.square().mean(0)


def habit(model: ImageModel) -> DrawingStyle:
    """How a model draws, as its samples have it."""
    return habit_of(model.sample(range(LOOKED_AT)))
