"""Walks through latent space: from keyframe to keyframe, as frames, evenly if wanted.

How a walk is read from a string is in `walk_text`, how it becomes a file in `walk_files`.
"""

import dataclasses
import functools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from ganplay.common.safe_tensors import CheckpointError
from ganplay.common.settings import Problem, Rule, Settings, choice, flag, number
from ganplay.images.checkpoint import BUNDLED, ImageModel
from ganplay.images.evaluation.classifier import load_classifier
from ganplay.images.latent_state import MAX_PARTS, Amounts, LatentState
from ganplay.images.sampler import to_bytes
from ganplay.latent.interpolation import lerp, slerp, spline

VERSION = "1"
BETWEEN = "|"
"""Stands between the parts of a walk's string: no state has it, and links need not escape it."""
PATHS = ("slerp", "lerp", "spline")
EASINGS: dict[str, Callable[[Tensor], Tensor]] = {
    "linear": lambda t: t,
    "smooth": lambda t: t * t * (3 - 2 * t),
    "in": lambda t: t * t,
    "out": lambda t: t * (2 - t),
}
"""How far along in space for how far along in time, both from 0 to 1."""
MIN_KEYFRAMES, MAX_KEYFRAMES = 2, 64
MAX_FRAMES, MAX_RATE = 2400, 50
CHUNK = 16
"""Frames that are made between two looks at whether anybody still wants them."""
_FINER = 2
"""Pictures for each frame from which an even pace is found."""

Images = UInt8[Tensor, "n c h w"]
Features = Callable[[Images], Tensor]
"""The space (n, f) in which pictures are near or far from each other."""


class _Described(Settings):
    """Settings beside which other things stand, and which are written `;name:value`."""

    @classmethod
    def check(cls, f: dataclasses.Field, value: Any) -> Problem | None:
        """The problem of a value that a field may not hold."""
        return super().check(f, value) if f.metadata else None

    def pieces(self) -> str:
        """What is not as by default."""
        own = ((f, getattr(self, f.name)) for f in fields(self) if f.metadata)
        return "".join(f";{f.name}:{_written(value)}" for f, value in own if value != f.default)


@dataclass(frozen=True)
class Keyframe(_Described):
    """A state that a walk comes through, and how it goes on from there to the next.

    Attributes:
        state: of the model.
        duration: of the way to the next, in seconds or any other unit: that of the whole is 1.
        easing: one of EASINGS.

    Raises:
        ConfigError: if a field is out of bounds.
    """

    state: LatentState
    duration: float = number(1.0, 0.05, 60.0, "keyframe")
    easing: str = choice("linear", EASINGS, "keyframe")

    def __str__(self) -> str:
        """The state's string with what is not as by default."""
        return f"{self.state}{self.pieces()}"


