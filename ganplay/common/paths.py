"""Where files lie that come with ganplay, and those of who runs it."""

import os
import tempfile
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
WEB = _PACKAGE / "web"
"""Scripts, styles and markup of the page."""
_BUILT, _SOURCE = _PACKAGE / "checkpoints", _PACKAGE.parent / "checkpoints"
CHECKPOINTS = _BUILT if _BUILT.is_dir() else _SOURCE
"""Bundled models: within the package where it was built, beside it in a copy of the repository."""


def home_folder() -> Path:
    """The home of who runs ganplay.

    In a container a user may have a number only, and no home; then it is a folder of that number
    among the temporary files, which need not be there.
    """
    try:
        return Path.home()
    except RuntimeError:
        return Path(tempfile.gettempdir()) / f"ganplay-{os.getuid()}"
