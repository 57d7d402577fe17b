"""Functions captured in a process beside this one: the same numbers, whatever happens to it."""

import operator
import os
import signal
import subprocess
import sys
import time

import pytest
import torch

from ganplay import PRESETS, ToyConfig, ToyTrainer
from ganplay.live import capture_process
from ganplay.live.capture_process import CaptureProcess
from ganplay.live.frame import FrameRenderer, View
from ganplay.live.frame_codec import pack
from ganplay.toy.graph_capture import CAPTURES

KINDS = {
    "ring": PRESETS["ring"],
    "critic": PRESETS["wgan-gp"],
    "noisy": ToyConfig(
        instance_noise=0.3, norm_d="spectral", conditional=True, ema=0.9, width_d=32
    ),
}


@pytest.fixture(scope="module")
def beside():
    made = CaptureProcess()
    made.open()
    yield made
    made.close()


@pytest.fixture
def here(monkeypatch):
    """Functions that were captured in this process after all."""
    seen, capture = [], capture_process.capture

    def noted(function, args):
        seen.append(function)
        return capture(function, args)

    monkeypatch.setattr(capture_process, "capture", noted)
    return seen


@pytest.mark.parametrize("name", KINDS)
def test_steps_and_pictures_are_the_very_same(name, beside, here, monkeypatch, one_thread):
    monkeypatch.setattr(CAPTURES, "make", beside.capture)
    monkeypatch.setattr(CAPTURES, "_futures", {})
    eager = ToyTrainer(KINDS[name], threads=1, use_capture=False)
    captured = ToyTrainer(KINDS[name], threads=1)
    captured.warm_up()
    for trainer in (eager, captured):
        trainer.step(30)
    assert captured.ensemble.use_capture
    pairs = zip(*(t.snapshot().tensors.values() for t in (eager, captured)), strict=True)
    assert all(a.equal(b) for a, b in pairs)
    renderer, deadline = FrameRenderer(captured), time.monotonic() + 60
    before = pack(renderer.render(View(graph=True)))
    while renderer._render.captured is None and time.monotonic() < deadline:
        after = pack(renderer.render(View(graph=True)))
    assert renderer._render.captured is not None
    after = pack(renderer.render(View(graph=True)))
    assert len(after) == len(before)
    assert here == []


def test_what_cannot_be_sent_is_captured_here(beside, here):
    by = 3
    replay = beside.capture(lambda a: (by * a,), (torch.ones(2),))
    assert replay(torch.full((2,), 5.0))[0].tolist() == [15.0, 15.0]
    assert len(here) == 1


def test_one_that_dies_is_started_again_but_not_for_ever(here, monkeypatch):
    assert capture_process.STARTS >= 2
    monkeypatch.setattr(capture_process, "STARTS", 2)
    beside = CaptureProcess()
    try:
        for _ in range(2):
            assert beside.capture(operator.neg, (torch.ones(1),))(torch.ones(1))[0].item() == -1
            assert here == []
            beside._process.send_signal(signal.SIGKILL)
            beside._process.wait(20)
            assert beside.pids == []
        assert beside.capture(operator.neg, (torch.ones(1),))(torch.ones(1))[0].item() == -1
        assert here == [operator.neg]
    finally:
        beside.close()


def test_it_ends_with_whoever_started_it():
    code = (
        "import sys, time; from ganplay.live.capture_process import CAPTURE_PROCESS;"
        "CAPTURE_PROCESS.open();"
        "print(*CAPTURE_PROCESS.pids, flush=True); time.sleep(100)"
    )
    owner = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    pid = int(owner.stdout.readline())
    owner.kill()
    owner.wait(20)
    owner.stdout.close()
    deadline = time.monotonic() + 60
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(pid)


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
