"""Reports over the wire: graded, signed, checked; and what a record store is told."""

import csv
import io
import json

import pytest
from helpers import lessons
from helpers.http import refusal, send

from ganplay.common.settings import ConfigError
from ganplay.lessons.signed_report import check_file
from ganplay.server.http import auth
from ganplay.server.http.protocol import Refusal
from ganplay.server.http.rate_limits import Rate
from ganplay.server.learn import report_routes
from ganplay.server.learn.record_store import RecordStore
from ganplay.server.learn.report_routes import ReportRoutes
from ganplay.server.learn.routes import LearnRoutes, signing_key

STUDENT = "0123456789abcdef" * 2
WORK = {"lesson": "oscillation", "answers": [2], "explained": True}
REPORT = {"student": STUDENT, "name": " Ada ", "lessons": [WORK]}
HAPPENED = {"student": STUDENT, "event": "answered", "item": "0", "lesson": WORK}
JSON = {"Content_Type": "application/json"}


def told(server, path, content, token=None):
    body = json.dumps(content).encode()
    return json.loads(send(server, f"lessons/{path}", token or auth.issue(), body, **JSON))


def refused(server, path, content):
    return refusal(
        server, f"lessons/{path}", auth.issue(), json.dumps(content).encode(), **JSON
    )  # fmt: skip


@pytest.fixture(scope="module")
def measured(server):
    """A task's run as the server has told it, and as the page says it again."""
    changes = {"r1": 1, "lr": 0.1}
    asked = {"lesson": "oscillation", "part": "mend", "seed": 3, "changes": changes}
    status, data = lessons.ask(server, asked)
    assert status == 200
    done, _ = lessons.pieces(data)[-1]
    values = [outcome["values"] for outcome in done["outcomes"]]
    # As JavaScript writes it again: whole numbers without a point.
    values = [[int(v) if v is not None and v == int(v) else v for v in row] for row in values]
    return {
        "seed": 3, "changes": changes, "values": values,
        "holds": [outcome["holds"] for outcome in done["outcomes"]], "receipt": done["receipt"],
    }  # fmt: skip


def graded_task(server, run):
    content = REPORT | {"lessons": [WORK | {"tasks": {"mend": run}}]}
    (lesson,) = told(server, "report", content)["lessons"]
    return lesson["tasks"]["mend"]


def test_a_report_is_graded_and_signed(server):
    found = told(server, "report", REPORT)
    checked = check_file("a.json", json.dumps(found).encode(), signing_key())
    assert checked.status == "valid"
    report = checked.report
    assert (report.name, report.student, report.lasting) == ("Ada", STUDENT, False)
    assert "until it is restarted" in report.about["en"]
    assert (report.points, report.possible, report.finished) == (1, 4, 0)
    assert report.lessons[0].answers[0].right
    wrong = told(server, "report", REPORT | {"lessons": [WORK | {"answers": [0]}]})
    assert wrong["points"] == 0
    assert wrong["id"] != found["id"]


def test_a_run_that_the_server_has_measured_is_known_again(server, measured):
    found = graded_task(server, measured)
    assert found == {
        "seed": 3, "changes": measured["changes"], "met": 1, "of": 1, "measured": "server",
    }  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [{"seed": 4}, {"changes": {"r1": 1}}, {"changes": {"r1": 9e9}}, {"receipt": "0" * 64},
     {"receipt": ""}, {"values": [[1.0] * 8]}, {"holds": [False]}],
    ids=str,
)  # fmt: skip
def test_a_receipt_is_for_one_run_and_what_came_of_it(server, measured, change):
    assert graded_task(server, measured | change)["measured"] == "page"


def test_a_receipt_of_one_task_is_none_of_another(server, measured):
    content = REPORT | {"lessons": [WORK | {"tasks": {"break": measured}}]}
    (lesson,) = told(server, "report", content)["lessons"]
    assert lesson["tasks"]["break"]["measured"] == "page"
    assert lesson["tasks"]["break"]["met"] == 0


def test_with_a_secret_the_signature_lasts(monkeypatch):
    monkeypatch.setenv(auth.VARIABLE, "a secret of mine")
    reports = ReportRoutes(LearnRoutes())
    text = reports._signed(report_routes.ReportRequest.model_validate(REPORT))
    assert json.loads(text)["lasting"] is True
    assert "restarted" not in json.loads(text)["about"]["en"]
    assert check_file("a", text.encode(), signing_key()).status == "valid"
    monkeypatch.setenv(auth.VARIABLE, "another secret of mine")
    assert check_file("a", text.encode(), signing_key()).status == "other"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"student": "me"}, "student"), ({"student": STUDENT.upper()}, "student"),
        ({"name": "x" * 81}, "name"), ({"name": 3}, "name"), ({"lessons": []}, "lessons"),
        ({"lessons": [WORK] * 65}, "lessons"), ({"lessons": [WORK, WORK]}, "lessons"),
        ({"lessons": [3]}, "lessons"), ({"lessons": [{"lesson": "../x"}]}, "lesson"),
        ({"lessons": [{"lesson": None}]}, "lesson"),
        ({"lessons": [WORK | {"answers": [9]}]}, "answers"),
        ({"lessons": [WORK | {"answers": [True]}]}, "answers"),
        ({"lessons": [WORK | {"runs": {"r1": {"values": [[]]}}}]}, "runs"),
        ({"lessons": [WORK | {"runs": {"r1": {"values": [["1"]]}}}]}, "runs"),
        ({"lessons": [WORK | {"tasks": {"other": {}}}]}, "tasks"),
        ({"lessons": [WORK | {"deeds": {"far": float("inf")}}]}, "deeds"),
        ({"lessons": [WORK | {"deeds": {"far": 10**400}}]}, "deeds"),
        ({"lessons": [WORK | {"at": "yesterday"}]}, "at"),
        ({"lessons": [WORK | {"at": "٢٠٢٥-03-01T08:30:00Z"}]}, "at"),
    ],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_a_report_is_refused_by_name(server, change, field):
    status, content = refused(server, "report", REPORT | change)
    assert status == 422
    assert content["problem"]["field"] == field
    assert content["problem"]["allowed"]


