"""What commands share: flags, the end of a command that cannot do what was asked, progress bars."""

import argparse
import dataclasses
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from tqdm import tqdm

from ganplay.common.safe_tensors import CheckpointError
from ganplay.common.settings import MAX_SEED, allowed
from ganplay.images.datasets import DATASETS, LARGEST, MAX_UNREADABLE, SMALLEST, ImageData

_PREFIX = "set_"


def bounded(kind: type[float], low: float, high: float) -> Any:
    """The type of a flag that takes numbers in bounds; `kind` is int or float."""
    name = "whole number" if kind is int else "number"

    def number(text: str) -> float:
        value = kind(text)
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text}: a {name} from {low} to {high}")
        return value

    number.__name__ = name
    return number


def add_integer(
    parser: argparse.ArgumentParser, flag: str, low: int, high: int, text: str,
    default: int | None = None, metavar: str = "N",
) -> None:  # fmt: skip
    """A flag that takes whole numbers in bounds; its help is `text` and the default."""
    shown = text if default is None else f"{text} (default {default})"
    parser.add_argument(
        flag, type=bounded(int, low, high), default=default, metavar=metavar, help=shown
    )


def add_seed(parser: argparse.ArgumentParser, text: str) -> None:
    """The flag of a random seed."""
    add_integer(parser, "--seed", 0, MAX_SEED, text, 0)


def add_device(parser: argparse.ArgumentParser, text: str = "device that computes") -> None:
    """The flag of a device, see `devices.device_of`."""
    parser.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto",
        help=f"{text} (default auto)")  # fmt: skip


def add_data_root(parser: argparse.ArgumentParser, default: str = "") -> None:
    """The flag that says where data lie; `default` says where they are looked for without it."""
    kinds = "; ".join(f"{name}: {source.root}" for name, source in DATASETS.items())
    parser.add_argument("--data-root", type=Path, action="append", default=[], metavar="DIR",
        help=kinds + default)  # fmt: skip


def add_places(parser: argparse.ArgumentParser) -> None:
    """The flags that say where data lie and where what is made of them is kept."""
    add_data_root(parser)
    parser.add_argument("--cache", type=Path, metavar="DIR",
        help="folder in which rendered pictures are kept")  # fmt: skip
    parser.add_argument("--max-unreadable", type=bounded(float, 0, 1), metavar="SHARE",
        help="folder: the share of pictures that may be unreadable and are left out, from 0 to 1"
        f" (default {MAX_UNREADABLE})")  # fmt: skip
    parser.add_argument("--left-out", type=Path, metavar="FILE",
        help="folder: list there what is left out, and why")  # fmt: skip


def places(options: argparse.Namespace) -> dict[str, Any]:
    """The arguments of `datasets.load` that the flags of `add_places` give, but the root."""
    share = options.max_unreadable
    return {
        "cache": options.cache, "left_out": options.left_out,
        "max_unreadable": MAX_UNREADABLE if share is None else share,
    }  # fmt: skip


def tell_found(data: ImageData) -> None:
    """Say on standard error what was found in a folder and what was left out."""
    for words in data.found:
        print(words, file=sys.stderr)


def add_size(parser: argparse.ArgumentParser) -> None:
    """The flag of the side of pictures."""
    add_integer(parser, "--size", SMALLEST, LARGEST, "side of the pictures", metavar="PIXELS")


def add_output(
    parser: argparse.ArgumentParser, flag: str, text: str, *suffixes: str, required: bool = False
) -> None:
    """A flag that names a file to be written, and how that name may end (by default in any way).

    It is checked before anything is computed whose results could then not be kept.
    """

    def file(text: str) -> Path:
        path = Path(text)
        if suffixes and path.suffix.lower() not in suffixes:
            needed = " or ".join(filter(None, [", ".join(suffixes[:-1]), suffixes[-1]]))
            raise argparse.ArgumentTypeError(f"{text}: a file name that ends in {needed} is needed")
        if not path.parent.is_dir():
            raise argparse.ArgumentTypeError(f"{text}: there is no such folder")
        return path

    kinds = "|".join(f"FILE{suffix}" for suffix in suffixes) or "FILE"
    parser.add_argument(flag, type=file, required=required, metavar=kinds, help=text)


@contextmanager
def progress(unit: str, total: float | None = None, **more: Any) -> Iterator[Callable[..., bool]]:
    """A bar on standard error, if that is a terminal.

    Yields:
        What work calls with how much is done, and how much there is where `total` is not known
        before. It returns True: the work may go on.
    """
    with tqdm(total=total, unit=unit, disable=None, **more) as bar:

        def tell(done: float, of: float | None = None) -> bool:
            bar.total = of or bar.total
            bar.update(done - bar.n)
            return True

        yield tell


def find_classes_here() -> None:
    """Let classes that were asked for be in files of the folder where the command is given.

    Last, so that no file there is taken for another module.
    """
    if "" not in sys.path:
        sys.path.append("")


class UsageError(ValueError):
    """A command cannot do what was asked, for a reason that its words give."""


def refuse(why: str) -> NoReturn:
    """End the command with a usage error.

    Raises:
        UsageError: always; see `main.main`.
    """
    raise UsageError(why) from None


@contextmanager
def refusing(*kinds: type[Exception], what: object = "") -> Iterator[None]:
    """End the command with a usage error where an error of some kinds is raised.

    Args:
        kinds: of error; by default all that say that a value or a file cannot be used.
        what: that cannot be used, where the error's own words do not say it.
    """
    caught = kinds or (ValueError, OSError)
    try:
        yield
    except caught as error:
        why = str(getattr(error, "strerror", None) or error)
        refuse(f"{what}: {why}" if what else why)


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
        help="import the Python classes that a model names, which runs their code")  # fmt: skip


class _Trust(argparse.Action):
    """Sets its flag; a class may be in a file of the folder where the command is given."""

    def __call__(self, *given: Any) -> None:
        _, options, *_ = given
        find_classes_here()
        setattr(options, self.dest, True)


def settings_given(options: argparse.Namespace) -> dict[str, Any]:
    """The settings that were given as flags."""
    given = vars(options).items()
    return {name.removeprefix(_PREFIX): v for name, v in given if name.startswith(_PREFIX)}


def read_config(options: argparse.Namespace) -> dict[str, Any]:
    """The settings of the JSON file of --config."""
    what = f"--config {options.config}"
    with refusing(what=what):
        content = json.loads(options.config.read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        refuse(f"{what}: an object of settings by name is needed")
    return content


def write_output(options: argparse.Namespace, flag: str, write: Callable[[Path], object]) -> None:
    """Let `write` write the file that a flag names; ends the process if it cannot."""
    path = getattr(options, flag)
    with refusing(OSError, CheckpointError, what=f"--{flag} {path}"):
        write(path)
