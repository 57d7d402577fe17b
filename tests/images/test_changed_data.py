"""A run goes on with the pictures that it has learnt from, or not without a word."""

import json
import shutil
import sys
from functools import partial

import numpy as np
import pytest
import torch
from helpers.pictures import FLAGS, bars, run_train, write_pictures
from PIL import Image

from ganplay.cli import main
from ganplay.images import datasets
from ganplay.images.data_record import DataRecord
from ganplay.images.runs import Run, RunError

pytestmark = pytest.mark.usefixtures("one_thread")

BEFORE = DataRecord((("aa", "cat/1.png"), ("bb", "cat/2.png"), ("cc", "dog/1.png")))


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (BEFORE.pictures, []),
        (
            (("aa", "cat/1.png"), ("bb", "cat/two.png"), ("cc", "dog/1.png")),
            ["1 renamed (cat/2.png is now cat/two.png)"],
        ),
        (
            (("aa", "felines/1.png"), ("bb", "felines/2.png"), ("cc", "dog/1.png")),
            ["2 renamed (cat/1.png is now felines/1.png, cat/2.png is now felines/2.png)"],
        ),
        (
            (*BEFORE.pictures, ("dd", "dog/2.png"), ("ee", "dog/3.png")),
            ["2 new (dog/2.png, dog/3.png)"],
        ),
        (BEFORE.pictures[:2], ["1 no longer there, or no longer among"]),
        (
            (("aa", "cat/1.png"), ("xx", "cat/2.png"), ("cc", "dog/1.png")),
            ["1 with other pixels (cat/2.png)"],
        ),
        (BEFORE.pictures[::-1], ["the pictures have another order"]),
        (
            (("cc", "cat/1.png"), ("bb", "cat/3.png")),
            [
                "1 renamed (cat/2.png is now cat/3.png)", "1 with other pixels (cat/1.png)",
                "1 no longer there",
            ],
        ),
        (tuple(("dd", f"new/{i}.png") for i in range(5)),
         ["5 new (new/0.png, new/1.png, new/2.png, and 2 more)", "3 no longer there"]),
    ],
)  # fmt: skip
def test_changes_are_named(now, words):
    told = BEFORE.changes(DataRecord(now))
    assert len(told) == len(words)
    for one, start in zip(told, words, strict=True):
        assert one.startswith(start)


def test_a_record_survives_its_file_and_nothing_else_is_one():
    assert DataRecord.from_bytes(BEFORE.to_bytes()) == BEFORE
    for content in (b"", b"aa", b"aa\tcat/1.png", b"aa cat/1.png\n", b"\xff\n"):
        with pytest.raises(ValueError, match=r"no list of pictures|codec"):
            DataRecord.from_bytes(content)


def test_data_without_files_are_known_by_all_pixels_and_labels():
    one, other = bars(), bars()
    assert DataRecord.of(one) == DataRecord.of(other)
    other.images[3, 0, 0, 0] += 1
    assert DataRecord.of(one).changes(DataRecord.of(other)) == [
        "the pictures are others than before"
    ]
    other.images[3, 0, 0, 0] -= 1
    other.labels[3] = 1 - other.labels[3]
    assert DataRecord.of(one).changes(DataRecord.of(other))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    place = tmp_path_factory.mktemp("made")
    data = write_pictures(place / "data")
    assert run_train(data, place / "run", "--steps", 2) == 0
    return place


@pytest.fixture
def place(made, tmp_path):
    shutil.copytree(made, tmp_path / "place")
    return tmp_path / "place"


def resume(place, *more):
    flags = ["--data-root", place / "data", "--out", place / "run", "--resume", "--steps", 3]
    return main(["train", *FLAGS, *map(str, [*flags, *more])])


def rename(data):
    (data / "lying" / "00.png").rename(data / "lying" / "first.png")


def rename_class(data):
    (data / "lying").rename(data / "flat")


def add(data):
    shutil.copy(data / "lying" / "00.png", data / "lying" / "more.png")


def remove(data):
    for path in sorted((data / "lying").iterdir())[:4]:
        path.unlink()


