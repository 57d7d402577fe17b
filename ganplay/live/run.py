"""One GAN of a session: its settings, its networks and the camera that looks at them.

A session has one lane, or two that are compared: A and B, which see the same data and noise and
always stand at the same step.
"""

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, Literal

from ganplay.live.frame import FLAGS, FrameRenderer, View, bare, pack
from ganplay.live.render import RenderedView, RenderInputs
from ganplay.live.session_batch import FILLED, BatchKey, SessionBatch, kind_of
from ganplay.toy.config import ToyConfig
from ganplay.toy.diagnosis import EVERY, Diagnosis
from ganplay.toy.ensemble import Net
from ganplay.toy.trainer import ToyTrainer

logger = logging.getLogger(__name__)

RunName = Literal["a", "b"]
NAMES: tuple[RunName, ...] = ("a", "b")
SHARED = tuple(
    f.name for f in fields(ToyConfig) if f.metadata["group"] == "data" and f.name != "batch_size"
)
"""Settings that both lanes have in common: what the data and the noise are made of."""


def joined(config: ToyConfig, other: ToyConfig) -> ToyConfig:
    """Settings with the data and the noise of others."""
    return config.repaired({name: getattr(other, name) for name in SHARED})[0]


def unshared(config: ToyConfig) -> tuple[dict[str, Any], str]:
    """The settings that are not shared, by name and as a state string."""
    usual: dict[str, Any] = {f.name: f.default for f in fields(config) if f.name in SHARED}
    settings = {n: v for n, v in config.to_dict().items() if n not in SHARED}
    return settings, replace(config, **usual).to_state()


class LiveRun:
    """Settings, and networks once they have been started."""

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
        self._kind = kind_of(self.config)
        self._look_anew()
        self.diverged = False

    def _look_anew(self) -> None:
        self.camera = FrameRenderer(self.trainer)
        self.diagnosis = Diagnosis(self.camera.monitor.data_stats)

    def configure(self, config: ToyConfig) -> None:
        """Go on with other settings on the same networks.

        Raises:
            ValueError: if they need new networks.
        """
        before, self.config = self.config, config
        if config == before:
            return
        self.trainer.configure(config)
        self._kind = kind_of(config)
        if any(getattr(before, name) != getattr(config, name) for name in SHARED):
            self._look_anew()
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

    @property
    def kind(self) -> BatchKey:
        """What the networks have in common with those that may step together with them."""
        return self._kind

    def check(self) -> None:
        """Notice if the networks no longer hold finite numbers, and what else is going on."""
        self.look(self.trainer.finite())

    def look(self, finite: bool) -> None:
        """Notice what is going on, where it is known whether all numbers are finite."""
        self.diverged = not finite
        if self.diverged or self.trainer.steps % EVERY == 0:
            self.diagnosis.observe(self.camera.measure().signals())

    @property
    def measured(self) -> bool:
        """Whether the metrics are those of the present step."""
        return self.camera.measured_at == self.trainer.steps

    def picture(
        self, view: View, seen: RenderedView | None = None, *, flags: int, **stamp: Any
    ) -> bytes:
        """The present moment, packed; `seen` is for `Camera.look` and `stamp` for `frames.pack`."""
        frame = replace(self.camera.look(view, seen), finding=self.diagnosis.finding)
        flags |= FLAGS["diverged"] * self.diverged
        return pack(bare(frame) if self.diverged else frame, flags=flags, **stamp)


def step_together(
    lanes: Sequence[LiveRun], count: int, company: SessionBatch
) -> dict[LiveRun, Exception]:
    """Take steps of several lanes at once; for each it is as `LiveRun.step`.

    Returns:
        What went wrong for those that cannot go on.
    """
    ensembles, failed = [lane.trainer.ensemble for lane in lanes], dict[LiveRun, Exception]()
    while count and not failed:
        now = min(count, *(EVERY - lane.trainer.steps % EVERY for lane in lanes))
        for lane, finite in zip(lanes, company.step(ensembles, now), strict=True):
            if isinstance(finite, Exception):
                failed[lane] = finite
            else:
                lane.look(finite)
        count -= now
    for lane in lanes:
        if count and lane not in failed:
            lane.step(count, "both")
    return failed


def look_together(
    views: Mapping[LiveRun, View], company: SessionBatch
) -> dict[LiveRun, RenderedView]:
    """What is computed for the pictures of those lanes at which one can look at once.

    The others, and all if that fails, are to be looked at alone.
    """
    try:
        return _seen_together(views, company)
    except Exception:
        logger.exception("networks could not be looked at together")
        return {}


def _seen_together(
    views: Mapping[LiveRun, View], company: SessionBatch
) -> dict[LiveRun, RenderedView]:
    alike = defaultdict[Any, dict[LiveRun, RenderInputs]](dict)
    for lane, view in views.items():
        places, counts = lane.camera.asks(view)
        alike[counts, tuple(place is None for place in places)][lane] = places
    for (counts, _), most in alike.items():
        if len(most) >= FILLED * company.size:
            ensembles = [lane.trainer.ensemble for lane in most]
            seen = company.expose(ensembles, list(most.values()), counts)
            return dict(zip(most, seen or (), strict=False))
    return {}
