"""The server's page for who knows the secret, and the log."""

import asyncio
import io
import json
import logging
import platform
import re
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from contextlib import suppress
from importlib.metadata import version

import pytest
from helpers.http import post, send, status, wait_until
from helpers.tab import Tab
from helpers.witness import alive
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from ganplay.server.api import toy
from ganplay.server.http import auth, logs, rate_limits, secret_check
from ganplay.server.http.logs import JsonFormatter, RateLimitFilter, plain
from ganplay.server.status import report, routes

SECRET = "a lecture in the hall"
PATH = "ganplay/operator"


@pytest.fixture
def kept(server, monkeypatch):
    monkeypatch.setenv(auth.VARIABLE, SECRET)
    monkeypatch.setattr(secret_check, "WRONG_SECONDS", 0.0)
    monkeypatch.setattr(server.status.secret_check, "_buckets", rate_limits.TokenBuckets())


class Still(urllib.request.HTTPRedirectHandler):
    """Stays where it is."""

    def redirect_request(self, *args):
        return None


def sign(server, form, **headers):
    """The answer to a form: status, headers."""
    body = urllib.parse.urlencode(form).encode()
    request = urllib.request.Request(server.url + PATH, body, headers)
    with pytest.raises(urllib.error.HTTPError) as answer:
        urllib.request.build_opener(Still).open(request)
    return answer.value.code, answer.value.headers


@pytest.mark.parametrize("secret", [None, "", "short"])
def test_without_a_secret_there_is_no_such_page(server, monkeypatch, secret):
    monkeypatch.delenv(auth.VARIABLE, raising=False)
    if secret is not None:
        monkeypatch.setenv(auth.VARIABLE, secret)
    nothing = status(server, "ganplay/nothing")[0::2]
    for path in (PATH, f"{PATH}.json"):
        assert status(server, path)[0::2] == nothing
    assert sign(server, {"secret": secret or "x"})[0] == 404
    headers = {"X-Ganplay-Secret": secret or ""}
    assert status(server, f"{PATH}.json", **headers)[0] == 404


def test_who_signs_in_gets_a_cookie_and_sees_the_numbers(server, kept):
    assert status(server, f"{PATH}.json")[0] == 401
    assert b'data-state="out"' in status(server, PATH)[2]
    code, headers = sign(server, {"secret": SECRET})
    assert (code, headers["Location"]) == (303, "operator")  # no secret in an address
    cookie = headers["Set-Cookie"]
    assert SECRET not in cookie
    assert {"HttpOnly", "SameSite=strict"} <= set(cookie.split("; "))
    mine = {"Cookie": cookie.split(";")[0]}
    code, headers, body = status(server, f"{PATH}.json", **mine)
    assert (code, headers["Cache-Control"]) == (200, "no-store")
    assert set(json.loads(body)) == {
        "seconds", "engine", "sessions", "batches", "process", "places", "models", "events",
        "versions", "loop_late",
    }  # fmt: skip
    code, headers, body = status(server, PATH, **mine)
    assert b'data-state="in"' in body
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    # Out again, here only.
    other = {"Cookie": sign(server, {"secret": SECRET})[1]["Set-Cookie"].split(";")[0]}
    assert sign(server, {}, **mine)[0] == 303
    assert status(server, f"{PATH}.json", **mine)[0] == 401
    assert status(server, f"{PATH}.json", **other)[0] == 200


def by_header(path, body=None):
    """A guess at a door that reads the header: the status."""

    def guess(server, secret):
        headers = {"X-Ganplay-Secret": secret}
        if body is None:
            return status(server, path, **headers)[0]
        try:
            post(server, path, body(), headers)
        except urllib.error.HTTPError as refused:
            return refused.code
        return 200

    return guess


def by_form(server, secret):
    code, headers = sign(server, {"secret": secret})
    return 401 if headers["Location"] == "operator?wrong" else code


def by_socket(server, secret):
    address = server.url.replace("http", "ws") + "ganplay/lab/socket"
    with connect(address, additional_headers={"X-Ganplay-Secret": secret}) as socket:
        if secret == SECRET:
            return 200
        with suppress(ConnectionClosed):
            while True:
                socket.recv(timeout=20)
        return socket.protocol.close_code - 4000


GUESSES = {
    "form": by_form,
    "socket": by_socket,
    "numbers": by_header(f"{PATH}.json"),
    "page": by_header(PATH),
    "poll": by_header("ganplay/lab/poll", lambda: {"token": auth.issue(), "messages": []}),
    "gradio": by_header("gradio_api/call/info", lambda: {"data": [""]}),
    "file": by_header("ganplay/schema.json"),
}


