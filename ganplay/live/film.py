"""Runs as films: frames drawn with Pillow, much as the page draws them, and encoded as GIF or MP4.

Everything happens in memory. What a page sends is read by `read_order`, which trusts nothing.
"""

import dataclasses
import json
import math
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image, ImageDraw
from pydantic import Field
from pydantic.dataclasses import dataclass as pydantic_dataclass
from torch import Tensor

from ganplay.common.number_text import measured
from ganplay.common.palette import THEMES
from ganplay.live.commands import Byte, CommandError, integer, one_of, validated
from ganplay.live.frame import ALL_LAYERS, LAYERS, UNIT, Frame, FrameRenderer
from ganplay.live.frame_codec import unpack
from ganplay.live.render import ARROWS, arrows
from ganplay.media.video import KINDS, Cancelled, gif, mp4
from ganplay.toy.experiment import train
from ganplay.toy.trainer import ToyTrainer

MARGIN = 1.06
LONGEST_ARROW = 0.13
"""As on the page: how much is shown beyond the data's square; the longest arrow of a fake gradient,
over the square's half-width."""
CROSS = (1.15, 0.9)
"""Half the side of a fake's cross and the width of its lines, over the radius of a real's disc."""
MAX_FRAMES, MAX_BYTES, MAX_REAL = 240, 8 * 2**20, 2000
SIZES, RATES = (320, 720), (1, 30)
_LONGEST_HEADER = 2**16
COLOURS = 128
"""Of a GIF: with more it gets larger and looks the same."""
_OVERSAMPLE = 2


class FilmError(ValueError):
    """A film that cannot be made; `code` is for those who say why in another language."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code


@dataclass(frozen=True)
class Style:
    """How frames are shown.

    Attributes:
        real: the real points, in the data's units.
        labels: their classes; None if the model is not conditional.
        theme: a key of `palette.THEMES`.
        size: pixels of a side; even.
        layers: sum of `frames.LAYERS` that are drawn.
        label: the class whose points stand out; -1 for none.
    """

    real: Float[Tensor, "n 2"]
    labels: Tensor | None = None
    theme: str = "light"
    size: int = 480
    layers: int = ALL_LAYERS
    label: int = -1


@dataclass(frozen=True)
class FilmRequest:
    """A film as a page asks for it."""

    kind: str
    rate: int
    style: Style
    frames: list[Frame]


def _integers(low: int, high: int) -> Any:
    """A field that holds at most two whole numbers for each real point."""
    allowed = f"at most {2 * MAX_REAL} whole numbers from {low} to {high} are needed"
    return Field(max_length=2 * MAX_REAL, description=allowed)


@pydantic_dataclass(frozen=True)
class _Order:
    """The JSON object of a film's order: what it may hold, and in which bounds."""

    format: Annotated[str, one_of(KINDS)]
    fps: Annotated[int, integer(*RATES)]
    theme: Annotated[str, one_of(THEMES)]
    size: Annotated[int, integer(*SIZES)]
    layers: Annotated[int, integer(0, ALL_LAYERS)]
    label: Annotated[int, integer(-1, 255)]
    real: Annotated[list[Annotated[int, integer(-32767, 32767)]], _integers(-32767, 32767)]
    labels: Annotated[list[Byte], _integers(0, 255)] = dataclasses.field(default_factory=list)


