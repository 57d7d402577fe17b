"""`ganplay reports`, for a lecturer at a terminal."""

import csv
import json

import pytest

from ganplay.cli import main
from ganplay.lessons.grading import GradedLesson
from ganplay.lessons.signed_report import signed_report
from ganplay.lessons.signing import SigningKey, key_of
from ganplay.server.http.auth import VARIABLE

SECRET = "a secret of mine"
LESSON = GradedLesson(
    lesson="oscillation", points=3, possible=4, finished=False, reached="run", answers=[], runs={},
    tasks={}, visited=None, began="", at="",
)  # fmt: skip


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Two students' files."""
    monkeypatch.setenv(VARIABLE, SECRET)
    for name, number in (("Ada", "a"), ("=李雷", "b")):
        text = signed_report(number * 32, name, [LESSON], key_of(SECRET))
        (tmp_path / f"{number}.json").write_text(text, encoding="utf-8")
    return tmp_path


def run(capsys, *arguments):
    try:
        code = main(["reports", *map(str, arguments)])
    except SystemExit as stopped:
        code = stopped.code
    return code, *capsys.readouterr()


def test_valid_files_are_listed_and_make_a_table(folder, capsys):
    out = folder / "class.csv"
    code, said, complaints = run(capsys, folder, "--csv", out)
    assert (code, complaints) == (0, "")
    assert "a.json: valid, 3 of 4 points, 0 lessons finished, Ada, signed 2" in said
    assert out.read_bytes().startswith(b"\xef\xbb\xbfname,")
    assert out.read_bytes().count(b"\r") == out.read_bytes().count(b"\n") == 3
    with out.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["name"], row["oscillation (%)"]) for row in rows] == [
        ("'=李雷", "75"),
        ("Ada", "75"),
    ]


def test_any_file_that_is_not_valid_makes_the_status_1(folder, capsys):
    text = (folder / "a.json").read_text(encoding="utf-8")
    bad = {
        "altered.json": text.replace('"points": 3', '"points": 4'),
        "other.json": signed_report("c" * 32, "", [LESSON], SigningKey(b"o" * 32, True)),
        "note.txt": "hello",
    }
    for name, content in bad.items():
        (folder / name).write_text(content, encoding="utf-8")
        code, said, _ = run(capsys, folder / "a.json", folder / name)
        assert code == 1, name
        assert said.startswith("a.json: valid")
    lines = run(capsys, *(folder / name for name in bad), folder / "nowhere.json")[1].splitlines()
    assert [line.split(" (")[0] for line in lines] == [
        "altered.json: altered since it was signed",
        "other.json: signed by another server, or with another secret",
        "note.txt: not a report",
        "nowhere.json: not a report",
    ]
    assert "No such file" in lines[-1]


def test_another_secret_finds_nothing_valid(folder, capsys, monkeypatch):
    monkeypatch.setenv(VARIABLE, SECRET + "!")
    code, said, _ = run(capsys, folder / "a.json")
    assert code == 1
    assert "another server" in said


@pytest.mark.parametrize("secret", ["", "short", "x" * 201])
def test_without_the_secret_nothing_can_be_checked(folder, capsys, monkeypatch, secret):
    monkeypatch.setenv(VARIABLE, secret)
    code, said, complaints = run(capsys, folder)
    assert (code, said) == (2, "")
    assert complaints.startswith(f"ganplay reports: error: {VARIABLE} must hold")


def test_a_folder_without_files_is_named(folder, capsys):
    (folder / "empty").mkdir()
    code, _, complaints = run(capsys, folder / "empty")
    assert code == 2
    assert "empty: there is no file in it whose name ends in .json" in complaints


def test_the_secret_of_the_file_is_the_apps(folder):
    """What this command can check is what the app signs with the same variable."""
    from ganplay.server.learn.routes import signing_key

    content = json.loads((folder / "a.json").read_text(encoding="utf-8"))
    assert content["signature"]["key"] == signing_key().id
