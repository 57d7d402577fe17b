"""The app as it is, with one more route: how late the server's event loop is."""

import argparse
import asyncio
import time

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ganplay.engine import Engine
from ganplay.ui.app import launch

TICK = 0.01
"""Seconds that the probe asks to sleep for."""


class Probe:
    """Sleeps again and again on the event loop, and notes by how much it overslept."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._late: list[float] = []
        self._task: asyncio.Task[None] | None = None

    async def read(self, request: Request) -> JSONResponse:
        """Milliseconds late since the last time somebody asked, and the engine's totals."""
        if self._task is None:
            self._task = asyncio.create_task(self._watch())
        late, self._late = self._late, []
        return JSONResponse({"late": late, "engine": self._engine.stats()})

    async def _watch(self) -> None:
        while True:
            start = time.perf_counter()
            await asyncio.sleep(TICK)
            self._late.append(1000 * (time.perf_counter() - start - TICK))


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    engine = Engine()
    demo, _ = launch("127.0.0.1", parser.parse_args().port, block=False, engine=engine)
    demo.app.router.routes.insert(0, Route("/probe", Probe(engine).read))
    demo.block_thread()


if __name__ == "__main__":
    main()
