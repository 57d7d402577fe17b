"""The one guard of all routes and sockets that pages use.

It checks the page's token, and the kind and size of the body. Then it sends what the route answers,
or why the request is refused. From which site a request comes (`origins`) and how often somebody
may ask (`rate_limits`) is checked before, for all routes at once; the fields of a message by its
model (`messages`).
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, NamedTuple

from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from ganplay.common.devices import out_of_memory
from ganplay.common.settings import ConfigError, Problem, as_plain
from ganplay.common.wire import decoded, dump
from ganplay.server.http import protocol
from ganplay.server.http.auth import session_of
from ganplay.server.http.bodies import limited_body
from ganplay.server.http.slots import Slots

GREETING_SECONDS = 15.0
"""Within so many a page's first message has to come over a new socket."""
JSON_ONLY = {"type": "content_type", "allowed": "application/json"}


class PageRequest(NamedTuple):
    """What a page of ours has sent.

    Attributes:
        session: of the page's token.
        body: within the route's bounds.
        query: of the address.
        connection: the request itself, for its headers.
        held: is closed when the route has answered. A streamed answer, which goes on after that,
            takes all that it holds over with `held.pop_all()`.
    """

    session: str
    body: bytes
    query: QueryParams
    connection: Request
    held: ExitStack

    def json(self) -> dict[str, Any]:
        """The body as a JSON object, see `wire.decoded`."""
        return decoded(self.body)


def answer_json(content: Any, status: int = 200) -> Response:
    """Plain data as an answer; it may hold halves of characters that somebody sent."""
    return Response(dump(content), status, media_type="application/json")


def answer_refusal(refusal: protocol.Refusal) -> Response:
    """Why a page is turned away."""
    return answer_json({"type": refusal.kind}, refusal.status)


def answer_problems(problems: list[Problem], kind: str = "error") -> Response:
    """Why a message cannot be followed: its first problem, and all of them."""
    plain = as_plain(problems)
    return answer_json({"type": kind, "problem": plain[0], "problems": plain}, 422)


@dataclass(frozen=True)
class Guard:
    """A route's requests, let through to it or turned away.

    Attributes:
        answer: what the route makes of a request.
        max_body: bytes of a body.
        too_large: kind of the refusal if a body has more.
        slots: of which a request holds one until it is answered; None if there is no need.
        json: whether the body must be said to be JSON, which a form of another site cannot say.
        anyone: no token is needed, since who asks shows something else; the session is "" then.
        token_in_body: the token is the JSON body's `token`, and not in the header.
        is_open: whether the session that the token stands for is there; by default nobody asks.
        explain: an answer to an error of the route's own; None if that is none.
        refuse: an answer to a refusal.
    """

    answer: Callable[[PageRequest], Awaitable[Response]]
    max_body: int = protocol.MAX_BODY
    too_large: str = "too_large"
    slots: Slots | None = None
    json: bool = False
    anyone: bool = False
    token_in_body: bool = False
    is_open: Callable[[str], bool] | None = None
    explain: Callable[[Exception], Response | None] = lambda error: None
    refuse: Callable[[protocol.Refusal], Response] = answer_refusal

    def route(self, path: str) -> Route:
        """The route below `PREFIX`."""
        return Route(f"{protocol.PREFIX}/{path}", self._respond, methods=["POST"])

    async def _respond(self, request: Request) -> Response:
        with ExitStack() as held:
            try:
                if self.json and not is_json(request.headers.get("content-type", "")):
                    return JSONResponse(JSON_ONLY, 415)
                return await self.answer(await self._admitted(request, held))
            except protocol.Refusal as refusal:
                return self.refuse(refusal)
            except ClientDisconnect:
                return answer_json({"type": "gone"}, 408)
            except Exception as error:
                if answer := self.explain(error):
                    return answer
                if isinstance(error, ConfigError):
                    return answer_problems(error.problems)
                if out_of_memory(error):
                    return self.refuse(protocol.Refusal("busy", protocol.TOO_MANY))
                raise

    async def _admitted(self, request: Request, held: ExitStack) -> PageRequest:
        if self.anyone:
            session, body = "", await limited_body(request, self.max_body, self.too_large)
        elif self.token_in_body:
            body = await limited_body(request, self.max_body, self.too_large)
            session = self._session(decoded(body).get("token"))
        else:
            session = self._session(request.headers.get(protocol.TOKEN))
            body = await limited_body(request, self.max_body, self.too_large)
        if self.slots:
            held.enter_context(self.slots.slot(session))
        return PageRequest(session, body, request.query_params, request, held)

    def _session(self, token: object) -> str:
        session = session_of(token)
        if session is None:
            raise protocol.Refusal("refused", protocol.REFUSED)
        if self.is_open and not self.is_open(session):
            raise protocol.Refusal("gone", protocol.GONE)
        return session


def is_json(content_type: str) -> bool:
    """Whether a body is said to be JSON."""
    return content_type.split(";")[0].strip().lower() == "application/json"


Serve = Callable[[WebSocket, str, dict[str, Any]], Awaitable[None]]
"""Goes on with a socket, given the session of the page's token and its first message."""


def guarded_socket(path: str, serve: Serve) -> WebSocketRoute:
    """A route below `PREFIX` to a socket whose first message holds the page's token."""

    async def respond(socket: WebSocket) -> None:
        await socket.accept()
        try:
            await serve(socket, *await _greeting(socket))
        except protocol.Refusal as refusal:
            await protocol.turn_away(socket, refusal)
        except WebSocketDisconnect:
            pass

    return WebSocketRoute(f"{protocol.PREFIX}/{path}", respond)


async def _greeting(socket: WebSocket) -> tuple[str, dict[str, Any]]:
    """The session of a page's token, and its first message."""
    try:
        text = await asyncio.wait_for(protocol.receive(socket), GREETING_SECONDS)
    except asyncio.TimeoutError:
        raise protocol.Refusal("refused", protocol.REFUSED) from None
    if len(text) > protocol.MAX_MESSAGE:
        raise protocol.Refusal("too_large", protocol.TOO_LARGE)
    hello = decoded(text)
    session = session_of(hello.get("token"))
    if session is None:
        raise protocol.Refusal("refused", protocol.REFUSED)
    return session, hello
