"""The page in a frame on another site's, as on huggingface.co; there the browser keeps nothing."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from helpers.tab import Tab

from ganplay.server.schema import ASSETS, schema

REFUSES = """
const get = () => { throw new DOMException("Access is denied", "SecurityError"); };
for (const name of window === top ? [] : ["localStorage", "sessionStorage"]) {
  Object.defineProperty(window, name, {get});
}
"""
ASKS = """
async ([home, token]) => {
  const headers = {"Content-Type": "application/json", "X-Ganplay-Token": token};
  const body = JSON.stringify({token, messages: []});
  const asked = {method: "POST", body};
  const posted = (mode, headers) => fetch(home + "ganplay/lab/poll", {...asked, mode, headers})
    .then(({type, status}) => `${type} ${status}`, () => "refused");
  const socket = new WebSocket(home.replace("http", "ws") + "ganplay/lab/socket");
  const opened = new Promise((told) => {
    socket.onopen = () => told("open");
    socket.onerror = () => told("refused");
  });
  return [await posted("cors", headers), await posted("no-cors", {}), await opened];
}
"""


@pytest.fixture
def around():
    """Gives a page on another host than the server's some markup, and tells its address."""

    class Page(BaseHTTPRequestHandler):
        markup = ""

        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f"<!doctype html><title>around</title>{Page.markup}".encode())

        def log_message(self, *told):
            pass

    outer = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=outer.serve_forever, daemon=True).start()

    def made(markup):
        Page.markup = markup
        return f"http://localhost:{outer.server_port}/"

    yield made
    outer.shutdown()
    outer.server_close()


def test_in_a_frame_the_page_lives_and_the_one_around_it_may_not_ask(chromium, server, around):
    outside = around(f'<iframe src="{server.url}" style="width: 1300px; height: 720px"></iframe>')
    tab = Tab(chromium, outside, REFUSES, drawn=False, viewport={"width": 1366, "height": 768})
    page = tab.page
    (frame,) = page.main_frame.child_frames
    frame.wait_for_function("window.ganplay?.drawn > 3 && ganplay.begun")
    assert frame.evaluate("ganplay.link.socket.readyState") == 1
    step = frame.evaluate("ganplay.frame.step")
    frame.wait_for_function(f"ganplay.frame.step > {step}")

    # What is kept elsewhere lasts as long as the page.
    frame.click(".theme")
    assert frame.evaluate("ganplay.theme") == "dark"
    frame.click(".language")
    assert frame.inner_text(".step-d") == "D 走一步"
    frame.click(".language")
    table = {"name": "a.csv", "mimeType": "text/csv", "buffer": b"0,0\n1,0\n0,1\n" * 20}
    frame.set_input_files(".points-file", table)
    frame.click(".points-use:enabled")
    frame.wait_for_function("ganplay.config.distribution === 'own'")
    frame.click("#view-learn")
    for i in range(3):  # the questions of the first lesson
        frame.click(f"[name=ln-answer-{i}]")
        frame.click('[data-does="answer"]')
    frame.wait_for_selector('[data-does="on"]')
    frame.click("#view-explore")
    frame.wait_for_function("ganplay.explore?.drawn > 0")
    frame.click(".ex-star")
    frame.wait_for_selector(".ex-favourites canvas")
    frame.click("#view-arena")
    frame.click(".ar-make")
    frame.wait_for_function("ganplay.arena?.drawn > 3")

    assert tab.complaints == [f"outside: {outside}"]

    token = frame.evaluate("ganplay.link.current")
    mine = len(server.engine.sessions())
    told = page.evaluate(ASKS, [server.url, token])
    assert told == ["refused", "opaque 0", "refused"]
    assert len(server.engine.sessions()) == mine
    tab.context.close()


FRAME = '<iframe src="{}ganplay/piece/{}" width="320" height="600" loading="lazy"></iframe>'


def test_pieces_alone_in_another_sites_frames_take_turns(chromium, server, around):
    names = ("collapse?lang=zh&amp;theme=dark", "step?lang=en&amp;theme=pink")
    sessions = set(server.engine.sessions())
    outside = around("".join(FRAME.format(server.url, name) for name in names))
    tab = Tab(chromium, outside, REFUSES, drawn=False, viewport={"width": 800, "height": 700})
    one, two = tab.page.main_frame.child_frames
    for frame in (one, two):
        frame.wait_for_selector(".piece-told:not(:empty)")  # nothing is trained unasked
        assert not frame.evaluate("ganplay.playing || ganplay.recording.busy")
        assert frame.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert not frame.query_selector_all("header, .tour, .embed-unloaded")
    words = json.loads(schema())["locales"]
    assert one.inner_text(".piece-title") == words["zh"]["article"]["pieces"]["collapse"]["title"]
    assert one.evaluate("document.documentElement.dataset.theme") == "dark"
    assert "theme=pink" in two.inner_text(".embed-wrong")

    # Only by what is seen: the pages' policy lets no text be run as a script, Playwright's neither.
    one.press(".piece-play", "Enter")
    one.wait_for_selector(".piece-now:not(:empty)")
    assert one.query_selector(".piece-play.playing")
    two.click(".piece-play")
    two.wait_for_selector(".piece-sentence:not(:empty)")
    one.wait_for_selector(".piece-play:not(.playing)")  # the first has paused
    assert not one.evaluate("ganplay.recording.busy")
    assert "10" in two.inner_text(".piece-now")
    assert two.inner_text(".piece-sentence").startswith("Step 401")
    state = json.loads(schema())["pieces"]["step"]["state"]
    assert two.get_attribute(".embed-foot a", "href") == f"{server.url}#state={state}"
    assert sessions.issuperset(server.engine.sessions())
    assert tab.complaints == [f"outside: {outside}"]
    tab.context.close()


def test_only_one_file_asks_the_browser_to_keep_something():
    """As it knows what to do where the browser refuses."""
    asks = [p.name for p in ASSETS.rglob("*.js") if "Storage" in p.read_text(encoding="utf-8")]
    assert asks == ["storage.js"]
