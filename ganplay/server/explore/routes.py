"""Routes of the Explore view: states of image models up, their pictures down.

A page sends what it wants to see as JSON, over a socket or, where those are forbidden, as plain
requests. An answer is the length of a JSON head (uint32), that head, and the pictures' bytes.
While a request is rendered only the newest of the next ones is kept for each of its purposes, so
that a slow machine has no backlog and the last position is always drawn.
"""

import asyncio
import struct
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from ganplay.common.settings import MAX_SEED, Problem, as_plain
from ganplay.latent.model_store import MOST_PICTURES, ModelStore, ModelStoreError
from ganplay.server.explore import beside, handlers
from ganplay.server.explore.request import ExploreRequest, Handler, refuse, told
from ganplay.server.http import auth
from ganplay.server.http.live_socket import (
    FULL,
    GREETING_SECONDS,
    MAX_BODY,
    MAX_MESSAGE,
    PREFIX,
    REFUSED,
    TOKEN,
    TOO_LARGE,
    Allowance,
    Refusal,
    decoded,
    dump,
    limited_body,
    receive,
    same_origin,
    turn_away,
)
from ganplay.server.lab.files import Places

MOST_SOCKETS, MOST_OF_A_PAGE = 300, 4
REQUESTS_AT_ONCE, REQUESTS_OF_A_PAGE = 8, 6


def pictures(gallery: ModelStore, asked: ExploreRequest) -> tuple[dict[str, Any], bytes]:
    """The states' pictures; of the first, if wanted, a small random move and its latent vector."""
    first, *others = asked.states
    seed = asked.whole("nudge", 0, MAX_SEED)
    if seed is not None:
        first = gallery.perturbed(asked.model, first, seed)
    made = gallery.render(asked.model, [first, *others])
    wanted = asked.options.get("latent") is True
    head = {
        "type": "pictures", "shape": made.shape, "states": made.states,
        "latent": gallery.latent(asked.model, first) if wanted else None,
        "problems": [as_plain(problems) for problems in made.problems],
    }  # fmt: skip
    return head, made.pixels


PURPOSES = (
    dict.fromkeys(("picture", "previews", "steps", "tiles", "history"), Handler(pictures))
    | dict.fromkeys(("compare", "favourites", "trio", "group", "keyframes"), Handler(pictures))
    | handlers.PURPOSES
    | beside.PURPOSES
)


def read(content: dict[str, Any]) -> ExploreRequest:
    """What a page asks for.

    Raises:
        GalleryError: naming the field that cannot be used.
    """
    number, purpose, model = (content.get(name) for name in ("id", "purpose", "model"))
    states = content.get("states")
    if type(number) is not int or not 0 <= number < 2**53:
        refuse("id", number, "a whole number is needed")
    if not isinstance(purpose, str) or purpose not in PURPOSES:
        refuse("purpose", purpose, "one of " + ", ".join(PURPOSES))
    if not isinstance(model, str):
        refuse("model", model, "a name is needed")
    if not isinstance(states, list) or not 1 <= len(states) <= MOST_PICTURES:
        refuse("states", states, f"a list of 1 to {MOST_PICTURES} strings is needed")
    if not all(isinstance(state, str) for state in states):
        refuse("states", states, "strings are needed")
    return ExploreRequest(number, purpose, model, states, content)


class Slots:
    """One piece of work at a time for each purpose; of those that wait only the newest stays."""

    def __init__(self, work: Callable[[ExploreRequest], Awaitable[None]]) -> None:
        self._work = work
        self._waiting: dict[str, ExploreRequest] = {}
        self._running: dict[str, asyncio.Task[None]] = {}

    def put(self, asked: ExploreRequest) -> None:
        """Have something done, now or after what is being done."""
        self._waiting[asked.purpose] = asked
        if asked.purpose not in self._running:
            self._running[asked.purpose] = asyncio.create_task(self._run(asked.purpose))

    async def _run(self, purpose: str) -> None:
        try:
            while asked := self._waiting.pop(purpose, None):
                await self._work(asked)
        finally:
            del self._running[purpose]

    def stop(self) -> None:
        """Nobody waits any more."""
        self._waiting.clear()
        for task in self._running.values():
            task.cancel()


