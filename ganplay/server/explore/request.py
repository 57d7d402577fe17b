"""What a page of Explore may ask for: requests, what answers each kind of them, and failures."""

import logging
from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

from ganplay.common.devices import out_of_memory
from ganplay.common.safe_tensors import CheckpointError
from ganplay.common.settings import Problem
from ganplay.latent.model_store import ModelStore, ModelStoreError

logger = logging.getLogger(__name__)


class ExploreRequest(NamedTuple):
    """One request of a page.

    Attributes:
        id: the page's own number for it.
        purpose: one of explorer.PURPOSES.
        model: its name.
        states: strings.
        options: the whole request, of which each purpose reads and checks what it needs.
    """

    id: int
    purpose: str
    model: str
    states: list[str]
    options: dict[str, Any]

    def whole(self, name: str, low: int, high: int) -> int | None:
        """A whole number among the options; None if it is not there.

        Raises:
            GalleryError: if it is something else, or out of bounds.
        """
        value = self.options.get(name)
        if value is None:
            return None
        if type(value) is not int or not low <= value <= high:
            refuse(name, value, f"a whole number from {low} to {high}")
        return value

    def number(self, name: str, low: float, high: float) -> float | None:
        """A number among the options; None if it is not there.

        Raises:
            GalleryError: if it is something else, or out of bounds.
        """
        value = self.options.get(name)
        if value is None:
            return None
        if type(value) not in (int, float) or not low <= value <= high:
            refuse(name, value, f"a number from {low:g} to {high:g}")
        return float(value)


class Handler(NamedTuple):
    """What requests of one kind are answered with.

    Attributes:
        work: makes the answer's head, to which id, purpose and model are added, and its pictures'
            bytes, in a thread of the gallery. May raise a ValueError, best a GalleryError.
        heavy: whether it is to wait behind many pictures even for a single state.
    """

    work: Callable[[ModelStore, ExploreRequest], tuple[dict[str, Any], bytes]]
    heavy: bool = False


def refuse(field: str, value: object, allowed: str) -> NoReturn:
    """Raise what the page is told of an option that cannot be used."""
    raise ModelStoreError(Problem(field, str(value)[:40], allowed, None, "message"))


def told(error: Exception) -> Problem:
    """What a visitor is told of work that failed; the log has what is not theirs to know."""
    if isinstance(error, ModelStoreError):
        return error.problem
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


def said(error: Exception) -> str:
    """The same in words, for those who come without a browser."""
    return str(error)[:500] if isinstance(error, ModelStoreError) else told(error).allowed
