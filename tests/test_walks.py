"""Walks through latent space: their frames, their pace, and what is written of them."""

import io
import json
import subprocess
import sys

import av
import pytest
import torch
from PIL import Image

from ganplay.cli import main
from ganplay.exploration import LatentState
from ganplay.walk import Cancelled, Walk, encoded, frames, gaps, interpolated, unevenness

pytestmark = pytest.mark.usefixtures("one_thread")


def states(*seeds, **more):
    return tuple(LatentState("bars", seed, **more) for seed in seeds)


def pixels(images):
    return images.flatten(1).float()


@pytest.mark.parametrize("path", ["slerp", "lerp", "spline"])
@pytest.mark.parametrize("easing", ["linear", "smooth"])
def test_a_walk_goes_through_its_keyframes(bars, path, easing):
    model, _, _ = bars
    made = frames(model, Walk(states(1, 2, 3), 9, path, easing))
    assert made.shape == (9, 1, 16, 16)
    assert torch.equal(made[[0, 4, 8]], model.sample([1, 2, 3], 0))
    looped = frames(model, Walk(states(1, 2, 3), 9, path, easing, loop=True))
    assert torch.equal(looped[[0, 3, 6]], model.sample([1, 2, 3], 0))


def test_labels_go_along(bars):
    model, _, _ = bars
    ends = LatentState("bars", 5, label=((0, 1.0),)), LatentState("bars", 5, label=((1, 1.0),))
    made = frames(model, Walk(ends, 3))
    middle = LatentState("bars", 5, label=((0, 1.0), (1, 1.0)))
    assert torch.equal(made, model.render([ends[0], middle, ends[1]]))
    early = frames(model, Walk(states(1, 2, step=10), 2))
    assert torch.equal(early, model.sample([1, 2], 0, step=10))


def test_an_even_pace(bars):
    model, _, _ = bars
    walk = Walk(states(1, 2, 9), 24, "lerp", "smooth")
    plain, even = frames(model, walk), frames(model, walk, pixels)
    assert torch.equal(even[[0, -1]], plain[[0, -1]])
    assert unevenness(gaps(pixels(even))) < 0.5 * unevenness(gaps(pixels(plain)))


def test_pace_by_hand():
    features = torch.tensor([[0.0, 0], [3, 4], [3, 5]])
    assert gaps(features).tolist() == [5, 1]
    assert unevenness(gaps(features)) == pytest.approx(2 / 3)
    known, values = torch.tensor([0.0, 5, 6]), torch.tensor([0.0, 0.5, 1])
    x = torch.tensor([0.0, 2.5, 5, 5.5, 6])
    assert interpolated(x, known, values).tolist() == [0, 0.25, 0.5, 0.75, 1]


def test_it_can_be_ended(bars):
    told = []

    def tell(done, of):
        told.append((done, of))
        return len(told) < 2

    with pytest.raises(Cancelled):
        frames(bars[0], Walk(states(1, 2), 100), None, tell)
    assert told == [(16, 100), (32, 100)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((states(1),), "states: 1; 2 to 64 are possible"),
        ((states(*range(65)), 2400), "states: 65"),
        ((states(1, 2, 3), 2), "frames: 2; 3 to 2400 are possible"),
        ((states(1, 2), 2401), "frames: 2401"),
        ((states(1, 2), 9, "arc"), "path: 'arc'; one of slerp, lerp, spline"),
        ((states(1, 2), 9, "lerp", "fast"), "easing: 'fast'; one of linear, smooth"),
        (((*states(1), *states(2, step=10)),), "of one step of the training"),
    ],
)
def test_walks_that_cannot_be(arguments, message):
    with pytest.raises(ValueError, match=message):
        Walk(*arguments)


