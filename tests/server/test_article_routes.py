import json
import re
from concurrent.futures import Future

import pytest
from helpers.http import status, wait_until
from helpers.lessons import pieces
from helpers.tab import in_a_loop

from ganplay.common.locales import LANGUAGES, locale
from ganplay.live.pieces import PIECES, SEEDS
from ganplay.server.article import routes
from ganplay.server.article.routes import ArticleRoutes
from ganplay.server.http.protocol import Refusal
from ganplay.server.schema import ASSETS, schema


@pytest.fixture
def short(monkeypatch):
    """Pieces whose runs end after a few steps."""
    few = {n: piece._replace(steps=3, moments=3, changes={}) for n, piece in PIECES.items()}
    monkeypatch.setattr(routes, "PIECES", few)


def test_a_run_is_read_without_a_token_and_makes_no_session(server, short, unchecked):
    before = set(server.engine.sessions())
    code, headers, data = status(server, "ganplay/pieces/collapse/7")
    assert code == 200
    assert headers["X-Content-Type-Options"] == "nosniff"
    (begun, _), *moments, (done, _) = pieces(data)
    assert (begun["type"], begun["seed"], done["type"]) == ("begun", 7, "done")
    assert [head["step"] for head, _ in moments] == [0, 1, 3]
    assert status(server, "ganplay/pieces/collapse/7")[2] == data
    assert before.issuperset(server.engine.sessions())
    wait_until(lambda: server.article.slots["pieces"].usage[0] == 0)


@pytest.mark.parametrize(
    ("path", "field", "allowed"),
    [
        ("collaps/0", "piece", ", ".join(PIECES)),
        ("..%2f..%2fetc/0", "piece", ", ".join(PIECES)),
        (f"step/{SEEDS}", "seed", f"0 to {SEEDS - 1}"),
        ("step/-1", "seed", f"0 to {SEEDS - 1}"),
        ("step/00", "seed", f"0 to {SEEDS - 1}"),
        ("step/%D9%A3", "seed", f"0 to {SEEDS - 1}"),
    ],
)
def test_what_there_is_not_is_refused_by_name(server, path, field, allowed):
    code, _, data = status(server, f"ganplay/pieces/{path}")
    if code == 404:  # an escaped slash is one
        return
    assert code == 422
    problem = json.loads(data)["problem"]
    assert problem["field"] == field
    assert allowed in problem["allowed"]


def test_other_sites_may_show_a_piece_but_not_read_it(server):
    site = {"Sec-Fetch-Site": "cross-site"}
    foreign = site | {"Sec-Fetch-Mode": "cors", "Origin": "https://a.example"}
    assert status(server, "ganplay/pieces/collapse/0", **foreign)[0] == 403
    framed = site | {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}
    code, headers, _ = status(server, "ganplay/piece/collapse", **framed)
    assert code == 200
    assert "frame-ancestors *" in headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in headers
    assert "Set-Cookie" not in headers


@pytest.mark.parametrize("name", PIECES)
def test_each_piece_has_a_page_and_words(server, name):
    page = status(server, f"ganplay/piece/{name}")[2].decode()
    assert f'data-piece="{name}"' in page
    for language in LANGUAGES:
        assert locale(language)["unloaded"]["page"] in page
        assert {"title", "caption"} == locale(language)["article"]["pieces"][name].keys()
    for asset in re.findall(r'"\.\./assets/([^"]+)"', page):
        assert (ASSETS / asset).is_file()


def test_an_unknown_piece_is_told_with_those_that_there_are(server):
    code, _, page = status(server, "ganplay/piece/%3Cscript%3E" + "x" * 100)
    assert code == 404
    page = page.decode()
    assert "&lt;script&gt;" in page
    assert "<script>" not in page
    assert "x" * 40 not in page
    assert page.count('<a href="remedy">') == len(LANGUAGES)
    assert "There is no piece" in page
    assert "{" not in page


def test_pages_know_the_pieces():
    known = json.loads(schema())
    assert known["pieces"] == {name: piece.to_dict() for name, piece in PIECES.items()}
    assert known["piece_seeds"] == SEEDS


def test_one_run_serves_all_and_past_the_bound_none_is_begun():
    async def asked():
        article = ArticleRoutes()
        article.stop()  # no thread: what is asked for waits for ever
        article._pool = Waits()
        streams = [article._stream("collapse", seed) for seed in range(routes.MAX_UNFINISHED_RUNS)]
        assert article._stream("collapse", 0) is streams[0]
        with pytest.raises(Refusal, match="busy"):
            article._stream("remedy", 0)
        with streams[0].followed():
            pass  # who was the only one has left
        assert article._stream("collapse", 0) is not streams[0]

    in_a_loop(asked())


class Waits:
    """A pool that is always busy."""

    def submit(self, *work):
        return Future()


def test_who_leaves_ends_the_run(short, unchecked):
    article, told = ArticleRoutes(), []
    assert article._work("collapse", 0, lambda part: told.append(part) or len(told) < 2) == b""
    assert len(told) == 2
    article.stop()
    assert article._work("collapse", 0, lambda part: True) == b""
