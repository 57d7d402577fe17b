"""The page's own modules, run by Node: a case for each file of tests."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from ganplay.gan.losses import LOSSES
from ganplay.gan.penalties import PENALTIES

HERE = Path(__file__).parent
FILES = sorted(p for p in HERE.rglob("*.test.js") if p.name != "frame.test.js")
"""`tests/live/test_frame.py` runs the one left out, on a frame that Python has packed."""
FORMULAS = """
import { lossFormula } from "%s";
const [losses, penalties] = JSON.parse(process.argv.at(-1));
const common = { penalty: "none", penalty_weight: 0.5, penalty_target: 1 };
const length = (net, changes) => lossFormula(net, { ...common, ...changes }).length;
for (const loss of losses) {
  if (length("d", { loss }) < 4 || length("g", { loss }) < 4) throw new Error(loss);
  for (const penalty of penalties) {
    if (length("d", { loss, penalty }) <= length("d", { loss })) throw new Error(penalty);
  }
}
"""


def node(*arguments):
    if shutil.which("node") is None:
        assert not os.environ.get("CI"), "Node is needed in CI"
        pytest.skip("Node is not installed")
    done = subprocess.run(
        ["node", *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HERE)))
def test_javascript(path):
    node("--test", str(path))


def test_every_loss_and_penalty_has_its_formula():
    formulas = (HERE.parents[1] / "ganplay/web/lab/formulas.js").as_uri()
    names = json.dumps([[*LOSSES], [name for name in PENALTIES if name != "none"]])
    node("--input-type=module", "-e", FORMULAS % formulas, names)
