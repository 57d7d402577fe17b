"""Who shows a wrong secret of the lecturer's: answered late, counted, logged, and only so often.

The secret comes in the form of the operator's page or in a header of any request. Both are looked
at here, so that no door is faster to guess at than another.
"""

import asyncio

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from ganplay.server.http.auth import SECRET, is_teacher, teacher_secret
from ganplay.server.http.logs import log_event
from ganplay.server.http.protocol import REFUSED, SECURITY_HEADERS, TOO_MANY, Refusal, turn_away
from ganplay.server.http.rate_limits import Rate, TokenBuckets, address_of

WRONG_SECONDS = 1.0
"""A wrong secret is answered so much later."""
GUESSES = Rate(10, 0.1)
"""Secrets of one address that are looked at; a right one costs nothing."""
LATER = SECURITY_HEADERS | {"Retry-After": str(round(1 / GUESSES.a_second))}
"""Headers of an answer to one who guesses too often."""


class SecretCheck:
    """Compares secrets, and knows which addresses have shown wrong ones."""

    def __init__(self) -> None:
        self._buckets = TokenBuckets()

    async def is_right(self, scope: Scope, given: str) -> bool:
        """Whether a request shows the secret; of a wrong one this is known late.

        Raises:
            Refusal: if its address has guessed too often; then nothing is compared.
        """
        who = address_of(scope)
        if self._buckets.wait(who, GUESSES):
            log_event("many_guesses")
            raise Refusal("too_many", TOO_MANY)
        if is_teacher(given):
            self._buckets.give_back(who, GUESSES)
            return True
        log_event("guess")
        await asyncio.sleep(WRONG_SECONDS)
        return False


class SecretHeader:
    """Stands before all routes and sockets: a request with a wrong secret in its header ends here.

    Args:
        app: what a request without that header, or with the right secret, goes on to.
        check: the same for the header and the form.
    """

    def __init__(self, app: ASGIApp, check: SecretCheck) -> None:
        self._app, self._check = app, check

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or say why not."""
        refusal = await self._refusal(scope)
        if refusal is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            # Of a handshake that fails, programs do not learn why.
            socket = WebSocket(scope, receive, send)
            await socket.accept()
            await turn_away(socket, refusal)
        else:
            headers = LATER if refusal.code == TOO_MANY else SECURITY_HEADERS
            answer = JSONResponse({"type": refusal.kind}, refusal.status, headers)
            await answer(scope, receive, send)

    async def _refusal(self, scope: Scope) -> Refusal | None:
        if scope["type"] not in ("http", "websocket") or teacher_secret() is None:
            return None
        given = Headers(scope=scope).get(SECRET)
        if given is None:
            return None
        try:
            right = await self._check.is_right(scope, given)
        except Refusal as refusal:
            return refusal
        return None if right else Refusal("refused", REFUSED)
