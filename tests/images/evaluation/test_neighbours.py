"""What models learnt from, had again, and what of it is nearest to a picture."""

import json
import os
import threading
import time

import numpy as np
import pytest
import torch
from helpers.pictures import write_idx
from safetensors.torch import save

from ganplay.cli import main
from ganplay.images.checkpoint import model as image
from ganplay.images.checkpoint.card import Data
from ganplay.images.datasets import fonts, load
from ganplay.images.evaluation import index_cache, neighbours
from ganplay.images.evaluation.classifier import Classifier, save_classifier
from ganplay.images.evaluation.index_cache import IndexCache
from ganplay.images.evaluation.neighbours import (
    ReferenceDistances,
    classifier_of,
    index_of,
    reference_distances_of,
)
from ganplay.images.evaluation.training_images import (
    MissingData,
    TrainingFaces,
    roots_given,
    training_images_of,
)
from ganplay.images.latent_state import LatentState

pytestmark = pytest.mark.usefixtures("one_thread")
COUNT = 30


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A folder that holds 30 small digits in torchvision's layout."""
    place = tmp_path_factory.mktemp("data")
    raw = place / "MNIST" / "raw"
    raw.mkdir(parents=True)
    pixels = np.random.default_rng(0).integers(0, 256, (COUNT, 28, 28), np.uint8)
    for part in ("train", "t10k"):
        write_idx(raw / f"{part}-images-idx3-ubyte", pixels)
        write_idx(raw / f"{part}-labels-idx1-ubyte", np.arange(COUNT, dtype=np.uint8) % 10)
    return place


@pytest.fixture
def card(bars, root, tmp_path, monkeypatch):
    """Of a model of these digits, whose classifier comes along."""
    model, _, _ = bars
    data = load("digits", root, size=16)
    torch.manual_seed(0)
    net = Classifier(1, 16, {"label": data.names})
    place = tmp_path / "classifiers" / "digits"
    save_classifier(
        net, place, train=data, test=data, about={"name": "digits"}, seed=0, epochs=1
    )  # fmt: skip
    monkeypatch.setattr(neighbours, "BUNDLED", tmp_path)
    return of("digits", model.card)


def of(name, card, count=COUNT, **changes):
    about = Data(name=name, count=count, licence="none", how_to_get="drawn")
    return card.model_copy(update={"data": about} | changes)


# ---- the data ------------------------------------------------------------------------------------


def test_digits_are_found_in_a_root_and_never_downloaded(card, root, tmp_path, monkeypatch):
    found = training_images_of(card, [tmp_path, root])
    whole = load("digits", root, size=16, count=COUNT)
    assert len(found) == COUNT
    assert torch.equal(found.pictures([3, 1]), whole.images[[3, 1]])
    assert found.names[found.labels[3]] == whole.names[whole.labels[3]]
    monkeypatch.setattr("torchvision.datasets.MNIST.download", lambda self: pytest.fail("!"))
    with pytest.raises(MissingData, match="ganplay data digits --data-root DIR") as missing:
        training_images_of(card, [tmp_path])
    assert missing.value.code == "no_root"
    assert list(tmp_path.glob("MNIST*")) == []


def test_other_data_than_it_learnt_from_are_told_apart(card, root, monkeypatch, tmp_path):
    with pytest.raises(MissingData, match=r"30 pictures are here, and .* learnt from 31") as other:
        training_images_of(of("digits", card, 31), [root])
    assert (other.value.code, other.value.values) == (
        "other", {"data": "digits", "found": 30, "count": 31},
    )  # fmt: skip
    with pytest.raises(MissingData) as own:
        training_images_of(of("folder", card), [root])
    assert own.value.code == "own"
    # Two font files cannot give three alphabets: nothing has to be rendered to know.
    monkeypatch.setattr(fonts, "find_fonts", lambda folders: [tmp_path / "a", tmp_path / "b"])
    with pytest.raises(MissingData, match=r"52 pictures are here, .*learnt from 78; other fonts"):
        training_images_of(of("letters", card, 78))
    # What a download that failed has left is no data set, and nothing is downloaded here.
    monkeypatch.setattr("torchvision.datasets.MNIST.download", lambda self: pytest.fail("!"))
    raw = tmp_path / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    for code in ("no_root", "unusable"):
        with pytest.raises(MissingData) as broken:
            training_images_of(of("fashion", card), [tmp_path])
        assert broken.value.code == code
        for path in (root / "MNIST" / "raw").iterdir():
            (raw / path.name).write_bytes(b"")


