"""Saved weights: a loaded trainer goes on as the saved one; anything else is refused."""

import dataclasses
import json
import pickle

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load, save

import ganplay
from ganplay import ToyConfig, ToyTrainer
from ganplay.common.safe_tensors import CheckpointError
from ganplay.toy import checkpoint, custom_points
from ganplay.toy.checkpoint import toy_from_bytes, toy_to_bytes
from ganplay.toy.optimizers import OPTIMIZERS

SMALL = ToyConfig(width_g=16, width_d=16, batch_size=32)
CASES = {
    **{f"optimiser {n}": {"optimizer_g": n, "optimizer_d": n} for n in OPTIMIZERS},
    "wgan_gp": {"loss": "wasserstein", "penalty": "wgan_gp", "steps_d": 3},
    "instance noise": {"instance_noise": 0.3, "instance_noise_steps": 8},
    "conditional": {"conditional": True},
    "averaging": {"ema": 0.9},
    "layer norm": {"norm_d": "layer", "norm_g": "layer"},
    "spectral norm": {"norm_d": "spectral", "norm_g": "spectral", "scale_d": 4.0},
    "minibatch discrimination": {"minibatch_d": "discrimination"},
    "k updates of both": {"steps_d": 2, "steps_g": 3},
    "linear nets": {"layers_g": 0, "layers_d": 0},
    "uniform noise": {"noise": "uniform", "noise_dim": 5},
    "much at once": {
        "conditional": True, "instance_noise": 0.3, "instance_noise_steps": 50, "ema": 0.9,
        "penalty": "wgan_gp", "norm_d": "spectral", "norm_g": "spectral", "steps_d": 3,
    },
    "a block a step": {"batch_size": 512, "noise_dim": 100, "width_g": 8, "width_d": 8},
}  # fmt: skip


def same(one, other):
    ours, theirs = one.snapshot(), other.snapshot()
    assert ours.tensors.keys() == theirs.tensors.keys()
    assert (ours.steps, ours.updates) == (theirs.steps, theirs.updates)
    return all(torch.equal(t, theirs.tensors[name]) for name, t in ours.tensors.items())


def again(trainer):
    return toy_from_bytes(toy_to_bytes(trainer), threads=1)


@pytest.mark.parametrize("name", CASES)
def test_a_loaded_run_goes_on_as_if_nothing_had_been(name):
    config = dataclasses.replace(SMALL, **CASES[name])
    whole = ToyTrainer(config, seeds=[3], threads=1, use_capture=False)
    first = ToyTrainer(config, seeds=[3], threads=1, use_capture=False)
    whole.step(9)
    first.step(6)
    second = again(first)
    assert second.configs == whole.configs
    assert same(first, second)
    second.step(3)
    assert same(whole, second)
    assert torch.equal(whole.sample(20), second.sample(20))


def test_many_members_in_several_threads_goes_on_too():
    config = ToyConfig(layers_g=1, layers_d=1, batch_size=256)
    whole = ToyTrainer(config, seeds=range(9), threads=2)
    first = ToyTrainer(config, seeds=range(9), threads=2)
    assert len(whole.ensembles) > 1
    whole.step(8)
    first.step(5)
    second = toy_from_bytes(toy_to_bytes(first), threads=2)
    second.step(3)
    assert same(whole, second)


def test_d_alone_is_answered_by_g_after_loading():
    config = dataclasses.replace(SMALL, conditional=True, penalty="r1", instance_noise=0.1)
    whole = ToyTrainer(config, threads=1)
    whole.step(3)
    whole.step(net="d")
    second = again(whole)
    for trainer in (whole, second):
        trainer.step(net="g")
        trainer.step(2)
    assert same(whole, second)


def test_settings_that_were_changed_on_the_way_make_no_difference():
    whole = ToyTrainer(SMALL, threads=1)
    whole.step(5)
    whole.configure(dataclasses.replace(SMALL, batch_size=64, distribution="moons", ema=0.5))
    whole.step(net="d")
    whole.configure(dataclasses.replace(whole.configs[0], noise="uniform", lr_g=0.01))
    second = again(whole)
    for trainer in (whole, second):
        trainer.step(net="g")
        trainer.step(70)  # past the end of a block
    assert same(whole, second)


def test_own_points_are_kept():
    rows = torch.randn(
        custom_points.MAX_POINTS, 2, generator=torch.Generator().manual_seed(0)
    ).tolist()
    own = custom_points.parse("\n".join(f"{x:.4f},{y:.4f}" for x, y in rows).encode())
    config = dataclasses.replace(SMALL, distribution="own", points=own)
    whole = ToyTrainer(config, seeds=range(3), threads=1)
    whole.step(3)
    second = again(whole)
    assert second.configs == whole.configs
    whole.step(2)
    second.step(2)
    assert same(whole, second)


