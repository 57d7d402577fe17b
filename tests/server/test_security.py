"""What SECURITY.md promises, tried on the real server and in a real browser."""

import ast
import base64
import json
import re
import socket
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from gradio.utils import get_upload_folder
from helpers.http import post, refusal
from helpers.http import status as status_of
from helpers.tab import Tab

import ganplay
from ganplay.media import uploads
from ganplay.server.http import auth, gradio_lockdown
from ganplay.server.schema import ASSETS

EVIL = "<img src=x onerror=\"window.hacked='{name}'\"><script>window.hacked='{name}'</script>"
SHORT = "<img src=x onerror=hacked=1>"  # fits into a name


# ---- who may ask ---------------------------------------------------------------------------------


def test_sessions_cannot_be_guessed():
    made = [auth.issue() for _ in range(200)]
    assert len(set(made)) == 200
    session = made[0].split(".")[0]
    assert len(session) == 24  # 18 bytes, 144 bits
    assert auth.session_of(f"{session}.{'0' * 32}") is None
    assert auth.session_of(made[0][:-1]) is None


# ---- files and kinds -----------------------------------------------------------------------------

TRICKS = ("../../pyproject.toml", "..%2f..%2fpyproject.toml", "%2e%2e/%2e%2e/pyproject.toml",
          "/etc/passwd", "%2fetc%2fpasswd", "//etc/passwd", "..\\..\\pyproject.toml",
          "....//....//etc/passwd", "lab/lab.js%00.png", "file:///etc/passwd",
          "http://127.0.0.1:1/x", str(Path(ganplay.__file__)))  # fmt: skip


@pytest.mark.parametrize(
    "door", ["ganplay/assets/", "gradio_api/file=", "file=", "gradio_api/file/", "file/",
             "gradio_api/proxy=", "proxy=", "static/", "assets/", "svelte/",
             "gradio_api/custom_component/", "gradio_api/stream/", "ganplay/explore/"]
)  # fmt: skip
def test_no_file_is_read_by_its_name(server, door):
    for trick in TRICKS:
        status, _, body = status_of(server, door + trick)
        if status == 200:  # what is no file of the server's folders is Gradio's page at most
            assert b"<!doctype html>" in body[:200].lower()
        assert b"root:" not in body
        assert b"[project]" not in body
        assert b"__version__" not in body


def test_nothing_is_ever_put_on_the_disk(server, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    body = (
        b'--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\nhi\r\n--x--\r\n'
    )
    paths = ("upload", "upload/", "component_server", "component_server/", "call/info",
             "queue/join", "run/info")  # fmt: skip
    for path in ("upload", "login", "login/", *(f"gradio_api/{path}" for path in paths)):
        request = urllib.request.Request(
            server.url + path, body, {"Content-Type": "multipart/form-data; boundary=x"}
        )
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request)
        assert refused.value.code == 415
    assert status_of(server, "login")[0] == 404
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("path", ["http://127.0.0.1:1/{}", "https://example.com/{}", "/{}", "{}"])
def test_what_stands_for_a_file_is_refused_before_it_is_fetched(server, path, stream):
    """Gradio would fetch an address that stands in an argument, and keep what comes."""
    given = {"path": path.format(auth.issue()), "meta": {"_type": "gradio.FileData"}}
    given |= {"is_stream": stream}
    kept = {*Path(get_upload_folder()).rglob("*")}
    for arguments in ([given, 10], [[{"x": given}], 10]):
        body = {"data": arguments}
        event = json.loads(post(server, "gradio_api/call/write_script", body))["event_id"]
        told = status_of(server, f"gradio_api/call/write_script/{event}")[2]
        assert told.startswith(b"event: error"), told
        assert b"none is fetched" in told
    assert {*Path(get_upload_folder()).rglob("*")} == kept


GRADIOS = ("queue/join", "run/predict", "call/info", "call/v2/info", "component_server", "cancel",
           "reset", "nothing")  # fmt: skip


