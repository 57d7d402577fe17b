"""States of an exploration as strings: the same there and back, and what is wrong with others."""

from urllib.parse import quote

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ganplay.images.latent_state import LatentState, Space, model_of, read_state
from ganplay.images.sampler import latents

SPACE = Space(6, 10, (0, 10, 300))
NUMBERS = st.floats(-6, 6)
AMOUNTS = st.dictionaries(st.integers(0, 5), NUMBERS).map(lambda d: tuple(sorted(d.items())))
HALVES = st.lists(st.floats(-4, 4, width=16), min_size=6, max_size=6).map(tuple)
WEIGHTS = st.floats(0.01, 100)
MIXTURES = st.dictionaries(st.integers(0, 9), WEIGHTS, max_size=8)
STATES = st.builds(
    LatentState,
    st.just("digits"),
    seed=st.integers(0, 2**31 - 1),
    truncation=st.floats(0, 2),
    label=MIXTURES.map(lambda d: tuple(sorted(d.items()))),
    step=st.sampled_from([None, 0, 10]),
    values=AMOUNTS,
    moves=AMOUNTS,
    own=st.dictionaries(HALVES, NUMBERS, max_size=4).map(lambda d: tuple(d.items())),
)


@given(STATES | st.builds(LatentState, st.just("digits"), at=HALVES))
def test_a_link_with_a_state_is_as_good_however_it_came(state):
    page, text = "https://host.example/lab/", str(state)
    for link in (
        f"{page}#explore={text}&hide=explore-map", f"<{page}%23explore%3D{quote(text)}>.",
        f"{page}#explore={text.replace(';', ';' + chr(10))}&amp;walk=1|1|1", f"“{text}”",
    ):  # fmt: skip
        assert model_of(link) == "digits"
        assert read_state(link, "digits", SPACE) == (state, [])


@given(STATES | st.builds(LatentState, st.just("digits"), at=HALVES))
def test_there_and_back(state):
    text = str(state)
    assert read_state(text, "digits", SPACE) == (state, [])
    assert model_of(text) == "digits"
    assert not set(text) & set(" <>\"'&?#%")  # a link needs to escape nothing


def test_what_is_by_default_is_left_out():
    assert str(LatentState("digits")) == "1;model:digits"
    state = LatentState("digits", 5, label=((7, 1.0),), step=10, moves=((0, 2.5),))
    assert str(state) == "1;model:digits;seed:5;label:7;step:10;d0:2.5"
    mixed = LatentState("digits", label=((3, 0.5), (7, 1.5)), truncation=0.0, values=((2, -1.0),))
    assert str(mixed) == "1;model:digits;truncation:0;label:0.5*3+1.5*7;z2:-1"


@pytest.mark.parametrize(
    ("piece", "allowed"),
    [
        ("seed:-1", "a whole number from 0 to 2147483647"),
        ("seed:99999999999", "a whole number from 0 to 2147483647"),
        ("seed:1.5", "a whole number"),
        ("own:1*AAAA", "6 finite numbers of half precision"),
        ("own:1", "6 finite numbers of half precision"),
        ("own:11*AAAAAAAAAAAAAAAA", "a number from -10 to 10"),
        ("truncation:2.1", "a number from 0 to 2"),
        ("truncation:nan", "a number from 0 to 2"),
        ("truncation:1e999", "a number from 0 to 2"),
        ("label:10", "a whole number from 0 to 9"),
        ("label:0*3", "at least one weight above 0"),
        ("label:" + "+".join("123456789"), "at most 8 classes"),
        ("label:-1*3", "a number from 0 to 100"),
        ("label:", "a whole number from 0 to 9"),
        ("step:11", "one of 0, 10, 300"),
        ("z6:1", "this model has z0 to z5"),
        ("d0:11", "a number from -10 to 10"),
        ("z0:7", "a number from -6 to 6"),
        ("d99999:1", "there is no setting of that name"),
        ("at:AAAA", "6 finite numbers of half precision"),
        ("at:AHwAAAAAAAAAAAAA", "6 finite numbers"),  # an infinite one
        ("at:\u00e9", "6 finite numbers"),
        ("model:letters", "this is digits; what both have is kept"),
        ("noise:3", "there is no setting of that name"),
        ("nothing", "name:value is needed"),
    ],
)
def test_what_cannot_be_is_told_and_the_rest_is_kept(piece, allowed):
    state, problems = read_state(f"1;seed:4;{piece};d1:2", "digits", SPACE)
    assert state == LatentState("digits", 4, moves=((1, 2.0),))
    assert [p.field for p in problems] == [piece.partition(":")[0]]
    assert allowed in str(problems[0])


