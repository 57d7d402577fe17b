"""Links that came through mail and chat: the same table is read by `tests/web/shared`."""

import json
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganplay.common.links import MAX_LINK, NAMES, piece_of, pieces_of

EXAMPLES = json.loads(Path(__file__).with_name("links.json").read_text(encoding="utf-8"))
WORD = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=9)
VALUE = st.text(
    "abcXYZ0189-_.+*", min_size=1, max_size=12
).filter(lambda text: text.strip(".*") == text)  # fmt: skip
STATE = st.lists(st.tuples(WORD, VALUE), max_size=5).map(
    lambda pieces: ";".join(["1", *(f"{name}:{value}" for name, value in pieces)])
)
NAMED = st.lists(WORD, min_size=1, max_size=4).map(",".join)


@pytest.mark.parametrize(
    ("text", "pieces"), [e[1:] for e in EXAMPLES], ids=[e[0] for e in EXAMPLES]
)
def test_a_link_is_read_as_it_was_meant(text, pieces):
    assert pieces_of(text) == pieces


@given(STATE, NAMED, NAMED, st.sampled_from(["", "https://host.example/lab/?lang=zh"]))
def test_a_right_link_stays_as_it_is_however_it_is_escaped(state, hide, lock, page):
    right = {"state": state, "hide": hide, "lock": lock, "view": "projector"}
    fragment = "&".join(f"{name}={value}" for name, value in right.items())
    assert pieces_of(f"{page}#{fragment}") == right
    for damaged in (
        f"{page}/%23{quote(fragment)}", f"<{page}#{fragment.replace('&', '&amp;')}>.",
        f"“{page}#{fragment.replace(';', '；').replace(':', '：')}”", f"{page}#{fragment},",
        f"{page}#{quote(quote(fragment))}", f"{page}#{fragment.replace(';', ';' + chr(10))}",
    ):  # fmt: skip
        assert pieces_of(damaged) == right, damaged


@pytest.mark.parametrize(
    "text",
    [
        "1", "1;seed:5", "1;model:/home/me/My Cats (“v1”) 50%25.;seed:5", "1;points:AB-_.cd-_",
        "1;model:./a&b#c;at:Ab_-", "1;frames:9;loop:true|1;model:My Cats;seed:1|1;model:My Cats",
    ],
)  # fmt: skip
def test_what_ganplay_wrote_is_not_touched(text):
    assert piece_of(text, "state") == text
    assert piece_of(f"“{text}”", "state") != text or " " not in text


def test_the_piece_that_is_asked_for():
    link = "https://host.example/#explore=1;model:digits&hide=seed&walk=1;frames:9|1|1"
    assert piece_of(link, "explore") == "1;model:digits"
    assert piece_of(link, "walk") == "1;frames:9|1|1"
    assert piece_of(link, "state") == link  # there is none: who reads it says so
    assert piece_of("‘1;seed:5’", "state") == "1;seed:5"
    assert piece_of("", "state") == ""


@pytest.mark.parametrize("mark", ["#", ";", "&", "%25", "&amp;", "“", "=\r\n", "[", ";a", "?u="])
def test_whatever_a_text_is_it_is_soon_read(mark):
    before = time.process_time()
    pieces_of(mark * (MAX_LINK // len(mark)))
    piece_of("1" + ";model:x" * 40_000 + "&", "state")
    assert time.process_time() - before < 5  # and not minutes, as where its length counts twice


@given(st.text(max_size=60), st.sampled_from(NAMES))
def test_any_text_is_read(text, name):
    assert isinstance(pieces_of(f"#{name}={text}"), dict)
    assert isinstance(piece_of(text, name), str)
