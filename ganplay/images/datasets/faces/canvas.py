"""Smooth shapes on many pictures at once, by distances to edges, in NumPy.

Every shape is a signed distance (below 0 inside) at every pixel of every picture, (n, h, w), and
is laid over the picture with an edge as wide as a pixel. Only sums, products, quotients, roots,
minima and maxima are taken of pixels: NumPy rounds these alike wherever a number stands in an
array, so that a picture does not depend on what is drawn beside it.
"""

import math

import numpy as np

Array = np.ndarray


def step(x: Array) -> Array:
    """From 0 at 0 to 1 at 1, smoothly; flat outside."""
    t = np.clip(x, 0, 1)
    return t * t * (3 - 2 * t)


def ellipse(x: Array, y: Array, a: Array | float, b: Array | float) -> Array:
    """Distance to an ellipse of half-axes a, b; right near its edge, about right elsewhere."""
    p, q = x / a, y / b
    r = np.sqrt(p * p + q * q) + 1e-6
    p /= a
    q /= b
    return r * (r - 1) / (np.sqrt(p * p + q * q) + 1e-6)


def circle(x: Array, y: Array, radius: Array | float) -> Array:
    """Distance to a circle."""
    return np.sqrt(x * x + y * y) - radius


def box(x: Array, y: Array, a: Array | float, b: Array | float, corner: float) -> Array:
    """Distance to a rectangle of half-sides a, b with round corners of a radius."""
    p, q = np.abs(x) - (a - corner), np.abs(y) - (b - corner)
    outside = np.sqrt(np.maximum(p, 0) ** 2 + np.maximum(q, 0) ** 2)
    return outside + np.minimum(np.maximum(p, q), 0) - corner


def bow(x: Array, y: Array, half: Array | float, sag: Array | float, thick: Array | float) -> Array:
    """Distance to a stroke along y = sag (1 - (x / half)^2), of a half-thickness, round-ended."""
    inside = np.clip(x, -half, half)
    share = inside / half
    slope = 2 * sag * share / half
    across = (y - sag * (1 - share * share)) / np.sqrt(1 + slope * slope)
    along = x - inside
    return np.sqrt(across * across + along * along) - thick


def turned(x: Array, y: Array, degrees: float) -> tuple[Array, Array]:
    """Coordinates turned about their origin."""
    angle = math.radians(degrees)
    cos, sin = np.float32(math.cos(angle)), np.float32(math.sin(angle))
    return cos * x + sin * y, cos * y - sin * x


def blend(a: Array, b: Array, softness: float) -> Array:
    """The union of two shapes with the corner between them rounded."""
    h = np.clip(0.5 + 0.5 * (b - a) / softness, 0, 1)
    return b + (a - b) * h - softness * h * (1 - h)


class Canvas:
    """Pictures (n, 3, side, side), float32 from 0 to 1, painted in place."""

    def __init__(self, n: int, side: int):
        self.pixel = 2 / side
        self.rgb = np.empty((n, 3, side, side), np.float32)
        ticks = ((np.arange(side) + 0.5) * self.pixel - 1).astype(np.float32)
        self.x, self.y = ticks[None, None, :], ticks[None, :, None]

    def cover(self, distance: Array) -> Array:
        """How much of each pixel a shape covers, (n, h, w)."""
        return np.clip(0.5 - distance / self.pixel, 0, 1)

    def lay(self, alpha: Array, colour: Array) -> None:
        """Lay a colour (n, 3) over the pictures with a coverage (n, h, w)."""
        self.rgb += alpha[:, None] * (colour[:, :, None, None] - self.rgb)

    def fill(self, distance: Array, colour: Array, strength: Array | float = 1) -> None:
        """Lay a colour within a shape."""
        self.lay(self.cover(distance) * strength, colour)