def test_faces_are_drawn_again():
    made = TrainingFaces(40, 16)
    faces = load("faces", size=16, count=40)
    places = [31, 2, 17]
    assert torch.equal(made.pictures(places), faces.images[places])
    assert [made.names[k] for k in made.labels] == [faces.names[k] for k in faces.labels]
    assert made.memory < 40 * 250
    assert TrainingFaces(41, 16).identity != made.identity


def test_roots_are_named_or_stand_in_the_environment(tmp_path):
    environment = {"GANPLAY_DATA": os.pathsep.join([f"{tmp_path}/a", f"{tmp_path}/b", ""])}
    assert roots_given([tmp_path], environment) == [tmp_path]
    assert roots_given([], environment) == [tmp_path / "a", tmp_path / "b"]
    assert roots_given([], {}) == []


# ---- the index -----------------------------------------------------------------------------------


def test_the_nearest_pictures_and_their_distances(card, root, tmp_path):
    index = index_of(card, [root], tmp_path / "cache")
    images = load("digits", root, size=16, count=COUNT).images
    picture = images[7].clone()
    picture[0, 8, 8] = 255 - picture[0, 8, 8]
    net = classifier_of(card).net
    features = (net.features(images) - net.features(picture[None])).double().norm(dim=1)
    pixels = ((images.double() - picture.double()) / 255).flatten(1).norm(dim=1)
    order = features.argsort()[:4].tolist()
    found = index.nearest(picture, 4)
    assert [one.place for one in found] == order
    assert found[0].place == 7
    for one in found:
        assert one.distance == pytest.approx(float(features[one.place]), abs=2e-4)
        assert one.pixels == pytest.approx(float(pixels[one.place]), abs=1e-4)
        assert one.name == index.training_images.names[index.training_images.labels[one.place]]
    assert index.nearest(images[7])[0][2:] == (0, 0)
    assert len(index.nearest(picture)) == 3


def test_an_index_is_kept_and_looked_at_before_it_is_used(card, root, tmp_path):
    cache, picture = tmp_path / "cache", torch.zeros(1, 16, 16, dtype=torch.uint8)

    def shares():
        told = []
        found = index_of(card, [root], cache, told.append).nearest(picture)
        return told, found

    told, first = shares()
    assert told == [0]
    assert shares() == ([], first)
    (path,) = cache.iterdir()
    whole = path.read_bytes()
    wrong = torch.full((COUNT, 128), torch.nan).half()
    for content in (b"", whole[:-2], b"x" * 100, save({"features": wrong}),
                    save({"features": wrong[1:]}), save({"other": wrong})):  # fmt: skip
        path.write_bytes(content)
        assert shares() == ([0], first)
        assert path.read_bytes() == whole
    # Where nothing can be kept there is an index all the same.
    path.unlink()
    cache.rmdir()
    cache.write_text("no folder")
    assert shares() == ([0], first)


def test_a_classifier_of_other_pictures_is_not_used(card, root):
    for changed in (of("digits", card, shape=(1, 32, 32)), of("faces", card)):
        with pytest.raises(MissingData) as missing:
            index_of(changed, [root])
        assert missing.value.code == "no_classifier"


METRICS = {
    "protocol": {"classifier": {"sha256": "?"}},
    "memorisation": {"features": {
        "held_out": {"median": 1.5, "first_percentile": 0.0},
        "training": {"median": 1.0, "first_percentile": 0.25},
    }},
}  # fmt: skip


def test_the_yardstick_is_that_of_the_card(card):
    classifier = classifier_of(card)
    METRICS["protocol"]["classifier"]["sha256"] = classifier.card.sha256
    reference_distances = reference_distances_of(
        card.model_copy(update={"metrics": METRICS}), classifier
    )
    assert reference_distances == ReferenceDistances(median=1.5, nearest=0.25)
    said = {
        distance: reference_distances.reading(distance) for distance in (0.0, 0.24, 0.25, 3.0, 3.01)
    }
    assert said == {0.0: "near", 0.24: "near", 0.25: "usual", 3.0: "usual", 3.01: "far"}
    other = METRICS | {"protocol": {"classifier": {"sha256": "0" * 64}}}
    for metrics in ({}, other, {"protocol": 5}, METRICS | {"memorisation": {"features": 1}}):
        assert (
            reference_distances_of(card.model_copy(update={"metrics": metrics}), classifier) is None
        )


# ---- many visitors -------------------------------------------------------------------------------


def waited_for(shelf, card):
    for _ in range(1000):
        index = shelf.of(card)
        if not isinstance(index, float):
            return index
        time.sleep(0.01)
    raise AssertionError("never made")


@pytest.fixture
def shelf(root, tmp_path):
    made = IndexCache([root], tmp_path / "cache")
    yield made
    made.stop()


