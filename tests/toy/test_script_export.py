"""The plain PyTorch script against `ToyTrainer`, from the same weights and on the same batches."""

import dataclasses
import subprocess
import sys

import numpy as np
import pytest
import torch
from helpers.toys import SMALL, VARIANTS

from ganplay import PRESETS, ToyConfig, ToyTrainer
from ganplay.common.seeding import generator_of
from ganplay.gan.class_shares import labels_in_shares
from ganplay.toy import metrics
from ganplay.toy.batches import BatchStream
from ganplay.toy.custom_points import decode, encode
from ganplay.toy.distributions import DISTRIBUTIONS
from ganplay.toy.script_export import as_script


def loaded(config):
    space = {"__name__": "script"}
    exec(compile(as_script(config, 10), "script", "exec"), space)
    return space


def parameters(net):
    """The script's parameters in the order of `Mlp.shapes`."""
    linear = [p for layer in (*net.hidden, net.last) for p in (layer.weight, layer.bias)]
    norms = [p for norm in getattr(net, "norms", ()) for p in (norm.weight, norm.bias)]
    return linear + norms + ([net.kernels] if hasattr(net, "kernels") else [])


def flat(net):
    return torch.cat([p.detach().flatten() for p in parameters(net)])


EXACT = {name: change for name, change in VARIANTS.items() if "spectral" not in name} | {
    "many at once": {
        "conditional": True, "instance_noise": 0.2, "penalty": "r1", "feature_matching": 0.5,
        "label_smoothing": 0.1, "grad_clip": 0.5, "weight_clip": 0.3, "ema": 0.9,
        "minibatch_d": "stddev", "norm_d": "layer", "residual_g": True, "scale_d": 2.0,
    },
    "least squares, smoothed": {"loss": "least_squares", "label_smoothing": 0.2},
    "nothing moves": {"steps_d": 0, "steps_g": 0},
    "own points": {"distribution": "own", "points": "AAAAhEiI.____tVFV", "conditional": True},
}  # fmt: skip


@pytest.mark.parametrize("name", EXACT)
def test_the_script_takes_our_steps(name, monkeypatch, unchecked):
    config = dataclasses.replace(SMALL, **EXACT[name])
    trainer = ToyTrainer(config, use_capture=False, threads=1)
    state = trainer.ensembles[0].state
    space, streams, mine = loaded(config), BatchStream([config]), {}
    nets = [(space["generator"], state.g), (space["discriminator"], state.d)]
    for net, ours in nets:
        for parameter, weight in zip(parameters(net), ours.weights, strict=True):
            parameter.data.copy_(weight[0].view_as(parameter))
    if config.ema:
        space["average"].load_state_dict(space["generator"].state_dict())

    def batch():
        drawn = streams.next()
        mine["mix"] = None if drawn.interpolation is None else drawn.interpolation[0].T
        jitter = (
            ()
            if drawn.instance_noise is None
            else drawn.instance_noise[0].T.split(config.batch_size)
        )
        mine["jitter"] = iter(jitter)
        label = () if drawn.label is None else (drawn.label[0].argmax(0),)
        return drawn.real[0].T, drawn.z[0].T, *label

    space["batch"] = batch
    rand = torch.rand  # the streams' own draws name a generator
    monkeypatch.setattr(torch, "rand", lambda *s, **k: rand(*s, **k) if k else mine["mix"])
    monkeypatch.setattr(torch, "randn_like", lambda x: next(mine["jitter"]))
    for _ in range(15):
        space["step"]()
    monkeypatch.undo()
    trainer.step(15)
    for net, ours in nets:
        torch.testing.assert_close(flat(net), ours.flat[0], rtol=1e-3, atol=2e-5)
    if config.ema:
        torch.testing.assert_close(flat(space["average"]), state.g.average[0], rtol=1e-3, atol=2e-5)


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_the_script_has_our_data(name):
    space = loaded(ToyConfig(distribution=name))
    ours, labels = DISTRIBUTIONS[name].sample(4000, generator_of(0, "test"))
    theirs, others = space["real_samples"](4000)
    assert torch.equal(labels.unique(), others.unique())
    extent = DISTRIBUTIONS[name].extent
    floor = metrics.noise_floor(DISTRIBUTIONS[name], 4000, quick=True)["js"]
    for label in labels.unique():
        assert float(metrics.jensen_shannon(ours, theirs, extent)) < 2 * floor + 1e-3
        apart = ours[labels == label].mean(0) - theirs[others == label].mean(0)
        assert float(apart.norm()) < 0.25
    assert float(space["jensen_shannon"](ours, theirs)) == pytest.approx(
        float(metrics.jensen_shannon(ours, theirs, extent)), abs=1e-6
    )


