"""The run-time checks of shapes and types are on: without them tests would pass all the same.

They are turned on by the names of modules (`typecheck.CHECKED`), which a move could leave behind.
"""

from importlib import import_module

import pytest
import torch
from jaxtyping import TypeCheckError
from typecheck import CHECKED, PACKAGE, UNCHECKED_FOLDERS, unchecked

WRONG = {
    "common": ("common.seeding", "is_generator_state", (torch.ones(3),)),
    "media": ("media.uploads", "drawing_style_of", (torch.ones(2, 1, 8, 8),)),
    "gan": ("gan.record", "discriminator_stats", ("no loss", torch.ones(2, 3), torch.ones(2, 4))),
    "toy": ("toy.metrics", "histogram", (torch.ones(5, 3), 1.0)),
    "images": ("images.augment", "augment", (torch.ones(2), torch.ones(2), ())),
    "latent": ("latent.interpolation", "lerp", (torch.ones(2, 3), torch.ones(2, 4), torch.ones(2))),
    "live": ("live.network_inspection", "_relative", (torch.ones(2, 3, 4),)),
    "lessons": ("lessons.theory", "optimal_output", (torch.ones(2, 3), torch.ones(2, 4))),
    "arena": ("arena.ranking", "interval", (torch.ones(()),)),
}
"""Of each package a module, and a function of it with arguments that it must refuse."""


def test_every_package_is_there():
    folders = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()}
    assert folders == WRONG.keys() | UNCHECKED_FOLDERS


@pytest.mark.parametrize("package", WRONG)
def test_what_has_a_wrong_shape_is_refused(package):
    module, name, arguments = WRONG[package]
    with pytest.raises(TypeCheckError):
        getattr(import_module(f"ganplay.{module}"), name)(*arguments)


@pytest.mark.parametrize("name", CHECKED)
def test_a_module_is_loaded_with_the_checks(name):
    loader = import_module(name).__spec__.loader
    assert type(loader).__module__.startswith("jaxtyping")


def test_they_can_be_left_out_where_time_counts():
    theory = import_module("ganplay.lessons.theory")
    with unchecked():
        assert theory.optimal_output(torch.ones(2, 3), torch.ones(1, 3)).shape == (2, 3)
    with pytest.raises(TypeCheckError):
        theory.optimal_output(torch.ones(2, 3), torch.ones(1, 3))
