"""The command that finds a picture in a trained image model: `ganplay project`."""

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from ganplay.cli.flags import add_trust, check_output, integer, refuse, write_output
from ganplay.cli.models import label_number, load_named
from ganplay.common.settings import MAX_SEED
from ganplay.images.checkpoint import ImageModel, bundled
from ganplay.latent.projection import (
    MAX_RESTARTS,
    MAX_STEPS,
    RESTARTS,
    STEPS,
    Progress,
    ProjectionResult,
    drawing_style,
    project,
)
from ganplay.media.contact_sheet import contact_sheet
from ganplay.media.uploads import MAX_BYTES, Fitted, UploadError, fitted


def add_project(parser: argparse.ArgumentParser) -> None:
    """The flags of `ganplay project`."""
    add = parser.add_argument
    add("name", metavar="NAME",
        help=f"one of {', '.join(bundled())}, a folder, or owner/name")  # fmt: skip
    add("picture", type=Path, metavar="PICTURE", help="PNG, JPEG, WebP, GIF or BMP")
    add("--label", metavar="NAME", help="the class to ask for (default: it is found too)")
    add("--mask", type=Path, metavar="MASK",
        help="a picture of the same proportions, white where it is to be filled in")  # fmt: skip
    add("--restarts", type=integer(1, MAX_RESTARTS), default=RESTARTS, metavar="N",
        help=f"places to search from (default {RESTARTS})")  # fmt: skip
    add("--steps", type=integer(1, MAX_STEPS), default=STEPS, metavar="N",
        help=f"of each (default {STEPS})")  # fmt: skip
    add("--seed", type=integer(0, MAX_SEED), default=0, metavar="N",
        help="of the places (default 0)")  # fmt: skip
    add("--json", action="store_true", help="print JSON, with the loss curves")
    add("--out", type=Path, metavar="FILE.png",
        help="write the picture that was found")  # fmt: skip
    add("--zoom", type=integer(1, 16), default=1, metavar="N", help="enlarge it (default 1)")
    add_trust(parser)
    parser.set_defaults(run=_project, parser=parser)


def _project(options: argparse.Namespace) -> int:
    check_output(options, "out", ".png")
    model = load_named(options, options.name)
    wanted = _wanted(options, model)
    label = _label(options, model)
    with tqdm(disable=not sys.stderr.isatty()) as bar:

        def tell(progress: Progress) -> bool:
            bar.total = progress.total
            bar.update(progress.done + 1 - bar.n)
            return True

        try:
            found = project(
                model, wanted.pixels, wanted.hidden, label=label, restarts=options.restarts,
                steps=options.steps, seed=options.seed, tell=tell,
            )  # fmt: skip
        except ValueError as error:
            refuse(options, str(error))
    _print(options, model, wanted, found)
    if options.out:
        sheet = contact_sheet(found.picture[None], 1, 0, options.zoom)
        write_output(options, "out", sheet.save)
    return 0


def _wanted(options: argparse.Namespace, model: ImageModel) -> Fitted:
    """The picture and the mask in the model's shape."""
    picture = _file(options, options.picture)
    mask = None if options.mask is None else _file(options, options.mask)
    try:
        return fitted(picture, model.card.shape, drawing_style(model), mask)
    except UploadError as error:
        refuse(options, f"{options.picture}: {error}")


def _file(options: argparse.Namespace, path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        refuse(options, f"{path}: {error.strerror}")


def _label(options: argparse.Namespace, model: ImageModel) -> int | None:
    return None if options.label is None else label_number(options, model, options.label)


def _print(
    options: argparse.Namespace, model: ImageModel, wanted: Fitted, found: ProjectionResult
) -> None:
    state = str(replace(found.state, model=options.name))
    notes = [str(note) for note in wanted.notes]
    label = model.labels[found.labels[found.best]] if found.labels else None
    if options.json:
        told = {
            "state": state, "error": round(found.error, 3), "label": label, "notes": notes,
            "best": found.best, "labels": [model.labels[k] for k in found.labels],
            "curves": [[round(error, 3) for error in row] for row in found.curves.tolist()],
        }  # fmt: skip
        print(json.dumps(told, indent=2))
        return
    # The state alone goes where another command may read it.
    print(state)
    of = "" if label is None else f", class {label}"
    print(f"off by {found.error:.1f} of 255 grey levels{of}", file=sys.stderr)
    for note in notes:
        print(f"{options.picture}: {note}", file=sys.stderr)
