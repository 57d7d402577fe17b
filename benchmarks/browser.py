"""Chromium, and the app in a page of it."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from playwright.sync_api import Browser, Page, sync_playwright

from ganplay.live.engine import Engine
from ganplay.server.app import launch


def totals(engine: Engine) -> dict[str, float]:
    """Sums over the sessions that an engine has now: steps, frames, and seconds of frames."""
    sessions = engine.sessions()
    return {
        "sessions": len(sessions),
        "steps": sum(session.steps_done for session in sessions),
        "frames": sum(session.frames_made for session in sessions),
        "frame_seconds": sum(session.frame_seconds for session in sessions),
    }


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser."""
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=path, args=["--disable-gpu"])
        yield browser
        browser.close()


class AppPage(NamedTuple):
    """A page that is empty, the address of the app in this process, and its engine."""

    page: Page
    url: str
    engine: Engine

    def gained(self, seconds: float, counts: str) -> dict[str, float]:
        """What happens in the page and in the engine's sessions, a second.

        Args:
            seconds: over how many.
            counts: a JavaScript object of numbers that grow.
        """

        def now() -> dict[str, float]:
            script = f"({{ ...{counts}, at: performance.now() / 1000 }})"
            return self.page.evaluate(script) | totals(self.engine)

        before = now()
        self.page.wait_for_timeout(seconds * 1000)
        after = now()
        passed = after["at"] - before["at"]
        return {name: (after[name] - before[name]) / passed for name in before}


@contextmanager
def app_page() -> Iterator[AppPage]:
    """An app with a page that it can be shown on."""
    engine = Engine()
    demo, url = launch("127.0.0.1", block=False, engine=engine)
    with chromium() as browser:
        yield AppPage(browser.new_page(viewport={"width": 1366, "height": 768}), url, engine)
    demo.close(verbose=False)
    engine.stop()
    time.sleep(0.2)
