"""Beside the picture: what pages are told of D's verdict and of the nearest training pictures."""

import pytest
import torch
from helpers.explore import URL, welcomed
from helpers.tab import Tab
from starlette.applications import Starlette
from starlette.testclient import TestClient

import ganplay
from ganplay.images.checkpoint import BUNDLED
from ganplay.images.checkpoint import model as image
from ganplay.images.datasets import ImageData
from ganplay.images.evaluation.classifier import load_classifier
from ganplay.images.evaluation.index_cache import IndexCache
from ganplay.images.evaluation.neighbours import NeighbourIndex
from ganplay.images.evaluation.training_images import MissingData, TrainingImages
from ganplay.images.latent_state import LatentState
from ganplay.latent.model_store import ModelStore
from ganplay.server.explore.routes import ExploreRoutes

pytestmark = pytest.mark.usefixtures("one_thread")
MODEL = "digits-conditional"
STATE = f"1;model:{MODEL};seed:7;label:6"


class Told(IndexCache):
    """IndexCache that say what a test wants."""

    def __init__(self, answer):
        super().__init__()
        self.answer = answer

    def of(self, card):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture(scope="module")
def model():
    return ganplay.load(MODEL)


@pytest.fixture(scope="module")
def index(model):
    """Of ten pictures that the model makes itself: what it "remembers"."""
    images = model.sample([7] * 10, list(range(10)))
    data = ImageData(images, torch.arange(10), model.labels, "none", "made")
    judge = load_classifier(BUNDLED / "classifiers" / "digits")
    return NeighbourIndex(TrainingImages(data), judge.net.features(images).half(), judge)


@pytest.fixture
def client(bars, tmp_path, monkeypatch):
    model, _, _ = bars
    model.save_pretrained(tmp_path / "bars")
    monkeypatch.setattr(image, "BUNDLED", tmp_path)
    gallery = ModelStore(indexes=Told(0.25))
    with TestClient(Starlette(routes=ExploreRoutes(gallery).all())) as made:
        made.model_store = gallery
        yield made
    gallery.stop()


def asked(client, purpose, text="1;seed:5;label:1"):
    with client.websocket_connect(URL + "socket") as socket:
        page = welcomed(socket)
        page.ask(1, [text], "bars", purpose)
        return page.answer()


@pytest.mark.parametrize("step", [None, 10])
def test_the_verdict_is_the_model_s(client, bars, step):
    text = "1;seed:5;label:1" + (f";step:{step}" if step else "")
    head, pixels = asked(client, "verdict", text)
    said = bars[0].score(LatentState("bars", 5, label=((1, 1.0),), step=step))._asdict()
    about = {"type": "verdict", "id": 1, "purpose": "verdict", "model": "bars", "pairs": False}
    assert head == about | said
    assert pixels == b""


def test_what_json_has_no_number_for(client, monkeypatch):
    said = client.model_store.verdict("bars", "1")._replace(threshold=float("nan"))
    monkeypatch.setattr(client.model_store, "verdict", lambda name, text: said)
    assert asked(client, "verdict")[0]["threshold"] is None


def test_neighbours_that_are_not_there_yet_or_never(client):
    head, _ = asked(client, "neighbours")
    assert (head["status"], head["share"]) == ("building", 0.25)
    client.model_store.indexes.answer = MissingData("other", "in words", data="x", found=1, count=2)
    head, pixels = asked(client, "neighbours")
    assert (head["status"], head["code"]) == ("missing", "other")
    assert head["values"] == {"data": "x", "found": 1, "count": 2}
    assert pixels == b""


def test_an_unknown_model_is_refused(client):
    for purpose in ("verdict", "neighbours"):
        with client.websocket_connect(URL + "socket") as socket:
            page = welcomed(socket)
            page.ask(1, ["1"], "../bars", purpose)
            assert page.answer()[0]["problem"]["code"] == "no_model"


def test_neighbours_with_their_distances(index, model):
    gallery = ModelStore(indexes=Told(index))
    with (
        TestClient(Starlette(routes=ExploreRoutes(gallery).all())) as client,
        client.websocket_connect(URL + "socket") as socket,
    ):
        page = welcomed(socket)
        page.ask(1, [STATE], MODEL, "neighbours")
        head, pixels = page.answer()
    gallery.stop()
    picture = model.sample([7], 6)[0]
    expected = index.nearest(picture)
    assert head["neighbours"] == [one._asdict() for one in expected]
    assert expected[0] == (6, "6", 0, 0)
    assert head["shape"] == [3, 1, 32, 32]
    assert (
        pixels == index.training_images.pictures([one.place for one in expected]).numpy().tobytes()
    )
    assert head["reading"] == "near"
    figures = model.card.metrics["memorisation"]["features"]
    assert head["median"] == figures["held_out"]["median"]


