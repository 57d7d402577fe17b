"""Two processes that train one model."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from helpers.pictures import FLAGS, bars, write_pictures
from helpers.two_processes import CONFIGS, trained
from safetensors.torch import load_file

from ganplay.images.distributed import ProcessGroup
from ganplay.images.trainer import ImageTrainer

TESTS = Path(__file__).parents[1]
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """What two processes have written: each its tensors, and both together the command's run."""
    folder = tmp_path_factory.mktemp("two")
    flags = [*FLAGS, "--data-root", write_pictures(folder / "data"), "--out", folder / "run"]
    flags += ["--steps", 4, "--log-every", 2]
    paths = [str(TESTS.parent), str(TESTS), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*TORCHRUN, "-m", "helpers.two_processes", *map(str, (folder, *flags))],
        capture_output=True, text=True, timeout=180, env=environment, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder


def test_processes_agree_and_do_what_one_would(folder):
    for name in CONFIGS:
        first, second = (load_file(folder / f"{name}{rank}.safetensors") for rank in (0, 1))
        for key, tensor in first.items():
            # What a batch norm averages along the training is each process's own; what is sampled
            # has statistics of its own, which are the same.
            own = "running" in key and not key.startswith("sampled.")
            assert own or torch.equal(tensor, second[key]), (name, key)
    both = load_file(folder / "apart0.safetensors")
    alone = trained(CONFIGS["apart"]).tensors()
    fresh = ImageTrainer(CONFIGS["apart"], bars()).tensors()
    moved = [key for key in fresh if key.endswith((".weight", ".original"))]
    assert len(moved) > 12
    for key in moved:
        torch.testing.assert_close(both[key], alone[key], rtol=1e-4, atol=1e-6)
    for role in ("generator", "discriminator", "average"):
        own = [k for k, t in fresh.items() if k.startswith(role) and t.is_floating_point()]
        assert max((both[key] - fresh[key]).abs().max() for key in own) > 1e-3  # they did move


def test_the_command_under_torchrun_writes_once(folder):
    out = folder / "run"
    lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [2, 4]
    assert (out / "state.safetensors").exists()


def test_a_batch_that_cannot_be_parted_is_refused():
    with pytest.raises(ValueError, match="a batch of 8 has no 3 equal parts"):
        ImageTrainer(CONFIGS["normed"], bars(), group=ProcessGroup(0, 3))
