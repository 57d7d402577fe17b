"""How long the server waits for connections that send nothing, or read nothing.

uvicorn waits for ever for a first request, for the rest of one that comes drop by drop, and for a
client that does not read. A thousand such connections would use up the process's file handles, so
each is checked every few seconds and closed. Behind nginx, nginx has done this already.
"""

import asyncio
from typing import Any

from ganplay.server.http.protocol import MAX_MESSAGE

CHECK_SECONDS = 10.0
"""From one check of a connection to the next."""
CHECKS_STALLED = 3
"""So often an answer that nobody reads is found unchanged before the connection is cut."""


class TimeoutProtocol:
    """Mixed into uvicorn's protocol of a connection: checks it from time to time."""

    loop: asyncio.AbstractEventLoop
    cycle: Any
    """uvicorn's name for a request and its answer."""

    def connection_made(self, transport: Any) -> None:
        """As uvicorn's own."""
        super().connection_made(transport)  # type: ignore[misc]
        self._transport, self._last_cycle = transport, object()
        self._unread, self._stalled = 0, 0
        self.loop.call_later(CHECK_SECONDS, self._check)

    def _check(self) -> None:
        """Close a connection that sends nothing or reads nothing; else check again later."""
        transport = self._transport
        unread = transport.get_write_buffer_size()
        if transport.is_closing() and not unread:
            return
        self._stalled = self._stalled + 1 if unread and unread == self._unread else 0
        self._unread = unread
        if self._stalled >= CHECKS_STALLED:
            transport.abort()
        elif self._is_silent() and not unread:
            transport.close()
        else:
            self.loop.call_later(CHECK_SECONDS, self._check)

    def _is_silent(self) -> bool:
        """Whether no request has become whole since the last check, and none is being answered."""
        if self._transport.get_protocol() is not self:  # a socket by now, with pings of its own
            return False
        now, before = self.cycle, self._last_cycle
        self._last_cycle = now
        return now is before and (now is None or now.response_complete)


def install_timeouts(config: Any) -> None:
    """Have a running uvicorn's new connections checked, and its sockets' messages bounded.

    Gradio makes the server without asking for such settings; uvicorn reads them anew for each
    connection.

    Args:
        config: the uvicorn.Config of the server.
    """
    protocol = config.http_protocol_class
    config.http_protocol_class = type("CheckedProtocol", (TimeoutProtocol, protocol), {})
    config.ws_max_size = 4 * MAX_MESSAGE  # bytes, of which a character has up to four
