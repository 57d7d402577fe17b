"""From which site a request comes: other sites' pages may open ours, and ask for nothing else.

The one rule for all routes and sockets, Gradio's too. Browsers say of a request where its page is
from; programs such as curl and gradio_client say nothing and may ask. Gradio would let pages of all
sites read its answers wherever its host is not called localhost, so its CORS headers are left out.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from ganplay.server.http.logs import COUNTS
from ganplay.server.http.protocol import FOREIGN, SECURITY_HEADERS


def same_origin(headers: Headers) -> bool:
    """Whether a request comes from a page of this server, or from no page at all.

    What browsers say of it themselves counts most: no page can forge that, and it is right
    whatever name a proxy calls us by. A frame on another site's page is a page of ours.
    """
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if origin is None:
        return site in (None, "same-origin", "none")
    try:
        named = urlsplit(origin).netloc
    except ValueError:
        return False
    if site == "same-origin" or named == headers.get("host"):
        return True
    forwarded = headers.get("x-forwarded-host", "").split(",")
    return site is None and named != "" and named in (host.strip() for host in forwarded)


def may_ask(scope: Scope) -> bool:
    """Whether a request is let through: from a page of ours, from no page, or to open a page.

    A link on another site and a frame there open a page by a GET without an Origin, and what comes
    is shown and not handed to the other site's scripts.
    """
    headers = Headers(scope=scope)
    opens = scope.get("method") in ("GET", "HEAD") and "origin" not in headers
    return same_origin(headers) or (opens and headers.get("sec-fetch-mode") == "navigate")


class OriginCheck:
    """Stands before all routes and sockets, Gradio's too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it as one of another site's page."""
        if scope["type"] not in ("http", "websocket") or may_ask(scope):
            await self._app(scope, receive, send)
            return
        COUNTS["foreign"] += 1
        if scope["type"] == "websocket":
            await WebSocket(scope, receive, send).close(FOREIGN)
            return
        refused = JSONResponse({"type": "refused"}, 403, SECURITY_HEADERS)
        await refused(scope, receive, send)
