"""The layouts of `wire`, byte by byte: the page's `wire.js` reads them."""

import pytest

from ganplay.common.wire import (
    Piece,
    decoded,
    dump,
    pack_chunk,
    pack_message,
    pack_piece,
    unpack_chunk,
)

HEAD = b'{"a":1}'


def test_a_message_has_its_heads_length_before_it():
    assert pack_message({"a": 1}, b"xyz") == b"\x07\0\0\0" + HEAD + b"xyz"
    assert pack_message([], b"") == b"\x02\0\0\0[]"


def test_a_chunk_has_both_lengths_before_it():
    packed = pack_chunk({"a": 1}, b"xyz")
    assert packed == b"\x07\0\0\0\x03\0\0\0" + HEAD + b"xyz"
    assert unpack_chunk(packed) == ({"a": 1}, b"xyz")


def test_a_piece_says_how_large_its_blobs_are():
    head = b'{"a":1,"sizes":[2,0,1]}'
    rest = b"\x17\0\0\0" + head + b"xyz"
    assert pack_piece(Piece({"a": 1}, [b"xy", b"", b"z"])) == b"\x1e\0\0\0" + rest


@pytest.mark.parametrize("data", [b"", b"\xff" * 99, b"\x07\0\0\0", b"\x02\0\0\0\0\0\0\0[]"])
def test_what_is_no_chunk_has_no_head(data):
    assert unpack_chunk(data)[0] == {}


@pytest.mark.parametrize("text", ["", "{", "[1]", "null", "[" * 10**5, b"\xff"])
def test_what_is_no_object_is_an_empty_one(text):
    assert decoded(text) == {}


def test_numbers_that_javascript_cannot_read_are_refused():
    assert dump({"é": "\ud800"}) == '{"\\u00e9":"\\ud800"}'
    with pytest.raises(ValueError, match="Out of range"):
        dump([float("nan")])
