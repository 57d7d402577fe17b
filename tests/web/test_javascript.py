"""The page's own modules, run by Node: a case for each file of tests."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FILES = sorted(p for p in HERE.rglob("*.test.js") if p.name != "frame.test.js")
"""`tests/live/test_frame.py` runs the one left out, on a frame that Python has packed."""


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HERE)))
def test_javascript(path):
    if shutil.which("node") is None:
        assert not os.environ.get("CI"), "Node is needed in CI"
        pytest.skip("Node is not installed")
    done = subprocess.run(
        ["node", "--test", str(path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
