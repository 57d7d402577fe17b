"""The real server on a free port: sockets, requests, files and the named endpoint."""

import asyncio
import io
import json
import re
import struct
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from itertools import combinations

import gradio_client
import pytest
import torch
from helpers.http import post
from helpers.tab import in_a_loop
from PIL import Image
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from ganplay import PRESETS, ToyConfig, ToyTrainer
from ganplay.live.frame_codec import HEADER
from ganplay.server.api.toy import Refused, read_points, train_toy
from ganplay.server.http import auth, live_socket, protocol, waiting_line
from ganplay.server.schema import ASSETS, schema
from ganplay.toy.script_export import as_script


def test_an_acknowledgement_stands_for_frames_that_were_never_sent():
    async def visited():
        mailbox = live_socket.Outbox()
        for data in (b"1", b"2", b"3"):
            mailbox.frame(data)
        await asyncio.sleep(0)
        assert (await mailbox.collect(1))[1] == b"3"
        mailbox.frame(b"4")
        assert (await mailbox.collect(1))[1] == b"4"
        return [mailbox.acknowledged_frames() for _ in range(3)]

    assert in_a_loop(visited()) == [3, 1, 1]


def test_frames_are_not_compressed_though_browsers_offer_it(visit):
    line = visit()
    assert line.socket.request.headers["Sec-WebSocket-Extensions"].startswith("permessage-deflate")
    assert "Sec-WebSocket-Extensions" not in line.socket.response.headers
    line.until(lambda s: s.frames)


def test_a_page_gets_frames_data_and_its_settings(visit):
    line = visit().until(lambda s: len(s.frames) > 3 and s.frames[-1]["step"] > 20)
    assert line.event("welcome") == {"type": "welcome", "known": False, "problems": []}
    assert line.event("state")["config"] == PRESETS["ring"].to_dict()
    assert len(line.event("data")["real"]) == 1600
    line.send("play", playing=False)
    line.applied()
    assert not line.event("state")["playing"]


@pytest.mark.parametrize(
    "token",
    ["", "x", "forged.0123456789abcdef0123456789abcdef", 5, None, {"a": 1}, "ü.x", "a" * 10**4],
)
def test_a_forged_token_is_turned_away(visit, server, token):
    before = len(server.engine.sessions())
    line = visit(token=token if token is not None else [])
    assert line.closing_code() == protocol.REFUSED
    assert line.event("refused")
    assert len(server.engine.sessions()) == before


def test_a_token_of_another_server_is_turned_away(visit, server, monkeypatch):
    with monkeypatch.context() as other:
        other.setattr(auth, "_KEY", b"another server's")
        foreign = auth.issue()
    assert visit(token=foreign).closing_code() == protocol.REFUSED
    session_id = auth.session_of(auth.issue())
    assert auth.session_of(f"{session_id}x.{foreign.split('.')[1]}") is None


def test_a_page_of_another_site_is_turned_away(visit, server):
    with pytest.raises(InvalidStatus) as refused:
        visit(origin="https://elsewhere.example")
    assert refused.value.response.status_code == 403
    visit(origin=server.url.rstrip("/")).until(lambda s: s.frames)


@pytest.mark.parametrize("greeting", ["", "{", "[]", "null", '"x"', "[" * 5000])
def test_a_greeting_that_is_none_is_turned_away(server, greeting):
    address = server.url.replace("http", "ws") + "ganplay/lab/socket"
    with connect(address) as socket:
        socket.send(greeting)
        assert json.loads(socket.recv(timeout=5)) == {"type": "refused"}


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("{", "message"),
        ("[1, 2]", "message"),
        ("NaN", "message"),
        ("9" * 5000, "message"),
        ('{"type": "nonsense"}', "type"),
        ('{"type": "step", "count": NaN}', "count"),
        ('{"type": "step", "count": 1e999}', "count"),
        ('{"type": "speed", "speed": -5}', "speed"),
        ('{"type": "look", "probe": [NaN, 0]}', "probe"),
        ('{"type": "play", "playing": true, "id": "x"}', "id"),
        ('{"type": "preset", "name": "../../etc"}', "preset"),
        (b"\x00\x01\xff", "message"),
    ],
)
def test_messages_without_sense_are_answered_in_words_and_change_nothing(visit, text, field):
    line = visit(playing=False).until(lambda s: s.frames)
    line.raw(text)
    line.until(lambda s: s.event("error"))
    error = line.event("error")
    assert error["field"] == field
    assert len(error["value"]) <= 42
    assert error["allowed"]
    line.send("step")
    assert line.applied().frames[-1]["step"] == 1  # the line is still up


