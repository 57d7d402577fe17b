"""Which models there are: those that come along and one's own, and what is said of broken ones."""

import json
import shutil

import pytest
from helpers.pictures import about, trainer
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ganplay.cli import main
from ganplay.common.locales import LANGUAGES, locale
from ganplay.images.checkpoint import model as image
from ganplay.images.runs import Run
from ganplay.latent.model_shelf import ModelShelf
from ganplay.latent.model_store import ModelStore, ModelStoreError
from ganplay.server import app
from ganplay.server.explore.routes import ExploreRoutes

pytestmark = pytest.mark.usefixtures("one_thread")
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 5703060\n"


@pytest.fixture
def place(bars, tmp_path, monkeypatch):
    """A folder of models in which only `whole` is whole, and nothing that comes along."""
    _, _, source = bars
    monkeypatch.setattr(image, "BUNDLED", tmp_path / "none")

    def copied(name, /, **changes):
        folder = shutil.copytree(source, tmp_path / "models" / name)
        card = json.loads((folder / "card.json").read_text())
        (folder / "card.json").write_text(json.dumps(card | {"name": name} | changes))
        return folder

    copied("whole")
    (copied("cut-card") / "card.json").write_bytes((source / "card.json").read_bytes()[:200])
    (copied("no-card") / "card.json").unlink()
    (copied("no-weights") / "model.safetensors").unlink()
    weights = copied("cut-weights") / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    (copied("no-header") / "model.safetensors").write_bytes(b"\xff" * 40)
    (copied("odd-header") / "model.safetensors").write_bytes(b"\x08" + bytes(7) + b'{"a": 1}')
    (copied("pointer") / "model.safetensors").write_bytes(POINTER)
    (copied("card-pointer") / "card.json").write_bytes(POINTER)
    with (copied("large") / "model.safetensors").open("r+b") as file:
        file.truncate(image.MAX_BYTES + 1)
    copied("own-network", generator={"model": "no.such.module:Net", "arguments": {}})
    copied("zzz-other", name="whole")
    made, run = trainer(), Run(tmp_path / "models" / "a-run")
    run.describe(made.config, about(made))
    (tmp_path / "models" / "notes").mkdir()
    (tmp_path / "models" / ".hidden").mkdir()
    return tmp_path / "models"


CODES = {
    "a-run": "run", "card-pointer": "pointer", "cut-card": "card", "cut-weights": "format",
    "large": "size", "no-card": "file", "no-header": "format", "no-weights": "file",
    "odd-header": "format", "own-network": "network", "pointer": "pointer", "zzz-other": "taken",
}  # fmt: skip


def test_broken_models_are_left_out_each_by_itself(place):
    shelf = ModelShelf.of([place])
    assert list(shelf.cards) == list(shelf.places) == ["whole"]
    assert {one.name: one.code for one in shelf.left_out} == CODES
    words = {one.name: one.why for one in shelf.left_out}
    assert "git lfs pull" in words["pointer"]
    assert words["card-pointer"].startswith("card.json: this is a pointer")
    assert "cut off: it has" in words["cut-weights"]
    assert "no.such.module:Net is a class of somebody's own" in words["own-network"]
    assert "ganplay export" in words["a-run"]
    assert not any(str(place) in why for why in words.values())
    for language in LANGUAGES:  # the page has words for each
        assert set(CODES.values()) <= locale(language)["explore"]["left_out"].keys()


def test_a_folder_that_is_a_model_itself(place):
    shelf = ModelShelf.of([place / "whole", place / "pointer"])
    assert shelf.places == {"whole": place / "whole"}
    assert [one.name for one in shelf.left_out] == ["pointer"]


def test_a_broken_model_that_comes_along_leaves_the_others(place, monkeypatch):
    monkeypatch.setattr(image, "BUNDLED", place)
    made = ModelStore()
    assert list(made.cards) == ["whole"]
    assert len(made.render("whole", ["1;seed:4"]).pixels) == 256
    with pytest.raises(ModelStoreError):
        made.render("pointer", ["1;seed:4"])
    made.stop()


def test_the_page_gets_one_s_own_models_and_names_of_those_left_out(bars, place, caplog):
    model, _, _ = bars
    made = ModelStore(folders=[place])
    with TestClient(Starlette(routes=ExploreRoutes(made).all())) as client:
        known = client.get("/ganplay/explore/models.json").json()
    assert [one["name"] for one in known["models"]] == ["whole"]
    assert {one["name"]: one["code"] for one in known["left_out"]} == CODES
    assert all(one.keys() == {"name", "code"} for one in known["left_out"])
    app.log_left_out(made)
    told = {record.fields["model"]: record.fields["why"] for record in caplog.records}
    assert told.keys() == CODES.keys()
    assert "git lfs pull" in told["pointer"]
    drawn = made.render("whole", ["1;seed:4;label:1"])
    assert drawn.pixels == model.sample([4], 1).numpy().tobytes()
    made.stop()


def launched(monkeypatch, *arguments):
    """What `ganplay app` hands over, without serving anything."""
    given = {}
    monkeypatch.setattr(app, "launch", lambda *_, **named: given.update(named))
    assert main(["app", *map(str, arguments)]) == 0
    return given["model_folders"]


def test_app_takes_folders_of_models(place, tmp_path, monkeypatch, capsys):
    assert launched(monkeypatch) == []
    folders = [place, place / "whole"]
    assert launched(monkeypatch, "--models", place, "--models", place / "whole") == folders
    for folder, words in (
        (tmp_path / "nowhere", "no such folder"),
        (place / "notes", "no model is"),
    ):
        with pytest.raises(SystemExit):
            launched(monkeypatch, "--models", folder)
        assert words in capsys.readouterr().err


def test_info_goes_on_after_a_broken_model(place, monkeypatch, capsys):
    monkeypatch.setattr(image, "BUNDLED", place)
    assert main(["info"]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("whole: dcgan, 1x16x16 pictures")
    assert "pointer is left out: model.safetensors: this is a pointer" in told.err
    with pytest.raises(SystemExit):
        main(["info", str(place / "pointer")])
    assert "git lfs pull" in capsys.readouterr().err
