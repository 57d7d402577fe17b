import json
from pathlib import Path

import pytest

from ganplay.lessons.claims import LessonClaim
from ganplay.lessons.grading import graded
from ganplay.lessons.lesson import FOLDER, read

CASES = json.loads((Path(__file__).parent / "scores.json").read_text())
"""`tests/web/learn/scores.test.js` tries the page's own scores on them."""
OSCILLATION = CASES[0]


def graded_as(case, witness=lambda part, run: False, **changes):
    lesson = read(FOLDER / f"{case['lesson']}.json")
    return graded(lesson, LessonClaim.model_validate(case["claim"] | changes), witness)


@pytest.mark.parametrize("case", CASES, ids=[case["about"] for case in CASES])
def test_page_and_server_work_out_the_same_score(case):
    found = graded_as(case)
    assert found.model_dump(include=set(case["score"])) == case["score"]
    assert found.finished is case["finished"]


def test_what_the_page_says_of_its_own_success_does_not_count():
    """Held against the lesson's bounds, radii of 0.5 are no convergence, whatever is claimed."""
    mended = OSCILLATION["claim"]["tasks"]["mend"] | {"holds": [True]}
    found = graded_as(OSCILLATION, tasks={"mend": mended})
    assert (found.tasks["mend"].met, found.tasks["mend"].measured) == (0, "page")
    assert found.points == 2


def test_what_the_server_has_measured_counts_as_it_was_measured():
    """Rounded values may lie on the other side of a bound."""
    mended = OSCILLATION["claim"]["tasks"]["mend"] | {"holds": [True]}
    found = graded_as(OSCILLATION, lambda part, run: part == "mend", tasks={"mend": mended})
    assert (found.tasks["mend"].met, found.tasks["mend"].measured) == (1, "server")
    assert {run.measured for run in found.runs.values()} == {"page"}


def test_a_task_counts_only_with_the_settings_that_it_leaves_free():
    broken = OSCILLATION["claim"]["tasks"]["break"] | {"changes": {"loss": "hinge"}}
    assert graded_as(OSCILLATION, tasks={"break": broken}).tasks == {}


@pytest.mark.parametrize("values", [[], [[None, None]], [[0.0], [0.0]]])
def test_values_that_are_missing_or_too_many_meet_nothing(values):
    run = {"seed": 0, "values": values, "holds": [True]}
    found = graded_as(OSCILLATION, runs=OSCILLATION["claim"]["runs"] | {"r1": run})
    assert (found.runs["r1"].met, found.runs["r1"].of) == (0, 1)


def test_parts_that_a_lesson_does_not_have_are_left_out():
    claim = OSCILLATION["claim"]
    runs = claim["runs"] | {"nothing": claim["runs"]["r1"]}
    found = graded_as(OSCILLATION, answers=[0, 1, 2], runs=runs, deeds={"seeds": 9.0})
    assert [answer.right for answer in found.answers] == [False]
    assert set(found.runs) == {"together", "turns", "r1"}
    assert found.visited is None
