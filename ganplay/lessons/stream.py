"""What a page is sent of a lesson's run while it goes on: pictures of all members, and signals.

The pieces are of the types "begun" (what stays the same), "moment" and "done" (the outcomes).
Which drawings the first two hold depends on the kind of experiment: there is a view for each.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from ganplay.common.devices import threads_of_torch
from ganplay.common.settings import Settings
from ganplay.common.wire import Piece
from ganplay.lessons.checks import outcome_of
from ganplay.lessons.entanglement import ATTRIBUTES, DirectionsExperiment
from ganplay.lessons.experiment import Experiment
from ganplay.lessons.experiments import (
    EXPERIMENTS,
    DiracExperiment,
    GanExperiment,
    LatentExperiment,
    PicturesExperiment,
    VaeExperiment,
)
from ganplay.lessons.inversion import InversionExperiment
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


class ExperimentView(NamedTuple):
    """What a page is shown of an experiment.

    Attributes:
        constants: what stays the same, for the head of the first piece.
        moment: draws the state of the experiment now.
    """

    constants: dict[str, Any]
    moment: Callable[[], Piece]


def gan_view(experiment: GanExperiment, run: Run) -> ExperimentView:
    """Frames of GANs, and the maps over the plane that a run asks for.

    The head of each moment says where in the blobs the maps begin.
    """
    trainer, shows = experiment.trainer, run.shows
    # Each member is drawn by a trainer of its own, into which its state is copied.
    copies = [ToyTrainer(c, threads=1, use_capture=False) for c in trainer.configs]
    renderers = [FrameRenderer(copy) for copy in copies]
    cells = plane(MAP, trainer.distribution().extent).T.expand(len(trainer), -1, -1)

    def moment() -> Piece:
        head: dict[str, Any] = {"frames": len(trainer)}
        snapshot, blobs = trainer.snapshot(), []
        for i, renderer in enumerate(renderers):
            renderer.trainer.restore(snapshot.members(slice(i, i + 1)))
            blobs.append(pack(renderer.render(VIEW)))
        best = optimal_outputs(trainer, cells) if "optimal" in shows else None
        if best is not None:
            head["optimal"] = len(blobs)
            blobs.append(_bytes(best[0]))  # G is frozen in such a run, so equal in all members
        if "slopes" in shows:
            head["slopes"] = len(blobs)
            norms = trainer.input_gradient_norms(cells, trainer.labels(MAP * MAP, 0))
            blobs += [_bytes(row) for row in norms / MAX_SLOPE]
        table = class_table(trainer) if "classes" in shows else None
        if table is not None:
            head["classes"] = table.tolist()
        return Piece(head, blobs)

    return ExperimentView(about(renderers[0]), moment)


def vae_view(experiment: VaeExperiment, run: Run) -> ExperimentView:
    """Samples of VAEs, as frames that hold nothing else."""
    trainer = experiment.trainer
    renderer = FrameRenderer(ToyTrainer(trainer.configs[0], threads=1, use_capture=False))

    def frame(points: Float[Tensor, "n 2"]) -> Frame:
        return Frame(
            step=trainer.steps, updates_d=0, updates_g=trainer.steps, extent=renderer.extent,
            fakes=points, labels=None, fake_gradients=torch.empty(0, 2), map=torch.empty(0, 0),
            map_range=(0.0, 1.0), grid=torch.empty(0, 0, 2), probe=math.nan,
            d_histogram=torch.empty(2, 0), norms={"d": torch.empty(0), "g": torch.empty(0)},
        )  # fmt: skip

    def moment() -> Piece:
        frames = [pack(frame(points)) for points in trainer.sample(VAE_POINTS)]
        return Piece({"frames": len(frames)}, frames)

    return ExperimentView(about(renderer), moment)


def dirac_view(experiment: DiracExperiment, run: Run) -> ExperimentView:
    """Paths of Dirac-GANs in the plane of (theta, psi), from moment to moment."""
    sent = 0

    def moment() -> Piece:
        nonlocal sent
        path = torch.stack(experiment.path[sent:])
        sent = len(experiment.path)
        return Piece({"path": rounded(path.transpose(0, 1))}, [])

    return ExperimentView({}, moment)


def latent_view(experiment: LatentExperiment, run: Run) -> ExperimentView:
    """Lengths of latent vectors along the way between two, which never change."""
    return ExperimentView({}, lambda: Piece({"lengths": rounded(experiment.lengths())}, []))


def pictures_view(
    experiment: PicturesExperiment | DirectionsExperiment | InversionExperiment, run: Run
) -> ExperimentView:
    """Pictures of a trained model, a row for each member."""

    def moment() -> Piece:
        columns = experiment.columns
        rows = experiment.rows(columns)
        shape = [len(rows) * columns, *experiment.model.card.shape]
        pixels = _bytes((torch.cat(rows) + 1) / 2)
        return Piece({"pictures": 0, "shape": shape, "columns": columns}, [pixels])

    return ExperimentView({}, moment)


def directions_view(experiment: DirectionsExperiment, run: Run) -> ExperimentView:
    """Faces along a direction, and how much each attribute changes in each member."""
    pictures = pictures_view(experiment, run)

    def moment() -> Piece:
        piece = pictures.moment()
        return piece._replace(head=piece.head | {"changes": rounded(experiment.changes)})

    return ExperimentView({"attributes": ATTRIBUTES}, moment)


VIEWS: dict[type, Callable[[Any, Run], ExperimentView]] = {
    GanExperiment: gan_view,
    VaeExperiment: vae_view,
    DiracExperiment: dirac_view,
    LatentExperiment: latent_view,
    PicturesExperiment: pictures_view,
    DirectionsExperiment: directions_view,
    InversionExperiment: pictures_view,
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
        view = VIEWS[type(experiment)](experiment, run)
        names = sorted({check.signal for check in checks})
        measured_at = {run.steps, *range(0, run.steps, run.every), *map(run.step_of, checks)}
        yield Piece(
            {"type": "begun", "seeds": list(seeds), "steps": run.steps} | view.constants, []
        )
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