def test_reports_are_bounded_in_size_and_number(server, monkeypatch):
    assert refused(server, "report", REPORT | {"more": "x" * 300_000})[0] == 413
    assert refusal(server, "lessons/report", "mine", b"{}", **JSON)[0] == 401
    monkeypatch.setattr(report_routes, "SAVED", Rate(2, 0.001))
    token = auth.issue()
    for _ in range(2):
        told(server, "report", REPORT, token)
    body = json.dumps(REPORT).encode()
    found = refusal(server, "lessons/report", token, body, **JSON)
    assert found == (429, {"type": "too_many"})
    told(server, "report", REPORT)  # another page goes on


def test_a_class_is_checked_at_once(server):
    good = json.dumps(told(server, "report", REPORT))
    evil = json.dumps(told(server, "report", REPORT | {"name": "=1+1"}))
    files = {"a.json": good, "b.json": evil, "c.json": good.replace("Ada", "Eve"), "d.json": "hi"}
    content = {"files": [{"name": name, "text": text} for name, text in files.items()]}
    found = told(server, "check", content)
    assert [row["status"] for row in found["rows"]] == ["valid", "valid", "altered", "none"]
    assert found["lasting"] is False
    lines = list(csv.DictReader(io.StringIO(found["csv"].removeprefix("\ufeff"))))
    assert [line["name"] for line in lines] == ["'=1+1", "Ada", "", ""]
    assert [line["oscillation (%)"] for line in lines] == ["25", "25", "", ""]


@pytest.mark.parametrize("files", [[], [3], [{"name": 1, "text": ""}], None, [{}] * 201])
def test_what_are_no_files_is_refused_by_name(server, files):
    status, content = refused(server, "check", {"files": files})
    assert (status, content["problem"]["field"]) == (422, "files")


# ---- a record store ------------------------------------------------------------------------------


class Sender:
    """Keeps what it is to send."""

    store = RecordStore("https://lrs.example.org/statements", home="https://gan.example.edu")

    def __init__(self):
        self.sent = []

    def put(self, statement):
        self.sent.append(statement)


@pytest.fixture
def sender(server):
    made = Sender()
    server.reports.send_to(made)
    yield made
    server.reports.sender = server.learn.sent_to = None


def test_without_a_store_nothing_is_told(server):
    assert lessons.known(server)["sent_to"] is None
    assert refused(server, "happened", HAPPENED) == (404, {"type": "gone"})


def test_what_happens_is_sent_on(server, sender):
    assert lessons.known(server)["sent_to"] == "lrs.example.org"  # and no more of the address
    assert told(server, "happened", HAPPENED) == {"type": "taken"}
    told(server, "happened", HAPPENED | {"event": "opened", "item": "", "name": "Ada\u202e"})
    answered, opened = sender.sent
    assert answered["object"]["id"] == "https://gan.example.edu/lessons/oscillation/questions/1"
    assert answered["result"] == {"success": True, "response": "2"}
    assert "name" not in answered["actor"]
    assert opened["actor"]["name"] == "Ada"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"student": ""}, "student"), ({"event": "cheated"}, "event"), ({"item": "1"}, "item"),
        ({"event": "tried", "item": "mend"}, "item"), ({"event": "finished"}, "item"),
        ({"lesson": {"lesson": "x"}}, "lesson"), ({"lesson": 3}, "lesson"), ({"item": 0}, "item"),
    ],
    ids=str,
)  # fmt: skip
def test_what_cannot_have_happened_is_refused_by_name(server, sender, change, field):
    status, content = refused(server, "happened", HAPPENED | change)
    assert (status, content["problem"]["field"]) == (422, field)
    assert sender.sent == []


def test_a_page_fills_no_store(monkeypatch):
    """Nor do many pages of one address: tokens are to be had for the asking."""
    monkeypatch.setattr(report_routes, "PAGES_OF_A_CLASS", 2)
    reports, rate = ReportRoutes(LearnRoutes()), Rate(3, 0.001)

    class Asked:
        session = "one"

        class connection:
            scope = {"client": ("192.0.2.1", 1)}  # noqa: RUF012
            url = type("Url", (), {"path": "/ganplay/lessons/happened"})

    for session, most in (("one", 3), ("two", 3), ("three", 0)):
        Asked.session = session
        for _ in range(most):
            reports._pay(Asked, rate)
        with pytest.raises(Refusal):
            reports._pay(Asked, rate)


def test_a_lesson_that_is_not_there_is_named():
    with pytest.raises(ConfigError, match="lesson: 'x'"):
        ReportRoutes(LearnRoutes())._graded({"lesson": "x"}, signing_key())
