"""What nobody would send, sent to every endpoint of a real server.

Whatever comes in: no answer of 500 and above, no traceback, and a witness who trains beside it gets
the very same numbers. `make test` sends a few inputs, the same each time;

    GANPLAY_FUZZ=10000 python -m pytest -n 0 -s tests/server/test_fuzz.py

sends at least so many, other ones each time, and says how many.
"""

import http.client
import io
import json
import os
import struct
import threading
import time
import urllib.request
from collections import Counter
from contextlib import ExitStack, suppress
from urllib.parse import quote, urlsplit

import pytest
from helpers.explore import unpacked
from helpers.http import STATE as WITNESS_STATE
from helpers.sockets import ArenaLine, Line
from helpers.witness import CONFIG, Witness
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from PIL import Image
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from ganplay import ToyTrainer
from ganplay.common.wire import pack_chunk
from ganplay.lessons.signing import key_of
from ganplay.live.frame import FrameRenderer
from ganplay.live.frame_codec import pack, pack_points
from ganplay.server.api import walk
from ganplay.server.http import auth, live_socket, protocol, rate_limits, secret_check
from ganplay.server.http.auth import teacher_secret
from ganplay.server.http.logs import COUNTS
from ganplay.server.learn import report_routes
from ganplay.toy.checkpoint import toy_to_bytes

WANTED = int(os.environ.get("GANPLAY_FUZZ", "0"))
FEW = 300
"""Inputs of all tests together where nobody asks for more."""
SENT: Counter = Counter()
BEFORE = COUNTS["gradio_stumbled"]
MODEL = "digits-conditional"
STATE = f"1;model:{MODEL};seed:3;label:7"


def share(weight):
    """Examples for a test whose weight is one of a hundred or so in all."""
    count = max(WANTED, FEW) * weight // 100 + 1
    return settings(
        max_examples=count,
        derandomize=not WANTED,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


# ---- what is sent --------------------------------------------------------------------------------

NASTY = [
    "", "\0", "..", "../../etc/passwd", "/etc/passwd", "..\\..\\win.ini", "%2e%2e%2f", "file:///etc",
    "http://127.0.0.1:1/", "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)", "{{7*7}}", "${7*7}", "__proto__", "constructor", "__class__", "NaN",
    "1e999", "-0", "٣", "𝟛", "\ud800", "\u202e", "a" * 5000, "1;" * 3000, "'; DROP TABLE x; --",
    "1;loss:hinge", STATE, "1;model:../x;seed:1", "1;z:" + "A" * 200, "1;points:____",
    "0x10", "None", "null", "true", "[]", "{}", "digits", "ring", "d", "b",
]  # fmt: skip
NUMBERS = [0, 1, -1, 2, 7, 31, 255, 256, 2**31, 2**53, 2**63, 10**400, 0.5, -0.0, 1e308,
           float("inf"), float("nan"), 1e-320]  # fmt: skip
scalars = st.one_of(
    st.none(), st.booleans(), st.sampled_from(NUMBERS), st.sampled_from(NASTY),
    st.integers(-5, 300), st.floats(), st.text(max_size=30),
)  # fmt: skip


stands_for_a_file = st.fixed_dictionaries(
    {"path": st.sampled_from(NASTY), "meta": st.just({"_type": "gradio.FileData"})},
    optional={"url": st.sampled_from(NASTY), "is_stream": scalars, "orig_name": scalars},
)
"""As Gradio has it: what it would fetch, or read from the disk."""


def nested(inner):
    return st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=4)


values = st.recursive(scalars | stands_for_a_file, nested, max_leaves=8)


def around(*kinds):
    """Objects like these, with some of their values replaced by something else, or gone."""

    @st.composite
    def made(draw):
        kind = dict(draw(st.sampled_from(kinds)))
        for name in draw(st.lists(st.sampled_from(list(kind)), max_size=3)):
            kind[name] = draw(values)
        for name in draw(st.lists(st.sampled_from(list(kind)), max_size=1)):
            kind.pop(name)
        return kind | draw(st.dictionaries(st.sampled_from(NASTY), values, max_size=1))

    return made()


