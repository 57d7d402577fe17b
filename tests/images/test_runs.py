"""Runs on disk and the command that makes them."""

import json
import os
import signal
import subprocess
import sys
import time
from importlib.metadata import version

import pytest
import torch
from helpers.pictures import FLAGS, run_train, train, trainer, write_pictures
from PIL import Image
from safetensors.torch import load_file

from ganplay.cli import main
from ganplay.common.files import write_whole
from ganplay.images import runs
from ganplay.images.runs import Every, Run, RunError, is_snapshot_step

pytestmark = pytest.mark.usefixtures("one_thread")


def test_snapshots_are_at_logarithmic_steps():
    kept = [step for step in range(4000) if is_snapshot_step(step)]
    assert kept == [0, 10, 30, 100, 300, 1000, 3000]
    assert [is_snapshot_step(s) for s in (10**6, 3 * 10**6, 2 * 10**6)] == [True, True, False]


def test_a_file_is_old_or_new(tmp_path, monkeypatch):
    path = tmp_path / "state"
    write_whole(path, b"old")

    def full(handle):
        raise OSError("the disk is full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="full"):
        write_whole(path, b"new and longer")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_run_writes_what_it_promises(tmp_path):
    made, run = trainer(conditional=True), Run(tmp_path)
    assert not train(made, run, 12, Every(log=5, sheet=6, save=4))
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [5, 10, 12]
    assert lines[0]["d_loss"] > 0
    assert lines[0]["images_per_second"] > 0
    sheets = sorted((tmp_path / "samples").iterdir())
    assert [sheet.name for sheet in sheets] == ["0000006.png", "0000012.png"]
    with Image.open(sheets[0]) as sheet:
        assert sheet.size == (2 + 2 * 18, 2 + 8 * 18)  # two classes, eight seeds
    snapshots = sorted((tmp_path / "snapshots").iterdir())
    assert [s.stem for s in snapshots] == ["0000000", "0000010", "0000012"]
    kept, net = load_file(snapshots[-1]), made.sampled_generator()
    assert kept["first.weight"].dtype == torch.float16
    for name, tensor in net.state_dict().items():
        assert torch.equal(kept[name], tensor.half() if tensor.is_floating_point() else tensor)
    other = trainer(conditional=True)
    run.restore(other)
    assert other.steps == 12
    for a, b in zip(other.discriminator.parameters(), made.discriminator.parameters(), strict=True):
        assert torch.equal(a, b)


def test_a_run_that_diverges_ends_and_keeps_its_last_good_state(tmp_path):
    made, run = trainer(), Run(tmp_path)
    train(made, run, 4, Every(save=4))
    made.discriminator.last.weight.data.fill_(torch.nan)
    with pytest.raises(RunError, match="no longer finite at step 5"):
        train(made, run, 8, Every(log=1, save=1))
    other = trainer()
    run.restore(other)
    assert other.steps == 4
    assert all(p.isfinite().all() for p in other.discriminator.parameters())


@pytest.mark.parametrize("content", [b"", b"no tensors", b"\xff" * 64])
def test_a_broken_state_is_refused(tmp_path, content):
    run = Run(tmp_path)
    run.state_path.write_bytes(content)
    with pytest.raises(RunError, match=r"state\.safetensors: "):
        run.restore(trainer())


def test_lines_of_later_steps_and_broken_ones_are_forgotten(tmp_path):
    run = Run(tmp_path)
    run.log_path.write_text('{"step": 5}\n{"step": 10}\n{"step": 15}\n{"ste')
    run.trim_log(10)
    assert run.log_path.read_text() == '{"step": 5}\n{"step": 10}\n'


def states(folder):
    return load_file(folder / "state.safetensors")


def same(one, other):
    return all(torch.equal(tensor, other[name]) for name, tensor in one.items())


def test_killed_at_any_moment_and_taken_up_a_run_gives_the_same_numbers(tmp_path):
    """A process is killed while it trains and writes; then its run is finished here."""
    data = write_pictures(tmp_path / "data")
    settings = ["--log-every", 1, "--save-every", 3, "--sheet-every", 5]
    assert run_train(data, tmp_path / "whole", "--steps", 40, *settings) == 0
    killed = tmp_path / "killed"
    flags = [*FLAGS, "--data-root", data, "--out", killed, "--steps", 100_000, *settings]
    process = subprocess.Popen(
        [sys.executable, "-m", "ganplay.cli", "train", *map(str, flags)], stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 60
    while not (killed / "state.safetensors").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()
    process.wait()
    reached = json.loads(_counters(killed / "state.safetensors"))["steps"]
    steps = max(40, reached + 4)
    assert run_train(data, killed, "--steps", steps, "--resume", *settings) == 0
    whole = tmp_path / "whole"
    if steps > 40:
        assert run_train(data, whole, "--steps", steps, "--resume", *settings) == 0
    assert same(states(killed), states(whole))
    for folder in (killed, whole):
        lines = (folder / "log.jsonl").read_text().splitlines()
        assert [json.loads(line)["step"] for line in lines] == list(range(1, steps + 1))


def _counters(path):
    from safetensors import safe_open

    with safe_open(path, framework="pt") as file:
        return file.metadata()[runs.FORMAT]


def test_an_interrupted_run_is_kept(tmp_path):
    data, out = write_pictures(tmp_path / "data"), tmp_path / "run"
    flags = [*FLAGS, "--data-root", data, "--out", out, "--steps", 100_000, "--log-every", 1]
    process = subprocess.Popen(
        [sys.executable, "-m", "ganplay.cli", "train", *map(str, flags)],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    log = out / "log.jsonl"
    while not (log.exists() and log.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, complaints = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "\nstopped and kept: " in complaints  # after what was found
    last = json.loads(log.read_text().splitlines()[-1])["step"]
    assert json.loads(_counters(out / "state.safetensors"))["steps"] == last
    assert (out / "samples" / f"{last:07}.png").exists()


def test_a_run_is_not_overwritten_and_its_settings_stay(tmp_path, capsys):
    data, out = write_pictures(tmp_path / "data"), tmp_path / "run"
    assert run_train(data, out, "--steps", 2, "--loss", "hinge") == 0
    about = json.loads((out / "run.json").read_text())
    assert about["config"]["loss"] == "hinge"
    networks = about["data"].pop("networks")
    assert {role: net["model"] for role, net in networks.items()} == {
        "generator": "dcgan", "discriminator": "dcgan",
    }  # fmt: skip
    assert about["data"] == {
        "name": "folder", "size": 16, "count": None, "names": ["lying", "standing"],
        "shape": [36, 3, 16, 16], "pictures": 36,  # without those held out
        "class_counts": [19, 17],
        "licence": "unknown: pictures of who trained the model",
        "how_to_get": "a folder of pictures of who trained the model",
        "root": [str(data)], "max_unreadable": None,
        "threads": 1, "code": version("ganplay"),
    }  # fmt: skip
    assert len((out / "pictures.tsv").read_text().splitlines()) == 36
    for more, complaint in (
        (["--steps", 4], "there is a run already; --resume continues it"),
        (["--resume", "--width-g", 8], "width_g: 8 is not possible; the resumed run has 4"),
        (["--resume", "--count", 8], "count: 8 is not possible; the resumed run has None"),
    ):
        with pytest.raises(SystemExit):
            run_train(data, out, *more)
        assert complaint in capsys.readouterr().err
    # The run knows where its pictures are.
    assert main(["train", "--out", str(out), "--resume", "--steps", "3"]) == 0
    assert json.loads(_counters(out / "state.safetensors"))["steps"] == 3


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "--data: the name of a data set is needed"),
        (["--data", "cats"], "argument --data: invalid choice: 'cats'"),
        (["--data", "folder", "--data-root", "/no/such"], "/no/such"),
        (["--data", "folder", "--lr-g", "-1"], "lr_g: -1.0 is not possible"),
        (["--data", "folder", "--penalty", "r1"], "a D without batch norm"),
        (["--data", "folder", "--config", "/no/such"], "--config /no/such: "),
        (["--data", "folder", "--steps", "many"], "invalid whole number value: 'many'"),
        (["--data", "folder", "--size", "256"], "size 256: one of 16, 32, 64"),
        (["--data", "digits", "--size", "48"], "size 48: one of 16, 32, 64"),
        (["--data", "folder", "--max-unreadable", "1.5"], "1.5: a number from 0 to 1"),
    ],
)
def test_train_refuses_in_words(tmp_path, capsys, arguments, complaint):
    with pytest.raises(SystemExit) as refused:
        main(["train", "--out", str(tmp_path / "run"), *arguments])
    assert refused.value.code == 2
    assert complaint in capsys.readouterr().err
