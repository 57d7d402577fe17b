"""One's own pictures: a folder for each class, as torchvision's ImageFolder has it."""

import warnings
from pathlib import Path
from zlib import crc32

import numpy as np
import torch
from PIL import Image, ImageOps
from tqdm import tqdm

from ganplay.images.datasets.base import DataError, ImageData, Request, pick

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif")
# Never a format that Pillow hands to another program.
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")
MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr")
MAX_PIXELS, MAX_FILE = 50_000_000, 100 * 2**20
SHOWN = 5


def folder(request: Request) -> ImageData:
    """The pictures below root/<class>/, RGB, scaled and centre-cropped to a square.

    One in ten, by a hash of their names, is the test split.
    """
    root = request.root("folder")
    found = _listing(root)
    names = tuple(sorted({name for name, _ in found}))
    held = max(1, len(found) // 10)
    part = sorted(found[:held] if request.split == "test" else found[held:])
    if not part:
        raise DataError(f"folder {root}: a single picture cannot be split into train and test")
    part = [part[i] for i in pick(len(part), request.count, request.seed)]
    request.check_memory(len(part), 3)
    images = _read([path for _, path in part], request.size)
    return ImageData(
        images=torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(),
        labels=torch.tensor([names.index(name) for name, _ in part]),
        names=names,
        licence="your own pictures: their licences are yours to know",
        how_to_get="a folder of yours with a folder of pictures for each class",
    )


def _listing(root: Path) -> list[tuple[str, Path]]:
    """Class and path of each picture, in the order of a hash of their names."""
    if not root.is_dir():
        raise DataError(f"folder {root}: there is no such folder")
    found = [
        (child.name, path)
        for child in root.iterdir() if child.is_dir() and not child.name.startswith(".")
        for path in child.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file()
    ]  # fmt: skip
    if not found:
        raise DataError(
            f"folder {root}: no pictures; a folder for each class is needed, with files that end"
            f" in {', '.join(SUFFIXES)}"
        )
    names = {path: path.relative_to(root).as_posix() for _, path in found}
    return sorted(found, key=lambda one: (crc32(names[one[1]].encode()), names[one[1]]))


def _read(paths: list[Path], size: int) -> np.ndarray:
    """(n, size, size, 3); all that cannot be used are named at once."""
    images = np.empty((len(paths), size, size, 3), np.uint8)
    refused = []
    for i, path in enumerate(tqdm(paths, desc="pictures", disable=None)):
        try:
            images[i] = np.asarray(read_picture(path, size))
        except Exception as error:  # a decoder may raise anything over a hostile file
            refused.append(f"{path}: {error}")
    if refused:
        more = f"; and {len(refused) - SHOWN} more" if len(refused) > SHOWN else ""
        raise DataError(f"{len(refused)} unusable: " + "; ".join(refused[:SHOWN]) + more)
    return images


def read_picture(path: Path, size: int) -> Image.Image:
    """One picture as RGB (size, size): turned upright, laid on white, scaled and cropped."""
    if path.stat().st_size > MAX_FILE:
        raise DataError(f"a file of more than {MAX_FILE >> 20} MiB")
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(path, formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise DataError(f"{image.width}x{image.height} is more than {MAX_PIXELS:,} pixels")
            if image.mode not in MODES:
                raise DataError(f"pixels of the kind {image.mode}; 8 bits a channel are needed")
            upright = ImageOps.exif_transpose(image)
    if upright.has_transparency_data:
        white = Image.new("RGBA", upright.size, "white")
        upright = Image.alpha_composite(white, upright.convert("RGBA"))
    return ImageOps.fit(upright.convert("RGB"), (size, size), Image.Resampling.LANCZOS)
