"""What happens on the server as JSON, a line each, and not a word about who.

A line has time, level, logger and event, and numbers or short names of what happened. What is
formatted here goes through `plain`, which takes out addresses and sessions; of an error its kind
and the lines of code are kept, not its text, which may be a visitor's. `AccessLog` logs each
request that made work and each socket that ended.
"""

import json
import logging
import re
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ganplay.server.http.protocol import PREFIX

EVENTS = logging.getLogger("ganplay.events")
COUNTS: Counter[str] = Counter()
"""How often each event has happened since the start, logged or not."""
LINES_A_SECOND = 50
"""Of the log; what comes faster is counted and left out."""
FREQUENT = ("lab/poll", "arena/poll", "explore/render", "class/tell", "class/look")
"""Ends of paths that are not logged: pages ask these again and again."""
_ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3}){3}(:\d+)?|\[?([0-9a-fA-F]{0,4}:){2,}[0-9a-fA-F]{0,4}\]?")
_SESSION = re.compile(r"[\w-]{24}(\.[0-9a-f]{32})?")
_FRAMES = 8
"""Lines of code that are kept of an error."""


def log_event(event: str, **fields: float | str | bool | None) -> None:
    """Count something that happened, and log it in numbers and names of our own."""
    COUNTS[event] += 1
    EVENTS.info(event, extra={"fields": fields})


def warn(event: str, **fields: float | str | bool | None) -> None:
    """Count and log what whoever serves ganplay is to know of, also where events are not logged."""
    COUNTS[event.replace(" ", "_")] += 1
    EVENTS.warning(event, extra={"fields": fields})


def plain(text: str) -> str:
    """A text without addresses and sessions."""
    return _SESSION.sub("(session)", _ADDRESS.sub("(address)", text))[:500]


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON."""

    converter = staticmethod(time.gmtime)

    def format(self, record: logging.LogRecord) -> str:
        """As logging has it."""
        line: dict[str, object] = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%SZ"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": plain(record.getMessage()),
        }
        line |= getattr(record, "fields", {})
        if record.exc_info and record.exc_info[0]:
            kind, _, trace = record.exc_info
            frames = traceback.extract_tb(trace)[-_FRAMES:]
            line |= {"error": kind.__name__, "at": [_place(frame) for frame in frames]}
        return json.dumps(line, ensure_ascii=False)


def _place(frame: traceback.FrameSummary) -> str:
    return f"{'/'.join(Path(frame.filename).parts[-3:])}:{frame.lineno} {frame.name}"


class RateLimitFilter(logging.Filter):
    """Lets `LINES_A_SECOND` records through, and adds to a later one how many it has dropped.

    Errors are counted all the same, for the operator's page.
    """

    def __init__(self) -> None:
        super().__init__()
        self._since, self._logged, self._left_out = 0.0, 0, 0

    def filter(self, record: logging.LogRecord) -> bool:
        """As logging has it."""
        if record.levelno >= logging.ERROR:
            COUNTS["error"] += 1
        now = time.monotonic()
        if now - self._since > 1:
            self._since, self._logged = now, 0
        self._logged += 1
        if self._logged > LINES_A_SECOND:
            self._left_out += 1
            return False
        if self._left_out:
            fields = getattr(record, "fields", {})
            record.fields = fields | {"untold": self._left_out}
            self._left_out = 0
        return True


class AccessLog:
    """Stands before all routes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, and log how long it took and what came of it."""
        logged = scope["type"] == "websocket" or (
            scope["type"] == "http"
            and scope["method"] == "POST"
            and not scope["path"].endswith(FREQUENT)
        )
        if not logged:
            await self._app(scope, receive, send)
            return
        start, code, size = time.monotonic(), 0, 0

        async def received() -> Message:
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
            await self._app(scope, received, sent)
        finally:
            kind = "socket" if scope["type"] == "websocket" else "request"
            seconds = round(time.monotonic() - start, 3)
            log_event(kind, path=_path(scope, code), code=code, seconds=seconds, bytes=size)


def _path(scope: Scope, code: int) -> str:
    """A path of ours, or one of Gradio's as its route has it; others may be a visitor's words.

    A route that matches leaves its endpoint in the scope; Gradio's leave the route too.
    """
    if "endpoint" not in scope or code in (0, 404, 405):
        return "(other)"
    path = str(getattr(scope.get("route"), "path", scope["path"]))
    at = max(path.find(f"{PREFIX}/"), path.find("/gradio_api/"))
    return path[at:][:60] if at >= 0 else "(other)"


def start(events: bool) -> None:
    """Write lines to standard error: of warnings and errors, and if wanted of all events.

    Args:
        events: whether all that happens is logged.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    handler.addFilter(RateLimitFilter())
    logging.captureWarnings(True)
    for name in ("ganplay", "uvicorn", "asyncio", "py.warnings"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = name == "ganplay"  # so that tests hear of it; nobody else listens
    EVENTS.setLevel(logging.INFO if events else logging.WARNING)
