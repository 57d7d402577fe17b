"""Tables as people have them: what is read as x, y and class, and what is said of it."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganplay.toy.custom_points import Choice, PointsError, decode, inspect, read, read_table

A, B, C = [1.5, 20.25], [3.5, -4.75], [8.0, 6.5]
"""The points of most tables here."""
ROWS = "1.5,20.25\n3.5,-4.75\n8,6.5\n"


def told(data):
    """The points of a table, their classes by name, and the codes of the notes."""
    found = read_table(data if isinstance(data, bytes) else data.encode())
    names = [name for name, _ in found.classes]
    return found.points.tolist(), [names[k] for k in found.labels], found.notes


WITHOUT_CLASS = [
    ROWS,
    "\ufeffx,y\n" + ROWS,
    "y,x\n20.25,1.5\n-4.75,3.5\n6.5,8\n",
    "lat,lon\n20.25,1.5\n-4.75,3.5\n6.5,8\n",
    "纬度;经度\n20,25;1,5\n-4,75;3,5\n6,5;8\n",
    ",x,y\n0,1.5,20.25\n1,3.5,-4.75\n2,8,6.5\n",
    "Unnamed: 0,a,b\n7,1.5,20.25\n3,3.5,-4.75\n9,8,6.5\n",
    "a,b,id\n1.5,20.25,1\n3.5,-4.75,2\n8,6.5,3\n",
    ",0,1\n0,1.5,20.25\n1,3.5,-4.75\n2,8.0,6.5\n",
    "0,1\n1.5,20.25\n3.5,-4.75\n8.0,6.5\n",
    "0,1.5,20.25\n1,3.5,-4.75\n2,8.0,6.5\n",
    '"x" "y"\n"1" 1.5 20.25\n"2" 3.5 -4.75\n"3" 8 6.5\n',
    "x,y,z\n1.5,20.25,7.25\n3.5,-4.75,8.5\n8,6.5,9\n",
    "# x,y\n" + ROWS,
    "% by hand\n  1.5   20.25 \n\t3.5\t-4.75\n8 6.5",
    "My points\n\n\nx,y\n" + ROWS,
    "x,y,\n1.5,20.25,\n3.5,-4.75,\n8,6.5,\n,,\n,,\n",
    "x|y\n1.5|20.25\n3.5|-4.75\n8|6.5\n",
    "| x | y |\n|---|---|\n| 1.5 | 20.25 |\n| 3.5 | -4.75 |\n| 8 | 6.5 |\n",
    "sep=;\r\nx;y\r\n1,5;20,25\r\n3,5;-4,75\r\n8;6,5\r\n",
    'x,y\n"1,5","20,25"\n"3,5","−4,75"\n"8","6,5"\n',
    "x,y\r1.5,20.25\r3.5,–4.75\r8,6.5\r",
    "1,5   20,25\n3,5   -4,75\n8   6,5\n",
    ("x\ty\n1.5\t20.25\n3.5\t-4.75\n8\t6.5\n").encode("utf-16"),
    ("x\ty\n1.5\t20.25\n3.5\t-4.75\n8\t6.5\n").encode("utf-16-le"),
    ("Größe;y\n1,5;20,25\n3,5;-4,75\n8;6,5\n").encode("cp1252"),
    "[[1.5, 20.25], [3.5, -4.75], [8, 6.5]]",
    '[{"y": 20.25, "x": 1.5}, {"y": -4.75, "x": 3.5}, {"y": 6.5, "x": 8}]',
    '{"x": [1.5, 3.5, 8], "y": [20.25, -4.75, 6.5]}',
    '{"x": {"0": 1.5, "1": 3.5, "2": 8}, "y": {"0": 20.25, "1": -4.75, "2": 6.5}}',
    '{"columns": ["y", "x"], "data": [[20.25, 1.5], [-4.75, 3.5], [6.5, 8]]}',
    '{"x": 1.5, "y": 20.25}\n{"x": 3.5, "y": -4.75}\n{"x": 8, "y": 6.5}\n',
    '{"points": [[[1.5, 20.25], [3.5, -4.75]], [[8, 6.5]]], "config": {"points": ""}}',
]
WITH_CLASS = [
    "label,x,y\nk,1.5,20.25\nl,3.5,-4.75\nk,8,6.5\n",
    "x,species,y\n1.5,k,20.25\n3.5,l,-4.75\n8,k,6.5\n",
    "1.5;20,25;k\n3,5;-4,75;l\n8;6,5;k\n",
    ",a,b,c,name\n0,1.5,20.25,3,k\n1,3.5,-4.75,4,l\n2,8,6.5,5,k\n",
    "color,x,y\nk,1.5,20.25\nl,3.5,-4.75\nk,8,6.5\n",
    '[["k", 1.5, 20.25], ["l", 3.5, -4.75], ["k", 8, 6.5]]',
]


@pytest.mark.parametrize(
    ("data", "expected"),
    [(data, ["", "", ""]) for data in WITHOUT_CLASS]
    + [(data, ["k", "l", "k"]) for data in WITH_CLASS],
)
def test_the_same_points_are_found_however_they_are_written(data, expected):
    """The class may stand anywhere."""
    points, classes, _ = told(data)
    assert points == [A, B, C]
    assert classes == expected


def test_classes_are_numbers_too_if_they_are_few_and_whole():
    rows = [(i * 0.75, i * i - 0.5, i % 3) for i in range(30)]
    for order in ((0, 1, 2), (2, 0, 1), (0, 2, 1)):
        text = "".join(",".join(f"{row[i]:.6e}" for i in order) + "\n" for row in rows)
        points, classes, _ = told(text)
        assert points == [list(row[:2]) for row in rows]
        assert classes == [str(row[2]) for row in rows]
        names = ["x1", "x2", "y"]
        assert told(",".join(names[i] for i in order) + "\n" + text)[1] == classes


def test_colours_are_no_comments():
    _, classes, _ = told("color,x,y\n#ff0000,1,2\n# a comment, 3\n#00ff00,3,4\n")
    assert classes == ["#ff0000", "#00ff00"]


@pytest.mark.parametrize(
    ("text", "first", "note"),
    [
        ('"10,377.19","49,867"\n"1,000","2"', [10377.19, 49867], "thousands"),
        ("10.377,19;49.867\n1.000;2", [10377.19, 49867], "decimal_comma"),
        ("10,377;49,868\n1,5;2", [10.377, 49.868], "decimal_comma"),
        ("10.377;49.868\n1.5;2", [10.377, 49.868], None),
        ("1 234,5;2\u00a0000\n1;2", [1234.5, 2000], "decimal_comma"),
        ("1'234.5;2’000\n1;2", [1234.5, 2000], None),
    ],
)
def test_marks_in_numbers_are_understood_and_told(text, first, note):
    points, _, notes = told(text)
    assert points[0] == first
    assert [one.code for one in notes] == ([note] if note else [])


def test_rows_without_numbers_are_left_out_and_counted():
    points, classes, (note,) = told("x,y,class\n1,2,a\nNaN,3,a\n4,,a\n,,\n5,inf,a\n6,7,\n8,9,b\n")
    assert points == [[1, 2], [6, 7], [8, 9]]
    assert classes == ["a", "", "b"]
    assert str(note) == "rows left out, without a number in x or y: 4 (the first: line 3)"


def test_of_too_many_classes_the_largest_are_kept():
    sizes = [40 - k for k in range(20)]
    rows = "".join(f"{i},{k}.5,c{k}\n" for k, size in enumerate(sizes) for i in range(size))
    found = read_table(("x,y,class\n" + rows).encode())
    assert found.classes == [*((f"c{k}", sizes[k]) for k in range(15)), ("other", sum(sizes[15:]))]
    assert len(found.points) == sum(sizes)
    assert "of 20 classes the 15 largest are kept" in str(found)


def test_what_ganplay_exports_is_read_back():
    text = "kind,x,y,class\nreal,1.5000,20.2500,0\nreal,3.5000,-4.7500,1\nfake,8.0000,6.5000,1\n"
    points, classes, (note,) = told(text)
    assert (points, classes) == ([A, B], ["0", "1"])
    assert str(note) == "only real points were read; other rows left out: 1"
    assert told(text.replace("real", "fake"))[0] == [A, B, C]
    for rows, count in (("fake", 1), ("all", 3)):
        assert len(read_table(text.encode(), Choice(rows=rows)).points) == count
    with pytest.raises(PointsError, match="none of the 0 rows"):
        read_table(text.replace("fake", "real").encode(), Choice(rows="fake"))
    with pytest.raises(PointsError, match="rows: both is not possible; real, fake or all"):
        read_table(text.encode(), Choice(rows="both"))
    settings = {"distribution": "own", "points": "AAAAhEiI.____"}
    for content in (settings, {"config": settings}):
        assert inspect(json.dumps(content).encode())["points"] == "AAAAhEiI.____"


def test_columns_may_be_chosen(tmp_path):
    path = tmp_path / "points.csv"
    path.write_text('id,"a, b",c,d,group\n1,1,2,3,k\n2,5,6,8,l\n')
    assert decode(read(path))[1].tolist() == [0, 1]
    for columns in (("c", "D", "group"), (3, 4, 5), ("c", "4", "5")):
        found = read_table(path.read_bytes(), Choice.of(columns))
        assert found.points.tolist() == [[2, 3], [6, 8]]
        assert found.classes == [("k", 1), ("l", 1)]
    assert read(path, columns=("c", "d", "group")) != read(path, columns=("d", "a, b", None))
    assert read(path, columns=("c", "d")).count(".") == 0  # no class
    # What was found by itself gives way.
    assert read_table(path.read_bytes(), Choice(y="a, b")).points.tolist() == [[2, 1], [6, 5]]
    wrong = {
        ("c", "zap"): "there is no column zap; the columns are id, a, b, c, d",
        ("c", 9): "no column 9",
        ("c", "c"): "the same column, c",
    }
    for columns, why in wrong.items():
        with pytest.raises(PointsError, match=why):
            read(path, columns=columns)
    for columns in ("cd", ("c",), ()):
        with pytest.raises(ValueError, match="two \\(x, y\\), or three"):
            read(path, columns=columns)


def test_a_preview_shows_the_first_rows_and_the_roles():
    data = ("name,x,y\n" + "".join(f"{'k' * 30}{i % 2},{i},2\n" for i in range(20))).encode()
    table = inspect(data)["table"]
    assert [c["name"] for c in table["columns"]] == ["name", "x", "y"]
    assert [c["role"] for c in table["columns"]] == ["class", "x", "y"]
    assert (len(table["rows"]), table["count"]) == (8, 20)
    assert table["rows"][0] == ["k" * 17 + "...", "0", "2"]
    assert table["said"] == "20 points, x = x, y = y, class = name (2)"
    with pytest.raises(PointsError) as refused:
        inspect(data, Choice(x=1))
    assert [c["role"] for c in refused.value.table["columns"]] == ["x", "", "y"]


SIGNS = "0123456789,;\t|\n\r\"'#%=.+-−ena x{[]}:"


@given(st.text(SIGNS, max_size=80), st.sampled_from(["utf-8", "utf-16", "cp1252"]))
def test_any_table_is_read_or_refused_in_words(text, encoding):
    try:
        found = read_table(text.encode(encoding, "ignore"))
    except PointsError:
        return
    assert np.isfinite(found.points).all()
    assert len(found.labels) == len(found.points) > 0
    assert found.labels.max() + 1 == len(found.classes)
    assert str(found)
