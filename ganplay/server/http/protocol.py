"""What pages and server have agreed on: paths, headers, sizes, and how a page is turned away."""

from contextlib import suppress

from starlette.websockets import WebSocket, WebSocketDisconnect

from ganplay.common.wire import dump

PREFIX = "/ganplay"
"""All routes of ours begin with it."""
TOKEN = "x-ganplay-token"
"""The header with the page's token: in an address it would stand in logs."""
CLASS = "x-ganplay-class"
"""The header with a live class's code, by which a proxy can tell classes apart."""
MAX_MESSAGE = 131_072
"""Characters of a page's message; one with all the points that there can be has 80,000."""
MAX_BODY = 2 * MAX_MESSAGE
"""Bytes of a request that holds such a message."""
REFUSED, FOREIGN, TOO_LARGE, TOO_MANY, FULL, GONE, SLOW = 4401, 4403, 4413, 4429, 4503, 4404, 4408
"""Codes that a socket is closed with, after a message that says the same in words.

Less 4000 they are the status of an answer over HTTP.
"""
SECURITY_HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}
"""They stand on all answers."""


class Refusal(Exception):
    """A page is turned away: a kind that the page has words for, and the code to close with."""

    def __init__(self, kind: str, code: int) -> None:
        super().__init__(kind)
        self.kind, self.code = kind, code

    @property
    def status(self) -> int:
        """Of an answer over HTTP."""
        return self.code - 4000


async def receive(socket: WebSocket) -> str:
    """One text message; a binary one counts as unreadable text.

    Raises:
        WebSocketDisconnect: if the connection has ended.
    """
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1006))
    text = message.get("text")
    return text if text is not None else "<binary>"


async def turn_away(socket: WebSocket, refusal: Refusal) -> None:
    """Say in a message and in the code why a socket is closed."""
    with suppress(WebSocketDisconnect, RuntimeError):
        await socket.send_text(dump({"type": refusal.kind}))
        await socket.close(refusal.code)
