"""What a page is shown of a lesson's run while it goes on: pictures of all members, and signals.

A piece is a JSON head and blobs of bytes; what they hold depends on the run's kind.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from ganplay.common.devices import threads_of_torch
from ganplay.common.settings import Settings
from ganplay.common.wire import Piece
from ganplay.lessons.checks import judge, of_config
from ganplay.lessons.experiments import (
    DiracExperiment,
    Experiment,
    GanExperiment,
    LatentExperiment,
    PicturesExperiment,
    VaeExperiment,
)
from ganplay.lessons.lesson import Check, Run
from ganplay.lessons.signals import class_table, optimal_outputs
from ganplay.live.frame import ALL_LAYERS, MAP, Frame, FrameRenderer, View, pack, pack_points
from ganplay.live.network_inspection import noise_reach, plane
from ganplay.toy.trainer import ToyTrainer

POINTS = 300
"""Points that are shown of a member of a kind without a camera."""
LOOK_EVERY = 0.3
"""Seconds between two pictures, at least."""
LOOKING = 0.25
"""Share of the time that pictures may take."""
CHUNK = 10
"""Steps between two looks at the clock."""
STEEPEST = 2.0
"""Slope that the last colour of the map of slopes stands for."""
SHOWN = 6
"""Pictures of a member."""
PLACES = 4
"""Digits of numbers in a head."""

VIEW = View(ALL_LAYERS)


def plain(values: Tensor) -> Any:
    """Numbers as nested lists that JSON can hold."""
    if values.ndim > 1:
        return [plain(row) for row in values]
    return [round(v, PLACES) if math.isfinite(v) else None for v in values.tolist()]


class Watch:
    """Cameras at all members of a run of GANs."""

    def __init__(self, trainer: ToyTrainer) -> None:
        self._trainer = trainer
        copies = [ToyTrainer(c, threads=1, use_capture=False) for c in trainer.configs]
        self.cameras = [FrameRenderer(copy) for copy in copies]

    def frames(self) -> list[bytes]:
        """A packed frame of each."""
        snapshot = self._trainer.snapshot()
        packed = []
        for i, camera in enumerate(self.cameras):
            camera.trainer.restore(snapshot.members(slice(i, i + 1)))
            packed.append(pack(camera.look(VIEW)))
        return packed


def about(camera: FrameRenderer, classes: int) -> dict[str, Any]:
    """What stays the same from frame to frame, as the lab's page has it."""
    distribution, labels = camera.trainer.distribution(), camera.real_labels
    return {
        "extent": camera.extent,
        "real": pack_points(camera.real, camera.extent),
        "labels": [] if labels is None else labels.tolist(),
        "classes": classes,
        "modes": 0 if distribution.modes is None else len(distribution.modes),
        "ticks": plain(camera.ticks),
        "reach": noise_reach(camera.trainer.configs[0].noise),
    }


def _bytes(shares: Float[Tensor, "*n"]) -> bytes:
    return (shares.nan_to_num(0.0).clamp(0, 1) * 255).round().to(torch.uint8).numpy().tobytes()


class GanShow:
    """Frames of GANs, and maps over the plane that a run asks for."""

    def __init__(self, experiment: GanExperiment, run: Run) -> None:
        self._trainer, self._run = experiment.trainer, run
        self._watch = Watch(experiment.trainer)
        cells = plane(MAP, self._trainer.distribution().extent).T
        self._cells = cells.expand(len(self._trainer), -1, -1)

    def data(self) -> dict[str, Any]:
        """Of the first piece."""
        camera = self._watch.cameras[0]
        return {"data": about(camera, self._trainer.configs[0].classes), "cells": MAP}

    def moment(self) -> Piece:
        """Now."""
        trainer, shows = self._trainer, self._run.shows
        head: dict[str, Any] = {"frames": len(trainer)}
        blobs = self._watch.frames()
        best = optimal_outputs(trainer, self._cells) if "optimal" in shows else None
        if best is not None:
            head["optimal"] = len(blobs)
            blobs.append(_bytes(best[0]))  # G is the same in all members as long as it is frozen
        if "slopes" in shows:
            head["slopes"] = len(blobs)
            blobs += [_bytes(row) for row in trainer.input_gradient_norms(self._cells) / STEEPEST]
        table = class_table(trainer) if "classes" in shows else None
        if table is not None:
            head["classes"] = table.tolist()
        return Piece(head, blobs)


