"""Changes of settings that help against a finding of the diagnosis, and the classic remedies.

For each kind of finding, remedies are listed in the order in which they are tried: the first that
changes any setting is proposed. Each has its source, changes one thing where one suffices, and says
what to expect of it by when. What is told of it was measured by `python -m benchmarks.diagnosis`;
what helped in less than half of its runs is not proposed.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ganplay.toy.config import ToyConfig
from ganplay.toy.diagnosis import MOVING, Finding
from ganplay.toy.layers import MAX_MINIBATCH_DISCRIMINATION

Changes = dict[str, Any]

USUAL_RATE = 1e-3
"""A learning rate with which small networks train stably, with Adam."""
PENALISED = {"penalty": "r1", "penalty_weight": 0.1}


def _discriminated(c: ToyConfig) -> Changes:
    """D compares the samples of a batch, which must be small. Salimans et al. 2016, section 3.2."""
    small = min(c.batch_size, MAX_MINIBATCH_DISCRIMINATION)
    return {"minibatch_d": "discrimination", "batch_size": small}


def _set(**changes: Any) -> Callable[[ToyConfig], Changes]:
    return lambda c: changes


CLASSIC: Mapping[str, Callable[[ToyConfig], Changes]] = {
    "none": _set(),
    # Goodfellow et al. 2014, section 3: a gradient for G where D is certain.
    "non_saturating": _set(loss="non_saturating"),
    # Goodfellow et al. 2014, algorithm 1, with k = 1.
    "in_turns": _set(steps_g=1, steps_d=1, simultaneous=False),
    # Arjovsky and Bottou 2017, section 3: a better D gives better gradients, until they vanish.
    "more_of_d": _set(steps_d=5),
    # Heusel et al. 2017; four to one is Zhang et al. 2019, section 4.2.
    "two_rates": lambda c: {"lr_d": min(1.0, 4 * c.lr_g)},
    # Salimans et al. 2016, section 3.4; real labels only.
    "smoothing": _set(label_smoothing=0.1),
    # Sonderby et al. 2017, section 3.3; Arjovsky and Bottou 2017, section 3.1.
    "noise": _set(instance_noise=0.1),
    # Salimans et al. 2016, section 3.1.
    "matching": _set(feature_matching=1.0),
    "discrimination": _discriminated,
    # Karras et al. 2018, section 3.
    "stddev": _set(minibatch_d="stddev"),
    # Miyato et al. 2018.
    "spectral": _set(norm_d="spectral"),
    # Arjovsky et al. 2017, algorithm 1.
    "wgan": _set(loss="wasserstein", steps_d=5, weight_clip=0.1),
    # Gulrajani et al. 2017, algorithm 1.
    "wgan_gp": _set(loss="wasserstein", steps_d=5, penalty="wgan_gp", penalty_weight=0.1),
    # Mescheder et al. 2018.
    "r1": _set(**PENALISED),
    # Yazici et al. 2019.
    "average": _set(ema=0.99),
}
"""Changes by name, whatever the state of the run; the Arena compares them."""


class Remedy(NamedTuple):
    """A proposed change of settings, what to expect of it, and how often that came in test runs.

    Attributes:
        changes: new values by setting; they contradict none of the settings that stay.
        anew: whether to begin again with new networks, as the present ones hardly recover.
        expects: what should come, one of `EXPECTATIONS`.
        within: steps from the change, or from the new start, until which that is expected.
        came: in how many test runs it came in time and stayed.
        runs: how many test runs there were.
    """

    changes: Changes
    anew: bool
    expects: str
    within: int
    came: int
    runs: int


EXPECTATIONS = ("modes", "half", "rest")
"""All modes of the data are covered; the distance (JS divergence above its noise floor) is at most
half of what it was; the fakes no longer move, and no oscillation is found."""


def as_expected(expects: str, finding: Finding, before: float, floor: float) -> bool:
    """Whether what a remedy should bring is there.

    Args:
        expects: one of `EXPECTATIONS`.
        finding: of the run that was treated.
        before: JS divergence of the run that was ill, in bits; NaN, which counts as 1, if it had
            diverged.
        floor: JS divergence of two real samples.
    """
    if finding.kind == "divergence":
        return False
    if expects == "modes":
        return not finding.missing
    if expects == "rest":
        return finding.kind != "oscillation" and finding.evidence.drift < MOVING
    ill = before if math.isfinite(before) else 1.0
    return finding.evidence.js - floor <= (ill - floor) / 2


class Proposal(NamedTuple):
    """A remedy against one kind of finding, and what came of it.

    Attributes:
        changes: what it changes of settings; nothing if they need no such change.
        within: as `Remedy` has it.
        came: of `RUNS` runs, whose settings are in `benchmarks/treatments.py`.
    """

    changes: Callable[[ToyConfig], Changes]
    within: int
    came: int


RUNS = 10
"""Test runs of each proposal."""


def _where(needed: Callable[[ToyConfig], bool], **changes: Any) -> Callable[[ToyConfig], Changes]:
    """A remedy that is the same for all settings that need it."""
    return lambda c: changes if needed(c) else {}


# R1: D may not be steep where the data are. Mescheder et al. 2018.
_penalised = _where(lambda c: c.penalty == "none", **PENALISED)
_any_of_d = _where(lambda c: c.steps_d == 0, steps_d=1)


def _calmer_g(c: ToyConfig) -> Changes:
    """As many updates of G as of D, and a D that is not steep where the data are.

    Fewer updates of G alone bring the modes back, but not for good: in 2 of 6 runs one was lost
    again. The penalty alone brings none back.
    """
    return {"steps_g": 1} | _penalised(c) if c.steps_g > max(1, c.steps_d) else {}


def _damped(c: ToyConfig) -> Changes:
    """R1 with weight 1 makes the bilinear game converge. Mescheder et al. 2018, section 4."""
    strong = c.penalty == "r1" and c.penalty_weight >= 1
    return {} if strong else {"penalty": "r1", "penalty_weight": 1.0}


def _non_saturating(c: ToyConfig) -> Changes:
    """A loss with a gradient where D is certain, and a penalty that makes D less certain again.

    Goodfellow et al. 2014, section 3. The loss alone halved the distance in none of ten runs.
    """
    return {"loss": "non_saturating"} | _penalised(c) if c.loss == "minimax" else {}


def _faster_g(c: ToyConfig) -> Changes:
    """The same learning rate for both."""
    return {"lr_g": c.lr_d} if c.lr_g < c.lr_d else {}


def _faster_d(c: ToyConfig) -> Changes:
    """The same learning rate for both; that of D may be the larger one. Heusel et al. 2017."""
    return {"lr_d": c.lr_g} if c.lr_d < c.lr_g else {}


def _deeper_d(c: ToyConfig) -> Changes:
    """A linear D sees no more of the data than their mean; a deep one must learn as fast as G."""
    blind = c.layers_d == 0 and (c.data.modes is None or len(c.data.modes) > 1)
    return {"layers_d": 2, "width_d": max(c.width_d, 64)} | _faster_d(c) if blind else {}


def _held_critic(c: ToyConfig) -> Changes:
    """A gradient penalty, if nothing else bounds a critic's gradient. Gulrajani et al. 2017."""
    if c.loss != "wasserstein" or c.penalty != "none" or c.weight_clip:
        return {}
    return {"penalty": "wgan_gp", "penalty_weight": 0.1} | _usual_pace(c)