@dataclass(frozen=True)
class Walk(_Described):
    """From keyframe to keyframe.

    Attributes:
        keyframes: of one model and one step of its training.
        frames: of the whole walk.
        path: how latent vectors are led from one to the next, one of PATHS; labels go straight.
        loop: whether it comes back to the first, which is then not shown twice.
        even: whether the pace is made even in the space of features; the durations and easings
            then count for nothing.
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
        """How many keyframes, and of which steps."""
        return _counted, _of_one_step

    def __str__(self) -> str:
        """The string: what is not as by default, then each keyframe."""
        return BETWEEN.join([VERSION + self.pieces(), *map(str, self.keyframes)])

    @property
    def step(self) -> int | None:
        """Of the training."""
        return self.keyframes[0].state.step

    def times(self) -> Float[Tensor, "n"]:
        """When each frame is, in [0, 1]: as far as time goes, not yet eased."""
        end = 1 - 1 / self.frames if self.loop else 1.0
        return torch.linspace(0, end, self.frames, dtype=torch.float64)

    def latents(
        self, model: ImageModel, times: Float[Tensor, "n"]
    ) -> tuple[Float[Tensor, "n z"], Float[Tensor, "n k"] | None]:
        """Latent vectors and labels at some times."""
        stops = (*self.keyframes, self.keyframes[0]) if self.loop else self.keyframes
        ends = torch.tensor([k.duration for k in stops[:-1]], dtype=torch.float64).cumsum(0)
        along = times * ends[-1]
        leg = torch.searchsorted(ends[:-1], along, right=True)
        start = torch.cat([ends[:1] * 0, ends])[leg]
        t = ((along - start) / (ends[leg] - start)).clamp(0, 1)
        t = torch.stack([EASINGS[k.easing](t) for k in stops[:-1]]).gather(0, leg[None])[0]
        z = torch.stack([k.state.latent(model.directions) for k in stops])
        mixtures = [mix for k in stops if (mix := k.state.mixture(model.classes)) is not None]
        label = None
        if mixtures:
            of = torch.stack(mixtures)
            label = lerp(of[leg], of[leg + 1], t)
        return self._led(z, leg, t), label

    def _led(self, z: Tensor, leg: Tensor, t: Tensor) -> Tensor:
        if self.path == "spline":
            around = (z[-2], z[1]) if self.loop else (z[0], z[-1])
            return spline(torch.stack([around[0], *z, around[1]]), leg, t)
        way = slerp if self.path == "slerp" else lerp
        return way(z[leg], z[leg + 1], t)


def _counted(walk: Walk) -> Problem | None:
    count = len(walk.keyframes)
    if MIN_KEYFRAMES <= count <= MAX_KEYFRAMES:
        return None
    why = f"{MIN_KEYFRAMES} to {MAX_KEYFRAMES} are possible"
    return Problem("keyframes", count, why, None, "keyframes")


def _of_one_step(walk: Walk) -> Problem | None:
    for i, keyframe in enumerate(walk.keyframes):
        if keyframe.state.step != walk.step:
            return one_step(i, keyframe.state.step, walk.step)
    return None


def one_step(place: int, step: int | None, first: int | None) -> Problem:
    """The problem of a keyframe that is of another step than the first one."""
    shown = "the end" if first is None else f"step {first}"
    why = f"all keyframes must be of one step of the training, the first is of {shown}"
    return Problem(f"keyframes.{place + 1}.step", step, why, first, "one_step")


def _written(value: object) -> str:
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return str(value).lower() if isinstance(value, bool) else str(value)


class WalkFrames(NamedTuple):
    """What was made last of a walk.

    Attributes:
        done: pictures that were made by now, those from which an even pace is found included.
        of: how many there are to be made.
        images: the next frames; none while the pace is looked for.
        z: their latent vectors.
        label: their labels.
        features: of the frames.
    """

    done: int
    of: int
    images: Images
    z: Float[Tensor, "n z"]
    label: Float[Tensor, "n k"] | None
    features: Float[Tensor, "n f"]


def made(model: ImageModel, walk: Walk, features: Features | None = None) -> Iterator[WalkFrames]:
    """The frames of a walk, a few at a time; who wants no more stops asking.

    Args:
        model: which.
        walk: through its latent space.
        features: by which pictures are near or far; by default `features_of(model)`.
    """
    features = features or features_of(model)
    times, before = walk.times(), 0
    total = walk.frames
    if walk.even:
        before = _FINER * walk.frames
        total += before
        finer, found = torch.linspace(0, 1, before, dtype=torch.float64), []
        for part in _made(model, walk, finer, features):
            found.append(part.features)
            none = part.images[:0], part.z[:0], None, part.features[:0]
            yield WalkFrames(part.done, total, *none)
        passed = gaps(torch.cat(found)).double().cumsum(0)
        passed = torch.cat([passed[:1] * 0, passed])
        times = interpolated(times * passed[-1], passed, finer)
    for part in _made(model, walk, times, features):
        yield part._replace(done=before + part.done, of=total)


def _made(model: ImageModel, walk: Walk, times: Tensor, features: Features) -> Iterator[WalkFrames]:
    z, label = walk.latents(model, times)
    sampler = model.sampler(walk.step)
    for start in range(0, len(times), CHUNK):
        own, some = z[start : start + CHUNK], None
        if label is not None:
            some = label[start : start + CHUNK]
        pictures = sampler.pictures(own, some)
        images = to_bytes(pictures).cpu()
        yield WalkFrames(start + len(own), len(times), images, own, some, features(images))


def frames(model: ImageModel, walk: Walk, features: Features | None = None) -> Images:
    """All pictures of a walk; see `made`."""
    return torch.cat([part.images for part in made(model, walk, features)])


def explored(walk: Walk, part: WalkFrames) -> list[LatentState]:
    """The states at which frames are, as near as a state's half precision comes."""
    name, step = walk.keyframes[0].state.model, walk.step
    mixtures = [_parts(shares) for shares in part.label.tolist()] if part.label is not None else ()
    return [
        LatentState(name, at=tuple(z.half().tolist()), label=label, step=step)
        for z, label in zip(part.z, mixtures or [()] * len(part.z), strict=True)
    ]


def _parts(shares: list[float]) -> Amounts:
    """The classes of a mixture that count most."""
    most = sorted(range(len(shares)), key=lambda k: -shares[k])[:MAX_PARTS]
    rounded = sorted((k, round(shares[k], 3)) for k in most)
    return tuple((k, share) for k, share in rounded if share)


def features_of(model: ImageModel) -> Features:
    """The features of the data's classifier or, where there is none, the pixels."""
    net = _classifier(model.card.data.name)
    if net is None or (net.channels, net.side, net.side) != model.card.shape:
        return lambda images: images.flatten(1).float()
    return net.features


@functools.cache
def _classifier(data: str) -> Any:
    try:
        return load_classifier(BUNDLED / "classifiers" / data).net
    except (OSError, CheckpointError):
        return None


def gaps(features: Float[Tensor, "n f"]) -> Float[Tensor, "m"]:
    """The distance of each frame's features to the next one's."""
    return (features[1:] - features[:-1]).norm(dim=1)


def closed(features: Float[Tensor, "n f"], loop: bool) -> Float[Tensor, "m f"]:
    """The features of all frames; of a loop with the first one at the end again."""
    return torch.cat([features, features[:1]]) if loop else features


def unevenness(gap: Float[Tensor, "m"]) -> float:
    """The standard deviation of the distances over their mean: 0 for a perfectly even pace."""
    return float(gap.std(correction=0) / gap.mean().clamp_min(1e-12))


def interpolated(
    x: Float[Tensor, "n"], known: Float[Tensor, "k"], values: Float[Tensor, "k"]
) -> Float[Tensor, "n"]:
    """The values at x of the line through known points, whose places rise."""
    place = torch.searchsorted(known, x.contiguous()).clamp(1, len(known) - 1)
    low, high = known[place - 1], known[place]
    t = ((x - low) / (high - low).clamp_min(1e-12)).clamp(0, 1)
    return values[place - 1] + t * (values[place] - values[place - 1])
