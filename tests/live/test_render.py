import math
import time

import pytest
import torch

from ganplay import PRESETS, ToyConfig, ToyTrainer
from ganplay.live.frame import FrameRenderer, View
from ganplay.live.frame_codec import pack
from ganplay.live.render import ARROWS, arrows, gradients_of
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


def test_arrows_grow_with_the_logarithm_and_mean_the_same_in_every_picture():
    assert ARROWS == (1e-4, 10.0)
    sizes = [1e-6, 1e-4, 1e-3, 0.1, 1.0, 10.0, 1e4]
    drawn = arrows(torch.tensor([[0.6 * size, -0.8 * size] for size in sizes]))
    # 0.0001 is a point, 10 the full length, and each of the five decades between is a fifth.
    expected = [0.0, 0.0, 0.2, 0.6, 0.8, 1.0, 1.0]
    assert drawn.norm(dim=1).tolist() == pytest.approx(expected, abs=1e-5)
    torch.testing.assert_close(drawn[3], 0.6 * torch.tensor([0.6, -0.8]))
    # A gradient that vanishes is short, whatever stands beside it.
    alone = arrows(torch.full((7, 2), 1e-5))
    assert alone.abs().max() < 1e-6
    back = gradients_of(drawn).norm(dim=1).tolist()
    assert back[2:] == pytest.approx([1e-3, 0.1, 1.0, 10.0, 10.0], rel=1e-4)


def test_what_is_no_number_has_no_arrow():
    odd = torch.tensor([[math.nan, 1.0], [math.inf, 1.0], [0.0, 0.0], [1e-30, 0.0]])
    assert arrows(odd).tolist() == [[0.0, 0.0]] * 4
    assert gradients_of(torch.zeros(2, 2)).tolist() == [[0.0, 0.0]] * 2
    assert gradients_of(torch.ones(1, 2)).norm() <= ARROWS[1] * 1.001
    assert arrows(torch.empty(3, 0, 2)).shape == (3, 0, 2)
