"""From the folder of a run to a checkpoint."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError
from safetensors.torch import load_file

from ganplay.common.safe_tensors import half
from ganplay.images.checkpoint.card import Card, Data, check_labels, check_name
from ganplay.images.checkpoint.model import ImageModel, Source, networks_of
from ganplay.images.directions import principal_directions
from ganplay.images.runs import Run, RunError


class Licences(NamedTuple):
    """Under which terms a model and its data are.

    Attributes:
        model: "" for ganplay's own data means ganplay's licence, else that it is unknown.
        data: "" for what the run knows.
    """

    model: str = ""
    data: str = ""


UNSAID = Licences()


def model_of_run(
    run: Run,
    name: str,
    snapshots: Sequence[int] | None = None,
    *,
    generator: Source = None,
    discriminator: Source = None,
    trust_classes: bool = False,
    licences: Licences = UNSAID,
) -> ImageModel:
    """The model that a finished run made, in half precision.

    Args:
        run: its folder.
        name: of the model, lower-case letters, digits and hyphens.
        snapshots: earlier steps whose G comes along; None for all that the run kept.
        generator: of a run of somebody's own networks: the module or its class.
        discriminator: likewise.
        trust_classes: import the classes that the run names, which runs their code.
        licences: of the model and of its data.

    Raises:
        RunError: if the run has not what is asked for.
        CheckpointError: with the code "network", if a class is needed that was not given.
        ValueError: if the name or another part of the card is not possible.
    """
    tensors, counters = run.state()
    kept, steps = run.snapshots(), counters["steps"]
    if steps not in kept:
        raise RunError(f"{run.folder}: stopped at step {steps}; `ganplay train --resume` ends it")
    snapshots = [step for step in kept if step < steps] if snapshots is None else snapshots
    if missing := set(snapshots) - set(kept):
        shown = ", ".join(map(str, kept))
        raise RunError(f"snapshots: {min(missing)} was not kept in {run.folder}; {shown} were")
    card = _card(run, name, steps, snapshots, licences)
    networks = networks_of(card, generator, discriminator, trust_classes)
    tensors = half({n: t for n, t in tensors.items() if n.startswith("discriminator.")})
    for step in (*card.snapshots, steps):
        place = "generator" if step == steps else f"snapshots.{step}"
        tensors |= {f"{place}.{k}": t for k, t in load_file(run.snapshot_path(step)).items()}
    model = ImageModel(card, tensors, networks)
    vectors, strengths = principal_directions(model.sampler())
    return ImageModel(card, tensors | {"directions": vectors, "strengths": strengths}, networks)


def _card(run: Run, name: str, steps: int, snapshots: Sequence[int], licences: Licences) -> Card:
    """The card of a run's model, whose names are checked first, in words."""
    config, data = run.description()
    check_name(name)
    try:
        about = Data(
            name=data["name"], count=data["pictures"], how_to_get=_how_to_get(data),
            licence=licences.data or data["licence"], asked=data.get("count"),
            root=tuple(map(_home_as_tilde, data.get("root", ()))),
            max_unreadable=data.get("max_unreadable"),
            class_counts=tuple(data.get("class_counts", ())),
        )  # fmt: skip
        check_labels(data["names"])
        fonts_of_somebody = data["name"] == "letters" and about.root
        return Card(
            name=name, data=about, shape=tuple(data["shape"][1:]), labels=tuple(data["names"]),
            steps=steps, snapshots=tuple(sorted(snapshots)), config=config, code=data["code"],
            threads=data["threads"], **data["networks"],
            licence=licences.model or ("unknown" if fonts_of_somebody else ""),
        )  # fmt: skip
    except KeyError as error:
        raise RunError(f"{run.folder}: run.json has no {error}; --resume adds it") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise RunError(f"{run.folder}: {place} {first['input']!r}: {first['msg']}") from error
    except ValueError as error:
        raise RunError(f"{run.folder}: {error}; run.json has it under names") from error


def _how_to_get(data: Mapping[str, Any]) -> str:
    steps = ", ".join(f"{step:,}" for step in data.get("changed", ()))
    return data["how_to_get"] + (f"; others than before after step {steps}" if steps else "")


def _home_as_tilde(root: str) -> str:
    """A folder as a card may tell of it, which has no need to say who somebody is."""
    try:
        home = Path.home()
        inside = Path(root).is_relative_to(home) and home != Path(home.anchor)
    except RuntimeError:  # nobody's home
        return root
    return (Path("~") / Path(root).relative_to(home)).as_posix() if inside else root
