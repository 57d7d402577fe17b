"""Routes of the Arena view: many GANs side by side, on the kind of line that the lab has.

A page's first message may hold the arena that it had, so that one that is gone can be made again.
"""

from typing import Any

from ganplay.arena import request as arena_request
from ganplay.arena.request import ArenaRequest, read_arena
from ganplay.arena.session import ArenaSession
from ganplay.common.settings import ConfigError, Problem, as_plain
from ganplay.server.http.live_socket import FULL, Connection, LiveSocketRoutes, Refusal, pace


class ArenaVisit(Connection):
    """One page's dealings with its arena."""

    def _open(self, session_id: str, hello: dict[str, Any]) -> tuple[bool, list[dict[str, object]]]:
        given, problems = hello.get("arena"), list[Problem]()
        request: ArenaRequest | None = None
        if isinstance(given, dict):
            try:
                request = read_arena(given)
                problems = request.problems
            except ConfigError as error:
                problems = error.problems
        speed, step, far = pace(hello)

        def make(now: float) -> ArenaSession:
            session = ArenaSession(now, request)
            session.playing, session.speed = hello.get("playing") is True, speed
            session.catch_up_to = step
            return session

        known = self.engine.enter(session_id, self.mailbox, ArenaSession, make, self._first)
        return known, as_plain(problems if known else problems + far)

    def _name(self, session_id: str) -> str:
        # Beside the lab's session of the same page, and never in place of it.
        return f"arena {session_id}"

    def _wait(self) -> None:
        raise Refusal("full", FULL)  # a page with an arena has the lab to be in meanwhile

    def _read(self, message: Any) -> object:
        return arena_request.read(message)


class ArenaRoutes(LiveSocketRoutes):
    """The lines to arenas."""

    room = "arena"
    visit = ArenaVisit
