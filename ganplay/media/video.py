"""Pictures one after the other as a GIF or an MP4, in memory."""

import io
from collections.abc import Iterator
from fractions import Fraction
from itertools import chain
from typing import Any

import av
from PIL import Image

KINDS = ("gif", "mp4")


class Cancelled(Exception):
    """Nobody wants the pictures any more."""


def gif(pictures: Iterator[Image.Image], palette: Image.Image, rate: int) -> bytes:
    """Pictures as a GIF that goes on for ever.

    Args:
        pictures: at least one.
        palette: whose colours all of them get: with one for each, colours would flicker.
        rate: pictures a second; each is shown for whole hundredths of a second.
    """

    def reduced() -> Iterator[Image.Image]:
        for picture in pictures:
            yield picture.quantize(palette=palette, dither=Image.Dither.NONE)

    few, buffer = reduced(), io.BytesIO()
    next(few).save(
        buffer, "GIF", save_all=True, append_images=few, duration=10 * round(100 / rate), loop=0
    )
    return buffer.getvalue()


def mp4(pictures: Iterator[Image.Image], rate: int) -> bytes:
    """Pictures of one size as an MP4.

    Args:
        pictures: at least one; both sides even.
        rate: pictures a second.
    """
    first = next(pictures)
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        # H.264 where the library has an encoder for it, else what it has of its own.
        codec = "libx264" if "libx264" in av.codecs_available else "mpeg4"
        stream: Any = container.add_stream(codec, rate=Fraction(rate))
        stream.width, stream.height = first.size
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": "20", "preset": "veryfast"} if codec == "libx264" else {}
        stream.thread_count = 1
        for picture in chain([first], pictures):
            container.mux(stream.encode(av.VideoFrame.from_image(picture)))
        container.mux(stream.encode())
    return buffer.getvalue()
