"""What may go wrong on a real server, and that nobody else notices."""

import ast
import ctypes
import json
import os
import resource
import socket
import struct
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
import torch
from helpers.explore import unpacked
from helpers.http import refusal, send, wait_until
from helpers.sessions import QUICK, opened
from helpers.sockets import ArenaLine
from helpers.witness import STATE, Witness, alive, expected, fakes
from starlette.routing import Route, WebSocketRoute
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

import ganplay
from ganplay import ToyConfig, ToyTrainer
from ganplay.arena.arena import Arena
from ganplay.arena.request import read_arena
from ganplay.images.checkpoint import model as image
from ganplay.latent import model_store
from ganplay.live import engine, lab_session, session_table
from ganplay.live.capture_process import CAPTURE_PROCESS
from ganplay.live.commands import Step
from ganplay.live.run import LiveRun
from ganplay.server.http import auth, bodies, guard, idle_timeouts, live_socket, protocol
from ganplay.server.lab import files
from ganplay.toy import custom_points
from ganplay.toy.graph_capture import CAPTURES

MODEL = "digits-conditional"


@pytest.fixture
def witness(server, visit):
    """Every fault here happens beside a session that goes on to the very same numbers."""
    made = Witness(server, visit)
    made.steps_on()
    yield made
    made.saw_nothing()


# ---- workers and numbers -------------------------------------------------------------------------


@pytest.mark.parametrize("death", [SystemExit, MemoryError], ids=lambda kind: kind.__name__)
def test_a_worker_that_dies_in_mid_step_is_replaced_and_its_visitor_told(
    server, visit, witness, monkeypatch, death
):
    token, workers = auth.issue(), len(alive(server.engine))
    line = visit(token=token, state=STATE, playing=False).until(lambda s: s.frames)
    session = server.engine._sessions[auth.session_of(token)]
    lane, step = session.runs[0], LiveRun.step

    def dies(self, count, net):
        if self is lane:
            lane.trainer.step(1)  # half of what was asked for has been done
            raise death
        step(self, count, net)

    monkeypatch.setattr(LiveRun, "step", dies)
    line.send("step", count=30)
    assert line.closing_code() == protocol.GONE
    assert line.event("failed")
    assert auth.session_of(token) not in server.engine._sessions
    # The page comes back with what it holds, and its run with it.
    again = visit(token=token, state=STATE, playing=False, step=30)
    again.until(lambda s: s.frames and s.frames[-1]["step"] == 30)
    assert not again.event("welcome")["known"]
    assert torch.equal(fakes(server, token), expected(30))
    wait_until(lambda: len(alive(server.engine)) == workers)


def test_a_worker_killed_from_outside_is_replaced(server, visit, witness):
    before = alive(server.engine)
    visit(state=STATE, speed=None).until(lambda s: len(s.frames) > 3)
    for thread in before:  # wherever it happens to be
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident), ctypes.py_object(SystemExit)
        )
    wait_until(lambda: not any(thread.is_alive() for thread in before))
    wait_until(lambda: len(alive(server.engine)) == len(before))


def test_the_process_that_captures_is_killed_under_a_class(server, visit, witness):
    line = visit(state=STATE, speed=None).until(lambda s: len(s.frames) > 3)
    frames = len(line.frames)
    for width, killed in ((23, True), (29, True), (31, False)):  # whose functions it captures
        line.send("configure", changes={"width_d": width})
        wait_until(lambda: CAPTURES.pending)
        if killed:
            CAPTURE_PROCESS._process.kill()
        wait_until(lambda: not CAPTURES.pending)
    assert CAPTURE_PROCESS._process.poll() is None
    line.until(lambda s: len(s.frames) > frames + 3)
    assert "failed" not in {event["type"] for event in line.events}


