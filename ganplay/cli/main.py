"""The parser of the command line, made of the table of all commands, and `main`."""

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ganplay.cli.app import add_app
from ganplay.cli.data import add_data
from ganplay.cli.evaluate import add_classifier, add_directions, add_eval
from ganplay.cli.flags import UsageError
from ganplay.cli.inversion import add_inversion
from ganplay.cli.models import add_export, add_info, add_sample
from ganplay.cli.neighbours import add_neighbours
from ganplay.cli.project import add_project
from ganplay.cli.reports import add_reports
from ganplay.cli.toy import add_toy
from ganplay.cli.train import add_train
from ganplay.cli.walk import add_walk
from ganplay.common.safe_tensors import CheckpointError
from ganplay.common.settings import ConfigError
from ganplay.images.datasets import DataError
from ganplay.images.evaluation.evaluate import EvaluationError
from ganplay.images.evaluation.training_images import MissingData
from ganplay.images.runs import RunError
from ganplay.server.address import AddressError
from ganplay.server.learn.record_store import RecordStoreError


class Command(NamedTuple):
    """A command of `ganplay`.

    Attributes:
        add_flags: adds its flags to its parser, and the function that runs it.
        help: what it does, in the list of commands.
    """

    add_flags: Callable[[argparse.ArgumentParser], None]
    help: str


COMMANDS = {
    "app": Command(add_app, "serve the page"),
    "toy": Command(add_toy, "train 2-D GANs and report how well they learnt"),
    "train": Command(add_train, "train an image model"),
    "export": Command(add_export, "export a training run as a checkpoint"),
    "eval": Command(add_eval, "evaluate an image model"),
    "classifier": Command(add_classifier, "train the classifier that evaluates image models"),
    "directions": Command(add_directions, "find named directions in latent space"),
    "info": Command(add_info, "show the cards of trained image models"),
    "sample": Command(add_sample, "sample pictures of a trained image model"),
    "walk": Command(add_walk, "render a film of a walk through latent space"),
    "neighbours": Command(add_neighbours, "find the training pictures nearest to samples"),
    "project": Command(add_project, "invert a picture: find the latent vector that generates it"),
    "inversion": Command(add_inversion, "measure how well pictures can be inverted in a model"),
    "data": Command(add_data, "show a data set of pictures"),
    "reports": Command(
        add_reports, "check the signed reports of a class, and make a table of them"
    ),
}
REFUSALS = (
    AddressError, CheckpointError, ConfigError, DataError, EvaluationError, MissingData,
    RecordStoreError, RunError, UsageError,
)  # fmt: skip
"""Errors whose words say what cannot be done, and why."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; the exit status."""
    print_all_characters()
    try:
        try:
            return _run(argv)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:  # who reads has had enough, as `head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _run(argv: Sequence[str] | None) -> int:
    options = build_parser().parse_args(argv)
    try:
        return options.run(options)
    except REFUSALS as error:
        # Nothing is wrong with how the command is written: its usage would only hide why.
        return options.parser.exit(2, f"{options.parser.prog}: error: {error}\n")
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def print_all_characters() -> None:
    """Have characters that a terminal or a pipe cannot show printed by their numbers.

    Otherwise a command would end with an error where output is not UTF-8, or where the name of a
    file is not.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def build_parser() -> argparse.ArgumentParser:
    """The flags of all commands."""
    parser = argparse.ArgumentParser(
        prog="ganplay", description="Watch, break and mend generative adversarial networks."
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        command.add_flags(commands.add_parser(name, help=command.help))
    return parser
