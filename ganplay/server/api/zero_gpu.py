"""Work on image models for which a ZeroGPU Space lends a GPU: many pictures, films, searches.

There the GPU comes to one call of a function, in a process of its own that is a copy of the
server's: arguments and results travel, and nothing else that the call changes. What the page
draws while a hand moves stays on the CPU, where it takes a twentieth of the time that a GPU
takes to come. Everywhere else these are the plain functions.
"""

import os
from collections.abc import Callable
from contextvars import copy_context
from functools import cached_property
from typing import Any, ParamSpec, TypeVar

from ganplay.common.devices import device_of
from ganplay.latent.model_store import ModelStore, Rendered
from ganplay.latent.projection import ProjectionResult
from ganplay.latent.projection_queue import ProjectionQueue, ProjectionRequest
from ganplay.latent.walk import Walk
from ganplay.latent.walk_export import File, export_walk

try:
    import spaces
    from spaces.config import Config
except ImportError:
    spaces = None

P = ParamSpec("P")
R = TypeVar("R")

ON_ZERO_GPU = spaces is not None and bool(Config.zero_gpu)
"""Whether a GPU is lent here, call by call."""
MIN_PICTURES = 16
"""Fewer pictures are made sooner on the CPU."""


def on_zero_gpu(work: Callable[P, R], seconds: int) -> Callable[P, R]:
    """Work that has a GPU on ZeroGPU, for so long at most; elsewhere the work as it is."""
    return spaces.GPU(work, duration=seconds) if ON_ZERO_GPU else work


def in_context(work: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> Callable[[], R]:
    """Work to be done in a thread, which is to know whose request it is for: quotas are theirs."""
    context = copy_context()
    return lambda: context.run(work, *arguments, **named)


def usual_device() -> str:
    """Where the server's own pictures are made: a GPU if there is one for good."""
    return "cpu" if ON_ZERO_GPU else str(device_of("auto"))


class GpuJobs:
    """The long work of the named endpoints.

    Args:
        model_store: the server's own.
        projection_queue: the same.
    """

    def __init__(self, model_store: ModelStore, projection_queue: ProjectionQueue) -> None:
        self._model_store, self._projection_queue = model_store, projection_queue
        self._home = os.getpid()
        self._gpu_render = on_zero_gpu(self._render, 30)
        self._gpu_find = on_zero_gpu(self._find, 60)
        self._gpu_export = on_zero_gpu(self._export, 60)

    def render(self, name: str, texts: list[str]) -> Rendered:
        """See `ModelStore.render`."""
        return (self._gpu_render if len(texts) >= MIN_PICTURES else self._render)(name, texts)

    def find(self, request: ProjectionRequest, tell: Callable[[Any], bool]) -> ProjectionResult:
        """See `ProjectionQueue.find`; on a lent GPU there is no news of its progress."""
        if ON_ZERO_GPU:
            return self._gpu_find(request)
        return self._projection_queue.find(request, tell)

    def export(
        self, name: str, walk: Walk, kind: str, zoom: int, tell: Callable[[int, int], bool]
    ) -> File:
        """See `walk_export.export_walk`, with the model by its name."""
        if ON_ZERO_GPU:
            return self._gpu_export(name, walk, kind, zoom)
        return export_walk(self._model_store.model(name), walk, kind, zoom, tell)

    @cached_property
    def _own(self) -> ModelStore:
        # The copy's own: a lock of the server's may be held for ever there.
        folders = self._model_store.shelf.folders
        return ModelStore(device=device_of("auto"), folders=folders)

    @property
    def _models(self) -> ModelStore:
        return self._model_store if os.getpid() == self._home else self._own

    def _render(self, name: str, texts: list[str]) -> Rendered:
        return self._models.render(name, texts)

    def _find(self, request: ProjectionRequest) -> ProjectionResult:
        return ProjectionQueue(self._models).find(request, lambda _: True)

    def _export(self, name: str, walk: Walk, kind: str, zoom: int) -> File:
        return export_walk(self._models.model(name), walk, kind, zoom)
