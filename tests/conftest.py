"""Shape and type annotations are checked at run time in all tests; and one server for all."""

import os
import shutil
import socket
import sys
from typing import NamedTuple

# Two workers share two cores; threads of theirs would wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
import torch
import typecheck
from hypothesis import HealthCheck, settings
from jaxtyping import install_import_hook

install_import_hook(typecheck.CHECKED, "typecheck.checked")

# The same examples at every run, and no clock: these machines are shared and noisy.
settings.register_profile(
    "ganplay", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("ganplay")


LONG = (
    "browser/lab browser/walkthrough browser/explore browser/map_and_arithmetic browser/walk "
    "browser/learn browser/arena browser/diagnosis live/engine_many cli/cli toy/diagnosis "
    "toy/trainer server/projection_routes server/space images/distributed server/replicas "
    "live/capture_process_kill toy/script_export"
).split()
"""Modules that take long: who begins them last waits for them at the end."""


def pytest_configure(config):
    # Otherwise modules of few tests come last, among which are the longest.
    config.option.loadscopereorder = False


def pytest_collection_modifyitems(items):
    places = {name.replace("/", "/test_"): i for i, name in enumerate(LONG)}

    def place(item):
        return places.get(f"{item.path.parent.name}/{item.path.stem}", len(places))

    items.sort(key=place)


class Server(NamedTuple):
    """The real app, served by this process on a free port of 127.0.0.1."""

    url: str
    engine: object
    groups: object

    def __getattr__(self, name):
        """A group of routes by its name in `app.RouteGroups`."""
        return getattr(self.groups, name)


@pytest.fixture(scope="module")
def one_thread():
    """Small tensors are fastest so, and on a busy machine by far."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def running():
    """An engine without a server."""
    from ganplay.live.engine import Engine

    made = Engine(workers=2)
    yield made
    made.stop()


@pytest.fixture(scope="session")
def server():
    """One server for all tests that need one.

    It gives few frames: a page that draws sixty a second takes the time of the test beside it.
    """
    from ganplay.images.evaluation.index_cache import IndexCache
    from ganplay.latent.model_store import ModelStore
    from ganplay.live.engine import Engine
    from ganplay.server import app

    class Calm(Engine):
        def _share(self, now):
            super()._share(now)
            for session in self._sessions.values():
                session.share = session.share._replace(frames=min(15.0, session.share.frames))

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    engine = Calm()
    groups = app.RouteGroups.made(engine, ModelStore(indexes=IndexCache(())))
    demo, url = app.launch("127.0.0.1", port, block=False, route_groups=groups)
    yield Server(url, engine, groups)
    demo.close(verbose=False)
    engine.stop()


FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
).split()
FLAGS.append("--host-resolver-rules=MAP *.example 127.0.0.1")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def chromium():
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        assert not os.environ.get("CI"), "Chromium is needed in CI"
        pytest.skip("Chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def unchecked():
    """For what is computed a thousand times, and is checked where it is not."""
    with typecheck.unchecked():
        yield


@pytest.fixture(autouse=True)
def unchecked_behind_a_page(request):
    """A page only asks for what the tests of its routes have checked."""
    if "chromium" in request.fixturenames:
        request.getfixturevalue("unchecked")


@pytest.fixture(autouse=True)
def pages_left():
    """A test that fails leaves its pages open, but not for the next one."""
    yield
    if "helpers.tab" in sys.modules:
        sys.modules["helpers.tab"].Tab.leave()


@pytest.fixture(scope="session")
def bars(tmp_path_factory):
    """A tiny conditional image model, its trainer, and the folder of its checkpoint."""
    from helpers.pictures import model_in  # which this file's hook must come before

    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("bars")
    model, made = model_in(folder, conditional=True, norm_d="spectral")
    model.save_pretrained(folder / "bars")
    return model, made, folder / "bars"
