import os
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from fontTools.ttLib import TTFont
from helpers.pictures import write_idx
from PIL import Image, ImageChops

from ganplay.cli import main
from ganplay.images.datasets import DATASETS, DataError, ImageData, load
from ganplay.images.datasets import fonts as font_room
from ganplay.images.datasets.faces import ATTRIBUTES, Choice, draw_faces, sample_attributes
from ganplay.images.datasets.faces.face import Face
from ganplay.images.datasets.fonts import LETTERS, FontRefused, alphabet, own_font, read_font
from ganplay.media.contact_sheet import contact_sheet

SHARED = Path(os.environ.get("GANPLAY_DATA", Path(__file__).parents[3] / "shared" / "data"))


# Arguments and shapes


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"name": "cats"}, "'cats'.*digits, fashion, letters, faces, folder"),
        ({"split": "valid"}, "'valid'.*train, test"),
        ({"size": 4}, "size 4.*8 to 512"),
        ({"size": 513}, "size 513"),
        ({"count": 0}, "count 0"),
        ({"seed": -1}, "seed -1"),
        ({"name": "digits"}, "one folder, not 0"),
        ({"name": "folder", "root": ["a", "b"]}, "one folder, not 2"),
        ({"size": 512, "count": 100_000}, "8 GiB"),
    ],
)
def test_what_cannot_be_loaded_is_told(arguments, words):
    with pytest.raises(DataError, match=words):
        load(**({"name": "faces"} | arguments))


def test_image_data_fits_together():
    images, one = torch.zeros(3, 1, 4, 4, dtype=torch.uint8), torch.arange(3)
    data = ImageData(images, one, ("a", "b", "c"), "", "", {"size": one.float()})
    part = data.subset(torch.tensor([2, 0]))
    assert len(part) == 2
    assert part.labels.tolist() == part.attributes["size"].tolist() == [2, 0]
    with pytest.raises(DataError, match=r"size has shape \(2,\) for 3 images"):
        ImageData(images, one, ("a", "b", "c"), "", "", {"size": torch.zeros(2)})


# Faces


def test_attributes_have_their_marginals():
    drawn = sample_attributes(20_000, seed=1)
    assert list(drawn) == list(ATTRIBUTES)
    for name, kind in ATTRIBUTES.items():
        if isinstance(kind, Choice):
            assert sum(kind.shares.values()) == pytest.approx(1, abs=1e-9), name
            shares = drawn[name].bincount() / 20_000
            expected = torch.tensor(list(kind.shares.values()))
            torch.testing.assert_close(shares, expected, atol=0.015, rtol=0)
        else:
            assert kind.low <= drawn[name].min() < drawn[name].max() <= kind.high, name
            width = kind.high - kind.low
            # Standard deviations of the uniform and of the triangular distribution.
            deviation = (1 / 24 if kind.peaked else 1 / 12) ** 0.5
            assert drawn[name].mean().item() == pytest.approx(
                (kind.low + kind.high) / 2, abs=0.01 * width
            )
            assert drawn[name].std().item() == pytest.approx(deviation * width, rel=0.02)


def test_faces_do_not_depend_on_how_many_are_drawn():
    many, few = sample_attributes(40, seed=3), sample_attributes(5, seed=3)
    for name in ATTRIBUTES:
        assert torch.equal(many[name][:5], few[name])
    assert not torch.equal(sample_attributes(5, seed=4)["jaw"], few["jaw"])


def test_a_face_is_a_function_of_its_attributes_alone():
    attributes = sample_attributes(40, seed=5)
    together = draw_faces(attributes)
    order = torch.randperm(40, generator=torch.Generator().manual_seed(0))
    assert torch.equal(draw_faces({k: v[order] for k, v in attributes.items()}), together[order])
    for i in range(0, 40, 5):
        assert torch.equal(
            draw_faces({k: v[i : i + 1] for k, v in attributes.items()})[0], together[i]
        )


