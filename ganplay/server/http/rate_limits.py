"""How much one page and one address may ask for.

The figures stem from the real page. It loads 62 files, 95 with all three views, asks for one token
and opens two sockets. A class sits behind one address, so an address may do at once what 64 pages
do that load twice, 64 being the sessions that there are; a page may do what no hand does.

Whose address a request has is uvicorn's to say: that of the line, or what a proxy tells in
`X-Forwarded-For` where `FORWARDED_ALLOW_IPS` names that proxy.
"""

import functools
import time
from collections import OrderedDict
from html import escape
from ipaddress import IPv6Address, ip_address
from typing import NamedTuple

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from ganplay.common.locales import LANGUAGES, locale
from ganplay.server.http import auth, protocol
from ganplay.server.http.logs import COUNTS
from ganplay.server.schema import PAGES

MAX_KNOWN = 20_000
"""Token buckets that are kept; of more the longest unused are forgotten."""
CHARACTERS_A_MESSAGE = 1024
"""A longer message over a socket counts as several."""


class Rate(NamedTuple):
    """So many at once, and so many a second after that."""

    burst: float
    a_second: float


PAGE = Rate(300, 100)
"""Requests that show a page's token."""
ALL_PAGES = Rate(64 * PAGE.burst, 64 * PAGE.a_second)
"""The same of an address: tokens are to be had for the asking."""
FILES, WORK, SOCKETS = Rate(12_800, 200), Rate(600, 10), Rate(600, 10)
"""Of an address, without a token: what is read, what makes work (tokens, the API), new sockets."""
CLASS = Rate(2560, 64)
"""Of an address, what pages of a live class tell: 40 at once of each of 64, then one a second."""
CLASS_PATHS = (f"{protocol.PREFIX}/class/tell", f"{protocol.PREFIX}/class/look")
MESSAGES = Rate(600, 300)
"""Messages over one socket."""


class TokenBucket:
    """How much may still be done at some rate; it begins with the whole burst."""

    def __init__(self, rate: Rate) -> None:
        self._rate, self._left, self._since = rate, rate.burst, time.monotonic()

    def wait(self, cost: float = 1.0) -> float:
        """Take some off; 0, or where there is too little left the seconds until there is enough."""
        now = time.monotonic()
        self._left = min(self._rate.burst, self._left + (now - self._since) * self._rate.a_second)
        self._since = now
        short = max(0.0, cost - self._left)
        if not short:
            self._left -= cost
        return short / self._rate.a_second

    def give_back(self, cost: float = 1.0) -> None:
        """Put back what was taken off."""
        self._left = min(self._rate.burst, self._left + cost)


class TokenBuckets:
    """A bucket for each of those who ask, and for each rate."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, Rate], TokenBucket] = OrderedDict()

    def wait(self, who: str, rate: Rate) -> float:
        """As of one bucket."""
        return self._bucket(who, rate).wait()

    def give_back(self, who: str, rate: Rate) -> None:
        """As of one bucket."""
        self._bucket(who, rate).give_back()

    def _bucket(self, who: str, rate: Rate) -> TokenBucket:
        bucket = self._known.setdefault((who, rate), TokenBucket(rate))
        self._known.move_to_end((who, rate))
        while len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)
        return bucket


class MessageAllowance:
    """How much one socket may send."""

    def __init__(self) -> None:
        self._bucket = TokenBucket(MESSAGES)

    def pay(self, text: str) -> None:
        """Take one message off.

        Raises:
            Refusal: if messages come too large or too fast.
        """
        if len(text) > protocol.MAX_MESSAGE:
            raise protocol.Refusal("too_large", protocol.TOO_LARGE)
        if self._bucket.wait(1 + len(text) / CHARACTERS_A_MESSAGE):
            raise protocol.Refusal("too_many", protocol.TOO_MANY)


class RateLimits:
    """Stands before all routes, Gradio's too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app, self._buckets = app, TokenBuckets()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or say why not."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        session = auth.session_of(headers.get(protocol.TOKEN))
        wait, kind = self._buckets.wait(*_charged(scope, session)), "crowded"
        if session is not None and scope["type"] == "http":
            alone = self._buckets.wait(session, PAGE)
            wait, kind = (alone, "too_many") if alone else (wait, kind)
        COUNTS[kind] += wait > 0
        if scope["type"] == "websocket":
            if not wait:
                await self._app(scope, receive, send)
                return
            # Of a handshake that fails, pages do not learn why.
            socket = WebSocket(scope, receive, send)
            await socket.accept()
            await protocol.turn_away(socket, protocol.Refusal(kind, protocol.TOO_MANY))
            return
        answer = _refusal(scope, headers, kind, wait) if wait else self._app
        await answer(scope, receive, send)


def _charged(scope: Scope, session: str | None) -> tuple[str, Rate]:
    """The address that a request is charged to, and by which rate."""
    if scope["type"] == "websocket":
        return address_of(scope), SOCKETS
    if session is not None:
        return address_of(scope), ALL_PAGES
    if scope["method"] == "POST" and scope["path"].endswith(CLASS_PATHS):
        return address_of(scope), CLASS
    reads = scope["method"] in ("GET", "HEAD", "OPTIONS")
    return address_of(scope), FILES if reads else WORK


def address_of(scope: Scope) -> str:
    """Whose line it is; of the newer kind the network, all of which one household has."""
    host = scope["client"][0] if scope.get("client") else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(IPv6Address(int(address) >> 64 << 64))
    return host


@functools.cache
def _crowded_page() -> str:
    """The page for a person who is refused, in both languages: without scripts none is chosen."""
    page = (PAGES / "crowded.html").read_text(encoding="utf-8")
    for language in LANGUAGES:
        words = locale(language)["limits"]["crowded_page"]
        page = page.replace(f"{{{language}}}", escape(words))
    return page


def _refusal(scope: Scope, headers: Headers, kind: str, wait: float) -> Response:
    """Words for a person, or a kind for a script."""
    later = protocol.SECURITY_HEADERS | {"Retry-After": str(int(wait) + 1)}
    if scope["method"] == "GET" and "text/html" in headers.get("accept", ""):
        return HTMLResponse(_crowded_page(), 429, later)
    if scope["path"].endswith(f"{protocol.PREFIX}/points"):
        return JSONResponse({"error": {"code": kind}}, 429, later)
    return JSONResponse({"type": kind}, 429, later)
