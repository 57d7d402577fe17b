"""Trained image models, shared by many visitors: loaded on first use and rendered.

A visitor names a model and states as strings, and gets bytes; no path ever comes from outside.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import torch

from ganplay.common.devices import out_of_memory, threads
from ganplay.common.seeding import generator_of
from ganplay.common.settings import MAX_SEED, Problem
from ganplay.images.checkpoint import Card, ImageModel, load
from ganplay.images.checkpoint import model as image
from ganplay.images.discriminator import Score
from ganplay.images.evaluation.index_cache import IndexCache
from ganplay.images.evaluation.neighbours import (
    Neighbour,
    ReferenceDistances,
    reference_distances_of,
)
from ganplay.images.latent_state import read_state
from ganplay.images.sampler import latents
from ganplay.latent.model_shelf import ModelShelf
from ganplay.media.contact_sheet import contact_sheet, png

MEMORY_BUDGET = 2**28
"""Bytes that all loaded models may take together, except that one is always kept."""
MOST_PICTURES = 64
"""Pictures of one call."""
MAX_QUICK_PICTURES = 2
"""Jobs of at most so many pictures have threads of their own and do not wait behind larger ones."""
QUICK_THREADS, THREADS = 2, 1
PERTURBATION = 0.35
"""Standard deviation of a random move in latent space, between 0 and 1."""

Result = TypeVar("Result")


class ModelStoreError(ValueError):
    """A request that cannot be served; `problem` says why, as data."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class Rendered(NamedTuple):
    """Pictures of states.

    Attributes:
        pixels: uint8, n x c x h x w.
        shape: (n, c, h, w).
        states: strings of what was rendered, without what a string had that is not possible.
        problems: what was wrong with each string.
    """

    pixels: bytes
    shape: tuple[int, int, int, int]
    states: list[str]
    problems: list[list[Problem]]

    def pngs(self, zoom: int) -> list[bytes]:
        """Each picture as a PNG file, magnified `zoom` times."""
        images = torch.frombuffer(bytearray(self.pixels), dtype=torch.uint8).view(self.shape)
        return [png(contact_sheet(image[None], 1, 0, zoom)) for image in images]


class NearestImages(NamedTuple):
    """The training pictures nearest to a picture.

    Attributes:
        pixels: of these training pictures, uint8, n x c x h x w.
        shape: (n, c, h, w).
        neighbours: how near each is.
        reference_distances: the distances of real pictures; None where the card does not hold them.
    """

    pixels: bytes
    shape: tuple[int, int, int, int]
    neighbours: list[Neighbour]
    reference_distances: ReferenceDistances | None


def memory_of(card: Card) -> int:
    """Bytes that a model takes once its discriminator and all snapshots have been loaded."""
    specs = image.specs_of(card, image.networks_of(card))
    numbers = {name: torch.Size(spec.shape).numel() for name, spec in specs.items()}
    kept = sum(numbers[name] * spec.dtype.itemsize for name, spec in specs.items())
    nets = sum(count for name, count in numbers.items() if "." in name)
    return kept + nets * torch.float64.itemsize