def test_settings_out_of_bounds_are_named_and_the_rest_is_kept(visit):
    line = visit(playing=False).until(lambda s: s.frames)
    line.raw(
        '{"type":"configure","id":1,"changes":{"lr_g":NaN,"width_d":1e300,"oops":{},"lr_d":0.5}}'
    )
    line.sent = 1
    line.applied()
    state = line.event("state")
    assert {p["field"]: p["code"] for p in state["problems"]} == {
        "lr_g": "bounds", "width_d": "bounds", "oops": "unknown",
    }  # fmt: skip
    assert state["config"] == PRESETS["ring"].to_dict() | {"lr_d": 0.5}


def test_a_greeting_with_bad_settings_is_repaired_and_told(visit):
    wrong = {"speed": "fast", "step": -4, "stop": {"when": "js", "bound": "x"}}
    line = visit(config={"loss": "hinge", "width_g": -1, "zap": 1}, **wrong)
    line.until(lambda s: s.event("state"))
    assert line.event("state")["stop"] is None
    assert {p["field"] for p in line.event("welcome")["problems"]} == {"width_g", "zap"}
    assert line.event("state")["config"]["loss"] == "hinge"


@pytest.mark.parametrize("rival", [{"loss": "hinge", "lr_d": 9}, "1;loss:hinge;lr_d:9;zap:1"])
def test_a_greeting_brings_a_pair_along(visit, rival):
    line = visit(config={"distribution": "moons", "seed": 3}, rival=rival, playing=False)
    line.until(lambda s: s.event("state") and s.frames)
    assert {p["field"] for p in line.event("welcome")["problems"]} <= {"lr_d", "zap"}
    told = line.event("state")["rival"]
    assert (told["config"]["loss"], told["config"]["lr_d"]) == ("hinge", 1e-3)
    assert "loss:hinge" in told["state"]
    assert "moons" not in told["state"]
    line.send("configure", lane="b", changes={"lr_g": 0.5})
    line.applied()
    assert line.event("state")["rival"]["config"]["lr_g"] == 0.5
    line.send("pair", on=False)
    line.applied()
    assert line.event("state")["rival"] is None
    line.raw('{"type":"configure","changes":{"lr_g":0.5},"lane":"b"}')
    line.until(lambda s: s.event("error"))
    assert line.event("error")["field"] == "lane"


@pytest.mark.parametrize("rival", [5, [], True, "", "x" * 10**4, {"lr_g": "<b>"}])
def test_a_rival_without_sense_is_none_or_repaired(visit, rival):
    line = visit(rival=rival, playing=False).until(lambda s: s.event("state") and s.frames)
    assert line.event("state")["config"] == PRESETS["ring"].to_dict()
    assert (line.event("state")["rival"] is None) == (not isinstance(rival, str | dict))


def test_a_restored_session_keeps_its_stop_condition(visit):
    stop = {"when": "modes", "bound": 8}
    line = visit(playing=False, stop=stop).until(lambda s: s.event("state"))
    assert line.event("state")["stop"] == stop