@pytest.mark.parametrize("door", GRADIOS)
def test_a_request_to_gradio_that_never_ends_is_refused(server, monkeypatch, door):
    monkeypatch.setattr(gradio_lockdown, "MAX_REQUEST", 100_000)
    place = urlsplit(server.url)
    head = f"POST /gradio_api/{door} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    for rest in (
        f"Content-Length: {10**12}\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n1ADB0\r\n" + "1" * 110_000 + "\r\n",
    ):
        with socket.create_connection((place.hostname, place.port), timeout=20) as line:
            line.sendall((head + rest).encode())
            assert line.recv(2**16).startswith(b"HTTP/1.1 413")


def test_gradio_is_sent_as_much_as_an_endpoint_takes():
    picture_and_mask = 2 * (uploads.MAX_BYTES * 4 // 3 + 200)
    assert picture_and_mask < gradio_lockdown.MAX_REQUEST < 2 * picture_and_mask


@pytest.mark.parametrize("host", ["\xa1", "[", "a b", "x" * 300, "%00"])
def test_a_host_that_cannot_be_is_the_requests_fault(server, host):
    """Gradio makes addresses of what a proxy, or whoever, says that its host is called."""
    for path in ("", "config", "gradio_api/info"):
        for head in ("X-Forwarded-Host", "Host"):
            status = status_of(server, path, **{head: host})[0]
            assert status in (200, 400), (path, head)


def test_every_answer_says_what_it_is(server, visit):
    token = auth.issue()
    visit(token=token, playing=False).until(lambda s: s.frames)
    kinds = {
        "ganplay/schema.json": "application/json", "ganplay/lessons.json": "application/json",
        "ganplay/explore/models.json": "application/json", "ganplay/assets/lab/lab.css": "text/css",
        "ganplay/assets/lab/lab.js": "text/javascript", "ganplay/plotly.js": "text/javascript",
        "ganplay/gan.py?state=1&steps=1": "text/x-python", "ganplay/nothing": "application/json",
        "": "text/html", "gradio_api/file=x": "application/json",
    }  # fmt: skip
    for path, kind in kinds.items():
        _, headers, _ = status_of(server, path)
        assert headers["Content-Type"].split(";")[0] == kind, path
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert headers["Referrer-Policy"] == "same-origin", path
    request = urllib.request.Request(
        server.url + "ganplay/weights/save", b"", {"X-Ganplay-Token": token}
    )
    with urllib.request.urlopen(request) as answer:
        assert answer.headers["Content-Type"] == "application/octet-stream"


JSON = (
    "lab/poll", "arena/poll", "explore/render", "explore/walk", "lessons/run", "lessons/report",
    "lessons/check", "lessons/happened",
)  # fmt: skip
"""Routes of ours that take JSON and nothing else."""


@pytest.mark.parametrize("path", JSON)
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_json_must_be_said_to_be_json(server, path, kind):
    told = refusal(server, path, auth.issue(), b"{}", Content_Type=kind)
    assert told == (415, {"type": "content_type", "allowed": "application/json"})


# ---- code ----------------------------------------------------------------------------------------


OWN_PIPE = {"capture_process.py": {"subprocess", "torch.load"}}
"""What the server sends its own helper, over a pipe that nobody else has."""


CALLS = (
    "eval",
    "exec",
    "compile",
    "__import__",
    "os.system",
    "torch.load",
    "np.load",
    "numpy.load",
)


def test_nothing_unpickles_or_runs_what_it_is_given():
    bad = {"pickle", "marshal", "shelve", "joblib", "yaml", "subprocess", "importlib.import_module"}
    for path in Path(ganplay.__file__).parent.rglob("*.py"):
        own = OWN_PIPE.get(path.name, set())
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {getattr(node, "module", None), *(name.name for name in node.names)}
                assert not bad & names - own, path
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called in own or called not in CALLS, path


MARKUP = {
    "dom.js": "createContextualFragment(html)", "model-graph.js": "innerHTML: svg",
    "report.js": "page.documentElement.outerHTML",
}  # fmt: skip
"""Where scripts make markup: of words of their own, or of files of ours."""


def test_texts_never_become_markup():
    asked = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment|document\.write"
        r"|DOMParser|srcdoc|\beval\(|new Function|javascript:"
    )
    for path in ASSETS.rglob("*.js"):
        text = path.read_text(encoding="utf-8")
        found = asked.findall(text)
        assert len(found) == (path.name in MARKUP), (path.name, found)
        assert MARKUP.get(path.name, "") in text


