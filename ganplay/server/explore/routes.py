"""Routes of the Explore view: states of image models up, their pictures down.

A page sends what it wants to see as JSON, over a socket or, where those are forbidden, as plain
requests. An answer is a message of `common.wire`. While a request is rendered only the newest of
the next ones is kept for each of its purposes, so that a slow machine has no backlog and the last
position is always drawn.
"""

import asyncio
from contextlib import suppress
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.websockets import WebSocket, WebSocketDisconnect

from ganplay.common.settings import ConfigError, Problem, as_plain
from ganplay.common.wire import decoded, dump, pack_message
from ganplay.latent.model_store import MOST_PICTURES, ModelStore
from ganplay.server.explore.handlers import HANDLERS, read
from ganplay.server.explore.request import ExploreRequest, problem_of
from ganplay.server.http.guard import Guard, PageRequest, guarded_socket
from ganplay.server.http.newest_only import NewestOnly
from ganplay.server.http.protocol import FULL, MAX_MESSAGE, PREFIX, TOO_LARGE, Refusal, receive
from ganplay.server.http.rate_limits import MessageAllowance
from ganplay.server.http.slots import Slots

MAX_SOCKETS, MAX_SOCKETS_OF_A_PAGE = 300, 4
MAX_REQUESTS, MAX_REQUESTS_OF_A_PAGE = 8, 6
"""Plain requests that are answered at a time."""


class ExploreRoutes:
    """The routes of one model store."""

    def __init__(self, model_store: ModelStore) -> None:
        self.model_store = model_store
        self._sockets = Slots(MAX_SOCKETS, MAX_SOCKETS_OF_A_PAGE, ("full", FULL))
        self.slots = {"pictures": Slots(MAX_REQUESTS, MAX_REQUESTS_OF_A_PAGE)}

    async def socket(self, socket: WebSocket, session: str, hello: dict[str, Any]) -> None:
        """Requests up, answers down."""
        with self._sockets.slot(session):
            await socket.send_text(dump({"type": "welcome"}))
            await self._serve(socket)

    async def _serve(self, socket: WebSocket) -> None:
        allowance, sending = MessageAllowance(), asyncio.Lock()

        async def answer(asked: ExploreRequest) -> None:
            data = await self._answer(asked)
            async with sending:
                with suppress(WebSocketDisconnect, RuntimeError):
                    await socket.send_bytes(data)

        newest = NewestOnly(answer)
        try:
            while True:
                text = await receive(socket)
                allowance.pay(text)
                content = decoded(text)
                try:
                    asked = read(content)
                    newest.put(asked.purpose, asked)
                except ConfigError as error:
                    async with sending:
                        await socket.send_bytes(_refusal(content, error.problems[0]))
        finally:
            newest.stop()

    async def request(self, request: PageRequest) -> Response:
        """One request and its answer, where sockets are forbidden."""
        if len(request.body.decode("utf-8", "replace")) > MAX_MESSAGE:
            raise Refusal("too_large", TOO_LARGE)
        content = request.json()
        try:
            answer = await self._answer(read(content))
        except ConfigError as error:
            answer = _refusal(content, error.problems[0])
        return Response(answer, media_type="application/octet-stream")

    async def _answer(self, asked: ExploreRequest) -> bytes:
        count = MOST_PICTURES if HANDLERS[asked.purpose].heavy else len(asked.states)
        work = self.model_store.submit(self._handled, asked, pictures=count)
        return await asyncio.wrap_future(work)

    def _handled(self, asked: ExploreRequest) -> bytes:
        """An answer, in a thread of the model store."""
        known = {"id": asked.id, "purpose": asked.purpose, "model": asked.model}
        try:
            head, pixels = HANDLERS[asked.purpose].work(self.model_store, asked)
        except Exception as error:  # nobody else would answer the page
            return _refusal(known, problem_of(error))
        return pack_message(known | head, pixels)

    async def models(self, request: Request) -> Response:
        """What models there are."""
        # Of what is left out a page gets no words of ours: they may name what is on the disk.
        left_out = [{"name": n, "code": code} for n, code, _ in self.model_store.shelf.left_out]
        content = {
            "models": self.model_store.catalogue(), "left_out": left_out, "most": MOST_PICTURES,
        }  # fmt: skip
        return JSONResponse(content, headers={"Cache-Control": "no-cache"})

    def all(self) -> list[BaseRoute]:
        """To be handed to the app."""
        return [
            guarded_socket("explore/socket", self.socket),
            Guard(self.request, json=True, slots=self.slots["pictures"]).route("explore/render"),
            Route(f"{PREFIX}/explore/models.json", self.models),
        ]


def _refusal(content: dict[str, Any], problem: Problem) -> bytes:
    """The answer to what cannot be rendered."""
    asked = {name: content.get(name) for name in ("id", "purpose")}
    known = {k: v for k, v in asked.items() if isinstance(v, int) or v in list(HANDLERS)}
    return pack_message({"type": "error", **known, "problem": as_plain([problem])[0]})
