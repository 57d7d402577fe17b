"""The page in a frame on another site's, as on huggingface.co; there the browser keeps nothing."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from helpers.tab import Tab

from ganplay.server.schema import ASSETS

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
def around(server):
    """The address of a page, on another host than the server's, with the server's in a frame."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            frame = f'<iframe src="{server.url}" style="width: 1300px; height: 720px">'
            self.wfile.write(f"<!doctype html><title>around</title>{frame}</iframe>".encode())

        def log_message(self, *told):
            pass

    outer = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=outer.serve_forever, daemon=True).start()
    yield f"http://localhost:{outer.server_port}/"
    outer.shutdown()
    outer.server_close()


def test_in_a_frame_the_page_lives_and_the_one_around_it_may_not_ask(chromium, server, around):
    tab = Tab(chromium, around, REFUSES, drawn=False, viewport={"width": 1366, "height": 768})
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

    assert tab.complaints == [f"outside: {around}"]

    token = frame.evaluate("ganplay.link.current")
    mine = len(server.engine.sessions())
    told = page.evaluate(ASKS, [server.url, token])
    assert told == ["refused", "opaque 0", "refused"]
    assert len(server.engine.sessions()) == mine
    tab.context.close()


def test_only_one_file_asks_the_browser_to_keep_something():
    """As it knows what to do where the browser refuses."""
    asks = [p.name for p in ASSETS.rglob("*.js") if "Storage" in p.read_text(encoding="utf-8")]
    assert asks == ["storage.js"]