@st.composite
def spoilt(draw, whole):
    """Bytes with some of them changed, cut or added."""
    data = bytearray(whole)
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        how = draw(st.sampled_from("flip cut add fill".split()))
        if how == "flip" and data:
            data[at] ^= draw(st.integers(1, 255))
        elif how == "cut":
            del data[at:]
        elif how == "add":
            data[at:at] = draw(st.binary(max_size=20))
        else:
            data[at : at + 4] = draw(st.sampled_from([b"\xff" * 4, b"\0" * 4, b"\xff\xff\xff\x7f"]))
    return bytes(data)


def text_of(value):
    """JSON as a page would not write it: with NaN, and with halves of characters."""
    return json.dumps(value, ensure_ascii=True)


# ---- who sends it --------------------------------------------------------------------------------


class Sender:
    """A line to the server that asks one thing after the other."""

    def __init__(self, server):
        self.server, self.token = server, auth.issue()
        self.line, self.talks = None, {}

    def ask(self, method, path, body=b"", most=2**24, **headers):
        """The status and (the beginning of) the answer, which must be a decent one."""
        headers = {name.replace("_", "-"): text for name, text in headers.items()}
        for again in (False, True):
            if self.line is None:
                place = urlsplit(self.server.url).netloc
                self.line = http.client.HTTPConnection(place, timeout=60)
            try:
                self.line.request(method, path, body, {"X-Ganplay-Token": self.token} | headers)
                answer = self.line.getresponse()
                data = answer.read(most)
                break
            except (ConnectionError, http.client.HTTPException):
                self.close()
                assert not again
        assert answer.status < 500, (path, body[:200], answer.status)
        assert b"Traceback" not in data
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        if len(data) == most or answer.headers.get("Connection") == "close":
            self.close()
        return answer.status, data

    def post(self, path, body, kind="application/octet-stream", **how):
        return self.ask("POST", f"/ganplay/{path}", body, Content_Type=kind, **how)

    def json(self, path, value, **how):
        SENT[path] += 1
        return self.post(path, text_of(value).encode(), "application/json", **how)

    def close(self):
        self.line.close()
        self.line = None


