"""The command that finds a picture in a trained image model: `ganplay project`."""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ganplay.cli import flags
from ganplay.cli.models import label_number
from ganplay.images.checkpoint import ImageModel, bundled, load
from ganplay.latent import projection
from ganplay.latent.inversion_fit import ClassReading, Fit, class_reading, fit_of
from ganplay.latent.projection import MAX_RESTARTS, MAX_STEPS, RESTARTS, STEPS, ProjectionResult
from ganplay.media.contact_sheet import contact_sheet
from ganplay.media.ink import LEVELS
from ganplay.media.uploads import MAX_BYTES, Fitted, UploadError, fitted


def add_project(parser: argparse.ArgumentParser) -> None:
    """The flags of `ganplay project`."""
    add = parser.add_argument
    add("name", metavar="NAME",
        help=f"one of {', '.join(bundled())}, a folder, or owner/name")  # fmt: skip
    add("picture", type=Path, metavar="PICTURE", help="PNG, JPEG, WebP, GIF or BMP")
    add("--label", metavar="NAME", help="class of the picture (default: it is searched too)")
    add("--mask", type=Path, metavar="MASK",
        help="a picture of the same proportions, white where it is to be filled in")  # fmt: skip
    flags.add_integer(parser, "--ink", *LEVELS, "by how many percent ink is darker than the paper "
        "around it, in a photograph of a drawing (default: what suits it)")  # fmt: skip
    flags.add_integer(parser, "--restarts", 1, MAX_RESTARTS, "starting points", RESTARTS)
    flags.add_integer(parser, "--steps", 1, MAX_STEPS, "gradient steps per starting point", STEPS)
    flags.add_seed(parser, "seed of the starting points")
    add("--json", action="store_true", help="print JSON, with the loss curves")
    flags.add_output(parser, "--out", "write the reconstruction", ".png")
    flags.add_integer(parser, "--zoom", 1, 16, "factor by which the picture is enlarged", 1)
    flags.add_trust(parser)
    parser.set_defaults(run=_project, parser=parser)


def _project(options: argparse.Namespace) -> int:
    model = load(options.name, trust_classes=options.trust_classes)
    wanted = _wanted(options, model)
    label = None if options.label is None else label_number(model, options.label)
    with flags.refusing(ValueError), flags.progress("step") as tell:
        found = projection.project(
            model, wanted.pixels, wanted.hidden, label=label, restarts=options.restarts,
            steps=options.steps, seed=options.seed, tell=lambda p: tell(p.done + 1, p.total),
        )  # fmt: skip
    _print(options, model, wanted, found)
    if options.out:
        sheet = contact_sheet(found.picture[None], 1, 0, options.zoom)
        flags.write_output(options, "out", sheet.save)
    return 0


def _wanted(options: argparse.Namespace, model: ImageModel) -> Fitted:
    """The picture and the mask in the model's shape."""
    picture = _file(options.picture)
    mask = None if options.mask is None else _file(options.mask)
    with flags.refusing(UploadError, what=options.picture):
        return fitted(picture, model.card.shape, projection.drawing_style(model), mask, options.ink)


def _file(path: Path) -> bytes:
    with flags.refusing(OSError, what=path), path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _print(
    options: argparse.Namespace,
    model: ImageModel,
    wanted: Fitted,
    found: ProjectionResult,
) -> None:
    state = str(replace(found.state, model=options.name))
    notes = [str(note) for note in wanted.notes]
    label = model.labels[found.labels[found.best]] if found.labels else None
    fit = fit_of(model.card, found.error)
    read = None if options.mask else class_reading(model.card, wanted.pixels, found.picture)
    if options.json:
        shown = {
            "state": state, "error": round(found.error, 3), "label": label, "notes": notes,
            "ink": wanted.level, "fit": fit and fit._asdict(), "read": read and read._asdict(),
            "best": found.best, "labels": [model.labels[k] for k in found.labels],
            "curves": [[round(error, 3) for error in row] for row in found.curves.tolist()],
        }  # fmt: skip
        print(json.dumps(shown, indent=2))
        return
    # The state alone goes where another command may read it.
    print(state)
    of = "" if label is None else f", class {label}"
    print(f"error {found.error:.1f} of 255 grey levels{of}", file=sys.stderr)
    for words in (*_judged(fit, read), *(f"{options.picture}: {note}" for note in notes)):
        print(words, file=sys.stderr)


FITS = {
    "fits": "it fits: 95 in 100 of the model's own samples have at most {samples:.1f}",
    "near": "it is near: samples have {samples:.1f}, real pictures {held_out}",
    "off": "it is off: the model's own samples have at most {samples:.1f}. The model cannot draw"
    " this picture, or more --restarts and --steps are needed",
}


def _judged(fit: Fit | None, read: ClassReading | None) -> Iterator[str]:
    """What a result is worth, in words."""
    if fit is None:
        yield "how good that is for this model is not known; `ganplay inversion` measures it"
    else:
        held_out = "more" if fit.held_out is None else f"up to {fit.held_out:.1f}"
        yield FITS[fit.word].format(samples=fit.samples, held_out=held_out)
    if read and read.target != read.picture:
        yield (
            f"a classifier reads {read.target} in the picture and {read.picture} in the result: the"
            " search minimised the error in pixels, not the class; --label or --restarts may help"
        )
