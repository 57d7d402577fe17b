"""The wheel is whole: built, installed elsewhere and used from a folder without the sources."""

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from helpers.app_process import app, new_token
from helpers.lessons import known, pieces
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ("ganplay", "checkpoints", "pyproject.toml", "setup.py", "README.md", "LICENSE")


def run(*command, **how):
    done = subprocess.run(
        [sys.executable, "-m", *map(str, command)], capture_output=True, text=True, timeout=120,
        check=False, **how,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """How a process is started that finds the installed wheel, and not the sources."""
    place = tmp_path_factory.mktemp("wheel")
    for name in SOURCES:  # a copy, since building leaves files behind
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, place / name)
    quiet = ("--quiet", "--no-deps", "--disable-pip-version-check")
    run("pip", "wheel", *quiet, "--no-build-isolation", "-w", place / "built", ".", cwd=place)
    (wheel,) = (place / "built").glob("ganplay-*.whl")
    run("pip", "install", *quiet, "--target", place / "site", wheel)
    work = place / "work"
    work.mkdir()
    return {"env": os.environ | {"PYTHONPATH": str(place / "site")}, "cwd": work}


def test_all_of_the_package_is_in_it(elsewhere):
    """File by file: a folder that the wheel lacks would be found among the sources."""
    site = Path(elsewhere["env"]["PYTHONPATH"]) / "ganplay"
    tracked = {path.relative_to(ROOT / "ganplay") for path in (ROOT / "ganplay").rglob("*")}
    wanted = {path for path in tracked if (ROOT / "ganplay" / path).is_file()}
    missing = {p for p in wanted if "__pycache__" not in p.parts and not (site / p).is_file()}
    assert missing == set()
    models = {path.relative_to(ROOT) for path in (ROOT / "checkpoints").rglob("*.*")}
    assert {path for path in models if not (site / path).is_file()} == set()


def test_a_picture_of_a_bundled_model(elsewhere):
    run("ganplay.cli", "sample", "digits", "--out", "d.png", **elsewhere)
    assert Image.open(elsewhere["cwd"] / "d.png").size == (32, 32)
    there = run("ganplay.cli", "info", "--json", **elsewhere)
    names = [card["name"] for card in json.loads(there)]
    assert names == ["digits", "digits-conditional", "faces", "letters-conditional"]


def test_the_app_with_explore_and_a_lesson_on_pictures(elsewhere):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with app(port, **elsewhere) as server:
        page = urlopen(server.url, timeout=20).read()
        assert b"lab-host" in page
        models = json.load(urlopen(server.url + "ganplay/explore/models.json", timeout=20))
        assert len(models["models"]) == 4
        (lesson,) = [one for one in known(server)["lessons"] if one["order"] == 11]
        asked = {"lesson": lesson["name"], "part": next(iter(lesson["runs"]))}
        headers = {"X-Ganplay-Token": new_token(server), "Content-Type": "application/json"}
        request = Request(server.url + "ganplay/lessons/run", json.dumps(asked).encode(), headers)
        heads = [head for head, _ in pieces(urlopen(request, timeout=60).read())]
    assert heads[-1]["type"] == "done", heads[-1]
    assert all(outcome["holds"] for outcome in heads[-1]["outcomes"])
