"""Links whose # was escaped lead to the page, with all that they say."""

import urllib.request
from urllib.parse import urljoin

import pytest
from helpers.tab import Tab, in_a_loop

from ganplay.common.links import pieces_of
from ganplay.server.http.lost_fragment import LostFragment, restored

ASKED = "state=1;seed:5&hide=presets"


@pytest.mark.parametrize(
    ("path", "page"),
    [
        (f"/%23{ASKED}", "/"), (f"/lab/%23{ASKED}", "/lab/"), (f"/lab%23{ASKED}", "/lab"),
        (f"/a/b/%2523{ASKED}", "/a/b/"), (f"/%EF%BC%83{ASKED}", "/"), (f"/%23/{ASKED}", "/"),
        ("/%23state%3D1%3Bseed%3A5%26hide%3Dpresets", "/"), (f"//other.example%23{ASKED}", None),
    ],
)  # fmt: skip
def test_a_path_that_is_a_link_leads_to_the_page(path, page):
    there = urljoin(f"http://host.example{path}", restored(path.encode()))
    address, _, fragment = there.partition("#")
    assert address.startswith("http://host.example/")
    assert page is None or address == f"http://host.example{page}"
    assert pieces_of(f"#{fragment}") == {"state": "1;seed:5", "hide": "presets"}


@pytest.mark.parametrize(
    "path", ["/", "/%23", "/ganplay/assets/a%23b.js", "/state=1", "/%23main", "/a%0d%0ab"]
)
def test_any_other_path_stays(path):
    assert restored(path.encode()) is None


def test_what_is_sent_on_is_an_address_whatever_came():
    for tail in ('"<script>', "\r\nSet-Cookie: a=b", "\xff", "//elsewhere.example/"):
        there = restored(f"/%23state={tail}".encode("latin-1"))
        assert there.startswith(("./", "../"))
        assert not set('"<>\r\n ') & set(there)
        assert there.isascii()


def test_only_who_reads_a_page_is_led_and_the_query_stays():
    async def ask(**scope):
        sent = []

        async def app(scope, receive, send):
            await send("passed")

        async def send(message):
            sent.append(message)

        scope = {"type": "http", "method": "GET", "path": f"/#{ASKED}", "headers": []} | scope
        await LostFragment(app)(scope, None, send)
        return sent[0]

    answer = in_a_loop(ask(raw_path=f"/%23{ASKED}".encode(), query_string=b"lang=zh"))
    assert answer["status"] == 302
    assert dict(answer["headers"])[b"location"] == f"./?lang=zh#{ASKED}".encode()
    assert in_a_loop(ask(method="POST")) == "passed"
    assert in_a_loop(ask(type="websocket")) == "passed"
    assert in_a_loop(ask(path="/")) == "passed"


def test_the_server_leads_to_its_page(server):
    with urllib.request.urlopen(f"{server.url}%23{ASKED}", timeout=20) as answer:
        assert answer.url.partition("#")[0] == server.url
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_lecturers_link_that_a_mail_program_spoilt_hides_what_it_should(chromium, server):
    tab = Tab(chromium, f"{server.url}%23state=1;seed:5%26amp%3Bhide=presets%2Cseed%E3%80%82")
    assert tab.see("ganplay.config.seed") == 5
    assert tab.see("ganplay.app.teach.asked.hide") == ["presets", "seed"]
    assert not tab.page.is_visible("[data-part=presets]")
    assert tab.words(".toasts") == ""
    # What cannot be understood is said.
    tab.page.goto(f"{server.url}?lang=en%23hid=seed&lang=xx&lock=loss")
    tab.until("ganplay.app.teach.asked.lock.length === 1")
    assert tab.see("location.search + location.hash") == "?lang=en#lock=loss&lang=xx"
    tab.toast("hid=seed")
    tab.done()
