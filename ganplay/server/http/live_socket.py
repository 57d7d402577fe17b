"""Routes of our own on the app's server: the lab's socket, its fallback and its files.

They stand outside Gradio's queue and its login, so they look at origin, token, size, rate and
content themselves. What a page sends becomes a `Command` or a refusal in words.
"""

import asyncio
import json
import struct
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib.resources import as_file, files
from os.path import normpath
from typing import Any
from urllib.parse import urlsplit

from anyio import CapacityLimiter, to_thread
from starlette.datastructures import Headers, QueryParams
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from ganplay.common.devices import out_of_memory
from ganplay.common.settings import ConfigError, Problem, as_plain
from ganplay.live import commands
from ganplay.live.commands import CommandError
from ganplay.live.engine import Engine
from ganplay.live.session import MAX_REPLAY_STEPS
from ganplay.live.session_table import Full
from ganplay.server.http import auth
from ganplay.server.http.logs import note
from ganplay.server.http.teacher_secret import HEADER, is_teacher
from ganplay.server.http.waiting_line import WaitingLine
from ganplay.server.schema import ASSETS, schema
from ganplay.toy import custom_points
from ganplay.toy.config import PRESETS, ToyConfig
from ganplay.toy.custom_points import PointsError
from ganplay.toy.script_export import as_script

PREFIX = "/ganplay"
TOKEN = "x-ganplay-token"
"""The header with the page's token: in an address it would stand in logs."""
MAX_MESSAGE = 131_072
"""Characters; one with all the points that there can be has 80,000."""
MAX_BODY = 2 * MAX_MESSAGE
MOST_MESSAGES = 100
"""Of one request."""
MESSAGES_A_SECOND, BURST = 300.0, 600.0
CHARACTERS_A_MESSAGE = 1024
"""A longer message counts as several."""
FILES_AT_ONCE, FILES_WAITING = 2, 8
READ_ANYWAY = 2**22
"""Bytes beyond its limit that a request's body is still read, and thrown away."""
READ_ANYWAY_SECONDS = 2.0
BODY_SECONDS = 60.0
"""A request whose body takes longer is refused: it would keep a place that others wait for."""
MOST_ARRIVING = 2**28
"""Bytes of all bodies that are on their way. Who sends slowly keeps no place, but takes memory."""
GREETING_SECONDS = 15.0
POLL_SECONDS = 1.0
REFUSED, TOO_LARGE, TOO_MANY, FULL, GONE, SLOW = 4401, 4413, 4429, 4503, 4404, 4408
"""Codes that a socket is closed with, after a message that says the same in words."""


class Refusal(Exception):
    """A page is turned away: a kind that the page has words for, and the code to close with."""

    def __init__(self, kind: str, code: int) -> None:
        super().__init__(kind)
        self.kind, self.code = kind, code


class Allowance:
    """How much one page may send: a burst, and so much a second."""

    def __init__(self) -> None:
        self._tokens, self._filled = BURST, time.monotonic()

    def pay(self, text: str) -> None:
        """Take one message off.

        Raises:
            Refusal: if messages come too large or too fast.
        """
        if len(text) > MAX_MESSAGE:
            raise Refusal("too_large", TOO_LARGE)
        now, cost = time.monotonic(), 1 + len(text) / CHARACTERS_A_MESSAGE
        self._tokens = min(BURST, self._tokens + (now - self._filled) * MESSAGES_A_SECOND)
        self._filled = now
        if self._tokens < cost:
            raise Refusal("too_many", TOO_MANY)
        self._tokens -= cost