class Painter:
    """Draws frames in one style."""

    def __init__(self, style: Style, extent: float) -> None:
        self.style, self.extent = style, extent
        self._colours = THEMES[style.theme]
        self._side = style.size * _OVERSAMPLE
        self._dot = max(1.6, self._side / 260)
        self._ramp = self._make_ramp()
        self._real = self._points(style.real, style.labels) if self._has("real") else None

    def draw(self, frame: Frame) -> Image.Image:
        """A frame's picture, (size, size) in RGB."""
        image = Image.new("RGB", (self._side, self._side), self._colours["background"])
        if len(frame.map) and self._has("map"):
            self._draw_map(image, frame)
        self._draw_axes(image)
        if frame.grid.numel() and self._has("grid"):
            self._lay(image, "net", self._net(self._pixels(frame.grid)))
        if self._real:
            self._lay(image, "real", self._real)
        if len(frame.fake_gradients) and self._has("pull"):
            self._lay(image, "pull", self._fake_gradients(frame))
        if len(frame.fakes) and self._has("fake"):
            self._lay(image, "fake", self._points(frame.fakes, frame.labels, fake=True))
        image = image.resize((self.style.size, self.style.size), Image.Resampling.BOX)
        self._write(image, frame)
        return image

    def palette(self, frames: Sequence[Frame]) -> Image.Image:
        """The colours of the start, the middle and the end, and those that points are drawn in."""
        size, own = self.style.size, list(self._colours.values())
        sheet = Image.new("RGB", (size, 3 * size + 20 * len(own)))
        for i, at in enumerate((0, len(frames) // 2, -1)):
            sheet.paste(self.draw(frames[at]), (0, i * size))
        for i, colour in enumerate(own):
            top = 3 * size + 20 * i
            sheet.paste(colour, (0, top, size, top + 20))
        return sheet.quantize(COLOURS, Image.Quantize.MEDIANCUT)

    def _has(self, layer: str) -> bool:
        return bool(self.style.layers & LAYERS[layer])

    def _lay(self, image: Image.Image, colour: str, mask: Image.Image) -> None:
        image.paste(self._colours[colour], (0, 0), mask)

    def _mask(self) -> tuple[Image.Image, ImageDraw.ImageDraw]:
        mask = Image.new("L", (self._side, self._side))
        return mask, ImageDraw.Draw(mask)

    def _pixels(self, points: Float[Tensor, "*n 2"]) -> np.ndarray:
        """Points in the data's units on the picture, whose rows go down."""
        scale = torch.tensor([1.0, -1.0]) * (self._side / (2 * MARGIN * self.extent))
        # Past its edge how far makes no difference.
        return (points * scale + self._side / 2).clamp(-2e4, 2e4).numpy()

    def _make_ramp(self) -> np.ndarray:
        ends = np.array([self._colours[n] for n in ("low", "middle", "high")], dtype=float)
        at = np.linspace(0, 2, 256)
        columns = [np.interp(at, range(3), ends[:, i]) for i in range(3)]
        return np.stack(columns, axis=1).round().astype(np.uint8)

    def _draw_map(self, image: Image.Image, frame: Frame) -> None:
        low, high = frame.map_range
        share = ((frame.map - low) / (high - low)).nan_to_num(0.5).clamp(0, 1)
        cells = self._ramp[(share * 255).round().to(torch.uint8).numpy()[::-1]]
        side = round(self._side / MARGIN)
        edge = (self._side - side) // 2
        picture = Image.fromarray(cells).resize((side, side), Image.Resampling.BICUBIC)
        image.paste(picture, (edge, edge))

    def _ticks(self) -> list[tuple[float, float]]:
        """Numbers along an axis, and how far they are from the middle in pixels."""
        steps = (s for s in (0.25, 0.5, 1.0, 2.0, 5.0, 10.0) if self.extent / s <= 4)
        step = next(steps, self.extent / 2)
        scale, last = self._side / (2 * MARGIN * self.extent), int(self.extent / step)
        return [(k * step, k * step * scale) for k in range(-last, last + 1)]

    def _draw_axes(self, image: Image.Image) -> None:
        pen, end, middle = ImageDraw.Draw(image), self._side, self._side / 2
        for _, at in self._ticks():
            for line in ((middle + at, 0, middle + at, end), (0, middle - at, end, middle - at)):
                pen.line(line, fill=self._colours["line"], width=_OVERSAMPLE)

    def _net(self, at: np.ndarray) -> Image.Image:
        """G's grid: the smaller a cell has become, the more samples per area, the darker."""
        mask, pen = self._mask()
        rows = len(at)
        if rows == 1:
            pen.line(at[0].ravel().tolist(), fill=190, width=round(self._dot), joint="curve")
            return mask
        corners = np.stack([at[:-1, :-1], at[:-1, 1:], at[1:, 1:], at[1:, :-1]], axis=2)
        a, b, c, d = np.moveaxis(corners, 2, 0)
        across, down = c - a, d - b
        areas = np.abs(across[..., 0] * down[..., 1] - down[..., 0] * across[..., 1]) / 2
        usual = (self._side / MARGIN / rows) ** 2
        shades = np.clip(0.05 * usual / (areas + 1), 0.03, 0.42) * 255
        cells = zip(corners.reshape(-1, 8).tolist(), shades.ravel().tolist(), strict=True)
        for corner, shade in sorted(cells, key=lambda cell: cell[1]):
            pen.polygon(corner, fill=round(shade))
        for line in (*at, *at.swapaxes(0, 1)):
            pen.line(line.ravel().tolist(), fill=80, width=_OVERSAMPLE)
        return mask

    def _fake_gradients(self, frame: Frame) -> Image.Image:
        mask, pen = self._mask()
        reach = arrows(frame.fake_gradients) * (LONGEST_ARROW * self.extent)
        start = frame.fakes[: len(reach)]
        lines = np.concatenate([self._pixels(start), self._pixels(start + reach)], axis=1)
        for line in lines.tolist():
            pen.line(line, fill=140, width=round(self._dot / 2.2))
        return mask

    def _points(
        self, points: Float[Tensor, "n 2"], labels: Tensor | None, *, fake: bool = False
    ) -> Image.Image:
        """Discs, or crosses for fakes; where a class is picked out, the others' are faint."""
        mask, pen = self._mask()
        shown = [True] * len(points)
        if labels is not None and self.style.label >= 0:
            shown = (labels == self.style.label).tolist()
        arm, width = CROSS[0] * self._dot, round(CROSS[1] * self._dot)
        for chosen, (x, y) in sorted(zip(shown, self._pixels(points).tolist(), strict=True)):
            shade = 217 if chosen else 51
            if fake:
                pen.line((x - arm, y - arm, x + arm, y + arm), shade, width)
                pen.line((x - arm, y + arm, x + arm, y - arm), shade, width)
            else:
                pen.circle((x, y), self._dot, shade)
        return mask

    def _write(self, image: Image.Image, frame: Frame) -> None:
        """Numbers along the axes; step and distance, in words that all languages have."""
        pen, size = ImageDraw.Draw(image), self.style.size
        small, large = max(10, size // 48), max(12, size // 30)
        colour = self._colours["text"]
        for number, at in self._ticks():
            text, middle, along = f"{number:g}", size / 2, at / _OVERSAMPLE
            pen.text((middle + along, size - 4), text, colour, font_size=small, anchor="mb")
            if number > -self.extent * 0.99:
                pen.text((5, middle - along), text, colour, font_size=small, anchor="lm")
        if len(frame.fake_gradients) and self._has("pull"):
            self._write_key(pen, small)
        distance = frame.metrics.get("js", torch.nan)
        told = f"step {frame.step}" + (
            f"   JS {measured(distance)}" if distance == distance else ""
        )
        box = pen.textbbox((size * 0.03, size * 0.025), told, font_size=large)
        around = (box[0] - 5, box[1] - 4, box[2] + 5, box[3] + 4)
        pen.rounded_rectangle(around, 5, fill=self._colours["background"])
        pen.text((size * 0.03, size * 0.025), told, colour, font_size=large)

    def _write_key(self, pen: ImageDraw.ImageDraw, font: int) -> None:
        """Of the arrows: which gradients some lengths stand for."""
        size, (low, high) = self.style.size, map(math.log10, ARROWS)
        longest, height = LONGEST_ARROW * size / (2 * MARGIN), 1.5 * font
        decades = range(round(high), math.ceil(low), -2)
        right, bottom = size - font, size - 2 * font
        left, top = right - longest - 5 * font, bottom - (len(decades) + 1) * height
        pen.rounded_rectangle((left, top, right, bottom), 4, fill=self._colours["background"])
        pen.text((left + font / 2, top + height / 2), "|∇|", self._colours["text"],
                 font_size=font, anchor="lm")  # fmt: skip
        for row, decade in enumerate(decades, 1):
            length, y = longest * (decade - low) / (high - low), top + (row + 0.5) * height
            pen.line((left + font / 2, y, left + font / 2 + length, y), self._colours["pull"], 2)
            pen.text((right - font / 2, y), f"{10.0**decade:g}", self._colours["text"],
                     font_size=font, anchor="rm")  # fmt: skip


def film(
    frames: Sequence[Frame],
    style: Style,
    kind: str,
    rate: int,
    drawn: Callable[[int], bool] = lambda count: True,
) -> bytes:
    """Frames as a GIF or an MP4.

    Args:
        frames: what is shown, one after the other; at least one.
        style: how.
        kind: one of `KINDS`.
        rate: frames a second; a GIF's are shown for whole hundredths of a second.
        drawn: told how many frames are drawn; False ends it.

    Raises:
        Cancelled: if `drawn` said so.
    """
    painter = Painter(style, frames[0].extent)

    def pictures() -> Iterator[Image.Image]:
        for i, frame in enumerate(frames):
            yield painter.draw(frame)
            if not drawn(i + 1):
                raise Cancelled

    if kind == "gif":
        # With a palette of its own for each frame colours would flicker.
        return gif(pictures(), painter.palette(frames), rate)
    return mp4(pictures(), rate)


def shoot(
    trainer: ToyTrainer,
    steps: int,
    count: int,
    go_on: Callable[[int], bool] = lambda done: True,
) -> list[Frame]:
    """Train for some steps and look at the first member on the way, more often at the start.

    Returns:
        At most `count` frames (at least 2): the start's first, the end's last.
    """
    alone = ToyTrainer(trainer.configs[:1], threads=1)
    renderer, frames, done = FrameRenderer(alone), list[Frame](), 0
    for stop in dict.fromkeys(round(steps * (i / (count - 1)) ** 2) for i in range(count)):
        train(trainer, stop - done, lambda more, before=done: go_on(before + more))  # type: ignore[misc]
        done = stop
        alone.restore(trainer.snapshot().members(slice(1)))
        renderer.measure()
        frames.append(renderer.render())
    return frames


def style_of(trainer: ToyTrainer) -> Style:
    """How films of a trainer's first member are shown that nobody has chosen a style for."""
    renderer = FrameRenderer(ToyTrainer(trainer.configs[:1], threads=1))
    return Style(renderer.real, renderer.real_labels)


def read_order(data: bytes) -> FilmRequest:
    """What a page asks for.

    It sends the length of a JSON object (uint32) and it, then each frame's length (uint32) and
    bytes, as `frames.pack` gives them.

    Raises:
        FilmError: if anything in it is not as it should be.
    """
    if len(data) > MAX_BYTES:
        raise FilmError("size", f"{len(data)} bytes: at most {MAX_BYTES} are possible")
    pieces = _pieces(data)
    try:
        asked = json.loads(pieces[0][:_LONGEST_HEADER]) if pieces else None
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict):
        raise FilmError("order", "a JSON object is needed before the frames")
    if not 1 <= len(pieces) - 1 <= MAX_FRAMES:
        raise FilmError("frames", f"{len(pieces) - 1} frames: 1 to {MAX_FRAMES} are possible")
    try:
        order = validated(_Order, asked)
        frames = [unpack(piece) for piece in pieces[1:]]
    except CommandError as error:
        raise FilmError("order", f"{error.field}: {error.allowed}") from None
    except ValueError as error:
        raise FilmError("frames", str(error)) from None
    if len(order.real) % 2:
        raise FilmError("order", "real: two numbers a point are needed")
    if order.labels and 2 * len(order.labels) != len(order.real):
        raise FilmError("order", "labels: one for each real point is needed")
    style = Style(
        real=torch.tensor(order.real, dtype=torch.float32).view(-1, 2) * (frames[0].extent / UNIT),
        labels=torch.tensor(order.labels) if order.labels else None,
        theme=order.theme,
        size=order.size // 2 * 2,
        layers=order.layers,
        label=order.label,
    )
    return FilmRequest(order.format, order.fps, style, frames)


def _pieces(data: bytes) -> list[bytes]:
    pieces: list[bytes] = []
    at = 0
    while at + 4 <= len(data) and len(pieces) <= MAX_FRAMES + 1:
        (length,) = struct.unpack_from("<I", data, at)
        pieces.append(data[at + 4 : at + 4 + length])
        at += 4 + length
    if at != len(data) and len(pieces) <= MAX_FRAMES + 1:
        raise FilmError("order", "the frames' lengths do not add up")
    return pieces
