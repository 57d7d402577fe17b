"""How much one page and one address may ask for.

The figures stem from the real page. It loads 62 files, 95 with all three views, asks for one token
and opens two sockets. A class sits behind one address, so an address may do at once what 64 pages
do that load twice, 64 being the sessions that there are; a page may do what no hand does.

Whose address a request has is uvicorn's to say: that of the line, or what a proxy tells in
`X-Forwarded-For` where `FORWARDED_ALLOW_IPS` names that proxy.
"""

import time
from collections import OrderedDict
from ipaddress import IPv6Address, ip_address
from typing import NamedTuple

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ganplay.server.http import auth
from ganplay.server.http.gradio_lockdown import HEADERS
from ganplay.server.http.live_socket import PREFIX, TOKEN, TOO_MANY, dump
from ganplay.server.http.logs import COUNTS
from ganplay.server.schema import PAGES

MOST_KNOWN = 20_000
"""TokenBuckets that are kept; of more the longest unused are forgotten."""


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


class TokenBuckets:
    """Who may still do how much."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, Rate], tuple[float, float]] = OrderedDict()

    def wait(self, who: str, rate: Rate) -> float:
        """Take one off; 0, or where there is none left the seconds until there is."""
        now = time.monotonic()
        left, since = self._known.get((who, rate), (rate.burst, now))
        left = min(rate.burst, left + (now - since) * rate.a_second)
        short = max(0.0, 1.0 - left)
        self._known[who, rate] = (left if short else left - 1.0, now)
        self._known.move_to_end((who, rate))
        while len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)
        return short / rate.a_second


class Limits:
    """What stands before all routes, Gradio's too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app, self._buckets = app, TokenBuckets()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or say why not."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        session = auth.session_of(headers.get(TOKEN))
        wait, kind = self._buckets.wait(*_charged(scope, session)), "crowded"
        if session is not None and scope["type"] == "http":
            alone = self._buckets.wait(session, PAGE)
            wait, kind = (alone, "too_many") if alone else (wait, kind)
        COUNTS[kind] += wait > 0
        if scope["type"] == "websocket":
            await (_close(receive, send, kind) if wait else self._app(scope, receive, send))
            return
        answer = _refusal(scope, headers, kind, wait) if wait else self._app
        await answer(scope, receive, send)


def _charged(scope: Scope, session: str | None) -> tuple[str, Rate]:
    """The address that a request is charged to, and by which rate."""
    if scope["type"] == "websocket":
        return _address(scope), SOCKETS
    if session is not None:
        return _address(scope), ALL_PAGES
    reads = scope["method"] in ("GET", "HEAD", "OPTIONS")
    return _address(scope), FILES if reads else WORK


def _address(scope: Scope) -> str:
    """Whose line it is; of the newer kind the network, all of which one household has."""
    host = scope["client"][0] if scope.get("client") else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(IPv6Address(int(address) >> 64 << 64))
    return host


def _refusal(scope: Scope, headers: Headers, kind: str, wait: float) -> Response:
    """Words for a person, or a kind for a script."""
    later = HEADERS | {"Retry-After": str(int(wait) + 1)}
    if scope["method"] == "GET" and "text/html" in headers.get("accept", ""):
        page = (PAGES / "crowded.html").read_text(encoding="utf-8")
        return HTMLResponse(page, 429, later)
    if scope["path"].endswith(f"{PREFIX}/points"):
        return JSONResponse({"error": {"code": kind}}, 429, later)
    return JSONResponse({"type": kind}, 429, later)


async def _close(receive: Receive, send: Send, kind: str) -> None:
    """A socket is told in a message: of a handshake that fails, pages do not learn why."""
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": dump({"type": kind})})
    await send({"type": "websocket.close", "code": TOO_MANY})
