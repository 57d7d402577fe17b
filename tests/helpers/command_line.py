"""The command line, as tests call it."""

import subprocess
import sys

TINY = ["--width-g", "8", "--width-d", "8", "--steps", "20"]
COMMAND = [sys.executable, "-m", "ganplay.cli"]


def run(*arguments):
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False
    )
