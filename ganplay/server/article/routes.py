"""Routes of the article's live pieces: their runs, and a small page for each to be embedded.

Both are read without a token and make no session. A run is trained when it is first asked for; all
who ask for the same follow one stream (`shared_streams`), which ends when the last has left.
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import cache
from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from ganplay.common.locales import LANGUAGES, locale
from ganplay.common.settings import ConfigError
from ganplay.common.wire import pack_piece
from ganplay.live.pieces import PIECES, SEEDS, recorded
from ganplay.server.http import shared_streams
from ganplay.server.http.guard import answer_problems, answer_refusal
from ganplay.server.http.messages import refuse
from ganplay.server.http.protocol import PREFIX, TOO_MANY, Refusal
from ganplay.server.http.rate_limits import address_of
from ganplay.server.http.slots import Slots
from ganplay.server.schema import PAGES

MAX_RUNS, MAX_UNFINISHED_RUNS = 1, 8
"""Runs that are trained at a time, and those that are trained or wait for it."""
MAX_FOLLOWERS = 500
"""Requests that follow any run; a class sits behind one address, which may have all of them."""
HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": "default-src 'self'; frame-ancestors *; base-uri 'none'",
}
"""Of the pages: any site may show them in a frame, and nothing from elsewhere runs in them."""


class ArticleRoutes:
    """The routes of the pieces."""

    def __init__(self) -> None:
        self.slots = {"pieces": Slots(MAX_FOLLOWERS, MAX_FOLLOWERS)}
        self._streams = shared_streams.SharedStreams()
        self._pool = ThreadPoolExecutor(MAX_RUNS, thread_name_prefix="piece")
        self._stopping = threading.Event()

    async def run(self, request: Request) -> Response:
        """A piece's run as it goes on, as pieces of `common.wire`."""
        try:
            name, seed = _asked(request.path_params["name"], request.path_params["seed"])
            with ExitStack() as held:
                held.enter_context(self.slots["pieces"].slot(address_of(request.scope)))
                return shared_streams.StreamedResponse(self._stream(name, seed), held.pop_all())
        except ConfigError as error:
            return answer_problems(error.problems)
        except Refusal as refusal:
            return answer_refusal(refusal)

    def _stream(self, name: str, seed: int) -> shared_streams.SharedStream:
        """The stream of a run: the one that there is, or a new one.

        Raises:
            Refusal: if too many different ones are trained or wait for it.
        """
        stream = self._streams.find((name, seed))
        if stream is None:
            if self._streams.unfinished >= MAX_UNFINISHED_RUNS:
                raise Refusal("busy", TOO_MANY)

            def work(send: shared_streams.Send) -> bytes:
                return self._work(name, seed, send)

            stream = shared_streams.SharedStream(work, self._pool)
            self._streams.keep((name, seed), stream)
        return stream

    def _work(self, name: str, seed: int, send: shared_streams.Send) -> bytes:
        """All parts of a run, the last one as the result."""
        last = b""
        for part in recorded(PIECES[name], seed):
            if self._stopping.is_set() or (last and not send(last)):
                return b""
            last = pack_piece(part)
        return last

    async def page(self, request: Request) -> Response:
        """The page of one piece; of a name that there is not, one that says which there are."""
        name = request.path_params["name"]
        if name in PIECES:
            return HTMLResponse(_page("piece").replace("{piece}", name), headers=HEADERS)
        return HTMLResponse(_unknown(name), 404, HEADERS)

    def stop(self) -> None:
        """No more runs."""
        self._stopping.set()
        self._pool.shutdown(cancel_futures=True)

    def all(self) -> list[BaseRoute]:
        """To be handed to the app."""
        return [
            Route(f"{PREFIX}/pieces/{{name}}/{{seed}}", self.run, methods=["GET"]),
            Route(f"{PREFIX}/piece/{{name}}", self.page, methods=["GET"]),
        ]


def _asked(name: str, seed: str) -> tuple[str, int]:
    """A piece and a start, as an address names them.

    Raises:
        ConfigError: naming the one that there is not.
    """
    if name not in PIECES:
        refuse("piece", name, "one of " + ", ".join(PIECES) + " is needed")
    if seed not in map(str, range(SEEDS)):
        refuse("seed", seed, f"a whole number from 0 to {SEEDS - 1} is needed")
    return name, int(seed)


@cache
def _page(name: str) -> str:
    """A page's markup, in which what it says without scripts stands in both languages."""
    page = (PAGES / f"{name}.html").read_text(encoding="utf-8")
    for language in LANGUAGES:
        words = locale(language)
        page = page.replace(f"{{unloaded_{language}}}", escape(words["unloaded"]["page"]))
        page = page.replace(f"{{unknown_{language}}}", escape(words["article"]["unknown"]))
    return page


def _unknown(name: str) -> str:
    links = ", ".join(f'<a href="{other}">{other}</a>' for other in PIECES)
    page = _page("unknown-piece").replace("{pieces}", links)
    return page.replace("{piece}", escape(name[:40]))