@pytest.fixture(scope="module")
def mended():
    """Limits that let so much through, and no waiting."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("PAGE", "ALL_PAGES", "FILES", "WORK", "SOCKETS"):
            patch.setattr(rate_limits, name, rate_limits.Rate(1e9, 1e9))
        patch.setattr(rate_limits, "MESSAGES", rate_limits.Rate(1e9, 300))
        patch.setattr(live_socket, "POLL_SECONDS", 0.005)
        patch.setattr(secret_check, "WRONG_SECONDS", 0.0)
        patch.setattr(secret_check, "GUESSES", rate_limits.Rate(1e9, 1e9))
        patch.setattr(walk, "SECONDS", 5.0)
        for name in ("SAVED", "CHECKED"):
            patch.setattr(report_routes, name, rate_limits.Rate(1e9, 1e9))
        patch.setenv(auth.VARIABLE, "a lecture in the hall")
        yield


def forever(line):
    with suppress(ConnectionClosed):
        line.until(lambda _: False, 10**6)


def signs_of_life(line):
    with suppress(ConnectionClosed):
        while True:
            line.raw('{"type":"ping"}')
            time.sleep(2)


@pytest.fixture(scope="module")
def sender(server, mended):
    made = Sender(server)
    # A session of its own, for what only a page with one may ask.
    address = server.url.replace("http", "ws") + "ganplay/lab/socket"
    with connect(address, max_size=None) as socket:
        line = Line(socket, made.token, state=WITNESS_STATE, playing=False)
        line.until(lambda s: s.frames)
        # It reads, acknowledges and says that it is there all along, as a page does.
        for does in (forever, signs_of_life):
            threading.Thread(target=does, args=(line,), daemon=True).start()
        with ExitStack() as made.lines:
            yield made


@pytest.fixture(autouse=True)
def watched(server, sender):
    """A witness who trains beside each test."""
    address = server.url.replace("http", "ws") + "ganplay/lab/socket"
    with connect(address, max_size=None) as socket:

        def visit(token, **hello):
            return Line(socket, token, **hello)

        witness = Witness(server, visit)
        witness.steps_on()
        yield
        witness.saw_nothing()


# ---- where it is sent ----------------------------------------------------------------------------

MESSAGES = (
    {"type": "play", "playing": False}, {"type": "step", "net": "d", "count": 2},
    {"type": "speed", "speed": 5}, {"type": "rewind"}, {"type": "pair", "on": True},
    {"type": "remember"}, {"type": "go_back"},
    {"type": "stop", "when": "js", "bound": 0.5}, {"type": "copy", "from": "a"},
    {"type": "configure", "changes": {"lr_g": 0.1}, "lane": "b"}, {"type": "preset", "name": "x"},
    {"type": "configure", "changes": {"loss": "hinge"}}, {"type": "slow"}, {"type": "ack"},
    {"type": "configure", "changes": {"points": "AAAA", "distribution": "own"}, "lane": "a"},
    {"type": "look", "layers": 31, "label": 0, "probe": [0, 1], "graph": True, "insides": 3,
     "unit": ["d", 0, 1]}, {"type": "ping"},
)  # fmt: skip
HELLO = {"token": "x", "config": {"loss": "hinge"}, "state": None, "rival": {"lr_g": 0.1},
         "playing": False, "speed": 5, "stop": {"when": "js", "bound": 0.1}, "step": 0}  # fmt: skip


def harmless(message):
    """Not what is in order and takes long."""
    return not (isinstance(message, dict) and message.get("count") in (255, 256))


def framed(kind):
    """What goes over a socket: texts that are JSON, texts that are none, and bytes."""
    return kind.map(text_of) | st.text(max_size=30) | st.binary(max_size=40)


def talked(sender, room, line, messages):
    """Say all that over a page's socket, which goes on to answer or says why it does not."""
    address = sender.server.url.replace("http", "ws") + f"ganplay/{room}/socket"
    if room not in sender.talks:
        socket = sender.lines.enter_context(connect(address, max_size=None))
        sender.talks[room] = line(socket, state=WITNESS_STATE, playing=False)
    talk = sender.talks[room]
    try:
        for message in messages:
            SENT[f"{room}/socket"] += 1
            talk.raw(message)
        talk.sent = 0
        talk.raw('{"type":"nonsense"}')
        talk.until(lambda s: s.event("error") and "'nonsense'" in s.event("error")["value"])
        assert not talk.event("failed")
        assert "Traceback" not in str(talk.events)
        talk.events.clear()
    except ConnectionClosed:
        del sender.talks[room]
    assert talk.socket.close_code in (None, protocol.TOO_LARGE, protocol.TOO_MANY, 1009)


@share(22)
@given(st.lists(framed(st.one_of(values, around(*MESSAGES)).filter(harmless)),
                min_size=1, max_size=4))  # fmt: skip
def test_messages_of_the_lab(sender, messages):
    talked(sender, "lab", Line, messages)


@share(4)
@given(st.one_of(values, around(HELLO)))
def test_greetings(server, sender, hello):
    SENT["greeting"] += 1
    if isinstance(hello, dict) and "token" in hello:
        hello["token"] = auth.issue()
    address = server.url.replace("http", "ws") + "ganplay/lab/socket"
    with connect(address, max_size=None) as socket:
        socket.send(text_of(hello))
        told = json.loads(socket.recv(timeout=20))
        assert told["type"] in ("welcome", "refused", "full")
        socket.close(1001)
    if told["type"] == "welcome":  # a class that comes and goes would fill the table
        server.engine._sessions.pop(auth.session_of(hello["token"]), None)


POLLING = auth.issue()


ARENA = {"base": {"width_g": 4, "layers_g": 1}, "axes": [{"name": "loss", "values": ["hinge"]}],
         "seeds": 2}  # fmt: skip
