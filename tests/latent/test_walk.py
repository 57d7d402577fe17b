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
from ganplay.common.settings import ConfigError
from ganplay.images.checkpoint import ImageModel
from ganplay.images.latent_state import LatentState
from ganplay.latent.walk import (
    EASINGS,
    Keyframe,
    Walk,
    WalkFrames,
    frames,
    gaps,
    iter_frames,
    states_of,
    unevenness,
)
from ganplay.latent.walk_export import encode, pace_of
from ganplay.latent.walk_string import MAX_WALK, keyframes_of, read_walk
from ganplay.media.contact_sheet import contact_sheet
from ganplay.media.video import Cancelled

pytestmark = pytest.mark.usefixtures("one_thread")


def states(*seeds, **more):
    return tuple(LatentState("bars", seed, **more) for seed in seeds)


def through(*seeds, **more):
    return tuple(Keyframe(state) for state in states(*seeds, **more))


def pixels(images):
    return images.flatten(1).float()


@pytest.mark.parametrize("path", ["slerp", "lerp", "spline"])
@pytest.mark.parametrize("easing", EASINGS)
def test_a_walk_goes_through_its_keyframes(bars, path, easing):
    model, _, _ = bars
    keyframes = keyframes_of(states(1, 2, 3), [0.4], [easing])
    images = frames(model, Walk(keyframes, 9, path))
    assert images.shape == (9, 1, 16, 16)
    assert torch.equal(images[[0, 4, 8]], model.sample([1, 2, 3], 0))
    looped = frames(model, Walk(keyframes, 9, path, loop=True))
    assert torch.equal(looped[[0, 3, 6]], model.sample([1, 2, 3], 0))


def test_every_leg_has_its_own_duration_and_easing(bars):
    model, _, _ = bars
    keyframes = keyframes_of(states(1, 2, 3), [3, 1, 9], ["in", "out", "linear"])
    walk = Walk(keyframes, 9, "lerp")
    z, _ = walk.latents(model, walk.times())
    a, b, c = (state.latent(model.directions) for state in states(1, 2, 3))
    # Six of eight steps are on the first leg, whose middle is a quarter of the way in space.
    for place, expected in ((0, a), (3, 0.75 * a + 0.25 * b), (6, b), (7, 0.25 * b + 0.75 * c)):
        assert torch.allclose(z[place], expected), place
    # In a loop the last duration counts too: 13 in all.
    z, _ = Walk(keyframes, 13, "lerp", loop=True).latents(model, torch.tensor([4 / 13, 8.5 / 13]))
    assert torch.allclose(z, torch.stack([c, (a + c) / 2]), atol=1e-6)


def test_easings_by_hand():
    quarter = torch.tensor([0.0, 0.25, 1.0])
    found = {name: ease(quarter).tolist() for name, ease in EASINGS.items()}
    assert found == {
        "linear": [0, 0.25, 1], "smooth": [0, 0.15625, 1], "in": [0, 0.0625, 1],
        "out": [0, 0.4375, 1],
    }  # fmt: skip


def test_labels_go_along(bars):
    model, _, _ = bars
    ends = LatentState("bars", 5, label=((0, 1.0),)), LatentState("bars", 5, label=((1, 1.0),))
    images = frames(model, Walk(tuple(map(Keyframe, ends)), 3))
    middle = LatentState("bars", 5, label=((0, 1.0), (1, 1.0)))
    assert torch.equal(images, model.render([ends[0], middle, ends[1]]))
    early = frames(model, Walk(through(1, 2, step=10), 2))
    assert torch.equal(early, model.sample([1, 2], 0, step=10))


def test_frames_are_the_bytes_of_single_pictures_of_the_same_vector(bars):
    model, _, _ = bars
    walk = Walk(through(1, 2, 9), 40, "spline")
    images, (z, label) = frames(model, walk), walk.latents(model, walk.times())
    sampler = model.sampler()
    for i in (0, 15, 16, 31, 39):
        alone = sampler.pictures(z[i : i + 1], label[i : i + 1])
        assert torch.equal(((alone[0] + 1) * 127.5).round().to(torch.uint8), images[i])


