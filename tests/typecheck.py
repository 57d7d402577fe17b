"""The run-time checker of annotations: beartype, with whole numbers allowed as floats."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from beartype import BeartypeConf, beartype
from jaxtyping import config

PACKAGE = Path(find_spec("ganplay").origin).parent
# Not the front end and the command line, which have no tensors, and not where it is the checks of
# types themselves that are tested: settings and commands are given what nobody should give them.
UNCHECKED_FOLDERS = {"server", "cli"}
UNCHECKED_FILES = {"config.py", "settings.py", "stop_condition.py", "commands.py", "dirac_gan.py"}
# These name a class that they import for type checkers alone.
UNCHECKED_FILES |= {"lab_commands.py", "lab_messages.py"}
CHECKED = [
    ".".join(("ganplay", *path.relative_to(PACKAGE).with_suffix("").parts))
    for path in sorted(PACKAGE.rglob("*.py"))
    if path.name not in UNCHECKED_FILES | {"__init__.py"}
    and path.relative_to(PACKAGE).parts[0] not in UNCHECKED_FOLDERS
]
"""Modules in which shapes and types are checked at every call."""

checked = beartype(conf=BeartypeConf(is_pep484_tower=True))


@contextmanager
def unchecked() -> Iterator[None]:
    """What is called again and again is not checked each time: that takes half of the time."""
    config.update("jaxtyping_disable", True)
    try:
        yield
    finally:
        config.update("jaxtyping_disable", False)
