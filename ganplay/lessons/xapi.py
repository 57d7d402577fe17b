"""What a student did in a lesson as xAPI statements (version 1.0.3), for a learning record store.

The verbs are ADL's. The id of a lesson, question, run or task is made of the operator's own address
and stays the same, so that a store can bring together what belongs together.
"""

import uuid
from typing import Any, Literal, NamedTuple

from ganplay.lessons.grading import GradedLesson, GradedRun
from ganplay.lessons.lesson import Lesson, Question, Text

VERSION = "1.0.3"
VERBS = "http://adlnet.gov/expapi/verbs/"
ACTIVITIES = "http://adlnet.gov/expapi/activities/"
Event = Literal["opened", "answered", "ran", "tried", "finished"]
"""Of a lesson: it was opened, a question answered, a run ended, a task tried, all of it done."""
_CHINESE = "zh-CN"


class Student(NamedTuple):
    """Who did it: the random number of a browser, and a name if the student agreed to its use."""

    number: str
    name: str = ""


class Happened(NamedTuple):
    """Something that a student did.

    Attributes:
        student: who.
        event: what.
        item: of which question (its number from 0), run or task (its name).
        at: when, as `signed_report.now` writes it.
    """

    student: Student
    event: Event
    item: str
    at: str


def statement(
    happened: Happened, lesson: Lesson, graded: GradedLesson, home: str
) -> dict[str, Any]:
    """The statement of something that happened.

    Args:
        happened: what.
        lesson: in which.
        graded: how much of it is done, which bears out what happened (see `borne_out`).
        home: the operator's address, without a slash at its end.
    """
    about = {"opened": _opened, "answered": _answered, "ran": _ran, "tried": _tried,
             "finished": _finished}[happened.event]  # fmt: skip
    verb, place, definition, result = about(lesson, graded, happened.item)
    activity = f"{home}/lessons/{lesson.name}"
    number, name = happened.student
    actor = {"objectType": "Agent", "account": {"homePage": home, "name": number}}
    context: dict[str, Any] = {"platform": "ganplay"}
    if place:
        parent = {"id": activity, "objectType": "Activity", "definition": _lesson(lesson)}
        context["contextActivities"] = {"parent": [parent]}
    return {
        "id": str(uuid.uuid4()),
        "actor": actor | ({"name": name} if name else {}),
        "verb": {"id": VERBS + verb, "display": {"en": verb}},
        "object": {"id": activity + place, "objectType": "Activity", "definition": definition},
        "context": context,
        "timestamp": happened.at,
    } | ({"result": result} if result else {})


def borne_out(event: Event, item: str, graded: GradedLesson) -> bool:
    """Whether something can have happened in a lesson of which so much is done."""
    if event == "answered":
        return item.isdecimal() and len(item) < 3 and int(item) < len(graded.answers)
    within = {"ran": graded.runs, "tried": graded.tasks}
    return item in within[event] if event in within else event != "finished" or graded.finished


Told = tuple[str, str, dict[str, Any], dict[str, Any]]
"""A verb, what is put behind the lesson's id, the activity's definition, and the result."""


def _opened(lesson: Lesson, graded: GradedLesson, item: str) -> Told:
    return "experienced", "", _lesson(lesson), {}


def _answered(lesson: Lesson, graded: GradedLesson, item: str) -> Told:
    question: Question = [lesson.question, *lesson.further][int(item)]
    answer = graded.answers[int(item)]
    choices = [
        {"id": str(k), "description": _words(one.text)} for k, one in enumerate(question.answers)
    ]
    definition = {
        "type": f"{ACTIVITIES}cmi.interaction",
        "name": _words(question.text),
        "interactionType": "choice",
        "choices": choices,
        "correctResponsesPattern": [str(question.right)],
    }
    result = {"success": answer.right, "response": str(answer.answer)}
    return "answered", f"/questions/{int(item) + 1}", definition, result


def _ran(lesson: Lesson, graded: GradedLesson, item: str) -> Told:
    definition = {"type": f"{ACTIVITIES}simulation", "name": _words(lesson.runs[item].name)}
    return "completed", f"/runs/{item}", definition, _outcome(graded.runs[item])


def _tried(lesson: Lesson, graded: GradedLesson, item: str) -> Told:
    task, run = lesson.tasks()[item], graded.tasks[item]
    definition = {"type": f"{ACTIVITIES}assessment", "name": _words(task.text)}
    changes = ";".join(f"{name}:{value}" for name, value in sorted(run.changes.items()))
    result = _outcome(run) | {"response": changes}
    return "passed" if run.holds else "failed", f"/tasks/{item}", definition, result


def _finished(lesson: Lesson, graded: GradedLesson, item: str) -> Told:
    points, possible = graded.points, graded.possible
    score = {"raw": points, "min": 0, "max": possible, "scaled": round(points / possible, 4)}
    return "completed", "", _lesson(lesson), {"completion": True, "score": score}


def _outcome(run: GradedRun) -> dict[str, Any]:
    return {"completion": True, "success": run.holds}


def _lesson(lesson: Lesson) -> dict[str, Any]:
    return {"type": f"{ACTIVITIES}lesson", "name": _words(lesson.title)}


def _words(text: Text) -> dict[str, str]:
    return {"en": text.en, _CHINESE: text.zh}
