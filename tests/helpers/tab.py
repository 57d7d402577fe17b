"""A tab of a real browser, for the tests that walk through the page as a visitor would."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial


def in_a_loop(work):
    """Run a coroutine in a loop of its own: after a browser this thread has one running."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


LIGHT = "ganplay/assets/lab/lab.css"
"""An address of the app's own that runs nothing, from which what pages have kept is cleared."""
CALM = """
window.requestAnimationFrame = (draw) => setTimeout(() => draw(performance.now()), 50);
window.cancelAnimationFrame = clearTimeout;
try { localStorage.setItem("ganplay.tour", "seen"); } catch {}
"""
"""Twenty frames a second: a page that draws sixty takes the time of the test beside it. And no tour
for a first visit, which would lie over what a test clicks at."""
FIRST_VISIT = """
sessionStorage.visited || localStorage.removeItem("ganplay.tour");
sessionStorage.visited = "yes";
"""
"""Script of a page that has never been here, until it is loaded again."""
LOOKS_EVERY = 40
"""Milliseconds between two looks at what a test waits for."""
MOST = 6
"""Pages that wait for a next visitor at a time."""


class Tab:
    """A page, with everything that it must not do written down.

    A page that is done with goes on as another visitor's, with nothing in it of the one before:
    what a new one spends most of its time with is compiling the same scripts again.
    """

    waiting = []  # noqa: RUF012 (one for all)
    visited = []  # noqa: RUF012 (likewise)

    def __init__(self, browser, url, script=None, drawn=True, **context):
        chosen = {"locale": "en-US", "viewport": {"width": 1280, "height": 720}} | context
        viewport, scheme = chosen.pop("viewport"), chosen.pop("color_scheme", "light")
        permissions = chosen.pop("permissions", [])
        home = "/".join(url.split("/")[:3])
        # What is asked of a page while it is made cannot be taken back.
        self._kind = None if script else (browser, home, *sorted(chosen.items()))
        self.page = self._waiting() or self._opened(browser, chosen)
        self.context = self.page.context
        self.visited.append(self)
        self.page.set_viewport_size(viewport)
        self.page.emulate_media(color_scheme=scheme)
        self.context.grant_permissions(permissions)
        self.complaints = []
        note = self.complaints.append
        self._listeners = {
            "console": lambda m: note(f"{m.type}: {m.text}"),
            "pageerror": lambda e: note(f"error: {e}"),
            "request": lambda r: self._home(r.url) or note(f"outside: {r.url}"),
        }
        for event, listener in self._listeners.items():
            self.page.on(event, listener)
        if script:
            self.page.add_init_script(script)
        self.page.goto(url)
        if drawn:
            self.until("ganplay.drawn > 3 && ganplay.begun")

    def _waiting(self):
        found = next((one for one in self.waiting if one[0] == self._kind), None)
        if found is None:
            return None
        self.waiting.remove(found)
        return found[1]

    @staticmethod
    def _opened(browser, chosen):
        context = browser.new_context(**chosen)
        context.add_init_script(CALM)
        page = context.new_page()
        # Else the browser draws a frame for each look.
        page.wait_for_function = partial(page.wait_for_function, polling=LOOKS_EVERY)
        return page

    @staticmethod
    def _home(url):
        return url.startswith(("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:"))

    def until(self, condition, seconds=20):
        self.page.wait_for_function(
            f"window.ganplay?.frame && ({condition})", timeout=seconds * 1000
        )

    def see(self, expression):
        return self.page.evaluate(expression)

    def bytes_of(self, expression):
        """An array of bytes, as one text: as numbers, a few dozen pictures take seconds."""
        return self.see(
            f"(Array.from({expression}, (b) => String.fromCharCode(b)).join(''))"
        ).encode("latin-1")

    def settled(self):
        """Wait until a drawn frame has taken everything asked for into account.

        What is asked for waits for up to two of the browser's frames before it is sent.
        """
        self.see(
            "new Promise((f) => requestAnimationFrame(() => requestAnimationFrame(() => f())))"
        )
        self.until("ganplay.frame.applied >= ganplay.sent")

    def pause(self):
        self.see("document.activeElement.blur()")  # keys belong to a field that has the focus
        if self.see("ganplay.playing"):
            self.page.keyboard.press("Space")
        self.until("!ganplay.playing && !ganplay.frame.playing")
        self.settled()
        return self.see("ganplay.frame.step")

    def press(self, key):
        self.page.keyboard.press(key)
        self.settled()

    def comes_back(self, loses):
        """Wait until the line that this breaks is up again, and a frame has come over it."""
        self.see("(window.former = [ganplay.link.socket, ganplay.drawn], 0)")
        loses()
        self.until(
            "ganplay.link.socket !== former[0] && ganplay.status === 'live'"
            " && ganplay.drawn > former[1]",
            30,
        )

    def words(self, selector):
        return self.page.inner_text(selector)

    def toast(self, text):
        self.page.wait_for_function(
            "text => document.querySelector('.toasts').innerText.includes(text)", arg=text
        )
        self.see("document.querySelector('.toasts').replaceChildren()")

    def pixels(self):
        """The canvas, as numbers that change when the picture does."""
        return self.see("ganplay.plane.canvas.toDataURL()")

    def fits(self):
        """Nothing on the first screen, nor on the whole page, sticks out sideways."""
        return self.see("document.documentElement.scrollWidth <= innerWidth")

    @classmethod
    def leave(cls):
        """Close what a test has not done with, whose sessions the next test would see."""
        while cls.visited:
            cls.visited.pop().context.close()

    def done(self):
        """Nothing was wrong: the next visitor may come."""
        assert self.complaints == []
        self.visited.remove(self)
        if self._kind is None:
            self.context.close()
            return
        for event, listener in self._listeners.items():
            self.page.remove_listener(event, listener)
        for other in self.context.pages:
            if other is not self.page:
                other.close()
        self.page.unroute_all()
        self.page.mouse.move(0, 0)
        self.page.goto(f"{self._kind[1]}/{LIGHT}")
        self.see("(localStorage.clear(), sessionStorage.clear())")
        self.context.clear_cookies()
        self.context.clear_permissions()
        self.waiting.append((self._kind, self.page))
        if len(self.waiting) > MOST:
            self.waiting.pop(0)[1].context.close()
