"""Routes of the Toy Lab, and of what all the page needs: its settings and its files."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from anyio import CapacityLimiter, to_thread
from pydantic import Field
from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from ganplay.common.settings import Problem, as_plain
from ganplay.live import commands
from ganplay.live.commands import MAX_CHANGES
from ganplay.live.engine import Engine
from ganplay.server.http.assets import Assets, plotly
from ganplay.server.http.auth import shows_secret
from ganplay.server.http.bodies import limited_body
from ganplay.server.http.guard import Guard, PageRequest, answer_json
from ganplay.server.http.live_socket import Connection, Hello, LiveSocketRoutes
from ganplay.server.http.messages import OrDefault
from ganplay.server.http.protocol import MAX_BODY, PREFIX, SLOW, TOO_LARGE, Refusal
from ganplay.server.schema import ASSETS, schema
from ganplay.toy import custom_points
from ganplay.toy.config import PRESETS, ToyConfig
from ganplay.toy.custom_points import Choice, PointsError
from ganplay.toy.script_export import as_script
from ganplay.toy.stop_condition import StopCondition, mistake

MAX_READERS, MAX_WAITING_FILES = 2, 8
"""Files of points that are read at a time, and that wait for it."""
MAX_SCRIPT_STEPS = 10**6

Settings = Annotated[dict, Field(max_length=MAX_CHANGES)]
"""Settings by name, as a page sends them."""


class LabHello(Hello):
    """A page's first message to the Lab.

    Attributes:
        config: settings by name, in place of those of the preset `ring`.
        state: all settings as a state string, in place of `config`.
        rival: settings or a state string of a second run, if there is one.
        stop: when to stop by itself: `when` and `bound`, as a command has them.
    """

    config: OrDefault[Settings] = Field(default={})
    state: OrDefault[str | None] = None
    rival: OrDefault[str | Settings | None] = None
    stop: OrDefault[dict] = Field(default={})

    def configs(self) -> tuple[ToyConfig, ToyConfig | None, list[Problem]]:
        """Settings of the run and of a second one, and what could not be used of them."""
        if self.state is not None:
            config, problems = ToyConfig.from_state(self.state)
        else:
            config, problems = PRESETS["ring"].repaired(self.config)
        if self.rival is None:
            return config, None, problems
        if isinstance(self.rival, str):
            rival, more = ToyConfig.from_state(self.rival)
        else:
            rival, more = config.repaired(self.rival)
        return config, rival, problems + more

    def stop_condition(self) -> StopCondition | None:
        """When to stop by itself; None if never, or if that is no condition."""
        when, bound = self.stop.get("when"), self.stop.get("bound")
        if when is None or bound is None or mistake(when, bound):
            return None
        return StopCondition(when, float(bound))


class LabConnection(Connection):
    """A page's connection to its toy GANs."""

    def _enter(self, hello: dict[str, Any]) -> tuple[bool, list[dict[str, object]]]:
        asked = LabHello.model_validate(hello)
        config, rival, problems = asked.configs()
        step, far = asked.catch_up()
        known = self.engine.open(
            self.session_id,
            self.outbox,
            config,
            playing=asked.playing is not False,
            speed=asked.speed,
            step=step,
            stop=asked.stop_condition(),
            config_b=rival,
            has_priority=self._priority,
        )
        return known, as_plain(problems + ([] if known else far))

    def _read(self, message: Any) -> object:
        return commands.read(message)


