"""Projection: find the state of a model whose picture is nearest to a given one.

Starting from the nearest of many samples, latent vectors descend the gradient of

    L(z) = sum over visible pixels of (x - G(z))^2 / N + PRIOR_WEIGHT |z|^2 / d

with N the number of all pixels, which are from -1 to 1, and d the dimensions of z. The first term
is projection by optimisation (Zhu et al. 2016, "Generative visual manipulation on the natural
image manifold"); to sum over some pixels only is inpainting (Yeh et al. 2017, "Semantic image
inpainting with deep generative models"). The second one is, up to a factor and a constant, minus
log p(z) of the normal prior. So the minimum of L is the most probable z if pixels have normal
errors of variance `PRIOR_WEIGHT N / d`, and it lies where the model's own latent vectors do.
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
from ganplay.media.uploads import DrawingStyle, drawing_style_of
from ganplay.media.video import Cancelled

RESTARTS, STEPS = 8, 200
MAX_RESTARTS, MAX_STEPS = 32, 1000
PRIOR_WEIGHT = 0.003
"""Measured on held-out digits: without the prior |z| is 1.4 times as long as that of samples, with
it as long, for 2 % more error; ten times the weight costs 30 % more."""
LEARNING_RATE, WARM_UP = 0.2, 0.05
"""Of Adam at its peak, and the share of steps until then; afterwards it falls along a cosine."""
SAMPLES = 1024
"""From which the starting points are chosen, spread evenly over the possible classes."""
CLASS_CANDIDATES, CLASS_STEPS = 32, 40
"""Where the class is not known: how many classes are tried at most, and for how many steps."""
GREY_LEVELS = 127.5
"""Grey levels of 255 in a unit of pixels that are from -1 to 1."""
CHUNK = 64
"""Samples that are rendered at once."""
STYLE_SAMPLES = 64
"""Samples from which a model's drawing style is read."""

Picture = UInt8[Tensor, "c h w"]


class Progress(NamedTuple):
    """A moment of a search.

    Attributes:
        stage: "samples" while the nearest samples are looked for; "classes" while each candidate
            is tried for a few steps, where the class is not known; "descent" of the restarts.
        done: units of work that are done.
        total: units of work in all.
        errors: root mean square errors of each class or restart, in grey levels of 255.
        picture: the best so far; None before there is one.
    """

    stage: str
    done: int
    total: int
    errors: Float[Tensor, "r"]
    picture: Picture | None


class ProjectionResult(NamedTuple):
    """The result of a search.

    Attributes:
        state: the best one, its latent vector in half precision as its string has it.
        picture: of that very state.
        error: its root mean square error over the visible pixels, in grey levels of 255.
        curves: errors of each restart before each step.
        labels: the class of each restart; empty for a model without.
        best: index of the restart that the state is from.
    """

    state: LatentState
    picture: Picture
    error: float
    curves: Float[Tensor, "r t"]
    labels: tuple[int, ...]
    best: int


Tell = Callable[[Progress], bool]


class _Target(NamedTuple):
    """The picture to find: pixels from -1 to 1; `visible` is 1 where they count and else 0."""

    pixels: Float[Tensor, "c h w"]
    visible: Float[Tensor, "h w"]

    def distance(self, pictures: Float[Tensor, "n c h w"]) -> Float[Tensor, "n"]:
        """Sum of squared differences of visible pixels, divided by the number of all pixels."""
        apart = (pictures - self.pixels) * self.visible
        return apart.square().sum((1, 2, 3)) / self.pixels.numel()

    def error(self, distance: Tensor) -> Tensor:
        """A distance as root mean square over the visible pixels, in grey levels of 255."""
        return (distance / self.visible.mean()).sqrt() * GREY_LEVELS


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
) -> ProjectionResult:
    """The state of a model whose picture is nearest to a given one.

    Args:
        model: is searched.
        target: a picture of the model's shape.
        hidden: True where the target is ignored, for the model to fill in.
        label: the class to search in; None searches all classes of a conditional model.
        restarts: starting points of the descent, 1 to MAX_RESTARTS.
        steps: of each descent, 1 to MAX_STEPS.
        seed: of the samples from which the starting points are chosen; the same seed gives the
            same result.
        tell: is called with each `Progress`; returns False to cancel the search.

    Raises:
        ValueError: naming the argument, its value and what is possible.
        Cancelled: if `tell` returned False.
    """
    _check(model, target, hidden, label, restarts, steps)
    visible = torch.ones(target.shape[1:]) if hidden is None else (~hidden).float()
    wanted = _Target(target.float() / 127.5 - 1, visible)
    classes = list(range(model.classes)) if label is None else [label]
    search = _Search(model, wanted, classes, tell)
    class_steps = CLASS_STEPS if len(search.classes) > 1 else 0
    search.total = SAMPLES // CHUNK + class_steps + steps
    z, labels = search.start(restarts, seed)
    if class_steps:
        tried, _ = search.descend(z, labels, class_steps, "classes")
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
    for name, value, most in (("restarts", restarts, MAX_RESTARTS), ("steps", steps, MAX_STEPS)):
        if not 1 <= value <= most:
            raise ValueError(f"{name}: {value}; a whole number from 1 to {most} is needed")


