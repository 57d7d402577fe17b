"""The hair of the cartoon faces: for each style what lies behind the head and what before it."""

from collections.abc import Callable
from functools import partial

import numpy as np

from ganplay.images.datasets.faces.canvas import Array, blend, box, circle, ellipse, step, turned
from ganplay.images.datasets.faces.face import Face

Paint = Callable[[Face], None]


def _hair(f: Face, shape: Array, light: float = 1.0, strands: float = 9) -> None:
    """Fill hair: darker at its edge, with strands that fan out from the crown, and a shine."""
    c = f.canvas
    cover = c.cover(shape)
    c.lay(cover, f.dark("hair_colour", 0.72 * light, (0.98, 0.94, 1)))
    c.lay(cover * step(-shape / 0.09), f.colour["hair_colour"] * np.float32(light))
    fan = (f.x - 0.2 * f.of["parting"]) / (0.3 + np.abs(f.y + 0.75)) * strands
    wave = np.abs(fan - np.floor(fan) - 0.5) * 2
    c.lay(cover * (wave * wave * 0.22), f.dark("hair_colour", 0.6 * light))
    round_ = circle(f.x, f.y + 0.02, 0) / (f.of["face_length"] + 0.07)
    lit = step(0.8 - circle(f.x - f.of["light"] * 0.3, f.y + 0.55, 0) / 0.7)
    band = step(1 - np.abs(round_ - 0.88) / 0.14) * (0.6 + 0.4 * wave)
    c.lay(cover * band * lit * (0.55 * light), f.light("hair_colour", 0.4))


def _front(f: Face, shape: Array) -> None:
    """Hair that throws a shadow on the face."""
    near = step(0.75 - shape / 0.12) * f.canvas.cover(f.head)
    f.canvas.lay(near * 0.5, f.dark("skin", 0.72, (1, 0.84, 0.82)))
    _hair(f, shape)


def _cap(f: Face, height: Array | float) -> Array:
    """The skull, larger by the hair on it."""
    across, along = f.of["face_width"] + 0.04, f.of["face_length"] + 0.02
    return ellipse(f.x, f.y + 0.06, across + height * 0.5, along + height)


def _volume(f: Face) -> Array:
    return 0.04 + 0.07 * f.of["hair_volume"]


def _forehead(f: Face, height: float, width: float = 0.93) -> Array:
    """The oval that hair leaves free, its top `height` above the middle of the head."""
    return ellipse(f.x, f.y - 0.12, f.of["face_width"] * width, 0.12 + height)


def _tufts(f: Face, places: tuple[tuple[float, float, float, float], ...]) -> Array:
    """Union of locks at (x, y), turned by so many degrees and so long, swept to the parting."""
    way = np.where(f.of["parting"] < 0, -1, 1).astype(np.float32)
    return np.minimum.reduce([
        ellipse(*turned(f.x * way - x, f.y - y, degrees), 0.075, length)
        for x, y, degrees, length in places
    ])  # fmt: skip


FRINGE_TUFTS = ((-0.27, -0.36, -14, 0.16), (-0.13, -0.4, 22, 0.16), (0.02, -0.41, 34, 0.18),
                (0.17, -0.4, 42, 0.18), (0.3, -0.32, 38, 0.16))  # fmt: skip
CROWN_TUFTS = ((-0.2, -0.56, 10, 0.13), (0.0, -0.6, 32, 0.17), (0.16, -0.56, 50, 0.19),
               (0.3, -0.46, 64, 0.17))  # fmt: skip


def _short(f: Face) -> None:
    volume = _volume(f)
    base = np.maximum(np.maximum(_cap(f, volume), -_forehead(f, 0.37)), f.y - 0.06)
    crown = _tufts(f, CROWN_TUFTS) - volume * 0.8 + 0.03
    _front(f, np.minimum(blend(base, crown, 0.05), _tufts(f, FRINGE_TUFTS)))


def _fall(f: Face, middle: float, half: float, corner: float) -> None:
    """Hair that falls behind the neck: its middle below the head's, half its height."""
    volume = _volume(f)
    fall = box(f.x, f.y - middle, f.of["face_width"] + 0.08 + volume, half, corner)
    _hair(f, blend(_cap(f, volume), fall, 0.25), 0.85)