ARENAS = (
    ARENA | {"type": "make", "playing": False}, {"type": "look", "seed": 1}, {"type": "ping"},
    {"type": "step", "count": 1}, {"type": "play", "playing": False}, {"type": "rewind"},
    {"type": "speed", "speed": 5}, {"type": "ack"},
)  # fmt: skip


def small(message):
    """No arena of many, and no run that takes long."""
    if not isinstance(message, dict):
        return True
    many = message.get("seeds", 1), message.get("count", 1)
    long = any(isinstance(n, int) and 3 < n <= 10_000 for n in many)
    return not long and message.get("playing") is not True


@share(5)
@given(values | around({"arena": ARENA, "playing": False, "speed": 5, "step": 0}),
       st.lists(values | around(*ARENAS), min_size=1, max_size=3))  # fmt: skip
def test_arenas(sender, hello, messages):
    asked = hello if isinstance(hello, dict) else {"hello": hello}
    assume(all(map(small, [asked, asked.get("arena"), *messages])))
    content = asked | {"token": POLLING, "messages": messages}
    sender.json("arena/poll", content)


@share(6)
@given(st.lists(framed((values | around(*ARENAS)).filter(small)), min_size=1, max_size=3))
def test_messages_of_an_arena(sender, messages):
    talked(sender, "arena", ArenaLine, messages)


@share(8)
@given(st.one_of(values, around(HELLO | {"messages": [{"type": "play", "playing": False}]})))
def test_polls(server, sender, body):
    if isinstance(body, dict) and "token" in body:
        body["token"] = POLLING
    sender.json("lab/poll", body)


LOOKS = (
    {"id": 1, "purpose": "picture", "model": MODEL, "states": [STATE], "latent": True, "nudge": 3},
    {"id": 2, "purpose": "map", "model": MODEL, "states": [STATE], "axes": [0, 1],
     "places": [[0, 0], [1, 1]]},
    {"id": 3, "purpose": "map", "model": MODEL, "states": [STATE], "corners": [STATE] * 3,
     "places": [[0, 0]]},
    {"id": 4, "purpose": "place", "model": MODEL, "states": [STATE], "corners": [STATE] * 3},
    {"id": 5, "purpose": "arithmetic", "model": MODEL, "states": [STATE], "minus": STATE,
     "plus": STATE, "strengths": [0, 1]},
    {"id": 6, "purpose": "direction", "model": MODEL, "states": [STATE], "without": ["1;seed:2"]},
    {"id": 7, "purpose": "neighbours", "model": MODEL, "states": [STATE]},
    {"id": 8, "purpose": "verdict", "model": MODEL, "states": [STATE]},
)  # fmt: skip


@share(15)
@given(st.one_of(values, around(*LOOKS)))
def test_what_explore_asks(sender, asked):
    sender.json("explore/render", asked)


@share(8)
@given(st.lists(framed(st.one_of(values, around(*LOOKS))), min_size=1, max_size=3))
def test_what_explore_asks_over_its_socket(sender, messages):
    address = sender.server.url.replace("http", "ws") + "ganplay/explore/socket"
    with connect(address, max_size=None) as line:
        line.send(text_of({"token": auth.issue()}))
        assert json.loads(line.recv(20)) == {"type": "welcome"}
        with suppress(ConnectionClosed):
            for message in messages:
                SENT["explore/socket"] += 1
                line.send(message)
            line.send('{"id":123456,"purpose":"nothing"}')
            while unpacked(answer := line.recv(20))[0].get("id") != 123456:
                assert b"Traceback" not in answer
        assert line.close_code in (None, protocol.TOO_LARGE, protocol.TOO_MANY, 1009)


STEPS = f"1;frames:3|{STATE}|1;model:{MODEL};seed:4"
WALK = {"model": MODEL, "walk": STEPS, "kind": None, "zoom": 1}


@share(6)
@given(around(WALK, WALK | {"kind": "gif"}))
def test_walks(sender, asked):
    sender.json("explore/walk", asked, most=20_000)