def test_the_state_of_a_frame_is_where_it_is(bars):
    model, _, _ = bars
    ends = (
        Keyframe(LatentState("bars", 1, step=10, moves=((0, 2.0),))),
        Keyframe(LatentState("bars", 2, step=10, truncation=0.5, label=((1, 1.0),))),
    )
    walk = Walk(ends, 5)
    (part,) = iter_frames(model, walk)
    found = states_of(walk, part)
    for state, image in zip(found, part.images, strict=True):
        assert (state.step, state.truncation, state.moves) == (10, 1, ())
        apart = model.render([state])[0].int() - image.int()
        assert apart.abs().max() <= 1  # half precision
    assert [state.label for state in found] == [
        ((0, 1.0),), ((0, 0.75), (1, 0.25)), ((0, 0.5), (1, 0.5)), ((0, 0.25), (1, 0.75)),
        ((1, 1.0),),
    ]  # fmt: skip


def test_an_even_pace(bars):
    model, _, _ = bars
    keyframes = keyframes_of(states(1, 2, 9), [1.0], ["smooth"])
    plain = frames(model, Walk(keyframes, 24, "lerp"), pixels)
    even = frames(model, Walk(keyframes, 24, "lerp", even=True), pixels)
    assert torch.equal(even[[0, -1]], plain[[0, -1]])
    assert unevenness(gaps(pixels(even))) < 0.5 * unevenness(gaps(pixels(plain)))


def test_pace_by_hand():
    features = torch.tensor([[0.0, 0], [3, 4], [3, 5]])
    assert gaps(features).tolist() == [5, 1]
    assert unevenness(gaps(features)) == pytest.approx(2 / 3)
    parts = [WalkFrames(3, 3, None, None, None, some) for some in (features[:2], features[2:])]
    assert pace_of(Walk(through(1, 2)), parts) == ([5, 1], pytest.approx(2 / 3))
    looped = pace_of(Walk(through(1, 2), loop=True), parts)
    assert looped.gaps == [5, 1, pytest.approx(34**0.5)]  # and back to the first


def test_it_is_made_a_few_at_a_time(bars):
    parts = list(iter_frames(bars[0], Walk(through(1, 2), 20)))
    assert [(part.done, part.of, len(part.images)) for part in parts] == [(16, 20, 16), (20, 20, 4)]
    parts = list(iter_frames(bars[0], Walk(through(1, 2), 10, even=True), pixels))
    assert [(part.done, part.of, len(part.images)) for part in parts] == [
        (16, 30, 0), (20, 30, 0), (30, 30, 10),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "field", "message"),
    [
        (lambda: Walk(through(1)), "keyframes", "keyframes: 1 is not possible; 2 to 64"),
        (lambda: Walk(through(*range(65))), "keyframes", "keyframes: 65"),
        (lambda: Walk(through(1, 2), 1), "frames", "a whole number from 2 to 2400"),
        (lambda: Walk(through(1, 2), 2401), "frames", "frames: 2401"),
        (lambda: Walk(through(1, 2), 9, "arc"), "path", "one of slerp, lerp, spline"),
        (lambda: Walk(through(1, 2), rate=0), "rate", "a whole number from 1 to 50"),
        (lambda: Keyframe(states(1)[0], 0.01), "duration", "a number from 0.05 to 60"),
        (lambda: Keyframe(states(1)[0], float("nan")), "duration", "duration: nan"),
        (lambda: Keyframe(states(1)[0], easing="fast"), "easing", "one of linear, smooth, in, out"),
        (lambda: Walk((*through(1), *through(2, step=10))), "keyframes.2.step",
         "of one step of the training, the first is of the end"),
    ],
)  # fmt: skip
def test_walks_that_cannot_be(make, field, message):
    with pytest.raises(ConfigError, match=message) as refused:
        make()
    assert [problem.field for problem in refused.value.problems] == [field]


def test_one_for_all_or_one_for_each():
    assert [k.duration for k in keyframes_of(states(1, 2), [3], ["in"])] == [3, 3]
    with pytest.raises(ValueError, match="durations: 3; one or 2 are needed"):
        keyframes_of(states(1, 2), [1, 2, 3], ["in"])
    with pytest.raises(ValueError, match="easings: 0; one or 2 are needed"):
        keyframes_of(states(1, 2), [1], [])


