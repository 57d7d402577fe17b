"""From the folder of a run to a checkpoint."""

from collections.abc import Sequence

from safetensors.torch import load_file

from ganplay.common.safe_tensors import half
from ganplay.images.checkpoint.card import Card, Data
from ganplay.images.checkpoint.model import ImageModel, Source, networks_of
from ganplay.images.directions import principal_directions
from ganplay.images.runs import Run, RunError


def model_of_run(
    run: Run,
    name: str,
    snapshots: Sequence[int] | None = None,
    *,
    generator: Source = None,
    discriminator: Source = None,
    trust_classes: bool = False,
) -> ImageModel:
    """The model that a finished run made, in half precision.

    Args:
        run: its folder.
        name: of the model, lower-case letters, digits and hyphens.
        snapshots: earlier steps whose G comes along; None for all that the run kept.
        generator: of a run of somebody's own networks: the module or its class.
        discriminator: likewise.
        trust_classes: import the classes that the run names, which runs their code.

    Raises:
        RunError: if the run has not what is asked for.
        CheckpointError: with the code "network", if a class is needed that was not given.
        ValueError: if the name or another part of the card is not possible.
    """
    config, data = run.description()
    tensors, counters = run.state()
    kept, steps = run.snapshots(), counters["steps"]
    if steps not in kept:
        raise RunError(f"{run.folder}: stopped at step {steps}; `ganplay train --resume` ends it")
    snapshots = [step for step in kept if step < steps] if snapshots is None else snapshots
    if missing := set(snapshots) - set(kept):
        shown = ", ".join(map(str, kept))
        raise RunError(f"snapshots: {min(missing)} was not kept in {run.folder}; {shown} were")
    try:
        count = data["pictures"]
        about = Data(count=count, **{k: data[k] for k in ("name", "licence", "how_to_get")})
        card = Card(
            name=name, data=about, shape=tuple(data["shape"][1:]), labels=tuple(data["names"]),
            steps=steps, snapshots=tuple(sorted(snapshots)), config=config, code=data["code"],
            threads=data["threads"], **data["networks"],
        )  # fmt: skip
    except KeyError as error:
        raise RunError(f"{run.folder}: run.json has no {error}; --resume adds it") from error
    networks = networks_of(card, generator, discriminator, trust_classes)
    tensors = half({n: t for n, t in tensors.items() if n.startswith("discriminator.")})
    for step in (*card.snapshots, steps):
        place = "generator" if step == steps else f"snapshots.{step}"
        tensors |= {f"{place}.{k}": t for k, t in load_file(run.snapshot_path(step)).items()}
    model = ImageModel(card, tensors, networks)
    vectors, strengths = principal_directions(model.sampler())
    return ImageModel(card, tensors | {"directions": vectors, "strengths": strengths}, networks)
