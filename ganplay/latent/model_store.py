"""The bundled image models for many visitors at once: found by name, loaded when first asked for.

A visitor names a model and states as strings, and gets bytes; no path ever comes from outside.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

import torch

from ganplay.common.devices import out_of_memory, threads
from ganplay.common.seeding import generator_of
from ganplay.common.settings import MAX_SEED, Problem
from ganplay.images.checkpoint import Card, ImageModel, bundled, load
from ganplay.images.checkpoint import model as image
from ganplay.images.discriminator import Score
from ganplay.images.evaluation.index_cache import IndexCache
from ganplay.images.evaluation.neighbours import Neighbour, ReferenceDistances, yardstick_of
from ganplay.images.latent_state import read_state
from ganplay.images.sampler import latents
from ganplay.media.contact_sheet import contact_sheet, png

BUDGET = 2**28
"""Bytes that all models in memory may take, the one in use apart."""
MOST_PICTURES = 64
QUICK = 2
"""So few pictures do not wait behind many."""
QUICK_THREADS, THREADS = 2, 1
NUDGE = 0.35

Result = TypeVar("Result")


class ModelStoreError(ValueError):
    """What cannot be rendered; `problem` says it as data."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class Rendered(NamedTuple):
    """Pictures of states.

    Attributes:
        pixels: uint8, n x c x h x w.
        shape: (n, c, h, w).
        states: strings of what was rendered, after repairs.
        problems: what was wrong with each string.
    """

    pixels: bytes
    shape: tuple[int, int, int, int]
    states: list[str]
    problems: list[list[Problem]]

    def pngs(self, zoom: int) -> list[bytes]:
        """Each picture as a file, each pixel drawn `zoom` times as large."""
        images = torch.frombuffer(bytearray(self.pixels), dtype=torch.uint8).view(self.shape)
        return [png(contact_sheet(image[None], 1, 0, zoom)) for image in images]


class NearestImages(NamedTuple):
    """What a picture is nearest to in the training data.

    Attributes:
        pixels: of these training pictures, uint8, n x c x h x w.
        shape: (n, c, h, w).
        neighbours: how near each is.
        yardstick: how far real pictures are; None where the card does not say.
    """

    pixels: bytes
    shape: tuple[int, int, int, int]
    neighbours: list[Neighbour]
    yardstick: ReferenceDistances | None


def memory_of(card: Card) -> int:
    """Bytes that a model takes when D and all snapshots of G have been used."""
    kinds = image.kinds_of(card)
    nets = sum(kind.shape[0] for name, kind in kinds.items() if "." in name)
    kept = sum(torch.Size(k.shape).numel() * k.dtype.itemsize for k in kinds.values())
    return kept + nets * torch.float64.itemsize


