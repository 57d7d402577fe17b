"""Capital letters out of font files, and which fonts are fit to be learnt from."""

import os
import string
import sys
from collections.abc import Sequence
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from ganplay.common.paths import home_folder

LETTERS = string.ascii_uppercase
SUFFIXES = (".otf", ".ttf", ".ttc", ".pfb")
"""What is looked for; where two files hold the same letters, the earlier kind is kept."""
CAPITALS = 22 / 32
"""Height of the capitals, as a share of the picture's side."""
ROOM = 30 / 32
"""The share of the side within which all ink stays."""
SMALLEST = 0.65
"""A font whose letters fit only at less than this share of CAPITALS is left out."""
RECOGNISED, LOOKED_AT = 13, 32
"""So many of the 26 letters must look like themselves, at this size in pixels."""
MEASURED_AT, OVERSAMPLE, LARGEST = 100, 8, 4000
NOWHERE = "\uffff"
"""Not a character: what a font draws for it, it draws for all that it lacks."""

Alphabet = UInt8[Tensor, "26 size size"]


class FontRefused(ValueError):
    """A font that gives no alphabet, with words on why."""


def system_folders() -> list[Path]:
    """Where this system keeps its fonts."""
    home = home_folder()
    places = {
        "darwin": [Path("/Library/Fonts"), Path("/System/Library/Fonts"), home / "Library/Fonts"],
        "win32": [Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts"],
    }.get(
        sys.platform,
        [
            Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), home / ".fonts",
            home / ".local/share/fonts", Path("/usr/share/texlive/texmf-dist/fonts"),
            Path("/usr/share/texmf/fonts"),
        ],
    )  # fmt: skip
    return [place for place in places if place.is_dir()]


def find_fonts(folders: Sequence[Path]) -> list[Path]:
    """All font files below the folders, each once, by kind and then by name."""
    files = (p for folder in folders for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES)
    whole = {p.resolve() for p in files if p.is_file()}
    return sorted(whole, key=lambda p: (SUFFIXES.index(p.suffix.lower()), p.name, str(p)))


def own_font() -> ImageFont.FreeTypeFont:
    """The font that Pillow brings along."""
    font = ImageFont.load_default(MEASURED_AT)
    assert isinstance(font, ImageFont.FreeTypeFont), "Pillow is built without FreeType"
    return font


def read_font(path: Path, size: int) -> tuple[str, Alphabet]:
    """The font's family and its capitals, white on black, each (size, size).

    Raises:
        FontRefused: if it cannot be read, or its letters are missing, alike or unreadable.
    """
    try:
        font = ImageFont.truetype(path, MEASURED_AT, layout_engine=ImageFont.Layout.BASIC)
        shown = alphabet(font, LOOKED_AT)
        glyphs = shown if size == LOOKED_AT else alphabet(font, size)
        family = font.getname()[0] or path.stem
    except FontRefused:
        raise
    except Exception as error:  # FreeType has many ways to say that a file is broken
        raise FontRefused(f"it cannot be read: {error}") from error
    if (known := recognised(shown)) < RECOGNISED:
        raise FontRefused(f"only {known} of its 26 letters look like capitals")
    return family, glyphs


def alphabet(font: ImageFont.FreeTypeFont, size: int) -> Alphabet:
    """A to Z on one baseline and at one scale, so that they keep the font's style.

    Capitals are CAPITALS high, or less where the widest or the longest letter would not fit;
    from left to right each letter's ink stands in the middle.

    Raises:
        FontRefused: if letters are blank, missing or alike, or their sizes too unequal.
    """
    left, top, right, bottom = np.array([_ink(font, letter)[1] for letter in LETTERS]).T
    _refuse(right <= left, "blank")
    height = -float(np.median(top))
    reach = 2 * max(float(-top.min()) - height / 2, float(bottom.max()) + height / 2)
    side = max(height / CAPITALS, float((right - left).max()) / ROOM, reach / ROOM)
    if height / side < CAPITALS * SMALLEST:
        raise FontRefused("its letters are of too unequal sizes")
    scale = size * OVERSAMPLE / side
    if font.size * scale > LARGEST:
        raise FontRefused("its letters are too small")
    large = font.font_variant(size=font.size * scale)
    drawn = {c: _draw(large, c, height * scale / 2, size) for c in LETTERS + NOWHERE}
    absent = drawn.pop(NOWHERE)
    glyphs = np.stack(list(drawn.values()))
    _refuse((glyphs == absent).all((1, 2)), "missing")
    same = (glyphs[:, None] == glyphs[None]).all((2, 3)) & ~np.eye(26, dtype=bool)
    _refuse(same.any(1), "look like one another")
    _refuse(glyphs.max((1, 2)) < 32, "too faint")
    return torch.from_numpy(glyphs)


