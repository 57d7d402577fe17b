"""Directions of `faces`: what is moved, what is projected out, and what is read."""

import pytest
import torch

from ganplay.common.settings import ConfigError
from ganplay.lessons.entanglement import (
    ATTRIBUTES,
    DirectionsConfig,
    DirectionsExperiment,
    without,
)

pytestmark = pytest.mark.usefixtures("one_thread")


def experiment(**settings):
    return DirectionsExperiment(DirectionsConfig(**settings), [3, 4])


def test_a_direction_without_another_by_hand():
    left = without(torch.tensor([0.6, 0.8, 0.0]), torch.tensor([1.0, 0.0, 0.0]))
    torch.testing.assert_close(left, torch.tensor([0.0, 1.0, 0.0]))
    left = without(torch.tensor([0.6, 0.0, 0.8]), torch.tensor([0.0, 0.6, 0.8]))
    wanted = torch.tensor([0.6, -0.384, 0.288])  # (0.6, 0, 0.8) - 0.64 (0, 0.6, 0.8)
    torch.testing.assert_close(left, wanted / wanted.norm())


def test_an_attribute_cannot_be_kept_along_its_own_direction():
    with pytest.raises(ConfigError) as refused:
        DirectionsConfig(along="skin", keep="skin")
    (problem,) = refused.value.problems
    assert (problem.field, problem.code) == ("keep", "keep")
    assert "skin" in problem.allowed


def test_which_direction_is_meant():
    principal, glasses = experiment(along="principal_7"), experiment(along="glasses")
    model = principal.model
    named = [one.name for one in model.card.named].index("glasses")
    assert torch.equal(principal.direction, model.directions[6])
    assert torch.equal(glasses.direction, model.directions[model.space.dim + named])
    kept = experiment(along="principal_7", keep="glasses").direction
    assert abs(float(kept @ glasses.direction)) < 1e-5
    assert float(kept @ principal.direction) > 0.5


def test_faces_are_moved_to_both_sides_and_read_at_the_ends():
    skin = experiment(along="skin", distance=3.0)
    rows = skin.rows(3)
    assert [tuple(row.shape) for row in rows] == [(3, 3, 64, 64)] * 2
    middle = experiment(along="glasses", distance=3.0).rows(3)[0][1]
    torch.testing.assert_close(rows[0][1], middle)  # the faces are the seed's
    forehead = rows[0][:, :, 20:26, 26:38].mean((1, 2, 3))
    assert (forehead[0] - forehead[2]).abs() > 0.2  # from pale to deep
    assert skin.changes.shape == (2, len(ATTRIBUTES))
    assert (skin.measure("change_skin") > 0.8).all()
    torch.testing.assert_close(skin.measure("change_hair"), skin.changes[:, 2].abs())


def test_what_is_not_moved_does_not_change():
    assert experiment(distance=0.0).changes.abs().max() == 0
