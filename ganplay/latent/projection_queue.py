"""Projections for many visitors: requests are checked and run one after the other."""

import math
import threading
from collections.abc import Mapping
from typing import Any, NamedTuple, NoReturn

import torch
from jaxtyping import Bool, UInt8
from torch import Tensor

from ganplay.common.devices import threads
from ganplay.common.settings import MAX_SEED, Problem
from ganplay.latent.inversion_fit import class_reading, fit_of
from ganplay.latent.model_store import ModelStore, ModelStoreError
from ganplay.latent.projection import (
    MAX_RESTARTS,
    MAX_STEPS,
    RESTARTS,
    STEPS,
    ProjectionResult,
    Tell,
    drawing_style,
    project,
)
from ganplay.media.ink import LEVELS
from ganplay.media.uploads import DrawingStyle, Fitted, fitted

BOUNDS = {
    "restarts": (1, MAX_RESTARTS, RESTARTS),
    "steps": (1, MAX_STEPS, STEPS),
    "seed": (0, MAX_SEED, 0),
}
"""Lowest value, highest value and default of each number in a request."""


class ProjectionRequest(NamedTuple):
    """Arguments of `projection.project`, checked, with the model by its name."""

    model: str
    target: UInt8[Tensor, "c h w"]
    hidden: Bool[Tensor, "h w"] | None
    label: int | None
    restarts: int
    steps: int
    seed: int


class ProjectionQueue:
    """Searches in the models of a store, one at a time in a thread of their own.

    So however many wait, a core is left to those who move a slider.
    """

    def __init__(self, model_store: ModelStore) -> None:
        self.model_store = model_store
        self.pool = threads(1, "projection")
        self._styles: dict[str, DrawingStyle] = {}
        self._stopped = threading.Event()

    def shape(self, name: object) -> tuple[int, int, int]:
        """The shape (c, h, w) of a model's pictures.

        Raises:
            ModelStoreError: if there is none of that name.
        """
        return self.model_store.card(name).shape

    def drawing_style(self, name: str) -> DrawingStyle:
        """How a model draws."""
        if name not in self._styles:
            self._styles[name] = drawing_style(self.model_store.model(name))
        return self._styles[name]

    def picture(
        self, name: str, data: bytes, mask: bytes | None = None, level: int | None = None
    ) -> Fitted:
        """A file's picture in a model's shape, see `uploads.fitted`.

        Raises:
            ModelStoreError: if there is no such model, or the level of ink is out of bounds.
            UploadError: if the file cannot be used.
        """
        shape = self.shape(name)
        if level is not None:
            _integer("ink", level, *LEVELS)
        return fitted(data, shape, self.drawing_style(name), mask, level)

    def read_request(self, options: Mapping[str, Any], content: bytes) -> ProjectionRequest:
        """A page's request: options by name, and the bytes of the picture and of a mask.

        Args:
            options: `model`, and optionally `label`, `restarts`, `steps`, `seed`.
            content: c h w bytes of the picture; if some of it is hidden, h w bytes of a mask
                follow, which are not 0 there.

        Raises:
            ModelStoreError: naming the field that cannot be used.
        """
        shape = self.shape(options.get("model"))
        size, area = math.prod(shape), math.prod(shape[1:])
        if len(content) not in (size, size + area):
            _refuse("picture", len(content), f"{size} bytes, or {size + area} with a mask")
        pixels = torch.frombuffer(bytearray(content), dtype=torch.uint8)
        hidden = pixels[size:].view(shape[1:]) != 0 if len(content) > size else None
        return self.request(options, pixels[:size].view(shape), hidden)

    def request(
        self, options: Mapping[str, Any], target: Tensor, hidden: Tensor | None
    ) -> ProjectionRequest:
        """A request for a picture that has the model's shape already; see `read_request`.

        Raises:
            ModelStoreError: naming the field that cannot be used.
        """
        if hidden is not None and bool(hidden.all()):
            _refuse("mask", "all", "something must be left to be looked at", "hidden")
        classes, label = self.model_store.cards[options["model"]].classes, options.get("label")
        if label is not None and not classes:
            _refuse("label", label, "this model is not conditional", "no_classes")
        if label is not None:
            _integer("label", label, 0, classes - 1)
        numbers = {
            name: _integer(name, options.get(name, usual), low, high)
            for name, (low, high, usual) in BOUNDS.items()
        }
        return ProjectionRequest(options["model"], target, hidden, label, **numbers)

    def find(self, request: ProjectionRequest, tell: Tell) -> ProjectionResult:
        """Run a request in the calling thread; see `projection.project`."""
        arguments = request._asdict()
        return project(self.model_store.model(arguments.pop("model")), **arguments, tell=tell)

    def judged(self, request: ProjectionRequest, found: ProjectionResult) -> dict[str, Any]:
        """What a result is worth, as JSON has it.

        `fit` says whether it fits the target (`inversion_fit.Fit`), `read` which classes are read
        from the target and from the picture; null where that is not known.
        """
        card = self.model_store.card(request.model)
        fit = fit_of(card, found.error)
        # Of a target that is hidden in part no class can be read.
        whole = request.hidden is None or not bool(request.hidden.any())
        read = class_reading(card, request.target, found.picture) if whole else None
        return {"fit": fit and fit._asdict(), "read": read and read._asdict()}

    def stop(self) -> None:
        """End the thread; the running search is given up, those that wait are dropped."""
        self._stopped.set()
        self.pool.shutdown(wait=False, cancel_futures=True)


def _integer(name: str, value: object, low: int, high: int) -> int:
    if type(value) is not int or not low <= value <= high:
        _refuse(name, value, f"a whole number from {low} to {high}")
    return value


def _refuse(field: str, value: object, allowed: str, code: str = "message") -> NoReturn:
    raise ModelStoreError(Problem(field, str(value)[:40], allowed, None, code))
