"""Frozen configurations: the single source of flags, controls, API arguments and cards.

Each field carries its bounds or choices, the group that it is shown in, and whether changing it
needs new networks. Labels and explanations for people are in `common/locales`.
"""

import dataclasses
import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import torch

from ganplay.common.links import piece_of
from ganplay.common.settings import MAX_SEED, ConfigError, Problem, Rule, Settings, check, unknown
from ganplay.common.settings import choice as _choice
from ganplay.common.settings import flag as _flag
from ganplay.common.settings import number as _number
from ganplay.common.settings import setting as _setting
from ganplay.common.state_string import no_value, split_state, too_long, typed
from ganplay.gan.losses import LOSSES
from ganplay.gan.penalties import PENALTIES
from ganplay.toy import custom_points
from ganplay.toy.distributions import DISTRIBUTIONS, Distribution, from_points
from ganplay.toy.layers import MAX_MINIBATCH_DISCRIMINATION, MINIBATCH
from ganplay.toy.mlp import ACTIVATIONS, INITS, NORMS
from ganplay.toy.optimizers import OPTIMIZERS

GROUPS = ("data", "generator", "discriminator", "loss", "training")
STATE_VERSION, MAX_STATE, MAX_SETTINGS = "1", 100_000, 4000
"""How a state string begins, and the most characters that it may have: with points, and without."""
CUSTOM = "own"
"""Name of the distribution of custom points."""
JITTER = 0.03
"""Standard deviation of the noise added to custom points, in the data's units, for a density."""


