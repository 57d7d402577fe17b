"""The command line as a process."""

import dataclasses
import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest
from PIL import Image

from ganplay import ToyConfig
from ganplay.cli import main

COMMAND = [sys.executable, "-m", "ganplay.cli"]
TINY = ["--width-g", "8", "--width-d", "8", "--steps", "20"]


def run(*arguments):
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False
    )


def test_toy_reports_each_seed_and_draws(tmp_path):
    config, picture = tmp_path / "config.json", tmp_path / "out.png"
    config.write_text(json.dumps({"loss": "hinge", "lr_g": 0.5}))
    done = run(
        "toy", *TINY, "--seeds", 3, "--first-seed", 7, "--config", config, "--lr_g", "2e-3",
        "--no-conditional", "--json", "--plot", picture,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert [m["seed"] for m in result["members"]] == [7, 8, 9]
    assert result["config"]["loss"] == "hinge"  # the file's
    assert result["config"]["lr_g"] == 2e-3  # the flag's, over the file's
    assert result["config"]["ema"] == 0.99  # the preset's
    assert (result["steps"], result["samples"]) == (20, 2500)
    names = {"js", "sliced_wasserstein", "energy", "modes", "high_quality", "reverse_kl"}
    names |= {"dispersion", "d_real", "d_fake", "accuracy", "value", "grad_norm_d", "grad_norm_g"}
    assert names <= set(result["members"][0])
    assert result["members"][0]["value"] is None  # a hinge D gives no probabilities
    assert result["noise_floor"]["modes"] == 8
    with Image.open(picture) as drawn:
        assert drawn.size == (756, 756)
        assert len(drawn.getcolors(2**20)) > 50
    assert done.stderr == ""  # no progress bar where nobody looks at it


def test_toy_stops_at_a_bound_and_says_where(capsys):
    assert main(["toy", *TINY[:-1], "120", "--until", "js=1", "--seeds", "2", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["until"] == {"when": "js", "bound": 1.0}
    assert [m["reached"] for m in result["members"]] == [50, 50]
    assert result["steps"] == 50
    assert main(["toy", *TINY[:-1], "120", "--until", "high_quality=1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2:] == ["high_quality >= 1: seed 0 not", "120 steps, 2500 samples"]


def test_toy_writes_a_script(tmp_path):
    script = tmp_path / "gan.py"
    done = run("toy", "--preset", "wgan-gp", "--steps", 7, "--first-seed", 3, "--script", script)
    assert "torch.manual_seed(3)" in script.read_text()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    alone = subprocess.run(
        [sys.executable, "-I", script], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert alone.stdout.startswith("step 7: distance ")
    done = run("toy", "--script", tmp_path / "no" / "gan.py")
    assert done.returncode == 2
    assert "No such file or directory" in done.stderr


def test_toy_takes_a_link_and_tells_what_it_could_not_use():
    link = "http://127.0.0.1:7860/#state=1;loss:hinge;width_g:8;width_d:8;seed:4;lr_g:7"
    done = run("toy", "--state", link, "--steps", 5, "--lr-d", "0.002", "--json")
    assert done.returncode == 0
    assert done.stderr == "--state: lr_g: 7.0 is not possible; a number from 0 to 1\n"
    result = json.loads(done.stdout)
    assert result["preset"] is None
    assert result["state"] == "1;seed:4;width_g:8;width_d:8;loss:hinge;lr_d:0.002"
    assert [m["seed"] for m in result["members"]] == [4]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--lr-g", "nan"], "lr_g: nan is not possible; a number from 0 to 1"),
        (["--width-d", "1000"], "width_d: 1000 is not possible; a whole number from 1 to 256"),
        (["--loss", "hinged"], "argument --loss: invalid choice: 'hinged'"),
        (["--loss", "hinge", "--label-smoothing", "0.1"], "no targets to smooth"),
        (["--seeds", "0"], "0: a whole number from 1 to 256"),
        (["--steps", "many"], "argument --steps: invalid whole number value: 'many'"),
        (["--preset", "nope"], "argument --preset: invalid choice: 'nope'"),
        (["--config", "/no/such/file"], "--config /no/such/file: "),
        (["--plot", "out.bmp"], "--plot out.bmp: a file name that ends in .png is needed"),
        (["--plot", "/no/such/folder/out.png", "--steps", "0"], "--plot /no/such/folder/out.png"),
        (["--until", "js=2"], "argument --until: js: '2' is not possible; a number from 0 to 1"),
        (["--until", "energy=1"], "METRIC=BOUND with one of js, modes, high_quality is needed"),
        (["--sweeep"], "unrecognized arguments: --sweeep"),
    ],
)
def test_toy_refuses_in_words(capsys, arguments, complaint):
    with pytest.raises(SystemExit) as refused:
        main(["toy", *arguments])
    assert refused.value.code == 2
    assert complaint in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "complaint"),
    [("{", "Expecting property name"), ("[1]", "an object of settings"), ('{"zap": 1}', "zap: 1")],
)
def test_config_files_are_checked(tmp_path, capsys, content, complaint):
    path = tmp_path / "config.json"
    path.write_text(content)
    with pytest.raises(SystemExit):
        main(["toy", "--config", str(path)])
    assert complaint in capsys.readouterr().err


def test_every_setting_has_its_flag_and_help(capsys):
    with pytest.raises(SystemExit) as done:
        main(["toy", "--help"])
    assert done.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    for field in dataclasses.fields(ToyConfig):
        assert f"--{field.name.replace('_', '-')}" in text
    assert "a number from 0 to 1; default 0.001" in text


def test_a_table_for_people(capsys):
    assert main(["toy", *TINY, "--preset", "wgan-gp"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:2] == ["seed", "js"]
    assert lines[1].split()[0] == "0"
    assert lines[2].split()[0] == "floor"
    assert lines[-1] == "20 steps, 2500 samples"


def test_app_serves_the_page_until_it_is_interrupted():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [*COMMAND, "app", "--port", str(port)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert f"http://127.0.0.1:{port}" in process.stderr.readline()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as answer:
            assert b"gradio_config" in answer.read()
        process.send_signal(signal.SIGINT)
        _, complaints = process.communicate(timeout=20)
        assert "Traceback" not in complaints
    finally:
        process.kill()
        process.wait()
    # Nothing of it is left listening.
    time.sleep(0.2)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