class VaeShow:
    """Points of VAEs."""

    def __init__(self, experiment: VaeExperiment, run: Run) -> None:
        self._trainer = experiment.trainer
        config = self._trainer.configs[0]
        self._camera = FrameRenderer(ToyTrainer(config, threads=1, use_capture=False))

    def data(self) -> dict[str, Any]:
        """Of the first piece."""
        return {"data": about(self._camera, 0), "cells": MAP}

    def moment(self) -> Piece:
        """Now."""
        extent, steps = self._camera.extent, self._trainer.steps
        none = torch.empty(0, 2)
        frames = [
            Frame(
                step=steps, updates_d=0, updates_g=steps, extent=extent, fakes=points, labels=None,
                fake_gradients=none, map=torch.empty(0, 0), map_range=(0.0, 1.0),
                grid=torch.empty(0, 0, 2), probe=math.nan, verdicts=torch.empty(2, 0),
                norms={"d": torch.empty(0), "g": torch.empty(0)},
            )
            for points in self._trainer.sample(POINTS)
        ]  # fmt: skip
        return Piece({"frames": len(frames)}, [pack(frame) for frame in frames])


class DiracShow:
    """Where (theta, psi) has been since the last moment."""

    def __init__(self, experiment: DiracExperiment, run: Run) -> None:
        self._experiment, self._told = experiment, 0

    def data(self) -> dict[str, Any]:
        """Of the first piece."""
        return {}

    def moment(self) -> Piece:
        """Now."""
        path = torch.stack(self._experiment.path[self._told :])
        self._told = len(self._experiment.path)
        return Piece({"path": plain(path.transpose(0, 1))}, [])


class LatentShow:
    """Lengths along the ways."""

    def __init__(self, experiment: LatentExperiment, run: Run) -> None:
        self._experiment = experiment

    def data(self) -> dict[str, Any]:
        """Of the first piece."""
        return {}

    def moment(self) -> Piece:
        """Now."""
        return Piece({"lengths": plain(self._experiment.lengths())}, [])


class PicturesShow:
    """Pictures of a trained model."""

    def __init__(self, experiment: PicturesExperiment, run: Run) -> None:
        self._experiment = experiment

    def data(self) -> dict[str, Any]:
        """Of the first piece."""
        return {}

    def moment(self) -> Piece:
        """Now."""
        rows = self._experiment.rows(SHOWN)
        shape = [len(rows) * SHOWN, *self._experiment.model.card.shape]
        pixels = _bytes((torch.cat(rows) + 1) / 2)
        return Piece({"pictures": 0, "shape": shape, "columns": SHOWN}, [pixels])


SHOWS: dict[type, Callable[[Any, Run], Any]] = {
    GanExperiment: GanShow,
    VaeExperiment: VaeShow,
    DiracExperiment: DiracShow,
    LatentExperiment: LatentShow,
    PicturesExperiment: PicturesShow,
}


def follow(
    run: Run, config: Settings, checks: Sequence[Check], seeds: Sequence[int]
) -> Iterator[Piece]:
    """A run from its start to its end, in pieces: what it is, moments, and what came out.

    Signals are measured where a check asks for it, every `run.every` steps, and at the end;
    pictures come as often as time allows.
    """
    with threads_of_torch(1):
        yield from _follow(run, of_config(run.kind, config, seeds), checks, seeds)


def _follow(
    run: Run, experiment: Experiment, checks: Sequence[Check], seeds: Sequence[int]
) -> Iterator[Piece]:
    show = SHOWS[type(experiment)](experiment, run)
    names = sorted({check.signal for check in checks})
    marks = {run.steps, *range(0, run.steps, run.every)}
    marks |= {run.steps if c.step is None else c.step for c in checks}
    yield Piece({"type": "begun", "seeds": list(seeds), "steps": run.steps} | show.data(), [])
    taken: dict[tuple[str, int], list[float]] = {}
    looked = -math.inf
    for mark in sorted(marks):
        while experiment.steps < mark:
            experiment.advance(min(CHUNK, mark - experiment.steps))
            if experiment.steps < mark and time.monotonic() > looked:
                piece, looked = _look(show)
                yield _stamped(piece, experiment, {})
        values = {name: experiment.measure(name) for name in names}
        taken |= {(name, mark): v.tolist() for name, v in values.items()}
        last, piece = mark == run.steps, Piece({}, [])
        if last or time.monotonic() > looked:
            piece, looked = _look(show)
        yield _stamped(piece, experiment, {name: plain(v) for name, v in values.items()})
    outcomes = [judge(c, taken[c.signal, run.steps if c.step is None else c.step]) for c in checks]
    told = [
        {
            "values": plain(torch.tensor(outcome.values)), "kept": outcome.kept,
            "needed": outcome.needed, "holds": outcome.holds,
        }
        for outcome in outcomes
    ]  # fmt: skip
    yield Piece({"type": "done", "outcomes": told}, [])


def _look(show: Any) -> tuple[Piece, float]:
    """A moment's pictures, and when it is time for the next."""
    start = time.monotonic()
    piece = show.moment()
    cost = time.monotonic() - start
    return piece, start + max(LOOK_EVERY, cost / LOOKING)


def _stamped(piece: Piece, experiment: Experiment, values: dict[str, Any]) -> Piece:
    stamp = {"type": "moment", "step": experiment.steps, "values": values}
    return piece._replace(head=stamp | piece.head)
