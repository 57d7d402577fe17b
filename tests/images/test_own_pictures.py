"""Folders of somebody's own pictures: what is read, how, and what is left out and said of it."""

import os
import struct
import sys
import types
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageFile

from ganplay.cli import main
from ganplay.images.datasets import DataError, load
from ganplay.images.datasets.folder_contents import contents_of
from ganplay.images.datasets.picture_files import read_picture


def write_picture(path, size=(40, 20), colour="red", **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path, **options)
    return path


def write_class(folder, count=6, **options):
    for i in range(count):
        write_picture(folder / f"{i}.png", (20, 20), **options)
    return folder


@pytest.fixture
def pictures(tmp_path):
    for i in range(8):
        write_picture(tmp_path / "red" / f"{i}.png", (30 + i, 40))
        write_picture(tmp_path / "blue" / "deep" / f"{i}.jpg", colour="blue", quality=95)
    return tmp_path


def everything(root, size=16, **options):
    """Both splits of a folder, by the names of the pictures."""
    found = {}
    for split in ("train", "test"):
        data = load("folder", root, split, size, **options)
        found |= dict(zip(data.files, data.images, strict=True))
    return found


def labelled(data):
    return {name: data.names[i] for name, i in zip(data.files, data.labels.tolist(), strict=True)}


# What is found


def test_folder_reads_classes_and_splits(pictures):
    train, test = load("folder", pictures), load("folder", pictures, "test")
    assert (len(train), len(test)) == (15, 1)
    assert train.names == test.names == ("blue", "red")
    assert train.images.shape == (15, 3, 64, 64)
    centre = train.images[:, :, 32, 32].int()
    for colour, label in zip(centre.tolist(), train.labels.tolist(), strict=True):
        assert colour[0 if label else 2] > 240
        assert colour[2 if label else 0] < 15
    assert torch.equal(load("folder", pictures).images, train.images)
    some = load("folder", pictures, size=8, count=4)
    assert some.images.shape == (4, 3, 8, 8)
    assert set(some.files) < set(train.files)
    part = train.subset(torch.tensor([3, 0]))
    assert part.files == (train.files[3], train.files[0])


def test_what_systems_leave_behind_is_skipped_and_said(pictures):
    junk = [
        "._0.png", "red/._0.png", "red/.hidden.jpg", "__MACOSX/red/0.png", ".git/x/0.png",
        "red/Thumbs.db", "blue/.DS_Store", "Desktop.ini", "red/@eaDir/0.png",
    ]  # fmt: skip
    for name in junk:
        path = pictures / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"junk")
    for name in ("red/notes.txt", "labels.CSV", "README", "red/raw.cr2"):
        (pictures / name).write_text("no picture")
    train = load("folder", pictures)
    assert (len(train), train.names) == (15, ("blue", "red"))
    whole = "\n".join(train.found)
    assert "15 pictures of 2 classes" in whole
    assert "1 more are held out (one in ten is held out)" in whole
    assert "9 hidden, or of the system" in whole
    assert "4 no picture (" in whole
    for ending in (".txt 1", ".csv 1", ".cr2 1", "no ending 1"):
        assert ending in whole


@pytest.mark.parametrize(
    "ending", ["jfif", "JPE", "tif", "tiff", "webp", "gif", "bmp", "ppm", "jp2", "tga"]
)
def test_pictures_of_all_kinds_are_read(tmp_path, ending):
    for i in range(2):
        kind = {"jfif": "JPEG", "JPE": "JPEG", "jp2": "JPEG2000"}.get(ending)
        write_picture(tmp_path / "a" / f"{i}.{ending}", (24, 24), "blue", format=kind)
    assert len(everything(tmp_path)) == 2
    for image in everything(tmp_path).values():
        assert image.float().mean((1, 2)).tolist() == pytest.approx([0, 0, 255], abs=3)


def test_a_file_without_an_ending_is_known_by_how_it_begins(tmp_path):
    write_class(tmp_path / "a")
    write_picture(tmp_path / "a" / "photo", format="PNG")
    (tmp_path / "a" / "LICENSE").write_text("a text")
    assert "a/photo" in everything(tmp_path)
    assert "a/LICENSE" not in everything(tmp_path)


