"""Cartoon faces drawn from their attributes, many at once; nothing here is random.

Parts are painted from back to front, each within the part of the picture that it can reach.
"""

from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from ganplay.images.datasets.faces.attributes import ATTRIBUTES
from ganplay.images.datasets.faces.canvas import Array, blend, bow, box, circle, ellipse, step
from ganplay.images.datasets.faces.face import Face
from ganplay.images.datasets.faces.hair import BEFORE, BEHIND

CHUNK = 16
"""Faces drawn at once: as many as stay in the processor's cache."""
WHITE, INK, FRAME, LENS, SKY, EYE_SHADE, TONGUE, THROAT, LIP = (
    np.array([c], np.float32) / 255
    for c in (
        (255, 255, 255), (33, 26, 33), (41, 36, 51), (41, 43, 61), (128, 115, 153), (128, 140, 173),
        (232, 112, 112), (96, 28, 38), (150, 44, 56),
    )
)  # fmt: skip
EYES, NOSE, MOUTH = 0.05, 0.2, 0.36
SIDES = (-1, 1)


def draw_faces(attributes: Mapping[str, Tensor], size: int = 64) -> UInt8[Tensor, "n 3 size size"]:
    """The faces of the attributes, each (n,), in RGB. A face does not depend on the others."""
    values = {name: attributes[name].numpy() for name in ATTRIBUTES}
    images = np.empty((len(values["hair"]), 3, size, size), np.uint8)
    for style, hair in enumerate(BEFORE):
        faces = np.flatnonzero(values["hair"] == style)
        for index in np.split(faces, range(CHUNK, len(faces), CHUNK)):
            images[index] = _draw({k: v[index] for k, v in values.items()}, hair, size)
    return torch.from_numpy(images)


def _draw(values: Mapping[str, Array], hair: str, size: int) -> Array:
    face = Face(values, size)
    _background(face)
    if hair in BEHIND:
        BEHIND[hair](face)
    _body(face.window(-1, 0.2, 1, 1))
    _ears(face)
    _skin(face)
    middle = face.window(-0.65, -0.45, 0.65, 0.75)
    _cheeks(middle)
    for side in SIDES:
        _eye(face.window(side * 0.24 - 0.45, -0.4, side * 0.24 + 0.45, 0.55), side)
    _nose(middle)
    _mouth(middle)
    BEFORE[hair](face)
    _brows(middle)
    _glasses(face.window(-0.75, -0.45, 0.75, 0.55))
    return (face.canvas.rgb * 255 + 0.5).astype(np.uint8)


def _background(f: Face) -> None:
    c = f.canvas
    c.rgb[:] = f.dark("background", 0.86, (0.98, 0.98, 1))[:, :, None, None]
    glow = step(0.75 - circle(c.x * 0.9, c.y + 0.35, 0) * 0.62)
    c.lay(glow, f.light("background", 0.4))


def _body(f: Face) -> None:
    c = f.canvas
    x = c.x - f.of["shift"] * 0.5
    neck = box(x, c.y - 0.62, 0.17, 0.3, 0.08)
    c.fill(neck, f.dark("skin", 0.88, (1, 0.88, 0.85)))
    c.lay(c.cover(neck) * step((0.16 - f.head) / 0.2), f.dark("skin", 0.74, (1, 0.84, 0.82)))
    shirt = np.maximum(ellipse(x, c.y - 1.18, 0.72, 0.42), -ellipse(x, c.y - 0.72, 0.21, 0.17))
    cover = c.cover(shirt)
    c.lay(cover, f.colour["shirt"])
    c.lay(cover * step(0.5 - x * f.of["light"] * 0.9) * 0.3, f.dark("shirt", 0.7))
    collar = np.abs(ellipse(x, c.y - 0.72, 0.235, 0.195)) - 0.016
    c.lay(cover * c.cover(collar), f.dark("shirt", 0.8))


