"""Drawings that were photographed: what is looked for is their ink, however the light fell."""

import io

import numpy as np
import pytest
import torch
from helpers.photos import across, likeness, photo, plain, shadow
from PIL import Image

from ganplay.media import ink
from ganplay.media.uploads import DrawingStyle, UploadError, fitted

GREY = (1, 32, 32)
DIGITS = DrawingStyle(0, 20 / 32)
PHOTOS = {
    "evenly lit": {},
    "light that falls off": {"light": across(0.3, 1)},
    "nearly dark at one side": {"light": across(0.12, 1)},
    "a hard shadow in a corner": {"digit": "0", "light": shadow(0.5)},
    "a hard shadow through the drawing": {"digit": "8", "light": shadow(0.45, through=520)},
    "a soft shadow": {"digit": "4", "light": shadow(0.4, 120, 520)},
    "nearly all in shadow": {"digit": "8", "light": shadow(0.4, through=300)},
    "both, and grain": {"light": across(0.4, 1) * shadow(0.6, 30, 560), "grain": 8.0},
    "pencil": {"digit": "4", "ink": 0.6, "light": across(0.5, 1)},
    "ruled paper": {"digit": "0", "lines": "ruled"},
    "squared paper in a shadow": {"lines": "squared", "light": shadow(0.5, 60)},
    "a felt pen": {"digit": "0", "width": 50, "light": shadow(0.5, 40)},
    "a fine pen": {"digit": "8", "width": 5, "light": across(0.4, 1)},
    "chalk": {"digit": "8", "chalk": True},
    "chalk in a shadow": {"digit": "0", "chalk": True, "light": shadow(0.5, 10, 560)},
}


@pytest.mark.parametrize("name", PHOTOS)
def test_the_target_is_the_ink_alone(name):
    how = PHOTOS[name]
    drawn = fitted(plain(how.get("digit", "7"), how.get("width", 16)), GREY, DIGITS)
    seen = fitted(photo(**how), GREY, DIGITS)
    assert likeness(seen.pixels, drawn.pixels) > 0.98
    assert ("inverted" in [note.code for note in seen.notes]) == (not how.get("chalk"))


def test_clean_paper_stays_as_it_is_and_shadows_are_told():
    assert [note.code for note in fitted(photo(), GREY, DIGITS).notes] == ["inverted", "framed"]
    shaded = fitted(photo(light=shadow(0.5)), GREY, DIGITS)
    assert [note.code for note in shaded.notes] == ["inverted", "ink", "framed"]
    # For a model that draws dark on white it is the same, the other way round.
    other = fitted(photo(light=shadow(0.5)), GREY, DIGITS._replace(background=255))
    assert [note.code for note in other.notes] == ["ink", "framed"]
    assert likeness(255 - other.pixels.int(), shaded.pixels) > 0.99
    # A shape that is wider than the window is no shadow.
    disc = Image.new("L", (400, 400), 255)
    disc.paste(0, (100, 100, 300, 300))
    file = io.BytesIO()
    disc.save(file, "PNG")
    assert fitted(file.getvalue(), GREY, DIGITS).pixels[0, 8:24, 8:24].min() > 250


def test_the_level_says_how_dark_ink_is():
    lines = photo(lines="ruled", light=across(0.6, 1))
    usual = fitted(lines, GREY, DIGITS)
    assert usual.level is not None
    assert torch.equal(fitted(lines, GREY, DIGITS, level=usual.level).pixels, usual.pixels)
    drawn = fitted(plain(), GREY, DIGITS).pixels
    for level, alike in ((8, False), (70, True)):  # the printed lines are ink, and are not
        made = fitted(lines, GREY, DIGITS, level=level).pixels
        assert (likeness(made, drawn) > 0.98) == alike
    pencil = photo(ink=0.6)
    with pytest.raises(UploadError) as error:
        fitted(pencil, GREY, DIGITS, level=90)
    assert error.value.code == "no_ink"


def test_blank_paper_is_empty_however_it_is_lit():
    for light in (across(0.5, 1), shadow(0.5, 200)):
        with pytest.raises(UploadError) as error:
            fitted(photo(light=light, ink=1.0), GREY, DIGITS)
        assert error.value.code == "empty"


def test_pictures_in_colour_and_of_the_models_size_are_not_touched():
    data = photo(light=across(0.3, 1))
    as_is = fitted(data, (3, 64, 64))
    assert as_is.level is None
    assert torch.equal(as_is.pixels, fitted(data, (3, 64, 64), DrawingStyle(), level=50).pixels)
    own = Image.fromarray(np.linspace(0, 255, 1024).astype(np.uint8).reshape(32, 32))
    file = io.BytesIO()
    own.save(file, "PNG")
    made = fitted(file.getvalue(), GREY, DIGITS)
    assert made.level is None
    assert "ink" not in [note.code for note in made.notes]


def test_closing_fills_what_is_narrower_than_its_window_and_keeps_edges():
    grey = torch.full((40, 40), 200.0)
    grey[:, 30:] = 90  # a shadow at the border
    shaded = grey.clone()
    shaded[10:14, 5:20] = 20  # a stroke
    assert torch.equal(ink.closing(shaded, 11), grey)
    wedge = torch.where(torch.arange(40)[:, None] + torch.arange(40) > 55, 90.0, 200.0)
    assert torch.equal(ink.closing(wedge, 11), wedge)
    assert torch.equal(ink.closing(grey, 1), grey)
    # As slow and sure.
    noise = torch.rand(12, 15) * 255
    wide = torch.nn.functional.pad(noise[None], (4, 4, 4, 4), mode="replicate")[0]
    high = wide.unfold(0, 5, 1).unfold(1, 5, 1).amax((-1, -2))
    assert torch.equal(ink.closing(noise, 5), high.unfold(0, 5, 1).unfold(1, 5, 1).amin((-1, -2)))


def test_the_level_parts_two_greys_where_they_are_farthest_apart():
    darkness = torch.zeros(100, 100)
    darkness[:10] = 0.8
    sheet = ink.Sheet(darkness, False, 40)
    assert sheet.ink(40)[:10].min() == 255
    assert sheet.ink(40)[10:].max() == 0
    assert sheet.ink(80)[:10].unique().tolist() == [128]  # half of an edge, as dark as the level
    assert 0.05 < ink._level(darkness) <= 0.8
