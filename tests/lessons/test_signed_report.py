"""Signed reports: what holds, what is noticed, and the table of a class."""

import csv
import hashlib
import hmac
import io
import json

import pytest

from ganplay.lessons.class_table import COLUMNS, class_csv, plain_row
from ganplay.lessons.grading import GradedAnswer, GradedLesson, GradedRun
from ganplay.lessons.signed_report import MAX_FILE, check_file, plain_name, signed_report, table
from ganplay.lessons.signing import SigningKey, canonical, key_of

KEY, OTHER = SigningKey(b"k" * 32, lasting=True), SigningKey(b"o" * 32, lasting=False)
STUDENT = "0123456789abcdef" * 2


def lesson(name="oscillation", points=3, measured="server"):
    run = GradedRun(seed=0, changes={"r1": 0.1}, met=1, of=1, measured=measured)
    return GradedLesson(
        lesson=name, points=points, possible=4, finished=False, reached="run",
        answers=[GradedAnswer(answer=2, right=True)], runs={"r1": run}, tasks={}, visited=None,
        began="2025-03-01T08:30:00Z", at="",
    )  # fmt: skip


def file_of(name="Ada", student=STUDENT, lessons=None, key=KEY):
    return signed_report(student, name, lessons or [lesson()], key)


def checked(text, key=KEY, file="a.json"):
    return check_file(file, text if isinstance(text, bytes) else text.encode(), key)


# ---- signatures ----------------------------------------------------------------------------------


def test_a_signature_is_the_hmac_of_canonical_json():
    content = {"b": [1, 0.5], "a": "é"}
    assert canonical(content) == b'{"a":"\\u00e9","b":[1,0.5]}'
    inner = hmac.new(b"k" * 32, b"report", hashlib.sha256).digest()
    expected = hmac.new(inner, b'{"a":"\\u00e9","b":[1,0.5]}', hashlib.sha256).hexdigest()
    assert KEY.sign("report", content) == expected
    assert KEY.verifies("report", content, expected)


def test_a_signature_holds_for_one_purpose_one_key_and_one_content():
    signature = KEY.sign("run", {"a": 1})
    assert KEY.verifies("run", {"a": 1}, signature)
    assert not KEY.verifies("report", {"a": 1}, signature)
    assert not OTHER.verifies("run", {"a": 1}, signature)
    assert not KEY.verifies("run", {"a": 2}, signature)
    assert not KEY.verifies("run", {"a": 1}, "é")
    assert not KEY.verifies("run", {"a": float("nan")}, signature)


def test_a_key_comes_from_the_secret_and_does_not_tell_it():
    one, again, other = (
        key_of("a secret of mine"),
        key_of("a secret of mine"),
        key_of("another one"),
    )
    assert one.id == again.id != other.id
    assert one.lasting
    assert "a secret of mine" not in repr(vars(one))
    none = key_of(None)
    assert none is key_of(None)  # as long as the process
    assert not none.lasting
    assert len({none.id, one.id, other.id}) == 3


# ---- files ---------------------------------------------------------------------------------------


def test_a_file_is_valid_however_it_is_laid_out():
    text = file_of()
    for same in (text, json.dumps(json.loads(text)), "\ufeff" + text):
        found = checked(same)
        assert found.status == "valid", same
        assert (found.report.name, found.report.points, found.report.possible) == ("Ada", 3, 4)


def places(content, at=()):
    """Where there is something to change in a file."""
    for key, value in content.items() if isinstance(content, dict) else enumerate(content):
        yield (*at, key)
        if isinstance(value, dict | list):
            yield from places(value, (*at, key))


PLACES = [place for place in places(json.loads(file_of())) if place[0] != "signature"]


@pytest.mark.parametrize("place", PLACES, ids=str)
@pytest.mark.parametrize("how", ["other", "gone"])
def test_whatever_is_changed_is_noticed(place, how):
    content = json.loads(file_of())
    inner = content
    for key in place[:-1]:
        inner = inner[key]
    if how == "other":
        inner[place[-1]] = 4 if inner[place[-1]] != 4 else 5
    else:
        del inner[place[-1]]
    assert checked(json.dumps(content)).status == ("none" if place == ("ganplay",) else "altered")


def test_what_is_added_is_noticed():
    content = json.loads(file_of())
    for name, value in (("name ", "Eve"), ("points", float("nan")), ("points", 10**400)):
        assert checked(json.dumps(content | {name: value})).status == "altered"
    again = file_of().rstrip()[:-1] + ', "name": "Eve"}'  # what is read is what was signed
    assert checked(again).status == "altered"