def test_what_is_too_large_or_too_much_ends_the_line_in_words(visit):
    line = visit(playing=False).until(lambda s: s.frames)
    line.raw(json.dumps({"type": "configure", "changes": {"x": "y" * protocol.MAX_MESSAGE}}))
    assert line.closing_code() == protocol.TOO_LARGE
    assert line.event("too_large")
    greeting = visit(config={"x": "y" * protocol.MAX_MESSAGE})
    assert greeting.closing_code() == protocol.TOO_LARGE
    heavy = visit(playing=False).until(lambda s: s.frames)
    with suppress(ConnectionClosed):
        for _ in range(10):  # few, but long
            heavy.send("configure", changes={"points": "A" * 100_000})
    assert heavy.closing_code() == protocol.TOO_MANY
    flood = visit(playing=False).until(lambda s: s.frames)
    with suppress(ConnectionClosed):
        for _ in range(5000):
            flood.raw('{"type":"ping"}')
    assert flood.closing_code() == protocol.TOO_MANY
    visit().until(lambda s: s.frames)  # others notice nothing


def test_two_visitors_do_not_see_each_other(visit):
    first = visit(config={"distribution": "moons", "seed": 1}, playing=False)
    second = visit(config={"distribution": "grid", "seed": 2}, playing=False)
    for line in (first, second):
        line.until(lambda s: s.frames and s.event("data"))
    first.send("step", count=30)
    first.send("configure", changes={"lr_g": 0.125})
    first.until(lambda s: s.frames[-1]["step"] == 30 and s.frames[-1]["applied"] == 2)
    second.send("look")
    second.applied()
    assert second.frames[-1]["step"] == 0
    assert second.event("state")["config"]["lr_g"] == 1e-3
    assert (first.event("data")["modes"], second.event("data")["modes"]) == (0, 25)


def test_a_page_comes_back_to_its_session_and_a_closed_one_is_forgotten(visit, server):
    token = auth.issue()
    line = visit(token=token, playing=False)
    line.until(lambda s: s.frames)
    line.send("step", count=25)
    line.until(lambda s: s.frames[-1]["step"] == 25)
    line.socket.socket.close()  # the network is gone, without a word
    again = visit(token=token, config={"distribution": "moons"})
    again.until(lambda s: s.frames)
    assert again.event("welcome")["known"]
    assert again.frames[-1]["step"] == 25
    session_id = auth.session_of(token)
    assert session_id in server.engine._sessions
    closed_at = time.monotonic()
    again.socket.close(1001)
    while session_id in server.engine._sessions:
        assert time.monotonic() - closed_at < 10, "a closed tab is to be forgotten within 10 s"
        time.sleep(0.1)


def test_when_every_place_is_taken_a_visitor_is_told(visit, server, monkeypatch):
    monkeypatch.setattr(server.engine, "max_sessions", 0)
    with server.engine._wake:  # those that other tests have left would make room
        server.engine._sessions.clear()
    monkeypatch.setattr(waiting_line, "MAX_WAITING", 1)
    first = visit().until(lambda s: s.event("waiting"))
    assert first.event("waiting") == {"type": "waiting", "place": 1, "of": 1}
    line = visit()  # the line itself has an end
    assert line.closing_code() == protocol.FULL
    assert line.event("full")


def test_many_sessions_come_and_go_and_leave_nothing(server, visit):
    before = set(server.engine._sessions)
    lines = [visit(speed=5) for _ in range(8)]
    for line in lines:
        line.until(lambda s: s.frames)
    assert len(server.engine._sessions) == len(before) + 8
    for line in lines:
        line.socket.close(1001)
    deadline = time.monotonic() + 10
    while not set(server.engine._sessions) <= before:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def poll(server, **body):
    answer = post(server, "ganplay/lab/poll", body)
    (length,) = struct.unpack_from("<I", answer)
    return json.loads(answer[4 : 4 + length]), answer[4 + length :]


