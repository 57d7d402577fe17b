"""Where files lie that come with ganplay."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
WEB = _PACKAGE / "web"
"""Scripts, styles and markup of the page."""
_BUILT, _SOURCE = _PACKAGE / "checkpoints", _PACKAGE.parent / "checkpoints"
CHECKPOINTS = _BUILT if _BUILT.is_dir() else _SOURCE
"""Bundled models: within the package where it was built, beside it in a copy of the repository."""
