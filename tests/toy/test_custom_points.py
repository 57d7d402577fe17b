"""Points as text, and out of the files that strangers send."""

import io
import re
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ganplay.toy import custom_points
from ganplay.toy.custom_points import PointsError, decode, encode, parse, read_csv, read_picture

COORDINATES = st.floats(-custom_points.EXTENT, custom_points.EXTENT)
QUANTUM = 2 * custom_points.EXTENT / 4095


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Where temporary files would go: nothing may be left there."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    yield
    assert not list(tmp_path.iterdir())


@given(st.lists(st.tuples(COORDINATES, COORDINATES, st.integers(0, 15)), min_size=1, max_size=50))
def test_text_holds_points_and_classes(rows):
    given_points = np.array([row[:2] for row in rows])
    _, labels = np.unique([row[2] for row in rows], return_inverse=True)
    text = encode(given_points, labels)
    assert re.fullmatch(r"[\w.-]+", text)
    found, classes = decode(text)
    order = np.argsort(labels, kind="stable")
    assert np.array_equal(classes, labels[order])
    assert np.abs(found - given_points[order]).max() <= QUANTUM / 2 + 1e-6
    assert encode(found, classes) == text


def test_text_by_hand():
    corners = np.array([[-3.0, 3.0], [3.0, -3.0], [-3.0, -9.0]])
    assert encode(corners, np.array([0, 1, 0])) == "AA__AAAA.__AA"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "none"),
        (".", "text"),
        ("AAA", "text"),
        ("AAAAA", "text"),
        ("AAAA.", "text"),
        ("AAAA..AAAA", "text"),
        ("AAAA\n", "text"),
        ("AA A", "text"),
        ("AA+/", "text"),
        ("ＡAAA", "text"),
        (".".join(["AAAA"] * 17), "classes"),
        ("AAAA" * 20_001, "too_many"),
        ("A" * 10**6, "too_many"),
    ],
)
def test_text_of_another_kind_is_refused(text, code):
    with pytest.raises(PointsError) as refused:
        decode(text)
    assert refused.value.code == code


@given(st.text(max_size=30))
def test_any_text_is_decoded_or_refused(text):
    try:
        found, labels = decode(text)
    except PointsError:
        return
    assert encode(found, labels) == text


def test_a_table_is_centred_and_scaled_with_its_aspect_kept():
    found, labels = read_csv(b"0,0\n10,0\n10,5\n")
    np.testing.assert_allclose(found, [[-2.4, -1.2], [2.4, -1.2], [2.4, 1.2]], rtol=1e-6)
    assert labels.tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("data", "labels"),
    [
        (b"x,y\n1,2\n3,4\n", [0, 0]),
        (b"\xef\xbb\xbfx;y;class\r\n1,5;2;b\r\n\r\n3;4;a\r\n5;6;b\r\n", [0, 1, 0]),
        (b"1\t2\t10\n3\t4\t9\n5\t6\t10\n", [1, 0, 1]),
        ('"x", "y", 类\n"1", 2, 猫\n+3.e0 ,-.5, 狗\n'.encode(), [0, 1]),
        (b"7,7\n7,7", [0, 0]),
        (b"1e-300,1e149\n-1e-300,0", [0, 0]),
    ],
)
def test_tables_of_many_kinds_are_read(data, labels):
    found, classes = read_csv(data)
    assert classes.tolist() == labels
    assert np.isfinite(found).all()
    assert np.abs(found).max() <= custom_points.REACH + 1e-6


