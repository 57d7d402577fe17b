"""Commands on trained image models: `ganplay export` makes a checkpoint of a run."""

import argparse
from pathlib import Path

from ganplay.checkpoint import model_of_run
from ganplay.flags import refuse
from ganplay.runs import Run, RunError


def _steps(text: str) -> list[int]:
    return [int(part) for part in text.split(",") if part]


_steps.__name__ = "list of steps"


def add_export(parser: argparse.ArgumentParser) -> None:
    """The flags of the command."""
    parser.add_argument("from_run", type=Path, metavar="RUN", help="folder of a finished run")
    parser.add_argument("folder", type=Path, metavar="FOLDER",
        help="where the checkpoint goes; its last part is the model's name")  # fmt: skip
    parser.add_argument("--snapshots", type=_steps, metavar="STEPS",
        help="earlier steps to keep, as 100,1000 (default: all)")  # fmt: skip
    parser.set_defaults(run=_export, parser=parser)


def _export(options: argparse.Namespace) -> int:
    try:
        model = model_of_run(Run(options.from_run), options.folder.name, options.snapshots)
        model.save_pretrained(options.folder)
    except (ValueError, RunError) as error:
        refuse(options, str(error))
    except OSError as error:
        refuse(options, f"{options.folder}: {error.strerror}")
    size = sum(path.stat().st_size for path in options.folder.iterdir())
    print(f"{model.card.name}: {size / 1e6:.1f} MB in {options.folder}")
    return 0