KEPT = ("kind", "code", "status", "change", "group", "of", "signal", "run", "shows", "field",
        "layers", "parts", "editable", "choices", "lesson", "name", "settings", "solution", "shape",
        "state")  # fmt: skip
"""What is no text for visitors, where it is a string; settings are none anywhere."""


def spoilt(value, name=""):
    """All texts of a thing, with markup behind them."""
    if isinstance(value, dict):
        texts = {k: v for k, v in value.items() if k not in ("settings", "solution")}
        return value | {k: spoilt(v, k) for k, v in texts.items()}
    if isinstance(value, list):
        return [spoilt(one, name) for one in value]
    is_text = isinstance(value, str) and name not in KEPT
    return f"{value}{EVIL.format(name=name)}" if is_text else value


def unharmed(page):
    """Nothing has been run, and nothing is there that could be."""
    assert page.evaluate("window.hacked") is None
    assert page.evaluate("document.querySelectorAll('img[src=x], [onerror]').length") == 0


def fill_all(page, seen):
    """Markup into all boxes for text that are in sight, and Enter; notes which they were."""
    for box in page.query_selector_all("input:not([readonly], [type]), input[type=text], textarea"):
        if box.is_visible() and box.is_editable():
            seen.add(box.evaluate("(box) => box.id || box.ariaLabel"))
            box.fill(SHORT)
            box.press("Enter")


def file_of(kind, content, name):
    told = json.dumps({"ganplay": kind, "version": 1, kind: content}).encode()
    return {"name": name, "mimeType": "application/json", "buffer": told}


def test_hostile_texts_stay_texts(chromium, server):
    """In links, names of files, cards and boxes; and no address ever has a session."""

    def cards(route):
        content = route.fetch().json()
        for model in content["models"]:
            model["labels"] = [spoilt(label, "label") for label in model["labels"]]
            model["data"] = spoilt(model["data"], "data")
            model["named"] = [spoilt(one, "named") for one in model["named"]]
        route.fulfill(json=content)

    asked, evil, filled = [], EVIL.format(name="link").replace("=", "%3D"), set()
    raw = EVIL.format(name="link").replace("=", "")
    state = f"state=1;loss:{evil};{raw}:1&rival=1;{raw}:{raw}"
    tab = Tab(chromium, f"{server.url}#{state}&hide={raw},seed&lock={raw}&lang={raw}&view={raw}")
    page = tab.page
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda socket: asked.append(socket.url))
    page.on("dialog", lambda dialog: tab.complaints.append(f"dialog {dialog.message}"))
    page.route("**/explore/models.json", cards)
    name = EVIL.format(name="file").replace("/", "_")
    bad = {"name": name, "mimeType": "text/csv", "buffer": b"1,nan\n"}
    said = "document.querySelector('.toasts').innerText.includes('onerror')"
    page.set_input_files(".points-file", bad)
    page.wait_for_function(said)
    page.set_input_files(".weights-file", bad)
    settings = json.dumps({"loss": evil, evil: evil}).encode()
    page.set_input_files(".settings-file", bad | {"buffer": settings, "name": name + ".json"})
    fill_all(page, filled)
    unharmed(page)

    def opened(address):
        page.goto("about:blank")
        page.goto(f"{server.url}#{address}")

    opened(f"arena=base:{raw};seeds:{raw};{raw}:1;lr_g:0.1,{raw}&learn={raw}&lesson={raw}")
    page.get_by_role("tab", name="Arena").click()
    page.wait_for_function(said)  # the server's refusal of the values
    assert "onerror" in page.input_value("#ar-values-1")
    page.select_option("#ar-axis-2", "lr_d")
    fill_all(page, filled)
    unharmed(page)
    page.get_by_role("tab", name="Learn").click()
    page.wait_for_selector(".ln-list button")
    fill_all(page, filled)

    opened(f"explore=1;model:{raw};seed:{raw};label:{raw}&walk=1;{raw}|{raw}")
    page.wait_for_function("window.ganplay?.explore?.drawn > 0")
    model, dim = page.evaluate("[ganplay.explore.model.name, ganplay.explore.model.dim]")
    vector = base64.urlsafe_b64encode(b"\0\x3c" * dim).decode().rstrip("=")
    way = {"model": model, "name": SHORT, "dim": dim, "vector": vector}
    places = [raw, f"1;model:{raw};seed:1", f"1;model:{model};seed:{raw}"]
    places.append(f"1;model:{model};seed:3")  # the others cannot be used
    page.click("#ex-tab-arithmetic")
    for box, kind, content in (
        (".am-file", "directions", [way, {evil: evil}]), (".ex-tray-file", "favourites", places),
    ):  # fmt: skip
        page.wait_for_selector(box, state="attached")
        page.set_input_files(box, file_of(kind, content, name))
        page.set_input_files(box, bad)  # which is none
    page.wait_for_selector(".am-kept input")
    assert page.input_value(".am-kept input") == SHORT
    page.wait_for_selector(".ex-favourites canvas")
    for panel in ("gallery", "map", "find", "walk", "arithmetic"):
        page.click(f"#ex-tab-{panel}")
        page.wait_for_selector(f"#ex-panel-{panel} button:visible")
        fill_all(page, filled)
        unharmed(page)
    assert {"ar-values-1", "ar-values-2", "am-name"} < filled
    assert len(filled) == 4  # and the direction's

    token = page.evaluate("ganplay.link.current")
    assert auth.session_of(token)
    assert asked
    assert not [url for url in asked if token in url or token.split(".")[0] in url]
    assert token.split(".")[0] not in page.evaluate("location.href + document.cookie")
    shared = page.evaluate("ganplay.share.link ?? ''")
    assert token not in str(shared)
    assert not [text for text in tab.complaints if "dialog" in text or "outside" in text]
    tab.context.close()


