"""The operator's page: how the server is doing, for who knows the lecturer's secret (see `auth`).

Without a secret in the environment there is no such page. The secret comes in a form or a header
and never in an address; a browser then shows a cookie that no script can read.
"""

import asyncio
import secrets
import time
from collections import OrderedDict
from collections.abc import Mapping

from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from ganplay.server.http.auth import MAX_SECRET, SECRET, is_teacher, teacher_secret
from ganplay.server.http.bodies import limited_body
from ganplay.server.http.logs import log_event
from ganplay.server.http.protocol import PREFIX, Refusal
from ganplay.server.http.secret_check import LATER, SecretCheck
from ganplay.server.schema import PAGES
from ganplay.server.status.report import ServerReport

COOKIE = "ganplay_operator"
SIGNED_IN_SECONDS, MAX_SIGNED_IN = 12 * 3600, 50
"""How long a browser stays signed in, and how many may be."""
LOOP_SECONDS = 0.05
"""A pause of this length is timed, to see by how much the event loop is late."""
PATH = f"{PREFIX}/operator"
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'",
}


class SignedInBrowsers:
    """Browsers that have shown the secret, and who else shows it."""

    def __init__(self) -> None:
        self._until: OrderedDict[str, float] = OrderedDict()

    def cookie_token(self) -> str:
        """What a browser shows from now on in place of the secret."""
        token = secrets.token_urlsafe(24)
        self._until[token] = time.monotonic() + SIGNED_IN_SECONDS
        while len(self._until) > MAX_SIGNED_IN:
            self._until.popitem(last=False)
        return token

    def forget(self, connection: HTTPConnection) -> None:
        """A browser signs out."""
        self._until.pop(connection.cookies.get(COOKIE, ""), None)

    def knows(self, connection: HTTPConnection) -> bool:
        """Whether who asks has shown the secret, or shows it now."""
        given = connection.headers.get(SECRET)
        if given is not None:
            return is_teacher(given)
        signed_in = self._until.get(connection.cookies.get(COOKIE, ""), 0.0) > time.monotonic()
        return signed_in and teacher_secret() is not None


class StatusRoutes:
    """The page's routes."""

    def __init__(
        self, browsers: SignedInBrowsers, report: ServerReport, secret_check: SecretCheck
    ) -> None:
        self._browsers, self._report, self.secret_check = browsers, report, secret_check

    async def page(self, request: Request) -> Response:
        """The page itself, which asks for the secret where it is not known."""
        if teacher_secret() is None:
            return _nothing()
        known = self._browsers.knows(request)
        return _page("in" if known else "wrong" if "wrong" in request.query_params else "out")

    async def sign(self, request: Request) -> Response:
        """Sign in with the form's `secret`, or out without one."""
        if teacher_secret() is None:
            return _nothing()
        try:
            body = await limited_body(request, 9 * MAX_SECRET)
            form = QueryParams(body.decode("ascii", "replace"))
        except (Refusal, ClientDisconnect):
            form = QueryParams("secret=")
        given = form.get("secret")
        try:
            if given is not None and not await self.secret_check.is_right(request.scope, given):
                return RedirectResponse("operator?wrong", 303, HEADERS)
        except Refusal as refusal:
            return _page("later", refusal.status, LATER)
        log_event("operator", signed_in=given is not None)
        answer = RedirectResponse("operator", 303, HEADERS)
        if given is not None:
            token, secure = self._browsers.cookie_token(), request.url.scheme == "https"
            answer.set_cookie(
                COOKIE, token, SIGNED_IN_SECONDS, httponly=True, samesite="strict", secure=secure
            )
        else:
            self._browsers.forget(request)
            answer.delete_cookie(COOKIE)
        return answer

    async def numbers(self, request: Request) -> Response:
        """All that the page shows, as JSON."""
        if teacher_secret() is None:
            return _nothing()
        if not self._browsers.knows(request):
            return JSONResponse({"type": "refused"}, 401, HEADERS)
        start = time.monotonic()
        await asyncio.sleep(LOOP_SECONDS)
        late = time.monotonic() - start - LOOP_SECONDS
        seen = await asyncio.to_thread(self._report.read)
        return JSONResponse(seen | {"loop_late": round(max(0.0, late), 4)}, headers=HEADERS)

    def all(self) -> list[BaseRoute]:
        """To be handed to the app."""
        return [
            Route(PATH, self.page, methods=["GET"]),
            Route(PATH, self.sign, methods=["POST"]),
            Route(f"{PATH}.json", self.numbers, methods=["GET"]),
        ]


def _page(state: str, status: int = 200, more: Mapping[str, str] | None = None) -> Response:
    html = (PAGES / "operator.html").read_text(encoding="utf-8")
    return HTMLResponse(html.replace("{state}", state), status, HEADERS | dict(more or {}))


def _nothing() -> Response:
    return JSONResponse({"detail": "Not Found"}, 404)
