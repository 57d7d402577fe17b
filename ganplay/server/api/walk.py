"""The named endpoint `walk`, for those who come without a browser."""

import time
from typing import Any

from ganplay.common.links import piece_of
from ganplay.latent.walk import SEPARATOR, VERSION, Keyframe, Walk
from ganplay.latent.walk_string import keyframes_of, model_of_walk
from ganplay.server.api.images import data_url, refusing
from ganplay.server.api.zero_gpu import GpuJobs, in_context
from ganplay.server.explore.walk_routes import PlannedWalk, WalkRequest, WalkRoutes, checked
from ganplay.server.http.messages import validated

SECONDS = 60.0
"""A walk that has not been made by then is given up."""


class WalkApi:
    """The endpoint, on the thread that makes walks."""

    def __init__(self, walk_routes: WalkRoutes, gpu_jobs: GpuJobs) -> None:
        self.walk_routes, self.gpu_jobs = walk_routes, gpu_jobs

    def walk(
        self,
        states: list[str] | None = None,
        walk: str = "",
        model: str = "",
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
        """A walk through a model's latent space, from picture to picture, as a file.

        Args:
            states: the keyframes, 2 to 64 state strings or share links of one model and step.
            walk: a whole walk as a string, as the page copies it, or a share link with one, in
                place of states and of all that says how it goes.
            model: its name; by default the first state's.
            frames: of the whole walk (2 to 720).
            path: from keyframe to keyframe: slerp, lerp or spline.
            durations: of the ways to the next keyframe (0.05 to 60), one for all or one for each.
            easings: of these ways: linear, smooth, in or out, one for all or one for each.
            loop: whether it comes back to the first keyframe.
            even: whether the pace is made even in the space of a classifier's features.
            rate: frames a second (1 to 50).
            kind: gif, mp4, strip (a PNG with all frames in a row) or sheet (a PNG).
            zoom: how many times as large each pixel is drawn (1 to 16, to at most 512 pixels).

        Returns:
            The walk's string, what of it could not be used, how uneven the pace is, and the file
            in a data URL.
        """
        deadline = time.monotonic() + SECONDS
        with refusing(f"it could not be made within {SECONDS:g} seconds"):
            planned = self._planned(states, walk, model, kind, zoom)
            if not walk:
                own = _keyframes(planned.walk, durations, easings)
                whole = Walk(own, frames, path, loop, even, rate)
                planned = checked(planned._replace(walk=whole))
            work = in_context(
                self.gpu_jobs.export, planned.model.card.name, planned.walk, kind, zoom,
                lambda done, of: time.monotonic() < deadline,
            )  # fmt: skip
            file = self.walk_routes.pool.submit(work).result()
        media = {"gif": "image/gif", "mp4": "video/mp4"}.get(kind, "image/png")
        return {
            "walk": str(planned.walk),
            "problems": [str(problem) for problem in planned.problems],
            "unevenness": file.pace.unevenness,
            "file": data_url(file.data, media),
        }

    def _planned(
        self, states: object, walk: object, model: str, kind: str, zoom: int
    ) -> PlannedWalk:
        text = walk or _joined(states)
        name = model or model_of_walk(str(text)) or ""
        return self.walk_routes.plan(
            validated(WalkRequest, {"model": name, "walk": text, "kind": kind or "", "zoom": zoom})
        )


def _joined(states: object) -> str:
    """A walk's string of state strings, or of links with them."""
    if not isinstance(states, list) or not all(isinstance(state, str) for state in states):
        raise ValueError("states: a list of state strings is needed, or walk in its place")
    return SEPARATOR.join([VERSION, *(piece_of(state, "explore") for state in states)])


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
