"""What answers each kind of request of Explore, in a thread of the model store."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from ganplay.common.settings import ConfigError, Problem, as_plain
from ganplay.images.evaluation.training_images import MissingData
from ganplay.images.latent_state import LatentState, packed, read_state
from ganplay.latent import arithmetic
from ganplay.latent.model_store import ModelStore, ModelStoreError
from ganplay.server.explore.request import (
    ArithmeticRequest,
    DirectionRequest,
    ExploreRequest,
    MapRequest,
    PictureRequest,
    PlaceRequest,
)
from ganplay.server.http.messages import refuse, validated

Answer = tuple[dict[str, Any], bytes]
"""A head, to which id, purpose and model are added, and pictures' bytes."""


class Handler(NamedTuple):
    """What answers requests of one kind.

    Attributes:
        request: the model that its messages are read with.
        work: answers one. May raise a ValueError, best one with a `Problem`.
        heavy: whether it is to wait behind many pictures even for a single state.
    """

    request: type[ExploreRequest]
    work: Callable[[ModelStore, Any], Answer]
    heavy: bool = False


def pictures(model_store: ModelStore, asked: PictureRequest) -> Answer:
    """The states' pictures; of the first, if wanted, a small random move and its latent vector."""
    first, *others = asked.states
    if asked.nudge is not None:
        first = model_store.perturbed(asked.model, first, asked.nudge)
    made = model_store.render(asked.model, [first, *others])
    head = {
        "type": "pictures", "shape": made.shape, "states": made.states,
        "latent": model_store.latent(asked.model, first) if asked.latent else None,
        "problems": [as_plain(problems) for problems in made.problems],
    }  # fmt: skip
    return head, made.pixels


def map_of(model_store: ModelStore, asked: MapRequest) -> Answer:
    """Pictures at places of a plane; see `MapRequest`."""
    model, places = model_store.model(asked.model), [(x, y) for x, y in asked.places]
    (state,) = _states(model_store, asked, asked.states[:1])
    if asked.corners is not None:
        with _refused_as("corners"):
            corners = _states(model_store, asked, asked.corners)
            states = arithmetic.states_between(model, state, corners, places)
    else:
        with _refused_as("axes"):
            states = arithmetic.states_along(state, _axes(asked, len(model.directions)), places)
    return _rendered(model_store, asked, states)


def place_of(model_store: ModelStore, asked: PlaceRequest) -> Answer:
    """Where the first state is in the plane through `corners`: x, y, and how far off it."""
    (state,) = _states(model_store, asked, asked.states[:1])
    with _refused_as("corners"):
        corners = _states(model_store, asked, asked.corners)
        found = arithmetic.coordinates_of(model_store.model(asked.model), state, corners)
    return {"type": "place", "place": found}, b""


def sum_of(model_store: ModelStore, asked: ArithmeticRequest) -> Answer:
    """The first state with what `plus` has and `minus` lacks, at each of the `strengths`."""
    a, b, c = _states(model_store, asked, [asked.states[0], asked.minus, asked.plus])
    model = model_store.model(asked.model)
    with _refused_as("strengths"):
        states = [arithmetic.analogy(model, a, b, c, strength) for strength in asked.strengths]
    return _rendered(model_store, asked, states)


def direction_of(model_store: ModelStore, asked: DirectionRequest) -> Answer:
    """The direction from the states `without` something to the request's own, with it."""
    groups = [_states(model_store, asked, texts) for texts in (asked.without, asked.states)]
    with _refused_as("groups"):
        vector = arithmetic.direction_between_states(model_store.model(asked.model), *groups)
    return {"type": "direction", "vector": packed(tuple(vector.tolist()))}, b""


def verdict(model_store: ModelStore, asked: ExploreRequest) -> Answer:
    """What D says of the first state's picture."""
    score = model_store.verdict(asked.model, asked.states[0])._asdict()
    if math.isnan(score["threshold"]):  # JSON has none
        score["threshold"] = None
    pairs = model_store.cards[asked.model].config.pairs
    return {"type": "verdict", "pairs": pairs} | score, b""


def neighbours(model_store: ModelStore, asked: ExploreRequest) -> Answer:
    """The training pictures nearest to the first state's, or why there are none (yet)."""
    try:
        near = model_store.nearest(asked.model, asked.states[0])
    except MissingData as missing:
        head: dict[str, Any] = {"status": "missing", "code": missing.code, "values": missing.values}
        return {"type": "neighbours"} | head, b""
    if isinstance(near, float):
        return {"type": "neighbours", "status": "building", "share": near}, b""
    usual = near.reference_distances
    head = {
        "status": "found", "shape": near.shape,
        "neighbours": [one._asdict() for one in near.neighbours],
        "median": usual and usual.median,
        "reading": usual and usual.reading(near.neighbours[0].distance),
    }  # fmt: skip
    return {"type": "neighbours"} | head, near.pixels


_PICTURES = (
    "picture", "previews", "steps", "tiles", "history", "compare", "favourites", "trio", "group",
    "keyframes",
)  # fmt: skip
"""Parts of the page that show pictures of states; each has a turn of its own."""
HANDLERS = dict.fromkeys(_PICTURES, Handler(PictureRequest, pictures)) | {
    "map": Handler(MapRequest, map_of, heavy=True),
    "place": Handler(PlaceRequest, place_of),
    "arithmetic": Handler(ArithmeticRequest, sum_of),
    "direction": Handler(DirectionRequest, direction_of),
    "verdict": Handler(ExploreRequest, verdict, heavy=True),
    "neighbours": Handler(ExploreRequest, neighbours, heavy=True),
}
"""By the request's purpose."""


def read(content: dict[str, Any]) -> ExploreRequest:
    """What a page asks for.

    Raises:
        ConfigError: naming the field that cannot be used.
    """
    purpose = content.get("purpose")
    if not isinstance(purpose, str) or purpose not in HANDLERS:
        refuse("purpose", purpose, "one of " + ", ".join(HANDLERS))
    return validated(HANDLERS[purpose].request, content)


def _rendered(model_store: ModelStore, asked: ExploreRequest, states: list[LatentState]) -> Answer:
    made = model_store.render(asked.model, list(map(str, states)))
    return {"type": "pictures", "shape": made.shape, "states": made.states}, made.pixels


def _states(model_store: ModelStore, asked: ExploreRequest, texts: list[str]) -> list[LatentState]:
    """States of strings; what a string cannot mean for this model is left out of it."""
    space = model_store.model(asked.model).space
    return [read_state(text, asked.model, space)[0] for text in texts]


@contextmanager
def _refused_as(code: str) -> Iterator[None]:
    """What the mathematics refuses is told to the page by a code of its own."""
    try:
        yield
    except (ModelStoreError, ConfigError):
        raise
    except ValueError as error:
        raise ModelStoreError(Problem(code, "", str(error), None, code)) from None


def _axes(asked: MapRequest, count: int) -> tuple[int, int]:
    """The two of a model's directions that span the plane."""
    if asked.axes is None or not all(0 <= axis < count for axis in asked.axes):
        refuse("axes", asked.axes, f"two whole numbers from 0 to {count - 1} are needed")
    first, second = asked.axes
    return first, second