@share(5)
@given(around({"lesson": "oscillation", "part": "r1", "seed": 0, "changes": {"lr": 1}}), st.data())
def test_runs_of_lessons(sender, asked, data):
    sender.json("lessons/run", asked, most=200)


RUN = {"seed": 0, "changes": {"r1": 1}, "values": [[0.5]], "holds": [True], "receipt": "a"}
WORK = {
    "lesson": "oscillation", "answers": [1], "explained": True, "runs": {"r1": RUN},
    "tasks": {"mend": RUN}, "deeds": {"far": 1}, "began": "", "at": "2025-03-01T08:30:00Z",
}  # fmt: skip
STUDENT = {"student": "0" * 32, "name": "Ada"}
REPORT = STUDENT | {"lessons": [WORK]}


@share(6)
@given(around(REPORT) | around(WORK).map(lambda work: REPORT | {"lessons": [work]}))
def test_reports(sender, asked):
    sender.json("lessons/report", asked)


@share(4)
@given(st.data())
def test_files_of_reports(sender, data):
    key = key_of(teacher_secret())
    content = {"ganplay": "report", "signature": {"key": key.id, "value": "x"}}
    text = json.dumps(data.draw(around(content)))
    sender.json("lessons/check", data.draw(around({"files": [{"name": "=a", "text": text}]})))


SEARCH = {"model": MODEL, "label": 3, "restarts": 1, "steps": 1, "seed": 0}
DIGIT = pack_chunk(SEARCH, bytes(1024))


@share(5)
@given(spoilt(DIGIT) | around(SEARCH))
def test_searches(sender, asked):
    SENT["explore/project"] += 1
    if isinstance(asked, dict):
        head = text_of(asked).encode()
        asked = struct.pack("<II", len(head), 1024) + head + bytes(1024)
    sender.post("explore/project", asked)


def picture(kind):
    file = io.BytesIO()
    Image.radial_gradient("L").resize((24, 24)).convert("RGB").save(file, kind)
    return file.getvalue()


FILES = [picture(kind) for kind in ("PNG", "JPEG", "GIF", "WEBP", "BMP")]


def files(*whole):
    return st.sampled_from(whole).flatmap(spoilt)


TABLE = b"x,y,class\n0,0,a\n1,1,b\n-2.5,1e-3,a\n"


@share(6)
@given(files(*FILES) | st.binary(max_size=99), st.sampled_from([MODEL, *NASTY]))
def test_pictures_that_are_sent(sender, data, model):
    SENT["explore/picture"] += 1
    sender.post(f"explore/picture?model={quote(model, errors='replace')}", data)


@share(7)
@given(files(TABLE, *FILES) | st.binary(max_size=50))
def test_points_that_are_sent(sender, data):
    SENT["points"] += 1
    assert sender.post("points", data)[0] in (200, 400)


def weights():
    return toy_to_bytes(ToyTrainer(CONFIG, threads=1))


@share(4)
@given(spoilt(weights()))
def test_weights_that_are_sent(sender, data):
    SENT["weights/load"] += 1
    assert sender.post("weights/load", data)[0] in (200, 422)


def film():
    trainer = ToyTrainer(CONFIG, threads=1)
    renderer = FrameRenderer(trainer)
    asked = {"format": "gif", "fps": 10, "theme": "light", "size": 320, "layers": 31, "label": -1,
             "real": pack_points(renderer.real, renderer.extent)[:40], "labels": []}  # fmt: skip
    return asked, pack(renderer.render())


ASKED, FRAME = film()


@share(4)
@given(around(ASKED), spoilt(FRAME))
def test_films(sender, asked, frame):
    SENT["film"] += 1
    pieces = [text_of(asked).encode(), frame]
    told = sender.post("film", b"".join(struct.pack("<I", len(piece)) + piece for piece in pieces))
    assert told[0] in (200, 422)


