"""Which of the server's doors are shut, and what stands on all answers.

Gradio brings routes to files, to other servers and to its own workings. ganplay needs none of them,
so they are not there: what is sent is never a file on the disk, and no file is read by its name.
What Gradio's other routes stumble over is the request, and is answered as that.
"""

import logging
from typing import Any

from gradio import processing_utils, queueing, routes
from gradio_client.utils import is_file_obj_with_meta, traverse
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ganplay.media.uploads import MAX_BYTES
from ganplay.server.api.toy import Refused
from ganplay.server.http.live_socket import PREFIX, Refusal, limited_body
from ganplay.server.http.logs import COUNTS

logger = logging.getLogger(__name__)

GRADIO = "/gradio_api/"
BLOCKED = (
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
MOST = int(2 * MAX_BYTES * 4 / 3) + 2**20
"""Bytes of a request to Gradio: `project` takes a picture and a mask, both in base64."""
HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}


class GradioLockdown:
    """Stands before all routes, Gradio's too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, and put our headers on its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        gradio, begun = _is_theirs(scope), False
        answer: ASGIApp = self._app
        if not _is_said_rightly(scope):
            answer = JSONResponse({"type": "content_type", "allowed": "application/json"}, 415)
        elif scope["method"] == "POST" and gradio:
            answer = _Whole(self._app)

        async def sent(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                if gradio and message["status"] == 500:
                    message["status"] = 400
                    COUNTS["gradio_stumbled"] += 1
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
            COUNTS["gradio_stumbled"] += 1
            await JSONResponse({"type": "request"}, 400)(scope, receive, sent)


class _Whole:
    """Hands requests on when they have come whole, as Gradio reads to the end what never ends."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body: bytes | None = await limited_body(Request(scope, receive), MOST)
        except Refusal as refusal:
            answer = JSONResponse({"type": refusal.kind}, refusal.code - 4000)
            await answer(scope, receive, send)
            return
        except ClientDisconnect:
            return

        async def again() -> Message:
            nonlocal body
            if body is None:
                return await receive()
            message, body = {"type": "http.request", "body": body, "more_body": False}, None
            return message

        await self._app(scope, again, send)


def _is_theirs(scope: Scope) -> bool:
    """Whether a request is for Gradio."""
    return GRADIO in scope["path"] or f"{PREFIX}/" not in scope["path"]


def _is_said_rightly(scope: Scope) -> bool:
    """Whether what is to be JSON is said to be; forms with files would be put on the disk."""
    if scope["method"] != "POST" or not (_is_theirs(scope) or scope["path"].endswith(JSON)):
        return True
    kind = Headers(scope=scope).get("content-type", "")
    return kind.split(";")[0].strip().lower() == "application/json"


async def _shut(request: Request) -> Response:
    return JSONResponse({"type": "shut"}, 404)


def shut() -> list[Route]:
    """Routes that stand before Gradio's of the same names, and say that nothing is there."""
    doors = ["/login", *(f"{GRADIO}{door}" for door in BLOCKED)]
    paths = [f"{door}{end}" for door in doors for end in ("", "/")]
    return [Route(path, _shut, methods=["GET", "HEAD", "POST"]) for path in paths]


_moved = processing_utils.async_move_files_to_cache


async def _taken(data: Any, block: Any, postprocess: bool = False, *how: Any, **more: Any) -> Any:
    """In place of Gradio's own, which fetches an address that stands in a file's stead."""
    if not postprocess:
        traverse(data, _refuse_file, is_file_obj_with_meta)
    return await _moved(data, block, postprocess, *how, **more)


def _refuse_file(given: object) -> None:
    raise Refused("files: none is taken, and none is fetched from an address")


class _Told:
    """In place of `traceback` where Gradio prints what it stumbles over with what was sent."""

    @staticmethod
    def print_exc() -> None:
        logger.warning("Gradio could not make sense of a request", exc_info=True)


def tame() -> None:
    """Have Gradio refuse what stands for a file among arguments, and print nothing of a request."""
    processing_utils.async_move_files_to_cache = _taken
    for module in (queueing, routes):
        vars(module).update(traceback=_Told)