def test_a_walk_is_a_string(bars):
    space = bars[0].space
    keyframes = keyframes_of(
        (LatentState("bars", 1, label=((1, 1.0),)), *states(2)), [2.5, 1.0], ["smooth", "linear"]
    )
    walk = Walk(keyframes, 60, "spline", loop=True, rate=30)
    text = (
        "1;frames:60;path:spline;loop:true;rate:30"
        "|1;model:bars;seed:1;label:1;duration:2.5;easing:smooth|1;model:bars;seed:2"
    )
    assert str(walk) == text
    assert read_walk(text, "bars", space) == (walk, [])
    plain = Walk(through(1, 2))
    assert str(plain) == "1|1;model:bars;seed:1|1;model:bars;seed:2"
    assert read_walk(str(plain), "bars", space) == (plain, [])


def test_what_a_string_cannot_mean_is_said_and_left_out(bars):
    space = bars[0].space
    text = (
        "2;frames:1;path:arc;zap:3;even:yes;rate:30|0;model:zap;seed:4;step:10;duration:99"
        "|1;model:bars;seed:5;easing:fast;label:7;<b>c"
    )
    walk, problems = read_walk(text, "bars", space)
    ends = tuple(Keyframe(LatentState("bars", seed, step=10)) for seed in (4, 5))
    assert walk == Walk(ends, rate=30)
    assert {p.field: p.code for p in problems} == {
        "walk": "walk_version", "frames": "bounds", "path": "bounds", "zap": "unknown",
        "even": "bounds", "keyframes.1.duration": "bounds", "keyframes.1.state": "state_version",
        "keyframes.1.model": "model", "keyframes.2.easing": "bounds",
        "keyframes.2.label": "bounds", "keyframes.2.<b>c": "state_piece",
        "keyframes.2.step": "one_step",
    }  # fmt: skip
    link = "https://host.example/#explore=1;model:bars&amp;walk=1;rate:30|1;seed:4|1;seed:5."
    found, problems = read_walk(link, "bars", space)
    assert ([frame.state.seed for frame in found.keyframes], problems) == ([4, 5], [])
    for text in ("", "1", "1|1;seed:3", "|", "nonsense"):
        walk, problems = read_walk(text, "bars", space)
        assert walk is None or text == "|"
        assert problems
    many, problems = read_walk("1" + "|1;seed:3" * 70, "bars", space)
    assert (len(many.keyframes), problems[0].value) == (64, 70)
    assert read_walk("1" * (MAX_WALK + 1), "bars", space)[1][0].code == "walk_long"


def test_films(bars):
    images = frames(bars[0], Walk(through(1, 2), 10))
    film = Image.open(io.BytesIO(encode(images, "gif", 20, 2)))
    assert (film.size, film.n_frames) == ((32, 32), 10)
    with av.open(io.BytesIO(encode(images, "mp4", 20, 3))) as container:
        shown = list(container.decode(video=0))
    assert len(shown) == 10
    assert (shown[0].width, shown[0].height) == (48, 48)
    with pytest.raises(ValueError, match="kind: 'avi'; one of gif, mp4, strip, sheet"):
        encode(images, "avi")


@pytest.mark.parametrize("kind", ["gif", "mp4"])
def test_drawing_a_film_can_be_ended(bars, kind):
    images, told = frames(bars[0], Walk(through(1, 2), 10)), []

    def tell(done):
        told.append(done)
        return done < 4

    with pytest.raises(Cancelled):
        encode(images, kind, tell=tell)
    assert told == [0, 1, 2, 3, 4]


def test_frames_on_one_picture(bars):
    images = frames(bars[0], Walk(through(1, 2), 10))
    strip = Image.open(io.BytesIO(encode(images, "strip", zoom=2)))
    assert strip.size == (10 * 32, 32)
    shown = torch.frombuffer(bytearray(strip.convert("L").tobytes()), dtype=torch.uint8)
    assert shown.view(32, 10, 32)[::2, 7, ::2].equal(images[7, 0])
    assert Image.open(io.BytesIO(encode(images, "sheet", columns=5))).size == (92, 38)
    # Wider than browsers draw: as many as fit, the first and the last among them.
    long = torch.arange(130, dtype=torch.uint8)[:, None, None, None].expand(-1, 1, 16, 16)
    strip = Image.open(io.BytesIO(encode(long, "strip", zoom=16)))
    assert strip.size == (64 * 256, 256)
    assert [strip.getpixel((x, 0))[0] for x in (0, 256, strip.width - 1)] == [0, 2, 129]


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


