"""Explore's routes and socket, by hand."""

import json
import struct

from ganplay.images.checkpoint import model as image
from ganplay.images.latent_state import read_state
from ganplay.server.http import auth

URL = "/ganplay/explore/"


def rendered(shelf, name, text):
    """What the model itself makes of a state."""
    model = image.ImageModel.from_pretrained(shelf / name)
    return model.render([read_state(text, name, model.space)[0]])[0].numpy().tobytes()


def unpacked(answer):
    (length,) = struct.unpack_from("<I", answer)
    return json.loads(answer[4 : 4 + length]), answer[4 + length :]


class Page:
    """A page's socket, by hand."""

    def __init__(self, socket, token=None):
        self.socket = socket
        socket.send_json({"token": auth.issue() if token is None else token})

    def ask(self, number, states, model="one", purpose="picture", **more):
        message = {"id": number, "purpose": purpose, "model": model, "states": states, **more}
        self.socket.send_json(message)

    def answer(self):
        return unpacked(self.socket.receive_bytes())

    def closing_code(self):
        while (message := self.socket.receive())["type"] != "websocket.close":
            pass
        return message["code"]


def welcomed(socket, token=None):
    page = Page(socket, token)
    assert socket.receive_json() == {"type": "welcome"}
    return page