def test_an_index_is_made_in_the_background(card, root, shelf, monkeypatch):
    go, real = threading.Event(), index_cache.index_of

    def slowly(card, roots, cache, tell):
        tell(0.25)
        go.wait(10)
        return real(card, roots, cache, tell)

    monkeypatch.setattr(index_cache, "index_of", slowly)
    while shelf.of(card) != 0.25:  # at once, again and again
        time.sleep(0.01)
    go.set()
    index = waited_for(shelf, card)
    assert shelf.of(card.model_copy(update={"name": "another"})) is index


def test_what_is_missing_is_looked_for_again_after_a_while(card, root, shelf, monkeypatch):
    shelf._roots = []
    for _ in range(2):
        with pytest.raises(MissingData, match="no MNIST"):
            waited_for(shelf, card)
    shelf._roots = [root]
    with pytest.raises(MissingData):
        shelf.of(card)
    monkeypatch.setattr(index_cache, "RETRY_SECONDS", 0)
    assert len(waited_for(shelf, card).training_images) == COUNT


def test_whatever_goes_wrong_is_told(card, shelf, monkeypatch):
    def fails(*_):
        raise MemoryError("no room")

    monkeypatch.setattr(index_cache, "index_of", fails)
    with pytest.raises(MissingData, match="digits: no room") as missing:
        waited_for(shelf, card)
    assert missing.value.code == "unusable"


def test_least_used_indexes_go_where_memory_is_short(card, shelf):
    first = waited_for(shelf, card)
    fewer = of("digits", card, 12)
    second = waited_for(shelf, fewer)
    shelf.budget = first.memory + second.memory
    assert shelf.of(card) is first
    assert shelf.of(fewer) is second
    shelf.budget -= 1
    assert shelf.of(card) is first  # the other one was used before it
    assert isinstance(shelf.of(fewer), float)
    assert waited_for(shelf, fewer) is not second


def test_what_is_being_made_ends_with_the_server(card, root, tmp_path, monkeypatch):
    made, ended = IndexCache([root], tmp_path / "cache"), threading.Event()

    def endless(card, roots, cache, tell):
        try:
            while True:
                tell(0.5)
                time.sleep(0.005)
        finally:
            ended.set()

    monkeypatch.setattr(index_cache, "index_of", endless)
    made.of(card)
    made.stop()
    assert ended.wait(5)


# ---- the command ---------------------------------------------------------------------------------


def test_the_command(card, bars, root, tmp_path, capsys, monkeypatch):
    model, _, _ = bars
    metrics = METRICS | {"protocol": {"classifier": {"sha256": classifier_of(card).card.sha256}}}
    other = image.ImageModel(card.model_copy(update={"metrics": metrics}), model._tensors)
    other.save_pretrained(tmp_path / "digits-bars")
    monkeypatch.setenv("GANPLAY_DATA", str(root))
    line = ["neighbours", str(tmp_path / "digits-bars"), "--seeds", "3,4", "--cache",
            str(tmp_path / "cache"), "--count", "2"]  # fmt: skip
    assert main([*line, "--json", "--out", str(tmp_path / "near.png")]) == 0
    report = json.loads(capsys.readouterr().out)
    index = index_of(card, [root])
    pictures = model.sample([3, 4], 0)
    for row, picture in zip(report, pictures, strict=True):
        expected = index.nearest(picture, 2)
        assert row["neighbours"] == [one._asdict() for one in expected]
        assert row["yardstick"] == {"median": 1.5, "nearest": 0.25}
        assert row["reading"] == ReferenceDistances(1.5, 0.25).reading(expected[0].distance)
    assert (tmp_path / "near.png").stat().st_size > 100
    assert main(line) == 0
    shown = capsys.readouterr().out
    assert f"place {report[0]['neighbours'][0]['place']:>6}" in shown
    assert "unseen real pictures are" in shown
    monkeypatch.delenv("GANPLAY_DATA")
    with pytest.raises(SystemExit):
        main(line)
    assert "there is no MNIST in the data folders" in capsys.readouterr().err


def test_sample_can_say_what_d_makes_of_it(bars, tmp_path, capsys):
    model, _, folder = bars
    line = ["sample", str(folder), "--seeds", "5", "--out", str(tmp_path / "one.png")]
    assert main([*line, "--verdict"]) == 0
    state = LatentState(str(folder), 5)
    said = model.score(state)
    assert capsys.readouterr().out == (
        f"{state}: D(x) {said.output:.3f} (logit {said.logit:.3f}), more realistic to D than"
        f" {said.rank:.0%} of 128 samples; D of step 12\n"
        "classes: all pictures are of the first one, lying; --label and --classes ask for others\n"
    )
