"""Rooms import only from floors below their own (or from beside them within a package)."""

import ast
from pathlib import Path

import pytest

import ganplay

ROOT = Path(ganplay.__file__).parent
FLOORS = {
    "losses": 0, "penalties": 0, "layers": 0, "distributions": 0, "optimizers": 0, "capture": 0,
    "augment": 0, "settings": 0, "image_config": 2, "parallel": 5, "sampler": 5, "latent": 6,
    "verdict": 6, "exploration": 6, "image_training": 6, "flags": 1, "runs": 7, "image_cli": 11,
    "model_cli": 11, "sheets": 0, "metrics": 1, "models": 1, "config": 2, "datasets": 2,
    "adversarial": 3, "streams": 4, "cohort": 5, "points": 1,
    "diagnosis": 0, "gauge": 7, "remedies": 3, "stopping": 0, "encoders": 0, "algebra": 9,
    "walk": 10,
    "walk_text": 11, "walk_files": 11, "walk_cli": 12,
    "image_metrics": 0, "lettering": 0, "classifier": 9, "naming": 10, "evaluation": 10,
    "evaluation_cli": 11,
    "uploads": 0, "projection": 9, "finding": 13, "project_cli": 11,
    "training": 6, "pictures": 7, "anatomy": 7, "checkpoint": 8, "frames": 8, "slow": 9,
    "lane": 9, "learnt": 9, "neighbours": 10, "indexes": 11, "gallery": 12,
    "arena": 10, "sweep_cli": 11, "axes": 4, "standings": 0,
    "seat": 1, "pieces": 0, "arena_look": 9, "arena_asked": 11, "arena_session": 12,
    "company": 7, "workshop": 1, "sharing": 0, "exposure": 6, "shutter": 6,
    "experiment": 9, "commands": 10, "unpacking": 9, "film": 10, "engine": 11,
    "theory": 0, "dirac": 1, "autoencoding": 5, "lessons": 10,
    "neighbours_cli": 12, "ui": 14, "cli": 15, "script": 3,
}  # fmt: skip
MODULES = sorted(p for p in ROOT.rglob("*.py") if p != ROOT / "__init__.py")


def room(path):
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def parsed(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            if node.module == "ganplay":
                yield from (f"ganplay.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_down(path):
    for module in imported(parsed(path)):
        parts = module.split(".")
        if parts[0] == "ganplay" and len(parts) > 1 and parts[1] != room(path):
            assert FLOORS[parts[1]] < FLOORS[room(path)], f"{path.name} imports {module}"
        if parts[0] == "gradio":
            assert room(path) == "ui", f"{path.name} imports gradio"
        if parts[0] == "spaces":
            assert path == ROOT / "ui" / "bursts.py", f"{path.name} imports spaces"
        if room(path) == "ui":
            assert parts[0] not in ("torch", "numpy"), f"{path.name} does arithmetic"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_torchvision_is_not_imported_before_it_is_needed(path):
    tree = parsed(path)
    for node in list(ast.walk(tree)):
        if isinstance(node, ast.FunctionDef):
            node.body = []  # runs later
    assert not any(module.split(".")[0] == "torchvision" for module in imported(tree))
