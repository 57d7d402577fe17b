"""What a page may ask of its session, checked: plain data in, commands or a clear refusal out.

Commands that pages send are dataclasses of pydantic. A field's `description` says what it may hold.
"""

import dataclasses
from collections.abc import Collection, Hashable, Mapping
from concurrent.futures import Future
from functools import cache
from typing import Annotated, Any, Literal, TypeVar, cast

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from ganplay.live.frame import ALL_LAYERS, View
from ganplay.live.run import NAMES, RunName
from ganplay.toy.config import PRESETS, ToyConfig
from ganplay.toy.ensemble import Net
from ganplay.toy.stop_condition import StopCondition, mistake
from ganplay.toy.trainer import ToyTrainer

SPEEDS = (1, 1000)
"""Bounds of the speed, in steps a second; a speed of None has no limit."""
MAX_STEPS_AT_ONCE = 10_000
"""Steps that one command may ask for."""
MAX_CHANGES = 2 * len(ToyConfig.__dataclass_fields__)
"""Settings that one message may change."""
MAX_MESSAGE_NUMBER = 2**31 - 1
MAX_PROBE = 1e6
"""Bound of a probe's coordinates, in the data's units."""


class CommandError(ValueError):
    """A message that cannot be followed; it names the field, the value and what is allowed."""

    def __init__(self, field: str, value: object, allowed: str) -> None:
        shown = repr(value) if len(repr(value)) <= 40 else repr(value)[:37] + "..."
        self.field, self.shown, self.allowed = field, shown, allowed
        super().__init__(f"{field}: {shown} is not possible; {allowed}")


def integer(low: int, high: int) -> Any:
    """A field that holds a whole number within bounds, both of them allowed."""
    allowed = f"a whole number from {low} to {high} is needed"
    return Field(ge=low, le=high, strict=True, description=allowed)


def one_of(names: Collection[str], title: str | None = None) -> Any:
    """A field that holds one of some names."""
    allowed = "one of " + ", ".join(names) + " is needed"
    return Field(pattern=f"^({'|'.join(names)})$", title=title, description=allowed)


Flag = Annotated[bool, Field(strict=True, description="true or false is needed")]
Lane = Annotated[RunName, Field(description="one of " + ", ".join(NAMES) + " is needed")]
Byte = Annotated[int, integer(0, 255)]
_LOW, _HIGH = SPEEDS
_SPEED = f"a number from {_LOW} to {_HIGH}, or null, is needed"
Rate = Field(ge=_LOW, le=_HIGH, strict=True, allow_inf_nan=False, description=_SPEED)
Coordinate = Annotated[float, Field(gt=-MAX_PROBE, lt=MAX_PROBE, strict=True, allow_inf_nan=False)]


@dataclass(frozen=True)
class Play:
    """Train on, or stop."""

    playing: Flag


@dataclass(frozen=True)
class Step:
    """Train for 1 to `MAX_STEPS_AT_ONCE` steps of both nets, or as many updates of one."""

    net: Annotated[Net, Field(description="one of d, g, both is needed")] = "both"
    count: Annotated[int, integer(1, MAX_STEPS_AT_ONCE)] = 1


@dataclass(frozen=True)
class Speed:
    """Train at a speed within `SPEEDS`, in steps a second, or as fast as it goes (None)."""

    speed: Annotated[float | None, Rate] = None


@dataclass(frozen=True)
class StopAt:
    """When to stop by itself from now on; None for never."""

    stop: StopCondition | None


@dataclass(frozen=True)
class Rewind:
    """Back to the same start."""


@dataclass(frozen=True)
class Remember:
    """Keep this moment, so that `GoBack` can return to it; one that was kept before is let go."""


@dataclass(frozen=True)
class GoBack:
    """Go on from the moment that was kept, with the settings of then."""


@dataclass(frozen=True)
class Configure:
    """Change at most `MAX_CHANGES` settings of a run, by name.

    The settings are checked when they are applied, against those of that moment.
    """

    changes: Annotated[
        dict[str, Any],
        Field(max_length=MAX_CHANGES, description="an object of settings by name is needed"),
    ]
    lane: Lane = "a"


@dataclass(frozen=True)
class Pair:
    """Compare with a second run, which begins as a copy; or no longer."""

    on: Flag