def test_captured_steps_go_on_from_loaded_weights():
    whole = ToyTrainer(SMALL, threads=1)
    whole.warm_up()
    whole.step(20)
    second = again(whole)
    second.warm_up()
    assert second.ensembles[0]._replays
    whole.step(10)
    second.step(10)
    assert same(whole, second)


def test_a_file_is_safetensors_that_says_what_it_holds(tmp_path):
    path = tmp_path / "ring.safetensors"
    trainer = ToyTrainer(SMALL, seeds=[1, 2])
    trainer.step(4)
    ganplay.save_toy(trainer, path)
    tensors, about = taken_apart(path.read_bytes())
    assert about["states"] == [config.to_state() for config in trainer.configs]
    assert path.read_bytes() == toy_to_bytes(trainer)
    assert torch.equal(tensors["generator.parameters"], trainer.ensembles[0].state.g.flat)
    assert tensors["discriminator.moments.second"].shape == (2, 16 * 2 + 16 * 19 + 1)
    assert "generator.average" not in tensors  # nothing is averaged
    loaded = ganplay.load_toy(path)
    assert (loaded.steps, [c.seed for c in loaded.configs]) == (4, [1, 2])
    assert torch.equal(loaded.sample(50), trainer.sample(50))
    assert loaded.record().d_loss.isnan().all()  # of a step that it has not seen


def test_networks_that_are_no_more_are_not_saved():
    trainer = ToyTrainer(SMALL)
    trainer.ensembles[0].state.d.flat[0, 3] = torch.inf
    with pytest.raises(CheckpointError, match=r"discriminator\.parameters") as refused:
        toy_to_bytes(trainer)
    assert refused.value.code == "finite"


# ---- what is not such a file --------------------------------------------------------------------


@pytest.fixture(scope="module")
def good():
    trainer = ToyTrainer(dataclasses.replace(SMALL, ema=0.9), threads=1)
    trainer.step(2)
    return toy_to_bytes(trainer)


def taken_apart(data):
    return load(data), json.loads(header_of(data)["__metadata__"]["ganplay toy"])


def put_together(tensors, about):
    return save(tensors, {"ganplay toy": json.dumps(about)})


def header_of(data):
    return json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])


def with_header(data, header):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data[8 + int.from_bytes(data[:8], "little") :]


def refusal(data, **limits):
    with pytest.raises(CheckpointError) as refused:
        toy_from_bytes(data, **limits)
    assert 10 < len(str(refused.value)) < 1000
    return refused.value.code


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\0" * 8, b"\xff" * 8, b"\xff" * 100, b"PK\x03\x04" + b"\0" * 100, b"{}" * 50,
        (2**63).to_bytes(8, "little") + b"{}", (2**20).to_bytes(8, "little") + b"{}",
        (2).to_bytes(8, "little") + b"{}", (2).to_bytes(8, "little") + b"[]",
        (4).to_bytes(8, "little") + b"null", (9000).to_bytes(8, "little") + b"[" * 9000,
        pickle.dumps({"weights": [1.0]}), pickle.dumps(torch.zeros(3).numpy()),
    ],
)  # fmt: skip
def test_other_files_are_refused(data):
    assert refusal(data) == "format"


def test_no_pickle_is_run(tmp_path):
    class Evil:
        def __reduce__(self):
            return (tmp_path.joinpath("ran").touch, ())

    for data in (pickle.dumps(Evil()), torch_pickle(Evil())):
        assert refusal(data) == "format"
    assert not tmp_path.joinpath("ran").exists()


def torch_pickle(thing):
    import io

    torch.save(thing, buffer := io.BytesIO())
    return buffer.getvalue()


