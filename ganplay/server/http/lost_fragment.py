"""Links whose # was escaped: `/%23state=...` asks for a path, and is led to the page.

The browser is sent on to `./#state=...`. That is relative to what it asked for, so that it holds
behind a proxy that shows the app under a path of its own.
"""

import re
from urllib.parse import quote

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ganplay.common.links import NAMES, pieces_of

_HASH = re.compile("%(?:25)*23|%EF%BC%83", re.IGNORECASE)
"""An escaped #, once or several times; or its full-width form."""
_SAFE = "%/:;=&,.~+*|-_!?@$'()"


class LostFragment:
    """Stands before all routes, Gradio's too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or lead it to the page."""
        answer: ASGIApp = self._app
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD"):
            address = restored(scope.get("raw_path") or quote(scope["path"]).encode())
            if address is not None:
                query = scope.get("query_string", b"").decode("latin-1")
                page, _, fragment = address.partition("#")
                answer = RedirectResponse(f"{page}{query and f'?{query}'}#{fragment}", 302)
        await answer(scope, receive, send)


def restored(raw_path: bytes) -> str | None:
    """Where a path leads that is a link of ours with its # escaped; None for any other path.

    Args:
        raw_path: as the browser sent it, escapes and all.
    """
    path = raw_path.partition(b"?")[0].decode("latin-1")
    found = _HASH.search(path)
    if not found:
        return None
    before, fragment = path[: found.start()], path[found.end() :]
    if pieces_of(f"#{fragment}").keys().isdisjoint(NAMES):
        return None
    up = "../" * fragment.count("/")
    return f"{up or './'}{before.rpartition('/')[2]}#{quote(fragment, safe=_SAFE)}"
