"""The bundled models for many visitors: what is loaded, what is answered and what is refused."""

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from helpers.explore import URL, Page, rendered, unpacked, welcomed
from starlette.websockets import WebSocketDisconnect

from ganplay.common.settings import MAX_SEED
from ganplay.images.latent_state import read_state
from ganplay.latent.model_store import MOST_PICTURES, ModelStoreError, memory_of
from ganplay.server.explore import routes
from ganplay.server.explore.request import ExploreRequest
from ganplay.server.http import auth
from ganplay.server.http.newest_only import NewestOnly
from ganplay.server.http.protocol import (
    FULL,
    MAX_BODY,
    MAX_MESSAGE,
    REFUSED,
    TOO_LARGE,
    TOO_MANY,
)

pytestmark = pytest.mark.usefixtures("one_thread")


# ---- the gallery ---------------------------------------------------------------------------------


def test_models_are_told_of_before_any_is_loaded(gallery):
    about = {model["name"]: model for model in gallery.catalogue()}
    assert sorted(about) == ["bars", "one", "two"]
    assert about["one"] == {
        "name": "one", "data": "folder", "count": 40, "shape": [1, 16, 16],
        "labels": ["lying", "standing"], "steps": [0, 10, 12],
        "dim": about["one"]["dim"], "named": [], "ema": about["one"]["ema"],
        "quality": {"frechet": 2.5, "floor": 1.0},
    }  # fmt: skip
    assert about["bars"]["labels"] == []
    assert gallery.in_memory == []
    gallery.render("one", ["1;seed:1"])
    assert gallery.in_memory == ["one"]


def test_least_used_goes_first_where_memory_is_short(gallery):
    each = memory_of(gallery.cards["one"])
    model = gallery.model("one")
    for step in model.steps:
        model.sampler(step)
    tensors = [*model._tensors.values()]
    tensors += [
        w
        for net in (*(s._generator for s in model._samplers.values()), model._scorer._discriminator)
        for w in net.state_dict().values()
    ]
    assert sum(t.numel() * t.element_size() for t in tensors) == each
    gallery.budget = 2 * each
    gallery.model("two")
    gallery.model("one")
    gallery.model("bars")
    assert gallery.in_memory == ["one", "bars"]
    gallery.budget = 0
    gallery.model("two")
    assert gallery.in_memory == ["two"]  # what is asked for is there in any case


@pytest.mark.parametrize(
    "name", ["", "three", "../one", "/etc", "ganplay/one", "one/", "x" * 10**5]
)
def test_only_bundled_models_are_found(gallery, name):
    with pytest.raises(ModelStoreError) as refused:
        gallery.render(name, ["1"])
    assert refused.value.problem.code == "no_model"
    assert len(str(refused.value)) < 200
    assert gallery.in_memory == []


def test_pictures_are_the_model_s_own_in_whatever_company(gallery, shelf):
    texts = [
        "1;seed:3;label:1",
        "1;step:0;seed:9",
        "1;seed:3;d0:2;z1:0.5",
        "1;step:10;label:0.5*0+0.5*1",
    ]
    made = gallery.render("one", texts)
    assert made.shape == (4, 1, 16, 16)
    assert made.problems == [[], [], [], []]
    for i, text in enumerate(texts):
        assert made.pixels[256 * i : 256 * (i + 1)] == rendered(shelf, "one", text)


def test_what_a_string_cannot_mean_is_told_and_the_rest_kept(gallery, shelf):
    made = gallery.render("bars", ["0;model:one;seed:7;label:1;d0:99;truncation:0.5", "1;seed:7"])
    assert [p.code for p in made.problems[0]] == ["state_version", "model", "no_classes", "bounds"]
    assert made.problems[1] == []
    assert made.states[0] == "1;model:bars;seed:7;truncation:0.5"
    assert made.pixels[:256] == rendered(shelf, "bars", made.states[0])


@pytest.mark.parametrize("count", [0, MOST_PICTURES + 1])
def test_too_many_pictures_are_refused(gallery, count):
    with pytest.raises(ModelStoreError, match="1 to 64 at once"):
        gallery.render("one", ["1"] * count)
    assert gallery.render("one", ["1"] * MOST_PICTURES).shape[0] == MOST_PICTURES


def test_a_nudge_is_small_and_keeps_the_rest(gallery):
    moved = gallery.perturbed("one", "1;model:one;seed:5;label:1;d0:2", 3)
    assert moved == gallery.perturbed("one", "1;model:one;seed:5;label:1;d0:2", 3)
    assert moved != gallery.perturbed("one", "1;model:one;seed:5;label:1;d0:2", 4)
    state, problems = read_state(moved, "one", gallery.model("one").space)
    assert not problems
    assert (state.label, state.moves, len(state.at)) == (
        ((1, 1.0),),
        ((0, 2.0),),
        gallery.cards["one"].config.noise_dim,
    )
    before = torch.tensor(gallery.latent("one", "1;seed:5;d0:2;truncation:0.3"))
    assert torch.equal(before, torch.tensor(gallery.latent("one", "1;seed:5")))
    after = torch.tensor(state.at)
    angle = torch.nn.functional.cosine_similarity(before, after, dim=0)
    assert 0.6 < angle < 0.999
    far = gallery.perturbed("one", moved, MAX_SEED)
    assert far != moved
    with pytest.raises(ModelStoreError):
        gallery.perturbed("one", moved, -1)


