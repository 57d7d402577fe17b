"""The table of a class's signed reports as plain data, and as CSV that a spreadsheet may open."""

import csv
import io
from collections.abc import Iterable
from typing import Any

from ganplay.lessons.signed_report import Row

COLUMNS = (
    "name", "student", "status", "signed_at", "points", "possible", "finished", "files", "file",
)  # fmt: skip
"""Before those of the lessons."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""What a cell begins with that a spreadsheet takes for a formula."""


def plain_row(row: Row) -> dict[str, Any]:
    """A row as JSON can hold it; of a lesson the share of its points in percent."""
    file, status, report, why = row.checked
    shown: dict[str, Any] = {"file": file, "status": status, "why": why, "files": row.files}
    if report is None:
        return shown
    told = ("name", "student", "signed_at", "lasting", "points", "possible", "finished")
    shares = {one.lesson: round(100 * one.points / one.possible) for one in report.lessons}
    claimed = [one.lesson for one in report.lessons if _claims(one)]
    return shown | report.model_dump(include=set(told)) | {"lessons": shares, "claimed": claimed}


def _claims(lesson: Any) -> bool:
    """Whether something in a lesson counts that the server has not measured."""
    return any(run.measured == "page" for run in (*lesson.runs.values(), *lesson.tasks.values()))


def class_csv(rows: Iterable[Row], order: Iterable[str] = ()) -> str:
    """One line a student, one column a lesson (percent of its points; empty if not begun).

    Files that are not valid have a line with their status and no scores. The text begins with the
    mark by which spreadsheets know UTF-8.

    Args:
        rows: see `signed_report.table`.
        order: names of lessons, in the order of their columns; others come after them.
    """
    plain = [plain_row(row) for row in rows]
    found = dict.fromkeys(name for row in plain for name in row.get("lessons", {}))
    known = [name for name in order if name in found]
    lessons = known + [name for name in found if name not in known]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([*COLUMNS, *(_cell(f"{name} (%)") for name in lessons)])
    for row in plain:
        cells = [row.get(column, "") for column in COLUMNS]
        shares = row.get("lessons", {})
        writer.writerow(
            [_cell(cell) for cell in cells + [shares.get(name, "") for name in lessons]]
        )
    return "\ufeff" + text.getvalue()


def _cell(value: object) -> object:
    """A cell that no spreadsheet takes for a formula."""
    if isinstance(value, str) and value.lstrip(" ").startswith(_FORMULA):
        return f"'{value}"
    return value
