"""One picture out of a file that may be of any kind, and words on why a file gives none."""

import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from ganplay.common.safe_tensors import POINTERS
from ganplay.images.datasets.base import DataError

SUFFIXES = (
    ".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".bmp", ".dib", ".gif", ".tif",
    ".tiff", ".avif", ".heic", ".heif", ".hif", ".ppm", ".pgm", ".pbm", ".pnm", ".tga", ".jp2",
)  # fmt: skip
"""How the names of pictures end, in lower case."""
# Never a format that Pillow hands to another program.
FORMATS = (
    "PNG", "JPEG", "MPO", "WEBP", "BMP", "DIB", "GIF", "TIFF", "AVIF", "HEIF", "PPM", "TGA",
    "JPEG2000",
)  # fmt: skip
MODES = ("1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "LAB")
SIXTEEN_BITS = ("I;16", "I;16L", "I;16B", "I;16N")
SCALED_TO_16 = ("PNG", "PPM")
"""Formats of which Pillow gives grey of 16 bits as whole numbers of 32 bits, mode "I"."""
MAX_PIXELS, MAX_FILE = 50_000_000, 100 * 2**20
HEAD = 64
"""Bytes at the start of a file that say of which kind it is."""
HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
AVIF_BRANDS = (b"avif", b"avis")
_STARTS = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*")


def starts_as_picture(path: Path) -> bool:
    """Whether a file whose name does not tell begins as pictures do."""
    try:
        head = _head(path)
    except OSError:
        return False
    webp = head[:4] == b"RIFF" and head[8:12] == b"WEBP"
    return webp or head.startswith(_STARTS) or _brand(head) in (*HEIF_BRANDS, *AVIF_BRANDS)


def read_picture(path: Path, size: int) -> Image.Image:
    """One picture as RGB (size, size): turned upright, laid on white, scaled and cropped.

    Raises:
        DataError: if it is none, or too large.
        Exception: whatever a decoder raises over a file that is damaged.
    """
    if path.stat().st_size > MAX_FILE:
        raise DataError(f"a file of more than {MAX_FILE >> 20} MiB")
    head = _head(path)
    if _brand(head) in HEIF_BRANDS:
        _prepare_heif()
    Image.init()
    known = [name for name in FORMATS if name in Image.OPEN]
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            opened = Image.open(path, formats=known)
        except UnidentifiedImageError:
            raise DataError(_what_it_is(head)) from None
        with opened as image:
            if image.width * image.height > MAX_PIXELS:
                raise DataError(f"{image.width}x{image.height} is more than {MAX_PIXELS:,} pixels")
            kind = image.format or ""
            upright = ImageOps.exif_transpose(image)
    return ImageOps.fit(_rgb(upright, kind), (size, size), Image.Resampling.LANCZOS)


def _rgb(image: Image.Image, kind: str) -> Image.Image:
    """A picture of any mode as RGB; what shines through is white."""
    if image.mode in SIXTEEN_BITS or (image.mode == "I" and kind in SCALED_TO_16):
        deep = np.asarray(image).astype(np.uint32)
        image = Image.fromarray(((deep + 128) // 257).astype(np.uint8))
    if image.mode not in MODES:
        raise DataError(
            f"pixels of the kind {image.mode}, of which nobody knows which value is white;"
            " 8 or 16 bits a channel are needed"
        )
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    return image.convert("RGB")


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD)


def _brand(head: bytes) -> bytes:
    """Which kind of picture or film an ISO media file is; nothing for other files."""
    return head[8:12] if head[4:8] == b"ftyp" else b""


def _prepare_heif() -> None:
    """Let Pillow read HEIC, where the library that it takes is installed."""
    if "HEIF" in Image.OPEN:
        return
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        return
    register_heif_opener()


def _what_it_is(head: bytes) -> str:
    """Words on a file that no format knows, by how it begins."""
    for start, fetch in POINTERS.items():
        if head.startswith(start):
            return f"a pointer in the file's place: fetch the file itself with `{fetch}`"
    brand = _brand(head)
    if brand in AVIF_BRANDS:
        return "AVIF, which Pillow reads from version 11.3 on"
    if brand in HEIF_BRANDS:
        return 'HEIC, for which a library is needed: pip install "ganplay[heic]" (pillow-heif)'
    if not head:
        return "an empty file"
    if head.lstrip()[:1] == b"<":
        return "a text (HTML or XML), not a picture"
    return "not a picture of a kind that is read here"