# ---- the routes ----------------------------------------------------------------------------------


def test_a_page_sees_models_and_gets_pictures(client, shelf):
    known = client.get(URL + "models.json").json()
    assert [m["name"] for m in known["models"]] == ["bars", "one", "two"]
    assert (known["most"], known["left_out"]) == (MOST_PICTURES, [])
    with client.websocket_connect(URL + "socket") as socket:
        page = welcomed(socket)
        page.ask(1, ["1;seed:4;label:1", "1;seed:5"], latent=True)
        head, pixels = page.answer()
        assert (head["type"], head["id"], head["purpose"]) == ("pictures", 1, "picture")
        assert head["shape"] == [2, 1, 16, 16]
        assert head["states"][0] == "1;model:one;seed:4;label:1"
        assert pixels[:256] == rendered(shelf, "one", "1;seed:4;label:1")
        assert len(head["latent"]) == known["models"][1]["dim"]
        page.ask(2, ["1;seed:4"], nudge=7)
        head, pixels = page.answer()
        assert head["states"][0].startswith("1;model:one;at:")
        assert head["latent"] is None
        assert pixels == rendered(shelf, "one", head["states"][0])


def test_two_visitors_with_two_models_do_not_mix(client, shelf):
    with (
        client.websocket_connect(URL + "socket") as a,
        client.websocket_connect(URL + "socket") as b,
    ):
        pages = {"one": welcomed(a), "two": welcomed(b)}
        for number in range(1, 6):
            for name, page in pages.items():
                page.ask(number, [f"1;model:{name};seed:{number}"], model=name)
            for name, page in pages.items():
                head, pixels = page.answer()
                assert (head["model"], head["id"], head["problems"]) == (name, number, [[]])
                assert pixels == rendered(shelf, name, f"1;seed:{number}")
    assert rendered(shelf, "one", "1;seed:1") != rendered(shelf, "two", "1;seed:1")


def test_of_what_waits_only_the_newest_is_rendered(client, gallery, monkeypatch, shelf):
    begun, go_on, done = threading.Event(), threading.Event(), []
    render = gallery.render

    def slow(name, texts):
        done.append(texts[0])
        begun.set()
        assert go_on.wait(20)
        return render(name, texts)

    monkeypatch.setattr(gallery, "render", slow)
    with client.websocket_connect(URL + "socket") as socket:
        page = welcomed(socket)
        page.ask(1, ["1;seed:1"])
        assert begun.wait(20)
        for number in range(2, 100):
            page.ask(number, [f"1;seed:{number}"])
        # Another purpose has a turn of its own; its refusal says that all before it was read.
        page.ask(100, [], purpose="tiles")
        assert page.answer()[0]["type"] == "error"
        go_on.set()
        assert page.answer()[0]["id"] == 1
        head, pixels = page.answer()
        assert head["id"] == 99
        assert pixels == rendered(shelf, "one", "1;seed:99")
    assert done == ["1;seed:1", "1;seed:99"]


def test_waiting_work_stops_with_the_line():
    async def lose():
        started = asyncio.Event()

        async def work(asked):
            started.set()
            await asyncio.Event().wait()

        newest = NewestOnly(work)
        asked = ExploreRequest(id=1, purpose="picture", model="one", states=["1"])
        newest.put("picture", asked)
        newest.put("picture", asked)
        await started.wait()
        running = list(newest._running.values())
        newest.stop()
        await asyncio.wait(running)
        return all(task.cancelled() for task in running), newest._waiting

    # In a thread of its own: a browser's loop may be running in this one.
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(asyncio.run, lose()).result() == (True, {})


