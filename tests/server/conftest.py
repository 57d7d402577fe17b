"""Fixtures of the server's tests."""

from contextlib import ExitStack

import pytest
from helpers.pictures import model_in
from helpers.sockets import Line
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient
from websockets.sync.client import connect

from ganplay.images.checkpoint import model as image
from ganplay.latent.model_store import ModelStore
from ganplay.server.explore.routes import ExploreRoutes
from ganplay.server.http.origins import OriginCheck


@pytest.fixture
def visit(server):
    """Opens lines, and closes them as a browser closes tabs."""
    address = server.url.replace("http", "ws") + "ganplay/lab/socket"
    with ExitStack() as open_lines:

        def opened(token=None, origin=None, **hello):
            socket = open_lines.enter_context(connect(address, origin=origin, max_size=None))
            open_lines.callback(socket.close, 1001)
            return Line(socket, token, **hello)

        yield opened


METRICS = {"frechet": {"samples": 2.5, "held_out": 1.0}, "accuracy": None}


@pytest.fixture(scope="module")
def shelf(bars, tmp_path_factory):
    """Three models side by side: two that differ in their names and weights, one without labels."""
    place = tmp_path_factory.mktemp("shelf")
    model, _, _ = bars
    changed = {n: t * 2 if n.startswith("generator") else t for n, t in model._tensors.items()}
    for name, tensors in (("one", model._tensors), ("two", changed)):
        card = model.card.model_copy(update={"name": name, "metrics": METRICS})
        image.ImageModel(card, tensors).save_pretrained(place / name)
    plain, _ = model_in(tmp_path_factory.mktemp("plain"))
    plain.save_pretrained(place / "bars")
    return place


@pytest.fixture
def gallery(shelf, monkeypatch):
    monkeypatch.setattr(image, "BUNDLED", shelf)
    made = ModelStore()
    yield made
    made.stop()


@pytest.fixture
def client(gallery):
    app = Starlette(routes=ExploreRoutes(gallery).all(), middleware=[Middleware(OriginCheck)])
    with TestClient(app) as made:
        yield made
