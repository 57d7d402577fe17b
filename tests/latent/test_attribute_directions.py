"""Directions that have names: found where something is known to change along them."""

import pytest
import torch

from ganplay.images.checkpoint import load
from ganplay.images.datasets import load as load_data
from ganplay.images.evaluation.classifier import Classifier, heads_of
from ganplay.images.latent_state import read_state
from ganplay.images.sampler import latents
from ganplay.latent.attribute_directions import named_directions, of_faces, of_ink


def test_a_direction_is_where_a_measure_grows(bars):
    model, _, _ = bars

    def measure(images):
        z = latents(range(len(images)), model.space.dim).T.double()
        of_class = 100.0 * (torch.arange(len(images)) % 2)  # what classes differ in is left out
        return {"known": 3 * z[0] - 4 * z[1] + of_class, "noise": torch.arange(len(images)) % 7}

    found = named_directions(model, measure, 400)
    known, noise = found.card.named
    assert (known.name, known.r_squared) == ("known", pytest.approx(1))
    assert noise.r_squared < 0.1
    wanted = torch.zeros(model.space.dim)
    wanted[:2] = torch.tensor([0.6, -0.8])
    torch.testing.assert_close(found.directions[-2], wanted, atol=1e-5, rtol=0)
    torch.testing.assert_close(found.directions[:-2], model.directions)


def test_named_directions_are_kept_and_move_pictures(bars, tmp_path):
    model, _, _ = bars
    named_directions(model, of_ink, 100).save_pretrained(tmp_path)
    again = load(tmp_path)
    assert [direction.name for direction in again.card.named] == ["ink", "slant"]
    dim = again.space.dim
    state, problems = read_state(f"1;d{dim}:3;d{dim + 1}:0.5", "bars", again.space)
    assert not problems
    moved = state.latent(again.directions) - latents([0], dim)[0].double()
    wanted = 3 * again.directions[dim] + 0.5 * again.directions[dim + 1]
    torch.testing.assert_close(moved, wanted.double())
    _, problems = read_state(f"1;d{dim + 2}:3", "bars", again.space)
    assert problems[0].allowed == f"this model has d0 to d{dim + 1}"


def test_attributes_of_faces_are_read_from_features():
    data = load_data("faces", count=60, size=32)
    torch.manual_seed(0)
    net = Classifier(3, 32, {name: names for name, (names, _) in heads_of(data).items()})
    told = of_faces(data, net)(data.images)
    assert list(told) == ["glasses", "smile", "hair", "skin", "tilt"]
    # More features than faces: even those of chance tell them apart.
    for name, true in (("tilt", data.attributes["tilt"]), ("skin", data.attributes["skin"])):
        both = torch.stack([told[name], true.double()])
        assert torch.corrcoef(both)[0, 1] > 0.6, name