class Outbox:
    """A session's sink: keeps all events, but of the frames only the newest."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._events: deque[dict[str, Any]] = deque(maxlen=200)
        self._frame: bytes | None = None
        self._frames, self._sent = 0, deque[int]()
        self._news = asyncio.Event()

    def frame(self, data: bytes) -> None:
        """Take a frame, from any thread."""
        self._call(self._keep_frame, data)

    def event(self, data: dict[str, Any]) -> None:
        """Take an event, from any thread."""
        self._call(self._keep_event, data)

    async def collect(self, seconds: float | None = None) -> tuple[list[dict[str, Any]], bytes]:
        """Everything new, as soon as there is something (or after some seconds nothing)."""
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._news.wait(), seconds)
        self._news.clear()
        events, frame = list(self._events), self._frame or b""
        self._events.clear()
        self._frame = None
        if frame:
            self._sent.append(self._frames)
            self._frames = 0
        return events, frame

    def settled(self) -> int:
        """For how many frames the page's next acknowledgement stands.

        It knows nothing of those that a newer one replaced before they were sent, whose credit
        would be lost for good.
        """
        return self._sent.popleft() if self._sent else 1

    def _call(self, keep: Any, data: Any) -> None:
        with suppress(RuntimeError):  # the server's loop has ended
            self._loop.call_soon_threadsafe(keep, data)

    def _keep_frame(self, data: bytes) -> None:
        self._frame = data
        self._frames += 1
        self._news.set()

    def _keep_event(self, data: dict[str, Any]) -> None:
        self._events.append(data)
        self._news.set()


class Connection:
    """One page's dealings with the engine, over whatever line it came in."""

    def __init__(self, engine: Engine, line: WaitingLine, first: bool = False) -> None:
        self.engine = engine
        self.mailbox = Outbox()
        self.session_id = ""
        self._line, self._first = line, first
        self._allowance = Allowance()
        self._hello: dict[str, Any] = {}

    def begin(self, hello: Any) -> None:
        """Open (or find again) the session that the page's first message asks for, or wait.

        Raises:
            Refusal: if the token is not ours, or there is no room.
        """
        hello = hello if isinstance(hello, dict) else {}
        session_id = auth.session_of(hello.get("token"))
        if session_id is None:
            raise Refusal("refused", REFUSED)
        self.session_id, self._hello = self._name(session_id), hello
        try:
            if len(self._line) and not (self._first or self.engine.notice(self.session_id)):
                raise Full  # nobody overtakes those who wait
            self.enter()
        except Full:
            self._wait()

    def enter(self) -> None:
        """Come in, at once or from the line.

        Raises:
            Full: if there is no room.
        """
        known, problems = self._open(self.session_id, self._hello)
        self.mailbox.event({"type": "welcome", "known": known, "problems": problems})
        note("session", known=known, sessions=len(self.engine.sessions()))

    def _name(self, session_id: str) -> str:
        """What the engine calls the session of a page."""
        return session_id

    def _open(self, session_id: str, hello: dict[str, Any]) -> tuple[bool, list[dict[str, object]]]:
        """Open a session; whether it was there, and what could not be used of the message."""
        given, state = hello.get("config"), hello.get("state")
        given = given if isinstance(given, dict) and len(given) <= commands.MAX_CHANGES else {}
        if isinstance(state, str):
            config, problems = ToyConfig.from_state(state)
        else:
            config, problems = PRESETS["ring"].repaired(given)
        rival, more = _rival(hello.get("rival"), config)
        speed, step, far = pace(hello)
        stop = hello.get("stop")
        try:
            stop = commands.stop(stop if isinstance(stop, dict) else {})
        except CommandError:
            stop = None
        known = self.engine.open(
            session_id,
            self.mailbox,
            config,
            playing=hello.get("playing") is not False,
            speed=speed,
            step=step,
            stop=stop,
            config_b=rival,
            has_priority=self._first,
        )
        return known, as_plain(problems + more + ([] if known else far))

    def _wait(self) -> None:
        try:
            self._line.join(self)
        except Full:
            raise Refusal("full", FULL) from None

    @property
    def waiting(self) -> bool:
        """Whether it has not been let in yet."""
        return self._line.has(self)

    def tell(self, event: dict[str, Any]) -> None:
        """Something for the page."""
        self.mailbox.event(event)

    def take(self, text: str) -> None:
        """Follow one message of the page, or tell it why not.

        Raises:
            Refusal: if messages come too large or too fast, or the session is gone.
        """
        self._allowance.pay(text)
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            self._complain("message", text[:40], "JSON is needed")
            return
        self.follow(message)

    def follow(self, message: Any) -> None:
        """Follow one decoded message."""
        if self.waiting:
            return  # there is no session yet; what it is to be like has been said
        kind = message.get("type") if isinstance(message, dict) else None
        if kind in ("ack", "ping"):
            there = (
                self.engine.acknowledge(self.session_id, self.mailbox.settled())
                if kind == "ack"
                else self.engine.notice(self.session_id)
            )
        else:
            try:
                command = self._read(message)
                number = commands.message_number(message)
            except CommandError as error:
                self._complain(error.field, error.shown, error.allowed)
                return
            except ConfigError as error:
                self.mailbox.event({"type": "unmade", "problems": as_plain(error.problems)})
                return
            there = self.engine.post(self.session_id, number, command)
        if not there:
            raise Refusal("gone", GONE)

    def _read(self, message: Any) -> object:
        """The command of a message."""
        return commands.read(message)

    def end(self, closed: bool) -> None:
        """The line is down: closed by the visitor, or lost."""
        if self.session_id:
            self._line.leave(self, closed)
            self.engine.leave(self.session_id, self.mailbox, closed)

    def _complain(self, field: str, value: str, allowed: str) -> None:
        self.mailbox.event({"type": "error", "field": field, "value": value, "allowed": allowed})