def test_no_part_of_a_face_is_cut_off(monkeypatch):
    """Parts are painted within windows; without them the pictures are the same."""
    attributes = sample_attributes(96, seed=6)
    ends = torch.Generator().manual_seed(7)
    for name, kind in ATTRIBUTES.items():
        if not isinstance(kind, Choice):
            ends_of = torch.tensor([kind.low, kind.high])
            attributes[name] = ends_of[torch.randint(2, (96,), generator=ends)]
    drawn = draw_faces(attributes)
    monkeypatch.setattr(Face, "window", lambda self, *_: self)
    assert torch.equal(draw_faces(attributes), drawn)


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_every_attribute_shows(name):
    kind = ATTRIBUTES[name]
    n = len(kind.names) if isinstance(kind, Choice) else 2
    attributes = {k: v.repeat(n) for k, v in sample_attributes(1, seed=8).items()}
    attributes |= {k: torch.zeros(n, dtype=torch.int64) for k in ("hair", "glasses", "freckles")}
    values = torch.arange(n) if isinstance(kind, Choice) else torch.tensor([kind.low, kind.high])
    faces = draw_faces(attributes | {name: values})
    for i in range(n):
        for j in range(i):
            changed = (faces[i].int() - faces[j].int()).abs().amax(0) > 12
            assert changed.sum() >= 8, (i, j)


def test_a_face_is_the_same_at_every_size():
    attributes = sample_attributes(6, seed=9)
    large = torch.nn.functional.avg_pool2d(draw_faces(attributes, 128).float(), 2)
    small = draw_faces(attributes, 64).float()
    assert (large - small).abs().mean() < 3
    assert small.std() > 30


def test_faces_come_with_their_attributes():
    train = load("faces", count=30, seed=2)
    assert train.images.shape == (30, 3, 64, 64)
    assert train.names == train.choices["hair"]
    assert torch.equal(train.labels, train.attributes["hair"])
    assert torch.equal(draw_faces(train.attributes), train.images)
    test = load("faces", split="test", count=30, seed=2)
    assert not torch.equal(test.attributes["jaw"], train.attributes["jaw"])
    # The test faces of one seed are not the train faces of the next.
    assert not torch.equal(
        test.attributes["jaw"], load("faces", count=30, seed=3).attributes["jaw"]
    )