def _usual_pace(c: ToyConfig) -> Changes:
    """Learning rates of at most USUAL_RATE, with Adam: so small, they are nothing without it."""
    changes = {n: USUAL_RATE for n in ("lr_g", "lr_d") if getattr(c, n) > USUAL_RATE}
    names = ("optimizer_g", "optimizer_d") if changes else ()
    return changes | {name: "adam" for name in names if getattr(c, name) == "sgd"}


_FOR_MODES = (
    Proposal(_faster_d, 4000, 10),
    Proposal(_calmer_g, 5000, 10),
    Proposal(_penalised, 4000, 10),
)
REMEDIES: Mapping[str, tuple[Proposal, ...]] = {
    "strong_d": (
        Proposal(_non_saturating, 3000, 9),
        Proposal(_faster_g, 2000, 10),
    ),
    "strong_g": (
        Proposal(_any_of_d, 2000, 10),
        Proposal(_deeper_d, 2000, 10),
        Proposal(_faster_d, 2000, 10),
    ),
    "collapse": _FOR_MODES,
    "hopping": _FOR_MODES,
    "oscillation": (Proposal(_deeper_d, 2000, 10), Proposal(_damped, 2000, 10)),
    "divergence": (
        Proposal(_held_critic, 3500, 10),
        Proposal(_usual_pace, 1500, 10),
    ),
}
"""What is proposed against each kind of finding, in this order."""
_SPOILT = ("strong_g", "divergence")
"""Findings after which the networks are too far from the data to return in reasonable time."""
_MANY = 10
"""Modes from which on not all of them are expected: some of so many come late."""


def remedy(kind: str, config: ToyConfig) -> Remedy | None:
    """The first remedy against a kind of finding (a key of `REMEDIES`) that changes a setting.

    None if the finding needs none, or the settings are already those of all its remedies.
    """
    for propose, within, came in REMEDIES.get(kind, ()):
        if changes := propose(config):
            expects = _expected(kind, config.repaired(changes)[0])
            return Remedy(dict(changes), kind in _SPOILT, expects, within, came, RUNS)
    return None


def _expected(kind: str, config: ToyConfig) -> str:
    if kind == "oscillation" and config.layers_d == 0:
        return "rest"
    modes = 0 if config.data.modes is None else len(config.data.modes)
    return "modes" if kind in ("collapse", "hopping") and 0 < modes < _MANY else "half"
