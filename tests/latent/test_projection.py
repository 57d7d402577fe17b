"""Finding a picture in a model, and filling in what is hidden of it."""

import pytest
import torch

from ganplay.images.latent_state import read_state
from ganplay.latent import projection
from ganplay.latent.projection import CHUNK, CLASS_STEPS, SAMPLES, project
from ganplay.media.uploads import DrawingStyle
from ganplay.media.video import Cancelled

pytestmark = pytest.mark.usefixtures("one_thread")


def rms(picture, target):
    return float((picture.double() - target.double()).square().mean().sqrt())


@pytest.fixture(scope="module")
def digits():
    from ganplay import load

    return load("digits-conditional")


@pytest.mark.parametrize("seed", [11, 12])
def test_a_sample_is_found_again_with_its_class(bars, seed):
    model, _, _ = bars
    target = model.sample([seed], seed % 2)[0]
    found = project(model, target, restarts=4, steps=60)
    assert found.error < 3
    assert found.labels[found.best] == seed % 2
    assert found.error == pytest.approx(rms(found.picture, target), abs=0.3)  # which is rounded
    # Its string gives the very picture.
    state, problems = read_state(str(found.state), "bars", model.space)
    assert problems == []
    assert torch.equal(model.render([state])[0], found.picture)
    assert found.curves.shape == (4, 60)
    assert found.curves[:, -1].mean() < found.curves[:, 0].mean()


def test_a_digit_is_found_where_the_models_own_vectors_lie(digits):
    target = digits.sample([77], 4)[0]
    found = project(digits, target, restarts=4, steps=100)
    assert found.error < 10
    assert found.labels[found.best] == 4
    assert 0.5 < torch.tensor(found.state.at).square().mean().sqrt() < 1.2


def test_a_class_that_is_asked_for_is_kept(digits):
    found = project(digits, digits.sample([77], 4)[0], label=9, restarts=3, steps=3)
    assert found.labels == (9, 9, 9)
    assert found.state.label == ((9, 1.0),)


def test_what_is_hidden_is_not_looked_at_and_is_filled_in(digits):
    target = digits.sample([77], 0)[0]  # a nought
    hidden = torch.zeros(32, 32, dtype=torch.bool)
    hidden[16:] = True
    spoilt = target.clone()
    spoilt[:, 16:] = 255
    found = [project(digits, x, hidden, restarts=4, steps=60) for x in (target, spoilt)]
    assert found[0].state == found[1].state
    picture = found[0].picture
    assert found[0].error == pytest.approx(rms(picture[:, :16], target[:, :16]), abs=0.5)
    # The lower half of a nought comes out much as it was.
    black = rms(torch.zeros_like(target[:, 16:]), target[:, 16:])
    assert rms(picture[:, 16:], target[:, 16:]) < 0.6 * black


def test_the_same_seed_finds_the_same_and_another_one_another(bars):
    model, _, _ = bars
    target = model.sample([5], 1)[0]
    first, again, other = (project(model, target, steps=5, seed=s) for s in (1, 1, 2))
    assert first.state == again.state
    assert torch.equal(first.curves, again.curves)
    assert first.state != other.state


def test_how_far_it_is_is_told(bars):
    model, _, _ = bars
    told = []
    project(model, model.sample([5], 1)[0], restarts=3, steps=7, tell=lambda p: told.append(p) or 1)
    looked = SAMPLES // CHUNK
    stages = looked * ["samples"] + CLASS_STEPS * ["classes"] + 7 * ["descent"]
    assert [p.stage for p in told] == stages
    assert [p.done for p in told] == list(range(len(stages)))
    assert {p.total for p in told} == {len(stages)}
    assert {(p.stage, len(p.errors)) for p in told} == {
        ("samples", 0), ("classes", 5), ("descent", 3)
    }  # fmt: skip
    assert told[0].picture is None
    target = model.sample([5], 1)[0]
    assert rms(told[-1].picture, target) == pytest.approx(float(told[-1].errors.min()), abs=0.3)


@pytest.mark.parametrize("moment", [1, 3, 18, 70])
def test_it_can_be_cancelled_at_any_moment(bars, moment):
    model, _, _ = bars
    told = []

    def tell(progress):
        told.append(progress)
        return len(told) < moment

    with pytest.raises(Cancelled):
        project(model, model.sample([5], 1)[0], tell=tell)
    assert len(told) == moment


def test_what_cannot_be_is_refused_by_name(bars, digits):
    model, _, _ = bars
    target = model.sample([1], 0)[0]
    everything = torch.ones(16, 16, dtype=torch.bool)
    for arguments, name in (
        ({"hidden": everything}, "hidden"), ({"hidden": everything[1:]}, "hidden"),
        ({"label": 2}, "label"), ({"label": -1}, "label"), ({"restarts": 0}, "restarts"),
        ({"restarts": projection.MAX_RESTARTS + 1}, "restarts"), ({"steps": 0}, "steps"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=f"^{name}: "):
            project(model, target, **arguments)
    with pytest.raises(ValueError, match=r"^target: \(1, 16, 16\)"):
        project(digits, target)


def test_how_a_model_draws(digits):
    background, reach = projection.drawing_style(digits)
    assert background == DrawingStyle(0).background
    assert reach == pytest.approx(20 / 32, abs=0.02)  # as MNIST's digits are framed
