"""Sends xAPI statements to the learning record store that the operator names, in the background.

A visitor can neither name the address nor learn it whole, and no redirect is followed. What cannot
be sent is tried again, later each time; past `MAX_WAITING` the oldest is dropped, and counted.
"""

import base64
import json
import os
import ssl
import threading
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ganplay.lessons.xapi import VERSION
from ganplay.server.http.logs import COUNTS, warn

ADDRESS, USER = "GANPLAY_XAPI_ADDRESS", "GANPLAY_XAPI_USER"
PASSWORD, HOME = "GANPLAY_XAPI_PASSWORD", "GANPLAY_XAPI_HOME"
"""Environment variables of the operator's."""
MAX_WAITING, MAX_BATCH = 5000, 50
"""Statements that wait, and that are sent at once."""
SECONDS = 10.0
"""A store that has not answered by then is asked again later."""
FIRST_WAIT, MAX_WAIT = 1.0, 300.0
"""Seconds before the second try; each wait is twice as long as the last, up to the second."""
LAST_SECONDS = 3.0
"""So long the server's end waits for what has not been sent."""
_KNOWN = 409
_REFUSED = {400, 413, 422, _KNOWN}
"""Answers that stay the same however often the same is sent; `_KNOWN`: it is there already."""


class RecordStoreError(ValueError):
    """The operator's settings of the record store cannot be used; it names the one, and why."""


class RecordStore(NamedTuple):
    """Where statements go, and how they name things.

    Attributes:
        address: to which statements are posted.
        user: of Basic authentication; "" for none.
        password: the same.
        home: with which all ids begin; "" for the address of the page.
    """

    address: str
    user: str = ""
    password: str = ""
    home: str = ""

    @property
    def host(self) -> str:
        """What students are told."""
        return urlsplit(self.address).hostname or ""

    def headers(self) -> dict[str, str]:
        """Of each request."""
        found = {"Content-Type": "application/json", "X-Experience-API-Version": VERSION}
        if self.user:
            given = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
            found["Authorization"] = f"Basic {given}"
        return found


def record_store(
    address: str | None = None, environment: Mapping[str, str] = os.environ
) -> RecordStore | None:
    """The store of the operator; None where there is none.

    Args:
        address: of the store; by default what `ADDRESS` holds.
        environment: with the other variables.

    Raises:
        RecordStoreError: if one of them cannot be used.
    """
    name = ADDRESS if address is None else "--xapi"
    address = (environment.get(ADDRESS, "") if address is None else address).strip()
    user, password = environment.get(USER, "").strip(), environment.get(PASSWORD, "").strip()
    home = environment.get(HOME, "").strip().rstrip("/")
    if not address:
        return None
    _check(name, address)
    if bool(user) != bool(password):
        raise RecordStoreError(f"{USER} and {PASSWORD}: both are needed, or neither")
    if ":" in user:
        raise RecordStoreError(f"{USER}: a user of Basic authentication has no colon")
    if home:
        _check(HOME, home)
    address = address.rstrip("/")
    address = address if address.endswith("/statements") else f"{address}/statements"
    return RecordStore(address, user, password, home)


def _check(name: str, address: str) -> None:
    """Refuse what is no plain address; it is not repeated whole, since it may hold a password."""
    needed = "an address such as https://lrs.example.org/xapi is needed"
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not address.isascii() or not address.isprintable() or " " in address:
        raise RecordStoreError(f"{name}: {needed}")
    if parts.username is not None:
        raise RecordStoreError(f"{name}: user and password belong into {USER} and {PASSWORD}")
    if parts.query or parts.fragment:
        raise RecordStoreError(f"{name}: {needed}, without ? and #")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Statements and password go to the operator's address and to no other."""

    def redirect_request(self, *given: Any) -> None:
        """None: the redirect counts as an error."""


class StatementSender:
    """Sends statements from a thread of its own, which the first statement starts.

    Args:
        store: where to.
        first_wait: seconds before the second try.
    """

    def __init__(self, store: RecordStore, first_wait: float = FIRST_WAIT) -> None:
        self.store = store
        self._first_wait = first_wait
        self._waiting: deque[dict[str, Any]] = deque()
        self._changed = threading.Condition()
        self._stopping = False
        self._thread: threading.Thread | None = None
        # Certificates are those of the environment now; a proxy of the environment is not used.
        handlers: list[urllib.request.BaseHandler] = [
            _NoRedirect(),
            urllib.request.ProxyHandler({}),
        ]
        if urlsplit(store.address).scheme == "https":
            secure = ssl.create_default_context()
            handlers.append(urllib.request.HTTPSHandler(context=secure))
        self._opener = urllib.request.build_opener(*handlers)

    def put(self, statement: dict[str, Any]) -> None:
        """Have a statement sent; returns at once."""
        with self._changed:
            if self._stopping:
                return
            self._waiting.append(statement)
            self._drop()
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="xapi", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def stop(self) -> None:
        """Try once more to send what waits, for `LAST_SECONDS` at most, and end."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(LAST_SECONDS)
        COUNTS["xapi_dropped"] += len(self._waiting)

    def _work(self) -> None:
        wait = self._first_wait
        while batch := self._next():
            left = self._send(batch)
            if not left:
                wait = self._first_wait
                continue
            with self._changed:
                self._waiting.extendleft(reversed(left))
                self._drop()
                if self._stopping:
                    return
                self._changed.wait_for(lambda: self._stopping, wait)
            wait = min(2 * wait, MAX_WAIT)

    def _drop(self) -> None:
        """Let the oldest go where more wait than may."""
        while len(self._waiting) > MAX_WAITING:
            self._waiting.popleft()
            COUNTS["xapi_dropped"] += 1

    def _next(self) -> list[dict[str, Any]]:
        """The oldest statements, once there are some; none when no more will come."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._stopping)
            return [self._waiting.popleft() for _ in range(min(MAX_BATCH, len(self._waiting)))]

    def _send(self, batch: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Send statements; those that are to be sent again later."""
        status = self._post(batch)
        if status in (200, 204):
            COUNTS["xapi_sent"] += len(batch)
            return []
        if status not in _REFUSED:
            warn("xapi later", code=status, waiting=len(self._waiting) + len(batch))
            return batch
        if len(batch) > 1:  # one of them keeps the others from being taken
            half = len(batch) // 2
            return self._send(batch[:half]) + self._send(batch[half:])
        if status != _KNOWN:
            warn("xapi refused", code=status)
        return []

    def _post(self, batch: list[dict[str, Any]]) -> int:
        """The status of the store's answer; 0 if there was none."""
        body = json.dumps(batch, ensure_ascii=False).encode()
        request = urllib.request.Request(self.store.address, body, self.store.headers())
        try:
            with self._opener.open(request, timeout=SECONDS) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            error.close()
            return error.code
        except (OSError, HTTPException, ValueError):
            return 0