@dataclass(frozen=True, config=ConfigDict(loc_by_alias=False))
class Copy:
    """Start both runs anew with the settings of one."""

    source: Annotated[Lane, Field(alias="from")]


@dataclass(frozen=True)
class Preset:
    """Start anew with the settings of a preset, keeping the seed."""

    name: Annotated[str, one_of(PRESETS, title="preset")]


@dataclass(frozen=True)
class Look:
    """What the page shows."""

    view: View


@dataclass(frozen=True)
class _ViewFields:
    """The fields of a `View`, as a message has them. A unit that is not there is shown as none."""

    layers: Annotated[int, integer(0, ALL_LAYERS)] = ALL_LAYERS
    label: Byte = 0
    probe: Annotated[
        tuple[Coordinate, Coordinate] | None,
        Field(description="two finite numbers, or null, are needed"),
    ] = None
    graph: Flag = False
    insides: Annotated[int | None, integer(0, 255)] = None
    unit: Annotated[
        tuple[Literal["d", "g"], Byte, Byte] | None,
        Field(description="net (d or g), layer and index, or null, are needed"),
    ] = None


@dataclass(frozen=True)
class Slow:
    """One step in its parts, to be looked at one by one."""


@dataclass(frozen=True)
class Hello:
    """A page has come and knows nothing yet. Not for pages to send."""


@dataclasses.dataclass(frozen=True)
class Save:
    """Hand out the weights as a file's bytes. Not a message: pages ask by a request."""

    reply: Future[bytes]


@dataclasses.dataclass(frozen=True)
class Load:
    """Go on with this trainer, which nobody else may use any more. Not a message either."""

    trainer: ToyTrainer


Message = (
    Play | Step | Speed | StopAt | Rewind | Remember | GoBack | Configure | Pair | Copy | Preset
    | Look | Slow
)  # fmt: skip
Command = Message | Hello | Save | Load
MESSAGES: dict[str, type[Message]] = {
    "play": Play,
    "step": Step,
    "speed": Speed,
    "stop": StopAt,
    "rewind": Rewind,
    "remember": Remember,
    "go_back": GoBack,
    "configure": Configure,
    "pair": Pair,
    "copy": Copy,
    "preset": Preset,
    "look": Look,
    "slow": Slow,
}
"""What a page may send, by the message's `type`."""


@dataclass(frozen=True)
class _Numbered:
    id: Annotated[int, integer(0, MAX_MESSAGE_NUMBER)] = 0


def message_number(message: Mapping[str, Any]) -> int:
    """The number that the page gave its message, 0 if none.

    Raises:
        CommandError: if it is none from 0 to `MAX_MESSAGE_NUMBER`.
    """
    return validated(_Numbered, message).id


T = TypeVar("T")
_adapter = cache(TypeAdapter)


def validated(model: type[T], message: Mapping[str, Any]) -> T:
    """A message as a dataclass of pydantic; what else it holds is left out.

    Raises:
        CommandError: for the first field that cannot be used.
    """
    try:
        command: T = _adapter(cast(Hashable, model)).validate_python(message)
        return command
    except ValidationError as error:
        name: Any = error.errors(include_url=False, include_context=False)[0]["loc"][0]
    field = cast(Any, model).__pydantic_fields__[name]
    sent = field.alias or name
    raise CommandError(field.title or sent, message.get(sent), field.description)


def _stop(when: object, bound: Any) -> StopCondition | None:
    if when is None:
        return None
    if found := mistake(when, bound):
        raise CommandError(*found)
    return StopCondition(str(when), float(bound))


def read(message: object) -> Message:
    """The command that a message stands for.

    Raises:
        CommandError: if it stands for none.
    """
    if not isinstance(message, dict):
        raise CommandError("message", message, "a JSON object is needed")
    kind = message.get("type")
    if not isinstance(kind, str) or kind not in MESSAGES:
        raise CommandError("type", kind, "one of " + ", ".join(MESSAGES) + " is needed")
    if kind == "stop":
        return StopAt(_stop(message.get("when"), message.get("bound")))
    if kind == "look":
        return Look(View(**dataclasses.asdict(validated(_ViewFields, message))))
    return validated(MESSAGES[kind], message)
