"""A tab of a real browser, for the tests that walk through the page as a visitor would."""

import asyncio
from concurrent.futures import ThreadPoolExecutor


def in_a_loop(work):
    """Run a coroutine in a loop of its own: after a browser this thread has one running."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


class Tab:
    """A page, with everything that it must not do written down."""

    def __init__(self, browser, url, script=None, drawn=True, **context):
        self.context = browser.new_context(**({"locale": "en-US"} | context))
        self.page = self.context.new_page()
        self.complaints = []
        note = self.complaints.append
        self.page.on("console", lambda m: note(f"{m.type}: {m.text}"))
        self.page.on("pageerror", lambda e: note(f"error: {e}"))
        self.page.on("request", lambda r: self._home(r.url) or note(f"outside: {r.url}"))
        if script:
            self.page.add_init_script(script)
        self.page.goto(url)
        if drawn:
            self.until("ganplay.drawn > 3 && ganplay.begun")

    @staticmethod
    def _home(url):
        return url.startswith(("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:"))

    def until(self, condition, seconds=20):
        self.page.wait_for_function(
            f"window.ganplay?.frame && ({condition})", timeout=seconds * 1000
        )

    def see(self, expression):
        return self.page.evaluate(expression)

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

    def done(self):
        assert self.complaints == []
        self.context.close()