def _ears(f: Face) -> None:
    c = f.canvas
    for side in SIDES:
        x, y = f.x - side * (f.of["face_width"] + 0.015), f.y - 0.08
        c.fill(ellipse(x, y, 0.085, 0.12), f.dark("skin", 0.95))
        c.fill(ellipse(x, y, 0.045, 0.075), f.dark("skin", 0.8, (1, 0.85, 0.83)), 0.8)


def _skin(f: Face) -> None:
    c = f.canvas
    cover = c.cover(f.head)
    c.lay(cover, f.colour["skin"])
    p, q = f.x / f.of["face_width"], f.y / f.of["face_length"]
    away = 0.35 - (p * f.of["light"] * 0.75 - q * 0.6) * 0.9
    edge = step(1 + f.head / 0.26)
    c.lay(cover * edge * step(away) * 0.75, f.dark("skin", 0.82, (1, 0.86, 0.84)))
    forehead = circle(p - f.of["light"] * 0.35, q + 0.45, 0)
    c.lay(cover * step(1 - forehead / 0.8) * 0.55, f.light("skin", 0.4))


def _cheeks(f: Face) -> None:
    c = f.canvas
    rosy = f.dark("skin", 1, (1, 0.64, 0.62))
    for side in SIDES:
        x = f.x - side * (f.of["eye_gap"] + 0.07)
        soft = step(1 - circle(x, (f.y - 0.25) * 1.25, 0) / 0.17)
        c.lay(soft * c.cover(f.head) * (0.2 + 0.6 * f.of["blush"]), rosy)
    some = f.has("freckles", "some")
    if not some.any():
        return
    dots = f.dark("skin", 0.72, (1, 0.8, 0.7))
    x = np.abs(f.x) - f.of["eye_gap"] - 0.02
    for dx, dy in ((-0.07, 0.0), (0.0, 0.035), (0.065, -0.005), (-0.02, -0.035)):
        c.fill(circle(x - dx, f.y - 0.235 - dy, 0.017), dots, some * 0.75)


def _eye(f: Face, side: int) -> None:
    c, r, lids = f.canvas, f.of["eye_size"], f.of["lids"]
    x, y = f.x - side * f.of["eye_gap"], f.y - EYES
    ball = ellipse(x, y, r, r * 1.08)
    c.lay(step(0.75 - ball / 0.12) * 0.35, f.dark("skin", 0.8, (1, 0.85, 0.85)))
    white = np.maximum(ball, ellipse(x, y - r, r * 1.35, r * (2.1 - 1.3 * lids)))
    inside = c.cover(white)
    c.lay(inside, WHITE)
    c.lay(inside * step(0.55 - (y / r + 0.8 - 1.2 * lids) * 0.9) * 0.35, EYE_SHADE)
    x, y = x - f.of["gaze_x"] * r * 0.3, y - f.of["gaze_y"] * r * 0.15 - 0.01
    iris = circle(x, y, r * 0.68)
    c.lay(inside * c.cover(iris), f.dark("eye_colour", 0.55, (1, 1, 1)))
    within = inside * c.cover(iris + 0.018)
    c.lay(within * 0.6, f.colour["eye_colour"])
    c.lay(within * step(0.3 + y / r * 0.9), f.light("eye_colour", 0.25))
    c.lay(inside * c.cover(circle(x, y, r * 0.34)), INK)
    c.lay(inside * c.cover(circle(x - r * 0.26, y + r * 0.26, r * 0.2)), WHITE)
    c.lay(inside * c.cover(circle(x + r * 0.3, y - r * 0.3, r * 0.1)) * 0.7, WHITE)
    upper = step(0.6 - (f.y - EYES + r * 0.15) / (r * 0.5))
    c.lay(c.cover(np.abs(white) - 0.02) * upper, INK)