def test_other_versions_lengths_and_models():
    state, problems = read_state("0;seed:4", "digits", SPACE)
    assert (state.seed, problems[0].code) == (4, "state_version")
    state, problems = read_state("seed:4", "digits", SPACE)
    assert (state.seed, problems[0].code) == (4, "state_version")
    state, problems = read_state("1;" + "d0:1;" * 10**6, "digits", SPACE)
    assert (state, problems[0].code) == (LatentState("digits"), "state_long")
    plain = Space(6, 0, (300,))
    _, problems = read_state("1;label:3", "faces", plain)
    assert problems[0].code == "no_classes"
    assert model_of("nonsense") is None


@given(st.text(max_size=200))
def test_no_text_raises(text):
    state, _ = read_state(text, "digits", SPACE)
    assert read_state(str(state), "digits", SPACE) == (state, [])


def test_latent_vectors_by_hand():
    axes = torch.eye(6).flip(0)
    z = latents([4], 6)[0].double()
    state = LatentState("m", 4, truncation=0.5, values=((1, 3.0),), moves=((0, 2.0),))
    expected = 0.5 * z
    expected[1] = 3
    expected[5] += 2  # the first direction is the last axis here
    torch.testing.assert_close(state.latent(axes), expected)
    given_one = LatentState("m", at=(1.0, 2.0, 0.5, 0.0, 0.0, -1.0), truncation=2.0)
    assert given_one.latent(axes).tolist() == [2, 4, 1, 0, 0, -2]
    assert LatentState("m", label=((1, 1.0), (2, 3.0))).mixture(3).tolist() == [0, 0.25, 0.75]
    assert LatentState("m").mixture(3).tolist() == [1, 0, 0]
    assert LatentState("m").mixture(0) is None


def test_a_state_gives_the_same_bytes_as_its_seed_and_label(bars):
    model, _, _ = bars
    states = [LatentState("bars", seed, label=((1, 1.0),)) for seed in range(70)]
    many = model.render(states)
    assert torch.equal(many, model.sample(range(70), 1))
    again, problems = read_state(str(states[69]), "bars", model.space)
    assert not problems
    assert torch.equal(model.render([again])[0], many[69])
    mixed = model.render([LatentState("bars", 3), LatentState("bars", 3, step=10)])
    assert torch.equal(mixed[0], model.sample([3], 0)[0])
    assert torch.equal(mixed[1], model.sample([3], 0, step=10)[0])
    moved = LatentState("bars", 3, moves=((0, 3.0),))
    assert not torch.equal(model.render([moved]), model.render([LatentState("bars", 3)]))


def test_directions_of_ones_own():
    zero = torch.zeros(6, 6)
    one, other = (1.0, 0, 0, 0, 0, 0.5), (0.0, 2, 0, 0, 0, 0)
    state = LatentState("digits", 3, own=((one, 2.0), (other, -1.0)))
    moved = state.latent(zero) - LatentState("digits", 3).latent(zero)
    torch.testing.assert_close(moved, torch.tensor([2.0, -2, 0, 0, 0, 1]).double())
    text = ";".join(f"own:1*{'A' * 15}{letter}" for letter in "AEIMQ")
    kept, problems = read_state(f"1;{text}", "digits", SPACE)
    assert len(kept.own) == 4
    assert [problem.code for problem in problems] == ["own"]
