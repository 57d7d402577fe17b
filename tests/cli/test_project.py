"""`ganplay project` and the named endpoint: of a picture they give the state that draws it."""

import base64
import io
import json

import gradio_client
import numpy as np
import pytest
from PIL import Image

import ganplay
from ganplay.cli import main

pytestmark = pytest.mark.usefixtures("one_thread")
MODEL = "digits-conditional"


@pytest.fixture(scope="module")
def model():
    return ganplay.load(MODEL)


@pytest.fixture(scope="module")
def seven(model):
    """A picture of the model's own, (32, 32)."""
    return model.sample([77], 7)[0, 0].numpy()


def png(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def put(path, pixels):
    path.write_bytes(png(pixels))
    return str(path)


# ---- the command --------------------------------------------------------------------------------


def test_the_command_prints_a_state_that_draws_what_it_wrote(bars, tmp_path, capsys):
    model, _, folder = bars
    target = model.sample([5], 1)[0, 0].numpy()
    picture, out = put(tmp_path / "in.png", target), tmp_path / "out.png"
    command = ["project", str(folder), picture, "--steps", "40", "--out", str(out)]
    assert main(command) == 0
    said = capsys.readouterr()
    state = said.out.strip()
    assert state.startswith(f"1;model:{folder};at:")
    assert "of 255 grey levels, class standing" in said.err
    again = tmp_path / "again.png"
    assert main(["sample", "--state", state, "--out", str(again)]) == 0
    drawn = np.asarray(Image.open(again))
    assert (np.asarray(Image.open(out)) == drawn).all()
    error = float(said.err.split("error ")[1].split()[0])
    apart = drawn[..., 0].astype(float) - target
    assert np.sqrt((apart**2).mean()) == pytest.approx(error, abs=0.4)
    assert error < 5


def test_what_was_hidden_and_asked_for_and_the_curves(bars, tmp_path, capsys):
    model, _, folder = bars
    target = 255 - model.sample([5], 1)[0, 0].numpy()
    half = np.zeros((16, 16), np.uint8)
    half[8:] = 255
    files = put(tmp_path / "in.png", target), put(tmp_path / "mask.png", half)
    command = ["project", str(folder), files[0], "--mask", files[1], "--label", "lying", "--json"]
    assert main([*command, "--steps", "9", "--restarts", "3", "--seed", "4"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert np.shape(told["curves"]) == (3, 9)
    assert told["labels"] == ["lying"] * 3
    assert told["label"] == "lying"
    assert told["best"] in range(3)
    assert told["error"] > 0


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (["--label", "8"], "label"), (["--label", "zap"], "label"), (["--restarts", "99"], "99"),
        (["--out", "a.jpg"], ".png"), (["--mask", "no.png"], "no.png"), (["--steps", "0"], "0"),
        (["--ink", "91"], "91"), (["--ink", "dark"], "dark"),
    ],
)  # fmt: skip
def test_the_command_refuses_in_words(bars, tmp_path, capsys, more, why):
    _, _, folder = bars
    picture = put(tmp_path / "in.png", np.zeros((16, 16), np.uint8))
    with pytest.raises(SystemExit) as ended:
        main(["project", str(folder), picture, *more])
    assert ended.value.code == 2
    assert why in capsys.readouterr().err


@pytest.mark.parametrize(("data", "why"), [(b"hello", "not a picture"), (b"\x89PNG", "damaged")])
def test_the_command_says_what_is_wrong_with_a_file(bars, tmp_path, capsys, data, why):
    _, _, folder = bars
    (tmp_path / "in.png").write_bytes(data)
    with pytest.raises(SystemExit):
        main(["project", str(folder), str(tmp_path / "in.png")])
    assert why in capsys.readouterr().err


# ---- the endpoint -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def client(server):
    return gradio_client.Client(server.url, verbose=False)


def pixels(url):
    kind, data = url.split(",")
    assert kind == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))[..., 0]


def test_the_endpoint_finds_a_picture(client, model, seven):
    data = base64.b64encode(png(seven)).decode()
    asked = {"steps": 40, "restarts": 4, "api_name": "/project"}
    found = client.predict(picture=f"data:image/png;base64,{data}", **asked)
    state, problems = ganplay.read_state(found["state"], MODEL, model.space)
    assert problems == []
    drawn = model.render([state])[0, 0].numpy()
    assert (pixels(found["picture"]) == drawn).all()
    assert (pixels(found["target"]) == seven).all()
    apart = drawn.astype(float) - seven
    assert np.sqrt((apart**2).mean()) == pytest.approx(found["error"], abs=0.3)
    assert found["labels"][np.argmin([row[-1] for row in found["curves"]])] == 7
    assert found["notes"] == []
    # Plain base64 and what has to be prepared do as well; part of it is hidden.
    large = 255 - seven.repeat(10, 0).repeat(10, 1)
    mask = np.zeros((32, 32), np.uint8)
    mask[20:] = 255
    texts = [base64.b64encode(png(one)).decode() for one in (large, mask)]
    found = client.predict(picture=texts[0], mask=texts[1], label=7, **asked)
    assert found["notes"][0].startswith("dark and light were swapped")
    assert set(found["labels"]) == {7}
    assert np.abs(pixels(found["target"]).astype(int) - seven).mean() < 25


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"picture": "/etc/passwd"}, "not base64"),
        ({"picture": "https://elsewhere.example/a.png,x"}, "a data URL is needed"),
        ({"picture": "file:///etc/passwd"}, "not base64"),
        ({"picture": "aGVsbG8="}, "the file is text and not a picture"),
        ({"picture": 5}, "base64"),
        ({"model": "../../etc"}, "model: '../../etc'"),
        ({"label": 10}, "label: '10'"),
        ({"label": "x"}, "label"),
        ({"steps": 10**6}, "steps: 1000000 is not possible; a whole number from 1 to 1000"),
        ({"restarts": 2.5}, "restarts: 2.5"),
        ({"ink": 91}, "ink: 91 is not possible; a whole number from 5 to 90"),
        ({"mask": "aGVsbG8="}, "not a picture"),
    ],
)
def test_the_endpoint_refuses_in_words(client, seven, asked, why):
    given = {"picture": base64.b64encode(png(seven)).decode()} | asked
    with pytest.raises(Exception, match=why.replace(".", r"\.")):
        client.predict(**given, api_name="/project")


def test_everything_painted_over_leaves_nothing_to_look_for(client, seven):
    texts = [base64.b64encode(png(x)).decode() for x in (seven, np.full_like(seven, 255))]
    with pytest.raises(Exception, match="something must be left"):
        client.predict(picture=texts[0], mask=texts[1], api_name="/project")
