"""Drawings as a camera sees them: ink on paper that light falls on unevenly."""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIZE = (480, 640)
STROKES = {
    "7": [("line", [(160, 200), (300, 200), (210, 430)])],
    "4": [("line", [(260, 430), (260, 190), (150, 350), (320, 350)])],
    "0": [("ellipse", [(160, 190), (310, 430)])],
    "8": [("ellipse", [(180, 190), (290, 305)]), ("ellipse", [(165, 300), (305, 440)])],
}


def drawing(digit="7", width=16):
    """The ink of a digit, from 0 to 1."""
    image = Image.new("L", SIZE)
    pen = ImageDraw.Draw(image)
    for kind, places in STROKES[digit]:
        if kind == "line":
            pen.line(places, 255, width, "curve")
        else:
            pen.ellipse(places, outline=255, width=width)
    return np.asarray(image.filter(ImageFilter.GaussianBlur(1)), np.float32) / 255


def across(low, high):
    """Light that falls off from right to left."""
    return np.linspace(low, high, SIZE[0])[None].repeat(SIZE[1], 0)


def shadow(dark, soft=0, through=640):
    """Light with the shadow of an edge, which lies across the picture."""
    rows, columns = np.indices(SIZE[::-1])
    depth = rows + columns * 0.8 - through
    return 1 - (1 - dark) * np.clip(depth / max(soft, 1) + 0.5, 0, 1)


def photo(digit="7", light=1.0, paper=215, ink=0.15, grain=2.0, lines=(), width=16, chalk=False):
    """A photograph as a JPEG file.

    Args:
        digit: a key of STROKES.
        light: on each place, as a share.
        paper: grey level of the paper in full light.
        ink: the share of light that ink gives back.
        grain: standard deviation of the camera's noise.
        lines: "ruled", "squared" or nothing of what is printed on the paper.
        width: of the strokes, in pixels.
        chalk: light ink on a dark board instead.
    """
    amount = drawing(digit, width)
    shade = 1 - (1 - ink) * amount
    if lines:
        printed = np.zeros(SIZE[::-1], bool)
        printed[40::50] = printed[41::50] = True
        if lines == "squared":
            printed[:, 30::50] = printed[:, 31::50] = True
        shade = np.where(printed, np.minimum(shade, 0.72), shade)
    seen = light * ((45 + 190 * amount) if chalk else paper * shade)
    seen = seen + np.random.default_rng(0).normal(0, grain, seen.shape)
    file = io.BytesIO()
    Image.fromarray(seen.clip(0, 255).astype(np.uint8)).save(file, "JPEG", quality=88)
    return file.getvalue()


def plain(digit="7", width=16):
    """The same drawing as a file without paper, light or camera."""
    file = io.BytesIO()
    Image.fromarray((255 - 255 * drawing(digit, width)).astype(np.uint8)).save(file, "PNG")
    return file.getvalue()


def likeness(a, b):
    """The correlation of two pictures."""
    return float(np.corrcoef(np.ravel(a), np.ravel(b))[0, 1])
