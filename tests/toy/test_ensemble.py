"""What an ensemble carries from step to step: nothing stale, and nothing forgotten."""

from dataclasses import replace

import pytest
import torch
from helpers.toys import SMALL, VARIANTS

from ganplay import ToyTrainer
from ganplay.live.session_batch import _tensors
from ganplay.toy.mlp import Mlp
from ganplay.toy.state import PENDING, copy_of, named_tensors

# Everything that a member can carry: averages, moments, singular vectors, fading noise.
CARRIED = {
    "adam, average, noise": {"ema": 0.9, "instance_noise": 0.3, "instance_noise_steps": 30},
    "spectral": VARIANTS["spectral norm"] | {"ema": 0.9},
    "momentum and rmsprop": {"optimizer_g": "momentum", "optimizer_d": "rmsprop", "steps_d": 2},
    "conditional wgan_gp": {"conditional": True, "loss": "wasserstein", "penalty": "wgan_gp"},
}


def trainer(**changes):
    return ToyTrainer(replace(SMALL, **changes), seeds=[1, 2], use_capture=False, threads=1)


def named(one):
    ensemble = one.ensemble
    return named_tensors(ensemble.state, ensemble.structure)


@pytest.mark.parametrize("name", CARRIED)
def test_a_run_goes_on_from_a_snapshot_as_if_nothing_had_been(name):
    one, other = trainer(**CARRIED[name]), trainer(**CARRIED[name])
    one.step(7)
    one.step(net="d")  # G has yet to learn from this batch
    other.step(3)  # a state of its own, all of which has to go
    other.ensemble.restore(one.ensemble.snapshot())
    for run in (one, other):
        run.step(net="g")
        run.step(70)  # past the end of a block of random numbers
    assert other.steps == one.steps == 79
    assert other.ensemble.updates == one.ensemble.updates
    for key, tensor in named(one).items():
        assert tensor.equal(named(other)[key]), key


@pytest.mark.parametrize("name", CARRIED)
def test_a_copy_has_all_of_the_state_in_memory_of_its_own(name):
    one = trainer(**CARRIED[name])
    one.step(5)
    ensemble = one.ensemble
    copied = named_tensors(copy_of(ensemble.state, ensemble.structure), ensemble.structure)
    kept = {key: tensor.clone() for key, tensor in copied.items()}
    for key, tensor in named(one).items():
        assert tensor.equal(copied[key]), key
    for old, new in zip(ensemble.state.numbers, copy_of(ensemble.state, ensemble.structure).numbers,
                        strict=True):  # fmt: skip
        assert old.equal(new)
        assert old.data_ptr() != new.data_ptr()
    one.step(5)
    assert all(tensor.equal(kept[key]) for key, tensor in copied.items())


@pytest.mark.parametrize("name", CARRIED)
def test_what_is_laid_side_by_side_is_all_that_a_snapshot_holds(name):
    """Members of a session batch lose what is not copied for them."""
    ensemble = ToyTrainer(replace(SMALL, **CARRIED[name]), threads=1).ensemble
    memory = {t.untyped_storage().data_ptr() for t in _tensors(ensemble)}
    views = list(named_tensors(ensemble.state, ensemble.structure).values())
    for tensor in (*views, *ensemble.state.numbers):
        assert tensor.untyped_storage().data_ptr() in memory
    buffers = [t for net in (ensemble.state.g, ensemble.state.d) for t in net.buffers]
    assert all(any(b is t for t in _tensors(ensemble)) for b in buffers)
    assert bool(buffers) == (name == "spectral")


def pending(one):
    return [key for key in one.ensemble.snapshot().tensors if key.startswith(PENDING)]


def test_g_learns_from_the_batch_that_d_has_just_seen_and_from_no_older_one():
    one = trainer()
    one.step(net="d")
    assert pending(one)
    one.step(net="g")
    assert not pending(one)  # and not twice from the same
    one.step(net="d")
    one.step(net="both")
    assert not pending(one)
    one.step(net="d")
    slow = one.ensemble.slow_step()
    assert [part for part, _ in slow] == ["d", "g", "moved", "end"]
    assert not pending(one)