def test_a_flat_folder_is_one_class(tmp_path):
    write_class(tmp_path, 10)
    train = load("folder", tmp_path)
    assert (train.names, len(train)) == (("pictures",), 9)
    assert train.found[0].startswith("9 pictures of one class in ")


@pytest.mark.parametrize("names", [("train", "val"), ("Training", "validation"), ("train", "test")])
def test_parts_above_the_classes_are_the_splits(tmp_path, names):
    for name, count in zip(names, (6, 2), strict=True):
        for label in ("cat", "dog"):
            write_class(tmp_path / name / label, count)
    write_class(tmp_path / names[1] / "cow", 1)
    write_picture(tmp_path / names[0] / "loose.png")
    train, test = load("folder", tmp_path), load("folder", tmp_path, "test")
    assert train.names == test.names == ("cat", "dog")
    assert (len(train), len(test)) == (12, 4)
    assert all(name.startswith(f"{names[0]}/") for name in train.files)
    assert all(name.startswith(f"{names[1]}/") for name in test.files)
    assert labelled(train)[f"{names[0]}/dog/0.png"] == "dog"
    whole = "\n".join(train.found)
    assert f"4 more are held out (parts: {', '.join(sorted(names))})" in whole
    assert "1 of a class that only the held-out part has" in whole
    assert "1 beside the folders of the classes" in whole


def test_parts_alone_and_classes_that_are_called_like_parts(tmp_path):
    """A folder train/ alone is no class of its own; beside other classes it is one."""
    write_class(tmp_path / "only" / "train" / "cat")
    write_class(tmp_path / "only" / "train" / "dog")
    assert load("folder", tmp_path / "only").names == ("cat", "dog")
    for name in ("train", "plane"):
        write_class(tmp_path / "vehicles" / name)
    assert load("folder", tmp_path / "vehicles").names == ("plane", "train")
    for name in ("train", "val"):
        write_class(tmp_path / "flat" / name)
    flat = load("folder", tmp_path / "flat")
    assert (flat.names, len(flat)) == (("pictures",), 6)


def test_folders_below_an_only_class_are_told(tmp_path):
    for name in ("cat", "dog"):
        write_class(tmp_path / "unzipped" / name)
    train = load("folder", tmp_path)
    assert train.names == ("unzipped",)
    assert any("are no classes: cat, dog" in words for words in train.found)


def test_links_below_a_class_are_followed_once(tmp_path):
    root, elsewhere = tmp_path / "root", tmp_path / "elsewhere"
    write_class(root / "a", 4)
    write_class(elsewhere, 3)
    (root / "a" / "linked").symlink_to(elsewhere)
    (root / "b").symlink_to(elsewhere)
    (root / "b2.png").symlink_to(elsewhere / "0.png")
    (root / "a" / "up").symlink_to(root)
    (elsewhere / "itself").symlink_to(elsewhere)
    contents = contents_of(root)
    names = sorted(picture.name for picture in contents.pictures)
    assert names == [*(f"a/{i}.png" for i in range(4)), *(f"a/linked/{i}.png" for i in range(3)),
                     *(f"b/{i}.png" for i in range(3))]  # fmt: skip
    twice = [one.path for one in contents.left_out if one.why.startswith("a link to a folder")]
    assert twice == ["a/linked/itself", "a/up", "b/itself"]
    assert len(everything(root)) == 10


def test_every_class_keeps_a_picture_to_learn_from(tmp_path):
    for i in range(30):
        write_class(tmp_path / f"{i:02}", 1)
    train = load("folder", tmp_path, size=8)
    assert (len(train), len(train.names)) == (30, 30)
    with pytest.raises(DataError, match="every class keeps one"):
        load("folder", tmp_path, "test", size=8)


@pytest.mark.skipif(sys.platform != "linux", reason="names are not bytes there")
def test_names_that_are_not_utf_8_are_read_and_told(tmp_path, capsys):
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    write_class(folder)
    write_class(tmp_path / "tea\ntime")
    assert load("folder", tmp_path).names == ("caf\\xe9", "tea\\ntime")
    assert main(["data", "folder", "--data-root", str(tmp_path)]) == 0
    assert "caf\\xe9" in capsys.readouterr().out


# How it is read


