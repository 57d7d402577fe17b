"""Files that go to and from a page's session, on the real server."""

import http.client
import io
import json
import pickle
import threading
import urllib.error
import urllib.request
from urllib.parse import urlsplit

import av
import pytest
import torch
from helpers.http import CONFIG, STATE, declared, order, refusal, send, wait_until

from ganplay import ToyTrainer
from ganplay.live.film import MAX_BYTES as MAX_FILM
from ganplay.live.film import Painter
from ganplay.server.http import auth
from ganplay.toy.checkpoint import MAX_BYTES, toy_from_bytes, toy_to_bytes


@pytest.fixture
def page(visit):
    """A paused page at step 7, and its token."""
    token = auth.issue()
    line = visit(token=token, state=STATE, playing=False)
    line.send("step", count=7)
    line.until(lambda s: s.frames and s.frames[-1]["step"] == 7)
    return line, token


def test_weights_are_saved_and_loaded_and_the_run_goes_on(server, page, visit):
    line, token = page
    data = send(server, "weights/save", token)
    expected = ToyTrainer(CONFIG, threads=1)
    expected.step(7)
    saved = toy_from_bytes(data)
    assert saved.configs == [CONFIG]
    assert torch.equal(saved.sample(9), expected.sample(9))
    # Another page takes them up, in place of what it had.
    other = auth.issue()
    second = visit(token=other, playing=False).until(lambda s: s.frames)
    answer = json.loads(send(server, "weights/load", other, data))
    assert answer == {"type": "loaded", "step": 7}
    second.until(lambda s: s.frames[-1]["step"] == 7 and s.event("state")["restarted"])
    assert second.event("state")["state"] == STATE
    assert second.event("data")["modes"] == 0  # of the moons
    second.send("step", count=5)
    second.until(lambda s: s.frames[-1]["step"] == 12)
    expected.step(5)
    again = toy_from_bytes(send(server, "weights/save", other))
    assert torch.equal(again.sample(9), expected.sample(9))
    # The first page's session has not noticed.
    line.send("look")
    assert line.applied().frames[-1]["step"] == 7


@pytest.mark.parametrize("path", ["weights/save", "weights/load", "film"])
def test_only_a_page_of_ours_with_a_session_is_answered(server, path):
    for token in (None, "", "x", "forged.0123456789abcdef0123456789abcdef", "a" * 10**4):
        assert refusal(server, path, token) == (401, {"type": "refused"})
    assert refusal(server, path, auth.issue()) == (404, {"type": "gone"})
    elsewhere = {"Origin": "https://elsewhere.example"}
    assert refusal(server, path, auth.issue(), **elsewhere) == (403, {"type": "refused"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{server.url}ganplay/{path}")
    assert refused.value.code == 405


def test_hostile_weights_are_refused_in_words_and_change_nothing(server, page):
    line, token = page
    good = send(server, "weights/save", token)
    two = toy_to_bytes(ToyTrainer(CONFIG, seeds=[1, 2]))
    for data, kind in (
        (b"", "format"), (b"\xff" * 99, "format"), (good[:-1], "format"), (two, "members"),
        (pickle.dumps([1.0]), "format"), (good.replace(b"width_g:16", b"width_g:17"), "tensors"),
        (good.replace(b'version\\": 1', b'version\\": 9'), "version"),
    ):  # fmt: skip
        status, told = refusal(server, "weights/load", token, data)
        assert (status, told["type"]) == (422, kind)
        assert told["why"]
    assert declared(server, "weights/load", token, MAX_BYTES + 1) == (413, {"type": "size"})
    line.send("look")
    assert line.applied().frames[-1]["step"] == 7
    assert send(server, "weights/save", token) == good


def test_networks_that_are_no_more_are_not_handed_out(server, page):
    _, token = page
    session = server.engine._sessions[auth.session_of(token)]
    session.trainer.ensembles[0].state.g.flat[0, 0] = torch.nan
    status, told = refusal(server, "weights/save", token)
    assert (status, told["type"]) == (422, "finite")


def test_when_many_ask_at_once_some_are_told_to_wait(server, page):
    _, token = page
    places = server.files.slots["weights"]
    taken = [places.slot(str(i)) for i in range(places._free)]
    for place in taken:
        place.__enter__()
    try:
        assert refusal(server, "weights/save", token) == (429, {"type": "busy"})
    finally:
        for place in taken:
            place.__exit__(None, None, None)
    assert send(server, "weights/save", token)


# ---- films --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["gif", "mp4"])
def test_a_film_is_made_of_the_frames_that_a_page_sends(server, page, kind):
    answer = send(server, "film", page[1], order(5, format=kind))
    assert answer[:5] == b"....."
    with av.open(io.BytesIO(answer[5:])) as film:
        pictures = list(film.decode(video=0))
    assert [(p.width, p.height) for p in pictures] == [(320, 320)] * 5


def test_films_that_cannot_be_made_are_refused_in_words(server, page):
    good, token = order(2), page[1]
    for data, kind in (
        (b"", "order"), (b"\xff" * 99, "order"), (good[:-1], "order"), (order(0), "frames"),
        (order(2, size=99999), "order"), (good.replace(b"GP", b"PG"), "frames"),
    ):  # fmt: skip
        status, told = refusal(server, "film", token, data)
        assert (status, told["type"]) == (422, kind)
        assert told["why"]
    assert declared(server, "film", token, MAX_FILM + 1) == (413, {"type": "size"})
    assert send(server, "film", token, good)[:2] == b".."


def test_a_third_film_waits_and_one_that_nobody_wants_ends(server, page, visit, monkeypatch):
    """Two visitors are served, a third is told; when they leave, their places are free again."""
    token, studios, others = page[1], server.files.slots["films"], [auth.issue() for _ in range(2)]
    for other in others:
        visit(token=other, state=STATE, playing=False).until(lambda s: s.frames)
    going, data = threading.Event(), order(3)
    draw = Painter.draw

    def slowly(painter, frame):
        going.wait(20)
        return draw(painter, frame)

    monkeypatch.setattr(Painter, "draw", slowly)
    lines = [begun(server, "film", token, data)]
    wait_until(lambda: studios._free == 1)
    assert refusal(server, "film", token, data) == (429, {"type": "busy"})  # one page, one film
    lines.append(begun(server, "film", others[0], data))
    wait_until(lambda: studios._free == 0)
    assert refusal(server, "film", others[1], data) == (429, {"type": "busy"})
    lines[0].close()
    wait_until(lambda: studios._free == 1)
    going.set()
    answer = lines[1].getresponse()
    assert answer.read()[:3] == b"..."
    lines[1].close()
    wait_until(lambda: studios._free == 2)


def begun(server, path, token, data):
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=20)
    connection.request("POST", f"/ganplay/{path}", data, {"X-Ganplay-Token": token})
    return connection
