"""Which of the server's doors are shut, and what stands on all answers.

Gradio brings routes to files, to other servers and to its own workings. ganplay needs none of them,
so they are not there: what is sent is never a file on the disk, and no file is read by its name.
What Gradio's other routes stumble over is the request, and is answered as that.
"""

import logging

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ganplay.ui.routes import PREFIX

logger = logging.getLogger(__name__)

GRADIO = "/gradio_api/"
SHUT = (
    "upload", "upload_progress", "process_recording", "deep_link", "runs", "dev/reload",
    "vibe-edit", "undo-vibe-edit", "vibe-code", "vibe-starter-queries", "file={rest:path}",
    "file/{rest:path}", "proxy={rest:path}", "stream/{rest:path}", "custom_component/{rest:path}",
    "run-history/{rest:path}",
)  # fmt: skip
"""Below GRADIO."""
JSON = tuple(
    f"{PREFIX}/{path}"
    for path in ("lab/poll", "arena/poll", "explore/render", "explore/walk", "lessons/run")
)
"""What these take is JSON, and must be said to be: a form of another site cannot say that."""
HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}


class Doorkeeper:
    """Stands before all routes, Gradio's too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, and put our headers on its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer: ASGIApp = self._app
        if not _is_said_rightly(scope):
            answer = JSONResponse({"type": "content_type", "allowed": "application/json"}, 415)

        gradio, begun = GRADIO in scope["path"], False

        async def sent(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                if gradio and message["status"] == 500:
                    message["status"] = 400
                headers = MutableHeaders(scope=message)
                for name, text in HEADERS.items():
                    headers.setdefault(name, text)
            await send(message)

        try:
            await answer(scope, receive, sent)
        except Exception:
            if begun or not gradio:
                raise
            logger.warning("Gradio could not make sense of a request", exc_info=True)
            await JSONResponse({"type": "request"}, 400)(scope, receive, sent)


def _is_said_rightly(scope: Scope) -> bool:
    if scope["method"] != "POST" or not scope["path"].endswith(JSON):
        return True
    kind = Headers(scope=scope).get("content-type", "")
    return kind.split(";")[0].strip().lower() == "application/json"


async def _shut(request: Request) -> Response:
    return JSONResponse({"type": "shut"}, 404)


def shut() -> list[Route]:
    """Routes that stand before Gradio's of the same names, and say that nothing is there."""
    paths = [f"{GRADIO}{door}{end}" for door in SHUT for end in ("", "/")]
    return [Route(path, _shut, methods=["GET", "HEAD", "POST"]) for path in paths]
