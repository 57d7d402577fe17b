"""Pictures that strangers send, brought to the shape of a model's own.

They are read in memory and within limits: what a file says of itself is looked at before
anything is decoded, and what cannot be used is refused with an `UploadError`.
"""

import io
import math
import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, UInt8
from PIL import Image, ImageOps
from torch import Tensor

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP")
MAX_BYTES, MAX_PIXELS = 10_000_000, 25_000_000
LONGEST = 512
"""Pixels along the longer side; larger pictures are scaled down to that first."""
_INK = 128
"""A pixel so far from the ground, of 255, is ink."""
_PLAIN = 16
"""A border no farther than this from black or white is a ground to draw on."""
_FAINT = 16
"""What is drawn stands out from its ground by more than this."""
_ORIENTATION = 0x0112

MESSAGES = {
    "size": "the file is too large: at most {most:,} bytes are possible",
    "kind": "the file is no picture of a kind that is read here (PNG, JPEG, GIF, WebP, BMP)",
    "pixels": "the picture has too many pixels: at most {most:,} are possible",
    "broken": "the picture is cut off or broken",
    "empty": "the picture is all of one shade: nothing is drawn on it",
    "mask": "the mask is not as wide and high as the picture",
}
NOTES = {
    "first": "it moves: the first picture of it was taken",
    "clear": "what was transparent was put on {ground}",
    "cmyk": "it was in colours for print (CMYK)",
    "deep": "16 bits a pixel were made 8",
    "turned": "it was turned as the camera was held",
    "inverted": "dark and light were swapped, as the model draws",
    "framed": "it was cut out and scaled as the model's pictures are",
    "cropped": "only its middle square was taken",
}


class UploadError(ValueError):
    """A file that cannot be used.

    Attributes:
        code: a key of `MESSAGES`, for those who say it in another language.
        values: what stands in the message.
    """

    def __init__(self, code: str, **values: int) -> None:
        self.code, self.values = code, values
        super().__init__(MESSAGES[code].format(**values))


class Note(NamedTuple):
    """Something that was done to a picture: a key of `NOTES`, and what stands in the text."""

    code: str
    ground: str = ""

    def __str__(self) -> str:
        return NOTES[self.code].format(ground=self.ground)


Box = tuple[int, int, int, int]
"""Left, top, right and bottom, in pixels; the last two lie outside."""


class DrawingStyle(NamedTuple):
    """How a model's pictures are drawn.

    Attributes:
        ground: 0 for light ink on black, 255 for dark ink on white; None for colours, and where
            pictures fill their whole square.
        reach: the longer side of what is drawn, as a share of the picture's; 1 without a ground.
    """

    ground: int | None = None
    reach: float = 1.0


def habit_of(pictures: UInt8[Tensor, "n c h w"]) -> DrawingStyle:
    """How some pictures, of one model or data set, are drawn."""
    if pictures.shape[1] != 1:
        return DrawingStyle()
    grey = pictures[:, 0].float()
    border = float(_border(grey).mean())
    ground = 0 if border < _PLAIN else 255 if border > 255 - _PLAIN else None
    boxes = [] if ground is None else [_box(one, ground) for one in grey.numpy()]
    sides = [max(b[2] - b[0], b[3] - b[1]) for b in boxes if b]
    return (
        DrawingStyle(ground, sum(sides) / len(sides) / grey.shape[2]) if sides else DrawingStyle()
    )


def _border(grey: Tensor) -> Tensor:
    """The outermost pixels of pictures (..., h, w)."""
    edges = [grey[..., 0, :], grey[..., -1, :], grey[..., :, 0], grey[..., :, -1]]
    return torch.cat(edges, dim=-1)


def _box(grey: np.ndarray, ground: int) -> Box | None:
    """Around what is drawn; None for an empty ground."""
    rows, columns = np.nonzero(np.abs(grey - float(ground)) > _INK)
    if not len(rows):
        return None
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1


def is_picture(data: bytes) -> bool:
    """Whether a file begins as one of FORMATS does; a text file never does."""
    # A table may begin with the letters BM, but no table has a zero byte.
    bmp = data[:2] == b"BM" and b"\0" in data[:64]
    webp = data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    return bmp or webp or data.startswith((b"\x89PNG", b"\xff\xd8\xff", b"GIF8"))


def opened(
    data: bytes, most: int = MAX_PIXELS, ground: str | None = "white"
) -> tuple[Image.Image, list[Note]]:
    """A file's picture, upright, as RGB with 8 bits; and what had to be done to it.

    Args:
        data: the file.
        most: pixels that it may have; no more than its head is read of a larger one.
        ground: what transparent pixels are put on; None for black or white, whichever the rest
            stands out from.

    Raises:
        UploadError: if it cannot be used.
    """
    if not is_picture(data):
        raise UploadError("kind")
    try:
        with warnings.catch_warnings():
            # Of Pillow's own, far higher bound on pixels.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image: Image.Image = Image.open(io.BytesIO(data), formats=FORMATS)
        if math.prod(image.size) > most:  # nothing has been decoded yet
            raise UploadError("pixels", most=most)
        return _plain(image, ground)
    except UploadError:
        raise
    except Image.DecompressionBombError:
        raise UploadError("pixels", most=most) from None
    except Exception:  # decoders of broken files raise whatever they run into
        raise UploadError("broken") from None


