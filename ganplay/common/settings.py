"""What configurations are made of: fields that know their bounds, and problems in words.

The configurations themselves are `toy.config.ToyConfig` and `images.config.ImageConfig`.
"""

import dataclasses
import difflib
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, NamedTuple, TypeVar

from typing_extensions import Self

MAX_SEED = 2**31 - 1
MAX_SHOWN = 40
"""Characters of a refused value that are shown; the rest is cut off."""
Change = Literal["live", "rebuild"]
"""What changing a setting costs; see `Settings`."""


class Problem(NamedTuple):
    """Why a setting was refused.

    Attributes:
        field: the setting's name.
        value: that was refused.
        allowed: what is allowed, in English.
        used: what stands in its place where settings are repaired.
        code: names the reason, for texts in other languages.
    """

    field: str
    value: object
    allowed: str
    used: object
    code: str

    def __str__(self) -> str:
        return f"{self.field}: {_short(repr(self.value))} is not possible; {self.allowed}"

    def to_dict(self) -> dict[str, object]:
        """The problem as JSON can hold it."""
        return self._asdict() | {"value": _plain(self.value), "used": _plain(self.used)}


class ConfigError(ValueError):
    """Settings that cannot be used, with a `Problem` for each."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("; ".join(map(str, self.problems)))


def setting(
    default: Any, group: str, change: Change = "live", advanced: bool = False, **metadata: Any
) -> Any:
    """A field of a configuration; see `Settings`."""
    metadata |= {"group": group, "change": change, "advanced": advanced}
    return field(default=default, metadata=metadata)


def number(
    default: float, low: float, high: float, *how: Any, log: bool = False, **more: Any
) -> Any:
    """A number in [low, high]; `log` asks for a slider that moves in factors. See `setting`."""
    return setting(default, *how, bounds=(low, high), log=log, **more)


def choice(default: Any, choices: Iterable[Any], *how: Any, **more: Any) -> Any:
    """One of some values. See `setting`."""
    return setting(default, *how, choices=tuple(choices), **more)


def flag(default: bool, *how: Any, **more: Any) -> Any:
    """On or off. See `setting`."""
    return choice(default, (False, True), *how, **more)


C = TypeVar("C", contravariant=True)
Rule = Callable[[C], Problem | None]
"""Looks for a contradiction between settings."""


@dataclass(frozen=True)
class Settings:
    """Settings that are checked as they are made.

    A field's metadata has its `group`, whether it is `advanced`, and its `bounds` or `choices`;
    `change` says what changing it costs: "live" takes effect on the next step of the same
    networks, "rebuild" needs new ones. A `tip`, if there is one, tells people what it does.

    Raises:
        ConfigError: if a value is unknown, out of bounds or contradicts another; it names the
            field, the value and what is allowed.
    """

    def __post_init__(self) -> None:
        """Give numbers their type and refuse what cannot be."""
        problems = [p for f in fields(self) if (p := self.check(f, getattr(self, f.name)))]
        problems = problems or [p for rule in self.rules() if (p := rule(self))]
        if problems:
            raise ConfigError(problems)
        for f in fields(self):
            object.__setattr__(self, f.name, _typed(f, getattr(self, f.name)))

    @classmethod
    def check(cls, f: dataclasses.Field, value: Any) -> Problem | None:
        """The problem of a value that a field may not hold."""
        return check(f, value)

    def rules(self) -> Iterable[Rule[Self]]:
        """Contradictions between settings."""
        return ()

    def to_dict(self) -> dict[str, Any]:
        """All settings by name, as JSON can hold them."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Settings by name; what is not named has its default.

        Raises:
            ConfigError: for unknown names too, with the nearest known one.
        """
        known = {f.name for f in fields(cls)}
        strange = [unknown(known, k, v) for k, v in values.items() if k not in known]
        if strange:
            raise ConfigError(strange)
        return cls(**values)


def unknown(known: Iterable[str], name: object, value: object) -> Problem:
    """The problem of a name that no field has, with the nearest one that a field has."""
    near = difflib.get_close_matches(str(name)[:80], list(known), n=1)
    hint = f"did you mean {near[0]}?" if near else "there is no setting of that name"
    return Problem(str(name)[:80], value, hint, None, "unknown")


def _typed(f: dataclasses.Field, value: Any) -> Any:
    return float(value) if f.type is float else int(value) if f.type is int else value


def allowed(f: dataclasses.Field) -> str:
    """What a field may hold, in words."""
    if f.type is str and "choices" not in f.metadata:
        return f"at most {f.metadata['most']:,} points, as text"
    if "choices" in f.metadata:
        return "one of " + ", ".join(map(str, f.metadata["choices"]))
    low, high = f.metadata["bounds"]
    kind = "a whole number" if f.type is int else "a number"
    return f"{kind} from {low:g} to {high:g}" if high < 1e6 else f"{kind} from {low} to {high}"


def check(f: dataclasses.Field, value: Any) -> Problem | None:
    """The problem of a value that a field may not hold."""
    if "choices" in f.metadata:
        choices = f.metadata["choices"]
        # By type too: True == 1 and 1.0 == 1, but neither is a layer's name or a dimension.
        ok = any(type(value) is type(c) and value == c for c in choices)
    else:
        low, high = f.metadata["bounds"]
        ok = isinstance(value, int | float) and not isinstance(value, bool)
        ok = ok and low <= value <= high  # false for NaN
        ok = ok and (f.type is float or value == int(value))
    return None if ok else Problem(f.name, value, allowed(f), f.default, "bounds")


def as_plain(problems: list[Problem]) -> list[dict[str, object]]:
    """Problems as JSON can hold them."""
    return [problem.to_dict() for problem in problems]


def _plain(value: object) -> object:
    """A value as JSON can hold it, and short."""
    ok = value is None or isinstance(value, bool | int | str)
    ok = ok or (isinstance(value, float) and math.isfinite(value))
    shown = value if ok else repr(value)
    return shown if len(str(shown)) <= MAX_SHOWN else _short(str(shown))


def _short(text: str) -> str:
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 3] + "..."