def test_plain_requests_do_what_the_socket_does(server):
    token = auth.issue()
    events, frame = poll(server, token=token, playing=False, messages=[])
    deadline = time.monotonic() + 10
    while not frame and time.monotonic() < deadline:
        more, frame = poll(server, token=token, messages=[])
        events += more
    assert HEADER.unpack_from(frame)[4] == 0
    assert {"welcome", "state", "data"} <= {e["type"] for e in events}
    messages = [{"type": "ack"}, {"type": "step", "id": 1, "count": 3}, {"type": "nonsense"}]
    events, frame = poll(server, token=token, messages=messages)
    step = 0
    while step != 3 and time.monotonic() < deadline + 10:
        more, frame = poll(server, token=token, messages=[{"type": "ack"}])
        events += more
        step = HEADER.unpack_from(frame)[4] if frame else step
    assert step == 3
    assert [e["field"] for e in events if e["type"] == "error"] == ["type"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 401),
        (b"[]", 401),
        (b'{"token": "x"}', 401),
        (b"x" * (protocol.MAX_BODY + 1), 413),
        (b"\xff\xfe", 401),
    ],
)
def test_requests_without_sense_are_refused(server, body, status):
    with pytest.raises(urllib.error.HTTPError) as refused:
        post(server, "ganplay/lab/poll", body)
    assert refused.value.code == status
    assert json.loads(refused.value.read())["type"]


@pytest.mark.parametrize("messages", [5, "abc", {"a": 1}, None])
def test_requests_with_odd_messages_are_answered(server, messages):
    token = auth.issue()
    body = {"token": token, "playing": False, "messages": messages}
    with pytest.raises(urllib.error.HTTPError) as refused:
        post(server, "ganplay/lab/poll", body)
    assert refused.value.code == 400
    assert json.loads(refused.value.read())["field"] == "messages"


def test_a_request_of_another_site_is_refused(server):
    with pytest.raises(urllib.error.HTTPError) as refused:
        post(server, "ganplay/lab/poll", {}, {"Origin": "https://elsewhere.example"})
    assert refused.value.code == 403


def get(server, path):
    with urllib.request.urlopen(server.url + path, timeout=20) as answer:
        return answer.read(), answer.headers


def test_what_a_view_calls_its_parts_no_other_does():
    """The sheets of all views that have been opened count for the whole page."""
    sheets = {path.stem: path.read_text(encoding="utf-8") for path in ASSETS.rglob("*.css")}
    of = {
        name: set(re.findall(r"\.([a-z]{2})-[a-z]", text)) - {"ex"} for name, text in sheets.items()
    }
    of["explore"] -= of["arithmetic"]  # which is a part of it
    of["class"] -= of["learn"]  # a part of it
    for one, other in combinations(of, 2):
        assert not of[one] & of[other], (one, other)
    assert len(of["arena"]) == len(of["arithmetic"]) == 1


def test_files_are_served_and_nothing_else_is(server):
    assert get(server, "ganplay/schema.json")[0] == schema()
    script, headers = get(server, "ganplay/assets/app.js")
    assert b"export async function mount" in script
    assert headers["Cache-Control"] == "no-cache"
    assert len(get(server, "ganplay/plotly.js")[0]) > 1_000_000
    for path in ("ganplay/assets/../app.py", "ganplay/assets/%2e%2e/app.py", "ganplay/assets/",
                 "ganplay/assets//etc/passwd", "ganplay/assets/..%2f..%2fcli.py",
                 "ganplay/assets/lab", "ganplay/assets/lab/", "ganplay/assets/lab/../../cli.py",
                 "ganplay/assets/lab%2f..%2f..%2fcli.py",
                 "ganplay/assets/lab/lab.js%00"):  # fmt: skip
        with pytest.raises(urllib.error.HTTPError) as refused:
            get(server, path)
        assert refused.value.code == 404


@pytest.fixture(scope="module")
def client(server):
    return gradio_client.Client(server.url, verbose=False)


