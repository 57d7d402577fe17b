"""One moment of an exploration as a short string, as links, history, commands and the API have it.

`1;model:digits-conditional;seed:5;label:7;d0:2.5` is what seed 5 gives as a seven, moved by 2.5
along the model's strongest direction.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ganplay.common.links import piece_of
from ganplay.common.settings import MAX_SEED, Problem
from ganplay.common.state_string import no_value, split_state, too_long
from ganplay.images.sampler import latents

VERSION = "1"
MAX_STATE = 8000
MAX_TRUNCATION, MAX_MOVE, MAX_VALUE = 2.0, 10.0, 6.0
MAX_WEIGHT, MAX_PARTS, MAX_OWN = 100.0, 8, 4

Amounts = tuple[tuple[int, float], ...]
Vector = tuple[float, ...]
OwnMoves = tuple[tuple[Vector, float], ...]


class Space(NamedTuple):
    """What a model lets one choose.

    Attributes:
        dim: dimensions of z, and principal directions.
        classes: 0 for none.
        steps: that were kept.
        named: directions beside the principal ones, which follow on them.
    """

    dim: int
    classes: int
    steps: tuple[int, ...]
    named: int = 0


@dataclass(frozen=True)
class LatentState:
    """Where somebody is in a model's latent space.

    Attributes:
        model: name, folder or id.
        seed: of the latent vector.
        at: the latent vector itself instead, in half precision; empty to take the seed's.
        truncation: the vector's factor, from 0 (the middle of the space) to 2.
        label: classes with weights above 0, of which the mean is taken; empty for the first class.
        step: of the training, one that was kept; None for the end.
        values: dimensions of z that were set by hand, -6 to 6.
        moves: along the model's directions, -10 to 10.
        own: directions of one's own, in half precision, and how far along each, -10 to 10.
    """

    model: str
    seed: int = 0
    at: Vector = field(default=(), repr=False)
    truncation: float = 1.0
    label: Amounts = ()
    step: int | None = None
    values: Amounts = ()
    moves: Amounts = ()
    own: OwnMoves = field(default=(), repr=False)

    def latent(self, directions: Float[Tensor, "k z"]) -> Float[Tensor, "z"]:
        """The latent vector, in double precision."""
        base = torch.tensor(self.at) if self.at else latents([self.seed], directions.shape[1])[0]
        z = base.double() * self.truncation
        for place, value in self.values:
            z[place] = value
        for place, amount in self.moves:
            z += amount * directions[place].double()
        for vector, amount in self.own:
            z += amount * torch.tensor(vector, dtype=torch.float64)
        return z

    def mixture(self, classes: int) -> Float[Tensor, "k"] | None:
        """The label as shares that sum to 1; None for a model without labels."""
        if not classes:
            return None
        shares = torch.zeros(classes, dtype=torch.float64)
        for place, weight in self.label or ((0, 1.0),):
            shares[place] += weight
        return shares / shares.sum()

    def __str__(self) -> str:
        """The string; what is as by default is left out."""
        return ";".join([VERSION, f"model:{self.model}", *self._pieces()])

    def _pieces(self) -> Iterator[str]:
        if self.at:
            yield f"at:{packed(self.at)}"
        elif self.seed:
            yield f"seed:{self.seed}"
        if self.truncation != 1:
            yield f"truncation:{_written(self.truncation)}"
        if self.label:
            yield "label:" + "+".join(
                str(k) if w == 1 else f"{_written(w)}*{k}" for k, w in self.label
            )
        if self.step is not None:
            yield f"step:{self.step}"
        yield from (f"z{place}:{_written(value)}" for place, value in self.values)
        yield from (f"d{place}:{_written(amount)}" for place, amount in self.moves)
        yield from (f"own:{_written(amount)}*{packed(vector)}" for vector, amount in self.own)


def packed(vector: Vector) -> str:
    """Numbers in half precision as text for an address."""
    return base64.urlsafe_b64encode(np.asarray(vector, "<f2").tobytes()).decode().rstrip("=")


def _written(number: float) -> str:
    """As short as can be, so that reading it gives the same number."""
    return repr(float(number)).removesuffix(".0")


def model_of(text: str) -> str | None:
    """The model that a state string, or a link with one, names, if it does."""
    found = re.search(r"(?:^|;)model:([^;]{1,200})", piece_of(text, "explore")[:MAX_STATE])
    return found[1] if found else None


def read_state(text: str, model: str, space: Space) -> tuple[LatentState, list[Problem]]:
    """The state of a string for a model, and what was wrong with it.

    Never raises for what the string holds: each piece that cannot be used is reported and left
    out, so that what a string of another model or an older version has in common is kept.

    Args:
        text: the string, or a link with one.
        model: whose state it is to be.
        space: of that model.
    """
    text, state = piece_of(text, "explore"), LatentState(model)
    if len(text) > MAX_STATE:
        return state, [too_long(text, "state", f"{MAX_STATE} characters")]
    pieces, problems = split_state(text, VERSION, "state")
    for name, value in pieces:
        if value is None:
            problems.append(no_value(name))
            continue
        try:
            state = _with(state, name, value, space)
        except _Refused as refused:
            problems.append(Problem(name[:80], value[:80], refused.allowed, None, refused.code))
    return state, problems


class _Refused(Exception):
    def __init__(self, allowed: str, code: str = "bounds") -> None:
        self.allowed, self.code = allowed, code


def _with(state: LatentState, name: str, value: str, space: Space) -> LatentState:
    """The state with one more piece."""
    if name == "model":
        if value != state.model:
            raise _Refused(f"this is {state.model}; what both have is kept", "model")
        return state
    if name == "seed":
        return replace(state, seed=_whole(value, 0, MAX_SEED), at=())
    if name == "at":
        return replace(state, at=_vector(value, space.dim))
    if name == "truncation":
        return replace(state, truncation=_number(value, 0, MAX_TRUNCATION))
    if name == "step":
        step = _whole(value, 0, 2**31 - 1)
        if step not in space.steps:
            raise _Refused("one of " + ", ".join(map(str, space.steps)))
        return replace(state, step=None if step == space.steps[-1] else step)
    if name == "label":
        return replace(state, label=_mixture(value, space.classes))
    if name == "own":
        return replace(state, own=_with_own(state.own, value, space.dim))
    if found := re.fullmatch(r"([zd])(\d{1,4})", name):
        letter, place = found[1], int(found[2])
        kind, most, bound = "values", space.dim, MAX_VALUE
        if letter == "d":
            kind, most, bound = "moves", space.dim + space.named, MAX_MOVE
        if place >= most:
            raise _Refused(f"this model has {letter}0 to {letter}{most - 1}", "unknown")
        amounts = dict(getattr(state, kind)) | {place: _number(value, -bound, bound)}
        changed: dict[str, Any] = {kind: tuple(sorted(amounts.items()))}
        return replace(state, **changed)
    raise _Refused("there is no setting of that name", "unknown")


def _whole(text: str, low: int, high: int) -> int:
    if not re.fullmatch(r"\d{1,10}", text) or not low <= int(text) <= high:
        raise _Refused(f"a whole number from {low} to {high}")
    return int(text)


def _number(text: str, low: float, high: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise _Refused(f"a number from {low:g} to {high:g}")
    return value


def _with_own(own: OwnMoves, value: str, dim: int) -> OwnMoves:
    amount, _, vector = value.partition("*")
    far = _number(amount, -MAX_MOVE, MAX_MOVE)
    found = dict(own) | {_vector(vector, dim, "own"): far}
    if len(found) > MAX_OWN:
        raise _Refused(f"at most {MAX_OWN} directions of one's own are possible", "own")
    return tuple(found.items())


def _vector(text: str, dim: int, code: str = "vector") -> Vector:
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        vector = np.frombuffer(packed, "<f2")
    except (ValueError, binascii.Error):
        vector = np.empty(0)
    if len(vector) != dim or not np.isfinite(vector).all():
        raise _Refused(f"{dim} finite numbers of half precision in base64", code)
    return tuple(vector.astype(float).tolist())


def _mixture(text: str, classes: int) -> Amounts:
    if not classes:
        raise _Refused("this model is not conditional", "no_classes")
    parts = text.split("+")
    if len(parts) > MAX_PARTS:
        raise _Refused(f"at most {MAX_PARTS} classes can be mixed", "mixture")
    found: dict[int, float] = {}
    for part in parts:
        weight, star, place = part.rpartition("*")
        number = _number(weight, 0, MAX_WEIGHT) if star else 1.0
        found[_whole(place, 0, classes - 1)] = number
    if not sum(found.values()):
        raise _Refused("at least one weight above 0 is needed", "mixture")
    return tuple(sorted(found.items()))
