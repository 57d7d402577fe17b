"""Writes pictures as a GIF or an MP4, in memory."""

import io
from collections.abc import Iterator
from fractions import Fraction
from itertools import chain
from typing import Any

import av
from PIL import Image

KINDS = ("gif", "mp4")
"""File name extensions of the films that can be written."""


class Cancelled(Exception):
    """The caller wants no more pictures; work that takes long stops with this."""


def gif(pictures: Iterator[Image.Image], palette: Image.Image, rate: int) -> bytes:
    """Pictures as an endless GIF.

    Args:
        pictures: at least one.
        palette: a picture of mode "P" whose colours all of them use; with a palette for each
            picture, colours would flicker.
        rate: pictures a second; the time of each is rounded to hundredths of a second.
    """
    few = (picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures)
    buffer = io.BytesIO()
    next(few).save(
        buffer, "GIF", save_all=True, append_images=few, duration=10 * round(100 / rate), loop=0
    )
    return buffer.getvalue()


def mp4(pictures: Iterator[Image.Image], rate: int) -> bytes:
    """Pictures of one size as an MP4.

    Args:
        pictures: at least one; width and height even.
        rate: pictures a second.
    """
    first = next(pictures)
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        # H.264 where the library has an encoder for it; MPEG-4 is always there.
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