class _Search:
    """A search for one picture in one model."""

    def __init__(self, model: ImageModel, target: _Target, classes: list[int], tell: Tell) -> None:
        self.model, self.target, self.classes, self._tell = model, target, classes, tell
        self.pictures = model.sampler().single()
        self.done = self.total = 0

    def tell(self, stage: str, errors: Tensor, pictures: Tensor | None = None) -> None:
        """Report progress; one more unit of work is then done.

        Raises:
            Cancelled: if the caller wants no more.
        """
        best = None if pictures is None else to_bytes(pictures[errors.argmin()][None])[0]
        if not self._tell(Progress(stage, self.done, self.total, errors, best)):
            raise Cancelled
        self.done += 1

    def one_hot(self, labels: Int[Tensor, "n"]) -> Float[Tensor, "n k"] | None:
        """Labels as the generator takes them; None for a model without classes."""
        classes = self.model.classes
        return torch.nn.functional.one_hot(labels, classes).float() if classes else None

    def start(self, restarts: int, seed: int) -> tuple[Float[Tensor, "z n"], Int[Tensor, "n"]]:
        """The samples nearest to the target, the nearest one of each class, and their labels."""
        generator = generator_of(seed, "projection")
        z = torch.randn(self.model.space.dim, SAMPLES, generator=generator)
        labels = torch.tensor(self.classes or [0])
        labels = labels.repeat(math.ceil(SAMPLES / len(labels)))[:SAMPLES]
        distances = []
        for place in range(0, SAMPLES, CHUNK):
            self.tell("samples", torch.empty(0))
            part = slice(place, place + CHUNK)
            with torch.no_grad():
                pictures = self.pictures(z[:, part].T, self.one_hot(labels[part]))
            distances.append(self.target.distance(pictures))
        order = torch.cat(distances).argsort()
        firsts = _first_of_each(labels[order]) if len(self.classes) > 1 else []
        others = [place for place in range(SAMPLES) if place not in firsts]
        chosen = order[sorted([*firsts, *others[:restarts]])]
        return z[:, chosen], labels[chosen]

    def descend(
        self, start: Float[Tensor, "z r"], labels: Int[Tensor, "r"], steps: int, stage: str
    ) -> tuple[Float[Tensor, "z r"], Float[Tensor, "r t"]]:
        """Latent vectors after gradient descent from `start`, and the errors before each step."""
        z, label = start.clone().requires_grad_(), self.one_hot(labels)
        optimizer = torch.optim.Adam([z], betas=(0.9, 0.99))
        curves = []
        for step in range(steps):
            optimizer.param_groups[0]["lr"] = _learning_rate(step / steps)
            pictures = self.pictures(z.T, label)
            distance = self.target.distance(pictures)
            (z.grad,) = torch.autograd.grad((distance + prior_penalty(z)).sum(), z)
            optimizer.step()
            curves.append(self.target.error(distance.detach()))
            self.tell(stage, curves[-1], pictures.detach())
        return z.detach(), torch.stack(curves, dim=1)

    def loss(self, z: Float[Tensor, "z r"], labels: Int[Tensor, "r"]) -> Float[Tensor, "r"]:
        """L(z) of each."""
        with torch.no_grad():
            distance = self.target.distance(self.pictures(z.T, self.one_hot(labels)))
        return distance + prior_penalty(z)

    def found(
        self, z: Float[Tensor, "z r"], labels: Int[Tensor, "r"], curves: Float[Tensor, "r t"]
    ) -> ProjectionResult:
        """The best of the final latent vectors, rounded to half precision as its state holds it."""
        rounded = z.half()
        label = self.one_hot(labels)
        pictures = self.model.sampler().pictures(rounded.T.double(), label)
        distance = self.target.distance(pictures).float()
        best = int((distance + prior_penalty(rounded.float())).argmin())
        label_part = ((int(labels[best]), 1.0),) if labels[best] else ()
        state = LatentState(
            self.model.card.name, at=tuple(rounded[:, best].double().tolist()), label=label_part
        )
        return ProjectionResult(
            state, self.model.render([state])[0], float(self.target.error(distance[best])),
            curves, tuple(labels.tolist()) if self.model.classes else (), best,
        )  # fmt: skip


def _first_of_each(labels: Int[Tensor, "n"]) -> list[int]:
    """Indexes at which each label occurs first, for the first CLASS_CANDIDATES of them."""
    found = [int((labels == label).nonzero()[0]) for label in labels.unique()]
    return sorted(found)[:CLASS_CANDIDATES]


def _learning_rate(along: float) -> float:
    """Of Adam, at a share of all steps."""
    return LEARNING_RATE * min(1.0, along / WARM_UP + 0.1) * (1 + math.cos(math.pi * along)) / 2


def prior_penalty(z: Float[Tensor, "..."], dim: int = 0) -> Float[Tensor, "..."]:
    """The second term of L(z) of latent vectors, whose numbers are along `dim`."""
    return PRIOR_WEIGHT * z.square().mean(dim)


def drawing_style(model: ImageModel) -> DrawingStyle:
    """How a model draws, read from its samples."""
    return drawing_style_of(model.sample(range(STYLE_SAMPLES)))