@dataclass(frozen=True)
class ToyConfig(Settings):
    """Everything that defines a 2-D experiment, seed included.

    `change` in a field's metadata says when a change takes effect: "live" on the next step of the
    same networks, "rebuild" with new networks. Settings that end in _g or _d are of one net.

    Raises:
        ConfigError: if a value is unknown, out of bounds or contradicts another; it names the
            field, the value and what is allowed.
    """

    distribution: str = _choice("ring", (*DISTRIBUTIONS, CUSTOM), "data")
    conditional: bool = _flag(False, "data", "rebuild")
    batch_size: int = _number(128, 8, 512, "data", log=True)
    noise: str = _choice("gaussian", ("gaussian", "uniform"), "data", advanced=True)
    noise_dim: int = _choice(2, (*range(1, 17), 100), "data", "rebuild")
    seed: int = _number(0, 0, MAX_SEED, "data", "rebuild")

    layers_g: int = _number(2, 0, 6, "generator", "rebuild")
    width_g: int = _number(64, 1, 256, "generator", "rebuild", log=True)
    activation_g: str = _choice("relu", ACTIVATIONS, "generator", "rebuild")
    output_g: str = _choice("linear", ("linear", "tanh"), "generator", "rebuild", advanced=True)
    norm_g: str = _choice("none", NORMS, "generator", "rebuild", advanced=True)
    residual_g: bool = _flag(False, "generator", "rebuild", advanced=True)
    init_g: str = _choice("xavier_uniform", INITS, "generator", "rebuild", advanced=True)
    ema: float = _number(0.0, 0.0, 0.9999, "generator", advanced=True)

    layers_d: int = _number(2, 0, 6, "discriminator", "rebuild")
    width_d: int = _number(64, 1, 256, "discriminator", "rebuild", log=True)
    activation_d: str = _choice("leaky_relu", ACTIVATIONS, "discriminator", "rebuild")
    norm_d: str = _choice("none", NORMS, "discriminator", "rebuild")
    minibatch_d: str = _choice("none", MINIBATCH, "discriminator", "rebuild")
    residual_d: bool = _flag(False, "discriminator", "rebuild", advanced=True)
    init_d: str = _choice("xavier_uniform", INITS, "discriminator", "rebuild", advanced=True)
    scale_d: float = _number(1.0, 0.1, 100.0, "discriminator", advanced=True, log=True)

    loss: str = _choice("non_saturating", LOSSES, "loss")
    penalty: str = _choice("none", ("none", *PENALTIES), "loss")
    penalty_weight: float = _number(0.1, 0.0, 100.0, "loss", log=True)
    penalty_target: float = _number(1.0, 0.0, 10.0, "loss", advanced=True)
    weight_clip: float = _number(0.0, 0.0, 1.0, "loss", log=True)
    label_smoothing: float = _number(0.0, 0.0, 0.5, "loss")
    instance_noise: float = _number(0.0, 0.0, 2.0, "loss")
    instance_noise_steps: int = _number(0, 0, 100_000, "loss", advanced=True, log=True)
    feature_matching: float = _number(0.0, 0.0, 100.0, "loss", advanced=True, log=True)

    lr_g: float = _number(1e-3, 0.0, 1.0, "training", log=True)
    lr_d: float = _number(1e-3, 0.0, 1.0, "training", log=True)
    steps_g: int = _number(1, 0, 20, "training")
    steps_d: int = _number(1, 0, 20, "training")
    optimizer_g: str = _choice("adam", OPTIMIZERS, "training")
    optimizer_d: str = _choice("adam", OPTIMIZERS, "training")
    beta1: float = _number(0.5, 0.0, 0.999, "training", advanced=True)
    beta2: float = _number(0.999, 0.0, 0.9999, "training", advanced=True)
    grad_clip: float = _number(0.0, 0.0, 100.0, "training", advanced=True, log=True)
    simultaneous: bool = _flag(False, "training", advanced=True)

    # The last, so that a state string ends with what is long in it. As `points.encode` writes it.
    points: str = _setting("", "data", "live", True, most=custom_points.MAX_POINTS)

    @classmethod
    def check(cls, f: dataclasses.Field, value: Any) -> Problem | None:
        """The problem of a value that a field may not hold."""
        return _check_points(value) if f.name == "points" else check(f, value)

    @property
    def data(self) -> Distribution:
        """The distribution that G is to learn."""
        return (
            _own(self.points) if self.distribution == CUSTOM else DISTRIBUTIONS[self.distribution]
        )

    @property
    def classes(self) -> int:
        """Number of classes whose labels both nets are given; 0 if the model is not conditional."""
        return self.data.classes if self.conditional else 0

    def rules(self) -> Iterable[Rule["ToyConfig"]]:
        """Contradictions between settings."""
        return _RULES

    def to_state(self) -> str:
        """The settings that differ from the defaults, as a string: `1;loss:hinge;lr_g:0.002`.

        It begins with the version, and no character of it has to be escaped in a link.
        """
        changed = (f for f in fields(self) if getattr(self, f.name) != f.default)
        pieces = (f"{f.name}:{_written(getattr(self, f.name))}" for f in changed)
        return ";".join([STATE_VERSION, *pieces])

    @classmethod
    def from_state(cls, text: str) -> tuple["ToyConfig", list[Problem]]:
        """The settings of a state string (or of a link with one), and what was wrong with it.

        Never raises for what the string holds: each piece that cannot be used is reported and
        leaves its default.
        """
        default = cls()
        state = piece_of(text, "state")
        settings = len(re.sub(r";points:[^;]*", "", state))
        if len(state) > MAX_STATE or settings > MAX_SETTINGS:
            most = f"{MAX_SETTINGS} characters, or {MAX_STATE} with points,"
            return default, [too_long(text, "state", most)]
        pieces, problems = split_state(state, STATE_VERSION, "state")
        problems += [no_value(name) for name, value in pieces if value is None]
        changes = {name: read_value(name, v) for name, v in pieces if v is not None}
        config, more = default.repaired(changes)
        return config, problems + more

    def repaired(self, changes: Mapping[str, Any]) -> tuple["ToyConfig", list[Problem]]:
        """These settings with some changed, and a `Problem` for each change that could not be.

        Unknown settings are left out, and settings out of bounds keep their former values. If a
        valid change contradicts another setting, that other one is changed. Custom points are
        removed, without a problem, when another distribution is chosen.
        """
        problems: list[Problem] = []
        config = self
        by_name = {f.name: f for f in fields(self)}
        valid: dict[str, Any] = {}
        for name, value in changes.items():
            if name not in by_name:
                problems.append(unknown(_FIELDS, name, value))
            elif problem := self.check(by_name[name], value):
                problems.append(problem._replace(used=getattr(self, name)))
            else:
                valid[name] = value
        if valid.get("distribution", CUSTOM) != CUSTOM:
            valid.setdefault("points", "")
        for _ in range(len(_RULES) + 1):
            try:
                return replace(config, **valid), problems
            except ConfigError as error:
                for problem in error.problems:
                    if problem.code == "own" and self.distribution != CUSTOM:
                        problem = problem._replace(used=self.distribution)
                    valid[problem.field] = problem.used
                    problems.append(problem)
        raise AssertionError("each rule gives way at most once")


_FIELDS = {f.name: f for f in fields(ToyConfig)}


@functools.lru_cache(maxsize=64)
def _own(points: str) -> Distribution:
    """The distribution of custom points as `custom_points.encode` writes them.

    Raises:
        PointsError: if they cannot be used.
    """
    given, labels = map(torch.from_numpy, custom_points.decode(points))
    return replace(from_points(given, labels, JITTER), extent=custom_points.EXTENT)


