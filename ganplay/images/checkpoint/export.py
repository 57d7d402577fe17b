"""From the folder of a run to a checkpoint."""

from collections.abc import Sequence

import torch
from safetensors.torch import load_file
from torch import Tensor

from ganplay.images.checkpoint.card import Card, Data
from ganplay.images.checkpoint.model import ImageModel
from ganplay.images.directions import principal_directions
from ganplay.images.runs import Run, RunError
from ganplay.images.sampler import Sampler


def model_of_run(run: Run, name: str, snapshots: Sequence[int] | None = None) -> ImageModel:
    """The model that a finished run made, in half precision.

    Args:
        run: its folder.
        name: of the model, lower-case letters, digits and hyphens.
        snapshots: earlier steps whose G comes along; None for all that the run kept.

    Raises:
        RunError: if the run has not what is asked for.
        ValueError: if the name or another part of the card is not possible.
    """
    config, data = run.description()
    tensors, steps = run.state()
    kept = run.snapshots()
    if steps not in kept:
        raise RunError(f"{run.folder}: stopped at step {steps}; `ganplay train --resume` ends it")
    snapshots = [step for step in kept if step < steps] if snapshots is None else snapshots
    for step in snapshots:
        if step not in kept:
            shown = ", ".join(map(str, kept))
            raise RunError(f"snapshots: {step} was not kept in {run.folder}; {shown} were")
    try:
        about = Data(
            name=data["name"], count=data["pictures"], licence=data["licence"],
            how_to_get=data["how_to_get"],
        )  # fmt: skip
        card = Card(
            name=name, data=about, shape=tuple(data["shape"][1:]), labels=tuple(data["names"]),
            steps=steps, snapshots=tuple(sorted(snapshots)), config=config, code=data["code"],
            threads=data["threads"],
        )  # fmt: skip
    except KeyError as error:
        raise RunError(f"{run.folder}: run.json has no {error}; --resume adds it") from error
    sampler = Sampler(card.plans()["generator"], *_generator(run, steps))
    directions = principal_directions(sampler)
    parts = {"directions": directions.vectors, "strengths": directions.strengths}
    parts |= {f"discriminator.{part}": t for part, t in _discriminator(tensors).items()}
    for step in (*card.snapshots, steps):
        place = "generator" if step == steps else f"snapshots.{step}"
        flat, buffers = _generator(run, step)
        parts |= {f"{place}.parameters": flat[0], f"{place}.buffers": buffers[0]}
    return ImageModel(card, parts)


def _generator(run: Run, step: int) -> tuple[Tensor, Tensor]:
    tensors = load_file(run.snapshot_path(step))
    return tensors["parameters"], tensors["buffers"]


def _discriminator(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    prefix = "discriminator.buffers."
    places = sorted(int(n.removeprefix(prefix)) for n in tensors if n.startswith(prefix))
    buffers = [tensors[f"{prefix}{i}"].flatten() for i in places]
    flat = tensors["discriminator.parameters"][0]
    return {"parameters": flat.half(), "buffers": torch.cat([flat[:0], *buffers]).half()}
