"""Routes of the Arena view: many GANs side by side, over the kind of connection that the lab has.

A page's first message may hold the arena that it had, so that one that is gone can be made again.
"""

from typing import Any

from ganplay.arena.request import ArenaRequest, read, read_arena
from ganplay.arena.session import ArenaSession
from ganplay.common.settings import ConfigError, Problem, as_plain
from ganplay.server.http.live_socket import Connection, Hello, LiveSocketRoutes
from ganplay.server.http.messages import OrDefault
from ganplay.server.http.protocol import FULL, Refusal


class ArenaHello(Hello):
    """A page's first message to the Arena.

    Attributes:
        arena: what `arena.request.read_arena` reads; None to begin without one.
    """

    arena: OrDefault[dict | None] = None

    def asked(self) -> tuple[ArenaRequest | None, list[Problem]]:
        """The arena that is asked for, and what could not be used of it."""
        if self.arena is None:
            return None, []
        try:
            asked = read_arena(self.arena)
        except ConfigError as error:
            return None, error.problems
        return asked, asked.problems


class ArenaConnection(Connection):
    """A page's connection to its arena."""

    def _enter(self, hello: dict[str, Any]) -> tuple[bool, list[dict[str, object]]]:
        message = ArenaHello.model_validate(hello)
        asked, problems = message.asked()
        step, far = message.catch_up()

        def make(now: float) -> ArenaSession:
            session = ArenaSession(now, asked)
            session.playing, session.speed = message.playing is True, message.speed
            session.replay_until = step
            return session

        known = self.engine.enter(self.session_id, self.outbox, ArenaSession, make, self._priority)
        return known, as_plain(problems if known else problems + far)

    def _name(self, session_id: str) -> str:
        # Beside the lab's session of the same page, and never in place of it.
        return f"arena {session_id}"

    def _wait(self) -> None:
        raise Refusal("full", FULL)  # a page with an arena has the lab to be in meanwhile

    def _read(self, message: Any) -> object:
        return read(message)


class ArenaRoutes(LiveSocketRoutes):
    """The connections to arenas."""

    channel = "arena"
    connection = ArenaConnection
