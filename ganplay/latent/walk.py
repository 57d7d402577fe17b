"""Walks through latent space from keyframe to keyframe, and their frames.

How a walk is read from a string is in `walk_string`, how it becomes a file in `walk_export`.
"""

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from ganplay.common.settings import Problem, Rule, Settings, choice, flag, number
from ganplay.images.checkpoint import ImageModel
from ganplay.images.evaluation.neighbours import classifier_of
from ganplay.images.evaluation.training_images import MissingData
from ganplay.images.latent_state import MAX_PARTS, Amounts, LatentState
from ganplay.images.sampler import to_bytes
from ganplay.latent.interpolation import lerp, slerp, spline

VERSION = "1"
SEPARATOR = "|"
"""Between the parts of a walk's string: no state holds it, and links need not escape it."""
PATHS = ("slerp", "lerp", "spline")
EASINGS: dict[str, Callable[[Tensor], Tensor]] = {
    "linear": lambda t: t,
    "smooth": lambda t: t * t * (3 - 2 * t),
    "in": lambda t: t * t,
    "out": lambda t: t * (2 - t),
}
"""Progress in space as a function of progress in time, both from 0 to 1."""
MIN_KEYFRAMES, MAX_KEYFRAMES = 2, 64
MAX_FRAMES, MAX_RATE = 2400, 50
"""Of a whole walk; and frames a second."""
CHUNK = 16
"""Frames of one batch; whoever iterates over a walk can stop it between two of them."""
_PACE_SAMPLES = 2
"""Pictures a frame that are rendered first to measure the pace of an even walk."""

Images = UInt8[Tensor, "n c h w"]
Latents = Float[Tensor, "n z"]
Labels = Float[Tensor, "n k"]
Times = Float[Tensor, "n"]
"""Moments of a walk, 0 at its start and 1 at its end."""
Features = Callable[[Images], Tensor]
"""From pictures to features (n, f), whose distances say how different two pictures are."""


class _PieceSettings(Settings):
    """Settings that a string holds as `;name:value` pieces, and fields that are no settings."""

    @classmethod
    def check(cls, f: dataclasses.Field, value: Any) -> Problem | None:
        """The problem of a value that a field may not hold."""
        return super().check(f, value) if f.metadata else None

    def pieces(self) -> str:
        """Settings that differ from their defaults."""
        own = ((f, getattr(self, f.name)) for f in fields(self) if f.metadata)
        return "".join(f";{f.name}:{_written(value)}" for f, value in own if value != f.default)


@dataclass(frozen=True)
class Keyframe(_PieceSettings):
    """A state that a walk comes through, and how it goes on to the next.

    Attributes:
        state: of the model.
        duration: of the way to the next, relative to those of the other keyframes.
        easing: one of EASINGS.

    Raises:
        ConfigError: if a field is out of bounds.
    """

    state: LatentState
    duration: float = number(1.0, 0.05, 60.0, "keyframe")
    easing: str = choice("linear", EASINGS, "keyframe")

    def __str__(self) -> str:
        """The state's string and the settings that differ from their defaults."""
        return f"{self.state}{self.pieces()}"


@dataclass(frozen=True)
class Walk(_PieceSettings):
    """A way from keyframe to keyframe.

    Attributes:
        keyframes: of one model and one step of its training.
        frames: of the whole walk.
        path: how latent vectors are interpolated, one of PATHS; labels always linearly.
        loop: whether it comes back to the first, which is then not shown twice.
        even: whether frames are equally far apart in the space of features; durations and
            easings then have no effect.
        rate: frames a second when it is played.

    Raises:
        ConfigError: if a field is out of bounds.
    """

    keyframes: tuple[Keyframe, ...] = field(default=())
    frames: int = number(120, 2, MAX_FRAMES, "walk")
    path: str = choice("slerp", PATHS, "walk")
    loop: bool = flag(False, "walk")
    even: bool = flag(False, "walk")
    rate: int = number(24, 1, MAX_RATE, "walk")

    def rules(self) -> Iterable[Rule["Walk"]]:
        """The number of keyframes, and that all are of one step of the training."""
        return _check_count, _check_step

    def __str__(self) -> str:
        """The string: settings that differ from their defaults, then each keyframe."""
        return SEPARATOR.join([VERSION + self.pieces(), *map(str, self.keyframes)])

    @property
    def step(self) -> int | None:
        """Of the training, the same for all keyframes; None for its end."""
        return self.keyframes[0].state.step

    def times(self) -> Times:
        """The time of each frame, in [0, 1], before easing."""
        end = 1 - 1 / self.frames if self.loop else 1.0
        return torch.linspace(0, end, self.frames, dtype=torch.float64)

    def latents(self, model: ImageModel, times: Times) -> tuple[Latents, Labels | None]:
        """Latent vectors and labels (None for a model without) at some times."""
        stops = (*self.keyframes, self.keyframes[0]) if self.loop else self.keyframes
        ends = torch.tensor([k.duration for k in stops[:-1]], dtype=torch.float64).cumsum(0)
        along = times * ends[-1]
        leg = torch.searchsorted(ends[:-1], along, right=True)
        start = torch.cat([ends[:1] * 0, ends])[leg]
        t = ((along - start) / (ends[leg] - start)).clamp(0, 1)
        t = torch.stack([EASINGS[k.easing](t) for k in stops[:-1]]).gather(0, leg[None])[0]
        z, y = model.latents([keyframe.state for keyframe in stops])
        label = None if y is None else lerp(y[leg], y[leg + 1], t)
        return self._interpolated(z, leg, t), label

    def _interpolated(self, z: Float[Tensor, "k z"], leg: Int[Tensor, "n"], t: Times) -> Latents:
        if self.path == "spline":
            before, after = (z[-2], z[1]) if self.loop else (z[0], z[-1])
            return spline(torch.stack([before, *z, after]), leg, t)
        interpolate = slerp if self.path == "slerp" else lerp
        return interpolate(z[leg], z[leg + 1], t)