@pytest.fixture
def waits(kept, monkeypatch):
    """The seconds that wrong secrets are kept waiting, none of which pass."""
    made, sleep = [], asyncio.sleep

    async def waiting(seconds, *rest):
        if seconds == 7.5:
            made.append(seconds)
            seconds = 0
        return await sleep(seconds, *rest)

    monkeypatch.setattr(secret_check, "WRONG_SECONDS", 7.5)
    monkeypatch.setattr(secret_check.asyncio, "sleep", waiting)
    return made


@pytest.mark.parametrize("door", GUESSES)
def test_who_guesses_has_to_wait_and_who_knows_has_not(server, waits, caplog, door):
    """By what is waited for, not by a clock; each guess is counted and logged."""
    caplog.set_level(logging.INFO, "ganplay.events")
    guess, before = GUESSES[door], logs.COUNTS["guess"]
    for count, wrong in enumerate((SECRET[:-1], SECRET.upper(), "x" * 300), 1):
        assert guess(server, wrong) == 401
        assert len(waits) == count
        assert logs.COUNTS["guess"] == before + count
    assert guess(server, SECRET) not in (401, 429)
    assert len(waits) == 3
    told = [record for record in caplog.records if record.getMessage() == "guess"]
    assert len(told) == 3
    assert SECRET[:-1] not in str([vars(record) for record in told])


def test_who_guesses_often_is_not_even_compared(server, waits, monkeypatch):
    """Whichever door was tried; and who has signed in goes on."""
    mine = {"Cookie": sign(server, {"secret": SECRET})[1]["Set-Cookie"].split(";")[0]}
    monkeypatch.setattr(secret_check, "GUESSES", rate_limits.Rate(4, 1e-3))
    before = logs.COUNTS["many_guesses"]
    doors = [GUESSES[door] for door in ("form", "numbers", "poll", "socket")]
    assert [guess(server, "a wrong secret") for guess in doors] == [401] * 4
    assert [guess(server, "a wrong secret") for guess in doors] == [429] * 4
    assert [guess(server, SECRET) for guess in doors[:3]] == [429] * 3
    assert len(waits) == 4
    assert logs.COUNTS["many_guesses"] == before + 7
    code, headers, body = status(server, f"{PATH}.json", **{"X-Ganplay-Secret": SECRET})
    assert (code, headers["Retry-After"], json.loads(body)) == (429, "10", {"type": "too_many"})
    assert status(server, f"{PATH}.json", **mine)[0] == 200


def test_who_knows_the_secret_may_show_it_as_often_as_they_like(server, waits):
    for _ in range(3 * int(secret_check.GUESSES.burst)):
        assert GUESSES["page"](server, SECRET) == 200
    assert waits == []


def test_guessing_is_slow():
    assert secret_check.WRONG_SECONDS >= 0.5
    assert secret_check.GUESSES.burst <= 20
    assert secret_check.GUESSES.a_second <= 0.2


def test_over_https_the_cookie_is_for_https_only(server, kept):
    _, headers = sign(server, {"secret": SECRET}, X_Forwarded_Proto="https")
    assert "Secure" not in headers["Set-Cookie"]  # nobody said that
    _, headers = sign(server, {"secret": SECRET}, **{"X-Forwarded-Proto": "https"})
    assert "Secure" in headers["Set-Cookie"].split("; ")


def test_a_wrong_secret_and_another_site_are_refused(server, kept):
    for wrong in (SECRET + "x", "", "x" * 10_000, "\0", "ключ"):
        code, headers = sign(server, {"secret": wrong})
        assert (code, headers["Location"]) == (303, "operator?wrong")
        assert headers["Set-Cookie"] is None
    assert b'data-state="wrong"' in status(server, f"{PATH}?wrong")[2]
    assert sign(server, {"secret": SECRET}, Origin="https://evil.example")[0] == 403
    for given in ("x", SECRET[:-1]):
        headers = {"X-Ganplay-Secret": given}
        assert status(server, f"{PATH}.json", **headers)[0] == 401
    cookie = {"Cookie": f"{routes.COOKIE}={SECRET}"}
    assert status(server, f"{PATH}.json", **cookie)[0] == 401


def numbers(server):
    _, _, body = status(server, f"{PATH}.json", **{"X-Ganplay-Secret": SECRET})
    return json.loads(body), body.decode()


