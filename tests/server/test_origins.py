"""Pages of other sites: they may open ours, and neither ask nor read anything, of Gradio either."""

import http.client
import json
from urllib.parse import urlsplit

import pytest
from helpers.tab import Tab
from starlette.datastructures import Headers
from websockets.exceptions import InvalidStatus

from ganplay.server.http.logs import COUNTS
from ganplay.server.http.origins import same_origin

HOME = "https://somebody-ganplay.hf.space"
JSON = {"Content-Type": "application/json"}
READ = ("", "config", "theme.css", "gradio_api/info", "gradio_api/queue/data?session_hash=x",
        "gradio_api/call/info/x", "gradio_api/queue/status", "gradio_api/mcp/",
        "gradio_api/mcp/sse", "gradio_api/heartbeat/x", "gradio_api/startup-events",
        "gradio_api/file=x", "monitoring",
        "ganplay/schema.json", "ganplay/gan.py?state=1&steps=1", "ganplay/operator",
        "ganplay/operator.json", "nothing")  # fmt: skip
SENT = ("gradio_api/queue/join", "gradio_api/call/info", "gradio_api/call/v2/info",
        "gradio_api/run/info", "gradio_api/api/info", "gradio_api/component_server",
        "gradio_api/upload", "gradio_api/cancel", "gradio_api/reset", "gradio_api/mcp/",
        "gradio_api/mcp/messages/", "login", "ganplay/lab/poll", "ganplay/explore/render",
        "ganplay/points", "ganplay/operator", "ganplay/nothing")  # fmt: skip
DOORS = [(method, path) for path in READ for method in ("GET", "HEAD", "OPTIONS")]
DOORS += [(method, path) for path in SENT for method in ("POST", "OPTIONS", "PUT")]


@pytest.mark.parametrize(
    ("right", "headers"),
    [
        (True, {}),  # no browser: curl, gradio_client
        (True, {"origin": "http://127.0.0.1:7860", "host": "127.0.0.1:7860"}),
        # In the frame on huggingface.co the page's own origin is the Space's.
        (True, {"origin": HOME, "host": "somebody-ganplay.hf.space"}),
        (True, {"origin": HOME, "host": "10.0.0.7:7860", "sec-fetch-site": "same-origin"}),
        (True, {"origin": HOME, "host": "10.0.0.7", "x-forwarded-host": HOME[8:]}),
        (True, {"origin": HOME, "host": "a", "x-forwarded-host": f"{HOME[8:]}, b"}),
        # The page around the frame, and any other.
        (False, {"origin": "https://huggingface.co", "host": "somebody-ganplay.hf.space"}),
        (False, {"origin": "https://evil.example", "host": "127.0.0.1:7860"}),
        (False, {"origin": "null", "host": "127.0.0.1:7860"}),
        (False, {"origin": "http://[", "host": "127.0.0.1:7860"}),
        (False, {"origin": "", "host": "127.0.0.1:7860", "x-forwarded-host": ""}),
        (False, {"host": "127.0.0.1:7860", "sec-fetch-site": "cross-site"}),
        (False, {"host": "127.0.0.1:7860", "sec-fetch-site": "same-site"}),
        (True, {"host": "127.0.0.1:7860", "sec-fetch-site": "none"}),
        (True, {"host": "127.0.0.1:7860", "sec-fetch-site": "same-origin"}),
        # A neighbour on the same site: another sub-domain, another port, or a longer name.
        (False, {"origin": "https://other-app.hf.space", "host": "somebody-ganplay.hf.space",
                 "sec-fetch-site": "same-site"}),
        (False, {"origin": HOME, "host": "10.0.0.7", "x-forwarded-host": HOME[8:],
                 "sec-fetch-site": "same-site"}),
        (False, {"origin": "https://other-app.hf.space", "host": "somebody-ganplay.hf.space"}),
        (False, {"origin": "https://hf.space", "host": "somebody-ganplay.hf.space"}),
        (False, {"origin": "https://a.somebody-ganplay.hf.space",
                 "host": "somebody-ganplay.hf.space"}),
        (False, {"origin": "http://127.0.0.1:8000", "host": "127.0.0.1:7860"}),
        (False, {"origin": f"{HOME}.evil.example", "host": "a", "x-forwarded-host": HOME[8:]}),
        # A page can make up a header, but not what the browser says of it.
        (False, {"origin": "https://evil.example", "host": "127.0.0.1:7860",
                 "x-forwarded-host": "evil.example", "sec-fetch-site": "cross-site"}),
    ],
)  # fmt: skip
def test_pages_of_ours_may_ask_and_others_may_not(right, headers):
    assert same_origin(Headers(headers)) == right


