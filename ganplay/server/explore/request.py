"""What a page of Explore may ask for, and what it is told where that cannot be done."""

import logging
from typing import Annotated

from pydantic import Field

from ganplay.common.devices import out_of_memory
from ganplay.common.safe_tensors import CheckpointError
from ganplay.common.settings import MAX_SEED, ConfigError, Problem
from ganplay.latent.model_store import MOST_PICTURES, ModelStoreError
from ganplay.server.http.messages import OrDefault, PageMessage

logger = logging.getLogger(__name__)

MAX_STRENGTHS = 16
"""Pictures of one request of arithmetic."""
Number = Annotated[float, Field(gt=-(2.0**53), lt=2.0**53, allow_inf_nan=False)]
States = Annotated[list[str], Field(min_length=1, max_length=MOST_PICTURES)]
Corners = Annotated[list[str], Field(min_length=1, max_length=3)]
Place = Annotated[list[Number], Field(min_length=2, max_length=2)]
_STATES = f"a list of 1 to {MOST_PICTURES} states, as strings, is needed"
_CORNERS = "a list of three states, as strings, is needed"


class ExploreRequest(PageMessage):
    """One request of a page.

    Attributes:
        id: the page's own number for it.
        purpose: a key of `handlers.HANDLERS`.
        model: its name.
        states: strings, as share links have them.
    """

    id: int = Field(ge=0, lt=2**53, description="a whole number is needed")
    purpose: str
    model: str = Field(description="a name is needed")
    states: States = Field(description=_STATES)


class PictureRequest(ExploreRequest):
    """Pictures of the states.

    Attributes:
        nudge: seed of a small random move of the first; None for none.
        latent: whether the first one's latent vector is wanted too.
    """

    nudge: int | None = Field(
        None, ge=0, le=MAX_SEED, description=f"a whole number from 0 to {MAX_SEED}"
    )
    latent: OrDefault[bool] = False


class MapRequest(ExploreRequest):
    """Pictures at places of a plane in the latent space, through the first state.

    Attributes:
        places: (x, y) of each.
        axes: the numbers of the two directions that span the plane.
        corners: three states in their place, through which the plane goes.
    """

    places: list[Place] = Field(
        min_length=1, max_length=MOST_PICTURES,
        description=f"a list of 1 to {MOST_PICTURES} places of two finite numbers is needed",
    )  # fmt: skip
    axes: list[int] | None = Field(
        None, min_length=2, max_length=2, description="two whole numbers are needed"
    )
    corners: Corners | None = Field(None, description=_CORNERS)


class PlaceRequest(ExploreRequest):
    """Where the first state is in the plane through three others."""

    corners: Corners = Field(description=_CORNERS)


class ArithmeticRequest(ExploreRequest):
    """The first state with what `plus` has and `minus` lacks.

    Attributes:
        minus: a state.
        plus: a state.
        strengths: of the difference that is added; a picture each.
    """

    minus: str = Field(description="a state is needed")
    plus: str = Field(description="a state is needed")
    strengths: list[Number] = Field(
        min_length=1, max_length=MAX_STRENGTHS,
        description=f"a list of 1 to {MAX_STRENGTHS} finite numbers is needed",
    )  # fmt: skip


class DirectionRequest(ExploreRequest):
    """The direction that leads to the request's states from those `without` something."""

    without: States = Field(description=_STATES)


def problem_of(error: Exception) -> Problem:
    """What a visitor is told of work that failed; the log has what is not theirs to know."""
    if isinstance(error, ModelStoreError):
        return error.problem
    if isinstance(error, ConfigError):
        return error.problems[0]
    if out_of_memory(error):
        logger.warning("memory ran out")
        return Problem("model", "", "there is not enough memory at present", None, "memory")
    if isinstance(error, CheckpointError) and error.code == "file":  # whose words name a folder
        logger.error("a model's files are gone", exc_info=error)
        return Problem("model", "", "its files are not to be read", None, "broken")
    if isinstance(error, ValueError):  # weights on the disk may be broken
        return Problem("model", "", str(error)[:500], None, "broken")
    logger.error("work for a visitor failed", exc_info=error)
    return Problem("model", "", "it failed on the server", None, "failed")


def message_of(error: Exception) -> str:
    """The same in words, for those who come without a browser."""
    known = isinstance(error, ModelStoreError | ConfigError)
    return str(error)[:500] if known else problem_of(error).allowed
