"""Bodies of requests: how large they may be, how long they may take, and how much is under way."""

import asyncio
from collections import Counter
from contextlib import suppress

from starlette.requests import ClientDisconnect, Request

from ganplay.server.http.protocol import SLOW, TOO_LARGE, TOO_MANY, Refusal

BODY_SECONDS = 60.0
"""A request whose body takes longer is refused."""
MAX_DISCARDED = 2**22
"""Bytes beyond its limit that a request's body is still read, and thrown away."""
DISCARD_SECONDS = 2.0
"""How long such a body is read."""
MAX_ARRIVING = 2**28
"""Bytes of all bodies that are on their way. Who sends slowly keeps no slot, but takes memory."""
ARRIVING: Counter[str] = Counter()
"""Under "bytes" how many there are now."""


async def limited_body(request: Request, max_bytes: int, kind: str = "too_large") -> bytes:
    """A request's body.

    What is a little too long is read to its end all the same: a client that is still sending
    would not see the answer.

    Args:
        request: whose body has not been read yet.
        max_bytes: that it may have.
        kind: of the refusal if it has more.

    Raises:
        Refusal: if it is too large, comes too slowly, or with too many others.
        ClientDisconnect: if the client goes before it is whole.
    """
    length = request.headers.get("content-length", "")
    claimed = int(length[:20]) if length.isdecimal() else 0
    if claimed > max_bytes:
        if claimed <= max_bytes + MAX_DISCARDED:
            with suppress(asyncio.TimeoutError, ClientDisconnect):
                await asyncio.wait_for(_discard(request), DISCARD_SECONDS)
        raise Refusal(kind, TOO_LARGE)
    try:
        body = await asyncio.wait_for(_read(request, max_bytes), BODY_SECONDS)
    except asyncio.TimeoutError:
        raise Refusal("slow", SLOW) from None
    if body is None:
        raise Refusal(kind, TOO_LARGE)
    return body


async def _read(request: Request, max_bytes: int) -> bytes | None:
    """The body; None if it has more bytes than it may have."""
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            ARRIVING["bytes"] += len(part)
            if len(body) > max_bytes:
                return None
            if ARRIVING["bytes"] > MAX_ARRIVING:
                raise Refusal("busy", TOO_MANY)
        return bytes(body)
    finally:
        ARRIVING["bytes"] -= len(body)


async def _discard(request: Request) -> None:
    async for _ in request.stream():
        pass
