"""Walks through latent space: from keyframe to keyframe, as frames, evenly if wanted."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, UInt8
from PIL import Image
from torch import Tensor

from ganplay.checkpoint import ImageModel
from ganplay.encoders import KINDS, Cancelled, gif, mp4
from ganplay.exploration import LatentState
from ganplay.latent import lerp, slerp, spline
from ganplay.sampler import to_bytes
from ganplay.sheets import contact_sheet

PATHS = ("slerp", "lerp", "spline")
EASINGS = ("linear", "smooth")
MAX_KEYFRAMES, MAX_FRAMES = 64, 2400
CHUNK = 16
"""Frames that are made between two looks at whether anybody still wants them."""
_FINER = 4
"""Pictures for each frame from which an even pace is found."""

Images = UInt8[Tensor, "n c h w"]


@dataclass(frozen=True)
class Walk:
    """From keyframe to keyframe.

    Attributes:
        states: the keyframes, of one model and one step of its training.
        frames: of the whole walk; the keyframes are spread over them evenly.
        path: how latent vectors are led from one to the next, one of PATHS; labels go straight.
        easing: "smooth" slows down at keyframes.
        loop: whether it comes back to the first, which is then not shown twice.

    Raises:
        ValueError: naming the field, its value and what is possible.
    """

    states: tuple[LatentState, ...]
    frames: int = 120
    path: str = "slerp"
    easing: str = "linear"
    loop: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if not 2 <= len(self.states) <= MAX_KEYFRAMES:
            raise ValueError(f"states: {len(self.states)}; 2 to {MAX_KEYFRAMES} are possible")
        if not len(self.states) <= self.frames <= MAX_FRAMES:
            allowed = f"{len(self.states)} to {MAX_FRAMES} are possible"
            raise ValueError(f"frames: {self.frames}; {allowed}")
        for name, known in (("path", PATHS), ("easing", EASINGS)):
            if getattr(self, name) not in known:
                raise ValueError(f"{name}: {getattr(self, name)!r}; one of {', '.join(known)}")
        if len({state.step for state in self.states}) > 1:
            raise ValueError("states: all keyframes must be of one step of the training")

    def times(self) -> Float[Tensor, "n"]:
        """When each frame is, in [0, 1]: as far as time goes, not yet eased."""
        end = 1 - 1 / self.frames if self.loop else 1.0
        return torch.linspace(0, end, self.frames, dtype=torch.float64)

    def latents(
        self, model: ImageModel, times: Float[Tensor, "n"]
    ) -> tuple[Float[Tensor, "z n"], Float[Tensor, "k n"] | None]:
        """Latent vectors and labels at some times."""
        states = (*self.states, self.states[0]) if self.loop else self.states
        along = times * (len(states) - 1)
        leg = along.long().clamp_max(len(states) - 2)
        t = along - leg
        if self.easing == "smooth":
            t = t * t * (3 - 2 * t)
        z = torch.stack([state.latent(model.directions) for state in states])
        mixtures = [mix for s in states if (mix := s.mixture(model.classes)) is not None]
        label = None
        if mixtures:
            of = torch.stack(mixtures)
            label = lerp(of[leg], of[leg + 1], t).T
        return self._led(z, leg, t).T, label

    def _led(self, z: Tensor, leg: Tensor, t: Tensor) -> Tensor:
        if self.path == "spline":
            around = (z[-2], z[1]) if self.loop else (z[0], z[-1])
            return spline(torch.stack([around[0], *z, around[1]]), leg, t)
        way = slerp if self.path == "slerp" else lerp
        return way(z[leg], z[leg + 1], t)


def frames(
    model: ImageModel,
    walk: Walk,
    features: Callable[[Images], Tensor] | None = None,
    tell: Callable[[int, int], bool] = lambda done, of: True,
) -> Images:
    """The pictures of a walk.

    Args:
        model: which.
        walk: through its latent space.
        features: (n, f) of pictures; if given, the pace is made even in their space.
        tell: told how many pictures are done and of how many; False ends it.

    Raises:
        Cancelled: if `tell` said so.
    """
    times, done, total = walk.times(), 0, walk.frames
    if features is not None:
        total += _FINER * walk.frames
        finer = torch.linspace(0, 1, _FINER * walk.frames, dtype=torch.float64)

        def looked(count: int) -> bool:
            return tell(count, total)

        passed = gaps(features(_made(model, walk, finer, looked))).double().cumsum(0)
        passed = torch.cat([passed[:1] * 0, passed])
        times = interpolated(times * passed[-1], passed, finer)
        done = len(finer)
    return _made(model, walk, times, lambda count: tell(done + count, total))


def _made(model: ImageModel, walk: Walk, times: Tensor, tell: Callable[[int], bool]) -> Images:
    z, label = walk.latents(model, times)
    sampler = model.sampler(walk.states[0].step)
    parts = []
    for start in range(0, len(times), CHUNK):
        chosen = slice(start, start + CHUNK)
        some = None if label is None else label[:, chosen]
        parts.append(to_bytes(sampler.pictures(z[:, chosen], some)).cpu())
        if not tell(min(start + CHUNK, len(times))):
            raise Cancelled
    return torch.cat(parts)


def gaps(features: Float[Tensor, "n f"]) -> Float[Tensor, "m"]:
    """The distance of each frame's features to the next one's."""
    return (features[1:] - features[:-1]).norm(dim=1)


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


def encoded(images: Images, kind: str, rate: int = 24, zoom: int = 1) -> bytes:
    """Pictures as a film.

    Args:
        images: at least one.
        kind: "gif" or "mp4".
        rate: pictures a second.
        zoom: how many times as large they are drawn.
    """
    if kind not in KINDS:
        raise ValueError(f"kind: {kind!r}; one of {', '.join(KINDS)}")
    shown = (contact_sheet(image[None], 1, 0, zoom) for image in images)
    if kind == "mp4":
        return mp4(shown, rate)
    some = images[torch.linspace(0, len(images) - 1, min(len(images), 36)).long()]
    palette = contact_sheet(some, gap=0).quantize(256, Image.Quantize.MEDIANCUT)
    return gif(shown, palette, rate)
