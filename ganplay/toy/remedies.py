"""Changes of settings that help against a finding of the diagnosis, and the classic remedies.

For each kind of finding, remedies are listed in the order in which they are tried: the first that
changes any setting is proposed. Each has its source.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ganplay.toy.config import ToyConfig
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
    """A proposed change of settings.

    Attributes:
        changes: new values by setting; they contradict none of the settings that stay.
        anew: whether to begin again with new networks, as the present ones hardly recover.
    """

    changes: Changes
    anew: bool


def _where(needed: Callable[[ToyConfig], bool], **changes: Any) -> Callable[[ToyConfig], Changes]:
    """A remedy that is the same for all settings that need it."""
    return lambda c: changes if needed(c) else {}


# R1: D may not be steep where the data are. Mescheder et al. 2018.
_penalised = _where(lambda c: c.penalty == "none", **PENALISED)
# Alternating updates spiral less than simultaneous ones. Mescheder et al. 2018, section 3.
_in_turns = _where(lambda c: c.simultaneous, simultaneous=False)
_fewer_of_d = _where(lambda c: c.steps_d > 1, steps_d=1)
_any_of_d = _where(lambda c: c.steps_d == 0, steps_d=1)
_more_of_d = _where(lambda c: c.steps_d < 5, steps_d=5)
_fewer_of_g = _where(lambda c: c.steps_g > max(1, c.steps_d), steps_g=1)
# D sees how varied a batch is. Karras et al. 2018, section 3.
_whole_batches = _where(lambda c: c.minibatch_d == "none", minibatch_d="stddev")


def _damped(c: ToyConfig) -> Changes:
    """R1 with weight 1 makes the bilinear game converge. Mescheder et al. 2018, section 4."""
    strong = c.penalty == "r1" and c.penalty_weight >= 1
    return {} if strong else {"penalty": "r1", "penalty_weight": 1.0}


def _non_saturating(c: ToyConfig) -> Changes:
    """A loss with a gradient where D is certain, and an optimiser that follows small gradients too.

    Goodfellow et al. 2014, section 3. The penalty makes D less certain again.
    """
    if c.loss != "minimax":
        return {}
    adam = {"optimizer_g": "adam", "lr_g": USUAL_RATE} if c.optimizer_g == "sgd" else {}
    return {"loss": "non_saturating"} | adam | _penalised(c)


def _slower_d(c: ToyConfig) -> Changes:
    return {"lr_d": c.lr_g} if c.lr_d > c.lr_g > 0 else {}


def _faster_d(c: ToyConfig) -> Changes:
    """The same learning rate for both; that of D may be the larger one. Heusel et al. 2017."""
    return {"lr_d": c.lr_g} if c.lr_d < c.lr_g else {}


def _deeper_d(c: ToyConfig) -> Changes:
    return {"layers_d": 2, "width_d": max(c.width_d, 64)} if c.layers_d == 0 else {}


def _held_critic(c: ToyConfig) -> Changes:
    """A gradient penalty, if nothing else bounds a critic's gradient. Gulrajani et al. 2017."""
    if c.loss != "wasserstein" or c.penalty != "none" or c.weight_clip:
        return {}
    return {"penalty": "wgan_gp", "penalty_weight": 0.1} | _usual_pace(c)


def _usual_pace(c: ToyConfig) -> Changes:
    """Learning rates of at most USUAL_RATE, with Adam."""
    changes = {n: USUAL_RATE for n in ("lr_g", "lr_d") if getattr(c, n) > USUAL_RATE}
    names = ("optimizer_g", "optimizer_d") if changes else ()
    return changes | {name: "adam" for name in names if getattr(c, name) == "sgd"}


def _slower(c: ToyConfig) -> Changes:
    least = USUAL_RATE / 100
    return {n: getattr(c, n) / 4 for n in ("lr_g", "lr_d") if getattr(c, n) > least}


_REMEDIES: Mapping[str, tuple[Callable[[ToyConfig], Changes], ...]] = {
    "strong_d": (_non_saturating, _penalised, _fewer_of_d, _slower_d),
    "strong_g": (_any_of_d, _deeper_d, _faster_d, _fewer_of_g, _more_of_d),
    "collapse": (_fewer_of_g, _whole_batches, _faster_d, _penalised),
    "hopping": (_fewer_of_g, _faster_d, _whole_batches, _penalised),
    "oscillation": (_damped, _in_turns, _slower),
    "divergence": (_held_critic, _usual_pace, _penalised, _slower),
}
_SPOILT = ("strong_g", "divergence")
"""Findings after which the networks are too far from the data to return in reasonable time."""


def remedy(kind: str, config: ToyConfig) -> Remedy | None:
    """The first remedy against a kind of finding (a key of `_REMEDIES`) that changes a setting.

    None if the finding needs none, or the settings are already those of all its remedies.
    """
    for propose in _REMEDIES.get(kind, ()):
        if changes := propose(config):
            return Remedy(dict(changes), kind in _SPOILT)
    return None