# ---- the page ------------------------------------------------------------------------------------

TOLD = "window.ganplay?.explore?.beside.told"
FOUND = "ganplay.explore.beside.found?.status"


def test_beside_the_picture(chromium, server, model, index, monkeypatch):
    told = Told(0.42)
    monkeypatch.setattr(server.explore.model_store, "indexes", told)
    tab = Tab(chromium, server.url, viewport={"width": 1366, "height": 768})
    page = tab.page
    page.goto("about:blank")
    page.goto(f"{server.url}#explore={STATE}")

    # D's verdict, in words and as a gauge.
    page.wait_for_function(f"{TOLD}?.text === '{STATE}'")
    said = model.score(LatentState(MODEL, 7, label=((6, 1.0),)))
    percent = round(100 * said.output)
    assert 0 < percent < 100
    assert tab.words(".ex-said") == f"{percent}\u00a0% real"
    assert f"More realistic to D than {round(100 * said.rank)}\u00a0% of" in tab.words(".ex-rank")
    gauge = page.locator(".ex-gauge")
    assert gauge.get_attribute("aria-valuenow") == str(percent)
    assert float(gauge.evaluate("e => e.style.getPropertyValue('--at')")) == said.output
    assert "128 samples" in page.get_attribute(".ex-verdict", "data-tip")

    # The index is being made; when it is there the page notices by itself.
    page.wait_for_function(f"{FOUND} === 'building'")
    assert "60,000 training pictures: 42\u00a0%" in tab.words(".ex-near-words")
    assert page.locator(".ex-near progress").evaluate("e => e.value") == 0.42
    told.answer = index
    page.wait_for_function(f"{FOUND} === 'found'")
    near = index.nearest(model.sample([7], 6)[0])
    shown = page.locator(".ex-near-tile figcaption").all_inner_texts()
    assert shown == [f"{one.distance:.2f}" for one in near]
    assert page.locator(".ex-near-tile").first.get_attribute("data-tip").startswith("1: class 6")
    assert "possibly memorised" in tab.words(".ex-near-words")
    assert not page.is_visible(".ex-near progress")

    # Both follow to where the hand rests, and the verdict on the way there.
    tab.see(f"(window.seen = new Set(), setInterval(() => seen.add({TOLD}.text), 20))")
    slider = page.locator(".ex-direction input[type=range]").first
    box = slider.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    for i in range(30):
        page.mouse.move(box["x"] + box["width"] * (0.5 + 0.015 * i), box["y"] + 5)
        page.wait_for_timeout(25)
    assert tab.see("window.seen.size") > 2
    page.mouse.up()
    page.wait_for_function(
        f"(({{ moves }}) => {TOLD}.text.endsWith(`d${{Object.keys(moves)[0]}}:"
        f"${{Object.values(moves)[0]}}`))(ganplay.explore.state)"
    )
    state, _ = ganplay.read_state(tab.see(f"{TOLD}.text"), MODEL, model.space)
    assert tab.see(f"{TOLD}.logit") == model.score(state).logit
    first = f"{index.nearest(model.render([state])[0])[0].distance:.2f}"
    page.wait_for_function(
        "text => document.querySelector('.ex-near-tile figcaption').innerText === text", arg=first
    )

    # An earlier moment of the training, judged by the last D; and data that are not here.
    told.answer = MissingData("no_root", "in words", data="digits")
    page.locator(".ex-steps button").nth(5).click()
    page.wait_for_function(f"{TOLD}.step === {model.steps[5]}")
    assert "D of step 20,000" in tab.words(".ex-note")
    page.wait_for_function(f"{FOUND} === 'missing'")
    assert "ganplay app --data-root DIR" in tab.words(".ex-near-words")
    assert not page.is_visible(".ex-near-tiles")
    page.click(".language")
    assert "D 的输出" in tab.words(".ex-verdict")
    assert "这里没有训练数据（digits）" in tab.words(".ex-near-words")
    page.click(".language")
    tab.done()


def test_a_lesson_may_hide_it(chromium, server):
    tab = Tab(chromium, server.url)
    tab.page.goto("about:blank")
    tab.page.goto(f"{server.url}#explore={STATE}&hide=explore-beside")
    tab.page.wait_for_function("window.ganplay?.explore?.drawn > 0")
    assert not tab.page.is_visible(".ex-beside")
    assert tab.see(TOLD) is None
    tab.done()
