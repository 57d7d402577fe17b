"""Routes of walks: the frames of one as they are made, and one as a file.

A page posts the walk's string and gets chunks of `common.wire`, whose heads' types are start,
progress, frames, end, file, error. Who leaves ends the work: between two chunks, which is well
within a second.
"""

import threading
from functools import partial
from typing import Any, NamedTuple

from pydantic import Field
from starlette.responses import Response
from starlette.routing import BaseRoute

from ganplay.common.devices import threads
from ganplay.common.settings import Problem, as_plain
from ganplay.common.wire import pack_chunk
from ganplay.images.checkpoint import ImageModel
from ganplay.latent.model_store import ModelStore, ModelStoreError
from ganplay.latent.walk import Walk, iter_frames, states_of
from ganplay.latent.walk_export import KINDS, MAX_ZOOM, export_walk, latent_norms, pace_of, suffix
from ganplay.latent.walk_string import read_walk
from ganplay.media.video import Cancelled
from ganplay.server.explore.request import problem_of
from ganplay.server.http.guard import Guard, PageRequest
from ganplay.server.http.messages import PageMessage, refuse, validated
from ganplay.server.http.shared_streams import Send, SharedStream, StreamedResponse
from ganplay.server.http.slots import Slots

MAX_WALKS = 4
"""Walks that are made or wait for the thread that makes them."""
MAX_FRAMES, MAX_SIDE = 720, 512
"""Frames of a visitor's walk, and pixels of a side of its file."""


class WalkRequest(PageMessage):
    """A walk as a page asks for it.

    Attributes:
        model: its name.
        walk: its string.
        kind: of file; None to see its frames.
        zoom: of a file.
    """

    model: str = Field(description="a name is needed")
    walk: str = Field(description="a text is needed")
    kind: str | None = Field(
        None, pattern=f"^({'|'.join(KINDS)})$", description="one of " + ", ".join(KINDS)
    )
    zoom: int = Field(1, ge=1, le=MAX_ZOOM, description=f"a whole number from 1 to {MAX_ZOOM}")


class PlannedWalk(NamedTuple):
    """A model, a walk through it, and what was wrong with the walk's string."""

    model: ImageModel
    walk: Walk
    problems: list[Problem]


def checked(planned: PlannedWalk) -> PlannedWalk:
    """The same.

    Raises:
        ConfigError: if it is longer than a visitor's walk may be.
    """
    count = planned.walk.frames
    if count > MAX_FRAMES:
        refuse("frames", count, f"a whole number from 2 to {MAX_FRAMES}", "bounds")
    return planned


class WalkRoutes:
    """The routes of one model store, and the one thread that makes walks.

    Sliders have threads of their own, which a walk does not hold up.
    """

    def __init__(self, model_store: ModelStore) -> None:
        self.model_store = model_store
        self.pool = threads(1, "walks")
        self.slots = {"walks": Slots(MAX_WALKS)}
        self._stopped = threading.Event()

    def plan(self, asked: WalkRequest) -> PlannedWalk:
        """The walk that a request means.

        Raises:
            ModelStoreError: if there is no such model, or its string stands for no walk.
            ConfigError: if it is larger than a visitor's walk may be.
        """
        model = self.model_store.model(asked.model)
        walk, problems = read_walk(asked.walk, asked.model, model.space)
        if walk is None:
            raise ModelStoreError(problems[-1])
        side = max(model.card.shape[1:])
        if asked.zoom * side > MAX_SIDE:
            refuse("zoom", asked.zoom, f"at most {MAX_SIDE // side} is possible", "bounds")
        return checked(PlannedWalk(model, walk, problems))

    def stop(self) -> None:
        """End what is being made, and let the thread go."""
        self._stopped.set()
        self.pool.shutdown(wait=False, cancel_futures=True)

    async def request(self, request: PageRequest) -> Response:
        """A walk and its chunks."""
        asked = validated(WalkRequest, request.json())
        stream = SharedStream(partial(self._make, asked), self.pool)
        return StreamedResponse(stream, request.held.pop_all())

    def _make(self, asked: WalkRequest, send: Send) -> bytes:
        """All chunks, in the thread that makes walks."""

        def send_on(chunk: bytes) -> bool:
            return send(chunk) and not self._stopped.is_set()

        try:
            planned = self.plan(asked)
            start = {
                "type": "start", "walk": str(planned.walk), "frames": planned.walk.frames,
                "shape": planned.model.card.shape, "problems": as_plain(planned.problems),
            }  # fmt: skip
            if not send_on(pack_chunk(start)):
                raise Cancelled
            if asked.kind is None:
                return _frames(planned, send_on)
            return _file(planned, asked.kind, asked.zoom, send_on)
        except Cancelled:
            return pack_chunk({"type": "gone"})
        except Exception as error:  # nobody else would answer the page
            return pack_chunk({"type": "error", "problem": as_plain([problem_of(error)])[0]})

    def all(self) -> list[BaseRoute]:
        """To be handed to the app."""
        return [Guard(self.request, json=True, slots=self.slots["walks"]).route("explore/walk")]


def _frames(planned: PlannedWalk, send: Send) -> bytes:
    """Frames as they are made."""
    model, walk, _ = planned
    parts = []
    for part in iter_frames(model, walk):
        parts.append(part)
        head: dict[str, Any] = {"type": "progress", "done": part.done, "of": part.of}
        if len(part.images):
            head |= {
                "type": "frames", "count": len(part.images), "norms": latent_norms(part),
                "states": list(map(str, states_of(walk, part))),
            }  # fmt: skip
        if not send(pack_chunk(head, part.images.numpy().tobytes())):
            raise Cancelled
    pace = pace_of(walk, parts)
    return pack_chunk({"type": "end"} | pace._asdict())


def _file(planned: PlannedWalk, kind: str, zoom: int, send: Send) -> bytes:
    """Progress, then a file."""

    def progress(done: int, of: int) -> bool:
        return send(pack_chunk({"type": "progress", "done": done, "of": of}))

    file = export_walk(planned.model, planned.walk, kind, zoom, progress)
    name = f"{planned.model.card.name}-walk.{suffix(kind)}"
    return pack_chunk({"type": "file", "name": name} | file.pace._asdict(), file.data)
