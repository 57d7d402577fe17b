"""Explore in a real browser."""

from urllib.parse import unquote

from helpers.tab import Tab

import ganplay

MODEL = "digits-conditional"
FIRST = f"1;model:{MODEL};seed:4"
"""With which the page meets this model."""
SETTLED = "window.ganplay?.explore?.drawn > 0 && ganplay.explore.drawn === ganplay.explore.asked"
STATE = "ganplay.explore.state"
GREY = """canvas => {
    const {width, height} = canvas, copy = new OffscreenCanvas(width, height)
        .getContext("2d", {willReadFrequently: true});
    copy.drawImage(canvas, 0, 0);
    return copy.getImageData(0, 0, width, height).data.filter((_, i) => i % 4 === 0);
}"""
"""The grey pixels of a canvas."""


class ExploreTab(Tab):
    """A page that shows Explore."""

    def settle(self):
        """Wait until what was asked for last is drawn."""
        self.page.wait_for_function(SETTLED)

    def painted(self):
        """The bytes of the big picture, read off its canvas."""
        return self.bytes_of(f"({GREY})(ganplay.explore.picture)")

    def text(self):
        """The state that the address names."""
        return unquote(self.see("location.hash")).removeprefix("#explore=")

    def drawn(self, model):
        """What is drawn, having seen that it is what the model makes of the page's state."""
        self.settle()
        painted = self.painted()
        state, problems = ganplay.read_state(self.text(), MODEL, model.space)
        assert problems == []
        assert painted == model.render([state])[0].numpy().tobytes()
        return painted


def opened(chromium, server, link="", **context):
    context = {"viewport": {"width": 1366, "height": 768}} | context
    tab = ExploreTab(chromium, link or server.url, drawn=not link, **context)
    if not link:
        tab.see(f"(ganplay.views.opened.explore = '{FIRST}', 0)")
        tab.page.click("#view-explore")
    tab.settle()
    return tab
