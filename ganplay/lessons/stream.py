"""What a page is sent of a lesson's run while it goes on: pictures of all members, and signals.

The pieces are of the types "begun" (what stays the same), "moment" and "done" (the outcomes).
Which drawings the first two hold depends on the kind of experiment: there is a view for each.
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
from ganplay.lessons.checks import outcome_of
from ganplay.lessons.experiments import (
    EXPERIMENTS,
    DiracExperiment,
    Experiment,
    GanExperiment,
    LatentExperiment,
    PicturesExperiment,
    VaeExperiment,
)
from ganplay.lessons.lesson import Check, Run
from ganplay.lessons.signals import class_table, optimal_outputs
from ganplay.live.frame import ALL_LAYERS, MAP, Frame, FrameRenderer, View
from ganplay.live.frame_codec import pack
from ganplay.live.lab_messages import data_message
from ganplay.live.network_inspection import plane
from ganplay.toy.trainer import ToyTrainer

VAE_POINTS = 300
"""Points that are drawn of each VAE."""
VIEW_INTERVAL = 0.3
"""Seconds from one picture to the next, at least."""
VIEW_SHARE = 0.25
"""Largest share of the time that pictures may take."""
CHUNK = 10
"""Steps between two looks at the clock."""
MAX_SLOPE = 2.0
"""Norm of D's gradient that has the last colour of its map."""
COLUMNS = 6
"""Pictures of each member that are shown."""
DECIMALS = 4
"""Of numbers in a head."""

VIEW = View(ALL_LAYERS)


def rounded(values: Tensor) -> Any:
    """Numbers as nested lists that JSON can hold; None for those that are not finite."""
    if values.ndim > 1:
        return [rounded(row) for row in values]
    return [round(v, DECIMALS) if math.isfinite(v) else None for v in values.tolist()]


def about(renderer: FrameRenderer) -> dict[str, Any]:
    """What stays the same from frame to frame."""
    config, ticks = renderer.trainer.configs[0], renderer.ticks.tolist()
    return {"data": data_message(config, renderer.real, renderer.real_labels, ticks), "cells": MAP}


def _bytes(shares: Float[Tensor, "*n"]) -> bytes:
    """Shares from 0 to 1 as bytes from 0 to 255."""
    return (shares.nan_to_num(0.0).clamp(0, 1) * 255).round().to(torch.uint8).numpy().tobytes()


class ExperimentView:
    """What a page is shown of an experiment."""

    def constants(self) -> dict[str, Any]:
        """What stays the same, for the head of the first piece."""
        return {}

    def moment(self) -> Piece:
        """The state of the experiment now."""
        raise NotImplementedError


class GanView(ExperimentView):
    """Frames of GANs, and the maps over the plane that a run asks for."""

    def __init__(self, experiment: GanExperiment, run: Run) -> None:
        self._trainer, self._run = experiment.trainer, run
        # Each member is drawn by a trainer of its own, into which its state is copied.
        copies = [ToyTrainer(c, threads=1, use_capture=False) for c in self._trainer.configs]
        self._renderers = [FrameRenderer(copy) for copy in copies]
        cells = plane(MAP, self._trainer.distribution().extent).T
        self._cells = cells.expand(len(self._trainer), -1, -1)

    def constants(self) -> dict[str, Any]:
        """The data, and the size of maps."""
        return about(self._renderers[0])

    def _frames(self) -> list[bytes]:
        """A packed frame of each member."""
        snapshot, frames = self._trainer.snapshot(), []
        for i, renderer in enumerate(self._renderers):
            renderer.trainer.restore(snapshot.members(slice(i, i + 1)))
            frames.append(pack(renderer.render(VIEW)))
        return frames

    def moment(self) -> Piece:
        """A frame of each member; the head says where in the blobs maps begin."""
        trainer, shows = self._trainer, self._run.shows
        head: dict[str, Any] = {"frames": len(trainer)}
        blobs = self._frames()
        best = optimal_outputs(trainer, self._cells) if "optimal" in shows else None
        if best is not None:
            head["optimal"] = len(blobs)
            blobs.append(_bytes(best[0]))  # G is frozen in such a run, so equal in all members
        if "slopes" in shows:
            head["slopes"] = len(blobs)
            rows = trainer.input_gradient_norms(self._cells) / MAX_SLOPE
            blobs += [_bytes(row) for row in rows]
        table = class_table(trainer) if "classes" in shows else None
        if table is not None:
            head["classes"] = table.tolist()
        return Piece(head, blobs)


