"""Live connections between pages and sessions of the engine: a socket, and polls in its place.

Frames and events go down, acknowledgements and commands up. What a view's sessions are, and which
commands they follow, its own routes say; see `lab.routes` and `arena.routes`.
"""

import asyncio
import json
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Annotated, Any

from pydantic import Field
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from ganplay.common.settings import ConfigError, Problem, as_plain
from ganplay.common.wire import dump, pack_message
from ganplay.live import commands
from ganplay.live.commands import SPEEDS, CommandError
from ganplay.live.engine import Engine
from ganplay.live.session import MAX_REPLAY_STEPS
from ganplay.live.session_table import Full
from ganplay.server.http.auth import shows_secret
from ganplay.server.http.guard import Guard, PageRequest, answer_json, guarded_socket
from ganplay.server.http.logs import log_event
from ganplay.server.http.messages import OrDefault, PageMessage, validated
from ganplay.server.http.protocol import FULL, GONE, Refusal, receive
from ganplay.server.http.rate_limits import MessageAllowance
from ganplay.server.http.waiting_line import WaitingLine

MAX_POLL_MESSAGES = 100
"""Of one poll; what is beyond is left out."""
POLL_SECONDS = 1.0
"""So long a poll waits for news."""
POLL_LOST_SECONDS = 10.0
"""A page that has not polled for so long is taken for lost."""
MAX_EVENTS = 200
"""That wait for a page; of more the oldest are dropped."""


