"""A to Z in many typefaces, rendered from the fonts of given folders or of the system."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from zlib import crc32

import torch
from torch import Tensor
from tqdm import tqdm

from ganplay.images.datasets import fonts
from ganplay.images.datasets.base import DataError, ImageData, Request, cached, pick

LICENCE = "pictures of letters; each font has a licence of its own, and none is part of ganplay"
HOW_TO_GET = (
    "rendered from fonts on the machine: the system's, or those of the folders that are named;"
    " on Debian and Ubuntu the packages texlive-fonts-extra (large) or fonts-* add many"
)
SAME, AKIN = 0.99, 0.97
"""Alphabets nearer than SAME count once; those nearer than AKIN are never split."""
HELD_OUT = 0.1
STYLES = re.compile(
    "thin|hairline|extra|ultra|semi|demi|light|regular|roman|book|medium|bold|heavy|black|italic"
    "|oblique|slanted|condensed|cond|compressed|narrow|wide|expanded|extended|caps|[^a-z]"
)


def letters(request: Request) -> ImageData:
    """Letters of many fonts: the label is the letter, the attribute `font` the font's number.

    A split holds whole fonts, and all fonts of a family or of a like look are in the same one.
    """
    paths = fonts.find_fonts(request.roots or fonts.system_folders())
    made = _alphabets(paths, request)
    names = tuple(paths[i].name for i in made["files"].tolist())
    test = held_out(made["groups"].tolist(), names)
    chosen = (test if request.split == "test" else ~test).nonzero()[:, 0]
    if not len(chosen):
        raise DataError(
            f"letters: {len(names)} fonts of one family leave none to hold out; more are needed"
        )
    data = ImageData(
        images=made["images"][chosen].flatten(0, 1)[:, None],
        labels=torch.arange(26).repeat(len(chosen)),
        names=tuple(fonts.LETTERS),
        licence=LICENCE,
        how_to_get=HOW_TO_GET,
        attributes={"font": chosen.repeat_interleave(26)},
        choices={"font": names},
    )
    return data.subset(pick(len(data), request.count, request.seed))


def _alphabets(paths: Sequence[Path], request: Request) -> dict[str, Tensor]:
    """Alphabets (f, 26, size, size), their places in `paths` (f,) and their families (f,)."""
    # Letters of Pillow's own font stand for the way of drawing, FreeType's version included.
    sample = fonts.alphabet(fonts.own_font(), request.size).numpy().tobytes()
    files = [(str(p), (stat := p.stat()).st_size, stat.st_mtime_ns) for p in paths]
    key = [request.size, fonts.RECOGNISED, SAME, AKIN, crc32(sample), files]
    return cached(request.cache, "letters", key, lambda: _render(paths, request))


def _render(paths: Sequence[Path], request: Request) -> dict[str, Tensor]:
    files, families, glyphs, refused = [], [], [], []
    for i, path in enumerate(tqdm(paths, desc="fonts", disable=None)):
        request.tell(i / len(paths))
        try:
            family, letters = fonts.read_font(path, request.size)
        except fonts.FontRefused as error:
            refused.append(f"{path.name}: {error}")
            continue
        files.append(i)
        families.append(STYLES.sub("", family.lower()) or path.stem)
        glyphs.append(letters)
    if not glyphs:
        shown = "; ".join(refused[:3]) or "there is none"
        raise DataError(f"letters: no usable font among {len(paths)} files ({shown})")
    alike = fonts.likeness(torch.stack(glyphs))
    kept = distinct(alike)
    return {
        "images": torch.stack([glyphs[i] for i in kept]),
        "files": torch.tensor([files[i] for i in kept]),
        "groups": torch.tensor(groups(alike[kept][:, kept], [families[i] for i in kept])),
    }


def distinct(alike: Tensor) -> list[int]:
    """The places of the alphabets that are no near copy of one kept before them."""
    kept: list[int] = []
    for i, row in enumerate(alike):
        if not kept or row[kept].max() < SAME:
            kept.append(i)
    return kept


def groups(alike: Tensor, families: Sequence[str]) -> list[int]:
    """For each alphabet the first of those that it hangs together with by name or by look."""
    group = list(range(len(families)))

    def first(i: int) -> int:
        while group[i] != i:
            i = group[i]
        return i

    named = {name: i for i, name in reversed(list(enumerate(families)))}
    pairs = [(named[name], i) for i, name in enumerate(families)]
    for a, b in pairs + (alike > AKIN).triu(1).nonzero().tolist():
        low, high = sorted((first(a), first(b)))
        group[high] = low
    return [first(i) for i in range(len(group))]


def held_out(group: Sequence[int], names: Sequence[str]) -> Tensor:
    """Which fonts (f,) the test split has: whole groups, about HELD_OUT of all fonts.

    Groups are taken in the order of a hash of their first font's name; there is at least one
    where there are two.
    """
    sizes = Counter(group)
    limit = max(HELD_OUT * len(group), min(sizes.values()))
    taken: set[int] = set()
    for g in sorted(sizes, key=lambda g: (crc32(names[g].encode()), g)):
        if sum(sizes[one] for one in taken | {g}) <= limit and len(sizes) > 1:
            taken.add(g)
    return torch.tensor([g in taken for g in group])