def test_the_named_endpoint_trains_a_toy(client):
    result = client.predict(
        preset="ring",
        settings={"width_g": 16, "width_d": 16, "loss": "hinge"},
        seeds=2,
        first_seed=5,
        steps=30,
        points=7,
        until="modes=100",
        api_name="/train_toy",
    )
    assert [m["reached"] for m in result["members"]] == [None, None]
    assert result["complete"]
    assert result["steps"] == 30
    assert result["config"]["loss"] == "hinge"
    assert [m["seed"] for m in result["members"]] == [5, 6]
    assert 0 <= result["members"][0]["js"] <= 1
    assert 0 < result["noise_floor"]["js"] < 0.1
    assert len(result["points"]) == 2
    assert len(result["points"][0]) == 7
    named = client.view_api(return_format="dict")["named_endpoints"]
    assert list(named) == ["/train_toy", "/write_script", "/read_points", "/info", "/generate",
                           "/project", "/walk"]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"preset": "nope"}, "preset: 'nope' is not possible; one of ring"),
        ({"seeds": 17}, "seeds: 17 is not possible; a whole number from 1 to 16"),
        ({"seeds": 1.5}, "seeds: 1.5 is not possible"),
        ({"steps": 10**9}, "steps: 1000000000 is not possible; a whole number from 0 to 5000"),
        ({"first_seed": -1}, "first_seed: -1 is not possible"),
        ({"points": "many"}, "points: 'many' is not possible"),
        ({"settings": {"lr_g": "fast"}}, "lr_g: 'fast' is not possible; a number from 0 to 1"),
        ({"settings": {"lrg": 1}}, "did you mean lr_g"),
        ({"settings": [1]}, "settings: '[1]' is not possible"),
        ({"until": "js=2"}, "until: js: '2' is not possible; a number from 0 to 1"),
        ({"state": 5}, "state: '5' is not possible; a text is needed"),
        ({"settings": {"loss": "hinge", "label_smoothing": 0.1}}, "no targets to smooth"),
    ],
)
def test_the_named_endpoint_refuses_in_words(client, arguments, complaint):
    with pytest.raises(gradio_client.exceptions.AppError) as refused:
        client.predict(**({"steps": 1} | arguments), api_name="/train_toy")
    assert complaint in str(refused.value)
    assert "Traceback" not in str(refused.value)


MANY = ".".join(["AZaz09-_" * 5_000] * 2)  # as many points as there can be


@pytest.mark.parametrize(
    "state",
    [
        "1;distribution:moons;seed:5;width_g:16;width_d:16;loss:hinge",
        f"1;distribution:own;conditional:true;seed:6;width_g:16;width_d:16;points:{MANY}",
    ],
    ids=("moons", "own"),
)
def test_one_state_string_gives_the_same_run_everywhere(client, visit, server, state):
    config, problems = ToyConfig.from_state(state)
    assert (config.to_state(), problems) == (state, [])
    trainer = ToyTrainer(config)
    trainer.step(40)
    points = trainer.sample(7)
    # The endpoint.
    answer = client.predict(state=state, steps=40, points=7, api_name="/train_toy")
    assert (answer["preset"], answer["state"], answer["problems"]) == (None, state, [])
    assert answer["points"] == points.tolist()
    # The command line.
    command = [sys.executable, "-m", "ganplay.cli", "toy", "--state", state]
    done = subprocess.run(
        [*command, "--steps", "40", "--json"], capture_output=True, text=True, check=True
    )
    told = json.loads(done.stdout)
    assert told["state"] == state
    assert told["members"] == [pytest.approx(m, abs=2e-6) for m in answer["members"]]
    # The page.
    line = visit(state=state, playing=False)
    line.send("step", net="both", count=40)
    line.applied()
    line.until(lambda s: s.frames[-1]["step"] == 40)
    assert line.event("state")["state"] == state
    (session,) = [s for s in server.engine._sessions.values() if s.config == config]
    assert torch.equal(session.trainer.sample(7), points)