def test_numbers_are_those_of_the_sessions_and_not_whose_they_are(server, visit, kept):
    with server.engine._wake:
        server.engine._sessions.clear()
    numbers(server)
    mine = [auth.issue() for _ in range(2)]
    config = {"config": {"width_g": 16, "layers_g": 1}, "playing": False}
    lines = [visit(token=token, **config) for token in mine]
    for line in lines:
        line.until(lambda s: s.frames)
    lines[0].send("step", count=30)
    lines[0].until(lambda s: s.frames[-1]["step"] == 30)
    seen, text = numbers(server)
    one, other = seen["sessions"]
    assert (one["step"], other["step"]) == (30, 0)
    assert one["number"] < other["number"]
    assert (one["state"], one["networks"]) == ("paused", "1×16 / 2×64, 128")
    assert seen["batches"] == [{"networks": "1×16 / 2×64, 128", "sessions": 2}]
    assert (seen["engine"]["sessions"], seen["engine"]["watched"]) == (2, 2)
    assert seen["engine"]["workers"] == len(alive(server.engine))
    assert seen["places"]["weights"] == [0, 4]
    assert seen["process"]["memory"] > 2**27
    assert seen["versions"]["python"] == platform.python_version()
    for package in ("torch", "gradio"):
        assert seen["versions"][package] == version(package)
    for token in mine:
        assert token.split(".")[0] not in text
    assert "127.0.0.1" not in text


@pytest.mark.skipif(sys.platform != "linux", reason="read from /proc")
def test_memory_of_the_process_that_captures_counts(monkeypatch):
    monkeypatch.setattr(report.CAPTURE_PROCESS, "_process", None)
    alone = report._process()["memory"]
    line = [sys.executable, "-c", "held = bytes([1]) * 2**28; print(); input()"]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        monkeypatch.setattr(report.CAPTURE_PROCESS, "_process", other)
        assert report._process()["memory"] > alone + 2**28 - 2**24
        other.stdin.close()
    assert report._process()["memory"] < alone + 2**28 - 2**24


def test_rates_by_hand(monkeypatch):
    from types import SimpleNamespace

    from ganplay import ToyConfig
    from ganplay.live.lab_session import LabSession

    now = [50.0]
    monkeypatch.setattr(report.time, "monotonic", lambda: now[0])
    session = LabSession(ToyConfig(), 50.0)
    engine = SimpleNamespace(sessions=lambda: [session], max_sessions=9, alive=2)
    made = report.ServerReport(engine, SimpleNamespace(in_memory=[]), [], [])
    assert made.read()["sessions"][0]["steps"] is None
    session.steps_done, session.frames_made, now[0] = 100, 40, 52.0
    (seen,) = made.read()["sessions"]
    assert (seen["steps"], seen["frames"], seen["state"]) == (50.0, 20.0, "left")
    now[0] = 60.0
    made.read()
    session.steps_done, now[0] = 130, 63.0  # 30 steps since the look three seconds before
    assert made.read()["engine"]["steps"] == 10.0


# ---- the log -------------------------------------------------------------------------------------


