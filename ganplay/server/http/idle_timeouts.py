"""How long the server waits for connections that say nothing, or take nothing.

uvicorn waits for ever for a first request, for the rest of one that comes drop by drop, and for a
client that does not read. A thousand such connections would use up the process's file handles, so
each is looked at every few seconds and hung up on. Behind nginx this has been done before.
"""

import asyncio
from typing import Any

from ganplay.server.http.live_socket import MAX_MESSAGE

CHECK_SECONDS = 10.0
CHECKS_STALLED = 3
"""So often an answer that nobody reads is found unchanged before the line is cut."""


class TimeoutProtocol:
    """A protocol of uvicorn's, over which this class is put, with an eye on its connection."""

    loop: asyncio.AbstractEventLoop
    cycle: Any
    """uvicorn's name for a request and its answer."""

    def connection_made(self, transport: Any) -> None:
        """As uvicorn's own."""
        super().connection_made(transport)  # type: ignore[misc]
        self._line, self._last, self._unread, self._stalled = transport, object(), 0, 0
        self.loop.call_later(CHECK_SECONDS, self._look)

    def _look(self) -> None:
        """Hang up on who says nothing or takes nothing; else look again later."""
        line = self._line
        unread = line.get_write_buffer_size()
        if line.is_closing() and not unread:
            return
        self._stalled = self._stalled + 1 if unread and unread == self._unread else 0
        self._unread = unread
        if self._stalled >= CHECKS_STALLED:
            line.abort()
        elif self._says_nothing() and not unread:
            line.close()
        else:
            self.loop.call_later(CHECK_SECONDS, self._look)

    def _says_nothing(self) -> bool:
        """Whether no request has become whole since the last look, and none is being answered."""
        if self._line.get_protocol() is not self:  # a socket by now, which has pings of its own
            return False
        now, before = self.cycle, self._last
        self._last = now
        return now is before and (now is None or now.response_complete)


def watch(config: Any) -> None:
    """Have a running uvicorn's new connections watched, and its sockets' messages bounded.

    Gradio makes the server without asking for such settings; uvicorn reads them anew for each
    connection.

    Args:
        config: the uvicorn.Config of the server.
    """
    kind = config.http_protocol_class
    config.http_protocol_class = type("WatchedProtocol", (TimeoutProtocol, kind), {})
    config.ws_max_size = 4 * MAX_MESSAGE  # bytes, of which a character has up to four
