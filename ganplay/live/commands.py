"""What a page may ask of its session, checked: plain data in, commands or a clear refusal out."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from ganplay.live.frame import ALL_LAYERS, View
from ganplay.live.run import NAMES, RunName
from ganplay.toy.config import PRESETS, ToyConfig
from ganplay.toy.ensemble import Net
from ganplay.toy.stop_condition import StopCondition, mistake
from ganplay.toy.trainer import ToyTrainer

SPEEDS = (1, 1000)
"""Steps a second that can be asked for; None is as many as there can be."""
MAX_STEPS_AT_ONCE = 10_000
MAX_CHANGES = 2 * len(ToyConfig.__dataclass_fields__)
"""Settings that one message may change."""
_COUNTING = 2**31 - 1


class CommandError(ValueError):
    """A message that cannot be followed; it names the field, the value and what is allowed."""

    def __init__(self, field: str, value: object, allowed: str) -> None:
        shown = repr(value) if len(repr(value)) <= 40 else repr(value)[:37] + "..."
        self.field, self.shown, self.allowed = field, shown, allowed
        super().__init__(f"{field}: {shown} is not possible; {allowed}")


@dataclass(frozen=True)
class Play:
    """Train on, or stop."""

    playing: bool


@dataclass(frozen=True)
class Step:
    """Train for some steps of both nets, or some updates of one."""

    net: Net
    count: int


@dataclass(frozen=True)
class Speed:
    """Steps a second, None for as many as there can be."""

    rate: float | None


@dataclass(frozen=True)
class StopAt:
    """When to stop by itself from now on; None for never."""

    stop: StopCondition | None


@dataclass(frozen=True)
class Rewind:
    """Back to the same start."""


@dataclass(frozen=True)
class Configure:
    """Change some settings (checked when they are applied, against those of that moment)."""

    changes: dict[str, Any]
    lane: RunName = "a"


@dataclass(frozen=True)
class Pair:
    """Compare with a second lane, which begins as a copy; or no longer."""

    on: bool


@dataclass(frozen=True)
class Copy:
    """Start both lanes anew with the settings of one."""

    source: RunName


@dataclass(frozen=True)
class Preset:
    """Start anew with the settings of a preset, keeping the seed."""

    name: str


@dataclass(frozen=True)
class Look:
    """What the page shows."""

    view: View


@dataclass(frozen=True)
class Slow:
    """One step in its parts, to be looked at one by one."""


@dataclass(frozen=True)
class Hello:
    """A page has come and knows nothing yet. Not for pages to send."""


@dataclass(frozen=True)
class Save:
    """Hand out the weights as a file's bytes. Not a message: pages ask by a request."""

    reply: Future[bytes]


@dataclass(frozen=True)
class Load:
    """Go on with this trainer, which nobody else may use any more. Not a message either."""

    trainer: ToyTrainer


Command = (
    Play
    | Step
    | Speed
    | StopAt
    | Rewind
    | Configure
    | Pair
    | Copy
    | Preset
    | Look
    | Slow
    | Hello
    | Save
    | Load
)


def whole(message: Mapping[str, Any], name: str, low: int, high: int, default: int) -> int:
    """A whole number of a message, within bounds."""
    value = message.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise CommandError(name, value, f"a whole number from {low} to {high} is needed")
    return value


def message_number(message: Mapping[str, Any]) -> int:
    """The number that the page gave its message, 0 if none."""
    return whole(message, "id", 0, _COUNTING, 0)


def rate(value: object) -> float | None:
    """Steps a second, checked."""
    if value is None:
        return None
    low, high = SPEEDS
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise CommandError("speed", value, f"a number from {low} to {high}, or null, is needed")
    return float(value)


def stop(message: Mapping[str, Any]) -> StopCondition | None:
    """When a run is to stop by itself, checked."""
    when, bound = message.get("when"), message.get("bound")
    if when is None:
        return None
    if found := mistake(when, bound):
        raise CommandError(*found)
    return StopCondition(str(when), float(message["bound"]))


def _flag(message: Mapping[str, Any], name: str) -> bool:
    value = message.get(name)
    if not isinstance(value, bool):
        raise CommandError(name, value, "true or false is needed")
    return value


def _step(message: Mapping[str, Any]) -> Step:
    net = message.get("net", "both")
    if net not in ("d", "g", "both"):
        raise CommandError("net", net, "one of d, g, both is needed")
    return Step(net, whole(message, "count", 1, MAX_STEPS_AT_ONCE, 1))


def _configure(message: Mapping[str, Any]) -> Configure:
    changes = message.get("changes")
    if not isinstance(changes, dict) or len(changes) > MAX_CHANGES:
        raise CommandError("changes", changes, "an object of settings by name is needed")
    return Configure(changes, _run_named(message, "lane", "a"))


def _run_named(message: Mapping[str, Any], name: str, default: object = None) -> RunName:
    value = message.get(name, default)
    if value not in NAMES:
        raise CommandError(name, value, "one of " + ", ".join(NAMES) + " is needed")
    return value


def _preset(message: Mapping[str, Any]) -> Preset:
    name = message.get("name")
    if not isinstance(name, str) or name not in PRESETS:
        raise CommandError("preset", name, "one of " + ", ".join(PRESETS) + " is needed")
    return Preset(name)


def _look(message: Mapping[str, Any]) -> Look:
    probe = message.get("probe")
    if probe is not None:
        ok = isinstance(probe, list) and len(probe) == 2
        ok = ok and all(
            isinstance(v, int | float) and not isinstance(v, bool) and abs(v) < 1e6 for v in probe
        )
        if not ok:
            raise CommandError("probe", probe, "two finite numbers, or null, are needed")
        probe = (float(probe[0]), float(probe[1]))
    graph = message.get("graph", False)
    if not isinstance(graph, bool):
        raise CommandError("graph", graph, "true or false is needed")
    first = None if message.get("insides") is None else whole(message, "insides", 0, 255, 0)
    layers = whole(message, "layers", 0, ALL_LAYERS, ALL_LAYERS)
    label = whole(message, "label", 0, 255, 0)
    return Look(View(layers, label, probe, graph, first, _unit(message.get("unit"))))


def _unit(value: object) -> tuple[str, int, int] | None:
    """A hidden unit of a net; one that is not there is none."""
    if value is None:
        return None
    if isinstance(value, list) and len(value) == 3 and value[0] in ("d", "g"):
        net, layer, index = value
        if all(type(n) is int and 0 <= n <= 255 for n in (layer, index)):
            return net, layer, index
    raise CommandError("unit", value, "net (d or g), layer and index, or null, are needed")


_READERS: dict[str, Callable[[Mapping[str, Any]], Command]] = {
    "play": lambda message: Play(_flag(message, "playing")),
    "step": _step,
    "speed": lambda message: Speed(rate(message.get("speed"))),
    "stop": lambda message: StopAt(stop(message)),
    "rewind": lambda message: Rewind(),
    "configure": _configure,
    "pair": lambda message: Pair(_flag(message, "on")),
    "copy": lambda message: Copy(_run_named(message, "from")),
    "preset": _preset,
    "look": _look,
    "slow": lambda message: Slow(),
}


def read(message: object) -> Command:
    """The command that a message stands for.

    Raises:
        CommandError: if it stands for none.
    """
    if not isinstance(message, dict):
        raise CommandError("message", message, "a JSON object is needed")
    kind = message.get("type")
    if not isinstance(kind, str) or kind not in _READERS:
        raise CommandError("type", kind, "one of " + ", ".join(_READERS) + " is needed")
    return _READERS[kind](message)