def _nose(f: Face) -> None:
    c, k, light = f.canvas, f.of["nose"], f.of["light"] * 0.02
    y = f.y - NOSE
    shadow = ellipse(f.x + light, y - 0.012, 0.07 * k, 0.045 * k)
    c.lay(step(0.9 - shadow / 0.05) * 0.6, f.dark("skin", 0.8, (1, 0.82, 0.78)))
    c.fill(ellipse(f.x, y, 0.06 * k, 0.043 * k), f.light("skin", 0.12))
    c.lay(step(1 - circle(f.x - light, y + 0.012, 0) / (0.045 * k)) * 0.8, f.light("skin", 0.6))


def _mouth(f: Face) -> None:
    c, w = f.canvas, f.of["mouth_width"]
    line = 0.65 * f.dark("skin", 0.5, (1, 0.6, 0.6)) + 0.35 * LIP
    smile, sad, wide = f.has("mouth", "smile"), f.has("mouth", "sad"), f.has("mouth", "open")
    sag = w * (0.55 * smile - 0.38 * sad) + 0.012 * f.has("mouth", "neutral")
    y = f.y - MOUTH + smile * 0.03 - sad * 0.05
    lip = bow(f.x, y - sag - 0.065, w * 0.4, 0, 0)
    c.lay(step(1 - lip / 0.05) * (1 - wide) * 0.35, f.dark("skin", 0.8, (1, 0.8, 0.8)))
    c.fill(bow(f.x, y, w * (1 - 0.15 * sad), sag, 0.021), line, 1 - wide)
    if not wide.any():
        return
    y = f.y - MOUTH + 0.045
    moon = np.maximum(ellipse(f.x, y, w, w * 1.05), -y)
    c.fill(moon - 0.022, line, wide)
    c.fill(moon, THROAT, wide)
    tongue = ellipse(f.x, y - 0.045 - w * 0.95, w * 0.62, w * 0.45)
    c.lay(c.cover(moon) * c.cover(tongue) * wide, TONGUE)
    c.fill(np.maximum(moon, y - w * 0.3), WHITE, wide)


def _brows(f: Face) -> None:
    colour = f.dark("hair_colour", 0.72, (1, 0.95, 0.95))
    outwards = np.abs(f.x) - f.of["eye_gap"] - 0.01
    y = f.y - EYES + f.of["brow_height"] + outwards * f.of["brow_angle"]
    thick = f.of["brow_thickness"] * (1 - 0.45 * step((outwards + 0.02) / 0.14))
    f.canvas.fill(bow(outwards, y, 0.12, -0.045, thick), colour)


def _glasses(f: Face) -> None:
    kinds = {k: f.has("glasses", k) for k in ("round", "square", "sun")}
    some = kinds["round"] + kinds["square"] + kinds["sun"]
    if not some.any():
        return
    c = f.canvas
    x, y = np.abs(f.x) - f.of["eye_gap"] - 0.012, f.y - EYES - 0.015
    c.fill(bow(f.x, y + 0.01, 0.06, -0.03, 0.018), FRAME, some)
    arm = np.maximum(np.abs(y + 0.04) - 0.016, 0.16 - x)
    c.fill(np.maximum(arm, f.head), FRAME, some)
    sun = blend(ellipse(x, y - 0.01, 0.185, 0.155), box(x, y + 0.06, 0.18, 0.07, 0.03), 0.06)
    square = box(x, y, 0.175, 0.145, 0.05)
    lens = kinds["round"] * circle(x, y, 0.175) + kinds["square"] * square + kinds["sun"] * sun
    dark = c.cover(lens) * kinds["sun"]
    c.lay(dark * 0.94, LENS)
    c.lay(dark * step((y + 0.02) / 0.15) * 0.5, SKY)
    signed = np.where(f.x < 0, -x, x)
    glare = step(1 - np.abs(signed + y * 0.7 + 0.05) / 0.05)
    c.lay(c.cover(lens + 0.03) * glare * (0.32 * some), WHITE)
    c.fill(np.abs(lens) - 0.018, FRAME, some)
