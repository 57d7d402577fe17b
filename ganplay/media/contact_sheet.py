"""Contact sheets: many small pictures on one, to be looked at."""

import io
import math
from collections.abc import Callable, Sequence

import torch
from jaxtyping import UInt8
from PIL import Image, ImageDraw
from torch import Tensor

ROWS, COLUMNS, MOST_COLUMNS = 8, 10, 26


def contact_sheet(
    images: UInt8[Tensor, "n c h w"], columns: int | None = None, gap: int = 2, zoom: int = 1
) -> Image.Image:
    """Pictures (c 1 or 3) row by row on a mid-grey ground, each `zoom` times as large.

    Without a number of columns the sheet is about square.
    """
    n, _, height, width = images.shape
    columns = columns or max(1, math.ceil(math.sqrt(n * height / width)))
    rows = max(1, math.ceil(n / columns))
    size = (3, rows * (height + gap) + gap, columns * (width + gap) + gap)
    sheet = torch.full(size, 128, dtype=torch.uint8)
    for i, image in enumerate(images):
        row, column = divmod(i, columns)
        top, left = gap + row * (height + gap), gap + column * (width + gap)
        sheet[:, top : top + height, left : left + width] = image  # grey fills all channels
    picture = Image.fromarray(sheet.permute(1, 2, 0).contiguous().numpy())
    return picture.resize((picture.width * zoom, picture.height * zoom), Image.Resampling.NEAREST)


def png(picture: Image.Image) -> bytes:
    """A picture as a file."""
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()


def pair_sheet(
    first: UInt8[Tensor, "n c h w"],
    second: UInt8[Tensor, "n c h w"],
    words: Sequence[str],
    zoom: int = 2,
) -> Image.Image:
    """Pictures side by side in pairs, with words below each; no pair is joined to the next."""
    gap, line = 2, 12
    height, width = first.shape[2] * zoom, first.shape[3] * zoom
    columns = math.ceil(math.sqrt(len(words) / 2))
    wide, high = 2 * width + 4 * gap, height + line + 2 * gap
    size = (columns * wide, math.ceil(len(words) / columns) * high)
    sheet = Image.new("RGB", size, (128, 128, 128))
    pen = ImageDraw.Draw(sheet)
    for i, text in enumerate(words):
        row, column = divmod(i, columns)
        pair = contact_sheet(torch.stack([first[i], second[i]]), columns=2, gap=0, zoom=zoom)
        sheet.paste(pair, (column * wide + 2 * gap, row * high + gap))
        pen.text((column * wide + 2 * gap, row * high + gap + height), text, fill=(255, 255, 255))
    return sheet


def sheet_of(
    sample: Callable[[Sequence[int], Sequence[int] | None], UInt8[Tensor, "n c h w"]], classes: int
) -> Image.Image:
    """What a model makes of always the same seeds, with a class in each column if it has any.

    Args:
        sample: gives a picture for each seed and, if there are classes, label.
        classes: that the model knows; at most MOST_COLUMNS are shown.
    """
    columns = min(classes, MOST_COLUMNS) or COLUMNS
    places = range(ROWS * columns)
    if not classes:
        return contact_sheet(sample(places, None), columns)
    # Down a column stays the class, along a row the noise.
    labels = [i % columns for i in places]
    return contact_sheet(sample([i // columns for i in places], labels), columns)