BIG = b"1,2\n" * 13_000_000  # 52 MB


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "at least one point is needed"),
        (b"\n\n , \n", "at least one point is needed"),
        (b"x,y\n", "at least one point is needed"),
        (b"1\n2\n", "columns in line 1: 1; two (x, y), or three with a class, are needed"),
        (b"Dear reader,\nthis is prose.", "columns of numbers: 0; two are needed"),
        (b"Prose without any marks", "columns in line 1: 1; two"),
        (b"1,2\n1,2,3\n", "line 2: cells: 3, but the table has 2 columns"),
        (b"1,2\n3;4\n", "columns in line 1: 1; two"),
        (b"x,y\n10,3,49,8\n", "line 2: cells: 4, but the table has 2 columns; a comma in a number"),
        (b"x y\n1 2\n3\n", "line 3: cells: 1, but the table has 2 columns"),
        (b",".join(b"%d" % i for i in range(65)), "columns: 65; at most 64 are possible"),
        (b"a,b,c\nd,1,f\ng,2,h\n", "columns of numbers: 1; two are needed"),
        (b"x,y\n1,2\nfoo,3\n", "line 3: foo is not a number (column x)"),
        (b"1,2\n3,0x10\n", "line 2: 0x10 is not a number"),
        (b"1,2\n3,1_000\n", "line 2: 1_000 is not a number"),
        ("1,2\n3,١\n".encode(), "line 2: ١ is not a number"),
        (b"1,nan\n,\n-Infinity,2\n", "none of the 3 rows has a number in both columns"),
        (b"1,2\n3,1e999\n", "line 2: 1e999 is not a finite number"),
        (b"=1+1,2\n", "line 1: =1+1 is not a number"),
        (b"1,2\n@SUM(1),3\n", "line 2: @SUM(1) is not a number"),
        (b"x,y\n\"=cmd|' /C calc'!A0\",1\n", "line 2: =cmd|' /C calc'!A0 is not a number"),
        (b"1,2\n" + b"9" * 100 + b"x,3", "line 2: 99999999999999999... is not a number"),
        (b'1,2\n"3,4\n5,6\n', "line 2 is not part of a table"),
        (b"1," + b"9" * 200_000, "line 1 is not part of a table"),
        (b" " * 2_000_001, "the file is too large: at most 2,000,000 bytes are possible"),
        (BIG, "the file is too large: at most 2,000,000 bytes are possible"),
        (b"1,2\n\x00,3", "neither text nor a picture"),
        (b"[[1,2],\n[3", "line 2: what begins as JSON is broken there"),
        (b'{"cells": [], "nbformat": 4}', "the JSON holds no points"),
        (b"[" * 100_000, "the JSON holds no points"),
        (b"[[1" + b"0" * 5000 + b",2]]", "the JSON holds no points"),
        (b"[[1,[2]]]", "the JSON holds no points"),
        (b"PK\x03\x04\x00\x00", "the file is a compressed file; a table as text (CSV, JSON) or"),
        (b"\xfc\xe9,2", "line 1: üé is not a number"),
    ],
)
def test_hostile_tables_are_refused_in_words(data, message):
    with pytest.raises(PointsError) as refused:
        parse(data)
    assert message in str(refused.value)
    assert len(str(refused.value)) < 200


@given(
    st.binary(max_size=60) | st.text("0123456789,;\t\n\"'=.e+-na x", max_size=60).map(str.encode)
)
def test_any_bytes_become_points_or_are_refused(data):
    try:
        decode(parse(data))
    except PointsError:
        return


def test_the_most_points_with_a_line_of_names_are_read_and_no_more(unchecked):
    assert len(read_csv(b"x,y\n" + b"1,2\n" * 20_000)[0]) == 20_000
    for many in (20_001, 300_000):
        with pytest.raises(PointsError, match="at most 20,000 points are possible"):
            read_csv(b"x,y\n" + b"1,2\n" * many)


