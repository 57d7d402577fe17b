"""A live class over the wire: what comes to the lecturer's page, and what does not."""

import pytest
from helpers.live_class import LESSON, Lecturer, Student, ask, refusal

from ganplay.server.http import auth
from ganplay.server.http.logs import COUNTS
from ganplay.server.learn import class_routes, live_class
from ganplay.server.learn.live_class import LiveClasses


@pytest.fixture
def lecturer(server):
    return Lecturer(server.url).look()


def join(lecturer, **given):
    return Student(lecturer.url, lecturer.code, **given)


def test_predictions_and_steps_come_to_the_lecturers_page(lecturer):
    students = [join(lecturer) for _ in range(8)]
    for option, student in enumerate(students):
        student.answer(option % 3)
    assert lecturer.look().counts() == [3, 3, 2]
    assert lecturer.here() == 8
    students[0].answer(2, step="explain")
    before = lecturer.version
    seen, _ = ask(lecturer.url, "look", lecturer.code,
                  {"key": lecturer.key, "epoch": lecturer.epoch, "since": before})  # fmt: skip
    (changed,) = seen["students"].values()  # what is known already does not come again
    assert changed["lessons"][LESSON]["reached"] == "explain"
    students[0].tell()
    assert lecturer.look().version == before + 1  # the same again is no news
    students[1].tell(leave=True)
    assert len(lecturer.look().records) == 7


def test_a_class_begins_when_its_lecturer_looks(server):
    lecturer = Lecturer(server.url)
    assert join(lecturer).refused() == "no_class"
    student = join(lecturer.look(), name="Ada\u202e \n Lovelace")
    student.answer(1)
    (record,) = lecturer.look().records.values()
    assert record["name"] == "Ada Lovelace"


def test_nobody_else_sees_a_class(server, lecturer):
    student, other = join(lecturer), Lecturer(server.url).look()
    student.answer(0)
    for path in ("look", "end"):
        for key in (other.key, "", "x" * 43, None, lecturer.key.lower()):
            status, told = refusal(server.url, path, lecturer.code, {"key": key})
            assert (status, told["type"]) in [(401, "refused"), (422, "error")]
    assert other.look().records == {}
    seen = ask(server.url, "tell", lecturer.code, student.message)[0]
    assert seen == {"type": "told"}  # and nothing of others
    # The tag by which the lecturer's page knows a student cannot speak for the student.
    (tag,) = lecturer.look().records
    assert tag not in student.id
    assert live_class.tag_of(lecturer.code, tag) != tag


def test_codes_follow_from_keys_that_cannot_be_guessed(lecturer):
    keys = {live_class.new_key() for _ in range(100)}
    assert len(keys) == len({live_class.code_of(key) for key in keys}) == 100
    assert all(len(key) == 43 for key in keys)  # 32 bytes
    assert live_class.code_of(lecturer.key) == lecturer.code
    assert live_class.CODE.fullmatch(lecturer.code)  # 80 bits


def test_a_server_that_was_started_anew_knows_all_again(server, lecturer, monkeypatch):
    students = [join(lecturer) for _ in range(8)]
    for option, student in enumerate(students):
        student.answer(option % 3)
    tags = list(lecturer.look().records)
    monkeypatch.setattr(server.live_class, "classes", LiveClasses())
    assert students[0].refused() == "no_class"
    lecturer.records.clear()  # its page was loaded again, and knows the key alone
    lecturer.epoch, lecturer.version = "", 0
    assert lecturer.look().records == {}
    for student in reversed(students):
        student.tell()
    assert lecturer.look().counts() == [3, 3, 2]
    # With a page that stayed also those are known who told nothing again, but for who left.
    monkeypatch.setattr(server.live_class, "classes", LiveClasses())
    ask(server.url, "look", lecturer.code, {"key": lecturer.key})
    students[0].answer(2)
    students[1].tell(leave=True)
    assert lecturer.look().counts() == [2, 2, 3]
    assert lecturer.here() == 1
    assert set(lecturer.records) < set(tags)
    assert list(lecturer.records) == [tag for tag in reversed(tags) if tag in lecturer.records]


def test_of_two_pages_of_a_student_the_newer_counts(lecturer):
    student = join(lecturer)
    student.answer(1)
    old = student.message
    student.answer(2)
    ask(lecturer.url, "tell", lecturer.code, old)
    assert lecturer.look().counts() == [0, 0, 1]


def test_an_ended_class_is_forgotten(server, lecturer):
    student = join(lecturer)
    student.answer(0)
    lecturer.end()
    assert lecturer.code not in server.live_class.classes._classes
    assert student.refused() == "class_ended"
    assert refusal(server.url, "look", lecturer.code, {"key": lecturer.key}) == (
        410, {"type": "class_ended"})  # fmt: skip


CHANGES = [
    ({"student": "short"}, "student"), ({"student": None}, "student"),
    ({"student": "a" * 45}, "student"), ({"name": "n" * 41}, "name"), ({"name": 3}, "name"),
    ({"away": 1}, "away"), ({"changed": -1}, "changed"), ({"changed": 1.5}, "changed"),
    ({"at": "nowhere"}, "at"), ({"at": ["a"]}, "at"),
    ({"lessons": []}, "lessons"), ({"lessons": {LESSON: []}}, "lessons"),
    ({"lessons": {f"l{i}": {} for i in range(40)}}, "lessons"),
]  # fmt: skip
STATES = [
    ({"step": "visit"}, "step"), ({"reached": "end"}, "reached"), ({"answers": [3]}, "answers"),
    ({"answers": [-1]}, "answers"), ({"answers": [0, 0]}, "answers"), ({"late": [0]}, "late"),
    ({"done": ["visit"]}, "done"), ({"done": ["explain"]}, "done"),
]  # fmt: skip
MALFORMED = [
    {"answers": [True]}, {"answers": ["0"]}, {"answers": [0.5]}, {"answers": [0] * 9},
    {"step": 1}, {"step": "x" * 100}, {"late": None}, {"answers": 2**70},
]  # fmt: skip