class ModelStore:
    """Models and the threads that render with them.

    Args:
        budget: bytes that loaded models may take; the one used last is kept in any case.
        indexes: of their training data.
        device: that renders.
        folders: of models beside those that come along, see `ModelShelf.of`.
    """

    def __init__(
        self,
        budget: int = MEMORY_BUDGET,
        indexes: IndexCache | None = None,
        device: torch.device | str = "cpu",
        folders: Sequence[Path] = (),
    ) -> None:
        self.budget, self.device = budget, device
        self.indexes = indexes or IndexCache()
        self.shelf = ModelShelf.of(folders)
        self.cards = self.shelf.cards
        self._models: OrderedDict[str, ImageModel] = OrderedDict()
        self._lock = threading.Lock()
        self._quick, self._slow = threads(QUICK_THREADS, "models"), threads(THREADS, "models")

    @property
    def in_memory(self) -> list[str]:
        """Names of the loaded models, the least recently used first."""
        with self._lock:
            return list(self._models)

    def catalogue(self) -> list[dict[str, Any]]:
        """A description of each model, from its card alone."""
        return [_about(card) for card in self.cards.values()]

    def card(self, name: object) -> Card:
        """The card of a model by its name.

        Raises:
            ModelStoreError: if there is none of that name.
        """
        if not isinstance(name, str) or name not in self.cards:
            known = ", ".join(self.cards) or "(none here)"
            shown = str(name)[:80]
            raise ModelStoreError(Problem("model", shown, f"one of {known}", None, "no_model"))
        return self.cards[name]

    def model(self, name: str) -> ImageModel:
        """A model by its name; the least recently used ones are dropped where memory is short.

        Raises:
            ModelStoreError: if there is none of that name.
        """
        self.card(name)
        with self._lock:
            if name not in self._models:
                self._models[name] = self._load(name)
            self._models.move_to_end(name)
            while len(self._models) > 1 and self._memory() > self.budget:
                self._models.popitem(last=False)
            return self._models[name]

    def _load(self, name: str) -> ImageModel:
        """A model from the disk; if memory runs out, all others are dropped and it tries again."""
        place = self.shelf.places[name]
        try:
            return load(place).to(self.device)
        except (MemoryError, RuntimeError) as error:
            if not (self._models and out_of_memory(error)):
                raise
        self._models.clear()
        return load(place).to(self.device)

    def _memory(self) -> int:
        return sum(memory_of(self.cards[name]) for name in self._models)

    def render(self, name: str, texts: Sequence[str]) -> Rendered:
        """Pictures of state strings; what a string holds that this model lacks is left out.

        Args:
            name: of the model.
            texts: 1 to MOST_PICTURES states.

        Raises:
            ModelStoreError: if there is no such model, or too few or too many states.
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
        """The latent vector of a state without truncation, set values, moves and own directions.

        Raises:
            ModelStoreError: if there is no such model.
        """
        model = self.model(name)
        state, _ = read_state(text, name, model.space)
        own = replace(state, truncation=1.0, values=(), moves=(), own=())
        return [round(v, 4) for v in own.latent(model.directions).tolist()]

    def verdict(self, name: str, text: str) -> Score:
        """The discriminator's score of a state's picture.

        Raises:
            ModelStoreError: if there is no such model.
        """
        model = self.model(name)
        return model.score(read_state(text, name, model.space)[0])

    def nearest(self, name: str, text: str) -> NearestImages | float:
        """The training pictures nearest to that of a state.

        Instead, while their index is being made, the share of that work that is done.

        Raises:
            ModelStoreError: if there is no such model.
            MissingData: if its training data are not here.
        """
        model = self.model(name)
        index = self.indexes.of(model.card)
        if isinstance(index, float):
            return index
        found = index.nearest(model.render([read_state(text, name, model.space)[0]])[0])
        pictures = index.training_images.pictures([one.place for one in found])
        n, c, h, w = pictures.shape
        reference_distances = reference_distances_of(model.card, index.classifier)
        return NearestImages(pictures.numpy().tobytes(), (n, c, h, w), found, reference_distances)

    def perturbed(self, name: str, text: str, seed: int) -> str:
        """A state a small random move away.

        `sqrt(1 - a^2) z + a e` with a standard normal e and a = PERTURBATION: if z is standard
        normal, so is the result.

        Args:
            name: of the model.
            text: of the state.
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
        at = (1 - PERTURBATION**2) ** 0.5 * z + PERTURBATION * move
        # As a string can hold it: in half precision.
        return str(replace(state, seed=0, at=tuple(at.half().tolist())))

    def submit(self, work: Callable[..., Result], *arguments: Any, pictures: int) -> Future[Result]:
        """Run a function that renders so many pictures in one of the store's threads."""
        pool = self._quick if pictures <= MAX_QUICK_PICTURES else self._slow
        return pool.submit(work, *arguments)

    def stop(self) -> None:
        """End the threads once they have done what is waiting."""
        self._quick.shutdown(wait=False)
        self._slow.shutdown(wait=False)
        self.indexes.stop()


def _about(card: Card) -> dict[str, Any]:
    figures: dict[str, Any] = card.metrics
    found = {name: figures.get(name) for name in ("frechet", "accuracy")}
    quality = {k: v.get("samples") for k, v in found.items() if isinstance(v, dict)}
    if isinstance(found["frechet"], dict):
        quality["floor"] = found["frechet"].get("held_out")
    return {
        "name": card.name,
        "data": card.data.name,
        "count": card.data.count,
        "shape": list(card.shape),
        "labels": list(card.labels[: card.classes]),
        "steps": [*card.snapshots, card.steps],
        "dim": card.config.noise_dim,
        "ema": card.config.ema,
        "named": [direction.name for direction in card.named],
        "quality": {k: v for k, v in quality.items() if isinstance(v, int | float)},
    }
