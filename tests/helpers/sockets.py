"""Pages' sockets, by hand."""

import json
import time

import pytest
from helpers.lessons import pieces
from websockets.exceptions import ConnectionClosed

from ganplay.live.frame import HEADER
from ganplay.server.http import auth


class Line:
    """A page's socket, by hand."""

    def __init__(self, socket, token=None, **hello):
        self.socket = socket
        self.events, self.frames = [], []
        self.sent = 0
        token = auth.issue() if token is None else token
        self.raw(json.dumps({"token": token, **hello}))

    def raw(self, data):
        self.socket.send(data)

    def send(self, kind, **content):
        self.sent += 1
        self.raw(json.dumps({"type": kind, "id": self.sent, **content}))

    def until(self, condition, seconds=20):
        """Read (and acknowledge) until something holds."""
        deadline = time.monotonic() + seconds
        while not condition(self):
            data = self.socket.recv(timeout=max(deadline - time.monotonic(), 0.01))
            if isinstance(data, bytes):
                names = ("run", "step", "updates_d", "updates_g", "applied")
                self.frames.append(dict(zip(names, HEADER.unpack_from(data)[3:8], strict=True)))
                self.raw('{"type":"ack"}')
            else:
                self.events.append(json.loads(data))
        return self

    def event(self, kind):
        found = [e for e in self.events if e["type"] == kind]
        return found[-1] if found else None

    def applied(self):
        """Wait until a frame has taken everything sent into account."""
        return self.until(lambda s: s.frames and s.frames[-1]["applied"] >= s.sent)

    def closing_code(self):
        with pytest.raises(ConnectionClosed) as closed:
            self.until(lambda s: False, 5)
        return closed.value.rcvd.code


class ArenaLine(Line):
    """A page's socket to its arena, by hand."""

    def until(self, condition, seconds=30):
        deadline = time.monotonic() + seconds
        while not condition(self):
            data = self.socket.recv(timeout=max(deadline - time.monotonic(), 0.01))
            if isinstance(data, bytes):
                ((head, blobs),) = pieces(data)
                self.frames.append(head | {"blobs": blobs})
                self.raw('{"type":"ack"}')
            else:
                self.events.append(json.loads(data))
        return self
