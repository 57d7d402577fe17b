"""Tells the log of each request that made work and of each socket that ended; see `logs`."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ganplay.server.http.live_socket import PREFIX
from ganplay.server.http.logs import note

FREQUENT = ("lab/poll", "arena/poll", "explore/render")
"""Pages without sockets ask these many times a second."""


class AccessLog:
    """Stands before all routes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, and look at the clock and at what comes of it."""
        told = scope["type"] == "websocket" or (
            scope["type"] == "http"
            and scope["method"] == "POST"
            and not scope["path"].endswith(FREQUENT)
        )
        if not told:
            await self._app(scope, receive, send)
            return
        start, code, size = time.monotonic(), 0, 0

        async def heard() -> Message:
            nonlocal code
            message = await receive()
            if message["type"] == "websocket.disconnect" and not code:
                code = message.get("code") or 1006
            return message

        async def sent(message: Message) -> None:
            nonlocal code, size
            code = message.get("status") or message.get("code") or code
            size += len(message.get("body") or message.get("bytes") or b"")
            await send(message)

        try:
            await self._app(scope, heard, sent)
        finally:
            kind = "socket" if scope["type"] == "websocket" else "request"
            seconds = round(time.monotonic() - start, 3)
            note(kind, path=_known(scope, code), code=code, seconds=seconds, bytes=size)


def _known(scope: Scope, code: int) -> str:
    """A path of ours, or one of Gradio's as its route has it; what else was written stays untold.

    Routes say in the scope that they were meant, and Gradio's which they are.
    """
    if "endpoint" not in scope or code in (0, 404, 405):
        return "(other)"
    path = str(getattr(scope.get("route"), "path", scope["path"]))
    at = max(path.find(f"{PREFIX}/"), path.find("/gradio_api/"))
    return path[at:][:60] if at >= 0 else "(other)"
