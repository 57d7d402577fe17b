import dataclasses
import json
import math
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import torch
from helpers.sessions import SMALL, renderer

from ganplay import ToyConfig, ToyTrainer
from ganplay.gan.losses import LOSSES
from ganplay.live import frame as frames
from ganplay.live import frame_codec
from ganplay.live.frame import LAYERS, FrameRenderer, View
from ganplay.live.frame_codec import ENTRY, FLAGS, HEADER, pack
from ganplay.live.render import arrows
from ganplay.toy.diagnosis import KINDS, Evidence, Finding

VERDICT = Finding("collapse", 625, Evidence(js=0.5, separation=0.75, spread=0.25), (1, 6))
JS_TEST = Path(__file__).parents[1] / "web" / "shared" / "frame.test.js"


def test_node_reads_what_python_packs(tmp_path):
    """The page's decoder, run by Node on a real frame."""
    if shutil.which("node") is None:
        assert not os.environ.get("CI"), "Node is needed in CI"
        pytest.skip("Node is not installed")
    config = ToyConfig(conditional=True, width_g=8, width_d=20, layers_d=3, noise_dim=5)
    looked = renderer(config)
    asked = View(label=2, probe=(0.5, -1.0), graph=True, insides=6, unit=("d", 1, 7))
    frame = dataclasses.replace(looked.render(asked), finding=VERDICT)
    insides = frame.insides
    unit = frames.UNIT / frame.extent
    expected = {
        "run": 3, "step": 5, "updatesD": 5, "updatesG": 5, "applied": 17, "cells": frames.MAP,
        "rows": frames.GRID, "columns": frames.GRID, "playing": True, "diverged": False,
        "catchingUp": True, "rate": 123.5, "extent": frame.extent, "low": 0, "high": 1,
        "probe": frame.probe, "measuredAt": 5, "metrics": frame.metrics,
        "fakes": (frame.fakes * unit).round().int().flatten().tolist(),
        "grid": (frame.grid * unit).round().int().flatten().tolist(),
        "map": (frame.map * 255).round().int().flatten().tolist(),
        "labels": [i % 8 for i in range(frames.FAKES)],
    }  # fmt: skip
    expected["config"] = config.to_dict()
    expected["diagnosis"] = {"kind": "collapse", "since": 625, "missing": [1, 6], "js": 0.5}
    expected["units"] = (insides.maps * 127 + 128).round().int().flatten().tolist()
    expected["weights"] = (insides.weights * 127).round().int().tolist()
    expected["unit"] = (frame.unit * 127 + 128).round().int().flatten().tolist()
    expected["unitSize"] = frame.unit_size
    expected["verdicts"] = frame.d_histogram.flatten().tolist()
    expected["norms"] = {net: norms.tolist() for net, norms in frame.norms.items()}
    expected["pulls"] = (arrows(frame.fake_gradients) * 127).round().int().flatten().tolist()
    stamp = {"run": 3, "applied": 17, "rate": 123.5}
    stamp["flags"] = FLAGS["playing"] | FLAGS["catching_up"]
    other = looked.render(View(layers=LAYERS["fake"], probe=(1.0, 1.0)))
    expected["rival"] = {"probe": other.probe}
    data = pack(frame, **stamp, rival=pack(other, **stamp))
    (tmp_path / "frame.bin").write_bytes(data)
    (tmp_path / "expected.json").write_text(json.dumps(expected, allow_nan=False))
    schema = {"version": frame_codec.VERSION, "flags": FLAGS, "metrics": frames.METRICS}
    schema["sections"] = frame_codec.SECTIONS
    schema |= {"kinds": KINDS, "evidence": Evidence._fields}
    (tmp_path / "schema.json").write_text(json.dumps(schema))
    done = subprocess.run(
        ["node", "--test", str(JS_TEST)],
        env=os.environ | {"GANPLAY_FRAME": str(tmp_path)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def sections(data):
    """Names of the sections in a packed frame."""
    entries = range(HEADER.size, HEADER.size + HEADER.unpack_from(data)[-1] * ENTRY.size, 8)
    return {frame_codec.SECTIONS[ENTRY.unpack_from(data, at)[0]] for at in entries}


def test_the_graph_shows_verdicts_and_gradients_of_each_layer():
    looked = renderer(ToyConfig(width_d=16, width_g=16, layers_d=3))
    trainer, frame = looked.trainer, looked.render(View(graph=True))
    assert frame.d_histogram.sum(1).tolist() == [frames.FAKES, frames.FAKES]
    output = torch.sigmoid(trainer.discriminate(frame.fakes[None])[0])
    highest = (output >= 1 - 1 / frames.BINS).sum().item()
    assert frame.d_histogram[1, -1].item() == highest
    record = trainer.record()
    for net, layers, total in (("d", 4, record.grad_norm_d), ("g", 3, record.grad_norm_g)):
        assert frame.norms[net].shape == (layers,)
        assert frame.norms[net].norm().item() == pytest.approx(total.item(), rel=1e-5)
    fresh = FrameRenderer(ToyTrainer(SMALL)).render(View(graph=True))
    assert fresh.norms["g"].isnan().all()
    conditional = renderer(ToyConfig(conditional=True, width_d=16, batch_size=32))
    assert conditional.render(View(layers=0, graph=True)).d_histogram.sum().item() > 0


def test_frames_are_few_bytes():
    assert 3_000 < len(pack(renderer().render())) < 10_000


def test_everything_in_a_frame_is_the_networks_own():
    looked = renderer()
    trainer, frame = looked.trainer, looked.render(View(probe=(1.0, 0.5)))
    at = torch.tensor([[[1.0, 0.5]]])
    assert frame.probe == pytest.approx(torch.sigmoid(trainer.discriminate(at)).item(), abs=1e-6)
    # The middle of the lowest cell at the left.
    edge = -looked.extent * (1 - 1 / frames.MAP)
    corner = torch.sigmoid(trainer.discriminate(torch.tensor([[[edge, edge]]]))).item()
    assert frame.map[0, 0].item() == pytest.approx(corner, abs=1e-6)
    # And of the lowest cell at the right: columns are x.
    corner = torch.sigmoid(trainer.discriminate(torch.tensor([[[-edge, edge]]]))).item()
    assert frame.map[0, -1].item() == pytest.approx(corner, abs=1e-6)
    torch.testing.assert_close(frame.fakes, trainer.generate(looked._z)[0])
    torch.testing.assert_close(
        frame.fake_gradients, trainer.fake_gradients(frame.fakes[None, : frames.FAKE_GRADIENTS])[0]
    )


def test_a_picture_moves_only_because_the_networks_do():
    looked = renderer()
    before = pack(looked.render())
    assert pack(looked.render()) == before
    looked.trainer.step()
    assert pack(looked.render()) != before


def test_grid_cells_are_equally_likely():
    """A generator that passes its noise on shows the quantiles of the noise."""
    trainer = ToyTrainer(ToyConfig(layers_g=0, noise="gaussian"))
    weights = trainer.ensembles[0].state.g.weights
    weights[0].copy_(torch.eye(2)[None])
    weights[1].zero_()
    grid = FrameRenderer(trainer).render().grid
    z = torch.randn(200_000, generator=torch.Generator().manual_seed(0))
    for column in (1, 10, 17):
        share = (z < grid[0, column, 0]).float().mean().item()
        assert share == pytest.approx(0.01 + 0.98 * column / 20, abs=0.005)
    assert torch.equal(grid[:, 3, 1], grid[:, 5, 1])  # rows are the second number of the noise
    uniform = ToyTrainer(ToyConfig(layers_g=0, noise="uniform", noise_dim=1))
    path = FrameRenderer(uniform).render().grid
    assert path.shape == (1, frames.PATH, 2)


def test_of_many_dimensions_the_two_that_matter_are_shown():
    trainer = ToyTrainer(ToyConfig(layers_g=0, noise_dim=10))
    weights = trainer.ensembles[0].state.g.weights
    weights[0].zero_()
    weights[0][0, 0, 3], weights[0][0, 1, 7] = 2.0, -1.0
    looked = FrameRenderer(trainer)
    plane = looked._principal_plane()
    assert plane.shape == (10, 2)
    share = plane.square().sum(1)
    assert share[[3, 7]].sum().item() == pytest.approx(2.0, abs=0.02)


@pytest.mark.parametrize("loss", LOSSES)
def test_the_map_spans_its_colours(loss):
    frame = renderer(ToyConfig(loss=loss, width_d=16, width_g=16)).render()
    low, high = frame.map_range
    assert low < high
    if loss == "wasserstein":
        assert frame.map.min().item() == pytest.approx(low)
        assert frame.map.max().item() == pytest.approx(high, abs=1e-5)


def test_the_class_asked_for_is_mapped():
    looked = renderer(ToyConfig(conditional=True, width_d=16))
    assert not torch.equal(looked.render(View(label=0)).map, looked.render(View(label=1)).map)
    assert looked.render(View(label=200)).map.shape == (frames.MAP, frames.MAP)


def test_hidden_layers_and_networks_that_are_no_more():
    looked = renderer()
    assert sections(pack(looked.render(View(layers=0)))) == {"metrics", "diagnosis"}
    looked.trainer.ensembles[0].state.g.flat.fill_(math.nan)
    looked.measure()
    data = pack(frame_codec.without_drawings(looked.render()))
    assert sections(data) == {"metrics", "diagnosis"}
    pack(looked.render())  # NaN is packed as nothing worse than zero


def test_points_far_out_stay_far_out():
    far = torch.tensor([[1e9, -1e9], [math.inf, math.nan]])
    x, y, *_ = frame_codec.pack_points(far, 3.0)
    assert (x, y) == (32767, -32767)