class ModelStore:
    """Models and the threads that render with them.

    Args:
        budget: bytes that models in memory may take; the last one used stays in any case.
        indexes: of what they learnt from.
        device: where pictures are made.
    """

    def __init__(
        self,
        budget: int = BUDGET,
        indexes: IndexCache | None = None,
        device: torch.device | str = "cpu",
    ) -> None:
        self.budget, self.device = budget, device
        self.indexes = indexes or IndexCache()
        folders = {name: image.BUNDLED / name / image.CARD for name in bundled()}
        self.cards = {n: Card.from_json(path.read_bytes()) for n, path in folders.items()}
        self._models: OrderedDict[str, ImageModel] = OrderedDict()
        self._lock = threading.Lock()
        self._quick, self._slow = threads(QUICK_THREADS, "gallery"), threads(THREADS, "gallery")

    @property
    def in_memory(self) -> list[str]:
        """Names of the models that are loaded, the one used last at the end."""
        with self._lock:
            return list(self._models)

    def catalogue(self) -> list[dict[str, Any]]:
        """What there is to be said of each model before it is loaded."""
        return [_about(card) for card in self.cards.values()]

    def model(self, name: str) -> ImageModel:
        """A model by its name; what was least used goes where memory is short.

        Raises:
            ModelStoreError: if there is none of that name.
        """
        if name not in self.cards:
            known = ", ".join(self.cards) or "(none here)"
            raise ModelStoreError(Problem("model", name[:80], f"one of {known}", None, "no_model"))
        with self._lock:
            if name not in self._models:
                self._models[name] = self._loaded(name)
            self._models.move_to_end(name)
            while len(self._models) > 1 and self._taken() > self.budget:
                self._models.popitem(last=False)
            return self._models[name]

    def _loaded(self, name: str) -> ImageModel:
        """A model from the disk; where memory is short in place of all others."""
        try:
            return load(name).to(self.device)
        except (MemoryError, RuntimeError) as error:
            if not (self._models and out_of_memory(error)):
                raise
        self._models.clear()
        return load(name).to(self.device)

    def _taken(self) -> int:
        return sum(memory_of(self.cards[name]) for name in self._models)

    def render(self, name: str, texts: Sequence[str]) -> Rendered:
        """Pictures of state strings; what a string cannot mean for this model is left out of it.

        Args:
            name: of the model.
            texts: 1 to MOST_PICTURES states.

        Raises:
            ModelStoreError: if there is no such model, or that is not how many can be rendered.
        """
        if not 1 <= len(texts) <= MOST_PICTURES:
            why = f"1 to {MOST_PICTURES} at once are possible"
            raise ModelStoreError(Problem("states", len(texts), why, None, "count"))
        model = self.model(name)
        read = [read_state(text, name, model.space) for text in texts]
        states, problems = [s for s, _ in read], [p for _, p in read]
        pictures = model.render(states)
        n, c, h, w = pictures.shape
        return Rendered(pictures.numpy().tobytes(), (n, c, h, w), list(map(str, states)), problems)

    def latent(self, name: str, text: str) -> list[float]:
        """The latent vector that a state begins with: before truncation and what was set by hand.

        Raises:
            ModelStoreError: if there is no such model.
        """
        model = self.model(name)
        state, _ = read_state(text, name, model.space)
        own = replace(state, truncation=1.0, values=(), moves=(), own=())
        return [round(v, 4) for v in own.latent(model.directions).tolist()]

    def verdict(self, name: str, text: str) -> Score:
        """What D says of the picture of a state.

        Raises:
            ModelStoreError: if there is no such model.
        """
        model = self.model(name)
        return model.score(read_state(text, name, model.space)[0])

    def nearest(self, name: str, text: str) -> NearestImages | float:
        """The training pictures nearest to that of a state, or the share of their index's making.

        Raises:
            ModelStoreError: if there is no such model.
            MissingData: if what it learnt from is not here.
        """
        model = self.model(name)
        index = self.indexes.of(model.card)
        if isinstance(index, float):
            return index
        found = index.nearest(model.render([read_state(text, name, model.space)[0]])[0])
        pictures = index.learnt.pictures([one.place for one in found])
        n, c, h, w = pictures.shape
        yardstick = yardstick_of(model.card, index.judge)
        return NearestImages(pictures.numpy().tobytes(), (n, c, h, w), found, yardstick)

    def nudged(self, name: str, text: str, seed: int) -> str:
        """The state a small random move away, as far out from the middle as before on average.

        `sqrt(1 - a^2) z + a e` with a standard normal e is as normal as z was.

        Args:
            name: of the model.
            text: the state.
            seed: of the move, 0 to MAX_SEED.

        Raises:
            ModelStoreError: if there is no such model, or the seed is out of bounds.
        """
        if not 0 <= seed <= MAX_SEED:
            allowed = f"a whole number from 0 to {MAX_SEED}"
            raise ModelStoreError(Problem("seed", seed, allowed, None, "bounds"))
        model = self.model(name)
        state, _ = read_state(text, name, model.space)
        dim = model.space.dim
        z = torch.tensor(state.at) if state.at else latents([state.seed], dim)[0]
        move = torch.randn(dim, generator=generator_of(seed, "nudge"))
        at = (1 - NUDGE**2) ** 0.5 * z + NUDGE * move
        # As a string can hold it: in half precision.
        return str(replace(state, seed=0, at=tuple(at.half().tolist())))

    def submit(self, work: Callable[..., Result], *arguments: Any, pictures: int) -> Future[Result]:
        """Have one of our threads do something that makes so many pictures."""
        pool = self._quick if pictures <= QUICK else self._slow
        return pool.submit(work, *arguments)

    def stop(self) -> None:
        """Let the threads go when they have done what is waiting."""
        self._quick.shutdown(wait=False)
        self._slow.shutdown(wait=False)
        self.indexes.stop()


def _about(card: Card) -> dict[str, Any]:
    figures: dict[str, Any] = card.metrics
    found = {name: figures.get(name) for name in ("frechet", "accuracy")}
    quality = {k: v.get("samples") for k, v in found.items() if isinstance(v, dict)}
    return {
        "name": card.name,
        "data": card.data.name,
        "count": card.data.count,
        "shape": list(card.shape),
        "labels": list(card.labels[: card.classes]),
        "steps": [*card.snapshots, card.steps],
        "dim": card.config.noise_dim,
        "named": [direction.name for direction in card.named],
        "quality": {k: v for k, v in quality.items() if isinstance(v, int | float)},
    }
