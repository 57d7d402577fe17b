"""Walks over the wire: frames as they are made, files, refusals, and who leaves ends the work."""

import base64
import http.client
import io
import json
import struct
import time
from urllib.parse import urlsplit

import gradio_client
import pytest
import torch
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

import ganplay
from ganplay.images.latent_state import read_state
from ganplay.latent.walk import MAX_FRAMES, frames, gaps, unevenness
from ganplay.latent.walk_string import read_walk
from ganplay.server.explore import walk_routes
from ganplay.server.explore.walk_routes import WalkRoutes
from ganplay.server.http import auth

URL = "/ganplay/explore/walk"
MODEL = "digits-conditional"
LONG = f"1;frames:720;even:true|1;model:{MODEL}|1;model:{MODEL};seed:1"


@pytest.fixture
def routes(gallery):
    made = WalkRoutes(gallery)
    yield made
    made.stop()


@pytest.fixture
def client(routes):
    with TestClient(Starlette(routes=routes.all())) as made:
        yield made


def pieces(data):
    """Heads and what follows them."""
    found = []
    while data:
        long, more = struct.unpack_from("<II", data)
        end = 8 + long
        found.append((json.loads(data[8:end]), data[end : end + more]))
        data = data[end + more :]
    return found


def asked(client, **content):
    token = content.pop("token", auth.issue())
    return client.post(URL, json=content, headers={"X-Ganplay-Token": token})


@pytest.mark.parametrize("even", ["", ";even:true"])
def test_frames_come_as_they_are_made(client, shelf, even):
    text = f"1;frames:40;path:lerp;loop:true{even}|1;model:one;seed:1|1;model:one;seed:2;label:1"
    answer = asked(client, model="one", walk=text)
    (start, _), *middle, (end, _) = pieces(answer.content)
    assert start == {
        "type": "start", "walk": text, "frames": 40, "shape": [1, 16, 16], "problems": [],
    }  # fmt: skip
    looked = [head for head, _ in middle if head["type"] == "progress"]
    shown = [(head, pixels) for head, pixels in middle if head["type"] == "frames"]
    assert len(looked) == (5 if even else 0)
    assert [head["count"] for head, _ in shown] == [16, 16, 8]
    assert [head["done"] for head, _ in middle][-1] == middle[-1][0]["of"] == (120 if even else 40)
    model = ganplay.load(shelf / "one")
    walk, _ = read_walk(text, "one", model.space)
    expected = frames(model, walk)
    assert b"".join(pixels for _, pixels in shown) == expected.numpy().tobytes()
    z, _ = walk.latents(model, walk.times())
    if not even:
        told = [norm for head, _ in shown for norm in head["norms"]]
        assert told == pytest.approx(z.norm(dim=1).tolist(), abs=1e-3)
    states = [read_state(text, "one", model.space) for head, _ in shown for text in head["states"]]
    assert all(not problems for _, problems in states)
    apart = model.render([state for state, _ in states]).int() - expected.int()
    assert apart.abs().max() <= 1  # half precision
    looped = torch.cat([expected, expected[:1]]).flatten(1).float()
    assert end["type"] == "end"
    assert end["gaps"] == pytest.approx(gaps(looped).tolist())
    assert end["unevenness"] == pytest.approx(unevenness(gaps(looped)))


@pytest.mark.parametrize(("kind", "form"), [("gif", "GIF"), ("strip", "PNG"), ("sheet", "PNG")])
def test_a_file_comes_after_its_progress(client, kind, form):
    text = "1;frames:20|1;model:one|1;model:one;seed:2"
    (start, _), *middle, (file, data) = pieces(
        asked(client, model="one", walk=text, kind=kind, zoom=2).content
    )
    assert start["type"] == "start"
    assert {head["type"] for head, _ in middle} == {"progress"}
    of = 40 if kind == "gif" else 20
    done = [head["done"] for head, _ in middle]
    assert done == ([16, 20, *range(20, 40)] if kind == "gif" else [16, 20])
    assert {head["of"] for head, _ in middle} == {of}
    assert file["name"] == f"one-walk.{'gif' if kind == 'gif' else 'png'}"
    assert Image.open(io.BytesIO(data)).format == form


def test_what_a_walk_cannot_mean_is_said_and_left_out(client):
    text = "1;path:arc|1;model:two;seed:1|1;model:one;seed:2;label:9"
    (start, _), *_ = pieces(asked(client, model="one", walk=text).content)
    assert start["walk"] == "1|1;model:one;seed:1|1;model:one;seed:2"
    assert [p["field"] for p in start["problems"]] == [
        "path", "keyframes.1.model", "keyframes.2.label",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"model": 5}, "model", "message"),
        ({"walk": ["1"]}, "walk", "message"),
        ({"walk": None}, "walk", "message"),
        ({"kind": "exe"}, "kind", "message"),
        ({"kind": {}}, "kind", "message"),
        ({"zoom": "2"}, "zoom", "message"),
        ({"zoom": True}, "zoom", "message"),
        ({"zoom": 17}, "zoom", "message"),
        ({"model": "../one"}, "model", "no_model"),
        ({"walk": ""}, "keyframes", "keyframes"),
        ({"walk": "1|1"}, "keyframes", "keyframes"),
        ({"walk": "|" * 70_000}, "walk", "walk_long"),
        ({"walk": "1;frames:721|1|1"}, "frames", "bounds"),
        ({"walk": f"1;frames:{MAX_FRAMES}|1|1"}, "frames", "bounds"),
        ({"zoom": 9}, "zoom", "bounds"),
    ],
)
def test_refusals_name_the_field(client, change, field, code, monkeypatch):
    monkeypatch.setattr(walk_routes, "MAX_SIDE", 128)
    content = {"model": "one", "walk": "1|1|1;seed:2"} | change
    answer = asked(client, **content)
    if answer.status_code == 422:
        problem = answer.json()["problem"]
    else:
        ((head, _),) = pieces(answer.content)
        assert head["type"] == "error"
        problem = head["problem"]
    assert (problem["field"], problem["code"]) == (field, code)


