"""Routes of the panel that finds a picture: a file in the model's shape, and the search itself.

A search is asked for and answered in pieces: of each the lengths of a JSON head and of a
picture's bytes (uint32 each), then both. They say how far it is and what the best picture is; the
last one has the state that was found, or why there is none.
"""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from functools import partial
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from ganplay.common.settings import as_plain
from ganplay.latent.model_store import MOST_PICTURES
from ganplay.latent.projection import Progress
from ganplay.latent.projection_queue import ProjectionQueue, ProjectionRequest
from ganplay.media.uploads import MAX_BYTES, UploadError
from ganplay.server.explore.request import told
from ganplay.server.explore.walk_routes import packed
from ganplay.server.http import auth
from ganplay.server.http.live_socket import (
    PREFIX,
    REFUSED,
    TOKEN,
    Refusal,
    decoded,
    limited_body,
    same_origin,
)
from ganplay.server.http.streaming import Streamed, Tell
from ganplay.server.lab.files import Places

SEARCHES, UPLOADS_AT_ONCE = 4, 2
"""Searches come one after the other; so many may wait or run."""
MAX_ORDER = 2**18
"""Bytes of a picture of the largest model, with a mask and what is asked for."""
TELL_SECONDS = 0.1

Work = Callable[[Request, str], Awaitable[Response]]


def parts(body: bytes) -> tuple[dict[str, Any], bytes]:
    """The head and the bytes of a piece that a page sent; what is none has an empty head."""
    end = 8 + int.from_bytes(body[:4], "little")
    return decoded(body[8:end].decode("utf-8", "replace")), body[end:]


class Find:
    """The routes of one finder."""

    def __init__(self, finder: ProjectionQueue) -> None:
        self.finder = finder
        self._searches, self._uploads = Places(SEARCHES), Places(UPLOADS_AT_ONCE)
        self._newest: dict[str, threading.Event] = {}

    @property
    def places(self) -> dict[str, Places]:
        """By name, for who looks after the server."""
        return {"searches": self._searches, "uploads": self._uploads}

    async def picture(self, request: Request, session: str) -> Response:
        """A file's picture in the shape of the model that the address names."""
        name = request.query_params.get("model", "")[:80]
        data = await limited_body(request, MAX_BYTES, "size")
        with self._uploads.taken(session):
            work = self.finder.model_store.submit(
                self.finder.picture, name, data, pictures=MOST_PICTURES
            )
            made = await asyncio.wrap_future(work)
        head = {
            "type": "picture", "shape": list(made.pixels.shape),
            "notes": [note._asdict() for note in made.notes],
        }  # fmt: skip
        answer = packed(head, made.pixels.numpy().tobytes())
        return Response(answer, media_type="application/octet-stream")

    async def project(self, request: Request, session: str) -> Response:
        """A search; a page's new one ends its last."""
        body = await limited_body(request, MAX_ORDER, "size")
        order = self.finder.read_request(*parts(body))
        with ExitStack() as stack:
            stack.enter_context(self._searches.taken(session))
            stop = self._begun(session)
            stack.callback(self._ended, session, stop)
            return Streamed(partial(self._found, order, stop), stack.pop_all(), self.finder.pool)

    def _begun(self, session: str) -> threading.Event:
        if session in self._newest:
            self._newest[session].set()
        self._newest[session] = threading.Event()
        return self._newest[session]

    def _ended(self, session: str, stop: threading.Event) -> None:
        stop.set()
        if self._newest.get(session) is stop:
            del self._newest[session]

    def _found(self, order: ProjectionRequest, stop: threading.Event, tell: Tell) -> bytes:
        """The last piece, in the finder's thread."""
        curves: list[list[float]] = []
        last_told, stage = 0.0, ""

        def progress(now: Progress) -> bool:
            nonlocal last_told, stage
            if now.stage != stage:
                curves.clear()
                stage = now.stage
            curves.append([round(error, 2) for error in now.errors.tolist()])
            last = now.done == now.total - 1
            if not last and time.monotonic() - last_told < TELL_SECONDS:
                return not stop.is_set()
            last_told = time.monotonic()
            head = {"type": "progress", "stage": now.stage, "done": now.done, "total": now.total}
            pixels = b"" if now.picture is None else now.picture.numpy().tobytes()
            heard = tell(packed(head | {"errors": list(curves)}, pixels))
            curves.clear()
            return heard and not stop.is_set()

        if stop.is_set():  # while it waited for its turn
            return packed({"type": "cancelled"})
        try:
            found = self.finder.find(order, progress)
        except Exception as error:  # nobody else would answer the page
            return packed({"type": "error", "why": told(error).allowed})
        head = {
            "type": "found", "state": str(found.state), "error": found.error,
            "labels": found.labels, "best": found.best,
        }  # fmt: skip
        return packed(head, found.picture.numpy().tobytes())

    async def _answered(self, work: Work, request: Request) -> Response:
        """What a route answers, refusals included."""
        if not same_origin(request.headers):
            return JSONResponse({"type": "refused"}, 403)
        try:
            session = auth.session_of(request.headers.get(TOKEN))
            if session is None:
                raise Refusal("refused", REFUSED)
            return await work(request, session)
        except Refusal as refusal:
            return JSONResponse({"type": refusal.kind}, refusal.code - 4000)
        except UploadError as error:
            why = {"type": error.code, "values": error.values, "why": str(error)}
            return JSONResponse(why, 422)
        except ClientDisconnect:
            return JSONResponse({"type": "gone"}, 408)
        except Exception as error:
            return JSONResponse({"type": "problem", "problem": as_plain([told(error)])[0]}, 422)

    def all(self) -> list[BaseRoute]:
        """To be handed to the app."""
        routes = {"picture": self.picture, "project": self.project}
        return [
            Route(f"{PREFIX}/explore/{path}", partial(self._answered, work), methods=["POST"])
            for path, work in routes.items()
        ]
