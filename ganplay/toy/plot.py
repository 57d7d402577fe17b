"""Pictures of trained toys for files, drawn with Pillow: D's map, real points and fakes."""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from PIL import Image, ImageDraw
from torch import Tensor

from ganplay.common.palette import THEMES
from ganplay.gan.losses import LOSSES
from ganplay.toy.trainer import ToyTrainer

SIDE = 360
GAP = 12
# Above: pixels along a side of a panel, and between panels. Below: cells along a side of D's map;
# how many real points, and how many fakes, a panel shows.
CELLS = 90
POINTS = 500
OVERSAMPLE = 2
"""Factor by which panels are drawn larger and then scaled down, for smooth edges."""
COLOURS, PAPER = THEMES["light"], (255, 255, 255)


def panels(trainer: ToyTrainer) -> Image.Image:
    """D's map, real points (blue) and fakes (orange) of every member, named by its seed.

    Of a conditional model the map is that of the first class, as in the arena's thumbnails.
    """
    drawn = each_panel(trainer, [str(config.seed) for config in trainer.configs])
    return side_by_side(drawn, math.ceil(math.sqrt(len(trainer))))


def side_by_side(drawn: Sequence[Image.Image], columns: int) -> Image.Image:
    """Panels, of SIDE pixels a side, on one sheet, row by row."""
    rows = math.ceil(len(drawn) / columns)
    size = (columns * (SIDE + GAP) + GAP, rows * (SIDE + GAP) + GAP)
    sheet = Image.new("RGB", size, PAPER)
    for i, panel in enumerate(drawn):
        row, column = divmod(i, columns)
        sheet.paste(panel, (GAP + column * (SIDE + GAP), GAP + row * (SIDE + GAP)))
    return sheet


def each_panel(trainer: ToyTrainer, names: Sequence[str]) -> list[Image.Image]:
    """The panel of each member, with its name in the corner."""
    extents = [trainer.distribution(i).extent for i in range(len(trainer))]
    scores = _scores(trainer, extents)
    real, fake = trainer.real(POINTS), trainer.sample(POINTS)
    return [
        _panel(scores[i], real[i] / extent, fake[i] / extent, names[i])
        for i, extent in enumerate(extents)
    ]


def _scores(trainer: ToyTrainer, extents: list[float]) -> Float[Tensor, "s cells cells"]:
    """D over each member's square, from 0 (surely fake) to 1 (surely real), rows downwards."""
    ticks = (torch.arange(CELLS) + 0.5) * (2 / CELLS) - 1
    y, x = torch.meshgrid(-ticks, ticks, indexing="ij")
    unit = torch.stack([x, y], dim=-1).view(1, -1, 2)
    points = unit * torch.tensor(extents)[:, None, None]
    logits = trainer.discriminate(points, trainer.labels(points.shape[1], 0))
    loss = LOSSES[trainer.configs[0].loss]
    low, high = {"probability": (0.0, 1.0), "target": (-0.5, 1.5), "margin": (-1.5, 1.5)}.get(
        loss.reading, (float(logits.min()), float(logits.max()) + 1e-6)
    )
    share = ((loss.output(logits) - low) / (high - low)).nan_to_num(0.5).clamp(0, 1)
    return share.view(-1, CELLS, CELLS)


def _panel(scores: Tensor, real: Tensor, fake: Tensor, name: str) -> Image.Image:
    ends = torch.tensor([COLOURS[end] for end in ("low", "middle", "high")], dtype=torch.float32)
    upper = (scores > 0.5)[..., None]
    along = (scores * 2 - upper[..., 0].float())[..., None]
    colours = torch.where(
        upper, torch.lerp(ends[1], ends[2], along), torch.lerp(ends[0], ends[1], along)
    )
    side = SIDE * OVERSAMPLE
    image = Image.fromarray(colours.round().to(torch.uint8).numpy())
    image = image.resize((side, side), Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(image)
    for points, colour in ((real, COLOURS["real"]), (fake, COLOURS["fake"])):
        for x, y in points[points.isfinite().all(1)].tolist():
            column, row = (x + 1) * side / 2, (1 - y) * side / 2
            pen.circle((column, row), 2.2 * OVERSAMPLE, fill=colour)
    pen.text((16, 10), name, fill=COLOURS["pull"], font_size=15 * OVERSAMPLE)
    return image.resize((SIDE, SIDE), Image.Resampling.LANCZOS)