def _rival(given: Any, config: ToyConfig) -> tuple[ToyConfig | None, list[Problem]]:
    """The second lane that a first message asks for: settings or a state string."""
    if isinstance(given, str):
        return ToyConfig.from_state(given)
    there = isinstance(given, dict) and len(given) <= commands.MAX_CHANGES
    return config.repaired(given) if there else (None, [])


def pace(hello: dict[str, Any]) -> tuple[float | None, int, list[Problem]]:
    """Steps a second and how far to catch up, of a first message; as usual if they are none.

    With them that this is not as far as it was, if it is not.
    """
    try:
        speed = commands.rate(hello.get("speed"))
    except CommandError:
        speed = None
    return speed, *commands.starting_step(hello, MAX_REPLAY_STEPS)


def shows_secret(asking: HTTPConnection) -> bool:
    """Whether who asks shows the lecturer's secret."""
    return is_teacher(asking.headers.get(HEADER))


def same_origin(headers: Headers) -> bool:
    """Whether a request comes from a page of this server, or from no page at all.

    What browsers say of it themselves counts most: no page can forge that, and it is right
    whatever name a proxy calls us by. A frame on another site's page is a page of ours.
    """
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if origin is None:
        return site != "cross-site"
    try:
        named = urlsplit(origin).netloc
    except ValueError:
        return False
    if site == "same-origin" or named == headers.get("host"):
        return True
    forwarded = headers.get("x-forwarded-host", "").split(",")
    return site is None and named != "" and named in (host.strip() for host in forwarded)


def dump(data: Any) -> str:
    """JSON without the NaNs that JavaScript cannot read."""
    return json.dumps(data, allow_nan=False, separators=(",", ":"))


class LiveSocketRoutes:
    """A socket, and its fallback, to sessions of one kind.

    Args:
        engine: trains.
        first: whether who asks is served before others.
        line: in front of that engine; by default a new one.
    """

    room = "lab"
    visit: type[Connection] = Connection

    def __init__(
        self,
        engine: Engine,
        first: Callable[[HTTPConnection], bool] | None = None,
        line: WaitingLine | None = None,
    ) -> None:
        self.engine = engine
        self.line = WaitingLine() if line is None else line
        self._first = first or shows_secret
        self._polls: dict[str, tuple[Connection, float]] = {}

    async def socket(self, socket: WebSocket) -> None:
        """Frames and events down; acknowledgements and commands up."""
        if not same_origin(socket.headers):
            await socket.close(REFUSED)
            return
        await socket.accept()
        visit = self.visit(self.engine, self.line, self._first(socket))
        closed, sender = False, None
        try:
            hello = await asyncio.wait_for(receive(socket), GREETING_SECONDS)
            if len(hello) > MAX_MESSAGE:
                raise Refusal("too_large", TOO_LARGE)
            visit.begin(decoded(hello))
            sender = asyncio.create_task(_send_all(socket, visit.mailbox))
            while True:
                visit.take(await receive(socket))
        except Refusal as refusal:
            await turn_away(socket, sender, refusal)
            closed = refusal.kind != "gone"
        except asyncio.TimeoutError:
            await turn_away(socket, sender, Refusal("refused", REFUSED))
        except WebSocketDisconnect as end:
            closed = end.code in (1000, 1001)
        finally:
            if sender:
                sender.cancel()
            visit.end(closed)

    async def poll(self, request: Request) -> Response:
        """The same by plain requests, where sockets are forbidden.

        A JSON object with `token`, `messages` (a list) and, to begin with, what a socket's first
        message holds. The answer is the length of the events' JSON (uint32), that JSON, and the
        newest frame, if there is one.
        """
        if not same_origin(request.headers):
            return JSONResponse({"type": "refused"}, 403)
        try:
            body = await limited_body(request, MAX_BODY)
            content = decoded(body.decode("utf-8", "replace"))
            messages = content.get("messages", [])
            if not isinstance(messages, list):
                raise TypeError(f"messages is {messages!r}")
            visit = self._polling(content, self._first(request))
            for message in messages[:MOST_MESSAGES]:
                visit.take(dump(message))
        except Refusal as refusal:
            return JSONResponse({"type": refusal.kind}, refusal.code - 4000)
        except (ValueError, TypeError, RecursionError, ClientDisconnect):
            return JSONResponse({"type": "error", "field": "messages", "allowed": "a list"}, 400)
        events, frame = await visit.mailbox.collect(POLL_SECONDS)
        text = dump(events).encode()
        return Response(
            struct.pack("<I", len(text)) + text + frame, media_type="application/octet-stream"
        )

    def _polling(self, content: dict[str, Any], first: bool) -> Connection:
        """The visit that a request belongs to; its first request begins it."""
        now = time.monotonic()
        for session_id, (visit, seen) in list(self._polls.items()):
            if now - seen > 10:
                visit.end(closed=False)
                del self._polls[session_id]
        mine = auth.session_of(content.get("token"))
        if mine is None:
            raise Refusal("refused", REFUSED)
        known = self._polls.get(mine)
        visit = known[0] if known else self.visit(self.engine, self.line, first)
        if known is None:
            visit.begin(content)
        elif not (visit.waiting or self.engine.notice(visit.session_id)):
            del self._polls[mine]
            raise Refusal("gone", GONE)
        self._polls[mine] = (visit, now)
        return visit

    def all(self) -> list[BaseRoute]:
        """To be handed to the app."""
        return [
            WebSocketRoute(f"{PREFIX}/{self.room}/socket", self.socket),
            Route(f"{PREFIX}/{self.room}/poll", self.poll, methods=["POST"]),
        ]


