"""Routes for files that a visitor takes along or brings back: weights and films.

Everything happens in memory; a visitor reaches the session of the page's own token and no other.
"""

import asyncio
from concurrent.futures import Future
from functools import partial

from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from ganplay.common.safe_tensors import CheckpointError
from ganplay.live import commands, film
from ganplay.live.engine import Engine
from ganplay.server.http.guard import Guard, PageRequest, answer_json
from ganplay.server.http.protocol import GONE, Refusal
from ganplay.server.http.shared_streams import Send, SharedStream, StreamedResponse
from ganplay.server.http.slots import Slots
from ganplay.toy.checkpoint import MAX_BYTES, toy_from_bytes

MAX_WEIGHTS, MAX_FILMS = 4, 2
"""How many are read, written or drawn at a time."""
DRAWN = b"."
"""Sent for each picture of a film that has been drawn, before the film itself."""
ANSWER_SECONDS = 20.0
"""So long a session may take to hand out its weights."""


class LabFileRoutes:
    """The routes of one engine."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.slots = {"weights": Slots(MAX_WEIGHTS), "films": Slots(MAX_FILMS)}

    async def save(self, request: PageRequest) -> Response:
        """The weights of the page's session."""
        reply: Future[bytes] = Future()
        self._post(request.session, commands.Save(reply))
        try:
            data = await asyncio.wait_for(asyncio.wrap_future(reply), ANSWER_SECONDS)
        except asyncio.TimeoutError:  # the session ended before its turn came
            raise Refusal("gone", GONE) from None
        return Response(data, media_type="application/octet-stream")

    async def load(self, request: PageRequest) -> Response:
        """Let the page's session go on from the weights that it sends."""
        # The session's thread gets a trainer that is whole, or hears nothing of it.
        read = partial(toy_from_bytes, request.body, threads=1, max_members=1)
        trainer = await asyncio.to_thread(read)
        step = trainer.steps
        self._post(request.session, commands.Load(trainer))
        return JSONResponse({"type": "loaded", "step": step})

    async def film(self, request: PageRequest) -> Response:
        """The frames that a page sends as a film: `DRAWN` for each when it is, then the film."""
        order = await asyncio.to_thread(film.read_order, request.body)

        def draw(send: Send) -> bytes:
            return film.film(
                order.frames, order.style, order.kind, order.rate, lambda _: send(DRAWN)
            )

        return StreamedResponse(SharedStream(draw), request.held.pop_all())

    def _post(self, session: str, command: commands.Command) -> None:
        if not self.engine.post(session, 0, command):
            raise Refusal("gone", GONE)

    def all(self) -> list[BaseRoute]:
        """To be handed to the app."""
        guarded = partial(Guard, is_open=self.engine.notice, explain=_explain)
        weights, films = self.slots["weights"], self.slots["films"]
        return [
            guarded(self.save, slots=weights).route("weights/save"),
            guarded(self.load, MAX_BYTES, "size", slots=weights).route("weights/load"),
            guarded(self.film, film.MAX_BYTES, "size", slots=films).route("film"),
        ]


def _explain(error: Exception) -> Response | None:
    if isinstance(error, CheckpointError | film.FilmError):
        return answer_json({"type": error.code, "why": str(error)}, 422)
    return None
