"""Statements as version 1.0.3 of the specification has them."""

import re
import uuid

import pytest

from ganplay.lessons import xapi
from ganplay.lessons.claims import LessonClaim
from ganplay.lessons.grading import graded
from ganplay.lessons.lesson import FOLDER, read

HOME, NUMBER = "https://gan.example.edu", "0123456789abcdef" * 2
LESSON = read(FOLDER / "oscillation.json")
RUN = {"seed": 0, "values": [[0.0]], "holds": [True]}
CLAIM = {
    "lesson": "oscillation", "answers": [2], "explained": True,
    "runs": {
        "together": RUN | {"values": [[2.65]]}, "turns": RUN | {"values": [[0.99]]}, "r1": RUN,
    },
    "tasks": {
        "break": RUN | {"values": [[0.0]], "changes": {"r1": 0.5, "lr": 0.1}},
        "mend": RUN | {"changes": {"r1": 1}},
    },
}  # fmt: skip
STATEMENT = {"id", "actor", "verb", "object", "result", "context", "timestamp"}
EVENTS = [
    ("opened", "", "experienced", ""), ("answered", "0", "answered", "/questions/1"),
    ("ran", "r1", "completed", "/runs/r1"), ("tried", "break", "failed", "/tasks/break"),
    ("tried", "mend", "passed", "/tasks/mend"), ("finished", "", "completed", ""),
]  # fmt: skip


def graded_as(**changes):
    return graded(LESSON, LessonClaim.model_validate(CLAIM | changes), lambda part, run: False)


def statement(event, item, name="", **changes):
    happened = xapi.Happened(xapi.Student(NUMBER, name), event, item, "2025-03-01T08:30:00Z")
    return xapi.statement(happened, LESSON, graded_as(**changes), HOME)


@pytest.mark.parametrize(("event", "item", "verb", "place"), EVENTS)
def test_a_statement_has_the_form_that_stores_accept(event, item, verb, place):
    made = statement(event, item)
    assert made.keys() <= STATEMENT
    assert uuid.UUID(made["id"]).version == 4
    assert made["actor"] == {
        "objectType": "Agent", "account": {"homePage": HOME, "name": NUMBER},
    }  # fmt: skip
    assert made["verb"] == {"id": f"http://adlnet.gov/expapi/verbs/{verb}", "display": {"en": verb}}
    assert made["object"]["objectType"] == "Activity"
    assert made["object"]["id"] == f"{HOME}/lessons/oscillation{place}"
    definition = made["object"]["definition"]
    assert definition["name"].keys() == {"en", "zh-CN"}
    assert definition["type"].startswith("http://adlnet.gov/expapi/activities/")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", made["timestamp"])
    parents = made["context"].get("contextActivities", {}).get("parent", [])
    assert [one["id"] for one in parents] == ([f"{HOME}/lessons/oscillation"] if place else [])


def test_an_answer_is_a_choice_with_the_right_one():
    made = statement("answered", "0", answers=[1])
    definition = made["object"]["definition"]
    assert definition["interactionType"] == "choice"
    assert [choice["id"] for choice in definition["choices"]] == ["0", "1", "2"]
    assert definition["correctResponsesPattern"] == ["2"]
    assert made["result"] == {"success": False, "response": "1"}
    assert statement("answered", "0")["result"]["success"] is True


def test_a_finished_lesson_has_a_score():
    result = statement("finished", "")["result"]
    assert result == {
        "completion": True, "score": {"raw": 3, "min": 0, "max": 4, "scaled": 0.75},
    }  # fmt: skip


def test_a_task_tells_the_settings_changed():
    result = statement("tried", "break")["result"]
    assert result == {"completion": True, "success": False, "response": "lr:0.1;r1:0.5"}


def test_a_name_is_sent_only_where_it_is_given():
    assert statement("opened", "", "Ada")["actor"]["name"] == "Ada"
    assert "name" not in statement("opened", "")["actor"]


def test_ids_of_activities_stay_and_those_of_statements_do_not():
    one, other = statement("opened", ""), statement("opened", "")
    assert one["object"]["id"] == other["object"]["id"]
    assert one["id"] != other["id"]


@pytest.mark.parametrize(
    ("event", "item"),
    [
        ("answered", "1"), ("answered", "-1"), ("answered", "x"), ("answered", ""),
        ("answered", "٠٠٠"), ("ran", "mend"), ("ran", ""), ("tried", "r1"), ("finished", ""),
    ],
)  # fmt: skip
def test_what_cannot_have_happened_is_told(event, item):
    assert not xapi.borne_out(event, item, graded_as())


def test_what_can_have_happened():
    broken = RUN | {"values": [[1.5]], "changes": {"r1": 0}}
    whole = graded_as(tasks=CLAIM["tasks"] | {"break": broken})
    for event, item, _, _ in EVENTS:
        assert xapi.borne_out(event, item, whole), event