def needs_new_networks(old: ToyConfig, new: ToyConfig) -> bool:
    """Whether a run with the old settings must begin anew, with new networks, for the new ones."""
    changed = (n for n, f in _FIELDS.items() if f.metadata["change"] == "rebuild")
    return old.classes != new.classes or any(getattr(old, n) != getattr(new, n) for n in changed)


def read_value(name: str, text: str) -> object:
    """A value out of a string by the type of its field; what does not fit stays text."""
    return typed(_FIELDS[name].type if name in _FIELDS else str, text)


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _check_points(value: Any) -> Problem | None:
    if value == "":
        return None
    try:
        _own(value if isinstance(value, str) else "")
    except custom_points.PointsError as error:
        return Problem("points", value, str(error), "", "points")
    return None


def _own_needs_points(c: ToyConfig) -> Problem | None:
    broken = c.distribution == CUSTOM and not c.points
    why = "without points there is nothing to learn"
    return Problem("distribution", CUSTOM, why, "ring", "own") if broken else None


def _points_need_own(c: ToyConfig) -> Problem | None:
    broken = c.distribution != CUSTOM and c.points
    why = f"only the distribution {CUSTOM} has points, so it must be empty"
    return Problem("points", c.points, why, "", "not_own") if broken else None


def _smoothing_needs_targets(c: ToyConfig) -> Problem | None:
    broken = c.label_smoothing and not LOSSES[c.loss].smoothable
    why = f"the {c.loss} loss has no targets to smooth, so it must be 0"
    return Problem("label_smoothing", c.label_smoothing, why, 0.0, "smoothing") if broken else None


def _condition_needs_classes(c: ToyConfig) -> Problem | None:
    if not c.conditional or (c.distribution == CUSTOM and not c.points) or c.data.classes > 1:
        return None
    why = f"the distribution {c.distribution} has no classes, so it must be False"
    return Problem("conditional", c.conditional, why, False, "conditional")


def _discrimination_needs_small_batch(c: ToyConfig) -> Problem | None:
    if c.minibatch_d != "discrimination" or c.batch_size <= MAX_MINIBATCH_DISCRIMINATION:
        return None
    why = f"minibatch discrimination takes at most {MAX_MINIBATCH_DISCRIMINATION}"
    return Problem("batch_size", c.batch_size, why, MAX_MINIBATCH_DISCRIMINATION, "batch")


def _matching_needs_features(c: ToyConfig) -> Problem | None:
    broken = c.feature_matching and not c.layers_d
    why = "a discriminator without hidden layers has no features to match, so it must be 0"
    return Problem("feature_matching", c.feature_matching, why, 0.0, "matching") if broken else None


_RULES: tuple[Rule[ToyConfig], ...] = (
    _own_needs_points,
    _points_need_own,
    _smoothing_needs_targets,
    _condition_needs_classes,
    _discrimination_needs_small_batch,
    _matching_needs_features,
)

PRESETS: dict[str, ToyConfig] = {
    # Works: every mode within 3,000 steps, and stays.
    "ring": ToyConfig(ema=0.99),
    # Works, but takes width, a large batch and some 5,000 steps.
    "grid": ToyConfig(distribution="grid", batch_size=256, width_g=128, width_d=128, ema=0.99),
    # G is updated ten times for each update of D and puts all samples where D's output is highest.
    "collapse": ToyConfig(steps_g=10),
    # Linear nets: the bilinear game, in which both circle around the equilibrium for ever.
    "oscillation": ToyConfig(
        distribution="gaussian",
        layers_g=0,
        layers_d=0,
        init_g="default",
        loss="wasserstein",
        optimizer_g="sgd",
        optimizer_d="sgd",
        lr_g=0.002,
        lr_d=0.002,
    ),
    # D is always right; the saturating loss then has almost no gradient, too little for plain SGD.
    "vanishing": ToyConfig(loss="minimax", optimizer_g="sgd", lr_g=0.01, steps_d=5, lr_d=2e-3),
    "wgan-gp": ToyConfig(
        distribution="moons", loss="wasserstein", penalty="wgan_gp", steps_d=5, ema=0.99
    ),
    # As in many tutorials: 100 latent dimensions, one hidden layer of 256 units in both nets.
    "classic": ToyConfig(
        distribution="blobs",
        batch_size=64,
        noise_dim=100,
        layers_g=1,
        width_g=256,
        init_g="default",
        layers_d=1,
        width_d=256,
        init_d="default",
        lr_g=2e-4,
        lr_d=2e-4,
    ),
}
