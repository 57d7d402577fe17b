"""Faces that are being drawn: where they stand, their measures and their colours."""

import copy
from collections.abc import Mapping

import numpy as np

from ganplay.images.datasets.faces.attributes import ATTRIBUTES, Choice
from ganplay.images.datasets.faces.canvas import Array, Canvas, ellipse, step

# In the order of the names in ATTRIBUTES.
COLOURS = {
    "skin": [(255, 222, 200), (247, 199, 163), (222, 166, 120), (168, 112, 76), (122, 78, 56)],
    "hair_colour": [
        (40, 36, 48), (84, 50, 35), (232, 186, 100), (190, 82, 38), (176, 178, 188), (74, 112, 196)
    ],
    "eye_colour": [(112, 66, 38), (62, 130, 204), (74, 148, 84), (124, 138, 150)],
    "background": [
        (150, 205, 240), (160, 224, 196), (252, 196, 166), (204, 184, 240), (250, 226, 142),
        (122, 140, 168),
    ],
    "shirt": [(54, 74, 124), (240, 240, 244), (236, 104, 92), (40, 148, 148), (226, 170, 52)],
}  # fmt: skip
TABLES = {name: np.array(table, np.float32) / 255 for name, table in COLOURS.items()}
NECK = 0.5
"""How far below the picture's middle the head is hinged."""


class Face:
    """Some faces, in coordinates of their own.

    (0, 0) is the middle of the head, x to the right and y down, in halves of the picture's side;
    `head` is the distance to the head's outline. All are (n, h, w).
    """

    def __init__(self, values: Mapping[str, Array], side: int):
        self.canvas = Canvas(len(values["skin"]), side)
        self.number = {k: v for k, v in values.items() if isinstance(ATTRIBUTES[k], Choice)}
        self.colour = {name: table[values[name]] for name, table in TABLES.items()}  # (n, 3)
        self.of = {k: v[:, None, None] for k, v in values.items() if k not in self.number}
        angle = np.radians(self.of["tilt"].astype(np.float64))
        cos, sin = np.cos(angle).astype(np.float32), np.sin(angle).astype(np.float32)
        x, y = self.canvas.x - self.of["shift"], self.canvas.y - NECK
        self.x, self.y = cos * x + sin * y, cos * y - sin * x + (NECK - 0.08)
        slimmer = 1 - 0.9 * self.of["jaw"] * step(self.y / 0.6)
        self.head = ellipse(self.x / slimmer, self.y, self.of["face_width"], self.of["face_length"])

    def window(self, left: float, top: float, right: float, bottom: float) -> "Face":
        """The same faces where only a part of the picture, from -1 to 1, is painted."""
        side = self.head.shape[-1]
        x0, y0, x1, y1 = (round((v + 1) / 2 * side) for v in (left, top, right, bottom))
        rows, columns = slice(max(y0, 0), y1), slice(max(x0, 0), x1)
        part = copy.copy(self)
        part.canvas = copy.copy(self.canvas)
        part.canvas.rgb = self.canvas.rgb[:, :, rows, columns]
        part.canvas.x, part.canvas.y = self.canvas.x[:, :, columns], self.canvas.y[:, rows]
        part.x, part.y, part.head = (
            np.ascontiguousarray(a[:, rows, columns]) for a in (self.x, self.y, self.head)
        )
        return part

    def dark(self, name: str, share: float, tint: tuple[float, ...] = (1.0, 0.9, 0.92)) -> Array:
        """A part's colour in shadow, (n, 3)."""
        return self.colour[name] * np.array([t * share for t in tint], np.float32)

    def light(self, name: str, share: float) -> Array:
        """A part's colour nearer to warm white, (n, 3)."""
        warm_white = np.array([1, 0.98, 0.92], np.float32)
        return self.colour[name] + share * (warm_white - self.colour[name])

    def has(self, name: str, value: str) -> Array:
        """1 for the faces whose choice it is, otherwise 0; (n, 1, 1)."""
        kind = ATTRIBUTES[name]
        assert isinstance(kind, Choice)
        return (self.number[name] == kind.names.index(value)).astype(np.float32)[:, None, None]