def test_pictures_are_cropped_turned_and_laid_on_white(tmp_path):
    wide = Image.new("RGB", (60, 20), "black")
    wide.paste("lime", (20, 0, 40, 20))
    (tmp_path / "a").mkdir()
    wide.save(tmp_path / "a" / "wide.png")
    tall = wide.rotate(90, expand=True)
    tall.paste("red", (0, 0, 20, 20))
    exif = tall.getexif()
    exif[0x0112] = 6  # to be turned by 90 degrees to be upright
    tall.save(tmp_path / "a" / "turned.png", exif=exif)
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(tmp_path / "a" / "clear.png")
    both = [load("folder", tmp_path, s, size=16).images for s in ("train", "test")]
    means = sorted(image.float().mean((1, 2)).tolist() for image in torch.cat(both))
    torch.testing.assert_close(
        torch.tensor(means), torch.tensor([[0.0, 255, 0], [0, 255, 0], [255, 255, 255]]),
        atol=3, rtol=0,
    )  # fmt: skip


def saved(path, image, **options):
    image.save(path, **options)
    return np.asarray(read_picture(path, 16)).mean((0, 1)).round().tolist()


def test_grey_palettes_transparency_and_16_bits_are_read_right(tmp_path):
    deep = np.full((16, 16), 40_000, np.uint16)  # 40,000 of 65,535 are 155.6 of 255
    palette = Image.new("RGB", (16, 16), (10, 200, 30)).convert("P", palette=Image.Palette.ADAPTIVE)
    clear = palette.copy()
    clear.info["transparency"] = 0
    for i, (image, ending, colour) in enumerate([
        (Image.new("L", (16, 16), 90), "png", [90] * 3),
        (Image.new("L", (16, 16), 90), "jpg", [90] * 3),
        (Image.new("1", (16, 16), 1), "tif", [255] * 3),
        (Image.new("LA", (16, 16), (0, 0)), "png", [255] * 3),
        (Image.fromarray(deep), "png", [156] * 3),
        (Image.fromarray(deep), "tif", [156] * 3),
        (Image.fromarray(deep.astype(">u2")), "tif", [156] * 3),
        (palette, "gif", [10, 200, 30]),
        (palette, "png", [10, 200, 30]),
        (Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "tif", [255, 0, 0]),
    ]):  # fmt: skip
        assert saved(tmp_path / f"{i}.{ending}", image) == colour, (i, image.mode, ending)
    assert saved(tmp_path / "clear.png", clear, transparency=0) == [255] * 3
    with pytest.raises(DataError, match="which value is white"):
        saved(tmp_path / "float.tif", Image.fromarray(np.ones((16, 16), np.float32)))


HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"


def test_heic_is_read_where_its_library_is_and_else_told(tmp_path, monkeypatch):
    path = tmp_path / "photo.HEIC"
    path.write_bytes(HEIC)
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(DataError, match=r"HEIC, for which a library is needed: .*pillow-heif"):
        read_picture(path, 16)

    def register():
        class HeifFile(ImageFile.ImageFile):
            format = "HEIF"

            def _open(self):
                self._size, self._mode, self.tile = (4, 4), "RGB", []

            def load(self):
                self.im = Image.new("RGB", (4, 4), "blue").im
                return super().load()

        Image.register_open("HEIF", HeifFile, lambda start: start[4:8] == b"ftyp")

    monkeypatch.setitem(
        sys.modules, "pillow_heif", types.SimpleNamespace(register_heif_opener=register)
    )
    try:
        assert np.asarray(read_picture(path, 16)).mean((0, 1)).tolist() == [0, 0, 255]
    finally:
        Image.OPEN.pop("HEIF", None)
        Image.ID.remove("HEIF")


# What cannot be read


def bomb(path):
    """A PNG of a few bytes that claims 30,000 x 30,000 pixels."""

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"
BROKEN = {
    "text.png": (b"hello", "not a picture of a kind that is read here"),
    "page.jpg": (b"\n<!DOCTYPE html><html>", "a text"),
    "empty.jpg": (b"", "an empty file"),
    "pointer.jpg": (POINTER, "git lfs pull"),
    "script.png": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage", "not a picture"),
    "photo.heif": (HEIC, "pillow-heif"),
    "cut.png": (None, ""),
    "bomb.png": (None, "pixels"),
    "nowhere.png": (None, "No such file"),
}


