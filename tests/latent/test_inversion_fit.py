"""What an inversion's error is held against, and the classes that are read."""

import json
import shutil

import pytest
from helpers import pictures

import ganplay
from ganplay.cli import inversion as command
from ganplay.cli import main
from ganplay.images.checkpoint import load
from ganplay.images.checkpoint.card import InversionErrors
from ganplay.latent import inversion_fit
from ganplay.latent.inversion_fit import class_reading, fit_of, measure_errors

ERRORS = InversionErrors(samples=4.0, held_out=9.0, count=40, restarts=8, steps=200)


def card_with(bars, **changes):
    model, _, _ = bars
    return model.with_card(inversion=ERRORS.model_copy(update=changes)).card


@pytest.mark.parametrize(
    ("error", "held_out", "word"),
    [
        (0.0, 9.0, "fits"), (4.0, 9.0, "fits"), (4.1, 9.0, "near"), (9.0, 9.0, "near"),
        (9.1, 9.0, "off"), (8.0, None, "near"), (8.1, None, "off"),
        (4.1, 3.0, "off"),  # real pictures that are easier than samples draw no line below theirs
    ],
)  # fmt: skip
def test_an_error_is_held_against_those_of_samples_and_of_real_pictures(
    bars, error, held_out, word
):
    fit = fit_of(card_with(bars, held_out=held_out), error)
    assert fit.word == word
    assert (fit.samples, fit.held_out, fit.restarts, fit.steps) == (4.0, held_out, 8, 200)


def test_without_errors_on_the_card_nothing_is_said_of_the_fit(bars):
    model, _, _ = bars
    assert model.card.inversion is None
    assert fit_of(model.card, 1.0) is None


def test_the_classes_of_target_and_picture_are_read():
    model = ganplay.load("digits-conditional")
    seven, three = model.sample([1, 2], [7, 3])
    assert class_reading(model.card, seven, three) == ("7", "3")
    faces = ganplay.load("faces")  # whose classifier has no head of that name
    assert class_reading(faces.card, *faces.sample([1, 2])) is None


def test_of_data_without_a_classifier_no_class_is_read(bars):
    model, _, _ = bars
    assert class_reading(model.card, *model.sample([1, 2], 0)) is None


def test_errors_are_measured_of_samples_and_held_out_pictures(bars, monkeypatch):
    model, _, _ = bars
    errors = iter([1.0, 3.0, 5.0, 7.0, 9.0])
    searched = []

    def project(searched_model, target):
        assert searched_model is model
        searched.append(target)
        return type("Found", (), {"error": next(errors)})

    monkeypatch.setattr(inversion_fit, "project", project)
    told = []
    found = measure_errors(model, 3, pictures.bars().images[:2], lambda *done: told.append(done))
    # Linearly between the sorted errors: place 0.95 (n - 1) from the least one.
    assert (found.samples, found.held_out) == (4.8, 8.9)
    assert (found.count, found.restarts, found.steps) == (3, 8, 200)
    assert told == [(i, 5) for i in range(1, 6)]
    assert [tuple(one.shape) for one in searched] == [(1, 16, 16)] * 5


def test_the_command_writes_errors_that_project_then_uses(bars, tmp_path, monkeypatch, capsys):
    _, _, folder = bars
    place = shutil.copytree(folder, tmp_path / "bars")
    monkeypatch.setattr(command, "measure_errors", lambda *_: ERRORS)
    assert main(["inversion", str(place), "--write"]) == 0
    said = capsys.readouterr()
    assert "samples: 95 in 100 have an error of at most 4.0 of 255 grey levels" in said.out
    assert load(place).card.inversion == ERRORS
    picture = tmp_path / "in.png"
    assert main(["sample", str(place), "--seeds", "5", "--out", str(picture)]) == 0
    capsys.readouterr()
    brief = ["project", str(place), str(picture), "--steps", "1", "--restarts", "1"]
    assert main([*brief, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["read"] is None
    assert told["fit"]["samples"] == 4.0
    assert main(brief) == 0
    words = capsys.readouterr().err
    assert {"fits": "it fits", "near": "it is near", "off": "it is off"}[
        told["fit"]["word"]
    ] in words
    assert main(["project", str(folder), str(picture), "--steps", "1"]) == 0
    assert "how good that is for this model is not known" in capsys.readouterr().err
