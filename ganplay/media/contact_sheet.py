"""Contact sheets: many small pictures on one large one, for people to look at."""

import io
import math
from collections.abc import Callable, Sequence

import torch
from jaxtyping import UInt8
from PIL import Image, ImageDraw
from torch import Tensor

ROWS, COLUMNS, MAX_COLUMNS = 8, 10, 26
"""Of the sheet of a model: rows, columns without classes, and columns at most with classes."""
GREY, WHITE = (128, 128, 128), (255, 255, 255)
"""Colours between pictures and of words."""


def contact_sheet(
    images: UInt8[Tensor, "n c h w"], columns: int | None = None, gap: int = 2, zoom: int = 1
) -> Image.Image:
    """Pictures of 1 or 3 channels, row by row on mid-grey.

    Args:
        images: at least one.
        columns: by default so many that the sheet is about square.
        gap: pixels between pictures, before they are magnified.
        zoom: factor by which all is magnified, without smoothing.
    """
    n, _, height, width = images.shape
    columns = columns or max(1, math.ceil(math.sqrt(n * height / width)))
    rows = max(1, math.ceil(n / columns))
    size = (3, rows * (height + gap) + gap, columns * (width + gap) + gap)
    sheet = torch.full(size, GREY[0], dtype=torch.uint8)
    for i, image in enumerate(images):
        row, column = divmod(i, columns)
        top, left = gap + row * (height + gap), gap + column * (width + gap)
        sheet[:, top : top + height, left : left + width] = image  # grey fills all channels
    picture = Image.fromarray(sheet.permute(1, 2, 0).contiguous().numpy())
    return picture.resize((picture.width * zoom, picture.height * zoom), Image.Resampling.NEAREST)


def png(picture: Image.Image, optimize: bool = True) -> bytes:
    """A picture as a PNG file; to optimise it takes several times as long on large ones."""
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=optimize)
    return file.getvalue()


def pair_sheet(
    first: UInt8[Tensor, "n c h w"],
    second: UInt8[Tensor, "n c h w"],
    words: Sequence[str],
    zoom: int = 2,
) -> Image.Image:
    """Pairs of pictures side by side, with a line of words below each pair."""
    gap, line = 2, 12
    height, width = first.shape[2] * zoom, first.shape[3] * zoom
    columns = math.ceil(math.sqrt(len(words) / 2))
    wide, high = 2 * width + 4 * gap, height + line + 2 * gap
    size = (columns * wide, math.ceil(len(words) / columns) * high)
    sheet = Image.new("RGB", size, GREY)
    pen = ImageDraw.Draw(sheet)
    for i, text in enumerate(words):
        row, column = divmod(i, columns)
        pair = contact_sheet(torch.stack([first[i], second[i]]), columns=2, gap=0, zoom=zoom)
        sheet.paste(pair, (column * wide + 2 * gap, row * high + gap))
        pen.text((column * wide + 2 * gap, row * high + gap + height), text, fill=WHITE)
    return sheet


def sheet_of(
    sample: Callable[[Sequence[int], Sequence[int] | None], UInt8[Tensor, "n c h w"]], classes: int
) -> Image.Image:
    """A sheet of a model's samples of fixed seeds; a conditional model's columns are classes.

    So each class is there equally often, however often the data have it.

    Args:
        sample: gives a picture for each seed and, if there are classes, label.
        classes: of the model, of which at most MAX_COLUMNS are shown; 0 for none.
    """
    columns = min(classes, MAX_COLUMNS) or COLUMNS
    places = range(ROWS * columns)
    # Of a conditional model a column has one class, a row one latent vector.
    labels = [i % columns for i in places] if classes else None
    seeds = [i // columns for i in places] if classes else places
    return contact_sheet(sample(seeds, labels), columns)