def test_who_may_ask(client, monkeypatch):
    content = {"model": "one", "walk": "1;frames:2|1|1;seed:2"}
    assert asked(client, token="forged.0", **content).status_code == 401
    headers = {"X-Ganplay-Token": auth.issue(), "Content-Type": "application/json"}
    garbled = client.post(URL, content=b"\xff[", headers=headers)
    assert (garbled.status_code, garbled.json()["problem"]["field"]) == (422, "model")
    for _ in range(walk_routes.MAX_WALKS + 1):  # a place is free again each time
        assert asked(client, **content).status_code == 200


def leave(server, **content):
    """Ask the real server, and leave after the first piece of progress."""
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=20)
    headers = {"X-Ganplay-Token": auth.issue(), "Content-Type": "application/json"}
    connection.request("POST", URL, json.dumps(content), headers)
    answer = connection.getresponse()
    assert answer.status == 200
    data = answer.read(200)
    assert b'"start"' in data
    answer.close()
    connection.close()


def test_who_leaves_ends_the_work_within_a_second(server):
    walk = f"1;frames:2|1;model:{MODEL}|1;model:{MODEL};seed:1"
    leave(server, model=MODEL, walk=walk)  # the model is loaded
    for kind in (None, "gif", "mp4"):
        leave(server, model=MODEL, walk=LONG, kind=kind, zoom=4)
        before = time.monotonic()
        server.walks.pool.submit(int).result(20)  # the one thread is free again
        assert time.monotonic() - before < 1, kind
    deadline = time.monotonic() + 5
    while server.walks.slots["walks"]._free < walk_routes.MAX_WALKS and time.monotonic() < deadline:
        time.sleep(0.01)
    assert server.walks.slots["walks"]._free == walk_routes.MAX_WALKS


def test_walks_stop_with_the_server(routes):
    told = []

    def tell(piece):
        told.append(piece)
        if len(told) == 3:
            routes.stop()
        return True

    text = "1;frames:720|1;model:one|1;model:one;seed:1"
    last = routes._make(walk_routes.WalkRequest(model="one", walk=text), tell)
    assert pieces(last)[0][0] == {"type": "gone"}
    assert len(told) == 3


@pytest.fixture(scope="module")
def api(server):
    return gradio_client.Client(server.url, verbose=False)


def opened(url, media):
    head, data = url.split(",")
    assert head == f"data:{media};base64"
    return Image.open(io.BytesIO(base64.b64decode(data)))


def test_the_endpoint_gives_a_file(api):
    states = [f"1;model:{MODEL};seed:{seed};label:{seed}" for seed in (3, 5)]
    made = api.predict(states=states, frames=6, path="spline", durations=[2, 1], loop=True,
                       easings=["smooth"], rate=10, api_name="/walk")  # fmt: skip
    film = opened(made["file"], "image/gif")
    assert (film.format, film.size, film.n_frames) == ("GIF", (32, 32), 6)
    text = (
        f"1;frames:6;path:spline;loop:true;rate:10|{states[0]};duration:2;easing:smooth"
        f"|{states[1]};easing:smooth"
    )
    assert (made["walk"], made["problems"]) == (text, [])
    assert made["unevenness"] > 0
    again = api.predict(walk=text, kind="strip", api_name="/walk")
    strip = opened(again["file"], "image/png").convert("L")
    model = ganplay.load(MODEL)
    expected = frames(model, read_walk(text, MODEL, model.space)[0])
    shown = torch.frombuffer(bytearray(strip.tobytes()), dtype=torch.uint8)
    assert shown.view(32, 6, 32).transpose(0, 1).equal(expected[:, 0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "states: a list of state strings is needed"),
        ({"states": "zap"}, "states: a list of state strings is needed"),
        ({"states": [1, 2]}, "states: a list of state strings is needed"),
        ({"states": ["1", "1"]}, "model: '' is not possible; one of"),
        ({"states": ["1"], "model": MODEL}, "keyframes: 1 is not possible; 2 to 64"),
        ({"states": ["1", "1"], "model": MODEL, "frames": 9999}, "frames: 9999 is not possible"),
        ({"states": ["1", "1"], "model": MODEL, "frames": 800}, "frames: 800 is not possible"),
        ({"states": ["1", "1"], "model": MODEL, "path": "arc"}, "path: 'arc' is not possible"),
        ({"states": ["1", "1"], "model": MODEL, "durations": [0.0]}, "duration: 0.0 is not"),
        (
            {"states": ["1", "1"], "model": MODEL, "durations": "x"},
            "durations: 'x' is not possible",
        ),
        ({"states": ["1", "1"], "model": MODEL, "easings": ["in"] * 3}, "easings: 3; one or 2"),
        ({"states": ["1", "1"], "model": MODEL, "kind": "exe"}, "kind: 'exe' is not possible"),
        ({"states": ["1", "1"], "model": MODEL, "zoom": 17}, "zoom: 17 is not possible"),
        ({"states": ["1", "1"], "model": "/etc"}, "model: '/etc' is not possible"),
    ],
)
def test_what_the_endpoint_refuses(api, arguments, message):
    with pytest.raises(gradio_client.exceptions.AppError) as refused:
        api.predict(**arguments, api_name="/walk")
    assert message in str(refused.value)