def test_steps_that_were_taken_elsewhere_leave_no_batch_behind():
    one = trainer()
    one.step(net="d")
    one.ensemble.adopt_steps({"d": 4, "g": 4}, one.ensemble.last, 4)
    assert not pending(one)
    assert one.steps == 5
    assert one.ensemble.updates == {"d": 5, "g": 4}


def test_other_settings_leave_no_batch_of_another_shape_behind():
    one = trainer()
    one.step(net="d")
    one.configure(replace(SMALL, batch_size=64))
    assert not pending(one)
    one.step(net="g")


@pytest.mark.parametrize("net", ["g", "d"])
def test_another_optimiser_begins_without_memories_and_the_other_net_keeps_its_own(net):
    one = trainer()
    one.step(5)
    states = {"g": one.ensemble.state.g, "d": one.ensemble.state.d}
    other = states["d" if net == "g" else "g"]
    kept = [moment.clone() for moment in other.moments]
    assert all((moment != 0).any() for moment in states[net].moments)
    one.configure(replace(SMALL, **{f"optimizer_{net}": "rmsprop"}))
    assert all((moment == 0).all() for moment in states[net].moments)
    assert all(map(torch.equal, other.moments, kept))
    one.configure(replace(SMALL, **{f"optimizer_{net}": "rmsprop", "lr_g": 0.01}))
    assert all(map(torch.equal, other.moments, kept))  # a rate is no other optimiser


def test_an_average_that_is_switched_on_begins_from_the_weights_of_now():
    one = trainer(lr_g=0.05)
    first = one.ensemble.state.g.flat.clone()
    one.step(10)
    one.configure(replace(SMALL, lr_g=0.05, ema=0.99))
    state = one.ensemble.state
    assert state.g.average.equal(state.g.flat)
    assert not state.g.average.equal(first)
    before = state.g.flat.clone()
    one.step(1)
    torch.testing.assert_close(state.g.average, before.lerp(state.g.flat, 0.01))
    average = state.g.average.clone()
    one.configure(replace(SMALL, lr_g=0.02, ema=0.9))  # it was on: it goes on
    assert state.g.average.equal(average)


@pytest.mark.parametrize("capture", [False, True])
def test_spectral_norm_holds_while_it_trains(capture, unchecked):
    """The largest singular value of every weight in effect stays at one, of D and of G."""
    config = replace(SMALL, norm_d="spectral", norm_g="spectral", lr_d=0.01, lr_g=0.01)
    one = ToyTrainer(config, seeds=[0, 1], use_capture=capture, threads=1)
    start = {net: one.parameters(net) for net in ("d", "g")}
    if capture:
        one.warm_up()
    one.step(400)
    for net in ("d", "g"):
        assert (one.parameters(net) - start[net]).norm() > 0.5 * start[net].norm()
        for matrix in one.matrices(net):
            largest = torch.linalg.svdvals(matrix)[:, 0]
            torch.testing.assert_close(largest, torch.ones(2), atol=0.03, rtol=0)


@pytest.mark.parametrize("net", ["d", "g"])
def test_every_update_of_a_net_brings_its_singular_vectors_up_to_its_weights(net):
    one = trainer(norm_d="spectral", norm_g="spectral", steps_d=int(net == "d"),
                  steps_g=int(net == "g"), lr_d=1e-9, lr_g=1e-9)  # fmt: skip
    state = one.ensemble.state
    own, other = (state.d, state.g) if net == "d" else (state.g, state.d)
    kept = [buffer.clone() for buffer in other.buffers]
    for buffer in own.buffers:
        buffer.copy_(torch.nn.functional.normalize(torch.ones_like(buffer), dim=1))
    one.step(200)
    for i, weight in enumerate(w for w in own.weights if w.shape[2] > 1 or w is own.weights[0]):
        u, v = own.buffers[2 * i : 2 * i + 2]
        torch.testing.assert_close(
            (u.mT @ weight @ v).flatten(), torch.linalg.svdvals(weight)[:, 0], rtol=1e-3, atol=0
        )
    assert all(map(torch.equal, other.buffers, kept))


def test_without_spectral_norm_weights_are_in_effect_as_they_are():
    one = trainer()
    assert isinstance(one.ensemble.structure.discriminator, Mlp)
    for matrix, weight in zip(one.matrices("d"), one.ensemble.state.d.weights[::2], strict=True):
        assert matrix.equal(weight)
