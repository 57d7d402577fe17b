"""Which of Gradio's routes are blocked, what its others accept, and the headers of all answers.

Gradio brings routes to files, to other servers and to its own workings. ganplay needs none of them,
so they are not there: what is sent is never a file on the disk, and no file is read by its name.
What Gradio's other routes fail on is the request's fault, and is answered as that.
"""

import logging
from typing import Any

from gradio_client import utils as client_utils
from gradio_client.utils import is_file_obj_with_meta, traverse
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ganplay.media.uploads import MAX_BYTES
from ganplay.server.api.endpoints import check_names
from ganplay.server.api.toy import Refused
from ganplay.server.gradio_import import http_server, processing_utils, queueing, routes
from ganplay.server.http.bodies import limited_body
from ganplay.server.http.dual_stack import DualStackServer
from ganplay.server.http.guard import JSON_ONLY, answer_refusal, is_json
from ganplay.server.http.logs import COUNTS
from ganplay.server.http.protocol import PREFIX, SECURITY_HEADERS, Refusal

logger = logging.getLogger(__name__)

GRADIO = "/gradio_api/"
BLOCKED = (
    "upload", "upload_progress", "process_recording", "deep_link", "runs", "dev/reload",
    "vibe-edit", "undo-vibe-edit", "vibe-code", "vibe-starter-queries", "file={rest:path}",
    "file/{rest:path}", "proxy={rest:path}", "stream/{rest:path}", "custom_component/{rest:path}",
    "run-history/{rest:path}",
)  # fmt: skip
"""Of Gradio's routes, below GRADIO."""
MAX_REQUEST = int(2 * MAX_BYTES * 4 / 3) + 2**20
"""Bytes of a request to Gradio: `project` takes a picture and a mask, both in base64."""


class GradioLockdown:
    """Stands before all routes, Gradio's too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, and put our headers on its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        gradio, begun = _is_gradios(scope), False
        answer: ASGIApp = self._app
        if scope["method"] == "POST" and gradio:
            # Forms with files would be put on the disk.
            kind = Headers(scope=scope).get("content-type", "")
            answer = self._buffered if is_json(kind) else JSONResponse(JSON_ONLY, 415)

        async def sent(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                if gradio and message["status"] == 500:
                    message["status"] = 400
                    COUNTS["gradio_stumbled"] += 1
                headers = MutableHeaders(scope=message)
                for name, text in SECURITY_HEADERS.items():
                    headers.setdefault(name, text)
            await send(message)

        try:
            await answer(scope, receive, sent)
        except Exception as error:
            if begun or not gradio:
                raise
            if isinstance(error, Refused):
                await JSONResponse({"error": error.message}, 400)(scope, receive, sent)
                return
            logger.warning("Gradio could not make sense of a request", exc_info=True)
            COUNTS["gradio_stumbled"] += 1
            await JSONResponse({"type": "request"}, 400)(scope, receive, sent)

    async def _buffered(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on when it has come whole, as Gradio would read without end or limit."""
        try:
            body: bytes | None = await limited_body(Request(scope, receive), MAX_REQUEST)
        except Refusal as refusal:
            await answer_refusal(refusal)(scope, receive, send)
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


def _is_gradios(scope: Scope) -> bool:
    """Whether a request is for Gradio."""
    return GRADIO in scope["path"] or f"{PREFIX}/" not in scope["path"]


async def _blocked(request: Request) -> Response:
    return JSONResponse({"type": "shut"}, 404)


def blocked_routes() -> list[Route]:
    """Routes that stand before Gradio's of the same names, and say that nothing is there."""
    names = ["/login", *(f"{GRADIO}{name}" for name in BLOCKED)]
    paths = [f"{name}{end}" for name in names for end in ("", "/")]
    return [Route(path, _blocked, methods=["GET", "HEAD", "POST"]) for path in paths]


_gradios_move = processing_utils.async_move_files_to_cache


async def _move(data: Any, block: Any, postprocess: bool = False, *how: Any, **more: Any) -> Any:
    """In place of Gradio's own, which fetches an address that stands in a file's stead."""
    if not postprocess:
        traverse(data, _refuse_file, is_file_obj_with_meta)
    return await _gradios_move(data, block, postprocess, *how, **more)


def _refuse_file(given: object) -> None:
    raise Refused("files: none is taken, and none is fetched from an address")


class _QuietTraceback:
    """In place of `traceback`, with which Gradio prints an error and what was sent."""

    @staticmethod
    def print_exc() -> None:
        logger.warning("Gradio could not make sense of a request", exc_info=True)


class _NamedArguments:
    """In place of `gradio_client.utils`, whose errors do not reach who names arguments."""

    def __getattr__(self, name: str) -> Any:
        return getattr(client_utils, name)

    @staticmethod
    def construct_args(parameters: Any, args: tuple, given: dict[str, Any]) -> list:
        check_names(parameters, given)
        return client_utils.construct_args(parameters, args, given)


def _without_cors(app: ASGIApp, **_: object) -> ASGIApp:
    """In place of Gradio's CORS, which answers other sites' pages: `origins` has the rule."""
    return app


def patch_gradio() -> None:
    """Have Gradio refuse what stands for a file among arguments, and print nothing of a request.

    It also adds no CORS headers, and listens at `::` for both kinds of addresses.
    """
    processing_utils.async_move_files_to_cache = _move
    vars(http_server).update(Server=DualStackServer)
    if not hasattr(routes, "CustomCORSMiddleware"):
        raise RuntimeError("this version of gradio sends CORS headers that are not known here")
    vars(routes).update(CustomCORSMiddleware=_without_cors, client_utils=_NamedArguments())
    for module in (queueing, routes):
        vars(module).update(traceback=_QuietTraceback)
