"""The command `ganplay app` as a process of its own: on a full disk, killed, and started again."""

import errno
import json
import os
import re
import resource
import signal
import socket
import urllib.request
from contextlib import contextmanager

import pytest
import torch
from helpers.app_process import SECRET, app, new_token
from helpers.http import heard, send
from helpers.http import order as film_order
from helpers.sockets import Line
from helpers.witness import STATE, expected
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import connect

from ganplay.cli import main
from ganplay.common.wire import pack_chunk
from ganplay.toy.checkpoint import toy_from_bytes

FULL = (resource.RLIMIT_FSIZE, (0, 0))  # no file may get a single byte more


@contextmanager
def line(server, token, **hello):
    with connect(server.url.replace("http", "ws") + "ganplay/lab/socket", max_size=None) as socket:
        yield Line(socket, token, state=STATE, playing=False, **hello)


def operator(server, secret=SECRET):
    headers = {"X-Ganplay-Secret": secret}
    request = urllib.request.Request(server.url + "ganplay/operator.json", headers=headers)
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_full_disk_a_kill_and_a_restart_under_an_open_page(tmp_path):
    port, step = free_port(), 20
    with app(port) as server:
        resource.prlimit(server.process.pid, *FULL)
        token = new_token(server)
        with line(server, token) as page:
            page.send("step", count=step)
            page.until(lambda s: s.frames and s.frames[-1]["step"] == step)
            exported(server, token)
            seen = operator(server)
            assert (seen["engine"]["sessions"], seen["sessions"][0]["step"]) == (1, step)
            server.process.send_signal(signal.SIGKILL)
            # The page is told nothing at all: its line is cut.
            with pytest.raises(ConnectionClosedError) as cut:
                page.until(lambda s: False, 20)
            assert cut.value.rcvd is None
    told_nothing_of(server.said, token)
    with app(port) as server:
        with line(server, token, step=step) as page:  # as the page does first
            assert page.closing_code() == 4401
        token = new_token(server)
        with line(server, token, step=step) as page:
            page.until(lambda s: s.frames and s.frames[-1]["step"] == step)
            points = toy_from_bytes(send(server, "weights/save", token)).sample(50)
            assert torch.equal(points, expected(step))


def exported(server, token):
    """All that is taken along is made in memory."""
    assert toy_from_bytes(send(server, "weights/save", token)).steps == 20
    assert send(server, "film", token, film_order(3))[:3] == b"..."
    assert json.loads(send(server, "points", token, b"0,0\n1,1\n"))["count"] == 2
    asked = {"model": "digits", "walk": "1;frames:3|1;model:digits|1;model:digits;seed:2"}
    asked |= {"kind": "mp4", "zoom": 2}
    how = {"Content_Type": "application/json"}
    pieces = heard(send(server, "explore/walk", token, json.dumps(asked).encode(), **how))
    assert pieces[-1][0]["type"] == "file"
    order = pack_chunk({"model": "digits", "restarts": 1, "steps": 1}, bytes(1024))
    assert heard(send(server, "explore/project", token, order))[-1][0]["type"] == "found"


def told_nothing_of(said, token):
    """The log has a line of JSON for each thing, and no sessions and addresses."""
    text = "".join(said)
    assert token not in text
    assert token.split(".")[0] not in text
    begin = next(i for i, one in enumerate(said) if one.startswith("{"))
    lines = [json.loads(one) for one in said[begin:]]  # each of them, from the first on
    events = {one["event"] for one in lines}
    assert {"start", "session", "request"} <= events
    paths = {one["path"] for one in lines if one["event"] == "request"}
    assert {"/ganplay/weights/save", "/ganplay/film", "/ganplay/points"} <= paths
    for one in lines:
        del one["time"]
        named = {k: v for k, v in one.items() if one["event"] != "start"}
        assert not re.search(r"\d+\.\d+\.\d+\.\d+", json.dumps(named)), one
    assert not [one for one in lines if one["level"] == "error"]


# ---- commands ------------------------------------------------------------------------------------


@pytest.fixture
def no_room(monkeypatch):
    def fsync(handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("ganplay.common.files.os.fsync", fsync)


def test_weights_that_do_not_fit_leave_what_was_there(tmp_path, no_room, capsys):
    target = tmp_path / "kept.safetensors"
    target.write_bytes(b"what was there before")
    with pytest.raises(SystemExit) as ended:
        main(["toy", "--steps", "2", "--save", str(target)])
    assert ended.value.code == 2
    assert "No space left on device" in capsys.readouterr().err
    assert target.read_bytes() == b"what was there before"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(
    ("command", "flag", "name"),
    [
        ("toy --steps 2 --width-g 8 --width-d 8", "--film", "kept.gif"),
        ("toy", "--script", "kept.py"),
        ("walk digits --seeds 1,2 --frames 2", "--out", "kept.gif"),
    ],
)
def test_files_that_do_not_fit_leave_what_was_there(tmp_path, no_room, capsys, command, flag, name):
    target = tmp_path / name
    target.write_bytes(b"what was there before")
    with pytest.raises(SystemExit) as ended:
        main([*command.split(), flag, str(target)])
    assert ended.value.code == 2
    assert "No space left on device" in capsys.readouterr().err
    assert target.read_bytes() == b"what was there before"
    assert list(tmp_path.iterdir()) == [target]


def test_an_export_that_does_not_fit_leaves_no_half_model(bars, tmp_path, no_room):
    model, _, _ = bars
    with pytest.raises(OSError, match="No space left on device"):
        model.save_pretrained(tmp_path / "half")
    assert list((tmp_path / "half").iterdir()) == []
