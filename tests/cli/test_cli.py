"""The command line: once as a process, and what it does with its arguments in this one."""

import dataclasses
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from functools import partial

import av
import pytest
from helpers.command_line import COMMAND, TINY, run
from PIL import Image

from ganplay import ToyConfig, ToyTrainer, load_toy, save_toy
from ganplay.cli import main
from ganplay.cli.main import COMMANDS


@pytest.fixture
def here(capsys):
    """The same without a process of its own, which takes seconds to import what this one has."""

    def run_here(*arguments):
        capsys.readouterr()
        try:
            code = main([*map(str, arguments)])
        except SystemExit as stopped:
            code = stopped.code
        out, err = capsys.readouterr()
        return subprocess.CompletedProcess(arguments, code, out, err)

    return run_here


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


def test_toy_writes_a_script(tmp_path, here):
    script = tmp_path / "gan.py"
    done = here("toy", "--preset", "wgan-gp", "--steps", 7, "--first-seed", 3, "--script", script)
    assert "torch.manual_seed(3)" in script.read_text()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    alone = subprocess.run(
        [sys.executable, "-I", script], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert alone.stdout.startswith("step 7: distance ")
    done = here("toy", "--script", tmp_path / "no" / "gan.py")
    assert done.returncode == 2
    assert "there is no such folder" in done.stderr


def test_toy_saves_weights_and_goes_on_from_them(tmp_path, here):
    saved, later = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    members = ["--seeds", 2, "--first-seed", 3, "--json"]
    whole = here("toy", *TINY, "--steps", 25, *members)
    first = here("toy", *TINY, *members, "--save", saved)
    assert (first.returncode, first.stderr) == (0, "")
    # Another process, to which nothing is known but the file.
    done = run("toy", "--load", saved, "--steps", 5, "--json", "--save", later)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == json.loads(whole.stdout) | {"preset": None}
    trainer = load_toy(later)
    assert (trainer.steps, [c.seed for c in trainer.configs]) == (25, [3, 4])
    # What needs no new networks may be changed.
    done = here("toy", "--load", later, "--steps", 0, "--lr-g", "0.5", "--width-g", 8, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["config"]["lr_g"] == 0.5


def test_toy_refuses_what_contradicts_saved_weights(tmp_path, capsys):
    saved = tmp_path / "a.safetensors"
    trainer = ToyTrainer(ToyConfig(width_g=8, width_d=8))
    save_toy(trainer, saved)
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(saved.read_bytes()[:-3])
    for arguments, complaint in (
        (["--load", saved, "--preset", "ring"], "--preset: not with --load"),
        (["--load", saved, "--first-seed", "1"], "--first-seed: not with --load"),
        (["--load", saved, "--script", tmp_path / "a.py"], "--script: not with --load"),
        (["--load", saved, "--width-g", "9", "--lr-g", "1"], "another width_g\n"),
        (["--load", saved, "--seed", "9"], "its networks cannot have another seed"),
        (["--load", saved, "--lr-g", "9"], "lr_g: 9.0 is not possible"),
        (["--load", broken], f"--load {broken}: not a safetensors file"),
        (["--load", tmp_path / "no"], "No such file or directory"),
        (["--load", saved, "--until", "js=0.1"], "--until: not with --load"),
        (["--until", "js=0.1", "--film", tmp_path / "a.gif"], "--film: not with --until"),
        (["--film", tmp_path / "a.avi"], "a file name that ends in .gif or .mp4 is needed"),
        (["--save", tmp_path / "a.pt"], "a file name that ends in .safetensors is needed"),
        (["--save", tmp_path / "no" / "a.safetensors"], "there is no such folder"),
    ):
        with pytest.raises(SystemExit) as refused:
            main(["toy", *map(str, arguments)])
        assert refused.value.code == 2
        assert complaint in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["gif", "mp4"])
def test_toy_films_its_first_member(tmp_path, here, kind):
    path = tmp_path / f"run.{kind}"
    plain = here("toy", *TINY, "--seeds", 2, "--json")
    done = here("toy", *TINY, "--seeds", 2, "--json", "--film", path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == plain.stdout  # looking on changes nothing
    with av.open(str(path)) as film:
        pictures = list(film.decode(video=0))
    assert len(pictures) == 21  # the start, and each of so few steps
    assert (pictures[0].width, pictures[0].height) == (480, 480)


def test_networks_that_are_no_more_are_not_saved(tmp_path, capsys):
    wild = "1;loss:least_squares;optimizer_g:sgd;optimizer_d:sgd;lr_g:1.0;lr_d:1.0;width_g:16"
    path = tmp_path / "wild.safetensors"
    with pytest.raises(SystemExit):
        main(["toy", "--state", wild, "--steps", "300", "--save", str(path)])
    assert "not all of its numbers are finite" in capsys.readouterr().err
    assert not path.exists()


def test_toy_takes_a_link_and_tells_what_it_could_not_use(here):
    link = "http://127.0.0.1:7860/#state=1;loss:hinge;width_g:8;width_d:8;seed:4;lr_g:7"
    done = here("toy", "--state", link, "--steps", 5, "--lr-d", "0.002", "--json")
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
        (["--plot", "out.bmp"], "argument --plot: out.bmp: a file name that ends in .png is"),
        (["--plot", "/no/such/folder/out.png"], "/no/such/folder/out.png: there is no such folder"),
        (["--until", "js=2"], "argument --until: js: '2' is not possible; a number from 0 to 1"),
        (["--until", "energy=1"], "METRIC=BOUND with one of js, modes, high_quality is needed"),
        (["--points", "/no/such/file"], "--points /no/such/file: "),
        (["--distribution", "own"], "distribution: 'own' is not possible; without points"),
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


ELSEWHERE = {
    "HTTP_PROXY": "http://127.0.0.1:9", "ALL_PROXY": "socks5://127.0.0.1:9", "LC_ALL": "C",
    "SSL_CERT_FILE": "/nowhere", "PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0",
}  # fmt: skip
"""What is meant for other servers and other programs, and must not keep the app from starting."""


def test_app_serves_the_page_until_it_is_interrupted():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [*COMMAND, "app", "--port", str(port), "--root-path", "lab"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={name: text for name, text in os.environ.items() if name != "HOME"} | ELSEWHERE,
        # Where the tests run in the background of a shell they ignore it, and so would this.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    try:
        assert f"http://127.0.0.1:{port}" in process.stderr.readline()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as answer:
            assert b"gradio_config" in answer.read()
        process.send_signal(signal.SIGINT)
        _, complaints = process.communicate(timeout=60)
        assert "Traceback" not in complaints
    finally:
        process.kill()
        process.wait()
    # Nothing of it is left listening.
    time.sleep(0.2)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        (["--port", "99999"], "port: 99999 is not possible; a whole number from 0 to 65535"),
        (["--port", "-1"], "port: -1 is not possible; a whole number from 0 to 65535"),
        (["--host", "nosuch.invalid"], "host: 'nosuch.invalid' is not known; 127.0.0.1 is for "
            "this machine alone, 0.0.0.0 and :: are for all its network"),
        (["--root-path", "my lab"], "root-path: 'my lab' is not possible; a path such as /lab"),
    ],
)  # fmt: skip
def test_app_says_in_one_line_where_it_cannot_listen(capsys, flags, complaint):
    with pytest.raises(SystemExit) as ended:
        main(["app", *flags])
    assert ended.value.code == 2
    assert capsys.readouterr().err == f"ganplay app: error: {complaint}\n"


def test_app_says_in_one_line_that_a_port_is_in_use(capsys):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(SystemExit) as ended:
            main(["app", "--port", str(port)])
    assert ended.value.code == 2
    told = f"port: {port} is in use by another program; choose another one"
    assert capsys.readouterr().err == f"ganplay app: error: {told}\n"


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8", "cp936", "latin-1"])
def test_a_pipe_of_any_encoding_gets_all_texts(monkeypatch, encoding):
    """What an encoding does not have is told by its number, the rest as it is."""
    pipe, complaints = (io.TextIOWrapper(io.BytesIO(), encoding, "strict") for _ in range(2))
    monkeypatch.setattr(sys, "stdout", pipe)
    monkeypatch.setattr(sys, "stderr", complaints)
    for command in COMMANDS:
        with pytest.raises(SystemExit) as ended:
            main([command, "--help"])
        assert ended.value.code == 0
    with pytest.raises(SystemExit):
        main(["toy", "--state", "1;loss:模式崩溃", "--script", "no/\udce9γ.py"])
    told = pipe.buffer.getvalue().decode(encoding)
    assert told.count("usage: ") == len(COMMANDS)
    complaints.flush()
    assert "udce9" in complaints.buffer.getvalue().decode(encoding)


def test_who_reads_no_more_of_a_pipe_ends_the_command_without_a_complaint(monkeypatch):
    reader, writer = os.pipe()
    os.close(reader)  # as `head` does when it has its lines
    with open(writer, "w", encoding="utf-8") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        assert main(["toy", *TINY]) == 1
        pipe.write("what Python still has for it when it ends goes nowhere")


def test_toy_learns_the_points_of_a_file(tmp_path, capsys):
    table, picture = tmp_path / "points.csv", tmp_path / "picture.png"
    table.write_text("x;y;kind\n0;0;a\n1,5;1;b\n1,6;1;b\n2;1;b\n")
    Image.new("L", (9, 9), 0).save(picture)
    arguments = ["toy", *TINY, "--json", "--points"]
    assert main([*arguments, str(table), "--conditional"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["config"]["distribution"] == "own"
    assert told["config"]["points"].count(".") == 1
    assert told["class_shares"] == [0.25, 0.75]
    assert main(["toy", "--state", told["state"], "--steps", "20", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == told | {"preset": None}
    assert main(["toy", "--state", told["state"], "--steps", "1"]) == 0
    assert capsys.readouterr().out.endswith("classes in the data's shares: 25, 75 %\n")
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps(told["config"]))
    assert main(["toy", "--config", str(settings), "--distribution", "line", "--no-conditional",
                 "--steps", "0", "--json"]) == 0  # fmt: skip
    assert json.loads(capsys.readouterr().out)["config"]["points"] == ""
    assert main([*arguments, str(picture)]) == 0
    table.write_text("0,0\n1,1e999\n")
    with pytest.raises(SystemExit):
        main([*arguments, str(table)])
    assert f"--points {table}: line 2: 1e999 is not a finite number" in capsys.readouterr().err


def test_toy_says_what_was_read_as_what_and_takes_other_columns(tmp_path, capsys):
    table = tmp_path / "points.csv"
    table.write_text("group,a,b\nk,1,2\nl,3,5\nk,,9\n")
    arguments = ["toy", *TINY, "--json", "--points", str(table)]
    assert main(arguments) == 0
    told = capsys.readouterr()
    found = json.loads(told.out)["config"]["points"]
    assert (
        "2 points, x = a, y = b, class = group (2); rows left out, without a number in x or y: 1"
        in told.err
    )
    assert main([*arguments, "--points-columns", "b,2"]) == 0
    told = capsys.readouterr()
    assert "x = b, y = a;" in told.err
    other = json.loads(told.out)["config"]["points"]
    assert found.count(".") == 1
    assert other.count(".") == 0
    for wrong, why in (("b", "two columns (x, y), or three"), ("b,z", "there is no column z"),
                       ("a,a", "x and y are the same column"), ("a,", "two columns")):  # fmt: skip
        with pytest.raises(SystemExit):
            main([*arguments, "--points-columns", wrong])
        assert why in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["toy", *TINY, "--points-rows", "fake"])
    assert "only with --points" in capsys.readouterr().err