def drawing(mode="L", size=(60, 40), paper=255, ink=0):
    """A dark bar at the left of an otherwise light picture."""
    image = Image.new(mode, size, paper)
    image.paste(ink, (0, 0, size[0] // 6, size[1]))
    return image


def saved(image, kind="PNG", **more):
    buffer = io.BytesIO()
    image.save(buffer, kind, **more)
    return buffer.getvalue()


def palette():
    image = drawing("RGB", paper=(255, 255, 255), ink=(0, 0, 0)).convert("P")
    image.info["transparency"] = image.getpixel((50, 20))
    return image


FRAMES = [drawing(), Image.new("L", (60, 40), 0)]
SIXTEEN = Image.fromarray(np.where(np.arange(60) < 10, 0, 50_000)[None].repeat(40, 0).astype("<u2"))
PICTURES = {
    "png": saved(drawing()),
    "one bit": saved(drawing("1", paper=1)),
    "jpeg": saved(drawing(), "JPEG"),
    "gif": saved(drawing(), "GIF"),
    "webp": saved(drawing("RGB", paper=(255,) * 3, ink=(0,) * 3), "WEBP", lossless=True),
    "bmp": saved(drawing(), "BMP"),
    "cmyk": saved(drawing("CMYK", paper=(0, 0, 0, 0), ink=(0, 0, 0, 255)), "JPEG"),
    "16 bits": saved(SIXTEEN),
    "clear": saved(drawing("RGBA", paper=(0, 0, 0, 0), ink=(0, 0, 0, 255))),
    "grey, clear": saved(drawing("LA", paper=(0, 0), ink=(0, 255))),
    "palette": saved(palette()),
    "moving gif": saved(FRAMES[0], "GIF", save_all=True, append_images=FRAMES[1:]),
    "moving png": saved(FRAMES[0], "PNG", save_all=True, append_images=FRAMES[1:]),
    "moving webp": saved(FRAMES[0], "WEBP", save_all=True, append_images=FRAMES[1:], lossless=True),
}


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_of_all_kinds_become_points_where_they_are_dark(name):
    found, labels = read_picture(PICTURES[name])
    assert 200 <= len(found) <= custom_points.PICTURE_POINTS
    assert not labels.any()
    # The bar, four times as high as wide, fills the square's height.
    wide, high = np.ptp(found, axis=0)
    assert high == pytest.approx(2 * custom_points.REACH, rel=0.01)
    assert wide / high == pytest.approx(0.25, abs=0.04)
    assert parse(PICTURES[name]) == encode(found, labels)  # the same at every call


def test_the_darker_the_denser_and_up_is_up():
    image = Image.new("L", (40, 40), 255)
    image.paste(0, (0, 0, 40, 20))
    image.paste(96, (0, 20, 40, 40))  # a quarter as dark, of what counts as dark
    found, _ = read_picture(saved(image))
    assert (found[:, 1] > 0).mean() == pytest.approx(0.8, abs=0.02)


def png(width, height, depth=8, kind=0, data=b""):
    """A PNG whose header says what we like."""

    def chunk(name, content):
        body = name + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


BOMB = png(10_000, 10_000, data=zlib.compress(bytes(10_001) * 10_000, 9))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (BOMB, "pixels"),
        (png(20_000, 20_000), "pixels"),
        (png(4_000_001, 1), "pixels"),
        (png(2**31 - 1, 2**31 - 1), "pixels"),
        (png(0, 0), "broken"),
        (png(50, 50, data=b"no zlib"), "broken"),
        (PICTURES["png"][:-40], "broken"),
        (PICTURES["jpeg"][:300], "broken"),
        (PICTURES["webp"][:-10], "broken"),
        (PICTURES["gif"][:30], "broken"),
        (PICTURES["bmp"][:600], "broken"),
        (b"GIF89a", "broken"),
        (b"\x89PNG" + bytes(100), "broken"),
        (b"\xff\xd8\xff" + bytes(1_999_997), "broken"),
        (b"\xff\xd8\xff" + bytes(1_999_998), "too_large"),
        (saved(Image.new("L", (30, 30), 255)), "no_dark"),
        (saved(Image.new("RGBA", (30, 30), (0, 0, 0, 0))), "no_dark"),
        (saved(drawing(), "TIFF"), "kind"),
    ],
)
def test_hostile_pictures_are_refused_in_words(data, code):
    with pytest.raises(PointsError) as refused:
        parse(data)
    assert refused.value.code == code
    assert str(refused.value)


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc for the peak of the memory")
def test_a_picture_of_100_megapixels_is_never_unpacked():
    # A process of its own; what it has imported before is not counted.
    code = """
import pathlib, sys
from ganplay import points
status = lambda name: int(pathlib.Path("/proc/self/status").read_text().split(name)[1].split()[0])
data = sys.stdin.buffer.read()
pathlib.Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
before = status("VmHWM:")
try:
    points.parse(data)
except points.PointsError as error:
    print(error.code, status("VmHWM:") - before)
"""
    done = subprocess.run([sys.executable, "-c", code], input=BOMB, capture_output=True, check=True)
    told, kilobytes = done.stdout.split()
    assert told == b"pixels"
    assert int(kilobytes) < 50_000  # unpacked it would have 100,000 by itself
    assert done.stderr == b""


def test_a_file_is_read_by_its_path(tmp_path_factory):
    path = tmp_path_factory.mktemp("files") / "points.csv"
    path.write_text("x,y,class\n0,0,a\n1,1,b\n")
    found, labels = decode(custom_points.read(path))
    np.testing.assert_allclose(found, [[-2.4, -2.4], [2.4, 2.4]], atol=QUANTUM)
    assert labels.tolist() == [0, 1]
    path.write_bytes(BIG)
    with pytest.raises(PointsError, match="too large"):
        custom_points.read(path)
