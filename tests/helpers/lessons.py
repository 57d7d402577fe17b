"""Lessons as the page runs them, over the wire."""

import json
import struct
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from ganplay.server.http import auth

FAST = {"lesson": "oscillation", "part": "r1"}


def pieces(data):
    """Heads and blobs of a whole answer."""
    found = []
    while data:
        length, size = struct.unpack_from("<II", data)
        rest, data = data[8 : 4 + length], data[4 + length :]
        head, blobs = json.loads(rest[:size]), []
        rest = rest[size:]
        for size in head["sizes"]:
            blobs.append(rest[:size])
            rest = rest[size:]
        assert not rest
        found.append((head, blobs))
    return found


def ask(server, content, token=None, **headers):
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    headers = {"X-Ganplay-Token": token or auth.issue(), **headers}
    headers |= {"Content-Type": "application/json"}
    request = Request(f"{server.url}ganplay/lessons/run", body, headers)
    try:
        with urlopen(request, timeout=60) as answer:
            return answer.status, answer.read()
    except HTTPError as error:
        return error.code, error.read()


def known(server):
    with urlopen(f"{server.url}ganplay/lessons.json", timeout=30) as answer:
        return json.load(answer)