def test_films(bars):
    images = frames(bars[0], Walk(states(1, 2), 10))
    film = Image.open(io.BytesIO(encoded(images, "gif", 20, 2)))
    assert (film.size, film.n_frames) == ((32, 32), 10)
    with av.open(io.BytesIO(encoded(images, "mp4", 20, 3))) as container:
        shown = list(container.decode(video=0))
    assert len(shown) == 10
    assert (shown[0].width, shown[0].height) == (48, 48)
    with pytest.raises(ValueError, match="kind: 'avi'; one of gif, mp4"):
        encoded(images, "avi")


def run(*words):
    return main([str(word) for word in words])


def test_samples_as_a_command_are_those_of_python(bars, tmp_path):
    model, _, folder = bars
    out = tmp_path / "one.png"
    text = f"1;model:{folder};seed:7;label:1;d0:2"
    assert run("sample", "--state", text, "--out", out) == 0
    picture = torch.frombuffer(bytearray(Image.open(out).tobytes()), dtype=torch.uint8)
    state = LatentState(str(folder), 7, label=((1, 1.0),), moves=((0, 2.0),))
    assert picture.view(16, 16, 3)[..., 0].equal(model.render([state])[0, 0])
    assert run("sample", folder, "--seeds", "1,4-6", "--label", "standing", "--columns", 4,
               "--zoom", 2, "--out", tmp_path / "many.png") == 0  # fmt: skip
    assert Image.open(tmp_path / "many.png").size == (2 * (4 * 18 + 2), 2 * 20)


def test_walks_as_a_command(bars, tmp_path, capsys):
    _, _, folder = bars
    for name in ("walk.gif", "walk.mp4", "walk.png"):
        assert run("walk", folder, "--seeds", "1,2", "--frames", 6, "--out", tmp_path / name) == 0
        assert (tmp_path / name).stat().st_size > 0
        assert "unevenness" in capsys.readouterr().out


def test_info_as_a_process(bars):
    _, _, folder = bars
    words = [sys.executable, "-m", "ganplay.cli", "info", str(folder), "--json"]
    card = json.loads(subprocess.run(words, check=True, capture_output=True).stdout)
    assert card == json.loads((folder / "card.json").read_text())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["sample", "FOLDER", "--out", "a.jpg"], "a file name that ends in .png is needed"),
        (["sample", "--out", "a.png"], "NAME: one of"),
        (["sample", "nothing", "--out", "a.png"], "model 'nothing'"),
        (["sample", "FOLDER", "--seeds", "5-", "--out", "a.png"], "--seeds"),
        (["sample", "FOLDER", "--seeds", "0-99999999", "--out", "a.png"], "at most 10000"),
        (["sample", "FOLDER", "--seeds", "9999999999", "--out", "a.png"], "0 to 2147483647"),
        (["sample", "FOLDER", "--label", "2", "--out", "a.png"], "label 2: a number from 0 to 1"),
        (["sample", "FOLDER", "--seeds", "1-3", "--label", "0", "--label", "1", "--out", "a.png"],
         "one or 3 are needed, not 2"),
        (["sample", "FOLDER", "--step", "5", "--out", "a.png"], "--step 5: one of 0, 10, 12"),
        (["sample", "FOLDER", "--truncation", "3", "--out", "a.png"], "3: a number from 0 to 2"),
        (["sample", "FOLDER", "--state", "1;d0:11", "--out", "a.png"], "from -10 to 10"),
        (["sample", "FOLDER", "--out", "no/such/folder/a.png"], "--out no"),
        (["walk", "FOLDER", "--seeds", "1", "--out", "a.gif"], "states: 1; 2 to 64"),
        (["walk", "FOLDER", "--seeds", "1,2", "--out", "a.avi"], "ends in .mp4, .gif or .png"),
        (["info", "nothing"], "model 'nothing'"),
    ],
)  # fmt: skip
def test_what_commands_refuse(bars, words, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        run(*(bars[2] if word == "FOLDER" else word for word in words))
    assert message in capsys.readouterr().err