def test_nan_in_one_of_thirty_leaves_the_others_as_they_are():
    one, other = (ToyTrainer(QUICK, seeds=range(30), threads=1) for _ in range(2))
    for trainer in (one, other):
        trainer.step(10)
    at = next(n for n, ensemble in enumerate(one.ensembles) if ensemble.state.g.flat.shape[0] > 7)
    one.ensembles[at].state.g.flat[7, 0] = torch.nan
    one.step(20)
    other.step(20)
    ill, well = one.sample(20), other.sample(20)
    spoilt = [i for i in range(30) if not torch.equal(ill[i], well[i])]
    assert len(spoilt) == 1
    assert ill[spoilt[0]].isnan().all()


def test_nan_in_one_of_an_arena_of_thirty_on_the_server_leaves_the_others_as_they_are(
    server, witness
):
    token = auth.issue()
    rates = [round(1e-4 * (i + 1), 4) for i in range(15)]
    given = {"base": QUICK.to_dict(), "axes": [{"name": "lr_g", "values": rates}], "seeds": 2}
    address = server.url.replace("http", "ws") + "ganplay/arena/socket"
    with connect(address, max_size=None) as socket:
        line = ArenaLine(socket, token)
        line.send("make", playing=False, **given)
        line.send("step", count=10)
        line.until(lambda s: s.frames and s.frames[-1]["step"] == 10 and s.event("standings"))
        session = server.engine._sessions[f"arena {auth.session_of(token)}"]
        other = Arena(list(read_arena(given).cells), threads=1)
        other.step(10)
        group = next(g for g in session.arena.groups if len(g.trainer.configs) > 7)
        group.trainer.ensembles[0].state.g.flat[-1, 0] = torch.nan
        line.send("step", count=20)
        line.until(lambda s: s.frames[-1]["step"] == 30)
        other.step(20)
        ill, well = (a.per_member(lambda g: g.trainer.sample(20)) for a in (session.arena, other))
        socket.close(1001)
    assert len(ill) == len(well) == 30
    spoilt = [i for i in range(30) if not torch.equal(ill[i], well[i])]
    assert len(spoilt) == 1
    assert ill[spoilt[0]].isnan().all()


def test_one_visitor_of_many_diverges_alone(running):
    calm = {"loss": "least_squares", "optimizer_g": "sgd", "optimizer_d": "sgd"}
    configs = [ToyConfig.from_dict(QUICK.to_dict() | calm | {"seed": i}) for i in range(8)]
    configs[3] = ToyConfig.from_dict(configs[3].to_dict() | {"lr_g": 1.0, "lr_d": 1.0})
    pages = [opened(running, str(i), config, playing=False) for i, config in enumerate(configs)]
    for i in range(8):
        assert running.post(str(i), 1, Step("both", 40))
    pages[3].wait(lambda p: p.events_of("diverged"))
    for i in (0, 1, 2, 4, 5, 6, 7):
        pages[i].wait(lambda p: p.frames and p.frames[-1]["step"] == 40)
        assert not pages[i].events_of("diverged")
        points = running._sessions[str(i)].trainer.sample(50)
        assert torch.equal(points, expected(40, configs[i]))


# ---- models --------------------------------------------------------------------------------------


class Picture:
    """What Explore shows of a state, over the real server's socket."""

    def __init__(self, server):
        self.address = server.url.replace("http", "ws") + "ganplay/explore/socket"

    def __call__(self, state="1;seed:3", model=MODEL):
        with connect(self.address, max_size=None) as line:
            line.send(json.dumps({"token": auth.issue()}))
            asked = {"id": 1, "purpose": "picture", "model": model, "states": [state]}
            assert json.loads(line.recv(20)) == {"type": "welcome"}
            line.send(json.dumps(asked))
            head, pixels = unpacked(line.recv(20))
            return head.get("problem", {}).get("code"), head, pixels


