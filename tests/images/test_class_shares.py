"""How often the data of a checkpoint have each class: on its card, and where that counts."""

import dataclasses
import json

import pytest
import torch
from helpers.pictures import TINY, about, pictures, train

from ganplay.common.safe_tensors import CheckpointError
from ganplay.images.checkpoint import BUNDLED, load, model_of_run
from ganplay.images.checkpoint.card import Card
from ganplay.images.datasets import ImageData
from ganplay.images.datasets.faces.attributes import sample_attributes
from ganplay.images.latent_state import LatentState
from ganplay.images.runs import Run
from ganplay.images.trainer import ImageTrainer

pytestmark = pytest.mark.usefixtures("one_thread")


def test_a_card_says_how_often_its_data_have_each_class(tmp_path):
    images, labels = pictures()
    kept = torch.cat([(labels == 0).nonzero()[:9, 0], (labels == 1).nonzero()[:3, 0]])
    data = ImageData(images[kept], labels[kept], ("lying", "standing"), "", "")
    made = ImageTrainer(dataclasses.replace(TINY, conditional=True), data)
    run = Run(tmp_path / "run")
    run.describe(made.config, about(made) | {"pictures": 12, "class_counts": [9, 3]})
    train(made, run, 10)
    model = model_of_run(run, "bars")
    assert model.card.data.class_counts == model.card.class_weights == (9, 3)
    model.save_pretrained(tmp_path / "bars")
    assert load(tmp_path / "bars").card.data.class_counts == (9, 3)
    # A card that does not know takes the classes to be equally frequent.
    plain = json.loads(model.card.to_json())
    del plain["data"]["class_counts"]
    assert Card.from_json(json.dumps(plain).encode()).class_weights == (1, 1)
    for wrong in ([9], [9, 4], [13, -1]):
        plain["data"]["class_counts"] = wrong
        with pytest.raises(CheckpointError, match="class_counts"):
            Card.from_json(json.dumps(plain).encode())
    # Of the samples beside which D judges, three in four are then of the first class.
    seen = []
    sampler = model.sampler()
    pictures_of = sampler.pictures
    sampler.pictures = lambda z, y: seen.append(y) or pictures_of(z, y)
    model.score(LatentState("bars", 1))
    assert seen[0].mean(0).tolist() == [0.75, 0.25]


def test_bundled_cards_say_how_often_their_data_have_each_class():
    cards = {
        path.parent.name: Card.from_json(path.read_bytes()) for path in BUNDLED.glob("*/card.json")
    }
    for name, card in cards.items():
        counts = card.data.class_counts
        assert sum(counts) == card.data.count, name
        shares = card.metrics["shares"]["data"]
        for label, count in zip(card.labels, counts, strict=True):
            assert count / card.data.count == pytest.approx(shares[label], abs=1e-9)
    assert cards["digits-conditional"].class_weights[1] == 6742  # as MNIST has ones
    assert set(cards["letters-conditional"].class_weights) == {1296}  # of whole alphabets
    drawn = sample_attributes(30_000, seed=0)["hair"].bincount().tolist()
    assert tuple(drawn) == cards["faces"].data.class_counts
