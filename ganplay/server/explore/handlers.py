"""Requests of the map, of arithmetic and of directions of one's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ganplay.common.settings import Problem
from ganplay.images.latent_state import LatentState, packed, read_state
from ganplay.latent import arithmetic
from ganplay.latent.model_store import MOST_PICTURES, ModelStore, ModelStoreError
from ganplay.server.explore.request import ExploreRequest, Handler, refuse

MOST_STRENGTHS = 16

Answer = tuple[dict[str, Any], bytes]


def mapped(gallery: ModelStore, asked: ExploreRequest) -> Answer:
    """Pictures at `places` [[x, y], ...] of a plane.

    Through the first state along two directions, `axes` [i, j]; or through the three states of
    `corners`, with the first state's label and step.
    """
    model, places = gallery.model(asked.model), _places(asked)
    (state,) = _states(gallery, asked, asked.states[:1])
    with _told("corners" if "corners" in asked.options else "axes"):
        if "corners" in asked.options:
            states = arithmetic.states_between(model, state, _corners(gallery, asked), places)
        else:
            states = arithmetic.states_along(state, _axes(asked, len(model.directions)), places)
    return _pictures(gallery, asked, states)


def placed(gallery: ModelStore, asked: ExploreRequest) -> Answer:
    """Where the first state is in the plane through `corners`: x, y, and how far off it."""
    (state,) = _states(gallery, asked, asked.states[:1])
    with _told("corners"):
        found = arithmetic.coordinates_of(
            gallery.model(asked.model), state, _corners(gallery, asked)
        )
    return {"type": "place", "place": found}, b""


def summed(gallery: ModelStore, asked: ExploreRequest) -> Answer:
    """The first state with what `plus` has and `minus` lacks, at each of the `strengths`."""
    strengths = _numbers("strengths", asked.options.get("strengths"), MOST_STRENGTHS)
    ends = [asked.options.get(name) for name in ("minus", "plus")]
    (a, b, c) = _states(gallery, asked, [asked.states[0], *_texts("minus, plus", ends, 2)])
    model = gallery.model(asked.model)
    with _told("strengths"):
        states = [arithmetic.analogy(model, a, b, c, strength) for strength in strengths]
    return _pictures(gallery, asked, states)


def derived(gallery: ModelStore, asked: ExploreRequest) -> Answer:
    """The direction from the states `without` something to the request's own, with it."""
    without = _texts("without", asked.options.get("without"), MOST_PICTURES)
    groups = [_states(gallery, asked, texts) for texts in (without, asked.states)]
    with _told("groups"):
        vector = arithmetic.direction_between_states(gallery.model(asked.model), *groups)
    return {"type": "direction", "vector": packed(tuple(vector.tolist()))}, b""


PURPOSES = {
    "map": Handler(mapped, heavy=True),
    "place": Handler(placed),
    "arithmetic": Handler(summed),
    "direction": Handler(derived),
}


def _pictures(gallery: ModelStore, asked: ExploreRequest, states: list[LatentState]) -> Answer:
    made = gallery.render(asked.model, list(map(str, states)))
    return {"type": "pictures", "shape": made.shape, "states": made.states}, made.pixels


def _states(gallery: ModelStore, asked: ExploreRequest, texts: list[str]) -> list[LatentState]:
    """States of strings; what a string cannot mean for this model is left out of it."""
    space = gallery.model(asked.model).space
    return [read_state(text, asked.model, space)[0] for text in texts]


@contextmanager
def _told(code: str) -> Iterator[None]:
    """What the mathematics refuses is told to the page by a code of its own."""
    try:
        yield
    except ModelStoreError:
        raise
    except ValueError as error:
        raise ModelStoreError(Problem(code, "", str(error), None, code)) from None


def _corners(gallery: ModelStore, asked: ExploreRequest) -> list[LatentState]:
    texts = _texts("corners", asked.options.get("corners"), 3)
    return _states(gallery, asked, texts)


def _axes(asked: ExploreRequest, count: int) -> tuple[int, int]:
    axes: Any = asked.options.get("axes")
    ok = isinstance(axes, list) and len(axes) == 2
    if not ok or not all(type(axis) is int and 0 <= axis < count for axis in axes):
        refuse("axes", axes, f"two whole numbers from 0 to {count - 1} are needed")
    return (axes[0], axes[1])


def _places(asked: ExploreRequest) -> list[tuple[float, float]]:
    places = asked.options.get("places")
    if not isinstance(places, list) or not 1 <= len(places) <= MOST_PICTURES:
        refuse("places", places, f"a list of 1 to {MOST_PICTURES} places is needed")
    pairs = [_numbers("places", place, 2) for place in places]
    if any(len(pair) != 2 for pair in pairs):
        refuse("places", places, "two numbers for each are needed")
    return [(x, y) for x, y in pairs]


def _numbers(field: str, given: object, most: int) -> list[float]:
    if not isinstance(given, list) or not 1 <= len(given) <= most:
        refuse(field, given, f"a list of 1 to {most} numbers is needed")
    if not all(type(one) in (int, float) and abs(one) < 2**53 for one in given):
        refuse(field, given, "finite numbers are needed")
    return list(map(float, given))


def _texts(field: str, given: object, most: int) -> list[str]:
    if not isinstance(given, list) or not 1 <= len(given) <= most:
        refuse(field, given, f"a list of 1 to {most} states is needed")
    if not all(isinstance(one, str) for one in given):
        refuse(field, given, "strings are needed")
    return given