@share(6)
@given(st.sampled_from(NASTY) | st.text(max_size=40), scalars, st.booleans())
def test_scripts(sender, state, steps, by_post):
    SENT["gan.py"] += 1
    query = f"state={quote(state, errors='replace')}&steps={quote(str(steps), errors='replace')}"
    if by_post:
        sender.post("gan.py", query.encode(), "application/x-www-form-urlencoded")
    else:
        sender.ask("GET", f"/ganplay/gan.py?{query}")


@share(3)
@given(st.sampled_from(NASTY) | st.text(max_size=20), st.sampled_from(["secret", "x", "secret="]))
def test_the_operators_page(sender, text, name):
    SENT["operator"] += 1
    given_ = quote(text, errors="replace")
    sender.post("operator", f"{name}={given_}".encode(), "application/x-www-form-urlencoded")
    told = sender.ask("GET", "/ganplay/operator.json", Cookie=f"ganplay_operator={given_}")
    assert told[0] == 401
    assert sender.ask("GET", "/ganplay/operator.json", X_Ganplay_Secret=given_)[0] == 401


PLACES = ["ganplay/assets/", "ganplay/", "gradio_api/file=", "file=", "gradio_api/upload",
          "static/", "gradio_api/proxy=", "gradio_api/stream/", "assets/", "svelte/", "",
          "gradio_api/custom_component/", "gradio_api/file/", "ganplay/explore/"]  # fmt: skip


@share(6)
@given(st.sampled_from(PLACES), st.sampled_from(NASTY) | st.text(max_size=30),
       st.sampled_from(["GET", "POST", "PUT", "HEAD"]), st.booleans())  # fmt: skip
def test_paths(sender, place, text, method, whole):
    SENT["paths"] += 1
    safe = "/.%" if whole else ""
    _, data = sender.ask(method, f"/{place}{quote(text, safe=safe, errors='replace')}"[:4000])
    assert b"root:" not in data


HEADS = ["Origin", "X-Ganplay-Token", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto",
         "Host", "Sec-Fetch-Site", "Cookie", "X-Ganplay-Secret", "Content-Type", "Accept", "Range",
         "Referer", "Accept-Language", "If-None-Match", "Content-Encoding"]  # fmt: skip


def written(text):
    """What a line of a head can hold."""
    return "".join(c for c in text if c.isprintable()).encode("utf-8", "replace")


@share(7)
@given(st.dictionaries(st.sampled_from(HEADS),
                       (st.sampled_from(NASTY) | st.text(max_size=40)).map(written), max_size=5),
       st.sampled_from(["", "ganplay/schema.json", "ganplay/assets/lab/lab.js", "config",
                        "theme.css", "ganplay/lab/poll", "ganplay/explore/render", "ganplay/points",
                        "ganplay/operator", "ganplay/weights/save", "gradio_api/call/info",
                        "gradio_api/queue/join", "gradio_api/info"]),
       st.booleans())  # fmt: skip
def test_heads_of_requests(sender, heads, path, by_post):
    SENT["heads"] += 1
    given_ = {name.replace("-", "_"): text for name, text in heads.items()}
    sender.ask("POST" if by_post else "GET", f"/{path}", b"{}" if by_post else b"", **given_)


# ---- Gradio's API --------------------------------------------------------------------------------

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
CALLS = {
    "train_toy": {"preset": "ring", "settings": {"width_g": 4}, "seeds": 1, "first_seed": 0,
                  "steps": 1, "points": 2, "state": None, "until": None},
    "write_script": {"state": "1", "steps": 10},
    "read_points": {"table": "x,y\n1,2\n", "columns": "x,y", "rows": "all"},
    "info": {"model": ""},
    "generate": {"states": [STATE], "model": "", "zoom": 1},
    "walk": {"states": [STATE, f"1;model:{MODEL};seed:4"], "walk": "", "model": "", "frames": 2,
             "path": "slerp", "durations": [1.0], "easings": ["linear"], "loop": False,
             "even": False, "rate": 24, "kind": "sheet", "zoom": 1},
    "project": {"picture": PNG, "model": MODEL, "label": None, "mask": None, "restarts": 1,
                "steps": 1, "seed": 0},
}  # fmt: skip


