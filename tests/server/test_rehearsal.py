"""What the rehearsal makes of what its students saw, without a server."""

import json
import struct
from dataclasses import replace

import pytest

from benchmarks.rehearsal import QUICK_SECONDS
from benchmarks.rehearsal_class import Happened, film_in, planned
from benchmarks.rehearsal_report import COLUMNS, Account, as_markdown, rows_of, table_of
from benchmarks.students import Seen, Student
from ganplay.live.frame_codec import FLAGS, HEADER, VERSION

WELL = Account(
    student=1, frames=20.0, steps=90.0, gap=60.0, longest=110.0, held=3, checks=3, slider=8.0,
    slider_late=40.0, weights=1000, film=2000, film_kind="gif", asked_again=0, fault_a=0.1,
    touched=False, fault_b=7.0, slider_b=9.0, step_before=500, step_after=900, caught_up=12.0,
    kept=True, lost=[],
)  # fmt: skip
ILL = replace(WELL, student=0, fault_a=2.5, touched=True, slider_b=None)
CLASS = [ILL, WELL, replace(WELL, student=2, slider_b=None)]
SEEN = Happened(begun=0.0, killed=10.0, up=14.0, late=[1.0], waits=[9.0], memory=[900.0, 950.0])


def failing(accounts, seen=SEEN, same_numbers=(True, True)):
    rows = rows_of(accounts, seen, same_numbers, whole=True)
    return [row.name for row in rows if not row.holds]


def test_a_class_that_went_well_keeps_all_bounds():
    assert failing(CLASS) == []


@pytest.mark.parametrize(
    ("change", "row"),
    [
        ({"held": 2}, "lesson: checks all came out for"),
        ({"slider_late": None}, "explorer: moved a picture"),
        ({"film": 0}, "export: films"),
        ({"touched": True}, "NaN: who noticed"),
        ({"fault_b": None}, "kill: frames again after"),
        ({"slider_b": None}, "kill: pictures again after"),
        ({"kept": False}, "kill: settings and seed as before"),
        ({"step_after": 499}, "kill: steps as far as before"),
        ({"lost": ["points: 500"]}, "lines and requests lost, except by the kill"),
    ],
    ids=lambda given: given if isinstance(given, str) else None,
)
def test_what_went_wrong_for_one_breaks_a_bound(change, row):
    assert failing([ILL, replace(WELL, **change), CLASS[2]]) == [row]


def test_a_server_that_never_came_back_breaks_bounds():
    gone = [replace(one, fault_b=None, caught_up=None, kept=False) for one in CLASS]
    assert "kill: frames again after" in failing(gone, Happened(begun=0.0))
    assert "server's memory in the end" in failing(gone, Happened(begun=0.0))


def test_the_report_has_a_line_for_each():
    table = table_of(CLASS).splitlines()
    assert [line.count("|") for line in table] == [len(COLUMNS) + 1] * (2 + len(CLASS))
    rows = rows_of(CLASS, SEEN, [True, True], whole=True)
    page = as_markdown(CLASS, rows, planned(QUICK_SECONDS), "oscillation").splitlines()
    assert page[-len(table) :] == table
    first = page.index("| --- | ---: | --- | --- |") + 1
    assert [line.split(" | ")[0] for line in page[first : first + len(rows)]] == [
        f"| {row.name}" for row in rows
    ]


def test_the_plan_is_in_order():
    assert list(planned(600)) == sorted(planned(600))
    assert planned(600).end == 600


def test_a_film_is_the_last_piece_of_its_answer():
    def piece(kind, content=b""):
        head = json.dumps({"type": kind}).encode()
        return struct.pack("<II", len(head), len(content)) + head + content

    assert film_in(piece("start") + piece("progress") + piece("file", b"GIF89a")) == b"GIF89a"
    assert film_in(piece("start") + piece("error")) == b""


def frame(step, flags=0, run=1):
    return HEADER.pack(b"GP", VERSION, flags, run, step, *[0] * 3, *[0.0] * 6, 0)


def test_a_page_remembers_the_step_it_is_trained_to_again():
    student = Student("http://nowhere", lambda: "token", Seen(), config={"seed": 3})
    student._draw(frame(700))
    assert student._remembered()["step"] == 700
    student._draw(frame(20, FLAGS["catching_up"], run=2))  # and the line breaks once more
    assert student._remembered() == student.hello | {"step": 700}
    student._draw(frame(700, run=2))
    assert len(student.seen.caught_up) == 1
    student._draw(frame(0, run=3))  # rewound
    assert student._remembered()["step"] == 0
    student.away = True
    assert not student._remembered()["playing"]
