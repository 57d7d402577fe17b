import hashlib
import json
import pickle

import pytest
import torch
from safetensors.torch import load, save

from ganplay.cli import main
from ganplay.common.safe_tensors import CheckpointError
from ganplay.images.datasets import ImageData
from ganplay.images.datasets import load as load_data
from ganplay.images.evaluation.classifier import (
    Classifier,
    accuracies,
    heads_of,
    load_classifier,
    save_classifier,
    steps_of,
    train_classifier,
)

pytestmark = pytest.mark.usefixtures("one_thread")
PLACES = ("left", "right")


def bars(n=192, seed=0):
    """Noise with a bright bar on one side."""
    generator = torch.Generator().manual_seed(seed)
    images = torch.randint(80, (n, 1, 16, 16), generator=generator, dtype=torch.uint8)
    labels = torch.arange(n) % 2
    images[labels == 0, :, :, 2:5] = 220
    images[labels == 1, :, :, 11:14] = 220
    return ImageData(images, labels, PLACES, "none", "make it")


@pytest.fixture(scope="module")
def trained():
    return train_classifier(bars(1024), epochs=4)


@pytest.fixture
def folder(trained, tmp_path):
    save_classifier(
        trained, tmp_path / "kept", train=bars(), test=bars(seed=1), about={"name": "bars"},
        seed=0, epochs=3,
    )  # fmt: skip
    return tmp_path / "kept"


def test_it_learns(trained):
    assert accuracies(trained, bars(seed=1)) == {"label": 1.0}


def test_the_same_seed_gives_the_same_weights():
    losses = []
    first, second = (train_classifier(bars(64), 2, tell=losses.append) for _ in range(2))
    other = train_classifier(bars(64), 2, seed=1)
    kept = [torch.cat([p.flatten() for p in m.parameters()]) for m in (first, second, other)]
    assert torch.equal(kept[0], kept[1])
    assert not torch.equal(kept[0], kept[2])
    assert len(losses) == 2 * steps_of(bars(64), 2) == 4


def test_features_do_not_depend_on_the_batch(trained):
    images = bars(600).images
    features = trained.features(images)
    assert features.shape == (600, 128)
    assert torch.allclose(trained.features(images[7:9]), features[7:9], atol=1e-5)
    with pytest.raises(ValueError, match="1x8x8: this classifier takes 1x16x16"):
        trained.features(images[:, :, :8, :8])


def test_faces_have_a_head_for_each_choice():
    data = load_data("faces", count=8, size=16)
    heads = heads_of(data)
    assert list(heads) == list(data.choices)
    assert torch.equal(heads["hair"][1], data.labels)
    assert "tilt" not in heads
    model = train_classifier(data, 1)
    told = model.predict(model.features(data.images))
    assert {name: values.shape for name, values in told.items()} == dict.fromkeys(heads, (8,))
    logits = model.read(torch.zeros(2, 128))
    assert logits["skin"].shape == (2, 5)
    assert logits["freckles"].shape == (2, 2)


@pytest.mark.parametrize(("channels", "side"), [(1, 8), (3, 100), (1, 128)])
def test_pictures_of_any_size(channels, side):
    model = Classifier(channels, side, {"label": ("a", "b", "c")})
    features = model.features(torch.zeros(2, channels, side, side, dtype=torch.uint8))
    assert model.predict(features)["label"].shape == (2,)


def test_what_is_kept_is_what_was_measured(trained, folder):
    net, card = load_classifier(folder)
    images = bars(32, seed=2).images
    # Rounded when it was kept; sums end in other last digits in another layout of memory.
    assert torch.allclose(net.features(images), trained.features(images), atol=1e-5)
    assert card.accuracy == accuracies(net, bars(seed=1))
    assert (card.heads, card.test_count, card.epochs) == ({"label": PLACES}, 192, 3)
    assert card.data == {
        "name": "bars", "licence": "none", "how_to_get": "make it", "count": 192
    }  # fmt: skip
    weights = (folder / "model.safetensors").read_bytes()
    assert len(weights) < 750_000
    assert card.sha256 == hashlib.sha256(weights).hexdigest()


def refused(folder, words):
    with pytest.raises(CheckpointError, match=words):
        load_classifier(folder)


def rewrite(folder, content, **changes):
    """Other weights under a card that vouches for them."""
    card = json.loads((folder / "card.json").read_text())
    card |= {"sha256": hashlib.sha256(content).hexdigest()} | changes
    (folder / "model.safetensors").write_bytes(content)
    (folder / "card.json").write_text(json.dumps(card))


def test_other_weights_are_refused(folder):
    good = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    refused(folder, "SHA-256")
    for content in (b"", b"{}" * 20, good[:-2], pickle.dumps([1.0])):
        rewrite(folder, content)
        refused(folder, "not a safetensors file")
    tensors = load(good)
    name = "logits.bias"
    for change in (
        {name: torch.zeros(3, dtype=torch.float16)},
        {name: torch.zeros(2)},
        {"zap": torch.zeros(1)},
    ):
        rewrite(folder, save(tensors | change))
        refused(folder, "logits.bias|zap")
    del tensors["body.0.weight"]
    rewrite(folder, save(tensors))
    refused(folder, "body.0.weight is missing")
    rewrite(folder, save(load(good) | {name: torch.tensor([1, torch.nan]).half()}))
    refused(folder, "logits.bias: not all of its numbers are finite")


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "other"}, {"version": 2}, {"more": 1}, {"heads": []}, {"heads": {}},
        {"heads": {"label": []}}, {"heads": {"label": 5}}, {"heads": {"label": [1, 2]}},
        {"heads": {"label": ["x"] * 5000}}, {"heads": {str(i): ["x"] * 99 for i in range(65)}},
        {"channels": 2}, {"side": 10**9}, {"side": 16.0}, {"side": "16"}, {"accuracy": 1},
        {"accuracy": {}}, {"accuracy": {"label": "1"}}, {"data": "bars"}, {"data": {}},
        {"sha256": 5},
    ],
)  # fmt: skip
def test_cards_of_other_nets_are_refused(folder, changes):
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps(card | changes))
    with pytest.raises(CheckpointError):
        load_classifier(folder)


@pytest.mark.parametrize("text", ["", "5", "[]", "[" * 9999, "x" * 2**21])
def test_other_cards_are_refused(folder, text):
    (folder / "card.json").write_text(text)
    refused(folder, r"card.json, the whole: |card.json has \d+ bytes: at most")


def test_command(tmp_path, capsys):
    out = tmp_path / "faces"
    assert main(["classifier", "--data", "faces", "--count", "24", "--size", "16", "--epochs", "1",
                 "--out", str(out), "--seed", "3"]) == 0  # fmt: skip
    card = load_classifier(out).card
    assert (card.seed, card.epochs, card.side, card.data["name"]) == (3, 1, 16, "faces")
    assert f"skin: {card.accuracy['skin']:.4f} of 24" in capsys.readouterr().out
    assert card.heads["mouth"] == ("smile", "neutral", "open", "sad")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--data", "cats"], "cats"),
        (["--data", "digits"], "one folder"),
        (["--data", "faces", "--epochs", "0"], "epochs"),
        (["--data", "faces", "--count", "4", "--size", "8", "--epochs", "1",
          "--out", "/dev/null/x"], "--out /dev/null/x"),
    ],
)  # fmt: skip
def test_command_tells_what_is_wrong(arguments, words, tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["classifier", "--out", str(tmp_path), *arguments])
    assert ended.value.code == 2
    assert words in capsys.readouterr().err