def test_a_truncated_file_is_refused(good):
    length = int.from_bytes(good[:8], "little")
    for end in (*range(0, length + 8, 97), length + 8, len(good) // 2, len(good) - 1):
        assert refusal(good[:end]) == "format"
    assert refusal(good + b"\0") == "format"


def test_a_large_file_is_refused_unread(good):
    assert refusal(bytes(checkpoint.MAX_BYTES + 1)) == "size"
    assert refusal(good, max_bytes=1000) == "size"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"version": 2}, "version"),
        ({"version": None}, "version"),
        ({"version": "<b>" * 99}, "version"),
        ({"states": None}, "settings"),
        ({"states": "1"}, "settings"),
        ({"states": [1]}, "settings"),
        ({"states": ["2;ema:0.9"]}, "settings"),
        ({"states": ["1;width_g:999"]}, "settings"),
        ({"states": ["1;zap:1"]}, "settings"),
        ({"states": ["1", "1;loss:hinge"]}, "tensors"),
        ({"states": []}, "members"),
        ({"states": ["1"] * 257}, "members"),
        ({"states": ["1"] * 2}, "tensors"),
        ({"states": ["1;width_g:256;layers_g:6;width_d:256;layers_d:6"]}, "tensors"),
        ({"states": ["1;width_g:16;width_d:16;batch_size:32"]}, "tensors"),  # no average
        ({"steps": -1}, "settings"),
        ({"steps": "1"}, "settings"),
        ({"steps": 1.5}, "settings"),
        ({"steps": True}, "settings"),
        ({"steps": 2**31}, "settings"),
        ({"updates": 3}, "settings"),
        ({"updates": {"d": 1}}, "settings"),
        ({"used": {"data": 10**9}}, "settings"),
    ],
)
def test_what_the_header_says_is_checked(good, changes, code):
    tensors, about = taken_apart(good)
    assert refusal(put_together(tensors, about | changes)) == code


def test_members_of_two_structures_are_refused():
    trainer = ToyTrainer(SMALL, seeds=[1, 2], threads=1)
    tensors, about = taken_apart(toy_to_bytes(trainer))
    about["states"][1] += ";loss:hinge"
    assert refusal(put_together(tensors, about)) == "settings"


def test_metadata_of_another_kind_is_refused(good):
    for metadata in (None, [], "x", 5, *({"ganplay toy": v} for v in ("", "[]", "[" * 9999, 5))):
        header = header_of(good) | {"__metadata__": metadata}
        assert refusal(with_header(good, header)) == "format"


def changed(good, **changes):
    tensors, about = taken_apart(good)
    tensors |= {name.replace("_", "."): tensor for name, tensor in changes.items()}
    return put_together({n: t for n, t in tensors.items() if t is not None}, about)


@pytest.mark.parametrize(
    "changes",
    [
        {"generator_parameters": None},
        {"generator_average": None},
        {"random_mix": None},
        {"updates": torch.zeros(1, 2)},
        {"updates": torch.zeros(1, 1, dtype=torch.float64)},
        {"generator_parameters": torch.zeros(0)},
        {"generator_moments_first": torch.zeros(3, 3)},
        {"generator_buffers_0": torch.zeros(1, 2, 1)},
        {"random_data": torch.zeros(5056, dtype=torch.uint8)},
        {"random_data": torch.zeros(1, 5055, dtype=torch.uint8)},
        {"random_data": torch.zeros(2, 5056, dtype=torch.uint8)},
        {"random_other": torch.zeros(1, 5056, dtype=torch.uint8)},
        {"pending_real": torch.zeros(1, 2, 32)},  # without its noise
        {"pending_real": torch.zeros(1, 2, 32), "pending_z": torch.zeros(1, 3, 32)},
        {"zap": torch.zeros(3)},
    ],
)
def test_tensors_are_checked(good, changes):
    assert refusal(changed(good, **changes)) == "tensors"


@pytest.mark.parametrize("name", ["discriminator_parameters", "generator_moments_second"])
@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
def test_numbers_are_finite(good, name, value):
    tensor = taken_apart(good)[0][name.replace("_", ".")].clone()
    tensor[0, -1] = value
    assert refusal(changed(good, **{name: tensor})) == "finite"


@pytest.mark.parametrize(
    ("at", "value"), [(8, 0), (8, 200), (9, 255), (12, 0), (16, 255), (23, 1), (5040, 2)]
)
def test_states_of_generators_that_torch_should_not_be_given(good, at, value):
    state = taken_apart(good)[0]["random.noise"].clone()
    state[0, at] = value
    assert refusal(changed(good, random_noise=state)) == "random"


@settings(max_examples=60)
@given(st.data())
def test_broken_bytes_are_refused_or_harmless(good, data):
    """Whatever is changed: a `CheckpointError`, or a trainer that can take a step."""
    broken = bytearray(good)
    header = 8 + int.from_bytes(good[:8], "little")
    for _ in range(data.draw(st.integers(1, 5))):
        within = data.draw(st.sampled_from([8, header, len(good)]))
        broken[data.draw(st.integers(0, within - 1))] = data.draw(st.integers(0, 255))
    try:
        trainer = toy_from_bytes(bytes(broken), threads=1)
    except CheckpointError:
        return
    trainer.step(1)
