"""One step in slow motion: what D's update and G's update see and do, with pictures between.

It is a step like any other: the networks are afterwards where they would be without the looking.
"""

import math
from base64 import b64encode
from dataclasses import dataclass, replace
from typing import Any

from jaxtyping import Float
from torch import Tensor

from ganplay.live.frame import ALL_LAYERS, Frame, FrameRenderer, View
from ganplay.live.frame_codec import pack, pack_points
from ganplay.live.network_inspection import NETS
from ganplay.live.render import arrows
from ganplay.toy.step import Batch

Points = Float[Tensor, "b 2"]


@dataclass(frozen=True)
class Update:
    """One update of a net.

    Attributes:
        fakes: what G makes of the batch's noise before it.
        moved: the same after it (for D's update nothing has moved).
        fake_gradients: minus the gradient of G's loss at each fake.
        loss: the net's loss on the batch, without penalty.
        penalty: of D, before its weight; 0 where there is none.
        real: mean of D(x) before and after it.
        fake: mean of D(G(z)) before and after it.
        norm: of the gradient over all parameters.
        norms: of the gradient of each layer.
        change: norm of what was added to the parameters.
    """

    fakes: Points
    moved: Points
    fake_gradients: Points
    loss: float
    penalty: float
    real: tuple[float, float]
    fake: tuple[float, float]
    norm: float
    norms: list[float]
    change: float


@dataclass(frozen=True)
class SlowStep:
    """A step in its parts; the nets that were updated are in `updates`, D first.

    `frames` are the moments before D's update, between the two, and at the end.
    """

    step: int
    real: Points
    z: Float[Tensor, "b z"]
    updates: dict[str, Update]
    frames: tuple[Frame, Frame, Frame]


def slow_step(renderer: FrameRenderer, label: int = 0) -> SlowStep | None:
    """Take one step and look at its parts; None where neither net is updated.

    Args:
        renderer: looks at the trainer whose step it is.
        label: the class whose D is mapped, for a conditional model.
    """
    trainer = renderer.trainer
    view = View(layers=ALL_LAYERS, label=label, graph=True)
    begun: dict[str, dict[str, Any]] = {}
    updates: dict[str, Update] = {}
    frames: dict[str, Frame] = {}
    last: Batch | None = None
    for part, batch in trainer.ensemble.slow_step():
        for net in begun.keys() - updates.keys():
            if part != "g" or not trainer.configs[0].simultaneous:
                updates[net] = _finished(renderer, net, batch, begun[net])
        if part != "moved":
            frames[part], last = renderer.render(view), batch
        if part in ("d", "g"):
            begun[part] = _before(renderer, part, batch)
    if last is None:
        return None
    end = frames["end"]
    start = frames.get("d", frames.get("g", end))
    middle = frames.get("g", end) if "d" in frames else start
    if trainer.configs[0].simultaneous and len(updates) == 2:
        # Both move at once; what is shown between is D's new map with G as it was.
        middle = replace(
            start, map=end.map, map_range=end.map_range, d_histogram=end.d_histogram, quantised=None
        )
    ordered = {net: updates[net] for net in NETS if net in updates}
    return SlowStep(trainer.steps, last.real[0].T, last.z[0].T, ordered, (start, middle, end))


def _before(renderer: FrameRenderer, net: str, batch: Batch) -> dict[str, Any]:
    trainer = renderer.trainer
    fakes = trainer.ensemble.batch_fakes(batch)
    return {
        "fakes": fakes,
        "fake_gradients": trainer.fake_gradients(fakes.mT, batch.label)[0],
        "outputs": trainer.ensemble.batch_outputs(batch, fakes),
        "parameters": trainer.parameters(net),
    }


def _finished(renderer: FrameRenderer, net: str, batch: Batch, begun: dict[str, Any]) -> Update:
    trainer = renderer.trainer
    fakes = trainer.ensemble.batch_fakes(batch)
    outputs = trainer.ensemble.batch_outputs(batch, fakes if net == "g" else begun["fakes"])
    real, fake = zip(begun["outputs"], outputs, strict=True)
    record = trainer.record()
    moved = trainer.parameters(net) - begun["parameters"]
    return Update(
        fakes=begun["fakes"][0].T,
        moved=fakes[0].T,
        fake_gradients=begun["fake_gradients"],
        loss=float(getattr(record, f"{net}_loss")[0]),
        penalty=float(record.penalty[0]) if net == "d" else 0.0,
        real=(float(real[0]), float(real[1])),
        fake=(float(fake[0]), float(fake[1])),
        norm=float(getattr(record, f"grad_norm_{net}")[0]),
        norms=trainer.layer_norms(net)[0].tolist(),
        change=float(moved[0].norm()),
    )


def as_event(seen: SlowStep) -> dict[str, Any]:
    """A slow step as JSON can hold it: points as in `pack_points`, frames as base64."""
    extent = seen.frames[0].extent
    packed: dict[str, Any] = {
        "real": pack_points(seen.real, extent),
        "z": seen.z[:, :2].tolist(),
    }
    for net, update in seen.updates.items():
        plain: dict[str, Any] = {
            name: pack_points(getattr(update, name), extent) for name in ("fakes", "moved")
        }
        plain["pulls"] = arrows(update.fake_gradients).flatten().tolist()
        for name in ("loss", "penalty", "real", "fake", "norm", "norms", "change"):
            plain[name] = _finite(getattr(update, name))
        packed[net] = plain
    packed["frames"] = [b64encode(pack(frame)).decode() for frame in seen.frames]
    return packed


def _finite(value: Any) -> Any:
    """Numbers as JSON can hold them: None for what is none."""
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return [_finite(v) for v in value]