class VaeView(ExperimentView):
    """Samples of VAEs, as frames that hold nothing else."""

    def __init__(self, experiment: VaeExperiment, run: Run) -> None:
        self._trainer = experiment.trainer
        config = self._trainer.configs[0]
        self._renderer = FrameRenderer(ToyTrainer(config, threads=1, use_capture=False))

    def constants(self) -> dict[str, Any]:
        """The data, and the size of maps."""
        return about(self._renderer)

    def moment(self) -> Piece:
        """A frame of each member."""
        extent, steps = self._renderer.extent, self._trainer.steps
        none = torch.empty(0, 2)
        frames = [
            Frame(
                step=steps, updates_d=0, updates_g=steps, extent=extent, fakes=points, labels=None,
                fake_gradients=none, map=torch.empty(0, 0), map_range=(0.0, 1.0),
                grid=torch.empty(0, 0, 2), probe=math.nan, d_histogram=torch.empty(2, 0),
                norms={"d": torch.empty(0), "g": torch.empty(0)},
            )
            for points in self._trainer.sample(VAE_POINTS)
        ]  # fmt: skip
        return Piece({"frames": len(frames)}, [pack(frame) for frame in frames])


class DiracView(ExperimentView):
    """Paths of Dirac-GANs in the plane of (theta, psi)."""

    def __init__(self, experiment: DiracExperiment, run: Run) -> None:
        self._experiment, self._sent = experiment, 0

    def moment(self) -> Piece:
        """The path since the last moment."""
        path = torch.stack(self._experiment.path[self._sent :])
        self._sent = len(self._experiment.path)
        return Piece({"path": rounded(path.transpose(0, 1))}, [])


class LatentView(ExperimentView):
    """Lengths of latent vectors along the way between two."""

    def __init__(self, experiment: LatentExperiment, run: Run) -> None:
        self._experiment = experiment

    def moment(self) -> Piece:
        """The lengths, which never change."""
        return Piece({"lengths": rounded(self._experiment.lengths())}, [])


class PicturesView(ExperimentView):
    """Pictures of a trained model, a row for each member."""

    def __init__(self, experiment: PicturesExperiment, run: Run) -> None:
        self._experiment = experiment

    def moment(self) -> Piece:
        """The pictures, which never change."""
        rows = self._experiment.rows(COLUMNS)
        shape = [len(rows) * COLUMNS, *self._experiment.model.card.shape]
        pixels = _bytes((torch.cat(rows) + 1) / 2)
        return Piece({"pictures": 0, "shape": shape, "columns": COLUMNS}, [pixels])


VIEWS: dict[type, Callable[[Any, Run], ExperimentView]] = {
    GanExperiment: GanView,
    VaeExperiment: VaeView,
    DiracExperiment: DiracView,
    LatentExperiment: LatentView,
    PicturesExperiment: PicturesView,
}


def stream_run(
    run: Run, config: Settings, checks: Sequence[Check], seeds: Sequence[int]
) -> Iterator[Piece]:
    """A run from its start to its end, in pieces for the page.

    The signals of the checks are measured at the step of each check, every `run.every` steps, and
    at the end; pictures come as often as time allows.

    Args:
        run: which one.
        config: its settings, some of which may have been changed.
        checks: of the run.
        seeds: one for each member.
    """
    with threads_of_torch(1):
        experiment = EXPERIMENTS[run.kind].make(config, seeds, True)
        yield from _stream(run, experiment, checks, seeds)


def _stream(
    run: Run, experiment: Experiment, checks: Sequence[Check], seeds: Sequence[int]
) -> Iterator[Piece]:
    view = VIEWS[type(experiment)](experiment, run)
    names = sorted({check.signal for check in checks})
    measured_at = {run.steps, *range(0, run.steps, run.every), *map(run.step_of, checks)}
    yield Piece({"type": "begun", "seeds": list(seeds), "steps": run.steps} | view.constants(), [])
    found: dict[tuple[str, int], list[float]] = {}
    next_view = -math.inf
    for step in sorted(measured_at):
        while experiment.steps < step:
            experiment.advance(min(CHUNK, step - experiment.steps))
            if experiment.steps < step and time.monotonic() > next_view:
                piece, next_view = _timed(view)
                yield _moment(piece, experiment, {})
        values = {name: experiment.measure(name) for name in names}
        found |= {(name, step): v.tolist() for name, v in values.items()}
        piece = Piece({}, [])
        if step == run.steps or time.monotonic() > next_view:
            piece, next_view = _timed(view)
        yield _moment(piece, experiment, {name: rounded(v) for name, v in values.items()})
    outcomes = [outcome_of(check, found[check.signal, run.step_of(check)]) for check in checks]
    plain = [
        {
            "values": rounded(torch.tensor(outcome.values)), "kept": outcome.kept,
            "needed": outcome.needed, "holds": outcome.holds,
        }
        for outcome in outcomes
    ]  # fmt: skip
    yield Piece({"type": "done", "outcomes": plain}, [])


def _timed(view: ExperimentView) -> tuple[Piece, float]:
    """The state of a view, and the time from which the next one may be drawn."""
    start = time.monotonic()
    piece = view.moment()
    cost = time.monotonic() - start
    return piece, start + max(VIEW_INTERVAL, cost / VIEW_SHARE)


def _moment(piece: Piece, experiment: Experiment, values: dict[str, Any]) -> Piece:
    head = {"type": "moment", "step": experiment.steps, "values": values}
    return piece._replace(head=head | piece.head)
