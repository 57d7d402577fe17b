"""Pages in a real browser: hands, eyes, and the rules of accessibility."""

import os
from pathlib import Path

import pytest


def serious(tab, colours=False):
    """What axe finds of serious faults in accessibility; if asked so, of colours alone."""
    axe = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
    if not axe.exists():
        assert not os.environ.get("CI"), "axe-core is needed in CI"
        pytest.skip("axe-core is not installed: npm install")
    if not tab.see("Boolean(window.axe)"):
        tab.page.evaluate(axe.read_text(encoding="utf-8"))
    how = {"resultTypes": ["violations"]} | ({"runOnly": ["color-contrast"]} if colours else {})
    return tab.page.evaluate(
        """how => axe.run(document, how).then(({violations}) => violations
        .filter(({impact}) => ["serious", "critical"].includes(impact))
        .map(({id, nodes}) => `${id}: ${nodes.map(({html}) => html.slice(0, 90))}`))""",
        how,
    )


class Hands:
    """A visitor with a keyboard and no mouse."""

    def __init__(self, tab):
        self.tab, self.keys = tab, tab.page.keyboard

    def to(self, selector, most=120):
        """Press Tab until something has the focus."""
        for _ in range(most):
            if self.tab.see(f"Boolean(document.activeElement?.matches('{selector}'))"):
                return
            self.keys.press("Tab")
        raise AssertionError(f"{selector} cannot be reached")

    def press(self, selector):
        self.to(selector)
        self.keys.press("Enter")

    def type(self, selector, text):
        self.to(selector)
        self.keys.press("Control+A")
        self.keys.type(text)
        self.keys.press("Enter")
