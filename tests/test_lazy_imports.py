"""What an import of ganplay must not bring with it; who imports whom is import-linter's affair."""

import ast
from pathlib import Path

import pytest

import ganplay

ROOT = Path(ganplay.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))


def imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_there_are_modules_to_look_at():
    assert len(MODULES) > 100


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_torchvision_is_not_imported_before_it_is_needed(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in list(ast.walk(tree)):
        if isinstance(node, ast.FunctionDef):
            node.body = []  # runs later
    assert not any(module.split(".")[0] == "torchvision" for module in imported(tree))