def _long(f: Face) -> None:
    volume = _volume(f)
    # Two curtains part above the forehead.
    part = f.of["parting"] * 0.12
    curtains = ellipse(f.x - part * 0.6, f.y - 0.14, f.of["face_width"] * 0.9, 0.58)
    notch = ellipse(f.x - part, f.y + 0.3, 0.13, 0.2)
    front = np.maximum(np.maximum(_cap(f, volume), -blend(curtains, notch, 0.12)), f.y - 0.1)
    locks = ellipse(np.abs(f.x) - f.of["face_width"] - 0.03, f.y - 0.24, 0.085, 0.5)
    _front(f, blend(front, locks, 0.06))


def _fringe(f: Face) -> None:
    scallops = (f.x + 0.06 * f.of["parting"]) / 0.15
    wave = np.abs(scallops - np.floor(scallops) - 0.5) * 0.06
    edge = f.y + 0.23 + f.x * f.of["parting"] * 0.1 - f.x * f.x * 0.35 + wave
    front = np.maximum(_cap(f, _volume(f)), edge)
    locks = ellipse(np.abs(f.x) - f.of["face_width"] - 0.02, f.y - 0.1, 0.08, 0.42)
    _front(f, np.minimum(front, locks))


def _puffs(f: Face, count: int, reach: float, out: Array | float, radius: Array | float) -> Array:
    """Union of round curls on an arc about the head, from -reach to reach radians off its top."""
    across, along = f.of["face_width"] + out, f.of["face_length"] + out
    angles = np.linspace(-reach, reach, count)
    places = zip(np.sin(angles).astype(np.float32), np.cos(angles).astype(np.float32), strict=True)
    curls = [circle(f.x - across * x, f.y + 0.02 + along * y, radius) for x, y in places]
    return np.minimum.reduce(curls)


def _curly_behind(f: Face) -> None:
    puffs = _puffs(f, 13, 2.2, _volume(f) - 0.02, 0.14 + 0.4 * _volume(f))
    _hair(f, np.minimum(puffs, _cap(f, 0.08)), 0.9, strands=0)


def _curly(f: Face) -> None:
    _front(f, _puffs(f, 8, 1.15, -0.06, 0.125))
    ringlets = np.abs(_puffs(f, 8, 1.25, _volume(f) - 0.02, 0.085)) - 0.013
    f.canvas.lay(f.canvas.cover(ringlets) * 0.45, f.light("hair_colour", 0.28))


def _bun_behind(f: Face) -> None:
    c, radius = f.canvas, 0.17 + 0.05 * f.of["hair_volume"]
    x, y = f.x - f.of["parting"] * 0.06, f.y + f.of["face_length"] + 0.14
    _hair(f, circle(x, y, radius), 0.95, strands=0)
    swirl = np.maximum(
        np.abs(circle(x + 0.03, y + 0.02, radius * 0.55)) - 0.014, -x - y * 0.5 - 0.1
    )
    c.fill(swirl, f.dark("hair_colour", 0.62), 0.8)
    shine = circle(x - 0.05 * f.of["light"], y + 0.06, 0)
    c.lay(step(1 - shine / 0.1) * 0.35, f.light("hair_colour", 0.5))


def _bun(f: Face) -> None:
    swept = np.maximum(np.maximum(_cap(f, 0.03), -_forehead(f, 0.41)), f.y)
    _front(f, swept)
    x, y = f.x - f.of["parting"] * 0.05, f.y + f.of["face_length"] + 0.015
    f.canvas.fill(box(x, y, 0.12, 0.03, 0.028), f.colour["shirt"])


def _bald(f: Face) -> None:
    shine = ellipse(f.x - 0.16 * f.of["light"], f.y + 0.4, 0.13, 0.05)
    f.canvas.lay(step(1 - shine / 0.06) * 0.55, f.light("skin", 0.65))


BEHIND: dict[str, Paint] = {
    "long": partial(_fall, middle=0.5, half=0.5, corner=0.22),
    "curly": _curly_behind,
    "bun": _bun_behind,
    "fringe": partial(_fall, middle=0.22, half=0.34, corner=0.2),
}
# In the order of the names in ATTRIBUTES.
BEFORE: dict[str, Paint] = {
    "short": _short,
    "long": _long,
    "curly": _curly,
    "bun": _bun,
    "bald": _bald,
    "fringe": _fringe,
}
