"""The app as it is, with two more routes: how late the event loop is, and a number that is none."""

import asyncio
import math
import time
from concurrent.futures import Future

import torch
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from benchmarks.servers import page_flags
from ganplay.live import commands, session_batch
from ganplay.live.engine import Engine
from ganplay.live.lab_session import LabSession
from ganplay.server.app import launch
from ganplay.server.http import auth
from ganplay.server.http.protocol import TOKEN
from ganplay.toy.graph_capture import CAPTURES

TICK = 0.01
"""Seconds that the probe asks to sleep for."""


class Spoilt(Future[bytes]):
    """Makes one weight of a session's G a NaN, as an overflow would.

    It is asked for as weights to be saved are: so a worker does it, between two turns.
    """

    def __init__(self, session: LabSession) -> None:
        super().__init__()
        self._session = session

    def set_running_or_notify_cancel(self) -> bool:
        """Instead of beginning to save."""
        with torch.no_grad():
            self._session.trainer.ensemble.state.g.flat[0, 0] = math.nan
        return False


class ClassRoutes:
    """What only a class on trial may ask for.

    How late the event loop is, which sleeps again and again and notes by how much it overslept; and
    that a page's GAN be spoilt.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._late: list[float] = []
        self._task: asyncio.Task[None] | None = None

    async def probe(self, request: Request) -> JSONResponse:
        """Milliseconds late since the last time somebody asked, and what goes on elsewhere."""
        if self._task is None:
            self._task = asyncio.create_task(self._watch())
        late, self._late = self._late, []
        preparing = CAPTURES.pending + session_batch.pending()
        return JSONResponse({"late": late, "preparing": preparing})

    async def _watch(self) -> None:
        while True:
            start = time.perf_counter()
            await asyncio.sleep(TICK)
            self._late.append(1000 * (time.perf_counter() - start - TICK))

    async def spoil(self, request: Request) -> JSONResponse:
        """Spoil the GAN of the page whose token comes along."""
        session_id = auth.session_of(request.headers.get(TOKEN)) or ""
        session = self._engine._sessions.get(session_id)
        if not isinstance(session, LabSession):
            return JSONResponse({"type": "gone"}, 404)
        self._engine.post(session_id, 0, commands.Save(Spoilt(session)))
        return JSONResponse({"type": "spoilt"})


def main() -> None:
    """Serve until stopped."""
    port = page_flags(__doc__).port
    engine = Engine()
    demo, _ = launch("127.0.0.1", port, block=False, engine=engine)
    own = ClassRoutes(engine)
    demo.app.router.routes[:0] = [
        Route("/probe", own.probe), Route("/fault", own.spoil, methods=["POST"])
    ]  # fmt: skip
    demo.block_thread()


if __name__ == "__main__":
    main()
