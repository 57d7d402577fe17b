"""Flags of commands: those that are derived from a configuration, and what is wrong with one."""

import argparse
import dataclasses
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NoReturn

from ganplay.common.safe_tensors import CheckpointError
from ganplay.common.settings import allowed

_PREFIX = "set_"


def integer(low: int, high: int) -> Any:
    """The type of a flag that takes whole numbers in bounds."""

    def number(text: str) -> int:
        value = int(text)
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text}: a whole number from {low} to {high}")
        return value

    number.__name__ = "whole number"
    return number


def find_classes_here() -> None:
    """Let classes that were asked for be in files of the folder where the command is given.

    Last, so that no file there is taken for another module.
    """
    if "" not in sys.path:
        sys.path.append("")


def refuse(options: argparse.Namespace, why: str) -> NoReturn:
    """End the process with a usage error."""
    options.parser.error(why)
    raise AssertionError("error() ends the process")


def add_settings(
    parser: argparse.ArgumentParser, fields: Iterable[dataclasses.Field], tips: Mapping[str, str]
) -> None:
    """A flag for each field of a configuration, in groups; `tips` say what each does."""
    groups: dict[str, Any] = {}
    for field in fields:
        group = field.metadata["group"]
        if group not in groups:
            groups[group] = parser.add_argument_group(f"settings: {group}")
        _add_setting(groups[group], field, tips[field.name])


def _add_setting(group: Any, field: dataclasses.Field, tip: str) -> None:
    names = list(dict.fromkeys([f"--{field.name.replace('_', '-')}", f"--{field.name}"]))
    text = f"{tip} ({allowed(field)}; default {field.default})".replace("%", "%%")
    common = {"dest": _PREFIX + field.name, "default": argparse.SUPPRESS, "help": text}
    if field.type is bool:
        group.add_argument(*names, action=argparse.BooleanOptionalAction, **common)
        return
    if "choices" in field.metadata:
        common["choices"] = field.metadata["choices"]
    group.add_argument(*names, type=field.type, metavar=field.name.upper(), **common)


def add_trust(parser: argparse.ArgumentParser) -> None:
    """The flag that lets a model's own classes be imported."""
    parser.add_argument("--trust-classes", action=_Trust, nargs=0, default=False,
        help="import the classes of its own that a model names: runs their code")  # fmt: skip


class _Trust(argparse.Action):
    """Sets its flag; a class may be in a file of the folder where the command is given."""

    def __call__(self, *given: Any) -> None:
        _, options, *_ = given
        sys.path.insert(0, "")
        setattr(options, self.dest, True)


def settings_given(options: argparse.Namespace) -> dict[str, Any]:
    """The settings that were given as flags."""
    given = vars(options).items()
    return {name.removeprefix(_PREFIX): v for name, v in given if name.startswith(_PREFIX)}


def read_config(options: argparse.Namespace) -> dict[str, Any]:
    """The settings of the JSON file of --config."""
    try:
        content = json.loads(options.config.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        refuse(options, f"--config {options.config}: {error}")
    if not isinstance(content, dict):
        refuse(options, f"--config {options.config}: an object of settings by name is needed")
    return content


def check_output(options: argparse.Namespace, flag: str, *suffixes: str) -> str:
    """See that the file of a flag can be written, before anything is computed for it.

    Returns:
        How its name ends, without the full stop; empty if the flag was not given.
    """
    path = getattr(options, flag)
    if path is None:
        return ""
    if path.suffix.lower() not in suffixes:
        needed = ", ".join(suffixes[:-1]) + " or " + suffixes[-1] if suffixes[1:] else suffixes[0]
        refuse(options, f"--{flag} {path}: a file name that ends in {needed} is needed")
    _check_folder(options, flag, path)
    return path.suffix.lower().removeprefix(".")


def write_output(options: argparse.Namespace, flag: str, write: Callable[[Path], object]) -> None:
    """Let `write` write the file that a flag names; ends the process if it cannot."""
    path = getattr(options, flag)
    _check_folder(options, flag, path)
    try:
        write(path)
    except (OSError, CheckpointError) as error:
        refuse(options, f"--{flag} {path}: {getattr(error, 'strerror', None) or error}")


def _check_folder(options: argparse.Namespace, flag: str, path: Path) -> None:
    if not path.parent.is_dir():
        refuse(options, f"--{flag} {path}: there is no such folder")