def _refuse(which: np.ndarray, why: str) -> None:
    """Refuse a font for some of its letters: `which` (26,) is true for them."""
    if which.any():
        raise FontRefused("".join(np.array(list(LETTERS))[which]) + f" {why}")


def _ink(font: ImageFont.FreeTypeFont, letter: str) -> tuple[Image.Image, tuple[int, ...]]:
    """A letter cut out, and its left, top, right and bottom; the baseline is 0, up is negative."""
    x, y, right, bottom = (int(v) for v in font.getbbox(letter, anchor="ls"))
    if max(right - x, bottom - y) > 30 * font.size:
        raise FontRefused("its letters are too large")
    image = Image.new("L", (right - x, bottom - y))
    ImageDraw.Draw(image).text((-x, -y), letter, font=font, anchor="ls", fill=255)
    inked = image.getbbox() or (0, 0, 0, 0)
    return image.crop(inked), (x + inked[0], y + inked[1], x + inked[2], y + inked[3])


def _draw(font: ImageFont.FreeTypeFont, letter: str, below: float, size: int) -> np.ndarray:
    """One letter, its baseline so many large pixels below the middle."""
    ink, (_, top, _, _) = _ink(font, letter)
    image = Image.new("L", (size * OVERSAMPLE,) * 2)
    image.paste(ink, ((image.width - ink.width) // 2, round(image.height / 2 + below) + top))
    return np.asarray(image.reduce(OVERSAMPLE))


def recognised(glyphs: Alphabet) -> int:
    """How many of 26 letters look more like themselves than like any other letter.

    Shapes are stretched to one size and compared, by correlation, with the letters of Pillow's
    own font in four weights, upright and slanted. Plain fonts reach 20 and more, decorated ones
    and handwriting about 15; symbols, other scripts and small letters mapped to capitals less
    than ten.
    """
    shapes = _standardised(np.stack([_shape(Image.fromarray(g.numpy())) for g in glyphs]))
    likeness = np.einsum("ad,kbd->kab", shapes, _models()).max(0)  # (26, 26)
    return int((likeness.argmax(1) == np.arange(26)).sum())


@cache
def _models() -> np.ndarray:
    """Pillow's own font in eight styles, as standardised shapes (8, 26, d)."""
    font, shapes = own_font().font_variant(size=150), []
    for weight, slant, letter in product((0, 4, 8, 12), (0.0, 0.25), LETTERS):
        image = Image.new("L", (500, 400))
        pen = ImageDraw.Draw(image)
        pen.text((150, 300), letter, font=font, anchor="ls", fill=255, stroke_width=weight)
        shear = (1, slant, -slant * 250, 0, 1, 0)
        affine, bilinear = Image.Transform.AFFINE, Image.Resampling.BILINEAR
        shapes.append(_shape(image.transform(image.size, affine, shear, bilinear)))
    return _standardised(np.stack(shapes)).reshape(8, 26, -1)


def _shape(image: Image.Image) -> np.ndarray:
    """The ink's box stretched to 16x16, with a rim of 2, a little blurred: (20, 20)."""
    inked = image.point(lambda v: 255 * (v > 40)).getbbox()
    small = image.crop(inked).resize((16, 16), Image.Resampling.BILINEAR)
    shape = np.pad(np.asarray(small, np.float32), 4)
    for _ in range(2):
        rows = shape[:-2] + shape[1:-1] + shape[2:]
        shape = rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]
    return shape


def _standardised(shapes: np.ndarray) -> np.ndarray:
    """(n, 20, 20) to (n, 400) of mean 0 and length 1: their products are correlations."""
    flat = shapes.reshape(len(shapes), -1)
    flat = flat - flat.mean(1, keepdims=True)
    return flat / (np.linalg.norm(flat, axis=1, keepdims=True) + 1e-6)


def likeness(alphabets: UInt8[Tensor, "n 26 size size"]) -> Float[Tensor, "n n"]:
    """The cosine between whole alphabets: 1 for copies, about 0.97 between neighbouring weights."""
    parts = (F.adaptive_avg_pool2d(part.float(), 16).flatten(1) for part in alphabets.split(64))
    flat = F.normalize(torch.cat(list(parts)), dim=1)
    return flat @ flat.T
