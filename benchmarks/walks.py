"""Walks over the wire: frames of one call beside one call a frame, and how an export is left.

All through the app's own server, from another process, as a notebook or a page would.
"""

import time
from collections.abc import Callable
from functools import partial

import gradio_client
import httpx
import torch

from benchmarks.report import Row, paired_ratio, rate
from benchmarks.servers import running
from benchmarks.visitors import Tokens, chunks
from benchmarks.walk_page import NAME, untrained
from ganplay.images.latent_state import LatentState
from ganplay.latent.walk import Keyframe, Walk, iter_frames, states_of

FRAMES = 120
LONG = 720
STATES = [f"1;model:{NAME};seed:{seed}" for seed in range(4)]


def _once(work: Callable[[], object], count: int) -> float:
    """Pictures a second of work that makes so many of them, done once."""
    return rate(work, 0.0, count)


def _single(client: gradio_client.Client, count: int) -> float:
    """Pictures a second, one call each."""
    texts = [f"1;model:{NAME};seed:{seed}" for seed in range(count)]
    return _once(lambda: [client.predict(states=t, api_name="/generate") for t in texts], count)


def _whole(client: gradio_client.Client) -> float:
    """Frames a second of a walk, which come in one PNG."""
    walk = partial(client.predict, states=STATES, frames=FRAMES, kind="sheet", api_name="/walk")
    return _once(walk, FRAMES)


def _in_python(pairs: int) -> float:
    """How many times as fast frames are in batches as one by one, without a server."""
    torch.set_num_threads(1)
    model = untrained()
    keyframes = tuple(Keyframe(LatentState(NAME, seed)) for seed in range(len(STATES)))
    walk = Walk(keyframes, FRAMES)
    states = [state for part in iter_frames(model, walk) for state in states_of(walk, part)]

    ratio, *_ = paired_ratio(
        lambda: _once(lambda: list(iter_frames(model, walk)), FRAMES),
        lambda: _once(lambda: [model.render([state]) for state in states], FRAMES),
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
        found = any(head["type"] == kind for head, _ in chunks(answer.iter_bytes()))
        return time.perf_counter() - start if found else float("nan")


def _left(url: str, tokens: Tokens) -> tuple[float, float]:
    """Seconds until an export shows progress and, once it is left, till the next walk is there."""
    ends = "|".join(STATES[:2])
    export = {"walk": f"1;frames:{LONG}|{ends}", "kind": "mp4", "zoom": 8}
    shown = _first(url, tokens(), export, "progress")
    return shown, _first(url, tokens(), {"walk": f"1;frames:2|{ends}"}, "frames")


def rows(quick: bool) -> list[Row]:
    """All figures."""
    with running("benchmarks.walk_page") as server:
        client, tokens = gradio_client.Client(server.url, verbose=False), Tokens(server.url)
        ratio, whole, single = paired_ratio(
            lambda: _whole(client), lambda: _single(client, 12 if quick else 40), 3 if quick else 7
        )
        shown, free = zip(*(_left(server.url, tokens) for _ in range(3)), strict=True)
    return [
        Row(f"walk of {FRAMES} frames of 64x64, one call", whole, "frames/s"),
        Row("one call a frame", single, "frames/s"),
        Row("that is so many times slower", ratio, "", ">= 5"),
        Row("batches over single pictures in one process", _in_python(3 if quick else 7), ""),
        Row("an export shows progress after", max(shown), "s", "<= 1"),
        Row("its thread is free again after", max(free), "s", "<= 1"),
    ]
