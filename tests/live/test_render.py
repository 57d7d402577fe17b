import time

import pytest
import torch

from ganplay import PRESETS, ToyConfig, ToyTrainer
from ganplay.live.frame import FrameRenderer, View
from ganplay.live.frame_codec import pack
from ganplay.toy.captured_function import CALLS_BEFORE_CAPTURE

CONFIGS = {
    "ring": PRESETS["ring"],
    "critic": ToyConfig(loss="wasserstein", scale_d=3.0, width_d=16, width_g=16),
    "conditional": ToyConfig(conditional=True, noise_dim=5, width_d=16, norm_d="spectral"),
    "path": ToyConfig(noise_dim=1, loss="least_squares", width_d=16),
}


def seen(renderer, view):
    frame = renderer.render(view)
    return [
        frame.fakes,
        frame.fake_gradients,
        frame.map,
        frame.grid,
        frame.d_histogram,
    ], frame.map_range


def captured(renderer, view):
    """Look until the captured function is in use."""
    deadline = time.monotonic() + 60
    while renderer._render.captured is None and time.monotonic() < deadline:
        renderer.render(view)
        time.sleep(0.01)
    assert renderer._render.captured is not None, "the picture could not be captured"


@pytest.mark.parametrize("view", [View(), View(graph=True), View(layers=12, label=3)])
@pytest.mark.parametrize("name", CONFIGS)
def test_captured_pictures_are_the_same_and_follow_the_networks(name, view):
    trainer = ToyTrainer(CONFIGS[name], threads=1)
    trainer.step(3)
    renderer = FrameRenderer(trainer)
    plain, span = seen(renderer, view)
    captured(renderer, view)
    for again, before in zip(seen(renderer, view)[0], plain, strict=True):
        assert again.shape == before.shape
        torch.testing.assert_close(again, before, rtol=0, atol=1e-6)
    assert seen(renderer, view)[1] == pytest.approx(span, abs=1e-6)
    # New weights are seen, and where the captured function does not fit it is not used.
    trainer.step(20)
    renderer.measure()
    fresh = FrameRenderer(trainer)
    fresh.measure()
    eager, _ = seen(fresh, view)
    for now, expected in zip(seen(renderer, view)[0], eager, strict=True):
        torch.testing.assert_close(now, expected, rtol=0, atol=1e-6)
    other, _ = seen(renderer, View(layers=1))
    assert renderer._render.captured is None
    torch.testing.assert_close(other[2], seen(FrameRenderer(trainer), View(layers=1))[0][2])


def test_what_is_looked_at_seldom_is_not_captured():
    renderer = FrameRenderer(ToyTrainer(CONFIGS["ring"], threads=1))
    for label in range(3 * CALLS_BEFORE_CAPTURE):
        renderer.render(View(layers=1 + 15 * (label % 2)))
    assert renderer._render._calls == 1


def test_batches_as_a_whole_are_judged_by_the_settings_of_the_moment():
    trainer = ToyTrainer(ToyConfig(minibatch_d="stddev", width_d=16), threads=1)
    renderer = FrameRenderer(trainer)
    for _ in range(2 * CALLS_BEFORE_CAPTURE):
        before = renderer.render(View(layers=1)).map
    trainer.configure(ToyConfig(minibatch_d="stddev", width_d=16, distribution="grid"))
    assert not torch.equal(FrameRenderer(trainer).render(View(layers=1)).map, before)
    assert renderer._render.captured is None


def test_without_capture_there_is_none():
    renderer = FrameRenderer(ToyTrainer(CONFIGS["path"], threads=1, use_capture=False))
    for _ in range(2 * CALLS_BEFORE_CAPTURE):
        pack(renderer.render())
    assert renderer._render.captured is None
