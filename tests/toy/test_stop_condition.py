import math
from dataclasses import replace

import pytest

from ganplay import ToyConfig, ToyTrainer
from ganplay.toy.experiment import train_until
from ganplay.toy.stop_condition import StopCondition, mistake, parse

QUICK = ToyConfig(layers_g=1, layers_d=1, width_g=8, width_d=8, batch_size=16)


@pytest.mark.parametrize(
    ("stop", "met", "unmet"),
    [
        (StopCondition("steps", 300), [300, 301], [299]),
        (StopCondition("js", 0.1), [0.1, 0.0], [0.11, math.nan]),
        (StopCondition("modes", 8), [8, 9], [7, math.nan]),
        (StopCondition("high_quality", 0.9), [0.9, 1.0], [0.89, math.nan]),
    ],
)
def test_a_condition_is_met_on_its_side_of_the_bound(stop, met, unmet):
    assert all(stop.met(value) for value in met)
    assert not any(stop.met(value) for value in unmet)


def test_metrics_are_looked_at_every_fifty_steps_and_steps_at_each():
    assert [s for s in range(1, 151) if StopCondition("js", 0.1).looks_at(s)] == [50, 100, 150]
    assert [StopCondition("js", 0.1).room(s) for s in (0, 1, 49, 50)] == [50, 49, 1, 50]
    assert StopCondition("steps", 7).looks_at(3)
    assert StopCondition("steps", 7).room(3) == 4


@pytest.mark.parametrize(
    ("when", "bound", "field"),
    [
        ("energy", 1, "when"), (None, 1, "when"), (["js"], 1, "when"),
        ("js", 1.1, "bound"), ("js", -0.1, "bound"), ("js", math.nan, "bound"),
        ("js", True, "bound"), ("js", "0.1", "bound"), ("js", None, "bound"),
        ("modes", 2.5, "bound"), ("modes", 10**400, "bound"), ("steps", 0, "bound"),
        ("steps", math.inf, "bound"), ("high_quality", 90, "bound"),
    ],
)  # fmt: skip
def test_a_wrong_condition_is_told_by_field(when, bound, field):
    assert mistake(when, bound)[0] == field


def test_a_right_condition_is_no_mistake():
    for when, bound in (("js", 0.05), ("js", 0), ("modes", 8), ("modes", 8.0), ("steps", 10**6)):
        assert mistake(when, bound) is None


def test_conditions_are_written_as_metric_and_bound():
    assert parse("js=0.05") == StopCondition("js", 0.05)
    assert parse("modes=8") == StopCondition("modes", 8)
    for text in ("", "js", "js=", "js=low", "js=2", "steps=5", "energy=1", "modes=1.5", "js=nan"):
        with pytest.raises(ValueError, match="is not possible"):
            parse(text)


def test_each_member_is_told_when_it_first_met_the_condition():
    seeds, most = range(4), 400
    values = []
    trainer = ToyTrainer(QUICK, seeds)
    for _ in range(most // 50):
        trainer.step(50)
        values.append(trainer.compare(2000, quick=True)["js"].tolist())
    at_step = list(zip(*values, strict=True))  # of each member, after 50, 100, ...
    bound = sorted(min(row) for row in at_step)[1]  # which two of the four meet, and two do not
    expected = [next((50 * i for i, v in enumerate(r, 1) if v <= bound), None) for r in at_step]
    assert expected.count(None) == 2
    assert train_until(ToyTrainer(QUICK, seeds), most, StopCondition("js", bound)) == expected


def test_training_ends_when_all_members_have_met_it():
    trainer = ToyTrainer(QUICK)
    assert train_until(trainer, 130, StopCondition("js", 1.0)) == [50]
    assert trainer.steps == 50
    trainer = ToyTrainer(QUICK)
    assert train_until(trainer, 130, StopCondition("js", 0.0)) == [None]
    assert trainer.steps == 130


def test_the_largest_distance_there_is_is_met_at_the_first_look():
    """Fakes far from all real points: rounding must not put their distance above 1."""
    far = ToyTrainer(
        replace(QUICK, lr_g=0.0, lr_d=0.0, distribution="grid"), seeds=range(4), threads=1
    )
    assert train_until(far, 200, StopCondition("js", 1.0)) == [50] * 4
