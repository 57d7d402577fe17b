"""How plain data and bytes share one message: a JSON head, its length before it, then the bytes.

All lengths are little-endian uint32. Three layouts are in use, and the browser's twin of this
module, `web/shared/wire.js`, knows the same three:

| layout | bytes | used for |
|---|---|---|
| message | length of the head, head, content | answers that are whole: pictures, polls |
| chunk | lengths of head and content, head, content | parts of a stream: walks, searches |
| piece | length of the rest, then a message whose head has the blobs' `sizes` | lessons, arenas |
"""

import json
import struct
from collections.abc import Mapping
from typing import Any, NamedTuple


class Piece(NamedTuple):
    """Plain data and any number of blobs.

    Attributes:
        head: plain data without NaN.
        blobs: bytes, whose lengths the packed head tells.
    """

    head: dict[str, Any]
    blobs: list[bytes]


def dump(data: Any) -> str:
    """JSON in ASCII, without spaces.

    Raises:
        ValueError: for NaN and infinity, which JavaScript cannot read.
    """
    return json.dumps(data, allow_nan=False, separators=(",", ":"))


def decoded(text: str | bytes) -> dict[str, Any]:
    """A JSON object; an empty one in place of anything else."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def pack_message(head: Any, content: bytes = b"") -> bytes:
    """A message: all that there is behind the head is its content."""
    text = dump(head).encode()
    return struct.pack("<I", len(text)) + text + content


def pack_chunk(head: Mapping[str, Any], content: bytes = b"") -> bytes:
    """A chunk of a stream."""
    text = dump(head).encode()
    return struct.pack("<II", len(text), len(content)) + text + content


def unpack_chunk(data: bytes) -> tuple[dict[str, Any], bytes]:
    """Head and content of one chunk; of what is none the head is empty."""
    end = 8 + int.from_bytes(data[:4], "little")
    return decoded(data[8:end]), data[end:]


def pack_piece(piece: Piece) -> bytes:
    """A piece of a stream."""
    sizes = [len(blob) for blob in piece.blobs]
    message = pack_message(piece.head | {"sizes": sizes}, b"".join(piece.blobs))
    return struct.pack("<I", len(message)) + message