def repaint(data):
    for path in sorted((data / "lying").iterdir())[:6]:
        Image.fromarray(np.full((16, 16), 99, np.uint8)).save(path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (rename, "lying/first.png"), (rename_class, "lying/02.png is now flat/02.png"),
        (add, "new (lying/more.png)"), (remove, "no longer there"),
        (repaint, "5 with other pixels (lying/02.png"),
    ],
)  # fmt: skip
def test_a_run_does_not_go_on_with_changed_pictures_unasked(place, capsys, change, words):
    change(place / "data")
    before = (place / "run" / "state.safetensors").read_bytes()
    with pytest.raises(SystemExit):
        resume(place)
    told = capsys.readouterr().err
    assert "the data are not those that the run has learnt from" in told
    assert words in told
    assert "--allow-changed-data goes on" in told
    assert (place / "run" / "state.safetensors").read_bytes() == before


def test_with_leave_it_goes_on_and_the_card_says_so(place):
    repaint(place / "data")
    assert resume(place, "--allow-changed-data") == 0
    about = json.loads((place / "run" / "run.json").read_text())["data"]
    assert about["changed"] == [2]
    # From now on these are its pictures.
    assert resume(place, "--steps", 4) == 0
    assert main(["export", str(place / "run"), str(place / "model")]) == 0
    card = json.loads((place / "model" / "card.json").read_text())
    assert card["data"]["how_to_get"].endswith("others than before after step 2")


def test_a_run_whose_folder_has_moved_goes_on(place):
    moved = place / "elsewhere" / "pictures"
    moved.parent.mkdir()
    (place / "data").rename(moved)
    flags = [*FLAGS, "--data-root", moved, "--out", place / "run", "--resume", "--steps", 3]
    assert main(["train", *map(str, flags)]) == 0


def test_a_conditional_run_cannot_get_more_classes(place, capsys):
    shutil.copytree(place / "data" / "lying", place / "data" / "third")
    with pytest.raises(SystemExit):
        resume(place, "--allow-changed-data")
    assert "the run knows 2 classes and the data have 3 now" in capsys.readouterr().err


def test_a_run_without_a_record_is_compared_by_what_it_knows(place, capsys):
    (place / "run" / "pictures.tsv").unlink()
    remove(place / "data")
    with pytest.raises(SystemExit):
        resume(place)
    assert "36 pictures are now 33" in capsys.readouterr().err
    (place / "run" / "pictures.tsv").write_text("half a li")
    with pytest.raises(RunError, match=r"pictures\.tsv: this is no list of pictures"):
        Run(place / "run").data_changes(BEFORE)


def test_names_are_checked_before_a_picture_is_read(tmp_path, capsys, monkeypatch):
    """Of classes and sizes: what a card cannot hold, or a network cannot learn."""
    monkeypatch.setattr(
        sys.modules["ganplay.images.datasets.folder"], "read_picture",
        lambda *_: pytest.fail("a picture was read already"),
    )  # fmt: skip
    data = write_pictures(tmp_path / "data")
    refused = partial(_refused, capsys, data, tmp_path / "run")
    (data / "lying").rename(data / ("x" * 61))
    assert f"class '{'x' * 60}...': its name has 61 letters; 1 to 60 are possible" in refused()
    (data / ("x" * 61)).rename(data / ("x" * 60))
    assert "pairs: the pictures of a folder" in refused("--pairs")
    assert "size 256: one of 16, 32, 64" in refused("--size", 256)
    shutil.rmtree(data / ("x" * 60))
    assert "needs labels of 2 or more classes, not 1" in refused()


def _refused(capsys, data, out, *more):
    with pytest.raises(SystemExit):
        run_train(data, out, *more)
    return capsys.readouterr().err


def test_what_was_found_is_said_before_the_training(tmp_path, capsys):
    data = write_pictures(tmp_path / "data")
    (data / "lying" / "broken.png").write_bytes(b"hello")
    (data / "lying" / "._00.png").write_bytes(b"hello")
    assert run_train(data, tmp_path / "run", "--steps", 1) == 0
    told = capsys.readouterr().err
    assert "36 pictures of 2 classes in" in told
    listing = tmp_path / "run" / "left_out.tsv"
    assert f"listed in {listing}" in told
    assert "lying/._00.png\thidden" in listing.read_text()
    assert "lying/broken.png\tunreadable: not a picture" in listing.read_text()
    with pytest.raises(SystemExit):
        run_train(data, tmp_path / "strict", "--steps", 1, "--max-unreadable", 0)
    assert "1 of 37 pictures cannot be read" in capsys.readouterr().err
    assert (tmp_path / "strict" / "left_out.tsv").exists()
    assert torch.equal(
        datasets.load("folder", data, size=16).images,
        datasets.load("folder", data, size=16, max_unreadable=0.5).images,
    )