class LabRoutes(LiveSocketRoutes):
    """The routes of the Lab, and of what all the page needs."""

    channel = "lab"
    connection = LabConnection

    def __init__(
        self, engine: Engine, has_priority: Callable[[HTTPConnection], bool] = shows_secret
    ) -> None:
        super().__init__(engine, has_priority)
        self.home: str | None = None
        """Where others in the network reach the page, once that is known."""
        self._readers = CapacityLimiter(MAX_READERS)

    async def points(self, request: PageRequest) -> Response:
        """Points of a table or a picture, the request's body, for a page with a session.

        The answer is that of `custom_points.inspect`, or `{error: {code, ...}}`, with the `table`
        if other columns of it perhaps will do. Which columns are `x`, `y` and `class` (by number
        from 1, 0 for none) and which `rows` are meant, the address may say. The file is read in
        memory; nothing of it stays.
        """
        if self._readers.statistics().tasks_waiting >= MAX_WAITING_FILES:
            return _points_error(503, "busy")
        async with self._readers:
            found = await to_thread.run_sync(
                custom_points.inspect, request.body, _choice(request.query)
            )
        return answer_json(found)

    async def schema(self, request: Request) -> Response:
        """What the page has to know before it can show anything."""
        no_cache = {"Cache-Control": "no-cache"}
        return Response(schema(self.home), media_type="application/json", headers=no_cache)

    def all(self) -> list[BaseRoute]:
        """To be handed to the app."""
        points = Guard(
            self.points,
            max_body=custom_points.MAX_FILE,
            is_open=self.engine.notice,
            explain=_explain_points,
            refuse=_refuse_points,
        )
        return [
            *super().all(),
            points.route("points"),
            Route(f"{PREFIX}/schema.json", self.schema),
            Route(f"{PREFIX}/gan.py", _script, methods=["GET", "POST"]),
            Route(f"{PREFIX}/plotly.js", plotly),
            Route(f"{PREFIX}/assets/{{path:path}}", Assets(directory=str(ASSETS)).serve),
        ]


def _choice(query: QueryParams) -> Choice:
    """The columns that a page has chosen; what is no number is found by itself."""

    def column(name: str) -> int | None:
        given = query.get(name, "")
        return int(given) if given.isascii() and given.isdecimal() and len(given) < 5 else None

    return Choice(column("x"), column("y"), column("class"), query.get("rows") or None)


def _points_error(status: int, code: str, **values: int | str) -> Response:
    return answer_json({"error": {"code": code, **values}}, status)


def _refuse_points(refusal: Refusal) -> Response:
    if refusal.code == TOO_LARGE:
        return _points_error(413, "too_large", most=custom_points.MAX_FILE)
    if refusal.kind in ("refused", "gone"):
        return _points_error(404 if refusal.kind == "gone" else 403, "refused")
    return _points_error(refusal.status, refusal.kind)


def _explain_points(error: Exception) -> Response | None:
    if isinstance(error, PointsError):
        told = {"error": {"code": error.code, **error.values}}
        others = error.table is not None and len(error.table["columns"]) > 2
        return answer_json(told | ({"table": error.table} if others else {}), 400)
    return None


async def _script(request: Request) -> Response:
    """The experiment of a state string, to be saved as a plain PyTorch script.

    Anybody may ask: it is a link that the page shows. What is too long for an address may be
    posted, in the form of one: `state=...&steps=...`.
    """
    asked: Mapping[str, str] = request.query_params
    if request.method == "POST":
        try:
            body = await limited_body(request, MAX_BODY)
        except Refusal as refusal:
            why = {
                TOO_LARGE: f"state: at most {MAX_BODY} bytes are possible",
                SLOW: "state: it came too slowly",
            }.get(refusal.code, "there is too much to do at present")
            return PlainTextResponse(why, refusal.status)
        except ClientDisconnect:
            return PlainTextResponse("gone", 408)
        asked = QueryParams(body.decode("utf-8", "replace"))
    config, problems = ToyConfig.from_state(asked.get("state", ""))
    wrong = [str(problem) for problem in problems]
    try:
        steps = int(asked.get("steps", ""))
    except ValueError:
        steps = -1
    if not 0 <= steps <= MAX_SCRIPT_STEPS:
        wrong.append(f"steps: a whole number from 0 to {MAX_SCRIPT_STEPS} is needed")
    if wrong:
        return PlainTextResponse("\n".join(wrong), 400)
    return Response(
        as_script(config, steps),
        media_type="text/x-python",
        headers={"Content-Disposition": 'attachment; filename="gan.py"'},
    )
