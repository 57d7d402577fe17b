"""Requests of tests to a server, and what comes back."""

import http.client
import json
import struct
import time
import urllib.error
import urllib.request
from urllib.parse import urlsplit

import pytest

from ganplay import ToyConfig, ToyTrainer
from ganplay.live.frame import FrameRenderer, pack, pack_points

STATE = "1;distribution:moons;batch_size:32;seed:5;width_g:16;width_d:16"
CONFIG = ToyConfig.from_state(STATE)[0]


def send(server, path, token, data=b"", **headers):
    headers = {name.replace("_", "-"): text for name, text in headers.items()}
    if token is not None:
        headers["X-Ganplay-Token"] = token
    request = urllib.request.Request(f"{server.url}ganplay/{path}", data, headers)
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.read()


def refusal(server, path, token, data=b"", **headers):
    with pytest.raises(urllib.error.HTTPError) as refused:
        send(server, path, token, data, **headers)
    return refused.value.code, json.loads(refused.value.read())


def declared(server, path, token, size):
    """The answer to a request of so many bytes before any has been sent."""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=20)
    connection.putrequest("POST", f"/ganplay/{path}")
    connection.putheader("X-Ganplay-Token", token)
    connection.putheader("Content-Length", str(size))
    connection.endheaders()
    answer = connection.getresponse()
    content = answer.status, json.loads(answer.read())
    connection.close()
    return content


def order(count, **asked):
    """An order for a film of some steps of a small run."""
    trainer = ToyTrainer(CONFIG, threads=1)
    renderer, pieces = FrameRenderer(trainer), []
    for _ in range(count):
        trainer.step()
        pieces.append(pack(renderer.look()))
    asked = {
        "format": "gif", "fps": 10, "theme": "light", "size": 320, "layers": 31, "label": -1,
        "real": pack_points(renderer.real, renderer.extent), "labels": [],
    } | asked  # fmt: skip
    pieces.insert(0, json.dumps(asked).encode())
    return b"".join(struct.pack("<I", len(piece)) + piece for piece in pieces)


def wait_until(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def status(server, path, **headers):
    request = urllib.request.Request(server.url + path, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def post(server, path, body, headers=None):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"} | (headers or {})
    request = urllib.request.Request(server.url + path, data, headers)
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.read()


def heard(answer):
    """Heads and pixels of all pieces."""
    found = []
    while answer:
        head, pixels = struct.unpack_from("<II", answer)
        end = 8 + head + pixels
        found.append((json.loads(answer[8 : 8 + head]), answer[8 + head : end]))
        answer = answer[end:]
    return found