@pytest.fixture
def picture(server):
    server.explore.model_store._models.clear()
    yield Picture(server)
    server.explore.model_store._models.clear()


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory")], ids=repr
)
def test_memory_that_runs_out_on_loading_makes_room_or_is_told(
    server, witness, picture, monkeypatch, error
):
    _, _, good = picture()
    scarce, load = threading.Event(), model_store.load

    def loaded(name):
        if scarce.is_set() or server.explore.model_store._models:
            raise error
        return load(name)

    monkeypatch.setattr(model_store, "load", loaded)
    # What lies in memory goes, and the model comes.
    assert picture(model="digits")[0] is None
    assert server.explore.model_store.in_memory == ["digits"]
    scarce.set()
    code, head, _ = picture()
    assert code == "memory"
    assert head["problem"]["allowed"] == "there is not enough memory at present"
    scarce.clear()
    assert picture()[2] == good


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory")], ids=repr
)
def test_memory_that_runs_out_on_reading_a_file_is_told(server, witness, monkeypatch, error):
    def scarce(*_, **__):
        raise error

    monkeypatch.setattr(files, "toy_from_bytes", scarce)
    monkeypatch.setattr(files.film, "read_order", scarce)
    monkeypatch.setattr(custom_points, "inspect", scarce)
    for path in ("weights/load", "film"):
        told = refusal(server, path, witness.token, b"x")
        assert told == (429, {"type": "busy"})
    told = refusal(server, "points", witness.token, b"0,0")
    assert told == (429, {"error": {"code": "busy"}})


def test_weights_that_go_or_rot_while_in_use(server, witness, picture, tmp_path, monkeypatch):
    folder = tmp_path / MODEL
    folder.mkdir()
    for file in (image.BUNDLED / MODEL).iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    weights, kept = folder / "model.safetensors", (folder / "model.safetensors").read_bytes()
    monkeypatch.setitem(server.explore.model_store.shelf.places, MODEL, folder)
    _, _, good = picture()

    def forgotten():
        server.explore.model_store._models.clear()
        return picture()

    def whole():
        weights.write_bytes(kept)
        return forgotten()[2]

    weights.write_bytes(b"")  # cut to nothing under the model that is being used
    assert picture()[2] == good
    assert forgotten()[0] == "broken"
    assert whole() == good
    weights.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
    code, head, _ = forgotten()
    assert code == "broken"
    assert "SHA-256" in head["problem"]["allowed"]
    weights.unlink()
    code, head, _ = forgotten()
    assert code == "broken"
    assert str(tmp_path) not in json.dumps(head)  # where things lie is nobody's business
    assert whole() == good


# ---- lines ---------------------------------------------------------------------------------------


def vanish(line):
    """As a telephone in a tunnel: a reset, while frames are on their way."""
    raw, line.socket.close_timeout = line.socket.socket, 0.1
    with suppress(OSError):  # closed by the other side already
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raw.close()


@pytest.fixture
def later(server, monkeypatch):
    """Lets the engine's clock jump."""
    ahead = [0.0]

    def clock():
        return time.monotonic() + ahead[0]

    with monkeypatch.context() as jump:
        clocks = SimpleNamespace(monotonic=clock, thread_time=time.thread_time)
        for module in (engine, lab_session):
            jump.setattr(module, "time", clocks)
        jump.setattr(server.engine, "_clock", clock)
        yield lambda seconds: ahead.__setitem__(0, ahead[0] + seconds)
    with server.engine._wake:  # what stems from the future would never be due
        server.engine._sessions.clear()
        server.engine._reaped = 0.0