def test_cache_gives_what_was_made_and_is_mended(tmp_path):
    made = load("faces", count=10, size=16, cache=tmp_path)
    (file,) = tmp_path.iterdir()
    size = file.stat().st_size
    stamp = file.stat().st_mtime_ns
    assert torch.equal(load("faces", count=10, size=16, cache=tmp_path).images, made.images)
    assert file.stat().st_mtime_ns == stamp
    file.write_bytes(b"\xff" * 40)
    assert torch.equal(load("faces", count=10, size=16, cache=tmp_path).images, made.images)
    assert file.stat().st_size == size
    load("faces", count=10, size=16, seed=1, cache=tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
    with pytest.raises(DataError, match="cache"):
        load("faces", count=10, size=16, cache=file)


# Letters


def write_font(path, glyphs=None, family="Plain", wide=1.0, slant=0.0, bold=0):
    """Pillow's own font with other glyphs for letters, or of another shape."""
    font = TTFont(BytesIO(own_font().font_bytes))
    for cmap in {id(table.cmap): table.cmap for table in font["cmap"].tables}.values():
        names = dict(cmap)
        for letter, other in (glyphs or {}).items():
            if other is None:
                cmap.pop(ord(letter), None)
            else:
                cmap[ord(letter)] = names.get(ord(other), other) if len(other) == 1 else other
    for name in font["glyf"].keys():  # noqa: SIM118
        glyph = font["glyf"][name]
        if glyph.numberOfContours > 0:
            glyph.coordinates.transform(((wide, 0), (slant, 1)))
            glyph.recalcBounds(font["glyf"])
        width, side = font["hmtx"][name]
        font["hmtx"][name] = (round(width * wide), side)
    for record in font["name"].names:
        if record.nameID in (1, 16):
            record.string = family
    font.save(path)
    return path


def test_capitals_stand_on_one_line_at_one_scale(tmp_path):
    family, glyphs = read_font(write_font(tmp_path / "a.ttf", family="Some Sans"), 32)
    assert family == "Some Sans"
    assert glyphs.shape == (26, 32, 32)
    assert glyphs.amax((1, 2)).min() > 200  # white
    inked = glyphs > 60
    for letter in "EFHIKLMNTXZ":
        rows = inked[LETTERS.index(letter)].any(1).nonzero()
        assert (int(rows.min()), int(rows.max())) == (5, 26), letter  # 22 pixels high
    columns = [g.any(0).nonzero() for g in inked]
    assert all(abs(int(c.min() + c.max()) - 31) <= 1 for c in columns)  # in the middle
    widths = {k: int(c.max() - c.min()) for k, c in zip(LETTERS, columns, strict=True)}
    assert widths["W"] > widths["H"] > widths["J"] > widths["I"]  # not stretched to one width
    grey = (glyphs > 20) & (glyphs < 235)
    assert grey.sum() > 500  # smooth edges


def test_size_does_not_change_the_letters():
    small, large = (alphabet(own_font(), size).float() for size in (32, 64))
    assert (torch.nn.functional.avg_pool2d(large, 2) - small).abs().mean() < 2


SYMBOLS = dict(zip(LETTERS, LETTERS[13:] + LETTERS[:13], strict=True))
MARKS = "!#$%&'()*+,-./23456789:;<=>?"


@pytest.mark.parametrize(
    ("glyphs", "words"),
    [
        ({"Q": None}, "Q missing"),
        ({"B": None, "Z": None}, "BZ missing"),
        (dict.fromkeys(LETTERS), "ABC.*XYZ missing"),
        ({"K": ".notdef"}, "K missing"),  # drawn as the box of a missing character
        ({"E": " "}, "E blank"),
        ({"O": "Q"}, "OQ look like one another"),
        (dict.fromkeys(LETTERS, "H"), "look like one another"),  # a box for every letter
        (SYMBOLS, "only [0-4] of its 26"),
        (dict(zip(LETTERS, MARKS, strict=False)), "unequal sizes|only [0-6] of its"),
        ({"A": "|"}, None),  # one odd letter is a matter of taste
        ({}, None),
    ],
)
def test_fonts_that_are_no_alphabet_are_refused(tmp_path, glyphs, words):
    path = write_font(tmp_path / "font.ttf", glyphs)
    if words is None:
        read_font(path, 32)
        return
    with pytest.raises(FontRefused, match=words):
        read_font(path, 32)


@pytest.mark.parametrize(
    "content", [b"", b"no font at all", b"\0\1\0\0" + b"\xff" * 200, "half"], ids=str
)
def test_files_that_are_no_fonts_are_refused(tmp_path, content):
    path = tmp_path / "font.ttf"
    if content == "half":
        whole = write_font(path).read_bytes()
        content = whole[: len(whole) // 3]
    path.write_bytes(content)
    with pytest.raises(FontRefused, match=r"^its? |blank|missing"):
        read_font(path, 32)


@pytest.fixture(scope="module")
def typefaces(tmp_path_factory):
    """Four families: one with a near copy, one with a slanted member, one that is broken."""
    folder = tmp_path_factory.mktemp("fonts")
    (folder / "below").mkdir()
    write_font(folder / "plain.ttf", family="Plain")
    write_font(folder / "plain-copy.otf", family="Other name", wide=1.001)
    write_font(folder / "below" / "slim.ttf", family="Slim Light", wide=0.5)
    write_font(folder / "slim-italic.ttf", family="Slim Bold", wide=0.5, slant=0.3)
    write_font(folder / "wide.TTF", family="Wide", wide=1.3)
    write_font(folder / "lacking.ttf", {"Q": None}, family="Lacking")
    (folder / "readme.txt").write_text("no font")
    return folder


def test_letters_are_split_by_family(typefaces, tmp_path):
    train, test = (load("letters", typefaces, s, cache=tmp_path) for s in ("train", "test"))
    assert train.choices == test.choices
    # Of two alike the kind that is named first is kept; the broken one is out.
    names = train.choices["font"]
    assert sorted(names) == ["plain-copy.otf", "slim-italic.ttf", "slim.ttf", "wide.TTF"]
    seen = [{names[i] for i in d.attributes["font"].tolist()} for d in (train, test)]
    assert seen[0] | seen[1] == set(names)
    assert not seen[0] & seen[1]
    assert len(seen[1]) >= 1
    assert {"slim.ttf", "slim-italic.ttf"} <= seen[0] or {"slim.ttf", "slim-italic.ttf"} <= seen[1]
    for data in (train, test):
        assert data.images.shape == (len(data), 1, 32, 32)
        assert data.names == tuple(LETTERS)
        assert data.labels.bincount().tolist() == [len(data) // 26] * 26
    font = train.attributes["font"] == names.index("slim.ttf")
    if font.any():
        path = typefaces / "below" / "slim.ttf"
        assert torch.equal(train.images[font, 0], read_font(path, 32)[1])


def test_letters_are_rendered_once(typefaces, tmp_path, monkeypatch):
    first = load("letters", typefaces, cache=tmp_path)
    monkeypatch.setattr(font_room, "read_font", lambda *_: pytest.fail("rendered again"))
    again = load("letters", [typefaces], cache=tmp_path)
    assert torch.equal(first.images, again.images)
    some = load("letters", typefaces, cache=tmp_path, count=7, seed=1)
    other = load("letters", typefaces, cache=tmp_path, count=7, seed=2)
    assert len(some) == 7
    assert some.labels.tolist() != other.labels.tolist()


def test_without_fonts_letters_say_so(tmp_path):
    with pytest.raises(DataError, match=r"among 0 files \(there is none\)"):
        load("letters", tmp_path)
    write_font(tmp_path / "a.ttf", {"Q": None})
    with pytest.raises(DataError, match=r"among 1 files \(a.ttf: Q missing\)"):
        load("letters", tmp_path)
    write_font(tmp_path / "b.ttf")
    assert len(load("letters", tmp_path)) == 26
    with pytest.raises(DataError, match="hold out"):
        load("letters", tmp_path, "test")


# Digits and clothing


@pytest.mark.parametrize(("name", "kind"), [("digits", "MNIST"), ("fashion", "FashionMNIST")])
@pytest.mark.parametrize("ending", ["", ".gz"])
def test_digits_and_fashion_read_torchvision_s_files(tmp_path, name, kind, ending):
    raw = tmp_path / kind / "raw"
    raw.mkdir(parents=True)
    numbers = np.random.default_rng(0)
    pixels = {k: numbers.integers(0, 256, (n, 28, 28), np.uint8) for k, n in
              (("train", 12), ("t10k", 5))}  # fmt: skip
    for part, images in pixels.items():
        write_idx(raw / f"{part}-images-idx3-ubyte{ending}", images)
        labels = np.arange(len(images), dtype=np.uint8) % 10
        write_idx(raw / f"{part}-labels-idx1-ubyte{ending}", labels)
    before = sorted(p.name for p in raw.iterdir())
    train, test = load(name, tmp_path), load(name, str(tmp_path), "test")
    assert (len(train), len(test), len(train.names)) == (12, 5, 10)
    assert train.labels.tolist() == [*range(10), 0, 1]
    assert train.images.shape == (12, 1, 32, 32)
    assert np.array_equal(train.images[:, 0, 2:30, 2:30].numpy(), pixels["train"])
    assert train.images[:, :, :2].max() == 0
    assert load(name, tmp_path, size=16).images.shape == (12, 1, 16, 16)
    assert len(load(name, tmp_path, count=3)) == 3
    assert sorted(p.name for p in raw.iterdir()) == before  # nothing is written there


NAMES = [f"{part}-{kind}-ubyte" for part in ("train", "t10k")
         for kind in ("images-idx3", "labels-idx1")]  # fmt: skip


class Download:
    """In place of torchvision's: fails as often as it is told to, then writes 12 and 12 digits."""

    def __init__(self, monkeypatch, failures=0):
        self.failures, self.calls = failures, 0
        made = self

        def download(self):
            made.calls += 1
            raw = Path(self.raw_folder)
            raw.mkdir(parents=True)
            for name in NAMES:
                shape = (12, 28, 28) if "images" in name else (12,)
                write_idx(raw / name, np.full(shape, 7, np.uint8))
                if made.calls <= made.failures:
                    raise RuntimeError("Error downloading: no route to host")

        monkeypatch.setattr("torchvision.datasets.MNIST.download", download)


def fill(raw, content=None):
    raw.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        if content is not None:
            (raw / f"{name}.gz").write_bytes(content)
    return raw


@pytest.mark.parametrize(("name", "kind"), [("digits", "MNIST"), ("fashion", "FashionMNIST")])
def test_after_a_download_that_failed_it_is_tried_again(tmp_path, monkeypatch, name, kind):
    fill(tmp_path / kind / "raw")  # as a download that broke off has left it
    tried = Download(monkeypatch, failures=2)
    for _ in range(2):
        with pytest.raises(DataError, match=rf"{kind} is not whole in .*train-images.* is missing"
                           ".*no route to host.*will try again"):  # fmt: skip
            load(name, tmp_path)
        assert [p for p in tmp_path.rglob("*") if p.is_file()] == []  # nothing half is left
    assert load(name, tmp_path).images.shape == (12, 1, 32, 32)
    assert load(name, tmp_path, "test").labels.tolist() == [7] * 12
    assert tried.calls == 3
    assert sorted(p.name for p in (tmp_path / kind / "raw").iterdir()) == sorted(NAMES)
    assert [p.name for p in tmp_path.iterdir()] == [kind]


@pytest.mark.parametrize(
    "content",
    [b"", b"\x1f\x8b\x08 not really", b"version https://git-lfs.github.com/spec/v1\noid"],
    ids=["empty", "broken", "pointer"],
)
def test_broken_digits_are_fetched_again_and_else_refused(tmp_path, monkeypatch, content):
    fill(tmp_path / "MNIST" / "raw", content)
    tried = Download(monkeypatch, failures=1)
    with pytest.raises(DataError, match="MNIST is not whole in"):
        load("digits", tmp_path, fetch=False)
    assert tried.calls == 0
    with pytest.raises(DataError, match=r"MNIST is not whole in .*no route to host"):
        load("digits", tmp_path)
    assert len(load("digits", tmp_path)) == 12


def test_digits_of_which_a_file_is_cut_off_are_fetched_again(tmp_path, monkeypatch):
    tried = Download(monkeypatch)
    load("digits", tmp_path)
    pixels = tmp_path / "MNIST" / "raw" / NAMES[0]
    pixels.write_bytes(pixels.read_bytes()[:-100])
    assert len(load("digits", tmp_path)) == 12
    write_idx(tmp_path / "MNIST" / "raw" / NAMES[1], np.zeros(3, np.uint8))  # too few labels
    assert len(load("digits", tmp_path)) == 12
    assert tried.calls == 3


@pytest.mark.skipif(not (SHARED / "MNIST").is_dir(), reason=f"no MNIST in {SHARED}")
def test_mnist_is_whole():
    train, test = load("digits", SHARED), load("digits", SHARED, "test")
    assert train.images.shape == (60_000, 1, 32, 32)
    assert test.images.shape == (10_000, 1, 32, 32)
    counts = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert train.labels.bincount().tolist() == counts
    inside = train.images[:, 0, 2:30, 2:30].double().mean().item() / 255
    assert inside == pytest.approx(0.1307, abs=1e-4)


# To look at


def test_contact_sheet_has_every_picture_in_its_place():
    images = torch.arange(0, 250, 50, dtype=torch.uint8)[:, None, None, None].expand(5, 1, 4, 6)
    sheet = contact_sheet(images, columns=3, gap=1, zoom=2)
    assert sheet.size == (2 * (3 * 7 + 1), 2 * (2 * 5 + 1))
    for i in range(5):
        place = (2 * (1 + i % 3 * 7), 2 * (1 + i // 3 * 5))
        assert sheet.getpixel(place) == (50 * i,) * 3
    assert sheet.getpixel((0, 0)) == (128,) * 3
    coloured = torch.tensor([255, 0, 9], dtype=torch.uint8).view(1, 3, 1, 1).expand(4, 3, 8, 8)
    sheet = contact_sheet(coloured)
    assert sheet.size == (22, 22)
    assert sheet.getpixel((5, 5)) == (255, 0, 9)


def test_data_command_draws_a_sheet(tmp_path, capsys):
    sheet = tmp_path / "out.png"
    assert main(["data", "faces", "--count", "9", "--size", "32", "--sheet", str(sheet)]) == 0
    with Image.open(sheet) as image:
        assert image.size == (3 * 34 + 2, 3 * 34 + 2)
        assert ImageChops.difference(image, Image.new("RGB", image.size, (128,) * 3)).getbbox()
    printed = capsys.readouterr().out
    assert "9 pictures of 3x32x32" in printed
    assert "glasses" in printed
    assert "MIT" in printed


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["letters", "--data-root", "EMPTY"], "no usable font"),
        (["faces", "--sheet", "out.gif"], "ends in .png"),
        (["faces", "--size", "9999"], "8 to 512"),
        (["cats"], "invalid choice"),
    ],
)
def test_data_command_refuses_in_words(tmp_path, capsys, arguments, words):
    arguments = [str(tmp_path) if a == "EMPTY" else a for a in arguments]
    with pytest.raises(SystemExit) as end:
        main(["data", *arguments])
    assert end.value.code == 2
    assert words in capsys.readouterr().err


def test_every_data_set_says_where_it_comes_from():
    assert list(DATASETS) == ["digits", "fashion", "letters", "faces", "folder"]
    faces = load("faces", count=1)
    assert faces.licence
    assert faces.how_to_get
