"""Walks over the wire: frames of one call beside one call a frame, and how an export is left.

All through the app's own server, from another process, as a notebook or a page would.
"""

import json
import struct
import time
from collections.abc import Callable

import gradio_client
import httpx
import torch

from benchmarks.report import Row, paired_ratio
from benchmarks.servers import served
from benchmarks.visitors import Tokens
from benchmarks.walk_page import NAME, untrained
from ganplay.images.latent_state import LatentState
from ganplay.latent.walk import Keyframe, Walk, iter_frames, states_of

FRAMES = 120
LONG = 720
STATES = [f"1;model:{NAME};seed:{seed}" for seed in range(4)]


def _single(client: gradio_client.Client, count: int) -> float:
    """Pictures a second, one call each."""
    start = time.perf_counter()
    for seed in range(count):
        client.predict(states=f"1;model:{NAME};seed:{seed}", api_name="/generate")
    return count / (time.perf_counter() - start)


def _whole(client: gradio_client.Client) -> float:
    """Frames a second of a walk, which come in one PNG."""
    start = time.perf_counter()
    client.predict(states=STATES, frames=FRAMES, kind="sheet", api_name="/walk")
    return FRAMES / (time.perf_counter() - start)


def _in_python(pairs: int) -> float:
    """How many times as fast frames are in batches as one by one, without a server."""
    torch.set_num_threads(1)
    model = untrained()
    keyframes = tuple(Keyframe(LatentState(NAME, seed)) for seed in range(len(STATES)))
    walk = Walk(keyframes, FRAMES)
    states = [state for part in iter_frames(model, walk) for state in states_of(walk, part)]

    def rate(draw: Callable[[], object]) -> float:
        start = time.perf_counter()
        draw()
        return FRAMES / (time.perf_counter() - start)

    ratio, *_ = paired_ratio(
        lambda: rate(lambda: list(iter_frames(model, walk))),
        lambda: rate(lambda: [model.render([state]) for state in states]),
        pairs,
    )
    return ratio


def _first(url: str, token: str, content: dict[str, object], kind: str) -> float:
    """Seconds until the first piece of a kind has come; then the line is closed."""
    start = time.perf_counter()
    headers, body = {"x-ganplay-token": token}, {"model": NAME} | content
    with httpx.stream(
        "POST", f"{url}/ganplay/explore/walk", json=body, headers=headers, timeout=60
    ) as answer:
        data = b""
        for part in answer.iter_bytes():
            data += part
            while len(data) >= 8:
                head, more = struct.unpack_from("<II", data)
                if len(data) < 8 + head + more:
                    break
                if json.loads(data[8 : 8 + head])["type"] == kind:
                    return time.perf_counter() - start
                data = data[8 + head + more :]
    return float("nan")


def _left(url: str, tokens: Tokens) -> tuple[float, float]:
    """Seconds until an export shows progress and, once it is left, till the next walk is there."""
    ends = "|".join(STATES[:2])
    export = {"walk": f"1;frames:{LONG}|{ends}", "kind": "mp4", "zoom": 8}
    shown = _first(url, tokens(), export, "progress")
    return shown, _first(url, tokens(), {"walk": f"1;frames:2|{ends}"}, "frames")


def rows(quick: bool) -> list[Row]:
    """All figures."""
    with served("benchmarks.walk_page") as (url, _):
        client, tokens = gradio_client.Client(url, verbose=False), Tokens(url)
        ratio, whole, single = paired_ratio(
            lambda: _whole(client), lambda: _single(client, 12 if quick else 40), 3 if quick else 7
        )
        shown, free = zip(*(_left(url, tokens) for _ in range(3)), strict=True)
    return [
        Row(f"walk of {FRAMES} frames of 64x64, one call", whole, "frames/s"),
        Row("one call a frame", single, "frames/s"),
        Row("that is so many times slower", ratio, "", ">= 5"),
        Row("batches over single pictures in one process", _in_python(3 if quick else 7), ""),
        Row("an export shows progress after", max(shown), "s", "<= 1"),
        Row("its thread is free again after", max(free), "s", "<= 1"),
    ]