@pytest.mark.parametrize(("change", "field"), CHANGES)
def test_what_cannot_be_told_is_refused_by_name(lecturer, change, field):
    told = join(lecturer).message | change
    status, answer = refusal(lecturer.url, "tell", lecturer.code, told)
    assert status == 422
    assert answer["problem"]["field"] == field


def test_a_state_that_its_lesson_does_not_have_is_refused_by_name(lecturer):
    student = join(lecturer)
    for change, field in [*STATES, *((change, "") for change in MALFORMED)]:
        student.go("predict", answers=[], late=[], done=[])
        student.record["lessons"][LESSON] |= change
        status, answer = refusal(lecturer.url, "tell", lecturer.code, student.message)
        assert status == 422
        named = f"{LESSON}.{field}" if field else "lessons"
        assert answer["problem"]["field"] == named, change
    student.go("predict", answers=[])
    strange = {"lessons": {"../../etc/passwd": student.record["lessons"][LESSON]}}
    status, answer = refusal(lecturer.url, "tell", lecturer.code, student.message | strange)
    assert (status, answer["problem"]["field"]) == (422, "lessons")
    assert lecturer.look().records == {}


def test_nonsense_is_turned_away(server, lecturer):
    for code in ("", "x", lecturer.code.upper(), f"{lecturer.code}a", "../../../../etc/"):
        status, told = refusal(server.url, "tell", code, join(lecturer).message)
        assert (status, told["problem"]["field"]) == (422, "class"), code
    for body in (b"", b"[]", b"{", b"\xff" * 100):
        for path in ("tell", "look"):
            assert refusal(server.url, path, lecturer.code, body)[0] == 422, body
    assert refusal(server.url, "tell", lecturer.code, b" " * 20_000)[0] == 413
    for path in ("look", "tell", "end"):  # no page's token opens a class
        told = refusal(server.url, path, lecturer.code, {"key": auth.issue()})
        assert told[0] in (401, 422)


def test_a_class_and_all_classes_are_bounded(lecturer, monkeypatch, server):
    monkeypatch.setattr(live_class, "MAX_STUDENTS", 2)
    students = [join(lecturer) for _ in range(3)]
    for student in students[:2]:
        student.tell()
    assert students[2].refused() == "class_full"
    students[0].tell()  # who is in stays in
    students[1].tell(leave=True)
    students[2].tell()
    monkeypatch.setattr(live_class, "MAX_CLASSES", len(server.live_class.classes))
    assert refusal(server.url, "look", (more := Lecturer(server.url)).code, {"key": more.key}) == (
        503, {"type": "classes_full"})  # fmt: skip
    monkeypatch.setattr(server.live_class, "_has_priority", lambda request: True)
    assert more.look().records == {}


def test_who_says_nothing_is_lost_and_a_class_nobody_looks_at_is_forgotten():
    now = [0.0]
    classes = LiveClasses(clock=lambda: now[0])
    live = classes.open("a" * 16)
    record = live_class.Record()
    live.tell("here", record)
    live.tell("away", record, away=True)
    now[0] = live_class.LOST_SECONDS + 1
    assert live.view(0)["here"] == {"here": False, "away": True}
    now[0] = live_class.AWAY_SECONDS + 1
    assert live.view(0)["here"] == {"here": False, "away": False}
    assert len(live.view(0)["students"]) == 2  # what they said stays
    now[0] += live_class.IDLE_SECONDS - 1
    assert classes.find("a" * 16) is live
    now[0] += 2
    classes.forget_idle()
    assert len(classes) == 0
    with pytest.raises(Exception, match="no_class"):
        classes.find("a" * 16)
    live = classes.open("a" * 16)
    for _ in range(80):  # looked at all day
        now[0] += live_class.IDLE_SECONDS - 1
        live.view(0)
    with pytest.raises(Exception, match="class_ended"):
        classes.find("a" * 16)


def test_a_class_behind_one_address_is_not_slowed(lecturer):
    """64 pages that tell all at once, time after time: as many as a class may, and not fewer."""
    crowded = COUNTS["crowded"]
    student = join(lecturer)
    for _ in range(700):  # more than an address has of other work
        ask(lecturer.url, "tell", lecturer.code, student.message)
    assert COUNTS["crowded"] == crowded


def test_restored_records_are_checked_as_a_students_are(lecturer):
    asked = {"key": lecturer.key, "epoch": lecturer.epoch}
    for restore in ({"x": {}}, {"a" * 16: {"name": "n" * 99}}, {"a" * 16: []}, [],
                    {f"{i:016x}": {} for i in range(class_routes.MAX_STUDENTS + 1)}):  # fmt: skip
        told = refusal(lecturer.url, "look", lecturer.code, asked | {"restore": restore})[1]
        assert told["problem"]["field"] == "restore", restore
    wrong = {"lessons": {LESSON: {"step": "run", "reached": "run", "answers": [7]}}}
    told = refusal(lecturer.url, "look", lecturer.code, asked | {"restore": {"a" * 16: wrong}})[1]
    assert told["problem"]["field"] == f"{LESSON}.answers"