def test_the_script_has_our_own_points():
    config = ToyConfig(distribution="own", points="AAAAhEiI.____tVFVzzzz", seed=4)
    space = loaded(config)
    points, labels = decode(config.points)
    torch.testing.assert_close(space["points"], torch.from_numpy(points))
    assert space["classes"].tolist() == labels.tolist()
    theirs, classes = space["real_samples"](4000)
    ours, _ = config.data.sample(4000, generator_of(0, "test"))
    assert float(metrics.jensen_shannon(ours, theirs, 3.0)) < 0.02
    assert float(classes.float().mean()) == pytest.approx(0.6, abs=0.05)
    *_, state = space["__doc__"].strip().split()
    assert ToyConfig.from_state(state + space["POINTS"]) == (config, [])
    assert as_script(config, 10).count(config.points) == 1


@pytest.mark.parametrize("shares", [(31, 23, 16, 12, 8, 6, 4), (9, 9, 9)])
def test_the_scripts_fakes_have_our_labels(shares):
    classes = len(shares)
    labels = np.repeat(np.arange(classes), shares)
    text = encode(np.stack([labels, -labels], 1) / 4, labels)
    config = dataclasses.replace(SMALL, distribution="own", points=text, conditional=True)
    space = loaded(config)
    expected = labels_in_shares(shares, 500)
    assert space["labels_in_shares"](500).equal(expected)
    # G itself is given them: the label is what the last of its inputs say.
    seen = []
    space["generator"].register_forward_pre_hook(lambda net, inputs: seen.append(inputs[0]))
    assert space["fake_samples"](500).shape == (500, 2)
    assert seen[0][:, -classes:].argmax(1).equal(expected)
    assert "labels_in_shares" not in as_script(SMALL, 10)


@pytest.mark.parametrize("init", ToyConfig.__dataclass_fields__["init_g"].metadata["choices"])
def test_the_script_starts_as_ours_does(init):
    config = ToyConfig(init_g=init, init_d=init, width_g=128, width_d=128)
    state, space = ToyTrainer(config, threads=1).ensembles[0].state, loaded(config)
    for net, ours in ((space["generator"], state.g), (space["discriminator"], state.d)):
        for parameter, weight in zip(parameters(net), ours.weights, strict=True):
            if parameter.numel() > 200:
                assert float(parameter.detach().std()) == pytest.approx(
                    float(weight.std()), rel=0.15
                )


@pytest.mark.parametrize("name", [n for n in VARIANTS if "spectral" in n])
def test_the_script_with_torchs_spectral_norm_runs(name):
    space = loaded(dataclasses.replace(SMALL, **VARIANTS[name]))
    for _ in range(5):
        space["step"]()
    for layer in (*space["discriminator"].hidden, space["discriminator"].last):
        assert float(torch.linalg.matrix_norm(layer.weight.detach(), 2)) == pytest.approx(
            1, abs=0.1
        )


def test_the_script_runs_by_itself_and_its_metrics_agree(unchecked, tmp_path):
    script = tmp_path / "gan.py"
    script.write_text(as_script(PRESETS["ring"], 2000), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", script], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    lines = done.stdout.splitlines()
    assert [line.split(":")[0] for line in lines] == [f"step {i}" for i in range(500, 2001, 500)]
    text = (tmp_path / "points.csv").read_text().splitlines()
    points = torch.tensor([[float(v) for v in line.split(",")] for line in text])
    ring = DISTRIBUTIONS["ring"]
    trainer = ToyTrainer(PRESETS["ring"], seeds=range(4))
    trainer.step(2000)
    ours = trainer.evaluate()
    real = ring.sample(2500, generator_of(1, "test"))[0]
    told = metrics.compare(real, points, ring)
    assert told["modes"] >= 7
    for name in ("js", "high_quality", "sliced_wasserstein"):
        low, high = ours[name].min(), ours[name].max()
        assert low - (high - low) - 0.05 <= told[name] <= high + (high - low) + 0.05, name
