import dataclasses
import json
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganplay.common.settings import ConfigError, allowed
from ganplay.toy.config import _RULES, GROUPS, PRESETS, ToyConfig, needs_new_networks

FIELDS = {f.name: f for f in dataclasses.fields(ToyConfig)}


def test_every_field_says_what_it_may_hold():
    for f in FIELDS.values():
        assert f.metadata["group"] in GROUPS
        assert f.metadata["change"] in ("live", "rebuild")
        assert len({"choices", "bounds", "most"} & set(f.metadata)) == 1
        assert allowed(f)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("lr_g", math.nan, "lr_g: nan is not possible; a number from 0 to 1"),
        ("lr_g", math.inf, "lr_g: inf is not possible"),
        ("lr_d", -1e-3, "lr_d: -0.001 is not possible; a number from 0 to 1"),
        ("lr_d", "0.1", "lr_d: '0.1' is not possible"),
        ("batch_size", 7, "batch_size: 7 is not possible; a whole number from 8 to 512"),
        ("batch_size", 64.5, "batch_size: 64.5 is not possible"),
        ("batch_size", True, "batch_size: True is not possible"),
        ("batch_size", 10**400, r"batch_size: 10+\.\.\. is not possible"),
        ("width_g", 0, "width_g: 0 is not possible"),
        ("loss", "hinged", "loss: 'hinged' is not possible; one of minimax, non_saturating"),
        ("conditional", 1, "conditional: 1 is not possible; one of False, True"),
        ("noise_dim", 17, "noise_dim: 17 is not possible; one of 1, 2"),
        ("seed", -1, "seed: -1 is not possible"),
        ("points", "AAA", "points: 'AAA' is not possible; 4 characters per point"),
        ("points", "AAAA" * 20_001, r"points: 'A+\.\.\. is not possible; at most 20,000 points"),
        ("points", None, "points: None is not possible"),
    ],
)
def test_refuses_with_field_value_and_what_is_allowed(field, value, message):
    with pytest.raises(ConfigError, match=message):
        ToyConfig(**{field: value})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"loss": "hinge", "label_smoothing": 0.1}, "label_smoothing: 0.1 .* hinge loss has no"),
        ({"distribution": "line", "conditional": True}, "conditional: True .* line has no classes"),
        ({"minibatch_d": "discrimination"}, "batch_size: 128 .* at most 64"),
        ({"layers_d": 0, "feature_matching": 1.0}, "feature_matching: 1.0 .* no features"),
        ({"distribution": "own"}, "distribution: 'own' .* without points"),
        ({"points": "AAAA"}, "points: 'AAAA' .* only the distribution own has points"),
        ({"distribution": "own", "points": "AAAA", "conditional": True}, "own has no classes"),
    ],
)
def test_refuses_contradictions(settings, message):
    with pytest.raises(ConfigError, match=message):
        ToyConfig(**settings)


def test_whole_numbers_become_the_fields_type():
    config = ToyConfig(lr_g=0, batch_size=64.0)
    assert isinstance(config.lr_g, float)
    assert isinstance(config.batch_size, int)


def test_json_round_trip():
    config = PRESETS["ring"]
    assert ToyConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_unknown_names_are_named():
    with pytest.raises(ConfigError, match=r"batchsize: 1 .* did you mean batch_size"):
        ToyConfig.from_dict({"batchsize": 1})
    with pytest.raises(ConfigError, match=r"zzz: 1 .* no setting of that name"):
        ToyConfig.from_dict({"zzz": 1})


def test_repair_keeps_what_is_right():
    config = ToyConfig(label_smoothing=0.1)
    changed, problems = config.repaired(
        {"loss": "hinge", "lr_g": 99, "width_g": 32, "colour": "red"}
    )
    assert changed.loss == "hinge"
    assert changed.width_g == 32
    assert changed.lr_g == config.lr_g
    assert changed.label_smoothing == 0  # gave way to the loss
    assert {p.field for p in problems} == {"lr_g", "colour", "label_smoothing"}
    assert {p.field: p.used for p in problems}["lr_g"] == config.lr_g


@given(
    st.dictionaries(
        st.sampled_from([*FIELDS, "nonsense", ""]),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
        | st.lists(st.integers(), max_size=2)
        | st.sampled_from([c for f in FIELDS.values() for c in f.metadata.get("choices", ())]),
    )
)  # fmt: skip
def test_repair_always_ends_in_a_valid_configuration(changes):
    config, problems = ToyConfig().repaired(changes)
    assert ToyConfig.from_dict(config.to_dict()) == config
    named = {p.field for p in problems}
    for name, value in changes.items():
        assert name in named or getattr(config, name) == value
    for problem in problems:
        assert str(problem)


def test_what_needs_new_networks():
    config = ToyConfig()
    for change in ({"lr_g": 0.1}, {"loss": "hinge"}, {"batch_size": 64}, {"distribution": "line"}):
        assert not needs_new_networks(config, dataclasses.replace(config, **change))
    for change in ({"width_g": 8}, {"seed": 1}, {"noise_dim": 3}, {"norm_d": "layer"}):
        assert needs_new_networks(config, dataclasses.replace(config, **change))
    ring = ToyConfig(conditional=True)
    assert not needs_new_networks(ring, dataclasses.replace(ring, lr_d=0.1))
    # Another number of classes is another number of inputs.
    assert needs_new_networks(ring, dataclasses.replace(ring, distribution="grid"))


