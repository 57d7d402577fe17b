"""Strings such as `1;seed:5;label:7`, in which links, commands and the API carry a state.

A version comes first, then pieces `name:value`, parted by semicolons. What the names mean, and
which values they may have, is each kind of state's own.
"""

from collections.abc import Iterable
from typing import Any

from ganplay.common.settings import Problem

Pieces = list[tuple[str, str | None]]
"""Name and value of each piece; the value is None where the colon is missing."""


def split_state(text: str, version: str, kind: str) -> tuple[Pieces, list[Problem]]:
    """The pieces of a string, and what is wrong with its version.

    A string of another version, or of none, gives its pieces all the same.

    Args:
        text: the string.
        version: that it should begin with.
        kind: "state" or "walk", as the problem's field and in its code.
    """
    found, *pieces = text.strip().split(";")
    problems = []
    if found != version:
        why = f"version {version} is needed at its start"
        problems.append(Problem(kind, found[:40], why, "", f"{kind}_version"))
        pieces = [found, *pieces] if ":" in found else pieces
    return split_pieces(pieces), problems


def split_pieces(pieces: Iterable[str]) -> Pieces:
    """Name and value of each `name:value`; empty pieces are left out."""
    parts = [piece.partition(":") for piece in pieces if piece]
    return [(name, value if colon else None) for name, colon, value in parts]


def too_long(text: str, kind: str, most: str, used: object = "") -> Problem:
    """The problem of a string with more characters than are read; `most` says how many are."""
    return Problem(kind, text[:40], f"at most {most} are possible", used, f"{kind}_long")


def no_value(name: str) -> Problem:
    """The problem of a piece without a colon."""
    return Problem(name[:80], "", "name:value is needed", "", "state_piece")


def typed(kind: Any, text: str) -> object:
    """A text as a value of a type: bool, int, float or str. What does not fit stays text."""
    if kind is bool:
        return {"true": True, "false": False}.get(text.lower(), text)
    try:
        return kind(text)
    except ValueError:
        return text
