"""Routes of walks: the frames of one as they are made, and one as a file.

A page posts the walk's string and gets pieces: the lengths of a JSON head and of what follows it
(two uint32), that head, and bytes. The heads' types are start, progress, frames, end, file, error.
Who leaves ends the work: between two pieces, which is well within a second.
"""

import struct
import threading
from contextlib import ExitStack
from typing import Any, NamedTuple

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from ganplay.common.devices import threads
from ganplay.common.settings import Problem, as_plain
from ganplay.images.checkpoint import ImageModel
from ganplay.latent.model_store import ModelStore, ModelStoreError
from ganplay.latent.walk import Walk, iter_frames, states_of
from ganplay.latent.walk_export import KINDS, MAX_ZOOM, export_walk, latent_norms, pace_of, suffix
from ganplay.latent.walk_string import read_walk
from ganplay.media.video import Cancelled
from ganplay.server.explore.request import told
from ganplay.server.http import auth
from ganplay.server.http.live_socket import (
    MAX_BODY,
    PREFIX,
    REFUSED,
    TOKEN,
    Refusal,
    decoded,
    dump,
    limited_body,
    same_origin,
)
from ganplay.server.http.streaming import Streamed, Tell
from ganplay.server.lab.files import Places

AT_ONCE = 4
"""Walks that are made or wait for the thread that makes them."""
MOST_FRAMES, LARGEST = 720, 512
"""Frames of a visitor's walk, and pixels of a side of its file."""


class WalkRequest(NamedTuple):
    """A walk as a page asks for it.

    Attributes:
        model: its name.
        walk: its string.
        kind: of file; None to see its frames.
        zoom: of a file.
    """

    model: str
    walk: str
    kind: str | None
    zoom: int


def read(content: dict[str, Any]) -> WalkRequest:
    """What a page asks for.

    Raises:
        GalleryError: naming the field that cannot be used.
    """
    model, walk, kind = (content.get(name) for name in ("model", "walk", "kind"))
    zoom = content.get("zoom", 1)
    if not isinstance(model, str):
        raise _bad("model", model, "a name is needed")
    if not isinstance(walk, str):
        raise _bad("walk", walk, "a text is needed")
    if kind is not None and kind not in KINDS:
        raise _bad("kind", kind, "one of " + ", ".join(KINDS))
    if type(zoom) is not int or not 1 <= zoom <= MAX_ZOOM:
        raise _bad("zoom", zoom, f"a whole number from 1 to {MAX_ZOOM}")
    return WalkRequest(model, walk, kind, zoom)


def _bad(field: str, value: object, allowed: str, code: str = "message") -> ModelStoreError:
    shown = value if type(value) is int else str(value)[:40]
    return ModelStoreError(Problem(field, shown, allowed, None, code))


class Planned(NamedTuple):
    """A model, a walk through it, and what was wrong with the walk's string."""

    model: ImageModel
    walk: Walk
    problems: list[Problem]


def checked(planned: Planned) -> Planned:
    """The same.

    Raises:
        GalleryError: if it is longer than a visitor's walk may be.
    """
    count = planned.walk.frames
    if count > MOST_FRAMES:
        raise _bad("frames", count, f"a whole number from 2 to {MOST_FRAMES}", "bounds")
    return planned


class Walks:
    """The routes of one gallery, and the one thread that makes walks.

    Sliders have threads of their own, which a walk does not hold up.
    """

    def __init__(self, gallery: ModelStore) -> None:
        self.gallery = gallery
        self.pool = threads(1, "walks")
        self._places = Places(AT_ONCE)
        self._stopped = threading.Event()

    @property
    def places(self) -> dict[str, Places]:
        """By name, for who looks after the server."""
        return {"walks": self._places}

    def plan(self, asked: WalkRequest) -> Planned:
        """The walk that a request means.

        Raises:
            GalleryError: if there is no such model, or that is no walk for visitors.
        """
        model = self.gallery.model(asked.model)
        walk, problems = read_walk(asked.walk, asked.model, model.space)
        if walk is None:
            raise ModelStoreError(problems[-1])
        side = max(model.card.shape[1:])
        if asked.zoom * side > LARGEST:
            raise _bad("zoom", asked.zoom, f"at most {LARGEST // side} is possible", "bounds")
        return checked(Planned(model, walk, problems))

    def stop(self) -> None:
        """End what is being made, and let the thread go."""
        self._stopped.set()
        self.pool.shutdown(wait=False, cancel_futures=True)

    async def request(self, request: Request) -> Response:
        """A walk and its pieces."""
        if not same_origin(request.headers):
            return JSONResponse({"type": "refused"}, 403)
        try:
            session = auth.session_of(request.headers.get(TOKEN))
            if session is None:
                raise Refusal("refused", REFUSED)
            body = await limited_body(request, MAX_BODY)
            asked = read(decoded(body.decode("utf-8", "replace")))
            with ExitStack() as stack:
                stack.enter_context(self._places.taken(session))
                return Streamed(lambda tell: self._answer(asked, tell), stack.pop_all(), self.pool)
        except ModelStoreError as error:
            return JSONResponse({"type": "error", "problem": as_plain([error.problem])[0]}, 422)
        except Refusal as refusal:
            return JSONResponse({"type": refusal.kind}, refusal.code - 4000)
        except ClientDisconnect:
            return JSONResponse({"type": "gone"}, 408)

    def _answer(self, asked: WalkRequest, tell: Tell) -> bytes:
        """All pieces, in the thread that makes walks."""

        def heard(piece: bytes) -> bool:
            return tell(piece) and not self._stopped.is_set()

        try:
            planned = self.plan(asked)
            start = {
                "type": "start", "walk": str(planned.walk), "frames": planned.walk.frames,
                "shape": planned.model.card.shape, "problems": as_plain(planned.problems),
            }  # fmt: skip
            if not heard(packed(start)):
                raise Cancelled
            if asked.kind is None:
                return _shown(planned, heard)
            return _filed(planned, asked.kind, asked.zoom, heard)
        except Cancelled:
            return packed({"type": "gone"})
        except Exception as error:  # nobody else would answer the page
            return packed({"type": "error", "problem": as_plain([told(error)])[0]})

    def all(self) -> list[BaseRoute]:
        """To be handed to the app."""
        return [Route(f"{PREFIX}/explore/walk", self.request, methods=["POST"])]


def _shown(planned: Planned, tell: Tell) -> bytes:
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
        if not tell(packed(head, part.images.numpy().tobytes())):
            raise Cancelled
    pace = pace_of(walk, parts)
    return packed({"type": "end"} | pace._asdict())


def _filed(planned: Planned, kind: str, zoom: int, tell: Tell) -> bytes:
    """Progress, then a file."""

    def progress(done: int, of: int) -> bool:
        return tell(packed({"type": "progress", "done": done, "of": of}))

    file = export_walk(planned.model, planned.walk, kind, zoom, progress)
    name = f"{planned.model.card.name}-walk.{suffix(kind)}"
    return packed({"type": "file", "name": name} | file.pace._asdict(), file.data)


def packed(head: dict[str, Any], content: bytes = b"") -> bytes:
    """A piece of an answer."""
    text = dump(head).encode()
    return struct.pack("<II", len(text), len(content)) + text + content