def test_rules_name_their_way_out():
    for rule in _RULES:
        assert rule(ToyConfig()) is None


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_valid(name):
    assert ToyConfig.from_dict(PRESETS[name].to_dict()) == PRESETS[name]


@given(st.data())
def test_a_state_string_holds_all_settings(data):
    chosen = {}
    for name, field in FIELDS.items():
        if "choices" in field.metadata:
            chosen[name] = data.draw(st.sampled_from(field.metadata["choices"]))
        elif field.type is str:
            some = st.text("AZaz09_-", min_size=4, max_size=4)
            parts = st.lists(some, min_size=1, max_size=3).map(".".join)
            chosen[name] = data.draw(parts if chosen["distribution"] == "own" else st.just(""))
        else:
            number = st.integers if field.type is int else st.floats
            chosen[name] = data.draw(number(*field.metadata["bounds"]))
    config, _ = ToyConfig().repaired(chosen)
    state = config.to_state()
    assert ToyConfig.from_state(state) == (config, [])
    assert re.fullmatch(
        r"[\w;:.+-]+", state
    )  # nothing that a link or a shell's quotes would change
    link = f"https://example.org/lab/?lang=zh#state={state}"
    assert ToyConfig.from_state(link) == (config, [])


@pytest.mark.parametrize(
    ("text", "kept", "told"),
    [
        ("", {}, ["state"]),
        ("2;loss:hinge", {"loss": "hinge"}, ["state"]),
        ("loss:hinge;seed:4", {"loss": "hinge", "seed": 4}, ["state"]),
        ("1;loss:hinge;lr_g:0.00", {"loss": "hinge", "lr_g": 0.0}, []),
        ("1;loss:hinge;lr_", {"loss": "hinge"}, ["lr_"]),
        ("1;loss:hin;seed:7", {"seed": 7}, ["loss"]),
        ("1;lr_d:nan;lr_g:1e999;seed:-1;beta1:x", {}, ["lr_d", "lr_g", "seed", "beta1"]),
        ("1;conditional:yes;residual_g:true", {"residual_g": True}, ["conditional"]),
        ("1;distribution:own;points:AA;seed:3", {"seed": 3}, ["points", "distribution"]),
        ("1;distribution:own;seed:3", {"seed": 3}, ["distribution"]),
        ("1;seed:3;points:AAAA", {"seed": 3}, ["points"]),
        ("1;points:" + "AAAA" * 25_000, {}, ["state"]),
        ("1;seed:1;points:AAAA" + ";x:1" * 20_000, {}, ["state"]),
        ("1;<img src=x>:1;__class__:2;seed:3", {"seed": 3}, ["<imgsrc=x>", "__class__"]),
        ("1;distribution:line;conditional:true", {"distribution": "line"}, ["conditional"]),
        ("1;seed:3;seed:4", {"seed": 4}, []),
        ("1;loss:hinge" + ";" * 5000 + "x:1", {}, ["state"]),
        ("1;" + "seed:1;" * 200_000, {}, ["state"]),
    ],
)
def test_a_broken_state_string_is_told_and_the_rest_is_kept(text, kept, told):
    config, problems = ToyConfig.from_state(text)
    assert config == ToyConfig(**kept)
    assert [p.field for p in problems] == told
    assert all(len(str(p)) < 300 for p in problems)


@given(st.text())
def test_any_text_is_survived_as_a_state_string(text):
    config, _ = ToyConfig.from_state("1;" + text)
    assert ToyConfig.from_state(config.to_state()) == (config, [])


TWO = "AAAA____.ZZZZ"


def test_own_points_are_data_with_classes():
    config = ToyConfig(distribution="own", points=TWO, conditional=True)
    assert (config.classes, config.data.extent, config.data.modes) == (2, 3.0, None)
    assert config.to_state() == f"1;distribution:own;conditional:true;points:{TWO}"
    assert config.data is dataclasses.replace(config, lr_g=0.1).data  # decoded once
    moved = dataclasses.replace(config, points="AAAA.ZZZZ")
    assert not needs_new_networks(config, moved)
    assert needs_new_networks(config, dataclasses.replace(config, points="AAAA.ZZZZ.____"))


def test_own_points_come_and_go_with_their_distribution():
    ring = ToyConfig()
    own, problems = ring.repaired({"distribution": "own", "points": TWO})
    assert (own.points, problems) == (TWO, [])
    moons, problems = own.repaired({"distribution": "moons"})
    assert (moons, problems) == (ToyConfig(distribution="moons"), [])
    # What cannot be leaves the data as they were.
    kept, (problem,) = moons.repaired({"distribution": "own"})
    assert (kept, problem.code, problem.used) == (moons, "own", "moons")
    kept, (problem,) = own.repaired({"points": "?"})
    assert (kept, problem.code) == (own, "points")
    kept, (problem,) = moons.repaired({"points": TWO})
    assert (kept, problem.code) == (moons, "not_own")
    assert own.repaired({"points": ""})[0] == ring


def test_a_state_string_takes_as_many_points_as_there_can_be():
    config = ToyConfig(distribution="own", points="AZaz" * 20_000, lr_g=0.5)
    state = config.to_state()
    assert ToyConfig.from_state(state) == (config, [])
    link = "https://example.org/#hide=seed&state=" + state.replace(";", "%3B").replace(":", "%3A")
    assert ToyConfig.from_state(link) == (config, [])