class LabRoutes(LiveSocketRoutes):
    """The routes of the lab, and of what all the page needs."""

    def __init__(
        self, engine: Engine, first: Callable[[HTTPConnection], bool] | None = None
    ) -> None:
        super().__init__(engine, first)
        self._readers = CapacityLimiter(FILES_AT_ONCE)

    async def points(self, request: Request) -> Response:
        """Points of a CSV file or a picture, the request's body, for a page with a session.

        The answer is `{points, count, classes}`, or `{error: {code, ...}}`. The file is read in
        memory; nothing of it stays.
        """
        session_id = auth.session_of(request.headers.get(TOKEN))
        if not same_origin(request.headers) or session_id is None:
            return _error(403, "refused")
        if not self.engine.notice(session_id):
            return _error(404, "refused")
        if self._readers.statistics().tasks_waiting >= FILES_WAITING:
            return _error(503, "busy")
        try:
            body = await limited_body(request, custom_points.MAX_PICTURE)
            async with self._readers:
                text = await to_thread.run_sync(custom_points.parse, body)
        except Refusal as refusal:
            if refusal.code == TOO_LARGE:
                return _error(413, "too_large", most=custom_points.MAX_PICTURE)
            return _error(refusal.code - 4000, refusal.kind)
        except (MemoryError, RuntimeError) as error:
            if not out_of_memory(error):
                raise
            return _error(429, "busy")
        except ClientDisconnect:
            return _error(400, "refused")
        except PointsError as error:
            return _error(400, error.code, **error.values)
        classes = text.count(".") + 1
        return JSONResponse(
            {"points": text, "count": (len(text) - classes + 1) // 4, "classes": classes}
        )

    def all(self) -> list[BaseRoute]:
        """To be handed to the app."""
        return [
            *super().all(),
            Route(f"{PREFIX}/schema.json", _schema),
            Route(f"{PREFIX}/points", self.points, methods=["POST"]),
            Route(f"{PREFIX}/gan.py", _script, methods=["GET", "POST"]),
            Route(f"{PREFIX}/plotly.js", _plotly),
            Route(f"{PREFIX}/assets/{{path:path}}", Assets(directory=str(ASSETS)).one),
        ]


class Assets(StaticFiles):
    """Our files, which browsers keep but ask about each time: an update shows at once."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """As Starlette's, with the header."""
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        if str(args[0]).endswith(".js"):  # systems differ, and browsers take no script that is none
            response.headers["Content-Type"] = "text/javascript; charset=utf-8"
        return response

    async def one(self, request: Request) -> Response:
        """A file by the route's path.

        As a mount it would not be found where a proxy takes away the prefix that Gradio knows of.
        """
        return await self.get_response(normpath(request.path_params["path"]), request.scope)


async def _schema(request: Request) -> Response:
    return Response(schema(), media_type="application/json", headers={"Cache-Control": "no-cache"})


async def _script(request: Request) -> Response:
    """The experiment of a state string, to be saved as a plain PyTorch script.

    What is too long for an address may be posted, in the form of one: `state=...&steps=...`.
    """
    asked: Mapping[str, str] = request.query_params
    if request.method == "POST":
        try:
            body = await limited_body(request, MAX_BODY)
        except Refusal as refusal:
            told = {
                TOO_LARGE: f"state: at most {MAX_BODY} bytes are possible",
                SLOW: "state: it came too slowly",
            }.get(refusal.code, "there is too much to do at present")
            return PlainTextResponse(told, refusal.code - 4000)
        except ClientDisconnect:
            return PlainTextResponse("gone", 408)
        asked = QueryParams(body.decode("utf-8", "replace"))
    config, problems = ToyConfig.from_state(asked.get("state", ""))
    wrong = [str(problem) for problem in problems]
    try:
        steps = commands.whole({"steps": int(asked["steps"])}, "steps", 0, 10**6, 0)
    except (KeyError, ValueError):
        wrong.append("steps: a whole number from 0 to 1000000 is needed")
    if wrong:
        return PlainTextResponse("\n".join(wrong), 400)
    return Response(
        as_script(config, steps),
        media_type="text/x-python",
        headers={"Content-Disposition": 'attachment; filename="gan.py"'},
    )


async def _plotly(request: Request) -> Response:
    """Plotly's script, out of the installed Python package."""
    with as_file(files("plotly") / "package_data" / "plotly.min.js") as path:
        return FileResponse(
            path, media_type="text/javascript", headers={"Cache-Control": "max-age=86400"}
        )


def decoded(text: str) -> dict[str, Any]:
    """A JSON object; an empty one in place of anything else."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


async def limited_body(request: Request, most: int, kind: str = "too_large") -> bytes:
    """A request's body of at most so many bytes.

    What is a little too long is read to its end all the same: a client that is still sending
    would not see the answer.

    Raises:
        Refusal: of this kind, if it is too large; if it comes too slowly, or with too many others.
    """
    length = request.headers.get("content-length", "")
    claimed = int(length[:20]) if length.isdecimal() else 0
    if claimed > most:
        if claimed <= most + READ_ANYWAY:
            with suppress(asyncio.TimeoutError, ClientDisconnect):
                await asyncio.wait_for(_thrown_away(request), READ_ANYWAY_SECONDS)
        raise Refusal(kind, TOO_LARGE)
    try:
        body = await asyncio.wait_for(_read(request, most), BODY_SECONDS)
    except asyncio.TimeoutError:
        raise Refusal("slow", SLOW) from None
    if body is None:
        raise Refusal(kind, TOO_LARGE)
    return body


ARRIVING: Counter[str] = Counter()
"""Bytes of bodies that are on their way."""


async def _read(request: Request, most: int) -> bytes | None:
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            ARRIVING["bytes"] += len(part)
            if len(body) > most:
                return None
            if ARRIVING["bytes"] > MOST_ARRIVING:
                raise Refusal("busy", TOO_MANY)
        return bytes(body)
    finally:
        ARRIVING["bytes"] -= len(body)


async def _thrown_away(request: Request) -> None:
    async for _ in request.stream():
        pass


def _error(status: int, code: str, **values: int | str) -> JSONResponse:
    return JSONResponse({"error": {"code": code, **values}}, status)


async def receive(socket: WebSocket) -> str:
    """One text message; a binary one counts as unreadable text."""
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1006))
    text = message.get("text")
    return text if text is not None else "<binary>"


async def _send_all(socket: WebSocket, mailbox: Outbox) -> None:
    """Send what there is as it comes; ends with the connection."""
    with suppress(WebSocketDisconnect, RuntimeError):
        while True:
            events, frame = await mailbox.collect()
            for event in events:
                await socket.send_text(dump(event))
                if event["type"] in ("failed", "gone"):
                    await socket.close(GONE)
                    return
            if frame:
                await socket.send_bytes(frame)


async def turn_away(
    socket: WebSocket, sender: "asyncio.Task[None] | None", refusal: Refusal
) -> None:
    """Say in a message and in the code why a socket is closed."""
    if sender:
        sender.cancel()
    with suppress(WebSocketDisconnect, RuntimeError):
        await socket.send_text(dump({"type": refusal.kind}))
        await socket.close(refusal.code)