def test_the_socket_says_no_to_others(visit):
    for origin in ("https://huggingface.co", "https://evil.example", "null"):
        with pytest.raises(InvalidStatus) as refused:
            visit(origin=origin)
        assert refused.value.response.status_code == 403


def asked(server, method, path, host="ganplay.example", **headers):
    """Status, headers and body; `host` is what the server is called."""
    line = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=20)
    headers = {name.replace("_", "-"): text for name, text in headers.items()}
    body = b'{"data": [""]}' if method in ("POST", "PUT") else None
    try:
        line.request(method, f"/{path}", body, {"Host": host} | JSON | headers)
        answer = line.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        line.close()


def shared(headers):
    return [name for name in headers if name.lower().startswith("access-control-")]


@pytest.mark.parametrize("host", ["ganplay.example", "ganplay.example:7860", "localhost"])
def test_no_door_answers_a_page_of_another_host(server, host):
    before = COUNTS["foreign"]
    for method, path in DOORS:
        told = asked(
            server, method, path, host, Origin="https://evil.example",
            Access_Control_Request_Method="POST", Access_Control_Request_Headers="content-type",
        )  # fmt: skip
        status, headers, body = told
        assert status == 403, (method, path)
        assert shared(headers) == []
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert method == "HEAD" or json.loads(body) == {"type": "refused"}
    assert COUNTS["foreign"] == before + len(DOORS)


@pytest.mark.parametrize("origin", [None, "http://ganplay.example"])
def test_programs_and_our_own_page_are_answered_by_gradio(server, origin):
    ours = {"Origin": origin} if origin else {}
    status, headers, body = asked(server, "POST", "gradio_api/call/info", **ours)
    assert (status, shared(headers)) == (200, [])
    event = json.loads(body)["event_id"]
    status, headers, body = asked(server, "GET", f"gradio_api/call/info/{event}", **ours)
    assert (status, shared(headers)) == (200, [])
    assert body.startswith(b"event: complete")


def test_other_sites_may_open_the_page_by_a_link_and_in_a_frame(server):
    site = {"Sec_Fetch_Site": "cross-site"}
    for where in ("document", "iframe"):
        opened = {"Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": where} | site
        assert asked(server, "GET", "", **opened)[0] == 200
        assert asked(server, "POST", "gradio_api/call/info", **opened)[0] == 403
    for mode in ("no-cors", "cors", "websocket"):
        assert asked(server, "GET", "config", Sec_Fetch_Mode=mode, **site)[0] == 403


ASKS = """
async ([home, read, sent]) => {
  const headers = {"Content-Type": "application/json"};
  const told = (path, how) => fetch(home + path, {credentials: "include", ...how})
    .then((answer) => `${path} ${answer.type} ${answer.status}`, () => "refused");
  const opened = (made) => new Promise((told) => {
    made.onopen = () => told("open");
    made.onerror = () => told("refused");
  });
  const answers = [
    await opened(new WebSocket(home.replace("http", "ws") + "ganplay/lab/socket")),
    await opened(new EventSource(home + "gradio_api/queue/data?session_hash=x")),
  ];
  for (const path of read) answers.push(await told(path, {}));
  for (const path of sent) {
    answers.push(await told(path, {method: "POST", body: '{"data": [""]}', headers}));
    answers.push(await told(path, {method: "POST", body: new FormData()}));
  }
  return [...new Set(answers)];
}
"""


def test_in_a_browser_a_page_of_another_host_reads_nothing(chromium, server):
    """Of a name that is not localhost, and that browsers tell less of."""
    home = f"http://ganplay.example:{urlsplit(server.url).port}/"
    tab = Tab(chromium, home)
    assert tab.page.evaluate("fetch('gradio_api/info').then((answer) => answer.status)") == 200
    other = tab.context.new_page()
    other.route("http://evil.example/", lambda route: route.fulfill(body="<!doctype html>"))
    other.goto("http://evil.example/")
    assert other.evaluate(ASKS, [home, READ, SENT]) == ["refused"]
    tab.context.close()
