"""Routes of projection: a file as a picture in the model's shape, and the search for it.

A search is asked for and answered in chunks of `common.wire`. They say how far it is and what the
best picture is; the last one has the state that was found, or why there is none.
"""

import asyncio
import re
import threading
import time
from functools import partial
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from ganplay.common.wire import pack_chunk, unpack_chunk
from ganplay.latent.model_store import MOST_PICTURES
from ganplay.latent.projection import Progress
from ganplay.latent.projection_queue import ProjectionQueue, ProjectionRequest
from ganplay.media.ink import LEVELS
from ganplay.media.uploads import MAX_BYTES, UploadError
from ganplay.server.explore.request import problem_of
from ganplay.server.http.guard import Guard, PageRequest, answer_json, answer_problems
from ganplay.server.http.messages import refuse
from ganplay.server.http.shared_streams import Send, SharedStream, StreamedResponse
from ganplay.server.http.slots import Slots

MAX_SEARCHES = 4
"""That wait or run: they come one after the other."""
MAX_UPLOADS = 2
"""Files that are read at a time."""
MAX_REQUEST = 2**18
"""Bytes of a search: a picture of the largest model, a mask, and what is asked for."""
PROGRESS_SECONDS = 0.1
"""Between two chunks that say how far a search is, at least."""


class ProjectionRoutes:
    """The routes of one projection queue."""

    def __init__(self, projection_queue: ProjectionQueue) -> None:
        self.projection_queue = projection_queue
        self.slots = {"searches": Slots(MAX_SEARCHES), "uploads": Slots(MAX_UPLOADS)}
        self._newest: dict[str, threading.Event] = {}

    async def picture(self, request: PageRequest) -> Response:
        """A file's picture in the shape of the model that the address names.

        The address may say from which darkness on a pixel is ink (`ink`, in percent).
        """
        name, asked = request.query.get("model", "")[:80], request.query.get("ink")
        if asked is not None and not re.fullmatch("[0-9]{1,3}", asked):
            refuse("ink", asked, "a whole number from {} to {}".format(*LEVELS))
        level = None if asked is None else int(asked)
        picture = partial(self.projection_queue.picture, level=level)
        work = self.projection_queue.model_store.submit(
            picture, name, request.body, pictures=MOST_PICTURES
        )
        made = await asyncio.wrap_future(work)
        head = {
            "type": "picture", "shape": list(made.pixels.shape),
            "notes": [note._asdict() for note in made.notes], "ink": made.level,
        }  # fmt: skip
        answer = pack_chunk(head, made.pixels.numpy().tobytes())
        return Response(answer, media_type="application/octet-stream")

    async def project(self, request: PageRequest) -> Response:
        """A search; a page's new one ends its last."""
        asked = self.projection_queue.read_request(*unpack_chunk(request.body))
        stop = self._begin(request.session)
        request.held.callback(self._end, request.session, stop)
        work = partial(self._search, asked, stop)
        stream = SharedStream(work, self.projection_queue.pool)
        return StreamedResponse(stream, request.held.pop_all())

    def _begin(self, session: str) -> threading.Event:
        """What tells a page's new search to stop; its last one is told to."""
        if session in self._newest:
            self._newest[session].set()
        self._newest[session] = threading.Event()
        return self._newest[session]

    def _end(self, session: str, stop: threading.Event) -> None:
        stop.set()
        if self._newest.get(session) is stop:
            del self._newest[session]

    def _search(self, asked: ProjectionRequest, stop: threading.Event, send: Send) -> bytes:
        """The last chunk, in the queue's thread."""
        if stop.is_set():  # while it waited for its turn
            return pack_chunk({"type": "cancelled"})
        try:
            found = self.projection_queue.find(asked, _ProgressSender(send, stop))
        except Exception as error:  # nobody else would answer the page
            return pack_chunk({"type": "error", "why": problem_of(error).allowed})
        head = {
            "type": "found", "state": str(found.state), "error": found.error,
            "labels": found.labels, "best": found.best,
        } | self.projection_queue.judged(asked, found)  # fmt: skip
        return pack_chunk(head, found.picture.numpy().tobytes())

    def all(self) -> list[BaseRoute]:
        """To be handed to the app."""
        guarded = partial(Guard, too_large="size", explain=_explain)
        uploads, searches = self.slots["uploads"], self.slots["searches"]
        return [
            guarded(self.picture, MAX_BYTES, slots=uploads).route("explore/picture"),
            guarded(self.project, MAX_REQUEST, slots=searches).route("explore/project"),
        ]


class _ProgressSender:
    """Sends how far a search is, but not too often; false when it should stop."""

    def __init__(self, send: Send, stop: threading.Event) -> None:
        self._send, self._stop = send, stop
        self._curves: list[list[float]] = []
        self._sent_at, self._stage = 0.0, ""

    def __call__(self, now: Progress) -> bool:
        if now.stage != self._stage:
            self._curves, self._stage = [], now.stage
        self._curves.append([round(error, 2) for error in now.errors.tolist()])
        last = now.done == now.total - 1
        if not last and time.monotonic() - self._sent_at < PROGRESS_SECONDS:
            return not self._stop.is_set()
        self._sent_at = time.monotonic()
        head: dict[str, Any] = {
            "type": "progress", "stage": now.stage, "done": now.done, "total": now.total,
            "errors": self._curves,
        }  # fmt: skip
        pixels = b"" if now.picture is None else now.picture.numpy().tobytes()
        self._curves = []
        return self._send(pack_chunk(head, pixels)) and not self._stop.is_set()


def _explain(error: Exception) -> Response:
    if isinstance(error, UploadError):
        content = {"type": error.code, "values": error.values, "why": str(error)}
        return answer_json(content, 422)
    return answer_problems([problem_of(error)], "problem")
