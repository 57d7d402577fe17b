"""How messages of pages are checked: pydantic models that say what each field may hold.

A field's `description` is what the page is told where the field holds something else.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, NoReturn, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, WrapValidator
from pydantic_core import PydanticUseDefault

from ganplay.common.settings import ConfigError, Problem


class PageMessage(BaseModel):
    """A message whose fields must be what they are said to be: a text is no number."""

    model_config = ConfigDict(strict=True, frozen=True)


M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")


def _or_default(value: Any, validate: Callable[[Any], Any]) -> Any:
    try:
        return validate(value)
    except ValidationError:
        raise PydanticUseDefault from None


OrDefault = Annotated[T, WrapValidator(_or_default)]
"""A field that has its default where what was sent cannot be used."""


def validated(model: type[M], content: Mapping[str, Any]) -> M:
    """A page's message as a model.

    Raises:
        ConfigError: naming each field that cannot be used, its value and what is allowed.
    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        names = dict.fromkeys(str(one["loc"][0]) for one in found)
        raise ConfigError(
            _problem(name, content.get(name), str(model.model_fields[name].description))
            for name in names
        ) from None


def refuse(field: str, value: object, allowed: str, code: str = "message") -> NoReturn:
    """Raise what a page is told of a field that cannot be used.

    Raises:
        ConfigError: always.
    """
    raise ConfigError([_problem(field, value, allowed, code)])


def _problem(field: str, value: object, allowed: str, code: str = "message") -> Problem:
    return Problem(field, value, allowed, None, code)