class Explorer:
    """The routes of one gallery."""

    def __init__(self, gallery: ModelStore) -> None:
        self.gallery = gallery
        self._sockets: Counter[str] = Counter()
        self._places = Places(REQUESTS_AT_ONCE, REQUESTS_OF_A_PAGE)

    @property
    def places(self) -> dict[str, Places]:
        """By name, for who looks after the server."""
        return {"pictures": self._places}

    @property
    def sockets(self) -> int:
        """That are open now."""
        return self._sockets.total()

    async def socket(self, socket: WebSocket) -> None:
        """Requests up, answers down; the first message holds the page's token."""
        if not same_origin(socket.headers):
            await socket.close(REFUSED)
            return
        await socket.accept()
        try:
            hello = await asyncio.wait_for(receive(socket), GREETING_SECONDS)
            with self._taken(decoded(hello[: MAX_MESSAGE + 1]).get("token")):
                await socket.send_text(dump({"type": "welcome"}))
                await self._serve(socket)
        except Refusal as refusal:
            await turn_away(socket, None, refusal)
        except asyncio.TimeoutError:
            await turn_away(socket, None, Refusal("refused", REFUSED))
        except WebSocketDisconnect:
            pass

    @contextmanager
    def _taken(self, token: object) -> Iterator[None]:
        """A place for a page's socket.

        Raises:
            Refusal: if the token is not ours, or there is no room.
        """
        session = auth.session_of(token)
        if session is None:
            raise Refusal("refused", REFUSED)
        full = self._sockets.total() >= MOST_SOCKETS
        if full or self._sockets[session] >= MOST_OF_A_PAGE:
            raise Refusal("full", FULL)
        self._sockets[session] += 1
        try:
            yield
        finally:
            self._sockets[session] -= 1
            self._sockets += Counter()  # drops those without a socket

    async def _serve(self, socket: WebSocket) -> None:
        allowance, sending = Allowance(), asyncio.Lock()

        async def work(asked: ExploreRequest) -> None:
            answer = await self._answer(asked)
            async with sending:
                with suppress(WebSocketDisconnect, RuntimeError):
                    await socket.send_bytes(answer)

        slots = Slots(work)
        try:
            while True:
                text = await receive(socket)
                allowance.pay(text)
                content = decoded(text)
                try:
                    slots.put(read(content))
                except ModelStoreError as error:
                    async with sending:
                        await socket.send_bytes(_refusal(content, error.problem))
        finally:
            slots.stop()

    async def request(self, request: Request) -> Response:
        """One request and its answer, where sockets are forbidden."""
        if not same_origin(request.headers):
            return JSONResponse({"type": "refused"}, 403)
        try:
            session = auth.session_of(request.headers.get(TOKEN))
            if session is None:
                raise Refusal("refused", REFUSED)
            body = await limited_body(request, MAX_BODY)
            text = body.decode("utf-8", "replace")
            if len(text) > MAX_MESSAGE:
                raise Refusal("too_large", TOO_LARGE)
            content = decoded(text)
            with self._places.taken(session):
                try:
                    answer = await self._answer(read(content))
                except ModelStoreError as error:
                    answer = _refusal(content, error.problem)
        except Refusal as refusal:
            return JSONResponse({"type": refusal.kind}, refusal.code - 4000)
        except ClientDisconnect:
            return JSONResponse({"type": "gone"}, 408)
        return Response(answer, media_type="application/octet-stream")

    async def _answer(self, asked: ExploreRequest) -> bytes:
        count = MOST_PICTURES if PURPOSES[asked.purpose].heavy else len(asked.states)
        work = self.gallery.submit(self._made, asked, pictures=count)
        return await asyncio.wrap_future(work)

    def _made(self, asked: ExploreRequest) -> bytes:
        """An answer, in a thread of the gallery."""
        try:
            head, pixels = PURPOSES[asked.purpose].work(self.gallery, asked)
        except Exception as error:  # nobody else would answer the page
            return _refusal(asked._asdict(), told(error))
        known = {"id": asked.id, "purpose": asked.purpose, "model": asked.model}
        return _packed(known | head, pixels)

    async def models(self, request: Request) -> Response:
        """What models there are."""
        return JSONResponse(
            {"models": self.gallery.catalogue(), "most": MOST_PICTURES},
            headers={"Cache-Control": "no-cache"},
        )

    def all(self) -> list[BaseRoute]:
        """To be handed to the app."""
        return [
            WebSocketRoute(f"{PREFIX}/explore/socket", self.socket),
            Route(f"{PREFIX}/explore/render", self.request, methods=["POST"]),
            Route(f"{PREFIX}/explore/models.json", self.models),
        ]


def _refusal(content: dict[str, Any], problem: Problem) -> bytes:
    """The answer to what cannot be rendered."""
    asked = {name: content.get(name) for name in ("id", "purpose")}
    known = {k: v for k, v in asked.items() if isinstance(v, int) or v in list(PURPOSES)}
    return _packed({"type": "error", **known, "problem": as_plain([problem])[0]})


def _packed(head: dict[str, Any], pixels: bytes = b"") -> bytes:
    text = dump(head).encode()
    return struct.pack("<I", len(text)) + text + pixels