@pytest.mark.parametrize(
    ("flags", "labels", "told"),
    [
        ((), [0] * 8, "all pictures are of the first one, lying;"),
        (("--classes", "turn"), [0, 1] * 4, "each in turn, whatever share of the training data"),
        (("--classes", "data"), [0, 0, 1, 0, 0, 0, 1, 0], "each as often as the training data"),
        (("--label", "1"), [1] * 8, ""),
    ],
)
def test_samples_say_which_classes_they_show(bars, tmp_path, capsys, flags, labels, told):
    model, _, _ = bars
    about = model.card.data.model_copy(update={"count": 4, "class_counts": (3, 1)})
    card = model.card.model_copy(update={"data": about})
    folder, out = tmp_path / "bars", tmp_path / "eight.png"
    ImageModel(card, model._tensors, model._networks).save_pretrained(folder)
    assert run("sample", folder, "--seeds", "0-7", *flags, "--columns", 8, "--out", out) == 0
    expected = contact_sheet(model.sample(range(8), labels), columns=8)
    assert Image.open(out).tobytes() == expected.tobytes()
    said = capsys.readouterr().out
    assert told in said
    assert said.startswith("classes: ") == bool(told)


def test_walks_as_a_command(bars, tmp_path, capsys):
    _, _, folder = bars
    for name in ("walk.gif", "walk.mp4", "walk.png"):
        assert run("walk", folder, "--seeds", "1,2", "--frames", 6, "--out", tmp_path / name) == 0
        assert (tmp_path / name).stat().st_size > 0
        assert "unevenness" in capsys.readouterr().out
    strip = tmp_path / "strip.png"
    words = "--seeds 1-3 --frames 6 --duration 1,2.5,1 --easing smooth,in,out --path spline"
    assert run("walk", folder, *words.split(), "--loop", "--even", "--strip", "--out", strip) == 0
    assert Image.open(strip).size == (6 * 16, 16)
    # The string that it prints gives the same bytes.
    text = capsys.readouterr().out.split("walk: ")[1].strip()
    again = tmp_path / "again.png"
    assert run("walk", "--walk", text, "--strip", "--out", again) == 0
    assert again.read_bytes() == strip.read_bytes()


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
        (["sample", "FOLDER", "--classes", "turn", "--label", "0", "--out", "a.png"],
         "--classes turn: not with --label"),
        (["sample", "FOLDER", "--classes", "data", "--out", "a.png"],
         "--classes data: the card of bars does not say how often its training data"),
        (["sample", "digits", "--classes", "turn", "--out", "a.png"],
         "--classes turn: digits is not conditional"),
        (["sample", "FOLDER", "--step", "5", "--out", "a.png"], "--step 5: one of 0, 10, 12"),
        (["sample", "FOLDER", "--truncation", "3", "--out", "a.png"], "3: a number from 0 to 2"),
        (["sample", "FOLDER", "--state", "1;d0:11", "--out", "a.png"], "from -10 to 10"),
        (["sample", "FOLDER", "--out", "no/such/folder/a.png"], "a.png: there is no such folder"),
        (["walk", "FOLDER", "--seeds", "1", "--out", "a.gif"], "keyframes: 1 is not possible"),
        (["walk", "FOLDER", "--seeds", "1,2", "--duration", "1,0", "--out", "a.gif"],
         "duration: 0.0 is not possible; a number from 0.05 to 60"),
        (["walk", "FOLDER", "--seeds", "1,2", "--duration", "1,x", "--out", "a.gif"], "--duration"),
        (["walk", "FOLDER", "--seeds", "1,2", "--easing", "in,zap", "--out", "a.gif"],
         "easing: 'zap' is not possible; one of linear, smooth, in, out"),
        (["walk", "FOLDER", "--seeds", "1,2", "--easing", "in,in,in", "--out", "a.gif"],
         "easings: 3; one or 2 are needed"),
        (["walk", "FOLDER", "--walk", "1;frames:0|1|1", "--out", "a.gif"],
         "--walk: frames: 0 is not possible"),
        (["walk", "--walk", "1|1|1", "--out", "a.gif"], "--walk: it names no model"),
        (["walk", "FOLDER", "--seeds", "1,2", "--strip", "--out", "a.gif"], "--strip: --out a.gif"),
        (["walk", "FOLDER", "--seeds", "1,2", "--out", "a.avi"], "ends in .mp4, .gif or .png"),
        (["info", "nothing"], "model 'nothing'"),
    ],
)  # fmt: skip
def test_what_commands_refuse(bars, words, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        run(*(bars[2] if word == "FOLDER" else word for word in words))
    assert message in capsys.readouterr().err