def test_a_hostile_lesson_stays_text(chromium, server):
    """All its texts, from the question to the report and the file that this is kept as."""

    def lessons(route):
        content = spoilt(route.fetch().json()["lessons"], "lessons")
        content = route.fetch().json() | {
            "lessons": content,
            "problems": [EVIL.format(name="problem")],
        }
        route.fulfill(json=content)

    def shown(*names):
        """The texts of so many places are there to be read, and nothing else of them."""
        text = page.inner_text(".learn")
        assert [name for name in names if f"hacked='{name}'" not in text] == []
        unharmed(page)

    def does(name):
        page.click(f'[data-does="{name}"]')

    tab = Tab(chromium, "about:blank", drawn=False)
    page = tab.page
    page.route("**/lessons.json", lessons)
    page.goto(f"{server.url}#learn=oscillation")
    page.wait_for_selector("[name=ln-answer-0]")
    shown("en", "text", "problem")
    page.click("[name=ln-answer-0]")
    does("answer")
    does("on")
    does("start_run")
    page.wait_for_selector('[data-does="on"]', timeout=60_000)
    shown("en", "text")
    does("on")
    shown("en")
    does("on")
    does("hint")
    assert "hacked" in page.inner_text(".ln-hint")
    assert "hacked" in page.inner_text(".ln-task")
    does("try")  # unchanged it does not break, and why is said
    page.wait_for_selector(".ln-gauge.fails", timeout=60_000)
    assert "hacked" in page.inner_text(".ln-why")
    unharmed(page)
    page.click('[data-step="mend"]')
    does("hint")
    page.fill("#ln-r1", "1")
    page.press("#ln-r1", "Enter")
    does("try")
    page.wait_for_selector(".ln-gauge.holds", timeout=60_000)
    shown("en")
    page.click(".ln-sheet-open")
    shown("en")
    with page.expect_download() as saved:
        page.click(".ln-save")
    report = Path(saved.value.path()).read_text(encoding="utf-8")
    assert "hacked" in report
    page.set_content(report)
    assert "hacked" in page.inner_text("body")
    unharmed(page)
    assert not [text for text in tab.complaints if "outside" in text]
    tab.context.close()