def _check_count(walk: Walk) -> Problem | None:
    count = len(walk.keyframes)
    if MIN_KEYFRAMES <= count <= MAX_KEYFRAMES:
        return None
    why = f"{MIN_KEYFRAMES} to {MAX_KEYFRAMES} are possible"
    return Problem("keyframes", count, why, None, "keyframes")


def _check_step(walk: Walk) -> Problem | None:
    for i, keyframe in enumerate(walk.keyframes):
        if keyframe.state.step != walk.step:
            return step_problem(i, keyframe.state.step, walk.step)
    return None


def step_problem(place: int, step: int | None, first: int | None) -> Problem:
    """The problem of a keyframe (counted from 0) of another training step than the first."""
    shown = "the end" if first is None else f"step {first}"
    why = f"all keyframes must be of one step of the training, the first is of {shown}"
    return Problem(f"keyframes.{place + 1}.step", step, why, first, "one_step")


def _written(value: object) -> str:
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return str(value).lower() if isinstance(value, bool) else str(value)


class WalkFrames(NamedTuple):
    """A batch of frames of a walk.

    Attributes:
        done: pictures rendered so far, those that measure the pace included.
        of: how many will be rendered in all.
        images: the next frames; none while the pace is measured.
        z: their latent vectors.
        label: their labels; None for a model without.
        features: of the frames.
    """

    done: int
    of: int
    images: Images
    z: Latents
    label: Labels | None
    features: Float[Tensor, "n f"]


def iter_frames(
    model: ImageModel, walk: Walk, features: Features | None = None
) -> Iterator[WalkFrames]:
    """The frames of a walk, a batch at a time.

    Args:
        model: renders them.
        walk: through its latent space.
        features: their distances define an even pace; by default `features_of(model)`.
    """
    features = features or features_of(model)
    times, before = walk.times(), 0
    total = walk.frames
    if walk.even:
        before = _PACE_SAMPLES * walk.frames
        total += before
        finer, found = torch.linspace(0, 1, before, dtype=torch.float64), []
        for part in _frames_at(model, walk, finer, features):
            found.append(part.features)
            nothing = part.images[:0], part.z[:0], None, part.features[:0]
            yield WalkFrames(part.done, total, *nothing)
        length = gaps(torch.cat(found)).double().cumsum(0)
        length = torch.cat([length[:1] * 0, length])
        times = torch.from_numpy(np.interp(times * length[-1], length, finer))
    for part in _frames_at(model, walk, times, features):
        yield part._replace(done=before + part.done, of=total)


def _frames_at(
    model: ImageModel, walk: Walk, times: Times, features: Features
) -> Iterator[WalkFrames]:
    z, label = walk.latents(model, times)
    sampler = model.sampler(walk.step)
    for start in range(0, len(times), CHUNK):
        part = slice(start, start + CHUNK)
        own, some = z[part], None if label is None else label[part]
        images = to_bytes(sampler.pictures(own, some)).cpu()
        yield WalkFrames(start + len(own), len(times), images, own, some, features(images))


def frames(model: ImageModel, walk: Walk, features: Features | None = None) -> Images:
    """All pictures of a walk; see `iter_frames`."""
    return torch.cat([part.images for part in iter_frames(model, walk, features)])


def states_of(walk: Walk, part: WalkFrames) -> list[LatentState]:
    """The states of some frames, their latent vectors rounded to a state's half precision."""
    name, step = walk.keyframes[0].state.model, walk.step
    mixtures = [_main_parts(row) for row in part.label.tolist()] if part.label is not None else ()
    return [
        LatentState(name, at=tuple(z.half().tolist()), label=label, step=step)
        for z, label in zip(part.z, mixtures or [()] * len(part.z), strict=True)
    ]


def _main_parts(shares: list[float]) -> Amounts:
    """The classes with the largest shares of a mixture, as many as a state can hold."""
    most = sorted(range(len(shares)), key=lambda k: -shares[k])[:MAX_PARTS]
    rounded = sorted((k, round(shares[k], 3)) for k in most)
    return tuple((k, share) for k, share in rounded if share)


def features_of(model: ImageModel) -> Features:
    """The features of the data's classifier or, where there is none, the pixels."""
    try:
        return classifier_of(model.card).net.features
    except MissingData:
        return lambda images: images.flatten(1).float()


def gaps(features: Float[Tensor, "n f"]) -> Float[Tensor, "m"]:
    """The distance of each frame's features to the next one's, m = n - 1."""
    return (features[1:] - features[:-1]).norm(dim=1)


def unevenness(gap: Float[Tensor, "m"]) -> float:
    """The standard deviation of the distances over their mean: 0 for a perfectly even pace."""
    return float(gap.std(correction=0) / gap.mean().clamp_min(1e-12))
