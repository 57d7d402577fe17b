"""One GAN of a session: its settings, its networks and the renderer that looks at them.

A session has one run, or two that are compared: A and B, which see the same data and noise and
always stand at the same step.
"""

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, Literal, NamedTuple

from ganplay.live.frame import FrameRenderer, View
from ganplay.live.frame_codec import FLAGS, pack, without_drawings
from ganplay.live.render import RenderedView, RenderInputs
from ganplay.live.session_batch import FILLED, BatchKey, SessionBatch, batch_key_of
from ganplay.toy.config import ToyConfig
from ganplay.toy.diagnosis import EVERY, Diagnosis
from ganplay.toy.ensemble import Net
from ganplay.toy.snapshot import Snapshot
from ganplay.toy.trainer import ToyTrainer

logger = logging.getLogger(__name__)

RunName = Literal["a", "b"]
NAMES: tuple[RunName, ...] = ("a", "b")
SHARED = tuple(
    f.name for f in fields(ToyConfig) if f.metadata["group"] == "data" and f.name != "batch_size"
)
"""Settings that both runs have in common: what the data and the noise are made of."""


def joined(config: ToyConfig, other: ToyConfig) -> ToyConfig:
    """Settings with the data and the noise of others."""
    return config.repaired({name: getattr(other, name) for name in SHARED})[0]


def unshared(config: ToyConfig) -> dict[str, Any]:
    """The settings that are not shared, by name (`config`) and as a state string (`state`)."""
    usual: dict[str, Any] = {f.name: f.default for f in fields(config) if f.name in SHARED}
    settings = {n: v for n, v in config.to_dict().items() if n not in SHARED}
    return {"config": settings, "state": replace(config, **usual).to_state()}


class KeptMoment(NamedTuple):
    """A moment of a run, to go back to.

    Attributes:
        config: the settings.
        snapshot: all that training goes on from; None to begin at the first step.
    """

    config: ToyConfig
    snapshot: Snapshot | None


class LiveRun:
    """Settings, and networks once they have been started.

    Attributes:
        batch_key: what the networks have in common with those that may step together with them.
    """

    batch_key: BatchKey

    def __init__(self, config: ToyConfig) -> None:
        self.config = config
        self.diverged = False
        self._trainer: ToyTrainer | None = None

    @property
    def started(self) -> bool:
        """Whether there are networks."""
        return self._trainer is not None

    @property
    def trainer(self) -> ToyTrainer:
        """The networks."""
        assert self._trainer is not None
        return self._trainer

    def start(self) -> None:
        """Fresh networks for the present settings."""
        self.adopt(ToyTrainer(self.config, threads=1))

    def adopt(self, trainer: ToyTrainer) -> None:
        """Go on with a trainer and its settings."""
        self.config = trainer.configs[0]
        self._trainer = trainer
        self.batch_key = batch_key_of(self.config)
        self._new_renderer()
        self.diverged = False

    def _new_renderer(self) -> None:
        self.renderer = FrameRenderer(self.trainer)
        self.diagnosis = Diagnosis(self.renderer.monitor.data_stats)

    def configure(self, config: ToyConfig) -> None:
        """Go on with other settings on the same networks.

        Raises:
            ValueError: if they need new networks.
        """
        before, self.config = self.config, config
        if config == before:
            return
        self.trainer.configure(config)
        self.batch_key = batch_key_of(config)
        if any(getattr(before, name) != getattr(config, name) for name in SHARED):
            self._new_renderer()
        else:
            self.diagnosis.forget()

    def step(self, count: int, net: Net) -> None:
        """Take steps, and notice where they lead.

        The diagnosis looks at the same steps however the run is watched.
        """
        while count:
            now = min(count, EVERY - self.trainer.steps % EVERY)
            self.trainer.advance(now, net)
            count -= now
            self.check()

    def check(self) -> None:
        """Notice if the networks no longer hold finite numbers, and what else is going on."""
        self.observe(self.trainer.finite())

    def observe(self, finite: bool) -> None:
        """Notice what is going on, where it is known whether all numbers are finite."""
        self.diverged = not finite
        if self.diverged or self.trainer.steps % EVERY == 0:
            self.diagnosis.observe(self.renderer.measure().signals())

    def picture(
        self, view: View, seen: RenderedView | None = None, *, flags: int, **stamp: Any
    ) -> bytes:
        """The present moment, packed; `seen` is for the renderer, `stamp` for `pack`."""
        frame = replace(self.renderer.render(view, seen), finding=self.diagnosis.finding)
        flags |= FLAGS["diverged"] * self.diverged
        return pack(without_drawings(frame) if self.diverged else frame, flags=flags, **stamp)


def step_together(
    runs: Sequence[LiveRun], count: int, session_batch: SessionBatch
) -> dict[LiveRun, Exception]:
    """Take steps of several runs at once; for each it is as `LiveRun.step`.

    Returns:
        What went wrong for those that cannot go on.
    """
    ensembles, failed = [run.trainer.ensemble for run in runs], dict[LiveRun, Exception]()
    while count and not failed:
        now = min(count, *(EVERY - run.trainer.steps % EVERY for run in runs))
        for run, finite in zip(runs, session_batch.step(ensembles, now), strict=True):
            if isinstance(finite, Exception):
                failed[run] = finite
            else:
                run.observe(finite)
        count -= now
    for run in runs:
        if count and run not in failed:
            run.step(count, "both")
    return failed


def render_together(
    views: Mapping[LiveRun, View], session_batch: SessionBatch
) -> dict[LiveRun, RenderedView]:
    """What is computed for the pictures of those runs at which one can look at once.

    The others, and all if that fails, are to be looked at alone.
    """
    alike = defaultdict[Any, dict[LiveRun, RenderInputs]](dict)
    try:
        for run, view in views.items():
            places, counts = run.renderer.inputs_for(view)
            alike[counts, tuple(place is None for place in places)][run] = places
        for (counts, _), most in alike.items():
            if len(most) >= FILLED * session_batch.size:
                ensembles = [run.trainer.ensemble for run in most]
                seen = session_batch.render_one(ensembles, list(most.values()), counts)
                return dict(zip(most, seen or (), strict=False))
    except Exception:
        logger.exception("networks could not be looked at together")
    return {}
