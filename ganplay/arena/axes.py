"""Axes of an arena: a setting that differs between cells, and its values.

An axis is a field of `ToyConfig`, or of `DerivedSettings`, which stand for several settings each.
So its values are checked as those of any setting.
"""

import dataclasses
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple

from ganplay.common.settings import ConfigError, Problem, Settings, choice, number, unknown
from ganplay.toy.config import CUSTOM, ToyConfig, read_value
from ganplay.toy.remedies import CLASSIC

MAX_VALUES = 64
"""Of one axis."""


@dataclass(frozen=True)
class DerivedSettings(Settings):
    """Settings that follow from one number or name.

    Attributes:
        lr_ratio: D's learning rate divided by that of G, which is not changed.
        width: units of each hidden layer of both nets.
        remedy: a key of `CLASSIC`.
    """

    lr_ratio: float = number(1.0, 0.0, 1000.0, "training", log=True)
    width: int = number(64, 1, 256, "generator", "rebuild", log=True)
    remedy: str = choice("none", CLASSIC, "loss", "rebuild")


AXES: dict[str, dataclasses.Field] = {
    f.name: f for kind in (DerivedSettings, ToyConfig) for f in fields(kind) if f.name != "points"
}
_DEFAULTS: dict[str, tuple[Any, ...]] = {
    "lr_ratio": (0.1, 0.25, 1.0, 4.0, 10.0),
    "width": (4, 8, 16, 32, 64, 128),
    "layers": (0, 1, 2, 3, 4),
    "noise_dim": (1, 2, 4, 8, 16, 100),
    "lr": (1e-4, 3e-4, 1e-3, 3e-3),
    "steps": (1, 2, 5, 10),
    "beta1": (0.0, 0.5, 0.9),
    "beta2": (0.9, 0.99, 0.999),
    "batch_size": (16, 32, 64, 128, 256),
    "seed": tuple(range(16)),
    "ema": (0.0, 0.9, 0.99, 0.999),
    "scale": (0.1, 0.3, 1.0, 3.0, 10.0),
    "penalty_weight": (0.0, 0.01, 0.1, 1.0, 10.0),
    "penalty_target": (0.0, 0.5, 1.0, 2.0),
    "weight_clip": (0.0, 0.01, 0.03, 0.1, 0.3),
    "grad_clip": (0.0, 0.01, 0.1, 1.0),
    "label_smoothing": (0.0, 0.1, 0.2, 0.3),
    "instance_noise": (0.0, 0.05, 0.1, 0.3),
    "instance_noise_steps": (0, 500, 1000, 2000),
    "feature_matching": (0.0, 0.1, 1.0, 10.0),
}
"""Values by setting; those of one net are named without _g or _d."""


class Axis(NamedTuple):
    """A name of `AXES` and the values that cells have of it."""

    name: str
    values: tuple[Any, ...]


def axis(name: str, values: Sequence[object]) -> Axis:
    """An axis, its values checked.

    Raises:
        ConfigError: naming the field, the value and what is allowed.
    """
    if name not in AXES:
        raise ConfigError([unknown(AXES, name, ", ".join(map(str, values)))])
    if not 1 <= len(values) <= MAX_VALUES:
        raise refusal(name, len(values), f"from 1 to {MAX_VALUES} values are needed", "values")
    problems = [p for v in values if (p := ToyConfig.check(AXES[name], v))]
    if problems:
        raise ConfigError(problems)
    repeated = [v for i, v in enumerate(values) if v in values[:i]]
    if repeated:
        raise refusal(name, repeated[0], "each value may be given once", "twice")
    kind: Any = AXES[name].type
    return Axis(name, tuple(kind(v) for v in values))


def read_axis(text: str) -> Axis:
    """An axis from text such as `lr_g=1e-4,1e-3`.

    Raises:
        ConfigError: if the text is no axis.
    """
    name, _, values = text.partition("=")
    name = name.strip().replace("-", "_")
    return axis(name, [value_of(name, v.strip()) for v in values.split(",")])


def value_of(name: str, text: str) -> object:
    """The value of an axis that a text stands for; a text that stands for none is returned."""
    if name not in DerivedSettings.__dataclass_fields__:
        return read_value(name, text)
    kind: Any = AXES[name].type
    try:
        return kind(text)
    except ValueError:
        return text


def default_values(name: str) -> tuple[Any, ...]:
    """Values that an axis has before anybody chooses some."""
    usual = _DEFAULTS.get(re.sub("_[gd]$", "", name))
    return usual or tuple(v for v in AXES[name].metadata["choices"] if v != CUSTOM)


def changed(base: ToyConfig, values: Mapping[str, Any]) -> ToyConfig:
    """A configuration with some values of axes; their order does not matter.

    A visitor's own points are dropped with their distribution.

    Raises:
        ConfigError: if settings contradict each other, or two axes set the same one differently.
    """
    changes = {name: v for name, v in values.items() if name in ToyConfig.__dataclass_fields__}
    if changes.get("distribution", CUSTOM) != CUSTOM:
        changes["points"] = ""
    config = replace(base, **changes)
    derived: dict[str, Any] = {}
    if "remedy" in values:
        derived |= CLASSIC[values["remedy"]](config)
    if "width" in values:
        derived |= _compatible(derived, {"width_g": values["width"], "width_d": values["width"]})
    if "lr_ratio" in values:
        derived |= _compatible(derived, {"lr_d": values["lr_ratio"] * config.lr_g})
    _compatible(changes, derived)
    return replace(config, **derived)


def _compatible(before: Mapping[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """The changes, unless one contradicts what another axis has set."""
    for name, value in changes.items():
        if name in before and before[name] != value:
            raise refusal(name, value, f"another axis sets it to {before[name]}", "overlap")
    return changes


def refusal(field: str, value: object, allowed: str, code: str) -> ConfigError:
    """The error of a single value."""
    return ConfigError([Problem(field, value, allowed, None, code)])
