"""Messages to a page that hold plain data and blobs of bytes; `following.js` unpacks them."""

import json
import struct
from typing import Any, NamedTuple


class Piece(NamedTuple):
    """A message to a page.

    Attributes:
        head: plain data without NaN.
        blobs: bytes, whose lengths the packed head tells.
    """

    head: dict[str, Any]
    blobs: list[bytes]


def packed(piece: Piece) -> bytes:
    """A piece as bytes: lengths of the rest and of the head (uint32), the head, the blobs."""
    sizes = [len(blob) for blob in piece.blobs]
    told = piece.head | {"sizes": sizes}
    head = json.dumps(told, allow_nan=False, separators=(",", ":")).encode()
    rest = struct.pack("<I", len(head)) + head + b"".join(piece.blobs)
    return struct.pack("<I", len(rest)) + rest
