"""The command of a lecturer who gets reports handed in: `ganplay reports`."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from ganplay.cli import flags
from ganplay.lessons.class_table import class_csv
from ganplay.lessons.signed_report import MAX_FILE, CheckedFile, check_file, table
from ganplay.lessons.signing import SigningKey, key_of
from ganplay.server.http.auth import MAX_SECRET, MIN_SECRET, VARIABLE, teacher_secret

SAID = {
    "valid": "valid",
    "altered": "altered since it was signed",
    "other": "signed by another server, or with another secret",
    "none": "not a report",
}
"""Of each status."""


def add_reports(parser: argparse.ArgumentParser) -> None:
    """The flags of `ganplay reports`."""
    add = parser.add_argument
    parser.description = (
        "Check signed reports and list them. The exit status is 1 if any file is not valid. The"
        f" secret is that of the app, in {VARIABLE}."
    )
    add("files", type=Path, nargs="+", metavar="FILE",
        help="a report that a student has saved, or a folder of them")  # fmt: skip
    flags.add_output(parser, "--csv", "write a table with a row for each student and a column for "
        "each lesson", ".csv")  # fmt: skip
    parser.set_defaults(run=_reports, parser=parser)


def _reports(options: argparse.Namespace) -> int:
    secret = teacher_secret()
    if secret is None:
        flags.refuse(
            f"{VARIABLE} must hold the secret of the app that signed the reports, of {MIN_SECRET}"
            f" to {MAX_SECRET} characters: without one nothing can be checked"
        )
    key = key_of(secret)
    checked = [_checked(path, key) for path in _files(options.files)]
    for one in checked:
        print(_line(one))
    if options.csv:
        text = class_csv(table(checked))
        flags.write_output(
            options, "csv", lambda path: path.write_text(text, encoding="utf-8", newline="")
        )
    return int(any(one.status != "valid" for one in checked))


def _files(given: list[Path]) -> Iterator[Path]:
    """The files, and of a folder those in it whose names end in .json."""
    for path in given:
        if not path.is_dir():
            yield path
            continue
        found = sorted(file for file in path.iterdir() if file.suffix.lower() == ".json")
        if not found:
            flags.refuse(f"{path}: there is no file in it whose name ends in .json")
        yield from found


def _checked(path: Path, key: SigningKey) -> CheckedFile:
    try:
        with path.open("rb") as file:
            return check_file(path.name, file.read(MAX_FILE + 1), key)
    except OSError as error:
        return CheckedFile(path.name, "none", why=error.strerror or str(error))


def _line(one: CheckedFile) -> str:
    said = SAID[one.status]
    if one.report is not None:
        report = one.report
        said += f", {report.points} of {report.possible} points, {report.finished} lessons finished"
        said += f", {report.name or 'no name given'}, signed {report.signed_at}"
    return f"{one.file}: {said}" + (f" ({one.why})" if one.why else "")
