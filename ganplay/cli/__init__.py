"""The command line: one file a command."""

from ganplay.cli.main import main

__all__ = ["main"]
