"""What a Hugging Face Space reads in place of pyproject.toml."""

import re
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[1]
NEWEST = {"torch": "2.12", "torchvision": "0.27"}
"""Below which versions a ZeroGPU Space's lie."""


def own():
    about = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {r.name: r for r in map(Requirement, about["project"]["dependencies"])}


def of_space():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return {r.name: r for r in map(Requirement, filter(None, lines))}


def header():
    _, text, _ = (ROOT / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    return yaml.safe_load(text)


def test_a_space_needs_what_the_package_needs():
    package, space = own(), of_space()
    assert package.keys() == space.keys()
    for name, requirement in package.items():
        assert requirement.marker == space[name].marker
        bounds = requirement.specifier
        if name in NEWEST:
            bounds = {s for s in bounds if s.operator != "<"}
            assert set(space[name].specifier) - bounds == {next(iter(limit(NEWEST[name])))}
        else:
            assert set(space[name].specifier) == set(bounds), name


def limit(version):
    return Requirement(f"x<{version}").specifier


def test_the_header_is_one_that_a_space_runs():
    found = header()
    assert found["sdk"] == "gradio"
    assert (ROOT / found["app_file"]).is_file()
    assert own()["gradio"].specifier.contains(found["sdk_version"])
    about = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    needed = Requirement(f"x{about['project']['requires-python']}").specifier
    assert needed.contains(found["python_version"])
    assert len(found["short_description"]) <= 60


@pytest.mark.parametrize("version", ["2.8.0", "2.9.1", "2.10.0", "2.11.0"])
def test_the_versions_of_zerogpu_are_within_bounds(version):
    assert of_space()["torch"].specifier.contains(version)
    minor = int(re.match(r"2\.(\d+)", version)[1])
    assert of_space()["torchvision"].specifier.contains(f"0.{minor + 15}.0")
