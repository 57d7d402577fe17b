"""The named endpoint `walk`, for those who come without a browser."""

import base64
from collections.abc import Callable
from typing import Any

import gradio as gr

from ganplay.exploration import model_of
from ganplay.ui.walks import Walks, checked, read
from ganplay.walk import BETWEEN, VERSION, Keyframe, Walk
from ganplay.walk_files import exported
from ganplay.walk_text import keyframes_of


def endpoint(walks: Walks) -> Callable[..., dict]:
    """The function of the endpoint."""

    def walk(
        states: list[str] | None = None,
        walk: str | None = None,
        model: str | None = None,
        frames: int = 120,
        path: str = "slerp",
        durations: list[float] | None = None,
        easings: list[str] | None = None,
        loop: bool = False,
        even: bool = False,
        rate: int = 24,
        kind: str = "gif",
        zoom: int = 1,
    ) -> dict:
        """A walk through a model's latent space, as a file.

        Args:
            states: the keyframes, 2 to 64 state strings of one model and step.
            walk: a whole walk as a string, as the page copies it, in place of states and of what
                says how it goes.
            model: its name; by default the first state's.
            frames: of the whole walk, 2 to 720.
            path: from keyframe to keyframe: slerp, lerp or spline.
            durations: of the ways to the next keyframe, 0.05 to 60, for all or one for each.
            easings: of these ways: linear, smooth, in or out, one for all or one for each.
            loop: whether it comes back to the first keyframe.
            even: whether the pace is made even in the space of a classifier's features.
            rate: frames a second, 1 to 50.
            kind: gif, mp4, strip (a PNG with all frames in a row) or sheet (a PNG).
            zoom: how many times as large; the file's pictures are at most 512 wide.

        Returns:
            The walk's string, what was wrong with the states, how uneven the pace is, and the
            file in base64.
        """
        try:
            text = walk if walk is not None else _joined(states)
            name = model or model_of(str(text).replace(BETWEEN, ";")) or ""
            asked = read({"model": name, "walk": text, "kind": kind or "", "zoom": zoom})
            planned = walks.plan(asked)
            if walk is None:
                own = _keyframes(planned.walk, durations, easings)
                whole = Walk(own, frames, path, loop, even, rate)
                planned = checked(planned._replace(walk=whole))
            file = walks.pool.submit(exported, *planned[:2], kind, zoom).result()
        except ValueError as error:
            raise gr.Error(str(error)[:500]) from None
        return {
            "walk": str(planned.walk),
            "problems": [str(problem) for problem in planned.problems],
            "unevenness": file.pace.unevenness,
            "kind": kind,
            "file": base64.b64encode(file.data).decode(),
        }

    return walk


def _joined(states: object) -> str:
    """A walk's string of state strings."""
    if not isinstance(states, list) or not all(isinstance(state, str) for state in states):
        raise ValueError("states: a list of state strings is needed, or walk in its place")
    return BETWEEN.join([VERSION, *states])


def _keyframes(walk: Walk, durations: Any, easings: Any) -> tuple[Keyframe, ...]:
    """The keyframes of a walk, with durations and easings where they are given."""
    lists = {"durations": durations, "easings": easings}
    for name, values in lists.items():
        if values is not None and not isinstance(values, list):
            raise ValueError(f"{name}: {str(values)[:40]!r} is not possible; a list is needed")
    return keyframes_of(
        [keyframe.state for keyframe in walk.keyframes],
        durations or [keyframe.duration for keyframe in walk.keyframes],
        easings or [keyframe.easing for keyframe in walk.keyframes],
    )