def bearable(arguments):
    """Not what is in order and takes long."""
    steps, states = arguments.get("steps"), arguments.get("states")
    return not (
        (isinstance(steps, float | int) and 50 < steps <= 5000)
        or (isinstance(states, list) and len(states) > 5)
        or arguments.get("frames", 2) not in (2, None, -1, 0, "", 1)
    )


@share(14)
@given(st.sampled_from(list(CALLS)), st.data())
def test_arguments_of_the_api(sender, name, data):
    SENT["api"] += 1
    whole = CALLS[name]
    arguments = data.draw(around(whole).filter(bearable))
    body = text_of({"data": [arguments.get(key) for key in whole]}).encode()
    status, told = sender.ask(
        "POST", f"/gradio_api/call/{name}", body, Content_Type="application/json"
    )
    if status != 200:
        assert status in (400, 422), told
        return
    event = json.loads(told)["event_id"]
    _, told = sender.ask("GET", f"/gradio_api/call/{name}/{event}")
    kind = told.split(b"\n", 1)[0]
    assert kind in (b"event: complete", b"event: error", b"event: heartbeat"), told[:300]
    if kind == b"event: error":  # in words
        assert json.loads(told.split(b"data: ", 1)[1])["error"], (name, arguments)


BODIES = (
    {"data": [], "fn_name": "new_token", "component_id": 1, "session_hash": "x"},
    {"data": [], "fn_index": 0, "session_hash": "x", "event_data": None, "trigger_id": 1},
)


@share(4)
@given(st.sampled_from(["queue/join", "run/predict", "component_server", "cancel", "call/info",
                        "call/nothing", "reset", "call/v2/info"]),
       st.one_of(values, around(*BODIES)))  # fmt: skip
def test_what_gradio_itself_is_sent(sender, door, body):
    SENT["gradio"] += 1
    sender.ask(
        "POST", f"/gradio_api/{door}", text_of(body).encode(), Content_Type="application/json"
    )


FORM = (b'--x\r\nContent-Disposition: form-data; name="fn_name"\r\n\r\nnew_token\r\n--x\r\nContent-'
        b'Disposition: form-data; name="a"; filename="../a"\r\n\r\nhi\r\n--x--\r\n')  # fmt: skip


@share(4)
@given(st.sampled_from(["component_server", "upload", "queue/join", "call/info"]), spoilt(FORM),
       st.sampled_from(["multipart/form-data; boundary=x", "application/json"]))  # fmt: skip
def test_forms_that_gradio_is_sent(sender, door, body, kind):
    SENT["forms"] += 1
    assert sender.ask("POST", f"/gradio_api/{door}", body, Content_Type=kind)[0] >= 400
    assert sender.ask("POST", "/login", body, Content_Type=kind)[0] >= 400


@share(4)
@given(around({"data": ["1", 1], "fn_index": 2, "session_hash": "x", "trigger_id": None}),
       st.sampled_from(NASTY[:-12]) | st.text(max_size=20))  # fmt: skip
def test_what_comes_of_the_queue(sender, body, name):
    """Who joins it hears of that; who has not is told nothing."""
    SENT["queue/data"] += 1
    if "session_hash" in body:
        body["session_hash"] = name
    sender.ask(
        "POST", "/gradio_api/queue/join", text_of(body).encode(), Content_Type="application/json"
    )
    path = f"/gradio_api/queue/data?session_hash={quote(name, safe='', errors='replace')}"
    told = b""
    with suppress(OSError, http.client.HTTPException):  # nothing may come, of what nobody began
        told = urllib.request.urlopen(sender.server.url + path[1:], timeout=0.3).read1()
    assert b"Traceback" not in told


def test_that_is_how_many(request):
    stumbled = COUNTS["gradio_stumbled"] - BEFORE
    print(f"\n{sum(SENT.values()):,} inputs: {dict(SENT)}")
    print(f"{stumbled:,} answers were errors of Gradio's own (500), which are given as 400")
    if not request.config.getoption("-k"):
        assert sum(SENT.values()) >= max(WANTED, FEW)