def break_some(folder):
    """Files of all kinds that should be pictures and are not."""
    whole = write_picture(folder / "whole.png", (300, 300)).read_bytes()
    for name, (content, _) in BROKEN.items():
        (folder / name).write_bytes(whole[:60] if content is None else content)
    bomb(folder / "bomb.png")
    (folder / "nowhere.png").unlink()
    (folder / "nowhere.png").symlink_to(folder / "is-gone.png")


def test_what_is_unreadable_is_counted_listed_and_left_out(pictures, tmp_path_factory, monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    break_some(pictures / "red")
    (pictures / "red" / "notes.txt").write_text("no picture")
    listing = tmp_path_factory.mktemp("lists") / "below" / "left-out.tsv"
    both = everything(pictures, max_unreadable=1.0)
    assert len(both) == 17
    train = load("folder", pictures, max_unreadable=0.9, left_out=listing)
    rows = dict(line.split("\t") for line in listing.read_text().splitlines())
    unread = {Path(name).name: why for name, why in rows.items() if why.startswith("unreadable: ")}
    assert rows["red/notes.txt"] == "no picture"
    assert len(train) + len(unread) == 24
    assert unread.keys() <= BROKEN.keys()
    assert len(unread) >= 7  # the others are held out
    for name, why in unread.items():
        assert BROKEN[name][1] in why, name
    whole = "\n".join(train.found)
    assert f"{len(unread)} unreadable: red/" in whole
    assert f"listed in {listing}" in whole
    # Each of the others still has its own label and pixels.
    assert all(name.startswith(f"{label}/") for name, label in labelled(train).items())
    for name, image in zip(train.files, train.images, strict=True):
        assert (image[0].float().mean() > 200) == name.startswith("red/")
    with pytest.raises(DataError) as refused:
        load("folder", pictures, left_out=listing)
    assert f"{len(unread)} of 24 pictures cannot be read" in str(refused.value)
    assert "at most 10% may be" in str(refused.value)
    assert f"all are listed in {listing}" in str(refused.value)
    for name in BROKEN:
        (pictures / "red" / name).unlink()
    (pictures / "red" / "notes.txt").unlink()
    load("folder", pictures, left_out=listing)
    assert not listing.exists()  # a list of before would be wrong


def test_a_class_or_a_folder_of_which_nothing_can_be_read(tmp_path):
    write_class(tmp_path / "good", 60)
    for i in range(3):
        (tmp_path / f"bad{i}.png").write_bytes(b"hello")
    (tmp_path / "bad").mkdir()
    for i in range(3):
        (tmp_path / f"bad{i}.png").rename(tmp_path / "bad" / f"{i}.png")
    with pytest.raises(DataError, match=r"class 'bad': none of its pictures can be read: bad/"):
        load("folder", tmp_path, size=8)
    with pytest.raises(DataError, match=r"cannot be read, which is 100%"):
        load("folder", tmp_path / "bad", max_unreadable=1.0)
    with pytest.raises(DataError, match=r"max_unreadable 1\.5: a share from 0 to 1"):
        load("folder", tmp_path, max_unreadable=1.5)


def test_a_folder_without_pictures_says_what_is_needed(tmp_path):
    with pytest.raises(DataError, match="no such folder"):
        load("folder", tmp_path / "nowhere")
    (tmp_path / "archive.zip").write_bytes(b"PK")
    with pytest.raises(DataError, match="this is a file; a folder is needed"):
        load("folder", tmp_path / "archive.zip")
    with pytest.raises(DataError, match=r"no pictures.*\.png.*1 no picture \(\.zip 1\)"):
        load("folder", tmp_path)
    write_picture(tmp_path / "a" / "only.png")
    with pytest.raises(DataError, match="single picture"):
        load("folder", tmp_path)


def test_what_was_found_is_said_by_the_command(pictures, capsys):
    (pictures / "red" / "broken.png").write_bytes(b"hello")
    command = ["data", "folder", "--data-root", str(pictures)]
    assert main([*command, "--left-out", str(pictures / "list.tsv")]) == 0
    told = capsys.readouterr().err
    assert "red/broken.png: not a picture" in told
    assert f"listed in {pictures / 'list.tsv'}" in told
    with pytest.raises(SystemExit):
        main([*command, "--max-unreadable", "0"])
    assert "at most 0% may be" in capsys.readouterr().err
