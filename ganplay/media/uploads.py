"""Pictures that visitors upload, checked and fitted to the shape of a model's own.

Files are read in memory and within limits: the header is checked before anything is decoded, and
a file that cannot be used is refused with an `UploadError`.
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

from ganplay.media import ink
from ganplay.media.file_kinds import kind_of

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP")
MAX_BYTES, MAX_PIXELS = 10_000_000, 25_000_000
"""Of a file."""
MAX_SIDE = 512
"""Pixels along the longer side; larger pictures are scaled down to that first."""
_INK_CONTRAST = 128
"""Grey levels, of 255, from which a pixel that differs from the background is ink."""
_PLAIN_TOLERANCE = 16
"""Grey levels that a plain background may be from black or white."""
_MIN_CONTRAST = 16
"""Grey levels between the darkest and the lightest pixel; with less the picture is empty."""
_ORIENTATION = 0x0112
"""The Exif tag of how the camera was held."""

MESSAGES = {
    "size": "the file is too large: at most {most:,} bytes are possible",
    "kind": "the file is not a picture that can be read here (PNG, JPEG, GIF, WebP, BMP)",
    "nothing": "the file is empty",
    "pdf": "the file is a PDF document and not a picture: take a screenshot of it, or a photograph",
    "heic": "the file is a HEIC or AVIF picture, as phones take them: save it as a JPEG",
    "tiff": "the file is a TIFF picture: save it as a PNG",
    "svg": "the file is an SVG drawing: save it as a PNG",
    "archive": "the file is an archive or an office document and not a picture",
    "video": "the file is video or audio and not a picture",
    "text": "the file is text and not a picture",
    "pixels": "the picture has too many pixels: at most {most:,} are possible",
    "broken": "the picture is truncated or damaged",
    "empty": "the picture has a single colour: nothing is drawn on it",
    "no_ink": "nothing in the picture is that much darker than its paper",
    "mask": "the mask and the picture differ in size",
}
NOTES = {
    "first": "it is animated: its first frame was taken",
    "clear": "transparent parts were put on {ground}",
    "cmyk": "its print colours (CMYK) were converted",
    "deep": "16 bits per pixel were reduced to 8",
    "turned": "it was rotated to the camera's orientation",
    "inverted": "dark and light were swapped, as in the model's pictures",
    "ink": "shading of the paper was removed: only ink was kept",
    "framed": "it was cropped and scaled like the model's pictures",
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
    """A change that was made to a picture: a key of `NOTES`, and the colour named in its text."""

    code: str
    ground: str = ""

    def __str__(self) -> str:
        return NOTES[self.code].format(ground=self.ground)


Box = tuple[int, int, int, int]
"""Left, top, right and bottom, in pixels; the last two lie outside."""


class DrawingStyle(NamedTuple):
    """How a model's pictures are drawn.

    Attributes:
        background: 0 for light ink on black, 255 for dark ink on white; None for pictures in colour
            and for those that fill their whole square.
        reach: mean longer side of what is drawn, as a share of the picture's side; 1 where there
            is no plain background.
    """

    background: int | None = None
    reach: float = 1.0


def drawing_style_of(pictures: UInt8[Tensor, "n c h w"]) -> DrawingStyle:
    """How the pictures of one model or data set are drawn."""
    if pictures.shape[1] != 1:
        return DrawingStyle()
    grey = pictures[:, 0].float()
    border = float(_border(grey).mean())
    background = 0 if border < 128 else 255
    if abs(border - background) >= _PLAIN_TOLERANCE:
        return DrawingStyle()
    boxes = [_box(one, background) for one in grey.numpy()]
    sides = [max(b[2] - b[0], b[3] - b[1]) for b in boxes if b]
    if not sides:
        return DrawingStyle()
    return DrawingStyle(background, sum(sides) / len(sides) / grey.shape[2])


def _border(grey: Tensor) -> Tensor:
    """The outermost pixels of pictures (..., h, w)."""
    edges = [grey[..., 0, :], grey[..., -1, :], grey[..., :, 0], grey[..., :, -1]]
    return torch.cat(edges, dim=-1)


def _box(grey: np.ndarray, background: int) -> Box | None:
    """The bounding box of what is drawn; None if nothing is."""
    rows, columns = np.nonzero(np.abs(grey - float(background)) > _INK_CONTRAST)
    if not len(rows):
        return None
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1


def is_picture(data: bytes) -> bool:
    """Whether a file begins as one of FORMATS does; a text file never does."""
    # A table may begin with the letters BM, but no table has a zero byte.
    bmp = data[:2] == b"BM" and b"\0" in data[:64]
    webp = data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    return bmp or webp or data.startswith((b"\x89PNG", b"\xff\xd8\xff", b"GIF8"))


def open_upload(
    data: bytes, most: int = MAX_PIXELS, background: str | None = "white"
) -> tuple[Image.Image, list[Note]]:
    """Decode a file to an upright RGB picture of 8 bits, and say what had to be changed.

    Args:
        data: the file.
        most: pixels that it may have; of a larger one only the header is read.
        background: of transparent pixels; None for black or white, whichever contrasts more with
            the opaque ones.

    Raises:
        UploadError: if it cannot be used.
    """
    if not is_picture(data):
        raise UploadError(kind_of(data))
    try:
        with warnings.catch_warnings():
            # Pillow warns at a far higher bound on pixels, which is not ours.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image: Image.Image = Image.open(io.BytesIO(data), formats=FORMATS)
        if math.prod(image.size) > most:  # nothing has been decoded yet
            raise UploadError("pixels", most=most)
        return _to_rgb(image, background)
    except UploadError:
        raise
    except Image.DecompressionBombError:
        raise UploadError("pixels", most=most) from None
    except Exception:  # decoders of broken files raise whatever they run into
        raise UploadError("broken") from None


def _to_rgb(image: Image.Image, background: str | None) -> tuple[Image.Image, list[Note]]:
    notes = [Note("first")] if getattr(image, "is_animated", False) else []
    image.seek(0)
    image.draft(None, (MAX_SIDE, MAX_SIDE))  # a JPEG can be decoded at an eighth of its size
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
            background = background or _contrasting(clear)
            notes.append(Note("clear", background))
            image = Image.alpha_composite(Image.new("RGBA", clear.size, background), clear)
    return image.convert("RGB"), notes


def _contrasting(image: Image.Image) -> str:
    """Black or white, whichever contrasts more with the opaque pixels."""
    small = image.resize((32, 32), Image.Resampling.BOX)  # weights colours by their opacity
    light, weight = (np.asarray(part, np.float64) for part in small.convert("LA").split())
    return "black" if (light * weight).sum() > 128 * weight.sum() else "white"


class Fitted(NamedTuple):
    """A picture in the shape of a model's.

    Attributes:
        pixels: from 0 to 255.
        hidden: True where the mask is white; None without one.
        notes: changes that were made to the picture.
        level: how much darker than its paper, in percent, a pixel has to be to count as ink; None
            where nothing is drawn in ink, or too small to be a photograph.
    """

    pixels: UInt8[Tensor, "c h w"]
    hidden: Bool[Tensor, "h w"] | None
    notes: list[Note]
    level: int | None = None


def fitted(
    data: bytes,
    shape: Sequence[int],
    drawing_style: DrawingStyle | None = None,
    mask: bytes | None = None,
    level: int | None = None,
) -> Fitted:
    """A file's picture in the shape of a model's.

    One that has the model's own size is not moved. Of others the middle square is taken; where the
    model draws on a plain background, what is drawn is cut out and scaled as the model's pictures.
    Of a photographed drawing the ink alone is taken, see `ink`.

    Args:
        data: the file.
        shape: (c, h, w), with h = w.
        drawing_style: of the model's pictures.
        mask: a file whose picture has the same proportions; it is cut out in the same way.
        level: by how many percent ink is darker than its paper, from `ink.LEVELS`; None to take
            what suits the picture, and to leave paper that is evenly lit as it is.

    Raises:
        UploadError: if it cannot be used.
    """
    background, reach = drawing_style or DrawingStyle()
    image, notes = _reduced(data, None if background is not None else "white")
    channels, height, width = shape
    fits = image.size == (width, height)
    image = image.convert("L" if channels == 1 else "RGB")
    box, used = (0, 0, width, height), None
    if background is not None:
        image, more, used = _drawn(image, background, level, fits)
        notes += more
    if not fits:
        drawn = None if background is None else _box(np.asarray(image), background)
        box = _square(drawn or (0, 0, *image.size), reach if drawn else None)
        if drawn or image.width != image.height:
            notes.append(Note("framed" if drawn else "cropped"))
    pixels = torch.from_numpy(np.array(_cut(image, box, width, background or 0)))
    pixels = pixels.view(height, width, channels).permute(2, 0, 1).contiguous()
    if mask is None:
        return Fitted(pixels, None, notes, used)
    area, _ = _reduced(mask)
    if (
        abs(area.width * image.height - area.height * image.width)
        > 0.02 * area.width * image.height
    ):
        raise UploadError("mask")
    hidden = _cut(area.resize(image.size, Image.Resampling.BOX).convert("L"), box, width)
    return Fitted(pixels, torch.from_numpy(np.array(hidden)) >= 128, notes, used)


def _drawn(
    image: Image.Image, background: int, level: int | None, fits: bool
) -> tuple[Image.Image, list[Note], int | None]:
    """A drawing on the model's background, what was done for that, and the level of its ink."""
    grey = torch.from_numpy(np.array(image, np.float32))
    if float(grey.max() - grey.min()) < _MIN_CONTRAST:
        raise UploadError("empty")
    light_ink = ink.has_light_ink(grey)
    invert = light_ink == (background == 255)
    notes = [Note("inverted")] * invert
    used = None
    if level is not None or (not fits and min(image.size) >= ink.MIN_PHOTO):
        sheet = ink.sheet_of(grey, light_ink)
        used = sheet.level if level is None else level
        if level is not None or not sheet.even:
            amount = sheet.ink(used)
            if ink.is_empty(sheet):
                raise UploadError("empty")
            if not amount.any():
                raise UploadError("no_ink")
            made = amount if background == 0 else 255 - amount
            return Image.fromarray(made.numpy()), [*notes, Note("ink")], used
    if invert:
        image = ImageOps.invert(image)
    # Photographed paper is not white, nor ink black.
    return (image if fits else ImageOps.autocontrast(image)), notes, used


def _reduced(data: bytes, background: str | None = "white") -> tuple[Image.Image, list[Note]]:
    """A file's picture, at most MAX_SIDE pixels wide and high; see `open_upload`."""
    if len(data) > MAX_BYTES:
        raise UploadError("size", most=MAX_BYTES)
    image, notes = open_upload(data, background=background)
    image.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.BOX)  # no ringing at edges
    return image, notes


def _square(box: Box, reach: float | None) -> Box:
    """The square about a box whose longer side is `reach` of its own; within the box for None."""
    sides = box[2] - box[0], box[3] - box[1]
    side = min(sides) if reach is None else math.ceil(max(sides) / reach)
    left, top = ((box[i] + box[i + 2] - side) // 2 for i in (0, 1))
    return left, top, left + side, top + side


def _cut(image: Image.Image, box: Box, side: int, background: int = 0) -> Image.Image:
    """A box scaled to (side, side); parts of it outside the picture are background."""
    canvas = Image.new(image.mode, (box[2] - box[0], box[3] - box[1]), background)
    canvas.paste(image, (-box[0], -box[1]))
    return canvas.resize((side, side), Image.Resampling.LANCZOS)