def test_who_vanishes_in_mid_frame_and_comes_back_goes_on(server, visit, later):
    token = auth.issue()
    line = visit(token=token, state=STATE, speed=None).until(lambda s: len(s.frames) > 5)
    run, step = line.frames[-1]["run"], line.frames[-1]["step"]
    vanish(line)
    session = server.engine._sessions[auth.session_of(token)]
    wait_until(lambda: session.sink is None)
    later(60)
    again = visit(token=token, config={"distribution": "grid"}).until(lambda s: s.frames)
    assert again.event("welcome")["known"]
    assert again.event("state")["state"] == STATE
    assert (again.frames[0]["run"], again.frames[0]["step"] >= step) == (run, True)
    assert server.engine._sessions[auth.session_of(token)] is session
    # After an hour it is gone, and trained again from what the page holds.
    again.send("play", playing=False)
    again.applied()
    step = again.frames[-1]["step"]
    vanish(again)
    wait_until(lambda: session.sink is None)
    later(3600)
    wait_until(lambda: auth.session_of(token) not in server.engine._sessions)
    third = visit(token=token, state=STATE, step=step, playing=False)
    third.until(lambda s: s.frames and s.frames[-1]["step"] == step)
    assert third.event("welcome") == {"type": "welcome", "known": False, "problems": []}
    assert torch.equal(fakes(server, token), expected(step))


def test_a_run_too_long_to_be_trained_again_says_so(visit, monkeypatch):
    monkeypatch.setattr(live_socket, "MAX_REPLAY_STEPS", 40)
    line = visit(state=STATE, step=70, speed=50, playing=False)
    line.until(lambda s: s.frames and s.frames[-1]["step"] == 40)
    (problem,) = line.event("welcome")["problems"]
    assert (problem["code"], problem["value"], problem["used"]) == ("restored", 70, 40)
    assert line.event("state")["speed"] == 50


def test_when_the_clock_jumps_a_day_sessions_are_restored(server, visit, later):
    """Only a clock that never jumps is looked at; if even that does, pages come back."""
    token = auth.issue()
    line = visit(token=token, state=STATE, playing=False).until(lambda s: s.frames)
    session = server.engine._sessions[auth.session_of(token)]
    wait_until(lambda: session.credit == session_table.CREDIT)  # it has said all that it had to say
    later(86_400)
    assert line.closing_code() == protocol.GONE
    again = visit(state=STATE, playing=False).until(lambda s: s.frames)
    again.send("step", count=3)
    again.until(lambda s: s.frames[-1]["step"] == 3)


def test_the_time_of_day_may_jump(server, visit, witness, monkeypatch):
    real, moves = time.time, iter(range(10**9))
    monkeypatch.setattr(time, "time", lambda: real() + 86_400 * (-1) ** next(moves))
    token = auth.issue()
    line = visit(token=token, state=STATE, speed=None)
    line.until(lambda s: len(s.frames) > 20)
    assert len(send(server, "weights/save", token)) > 1000


def test_nothing_asks_for_the_time_of_day():
    """But a report, which says when it was signed."""
    for path in Path(ganplay.__file__).parent.rglob("*.py"):
        if path.name == "signed_report.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in ("time", "now", "utcnow", "today"):
                assert ast.unparse(node) not in ("time.time", "datetime.now"), path
            if isinstance(node, ast.ImportFrom) and node.module in ("time", "datetime"):
                assert not {"time", "datetime", "date"} & {name.name for name in node.names}, path


def plain(server):
    """A connection that has said nothing."""
    place = urlsplit(server.url)
    return socket.create_connection((place.hostname, place.port), timeout=20)


def is_cut(line, seconds=20):
    line.settimeout(seconds)
    with suppress(ConnectionError):
        return line.recv(1) == b""
    return True


@pytest.fixture
def handles():
    """Files enough for both ends of a thousand connections, which are in this process here."""
    before, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = len(os.listdir("/proc/self/fd")) + 2 * 1050
    if before < needed:
        allowed = most == resource.RLIM_INFINITY or most >= needed
        assert allowed or not os.environ.get("CI"), f"{needed} file handles are needed in CI"
        if not allowed:
            pytest.skip(f"{needed} file handles are needed, and {most} are allowed")
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, most))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (before, most))


