"""What happens on the server as JSON, a line each, and not a word about who.

A line has time, level, logger and event, and numbers or short names of what happened. What is
formatted here goes through `plain`, which takes out addresses and sessions; of an error its kind
and the lines of code are kept, not its text, which may be a visitor's.
"""

import json
import logging
import re
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

EVENTS = logging.getLogger("ganplay.events")
COUNTS: Counter[str] = Counter()
"""How often each event has happened since the start, told or not."""
LINES_A_SECOND = 50
"""Of events; what comes faster is counted and not told one by one."""
_ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3}){3}(:\d+)?|\[?([0-9a-fA-F]{0,4}:){2,}[0-9a-fA-F]{0,4}\]?")
_SESSION = re.compile(r"[\w-]{24}(\.[0-9a-f]{32})?")
_FRAMES = 8


def note(event: str, **fields: float | str | bool | None) -> None:
    """Tell of something that happened, in numbers and names of our own."""
    COUNTS[event] += 1
    EVENTS.info(event, extra={"fields": fields})


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
    return f"{'/'.join(Path(frame.filename).parts[-2:])}:{frame.lineno} {frame.name}"


class RateLimitFilter(logging.Filter):
    """Lets a bounded number of records a second through, and says how many it has not."""

    def __init__(self) -> None:
        super().__init__()
        self._since, self._told, self._kept = 0.0, 0, 0

    def filter(self, record: logging.LogRecord) -> bool:
        """As logging has it."""
        now = time.monotonic()
        if now - self._since > 1:
            self._since, self._told = now, 0
        self._told += 1
        if self._told > LINES_A_SECOND:
            self._kept += 1
            return False
        if self._kept:
            fields = getattr(record, "fields", {})
            record.fields = fields | {"untold": self._kept}
            self._kept = 0
        return True


class ErrorCounter(logging.Handler):
    """Counts errors, for who looks after the server."""

    def emit(self, record: logging.LogRecord) -> None:
        """As logging has it."""
        COUNTS["error"] += 1


def start(events: bool) -> None:
    """Write lines to standard error: of warnings and errors, and if wanted of all events.

    Args:
        events: whether all that happens is told.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    handler.addFilter(RateLimitFilter())
    logging.captureWarnings(True)
    for name in ("ganplay", "uvicorn", "asyncio", "py.warnings"):
        logger = logging.getLogger(name)
        logger.handlers = [handler, ErrorCounter(logging.ERROR)]
        logger.propagate = name == "ganplay"  # so that tests hear of it; nobody else listens
    EVENTS.setLevel(logging.INFO if events else logging.WARNING)