class Outbox:
    """What waits to be sent to a page: all events, but of the frames only the newest."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._events: deque[dict[str, Any]] = deque(maxlen=MAX_EVENTS)
        self._frame: bytes | None = None
        self._frames, self._frames_sent = 0, deque[int]()
        self._news = asyncio.Event()

    def frame(self, data: bytes) -> None:
        """Take a frame, from any thread."""
        self._call(data, None)

    def event(self, data: dict[str, Any]) -> None:
        """Take an event, from any thread."""
        self._call(None, data)

    async def collect(self, seconds: float | None = None) -> tuple[list[dict[str, Any]], bytes]:
        """Everything new, as soon as there is something (or after some seconds nothing)."""
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._news.wait(), seconds)
        self._news.clear()
        events, frame = list(self._events), self._frame or b""
        self._events.clear()
        self._frame = None
        if frame:
            self._frames_sent.append(self._frames)
            self._frames = 0
        return events, frame

    def acknowledged_frames(self) -> int:
        """For how many frames the page's next acknowledgement stands.

        The page knows nothing of frames that a newer one replaced before they were sent, whose
        credit would be lost for good.
        """
        return self._frames_sent.popleft() if self._frames_sent else 1

    def _call(self, *new: Any) -> None:
        with suppress(RuntimeError):  # the server's loop has ended
            self._loop.call_soon_threadsafe(self._keep, *new)

    def _keep(self, frame: bytes | None, event: dict[str, Any] | None) -> None:
        if frame is not None:
            self._frame = frame
            self._frames += 1
        if event is not None:
            self._events.append(event)
        self._news.set()


class Hello(PageMessage):
    """A page's first message: what its session is like where it has to be made (again).

    Attributes:
        playing: whether it trains; None if the page says nothing.
        speed: steps a second; None for as many as there can be.
        step: to which it is trained at once, as the page saw it there.
    """

    playing: OrDefault[bool | None] = None
    speed: OrDefault[Annotated[float, Field(ge=SPEEDS[0], le=SPEEDS[1])] | None] = None
    step: OrDefault[Annotated[float, Field(ge=0, lt=2**31)]] = 0

    def catch_up(self) -> tuple[int, list[Problem]]:
        """How far to train at once, and that this is not all the way if it is not."""
        step, most = int(self.step), MAX_REPLAY_STEPS
        far = Problem("step", step, f"at most {most} are trained again", most, "restored")
        return min(step, most), [far] if step > most else []


class Connection(ABC):
    """What one page and its session tell each other, by socket or by polls.

    Args:
        engine: trains.
        line: in front of it.
        priority: whether it is served before others.
    """

    def __init__(self, engine: Engine, line: WaitingLine, priority: bool = False) -> None:
        self.engine = engine
        self.outbox = Outbox()
        self.session_id = ""
        self._line, self._priority = line, priority
        self._allowance = MessageAllowance()
        self._hello: dict[str, Any] = {}

    @abstractmethod
    def _enter(self, hello: dict[str, Any]) -> tuple[bool, list[dict[str, object]]]:
        """Make the session, or find it again.

        Returns:
            Whether it was there, and what could not be used of the page's first message.

        Raises:
            Full: if there is no room.
        """

    @abstractmethod
    def _read(self, message: Any) -> object:
        """The command that a message stands for.

        Raises:
            CommandError: if it stands for none.
            ConfigError: if it asks for what cannot be.
        """

    def open(self, session_id: str, hello: dict[str, Any]) -> None:
        """Open (or find again) the session that the page's first message asks for, or wait.

        Raises:
            Refusal: if there is no room, and none to wait either.
        """
        self.session_id, self._hello = self._name(session_id), hello
        try:
            if len(self._line) and not (self._priority or self.engine.notice(self.session_id)):
                raise Full  # nobody overtakes those who wait
            self.admit()
        except Full:
            self._wait()

    def admit(self) -> None:
        """Come in, at once or from the line.

        Raises:
            Full: if there is no room.
        """
        known, problems = self._enter(self._hello)
        self.outbox.event({"type": "welcome", "known": known, "problems": problems})
        log_event("session", known=known, sessions=len(self.engine.sessions()))

    def _name(self, session_id: str) -> str:
        """What the engine calls the session of a page."""
        return session_id

    def _wait(self) -> None:
        try:
            self._line.join(self)
        except Full:
            raise Refusal("full", FULL) from None

    def send(self, event: dict[str, Any]) -> None:
        """Something for the page."""
        self.outbox.event(event)

    def receive(self, text: str) -> None:
        """Follow one message of the page, or say why not.

        Raises:
            Refusal: if messages come too large or too fast, or the session is gone.
        """
        self._allowance.pay(text)
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            self._complain("message", text[:40], "JSON is needed")
            return
        self.handle(message)

    def handle(self, message: Any) -> None:
        """Follow one decoded message.

        Raises:
            Refusal: if the session is gone.
        """
        if self._line.has(self):
            return  # there is no session yet; the first message says what it will be like
        kind = message.get("type") if isinstance(message, dict) else None
        if kind == "ack":
            frames = self.outbox.acknowledged_frames()
            there = self.engine.acknowledge(self.session_id, frames)
        elif kind == "ping":
            there = self.engine.notice(self.session_id)
        else:
            try:
                command = self._read(message)
                number = commands.message_number(message)
            except CommandError as error:
                self._complain(error.field, error.shown, error.allowed)
                return
            except ConfigError as error:
                self.send({"type": "unmade", "problems": as_plain(error.problems)})
                return
            there = self.engine.post(self.session_id, number, command)
        if not there:
            raise Refusal("gone", GONE)

    def end(self, closed: bool) -> None:
        """The connection is down: closed by the visitor, or lost."""
        if self.session_id:
            self._line.leave(self, closed)
            self.engine.leave(self.session_id, self.outbox, closed)

    def _complain(self, field: str, value: str, allowed: str) -> None:
        self.send({"type": "error", "field": field, "value": value, "allowed": allowed})


class Poll(PageMessage):
    """What a poll holds beside a first message."""

    messages: list[Any] = Field(default=[], description="a list")


class LiveSocketRoutes:
    """A socket, and polls in its place, to sessions of one kind.

    Args:
        engine: trains.
        has_priority: whether who asks is served before others.
        line: in front of that engine; by default a new one.
    """

    channel: str
    """The first part of the routes' paths."""
    connection: type[Connection]

    def __init__(
        self,
        engine: Engine,
        has_priority: Callable[[HTTPConnection], bool] = shows_secret,
        line: WaitingLine | None = None,
    ) -> None:
        self.engine = engine
        self.line = WaitingLine() if line is None else line
        self._has_priority = has_priority
        self._polls: dict[str, tuple[Connection, float]] = {}

    async def socket(self, socket: WebSocket, session: str, hello: dict[str, Any]) -> None:
        """Frames and events down; acknowledgements and commands up."""
        connection = self.connection(self.engine, self.line, self._has_priority(socket))
        closed, sender = False, None
        try:
            connection.open(session, hello)
            sender = asyncio.create_task(_send_all(socket, connection.outbox))
            while True:
                connection.receive(await receive(socket))
        except Refusal as refusal:
            closed = refusal.kind != "gone"
            raise
        except WebSocketDisconnect as end:
            closed = end.code in (1000, 1001)
        finally:
            if sender:
                sender.cancel()
            connection.end(closed)

    async def poll(self, request: PageRequest) -> Response:
        """The same by plain requests, where sockets are forbidden.

        A JSON object with `token`, `messages` (a list) and, to begin with, what a socket's first
        message holds. The answer is a message of `wire`: the events and the newest frame, if
        there is one.
        """
        content = request.json()
        messages = validated(Poll, content).messages[:MAX_POLL_MESSAGES]
        connection = self._polling(request, content)
        for message in messages:
            connection.receive(dump(message))
        events, frame = await connection.outbox.collect(POLL_SECONDS)
        return Response(pack_message(events, frame), media_type="application/octet-stream")

    def _polling(self, request: PageRequest, content: dict[str, Any]) -> Connection:
        """The connection that a poll belongs to; a page's first poll opens it."""
        now = time.monotonic()
        for session, (connection, polled) in list(self._polls.items()):
            if now - polled > POLL_LOST_SECONDS:
                connection.end(closed=False)
                del self._polls[session]
        known = self._polls.get(request.session)
        if known is None:
            priority = self._has_priority(request.connection)
            connection = self.connection(self.engine, self.line, priority)
            connection.open(request.session, content)
        else:
            connection = known[0]
            if not (self.line.has(connection) or self.engine.notice(connection.session_id)):
                del self._polls[request.session]
                raise Refusal("gone", GONE)
        self._polls[request.session] = connection, now
        return connection

    def all(self) -> list[BaseRoute]:
        """To be handed to the app."""
        poll = Guard(self.poll, json=True, token_in_body=True, explain=_explain_poll)
        return [
            guarded_socket(f"{self.channel}/socket", self.socket),
            poll.route(f"{self.channel}/poll"),
        ]


def _explain_poll(error: Exception) -> Response | None:
    if isinstance(error, ValueError | TypeError | RecursionError):  # what JSON cannot hold
        return answer_json({"type": "error", "field": "messages", "allowed": "a list"}, 400)
    return None


async def _send_all(socket: WebSocket, outbox: Outbox) -> None:
    """Send what there is as it comes; ends with the connection."""
    with suppress(WebSocketDisconnect, RuntimeError):
        while True:
            events, frame = await outbox.collect()
            for event in events:
                await socket.send_text(dump(event))
                if event["type"] in ("failed", "gone"):
                    await socket.close(GONE)
                    return
            if frame:
                await socket.send_bytes(frame)