def test_a_file_of_another_server_is_told_from_an_altered_one():
    assert checked(file_of(key=OTHER)).status == "other"
    content = json.loads(file_of())
    content["signature"]["value"] = "0" * 64
    assert checked(json.dumps(content)).status == "altered"
    content["signature"]["value"] = None
    assert checked(json.dumps(content)).status == "altered"


NO_REPORTS = [
    "", "null", "[1]", "{", "{}", "[" * 10_000, '{"ganplay": "report"}',
    '{"ganplay": "favourites", "signature": {"key": 1}}', '{"ganplay": "report", "signature": []}',
    b"\xff\xfe{}", b"PK\x03\x04", " " * (MAX_FILE + 1),
]  # fmt: skip


@pytest.mark.parametrize("text", NO_REPORTS, ids=range(len(NO_REPORTS)))
def test_other_files_are_no_reports(text):
    found = checked(text)
    assert (found.status, found.report) == ("none", None)
    assert found.why


def test_the_largest_report_is_not_too_large():
    run = GradedRun(seed=2**31 - 1, changes={f"a_setting_{i}": 0.12345678 for i in range(8)},
                    met=1, of=8, measured="server")  # fmt: skip
    whole = lesson().model_copy(update={
        "runs": dict.fromkeys("abcd", run), "tasks": {"break": run, "mend": run},
        "answers": [GradedAnswer(answer=1, right=False)] * 5, "began": "2025-03-01T08:30:00Z",
    })  # fmt: skip
    text = file_of(lessons=[whole.model_copy(update={"lesson": f"l-{i}"}) for i in range(64)])
    assert checked(text).status == "valid"


def test_a_report_of_a_later_version_is_not_read_as_one_of_this():
    content = json.loads(file_of()) | {"version": 2}
    del content["signature"]
    content["signature"] = {"key": KEY.id, "value": KEY.sign("report", content)}
    assert checked(json.dumps(content)).status == "none"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("  Ada\n Lovelace\t", "Ada Lovelace"), ("李\u202e雷", "李雷"), ("a\0b", "a b"),
        ("\ud800Ada", "Ada"), ("x" * 99, "x" * 80), ("Zoë 🙂", "Zoë 🙂"), (" ", ""),
    ],
)  # fmt: skip
def test_a_name_is_one_line(given, kept):
    assert plain_name(given) == kept


# ---- the table of a class ------------------------------------------------------------------------


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_a_student_has_one_row_of_the_newest_report(monkeypatch):
    times = iter(["2025-03-01T08:00:00Z", "2025-03-02T08:00:00Z", "2025-03-01T07:00:00Z"])
    monkeypatch.setattr("ganplay.lessons.signed_report.now", lambda: next(times))
    first, second = file_of(), file_of(lessons=[lesson(points=4), lesson("mode-collapse", 1)])
    other = file_of("ada", "f" * 32, [lesson("conditional", 2, measured="page")])
    given = {"1.json": first, "2.json": second, "3.json": other, "4.json": first + "x"}
    rows = table(checked(text, file=name) for name, text in given.items())
    assert [(row.checked.file, row.files) for row in rows] == [
        ("2.json", 2), ("3.json", 1), ("4.json", 0),
    ]  # fmt: skip
    assert plain_row(rows[0])["lessons"] == {"oscillation": 100, "mode-collapse": 25}
    assert plain_row(rows[0])["claimed"] == []
    assert plain_row(rows[1])["claimed"] == ["conditional"]
    text = class_csv(rows, ["mode-collapse", "conditional"])
    assert text.startswith("\ufeff" + ",".join(COLUMNS))
    ada, other, bad = rows_of(text)
    shares = ["mode-collapse (%)", "conditional (%)", "oscillation (%)"]
    assert list(ada)[-3:] == shares
    assert [ada[share] for share in shares] == ["25", "", "100"]
    assert (ada["name"], ada["points"], ada["possible"], ada["files"]) == ("Ada", "5", "8", "2")
    assert (bad["status"], bad["name"], bad["points"], bad["oscillation (%)"]) == (
        "none",
        "",
        "",
        "",
    )


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", " =cmd|' /C calc'!A0"])
def test_no_spreadsheet_takes_a_name_for_a_formula(name):
    rows = table([checked(file_of(name), file=f"{name}.json"), checked("{", file=name)])
    for row in rows_of(class_csv(rows)):
        cells = [row[column] for column in ("name", "file") if row[column]]
        assert all(cell.startswith("'") for cell in cells)


def test_names_with_commas_quotes_and_lines_stay_one_cell():
    (row,) = rows_of(class_csv(table([checked(file_of('Lovelace, "Ada"\r\n=1'))])))
    assert row["name"] == 'Lovelace, "Ada" =1'
