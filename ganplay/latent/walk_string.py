"""Walks as strings, which the page, links, the command line, Python and the API share.

`1;frames:60;loop:true|1;model:digits;seed:1;duration:2|1;model:digits;seed:5;easing:smooth`: first
the settings of the whole walk, then each keyframe as its state's string with the keyframe's own
settings.
"""

from collections.abc import Iterable
from dataclasses import fields, replace
from typing import Any

from ganplay.common.links import piece_of
from ganplay.common.settings import Problem, Settings, unknown
from ganplay.common.state_string import Pieces, split_pieces, split_state, too_long, typed
from ganplay.images.latent_state import LatentState, Space, model_of, read_state
from ganplay.latent.walk import (
    MAX_KEYFRAMES,
    MIN_KEYFRAMES,
    SEPARATOR,
    VERSION,
    Keyframe,
    Walk,
    step_problem,
)

MAX_WALK = 65_536
"""Characters of a walk's string."""
_COUNT = f"{MIN_KEYFRAMES} to {MAX_KEYFRAMES} are possible"


def model_of_walk(text: str) -> str | None:
    """The model that a walk's string, or a link with one, names, if it does."""
    return model_of(piece_of(text, "walk").replace(SEPARATOR, ";"))


def read_walk(text: str, model: str, space: Space) -> tuple[Walk | None, list[Problem]]:
    """The walk of a string through a model's space, and what was wrong with it.

    Never raises for what the string holds: as in `read_state`, what cannot be used is reported
    and left out. The field of a keyframe's problem is such as `keyframes.3.label`, counted from 1.

    Args:
        text: the string, or a link with one.
        model: whose walk it is to be.
        space: of that model.

    Returns:
        None in place of a walk if fewer than MIN_KEYFRAMES keyframes are left.
    """
    text = piece_of(text, "walk")
    if len(text) > MAX_WALK:
        return None, [too_long(text, "walk", f"{MAX_WALK} characters", None)]
    head, *parts = text.strip().split(SEPARATOR)
    pieces, problems = split_state(head, VERSION, "walk")
    values, more = _read(Walk, pieces)
    if len(parts) > MAX_KEYFRAMES:
        more.append(Problem("keyframes", len(parts), _COUNT, MAX_KEYFRAMES, "keyframes"))
    keyframes, others = _keyframes(parts[:MAX_KEYFRAMES], model, space)
    problems += more + others
    if len(keyframes) < MIN_KEYFRAMES:
        return None, [*problems, Problem("keyframes", len(keyframes), _COUNT, None, "keyframes")]
    return Walk(tuple(keyframes), **values), problems


def _keyframes(
    texts: Iterable[str], model: str, space: Space
) -> tuple[list[Keyframe], list[Problem]]:
    keyframes: list[Keyframe] = []
    problems: list[Problem] = []
    for i, text in enumerate(texts):
        keyframe, own = _keyframe(text, model, space)
        problems += [p._replace(field=f"keyframes.{i + 1}.{p.field}") for p in own]
        first = keyframes[0].state.step if keyframes else keyframe.state.step
        if keyframe.state.step != first:
            problems.append(step_problem(i, keyframe.state.step, first))
            keyframe = replace(keyframe, state=replace(keyframe.state, step=first))
        keyframes.append(keyframe)
    return keyframes, problems


def _keyframe(text: str, model: str, space: Space) -> tuple[Keyframe, list[Problem]]:
    names = tuple(f"{f.name}:" for f in fields(Keyframe) if f.metadata)
    pieces = text.split(";")
    values, problems = _read(Keyframe, split_pieces(p for p in pieces if p.startswith(names)))
    others = ";".join(piece for piece in pieces if not piece.startswith(names))
    state, more = read_state(others, model, space)
    return Keyframe(state, **values), problems + more


def keyframes_of(
    states: Iterable[LatentState], durations: Iterable[Any], easings: Iterable[Any]
) -> tuple[Keyframe, ...]:
    """Keyframes from states, with one duration and easing for all of them or one for each.

    Raises:
        ValueError: if a list is of another length.
        ConfigError: if one of them is out of bounds.
    """
    given = list(states)
    lengths = _for_each("durations", list(durations), len(given))
    names = _for_each("easings", list(easings), len(given))
    return tuple(Keyframe(*one) for one in zip(given, lengths, names, strict=True))


def _for_each(name: str, values: list[Any], count: int) -> list[Any]:
    if len(values) not in (1, count):
        raise ValueError(f"{name}: {len(values)}; one or {count} are needed")
    return values * count if len(values) == 1 else values


def _read(kind: type[Settings], pieces: Pieces) -> tuple[dict[str, Any], list[Problem]]:
    """Settings from some pieces, and what was wrong with them."""
    known = {f.name: f for f in fields(kind) if f.metadata}
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, text in pieces:
        text = (text or "")[:80]
        if name not in known:
            problems.append(unknown(known, name, text))
            continue
        value = typed(known[name].type, text)
        if problem := kind.check(known[name], value):
            problems.append(problem)
        else:
            values[name] = value
    return values, problems