@pytest.fixture
def nothing_left(tmp_path, monkeypatch):
    """Where temporary files would go, for the server too, which is of this process."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    yield
    assert not list(tmp_path.iterdir())


@pytest.fixture
def upload(server, visit, nothing_left):
    """Sends a file as a page with a session does: the status and the answer."""
    mine = auth.issue()
    visit(token=mine, playing=False).until(lambda s: s.frames)

    def send(data, token=mine, query="", **headers):
        headers = {"X-Ganplay-Token": token} | headers
        request = urllib.request.Request(server.url + "ganplay/points" + query, data, headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refused:
            return refused.code, json.load(refused)

    return send


def test_a_table_and_a_picture_become_points(upload):
    status, answer = upload(b"x,y,class\n0,0,a\n1,1,b\n2,0,b\n")
    assert (status, answer["count"], answer["classes"]) == (200, 3, 2)
    assert ToyConfig(distribution="own", points=answer["points"]).data.classes == 2
    buffer = io.BytesIO()
    Image.new("L", (9, 9), 0).save(buffer, "PNG")
    status, answer = upload(buffer.getvalue())
    assert (status, answer["count"], answer["classes"]) == (200, 200, 1)


@pytest.mark.parametrize(
    ("data", "status", "error"),
    [
        (b"1,nan\nnan,3", 400, {"code": "none_left", "count": 2, "x": "#1", "y": "#2"}),
        (b"1,2\n=1+1,2", 400, {"code": "not_number", "line": 2, "found": "=1+1", "column": "#1"}),
        (b"1\n2", 400, {"code": "columns", "line": 1, "found": 1}),
        (b"\x89PNG", 400, {"code": "broken"}),
        (b"", 400, {"code": "none"}),
        (b"1,2\n" * 400_000, 400, {"code": "too_many", "most": 20_000}),
        (b"%PDF-1.7", 400, {"code": "kind", "found": "pdf"}),
        (b"1" * 2_000_001, 413, {"code": "too_large", "most": 2_000_000}),
    ],
)
def test_files_without_sense_are_answered_in_words(upload, data, status, error):
    assert upload(data) == (status, {"error": error})


def test_a_page_is_told_what_was_read_as_what_and_may_choose(upload):
    data = b"label,u,v\na,1,2\nb,3,4\na,,6\n"
    first = upload(data)[1]
    told = first["table"]
    assert [column["role"] for column in told["columns"]] == ["class", "x", "y"]
    assert told["rows"][0] == ["a", "1", "2"]
    assert told["notes"] == [{"code": "left_out", "count": 1, "line": 4}]
    assert (first["count"], first["classes"]) == (2, 2)
    other = upload(data, query="?x=3&y=2&class=0")[1]
    assert [column["role"] for column in other["table"]["columns"]] == ["", "y", "x"]
    assert (other["classes"], other["points"]) != (2, first["points"])
    # What cannot be read comes with the table, so that other columns can be chosen.
    status, refused = upload(data, query="?x=1&y=2")
    assert (status, refused["error"]["code"]) == (400, "not_number")
    assert [column["role"] for column in refused["table"]["columns"]] == ["x", "y", ""]
    for query in ("?x=9", "?x=3&y=3", "?rows=<b>"):
        assert upload(data, query=query)[1]["error"]["code"] in ("no_column", "same", "rows")
    assert upload(data, query="?x=-1&y=<b>&class=99999")[1]["points"] == first["points"]


def test_files_are_taken_from_pages_with_a_session_only(upload, server):
    refused = {"error": {"code": "refused"}}
    assert upload(b"1,2", token="") == (403, refused)
    assert upload(b"1,2", token="forged.0123") == (403, refused)
    assert upload(b"1,2", token=auth.issue()) == (404, refused)
    assert upload(b"1,2", Origin="https://elsewhere.example") == (403, {"type": "refused"})
    assert upload(b"1,2", Origin=server.url.rstrip("/"))[0] == 200


def test_a_file_without_an_end_is_cut_short(server, upload):
    # 50 MB in parts whose sum is not told before: the server hangs up after the second.
    def parts():
        for _ in range(50):
            yield b"1,2\n" * 250_000

    with suppress(urllib.error.URLError, ConnectionError):
        status, answer = upload(parts())
        assert (status, answer["error"]["code"]) == (413, "too_large")
    assert upload(b"1,2\n")[0] == 200


def test_a_page_trains_on_uploaded_points_and_is_told_them_once(visit, upload):
    points = upload(b"0,0,a\n1,1,b")[1]["points"]
    line = visit(playing=False)
    line.send("configure", changes={"distribution": "own", "points": points, "conditional": True})
    line.send("configure", changes={"lr_g": 0.25})
    line.applied()
    state = line.event("state")
    assert "points" not in state["config"]
    assert line.event("data")["classes"] == 2
    full = [e for e in line.events if e["type"] == "state" and e["config"].get("points")]
    assert [e["config"]["points"] for e in full] == [points]


def test_a_long_script_is_posted(server):
    state = f"1;distribution:own;points:{MANY}"
    form = f"state={state}&steps=70".encode()
    expected = as_script(ToyConfig.from_state(state)[0], 70)
    assert post(server, "ganplay/gan.py", form).decode() == expected
    for body, status in ((b"state=1;loss:x&steps=1", 400), (b"x" * 10**6, 413), (b"\xff", 400)):
        with pytest.raises(urllib.error.HTTPError) as refused:
            post(server, "ganplay/gan.py", body)
        assert refused.value.code == status


def test_a_broken_link_opens_with_what_could_be_kept(client, visit):
    state = "1;loss:hinge;lr_g:7;<b>:1"
    line = visit(state=state).until(lambda s: s.frames)
    assert [p["code"] for p in line.event("welcome")["problems"]] == ["bounds", "unknown"]
    assert line.event("state")["state"] == "1;loss:hinge"
    answer = client.predict(state=state, steps=0, points=0, api_name="/train_toy")
    assert answer["state"] == "1;loss:hinge"
    assert len(answer["problems"]) == 2


def test_the_endpoint_reads_the_points_of_a_table():
    table = "kind,x,y,class\nreal,0,1,a\nreal,2,3,b\nfake,4,5,b\n"
    answer = read_points(table)
    assert (answer["count"], answer["classes"]) == (2, 2)
    assert [column["role"] for column in answer["table"]["columns"]] == ["kind", "x", "y", "class"]
    settings = {"distribution": "own", "points": answer["points"]}
    assert train_toy(settings=settings, steps=0, points=0)["config"]["points"] == answer["points"]
    assert read_points(table, "y, 2", "all")["count"] == 3
    for wrong, why in (({"columns": "x"}, "columns: "), ({"columns": "x,q"}, "no column q"),
                       ({"columns": "\0\n\"x"}, "columns: "), ({"rows": "both"}, "rows: both"),
                       ({"table": "%PDF"}, "a PDF document"),
                       ({"table": None}, "a text is needed"), ({"table": "\ud800"}, "columns"),
                       ({"table": "1,2\n" * 600_000}, "too large")):  # fmt: skip
        with pytest.raises(Refused, match=why):
            read_points(**{"table": table} | wrong)


def test_the_script_comes_by_the_page_the_endpoint_and_in_words(client, server):
    state = "1;distribution:moons;loss:hinge"
    expected = as_script(ToyConfig.from_state(state)[0], 70)
    assert client.predict(state=state, steps=70, api_name="/write_script") == expected
    with urllib.request.urlopen(f"{server.url}ganplay/gan.py?state={state}&steps=70") as answer:
        assert answer.read().decode() == expected
        assert answer.headers["Content-Disposition"] == 'attachment; filename="gan.py"'
    with pytest.raises(gradio_client.exceptions.AppError, match="'hin' is not possible"):
        client.predict(state="1;loss:hin", api_name="/write_script")
    for query in ("", "state=1", "state=1;loss:hin&steps=5", "state=1&steps=x", "state=1&steps=-1"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{server.url}ganplay/gan.py?{query}")
        assert refused.value.code == 400
        assert refused.value.headers["Content-Type"].startswith("text/plain")


def test_a_long_call_is_answered_after_a_while(client, monkeypatch):
    from ganplay.server.api import toy

    monkeypatch.setattr(toy, "SECONDS", 0.5)
    result = client.predict(steps=5000, seeds=8, points=0, api_name="/train_toy")
    assert not result["complete"]
    assert 0 < result["steps"] < 5000
