"""Searches for pictures, for many visitors: what they send is checked, and they come in turn."""

import math
import threading
from collections.abc import Mapping
from typing import Any, NamedTuple, NoReturn

import torch
from jaxtyping import Bool, UInt8
from torch import Tensor

from ganplay.common.devices import threads
from ganplay.common.settings import MAX_SEED, Problem
from ganplay.latent.model_store import ModelStore, ModelStoreError
from ganplay.latent.projection import (
    MOST_RESTARTS,
    MOST_STEPS,
    RESTARTS,
    STEPS,
    Found,
    Tell,
    habit,
    project,
)
from ganplay.media.uploads import DrawingStyle, Fitted, fitted

BOUNDS = {
    "restarts": (1, MOST_RESTARTS, RESTARTS),
    "steps": (1, MOST_STEPS, STEPS),
    "seed": (0, MAX_SEED, 0),
}
"""What may be asked for: the least, the most, and what is taken where nothing is said."""


class ProjectionRequest(NamedTuple):
    """What is to be found, see `projection.project`."""

    model: str
    target: UInt8[Tensor, "c h w"]
    hidden: Bool[Tensor, "h w"] | None
    label: int | None
    restarts: int
    steps: int
    seed: int


class ProjectionQueue:
    """Searches in the models of a gallery, one at a time in a thread of their own.

    So many that wait leave a core to those who move a slider.
    """

    def __init__(self, gallery: ModelStore) -> None:
        self.gallery = gallery
        self.pool = threads(1, "finder")
        self._habits: dict[str, DrawingStyle] = {}
        self._stopped = threading.Event()

    def shape(self, name: object) -> tuple[int, int, int]:
        """Of a model's pictures, (c, h, w).

        Raises:
            GalleryError: if there is none of that name.
        """
        if not isinstance(name, str) or name not in self.gallery.cards:
            known = ", ".join(self.gallery.cards) or "(none here)"
            _refuse("model", name, f"one of {known}", "no_model")
        return self.gallery.cards[name].shape

    def habit(self, name: str) -> DrawingStyle:
        """How a model draws."""
        if name not in self._habits:
            self._habits[name] = habit(self.gallery.model(name))
        return self._habits[name]

    def picture(self, name: str, data: bytes, mask: bytes | None = None) -> Fitted:
        """A file's picture in a model's shape, see `uploads.fitted`.

        Raises:
            GalleryError: if there is no such model.
            UploadError: if the file cannot be used.
        """
        return fitted(data, self.shape(name), self.habit(name), mask)

    def order(self, asked: Mapping[str, Any], content: bytes) -> ProjectionRequest:
        """What a page orders: settings by name, and the bytes of the picture and of a mask.

        Args:
            asked: `model`, and if wanted `label`, `restarts`, `steps`, `seed`.
            content: a picture of the model's shape; behind it, if some of it is hidden, a byte
                for each place, which is not 0 there.

        Raises:
            GalleryError: naming the field that cannot be used.
        """
        shape = self.shape(asked.get("model"))
        size, area = math.prod(shape), math.prod(shape[1:])
        if len(content) not in (size, size + area):
            _refuse("picture", len(content), f"{size} bytes, or {size + area} with a mask")
        pixels = torch.frombuffer(bytearray(content), dtype=torch.uint8)
        hidden = pixels[size:].view(shape[1:]) != 0 if len(content) > size else None
        return self.checked(asked, pixels[:size].view(shape), hidden)

    def checked(
        self, asked: Mapping[str, Any], target: Tensor, hidden: Tensor | None
    ) -> ProjectionRequest:
        """An order for a picture that is of the model's shape already.

        Raises:
            GalleryError: naming the field that cannot be used.
        """
        if hidden is not None and bool(hidden.all()):
            _refuse("mask", "all", "something must be left to be looked at", "hidden")
        classes, label = self.gallery.cards[asked["model"]].classes, asked.get("label")
        if label is not None and not classes:
            _refuse("label", label, "this model is not conditional", "no_classes")
        if label is not None:
            _whole("label", label, 0, classes - 1)
        numbers = {
            name: _whole(name, asked.get(name, usual), low, high)
            for name, (low, high, usual) in BOUNDS.items()
        }
        return ProjectionRequest(asked["model"], target, hidden, label, **numbers)

    def find(self, order: ProjectionRequest, tell: Tell) -> Found:
        """Do it, in this thread; see `projection.project`."""
        model = self.gallery.model(order.model)
        return project(
            model, order.target, order.hidden, label=order.label, restarts=order.restarts,
            steps=order.steps, seed=order.seed, tell=tell,
        )  # fmt: skip

    def stop(self) -> None:
        """Let the thread go: what it does is given up, what waits is not begun."""
        self._stopped.set()
        self.pool.shutdown(wait=False, cancel_futures=True)


def _whole(name: str, value: object, low: int, high: int) -> int:
    if type(value) is not int or not low <= value <= high:
        _refuse(name, value, f"a whole number from {low} to {high}")
    return value


def _refuse(field: str, value: object, allowed: str, code: str = "message") -> NoReturn:
    raise ModelStoreError(Problem(field, str(value)[:40], allowed, None, code))