def _plain(image: Image.Image, ground: str | None) -> tuple[Image.Image, list[Note]]:
    notes = [Note("first")] if getattr(image, "is_animated", False) else []
    image.seek(0)
    image.draft(None, (LONGEST, LONGEST))  # a JPEG can be decoded at an eighth of its size
    if image.getexif().get(_ORIENTATION, 1) != 1:
        notes.append(Note("turned"))
    image = ImageOps.exif_transpose(image)
    if image.mode == "CMYK":
        notes.append(Note("cmyk"))
    if image.mode.startswith("I"):  # 16 bits, which `convert` would cut off instead of scale
        notes.append(Note("deep"))
        grey = np.asarray(image, np.float32) / 257
        image = Image.fromarray(grey.clip(0, 255).astype(np.uint8))
    elif image.has_transparency_data:
        clear = image.convert("RGBA")
        if np.asarray(clear.getchannel("A")).min() < 255:
            ground = ground or _other_than(clear)
            notes.append(Note("clear", ground))
            image = Image.alpha_composite(Image.new("RGBA", clear.size, ground), clear)
    return image.convert("RGB"), notes


def _other_than(image: Image.Image) -> str:
    """The ground that what is not transparent stands out from."""
    small = image.resize((32, 32), Image.Resampling.BOX)  # weights colours by their opacity
    light, weight = (np.asarray(part, np.float64) for part in small.convert("LA").split())
    return "black" if (light * weight).sum() > 128 * weight.sum() else "white"


class Fitted(NamedTuple):
    """A picture in the shape of a model's.

    Attributes:
        pixels: (c, h, w).
        hidden: True where a mask is white; None without one.
        notes: what had to be done to the picture.
    """

    pixels: UInt8[Tensor, "c h w"]
    hidden: Bool[Tensor, "h w"] | None
    notes: list[Note]


def fitted(
    data: bytes, shape: Sequence[int], habit: DrawingStyle | None = None, mask: bytes | None = None
) -> Fitted:
    """A file's picture in the shape of a model's.

    One that has the model's own size already keeps its place; of others the middle square is
    taken, or where the model draws on a plain ground, what is drawn, as large as the model does.

    Args:
        data: the file.
        shape: (c, h, w), with h = w.
        habit: of the model's pictures.
        mask: the file of a picture of the same proportions, which is cut out in the same way.

    Raises:
        UploadError: if it cannot be used.
    """
    habit = habit or DrawingStyle()
    image, notes = _reduced(data, None if habit.ground is not None else "white")
    channels, height, width = shape
    fits = image.size == (width, height)
    image = image.convert("L" if channels == 1 else "RGB")
    if habit.ground is not None:
        image, swapped = _on_ground(image, habit.ground)
        notes += [Note("inverted")] * swapped
    box = (0, 0, width, height)
    if not fits:
        if habit.ground is not None:
            image = ImageOps.autocontrast(image)  # paper is seldom white, nor ink black
        box, done = _square(image, habit)
        notes += [Note(done)] * (done != "")
    pixels = torch.from_numpy(np.array(_cut(image, box, width, habit.ground or 0)))
    pixels = pixels.view(height, width, channels).permute(2, 0, 1).contiguous()
    if mask is None:
        return Fitted(pixels, None, notes)
    hidden = _cut(_as_large(_reduced(mask)[0], image.size).convert("L"), box, width)
    return Fitted(pixels, torch.from_numpy(np.array(hidden)) >= 128, notes)


def _reduced(data: bytes, ground: str | None = "white") -> tuple[Image.Image, list[Note]]:
    if len(data) > MAX_BYTES:
        raise UploadError("size", most=MAX_BYTES)
    image, notes = opened(data, ground=ground)
    image.thumbnail((LONGEST, LONGEST), Image.Resampling.BOX)  # which leaves no seams
    return image, notes


def _as_large(mask: Image.Image, size: tuple[int, int]) -> Image.Image:
    if abs(mask.width * size[1] - mask.height * size[0]) > 0.02 * mask.width * size[1]:
        raise UploadError("mask")
    return mask.resize(size, Image.Resampling.BOX)


def _on_ground(image: Image.Image, ground: int) -> tuple[Image.Image, bool]:
    """A drawing on the model's ground, and whether it was on the other one."""
    grey = torch.from_numpy(np.array(image, np.float32))
    low, high = float(grey.min()), float(grey.max())
    if high - low < _FAINT:
        raise UploadError("empty")
    light = float(_border(grey).median()) > (low + high) / 2
    swap = light == (ground == 0)
    return (ImageOps.invert(image) if swap else image), swap


def _square(image: Image.Image, habit: DrawingStyle) -> tuple[Box, str]:
    """The square of a picture that is to be seen, and what is done to have it."""
    width, height = image.size
    drawn = None if habit.ground is None else _box(np.asarray(image), habit.ground)
    if drawn:
        side = math.ceil(max(drawn[2] - drawn[0], drawn[3] - drawn[1]) / habit.reach)
        left, top = ((drawn[i] + drawn[i + 2] - side) // 2 for i in (0, 1))
        return (left, top, left + side, top + side), "framed"
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    return (left, top, left + side, top + side), "cropped" * (width != height)


def _cut(image: Image.Image, box: Box, side: int, ground: int = 0) -> Image.Image:
    """What is in a box, of any size; where that is outside the picture there is ground."""
    canvas = Image.new(image.mode, (box[2] - box[0], box[3] - box[1]), ground)
    canvas.paste(image, (-box[0], -box[1]))
    return canvas.resize((side, side), Image.Resampling.LANCZOS)