def test_a_thousand_connections_that_say_nothing_are_hung_up_on(
    server, visit, witness, handles, monkeypatch
):
    monkeypatch.setattr(idle_timeouts, "CHECK_SECONDS", 0.5)
    monkeypatch.setattr(guard, "GREETING_SECONDS", 1.0)
    address = server.url.replace("http", "ws") + "ganplay/lab/socket"
    with ExitStack() as lines:
        silent = [lines.enter_context(plain(server)) for _ in range(1000)]
        silent[1].sendall(b"GET / HTTP/1.1\r\n")  # which never ends
        silent[2].sendall(b"POST /ganplay/lab/poll HTTP/1.1\r\nX: ")
        quiet = [lines.enter_context(connect(address)) for _ in range(30)]
        visit(state=STATE, playing=False).until(lambda s: s.frames)
        witness.steps_on()
        assert all(is_cut(line) for line in silent)
        for line in quiet:
            assert json.loads(line.recv(timeout=20)) == {"type": "refused"}


def test_who_asks_and_does_not_read_is_hung_up_on(server, witness, monkeypatch):
    monkeypatch.setattr(idle_timeouts, "CHECK_SECONDS", 0.2)
    with ExitStack() as lines:
        slow = []
        for _ in range(20):
            line = lines.enter_context(socket.socket())
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            place = urlsplit(server.url)
            line.connect((place.hostname, place.port))
            line.sendall(b"GET /ganplay/plotly.js HTTP/1.1\r\nHost: x\r\n\r\n")
            slow.append(line)
        witness.steps_on()
        time.sleep(2.0)
        for line in slow:  # what was on its way, far from the whole file, and then the end
            line.settimeout(20)
            got = 0
            with suppress(ConnectionError):
                while part := line.recv(2**20):
                    got += len(part)
            assert got < 4_000_000


@pytest.fixture
def narrow(monkeypatch):
    """Kernels hold megabytes of what nobody reads; here they hold little."""
    made = idle_timeouts.TimeoutProtocol.connection_made

    def connection_made(self, transport):
        kept = transport.get_extra_info("socket")
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        made(self, transport)

    monkeypatch.setattr(idle_timeouts, "CHECK_SECONDS", 0.3)
    monkeypatch.setattr(idle_timeouts.TimeoutProtocol, "connection_made", connection_made)


def test_a_page_that_reads_nothing_gets_no_backlog(server, witness, narrow):
    """It asks and asks; what the answers take stays within bounds, and the line is cut."""
    token, hello = auth.issue(), {"state": STATE, "playing": False}
    with plain(server) as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.sendall(
            b"GET /ganplay/lab/socket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
        )
        assert deaf.recv(12) == b"HTTP/1.1 101"
        deaf.sendall(framed(json.dumps({"token": token} | hello)))
        wait_until(lambda: auth.session_of(token) in server.engine._sessions)
        session = server.engine._sessions[auth.session_of(token)]
        mailbox = session.sink
        for i in range(500):
            deaf.sendall(framed(json.dumps({"type": "play", "playing": i % 2 == 0})))
        wait_until(lambda: mailbox._events and not session.inbox)
        witness.steps_on()
        assert 0 < len(mailbox._events) <= mailbox._events.maxlen
        wait_until(lambda: session.sink is None)


def framed(text):
    """A text message as a client sends it, with a mask that changes nothing."""
    data = text.encode()
    return b"\x81\xfe" + struct.pack(">H", len(data)) + bytes(4) + data


def paths(server, kind, method=None):
    """Of all routes of ours of a kind."""
    found = [one for group in server.groups for one in group.all() if isinstance(one, kind)]
    return sorted(one.path for one in found if method is None or method in one.methods)