@pytest.fixture
def written():
    """A log that is written into a text, and what stands in it by now."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    handler.addFilter(RateLimitFilter())
    logger = logging.getLogger("ganplay.test")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield logger, lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logger.removeHandler(handler)


def test_a_line_is_json_without_a_word_about_who(written):
    logger, lines = written
    token = auth.issue()
    logger.info("from %s:5 and [2001:db8::7] with %s", "192.0.2.1", token)
    try:
        raise ValueError(f"what {token} sent from 192.0.2.1")
    except ValueError:
        logger.exception("it failed")
    logger.info("session", extra={"fields": {"step": 3}})
    first, second, third = lines()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", first.pop("time"))
    assert first == {
        "level": "info", "logger": "ganplay.test",
        "event": "from (address) and (address) with (session)",
    }  # fmt: skip
    assert second["error"] == "ValueError"
    assert second["at"][0].startswith("tests/server/test_status.py:")
    assert token not in str(second)
    assert "192.0.2.1" not in str(second)
    assert (third["event"], third["step"]) == ("session", 3)


@pytest.mark.parametrize("text", ["step 12.5 of 3", "12:30", "a model's files are gone"])
def test_what_is_no_address_stays(text):
    assert plain(text) == text


def test_of_a_flood_some_lines_are_told_and_then_how_many_were_not(written, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(logs.time, "monotonic", lambda: now[0])
    logger, lines = written
    for _ in range(200):
        logger.info("again")
    assert len(lines()) == logs.LINES_A_SECOND
    now[0] += 2
    logger.info("later")
    assert lines()[-1]["untold"] == 200 - logs.LINES_A_SECOND


def test_what_happens_is_noted(server, visit, caplog):
    caplog.set_level(logging.INFO, "ganplay.events")
    before = logs.COUNTS["session"]
    token = auth.issue()
    line = visit(token=token, playing=False).until(lambda s: s.frames)
    send(server, "weights/save", token)
    line.socket.close(1001)
    wait_until(lambda: [r for r in caplog.records if r.getMessage() == "socket"])
    told = [(r.getMessage(), r.fields) for r in caplog.records if r.name == "ganplay.events"]
    assert logs.COUNTS["session"] > before
    ((_, session),) = [one for one in told if one[0] == "session"]
    assert session["known"] is False
    ((_, request),) = [one for one in told if one[0] == "request"]
    assert (request["path"], request["code"]) == ("/ganplay/weights/save", 200)
    assert request["bytes"] > 1000
    ((_, closed),) = [one for one in told if one[0] == "socket"]
    assert (closed["path"], closed["code"]) == ("/ganplay/lab/socket", 1001)
    assert token.split(".")[0] not in str(told)


def test_what_somebody_made_up_stands_in_no_log(server, caplog, monkeypatch):
    caplog.set_level(logging.INFO, "ganplay.events")
    words = "all-about-me"

    def posted(path, kind="application/json"):
        request = urllib.request.Request(server.url + path, b"{}", {"Content-Type": kind})
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request)
        return refused.value.code

    doors = [f"{root}{words}" for root in ("gradio_api/call/", "gradio_api/run/", "ganplay/",
             "gradio_api/", "", "ganplay/assets/")]  # fmt: skip
    for door in doors:
        assert 400 <= posted(door) < 500
        assert posted(door, "text/plain") in (404, 405, 415)
    monkeypatch.setattr(rate_limits, "WORK", rate_limits.Rate(0.5, 0.01))
    assert [posted(door) for door in doors] == [429] * len(doors)

    def told():  # an answer may be there before it is told of
        return [r.fields["path"] for r in caplog.records if r.name == "ganplay.events"]

    wait_until(lambda: len(told()) == 3 * len(doors))
    assert words not in str(told())
    assert "/gradio_api/call/{api_name}" in told()


def test_gradio_prints_nothing_that_was_sent(server, caplog, capsys, monkeypatch):
    words = "all-about-me"

    def stumble(state):
        raise RuntimeError(words)

    monkeypatch.setattr(toy.ToyConfig, "from_state", stumble)
    body = {"data": [words, 10]}
    event = json.loads(post(server, "gradio_api/call/write_script", body))["event_id"]
    path = f"gradio_api/call/write_script/{event}"
    assert status(server, path)[2].startswith(b"event: error")
    (record,) = [r for r in caplog.records if "make sense" in r.getMessage()]
    assert words not in JsonFormatter().format(record)
    printed = capsys.readouterr()
    assert words not in printed.out + printed.err
    assert "Traceback" not in printed.err


def test_the_page_in_both_languages_and_on_a_phone(chromium, server, visit, kept):
    visit(speed=20).until(lambda s: s.frames)
    for locale, words, size in (
        ("en-US", "Sessions", (1366, 768)), ("zh-CN", "会话", (390, 844)),
    ):  # fmt: skip
        wide, high = size
        context = chromium.new_context(locale=locale, viewport={"width": wide, "height": high})
        page, complaints = context.new_page(), []
        page.on("console", lambda m, to=complaints: to.append(m.text))
        page.on("pageerror", lambda e, to=complaints: to.append(str(e)))
        page.goto(server.url + PATH)
        page.fill("#secret", "not the secret at all")
        page.keyboard.press("Enter")
        page.wait_for_selector(".wrong:visible")
        page.fill("#secret", SECRET)
        page.keyboard.press("Enter")
        page.wait_for_selector(".tiles dd")
        assert words in page.inner_text(".tiles")
        assert SECRET not in page.url
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate("document.cookie") == ""  # no script can read it
        changed = "text => document.querySelector('.tiles').innerText !== text"
        page.wait_for_function(changed, arg=page.inner_text(".tiles"))  # it is live
        page.click(".sign-out button")
        page.wait_for_selector("#secret")
        assert complaints == []
        context.close()


def test_a_lecturer_who_has_signed_in_comes_first_in_the_lab(chromium, server, kept):
    tab = Tab(chromium, server.url + PATH, drawn=False)
    tab.page.fill("#secret", SECRET)
    tab.page.keyboard.press("Enter")
    tab.page.wait_for_selector(".tiles dd")
    others = Tab(chromium, server.url)  # of a browser that has not
    lab = tab.context.new_page()
    lab.goto(server.url)
    lab.wait_for_function("window.ganplay?.drawn > 3")
    for page, first in ((lab, True), (others.page, False)):
        session_id = auth.session_of(page.evaluate("ganplay.link.current"))
        assert server.engine._sessions[session_id].has_priority == first
    tab.done()
    others.done()
