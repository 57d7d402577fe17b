"""Routes for files that a visitor takes along or brings back.

As the lab's own routes they look at origin, token and size themselves. Everything happens in
memory; a visitor reaches the session of the page's own token and no other.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from functools import partial

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from ganplay.common.devices import out_of_memory
from ganplay.common.safe_tensors import CheckpointError
from ganplay.live import commands, film
from ganplay.live.engine import Engine
from ganplay.server.http import auth
from ganplay.server.http.live_socket import (
    GONE,
    PREFIX,
    REFUSED,
    TOKEN,
    TOO_MANY,
    Refusal,
    limited_body,
    same_origin,
)
from ganplay.server.http.streaming import Streamed, Tell
from ganplay.toy.checkpoint import MAX_BYTES, toy_from_bytes

WEIGHTS_AT_ONCE, FILMS_AT_ONCE = 4, 2
"""How many are read, written or drawn at a time."""
DRAWN = b"."
"""Sent for each picture of a film that has been drawn, before the film itself."""
ANSWER_SECONDS = 20.0

Work = Callable[[Request, str], Awaitable[Response]]


class Places:
    """Room for a few at a time; who comes when it is full is told so.

    Args:
        count: how many.
        each: how many of them one page may have; by default half.
    """

    def __init__(self, count: int, each: int | None = None) -> None:
        self._count = self._free = count
        self._each = each or (count + 1) // 2
        self._of: Counter[str] = Counter()

    @property
    def taken_of(self) -> tuple[int, int]:
        """How many are taken, and how many there are."""
        return self._count - self._free, self._count

    @contextmanager
    def taken(self, session: str) -> Iterator[None]:
        """Have one of the places for a page.

        Raises:
            Refusal: if none is free, or the page has its share.
        """
        if not self._free or self._of[session] >= self._each:
            raise Refusal("busy", TOO_MANY)
        self._free -= 1
        self._of[session] += 1
        try:
            yield
        finally:
            self._free += 1
            self._of[session] -= 1
            self._of += Counter()  # drops pages without a place


class Transfers:
    """The routes of one engine."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._places, self._studios = Places(WEIGHTS_AT_ONCE), Places(FILMS_AT_ONCE)

    @property
    def places(self) -> dict[str, Places]:
        """By name, for who looks after the server."""
        return {"weights": self._places, "films": self._studios}

    async def save(self, request: Request, session_id: str) -> Response:
        """The weights of the page's session."""
        with self._places.taken(session_id):
            reply: Future[bytes] = Future()
            self._post(session_id, commands.Save(reply))
            try:
                data = await asyncio.wait_for(asyncio.wrap_future(reply), ANSWER_SECONDS)
            except asyncio.TimeoutError:  # the session ended before its turn came
                raise Refusal("gone", GONE) from None
        return Response(data, media_type="application/octet-stream")

    async def load(self, request: Request, session_id: str) -> Response:
        """Let the page's session go on from the weights that it sends."""
        data = await limited_body(request, MAX_BYTES, "size")
        with self._places.taken(session_id):
            # The session's thread gets a trainer that is whole, or hears nothing of it.
            read = partial(toy_from_bytes, data, threads=1, max_members=1)
            trainer = await asyncio.to_thread(read)
        step = trainer.steps
        self._post(session_id, commands.Load(trainer))
        return JSONResponse({"type": "loaded", "step": step})

    async def film(self, request: Request, session_id: str) -> Response:
        """The frames that a page sends as a film: `DRAWN` for each when it is, then the film."""
        data = await limited_body(request, film.MAX_BYTES, "size")
        with ExitStack() as stack:
            stack.enter_context(self._studios.taken(session_id))
            order = await asyncio.to_thread(film.read_order, data)

            def drawn(tell: Tell) -> bytes:
                return film.film(
                    order.frames, order.style, order.kind, order.rate, lambda _: tell(DRAWN)
                )

            return Streamed(drawn, stack.pop_all())

    def _post(self, session_id: str, command: commands.Command) -> None:
        if not self.engine.post(session_id, 0, command):
            raise Refusal("gone", GONE)

    async def _answered(self, work: Work, request: Request) -> Response:
        """What a route answers, refusals included."""
        if not same_origin(request.headers):
            return JSONResponse({"type": "refused"}, 403)
        try:
            session_id = auth.session_of(request.headers.get(TOKEN))
            if session_id is None:
                raise Refusal("refused", REFUSED)
            if not self.engine.notice(session_id):
                raise Refusal("gone", GONE)
            return await work(request, session_id)
        except Refusal as refusal:
            return JSONResponse({"type": refusal.kind}, refusal.code - 4000)
        except (CheckpointError, film.FilmError) as error:
            return JSONResponse({"type": error.code, "why": str(error)}, 422)
        except (MemoryError, RuntimeError) as error:
            if not out_of_memory(error):
                raise
            return JSONResponse({"type": "busy"}, TOO_MANY - 4000)
        except ClientDisconnect:
            return JSONResponse({"type": "gone"}, 408)

    def all(self) -> list[BaseRoute]:
        """To be handed to the app."""
        routes = {"weights/save": self.save, "weights/load": self.load, "film": self.film}
        return [
            Route(f"{PREFIX}/{path}", partial(self._answered, work), methods=["POST"])
            for path, work in routes.items()
        ]