def test_truncated_and_oversized_messages_over_sockets(server, witness):
    sockets = paths(server, WebSocketRoute)
    assert len(sockets) == 3
    for path in sockets:
        address = server.url.replace("http", "ws") + path[1:]

        def welcomed(lines, address=address):
            line = lines.enter_context(connect(address, max_size=None, close_timeout=0.1))
            line.send(json.dumps({"token": auth.issue(), "state": STATE, "playing": False}))
            assert json.loads(line.recv(20))["type"] == "welcome"
            return line

        # A frame that promises more than comes.
        for cut in (b"\x82", b"\x82\xfe\x00", b"\x82\xff" + b"\xff" * 8, b"\xf2\x80\0\0\0\0"):
            with ExitStack() as lines:
                line = welcomed(lines)
                line.socket.sendall(cut)
                vanish(SimpleNamespace(socket=line))
        # More than a page may send, and more than a socket takes at all.
        for size, code in (
            (protocol.MAX_MESSAGE + 1, protocol.TOO_LARGE),
            (4 * protocol.MAX_MESSAGE + 1, 1009),
        ):
            with ExitStack() as lines:
                line = welcomed(lines)
                with suppress(ConnectionClosed):
                    line.send("x" * size)
                    while line.recv(20):
                        pass
                assert line.close_code == code, path


def test_truncated_and_oversized_messages(server, witness):
    posted = paths(server, Route, "POST")
    assert {f"{protocol.PREFIX}/{path}" for path in (*SLOW, "operator", "gan.py")} < {*posted}
    # Requests whose body is longer than can be.
    for path in posted:
        if path not in (f"{protocol.PREFIX}/weights/save", f"{protocol.PREFIX}/operator"):
            with plain(server) as request:
                request.sendall(said(path, witness) + b"Content-Length: 1000000000000\r\n\r\n")
                assert request.recv(99).startswith(b"HTTP/1.1 413"), path
    # Or shorter than they say, or of no kind that there is.
    for path in posted:
        for head in (
            b"Content-Length: 900\r\n\r\n{",
            b"Content-Length: x\r\n\r\n",
            b"Transfer-Encoding: chunked\r\n\r\nff\r\n{",
            b"Transfer-Encoding: zz\r\n\r\n",
        ):
            with plain(server) as request:
                request.sendall(said(path, witness) + head)
                request.shutdown(socket.SHUT_WR)
                answer = request.recv(99)
                assert not answer or answer.startswith(b"HTTP/1.1 4"), (path, head, answer)


def said(path, witness):
    """The head of a request that gets as far as its body."""
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nX-Ganplay-Token: {witness.token}\r\n"
    return head.encode() + b"Content-Type: application/json\r\n"


SLOW = ("explore/walk", "weights/load", "film", "explore/picture", "explore/project",
        "lessons/run", "lab/poll", "arena/poll", "points", "explore/render")  # fmt: skip


def test_bodies_that_come_drop_by_drop_keep_nobody_waiting(server, witness, monkeypatch):
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.5)
    held = [one for group in (server.files, server.walks, server.projection, server.learn)
            for one in group.slots.values()]  # fmt: skip
    with ExitStack() as lines:
        slow = []
        for path in (*(f"ganplay/{path}" for path in SLOW), "gradio_api/queue/join"):
            line = lines.enter_context(plain(server))
            head = f"POST /{path} HTTP/1.1\r\nHost: x\r\nX-Ganplay-Token: {witness.token}\r\n"
            head += "Content-Type: application/json\r\nContent-Length: 900\r\n\r\n{"
            line.sendall(head.encode())
            slow.append(line)
        time.sleep(0.2)
        for line in slow:
            line.sendall(b" ")
        assert [slots.usage[0] for slots in held] == [0] * len(held)
        witness.steps_on()
        for line in slow:
            answer = line.recv(2**16)
            while b"slow" not in answer and (more := line.recv(2**16)):
                answer += more
            assert answer.startswith(b"HTTP/1.1 408"), answer
            assert b'"slow"' in answer
    assert bodies.ARRIVING["bytes"] == 0
