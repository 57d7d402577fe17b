"""What visitors read stands in the locales: markup, scripts and server hold no texts themselves."""

import ast
import html.parser
import re
from pathlib import Path

import pytest

import ganplay

WEB, SERVER = (Path(ganplay.__file__).parent / part for part in ("web", "server"))
NAMES = {"ganplay", "GANPLAY_TEACHER_SECRET", "GIF", "MP4", "ganplay ·"}
"""Names that are the same in every language, as single letters (x, D) are."""
SHOWN = {"title", "placeholder", "alt", "aria-label", "aria-description", "aria-roledescription"}
PROPERTY = (
    r"\b(?:textContent|innerText|innerHTML|title|ariaLabel|placeholder|alt)\s*(?::|=(?!=))\s*"
    r"""("[^"\n]*"|'[^'\n]*'|`[^`]*`)"""
)
CALL = (
    r"(?:\b(?:alert|confirm|prompt)|\.toast|toasts\.show|"
    r"""setAttribute\("(?:title|aria-label|aria-description|placeholder)",)\s*\(?\s*"""
    r"""("[^"\n]*"|'[^'\n]*'|`[^`]*`)"""
)
"""How scripts put a literal where it is seen or read aloud."""
PROPERTIES = {"value", "title", "label", "content", "placeholder"}
LETTERS = "[A-Za-z]{2}|[\u4e00-\u9fff]"
PAGES = {"HTMLResponse", "HTML", "Markdown", "Button", "Label", "Info"}
"""Calls by which the server itself would show words to visitors of the page."""


def foreign(text):
    """A literal with words in it; what a template or the server fills in is not its own."""
    own = re.sub(r"\$\{(?:[^{}]|\{[^{}]*\})*\}|\{\w+\}|\\n", "", text).strip(" \n\"'`")
    return own if re.search(LETTERS, own) and own not in NAMES else None


class Visible(html.parser.HTMLParser):
    """Collects texts and attributes that a browser shows."""

    def __init__(self, markup):
        super().__init__()
        self.found, self.within = [], ""
        self.feed(markup)

    def handle_starttag(self, tag, attrs):
        self.within = tag
        self.found += [value for name, value in attrs if name in SHOWN and foreign(value or "")]

    def handle_endtag(self, tag):
        self.within = ""

    def handle_data(self, data):
        if self.within not in ("style", "script") and foreign(data):
            self.found.append(data.strip())


def in_script(source):
    return [text for way in (PROPERTY, CALL) for text in re.findall(way, source) if foreign(text)]


def in_module(source):
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            values = [*node.args, *(k.value for k in node.keywords if k.arg in PROPERTIES)]
            texts = [v.value for v in values if isinstance(v, ast.Constant)]
            found += [t for t in texts if name in PAGES and isinstance(t, str) and foreign(t)]
    return found


READERS = {
    ".html": lambda text: Visible(text).found,
    ".js": in_script,
    ".py": in_module,
}
FILES = [p for folder in (WEB, SERVER) for p in sorted(folder.rglob("*")) if p.suffix in READERS]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_text_stands_outside_the_locales(path):
    text = path.read_text(encoding="utf-8")
    assert not READERS[path.suffix](text)
    assert not re.findall("[\u4e00-\u9fff]+", text)


def test_such_texts_are_found():
    assert Visible('<p title="Press it">Stop <b>now</b></p><style>a { b: c }</style>').found == [
        "Press it", "Stop", "now",
    ]  # fmt: skip
    assert not Visible('<p data-t="stop.label">{en}</p><button>×</button><i>ganplay</i>').found
    found = in_script('element("p", { textContent: "Loading" }); b.title = `${n} points`; x = "y"')
    assert found == ['"Loading"', "`${n} points`"]
    assert in_script('app.toast("Try again"); box.setAttribute("aria-label", "Close")')
    assert not in_script('app.toast(t("learn.full")); a.textContent = t(`x.${y}`); b.title = "×"')
    assert in_module('HTMLResponse("<p>Too busy</p>", 429)') == ["<p>Too busy</p>"]
    assert not in_module('HTMLResponse(page, 429); log.info("a message")')