HOSTILE = [
    "", "[]", "5", "null", "{", "<binary>", '{"id":1}', '{"id":NaN}', "[" * 10**5, '"\\ud800"',
    '{"id":1,"purpose":"picture","model":"../../etc","states":["1"]}',
    '{"id":1,"purpose":"picture","model":["one"],"states":["1"]}',
    '{"id":1,"purpose":["picture"],"model":"one","states":["1"]}',
    '{"id":1,"purpose":"zap","model":"one","states":["1"]}',
    '{"id":-1,"purpose":"picture","model":"one","states":["1"]}',
    '{"id":true,"purpose":"picture","model":"one","states":["1"]}',
    '{"id":1e99,"purpose":"picture","model":"one","states":["1"]}',
    '{"id":1,"purpose":"picture","model":"one","states":"1"}',
    '{"id":1,"purpose":"picture","model":"one","states":[]}',
    '{"id":1,"purpose":"picture","model":"one","states":[5]}',
    '{"id":1,"purpose":"picture","model":"one","states":["1"],"nudge":-1}',
    '{"id":1,"purpose":"picture","model":"one","states":["1"],"nudge":true}',
    json.dumps({"id": 1, "purpose": "tiles", "model": "one", "states": ["1"] * 65}),
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=lambda t: t[:60])
def test_what_cannot_be_asked_for_is_refused_in_words_and_loses_nothing(client, shelf, text):
    with client.websocket_connect(URL + "socket") as socket:
        page = welcomed(socket)
        socket.send_text(text)
        head, pixels = page.answer()
        assert head["type"] == "error"
        assert head["problem"]["allowed"]
        assert not pixels
        # A string may hold anything.
        page.ask(2, ["1;seed:\ud800;at:\x00;zz:1;label:" + "9" * 3000])
        head, pixels = page.answer()
        assert (head["id"], len(head["problems"][0])) == (2, 4)
        assert pixels == rendered(shelf, "one", "1")


def test_floods_and_giants_are_turned_away(client):
    with client.websocket_connect(URL + "socket") as socket:
        page = welcomed(socket)
        socket.send_text("x" * (MAX_MESSAGE + 1))
        assert page.closing_code() == TOO_LARGE
    with client.websocket_connect(URL + "socket") as socket:
        page = welcomed(socket)
        for _ in range(200):
            socket.send_text(" " * 100_000)
        assert page.closing_code() == TOO_MANY


@pytest.mark.parametrize("token", ["", "x", 5, None, {"a": 1}, "ü.x", "a" * 10**4, "forged.0123"])
def test_a_forged_token_is_turned_away(client, token):
    with client.websocket_connect(URL + "socket") as socket:
        page = Page(socket, token if token is not None else [])
        assert page.closing_code() == REFUSED
    answer = client.post(URL + "render", json={}, headers={"x-ganplay-token": str(token).encode()})
    assert (answer.status_code, answer.json()) == (401, {"type": "refused"})


def test_strangers_pages_are_turned_away(client):
    origin = {"origin": "https://elsewhere.example"}
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect(URL + "socket", headers=origin),
    ):
        pass
    assert client.post(URL + "render", json={}, headers=origin).status_code == 403


def test_a_page_has_a_few_sockets_and_all_together_not_more_than_there_is_room_for(
    monkeypatch, request
):
    monkeypatch.setattr(routes, "MAX_SOCKETS", 3)
    monkeypatch.setattr(routes, "MAX_SOCKETS_OF_A_PAGE", 2)
    client = request.getfixturevalue("client")  # whose routes are made with these numbers
    token = auth.issue()

    with (
        client.websocket_connect(URL + "socket") as a,
        client.websocket_connect(URL + "socket") as b,
    ):
        welcomed(a, token)
        welcomed(b, token)
        with client.websocket_connect(URL + "socket") as c:
            assert Page(c, token).closing_code() == FULL
        with client.websocket_connect(URL + "socket") as c:
            welcomed(c)
            with client.websocket_connect(URL + "socket") as d:
                assert Page(d).closing_code() == FULL
    with client.websocket_connect(URL + "socket") as a:
        welcomed(a, token)  # who leaves makes room


def test_plain_requests_give_the_same(client, shelf):
    headers = {"x-ganplay-token": auth.issue(), "content-type": "application/json"}
    asked = {"id": 1, "purpose": "picture", "model": "two", "states": ["1;seed:8"]}
    answer = client.post(URL + "render", json=asked, headers=headers)
    head, pixels = unpacked(answer.content)
    assert (head["id"], head["states"]) == (1, ["1;model:two;seed:8"])
    assert pixels == rendered(shelf, "two", "1;seed:8")
    for text in HOSTILE:
        head, pixels = unpacked(client.post(URL + "render", content=text, headers=headers).content)
        assert (head["type"], pixels) == ("error", b"")
    for size in (MAX_MESSAGE + 1, MAX_BODY + 1):
        answer = client.post(URL + "render", content="x" * size, headers=headers)
        assert (answer.status_code, answer.json()) == (413, {"type": "too_large"})


def test_weights_that_were_spoilt_are_told_of(gallery, client, tmp_path, monkeypatch, shelf):
    spoilt = tmp_path / "one"
    spoilt.mkdir()
    for path in (shelf / "one").iterdir():
        (spoilt / path.name).write_bytes(path.read_bytes())
    (spoilt / "model.safetensors").write_bytes(b"nonsense")
    monkeypatch.setitem(gallery.shelf.places, "one", spoilt)
    with client.websocket_connect(URL + "socket") as socket:
        page = welcomed(socket)
        page.ask(1, ["1"])
        head, _ = page.answer()
        assert head["problem"]["code"] == "broken"
        assert "SHA-256" in head["problem"]["allowed"]
