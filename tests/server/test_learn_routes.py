import json
import shutil

import pytest
from helpers.lessons import FAST, ask, known, pieces

from ganplay.common.settings import ConfigError
from ganplay.lessons.lesson import FOLDER
from ganplay.server.learn.routes import MEMBERS, LearnRoutes


def test_a_page_may_outlive_the_server_that_showed_it_the_lessons():
    assert LearnRoutes().plan(FAST).seeds == range(MEMBERS)


def test_the_page_gets_all_lessons(server):
    content = known(server)
    assert len(content["lessons"]) == 15
    assert content["problems"] == []
    assert content["members"] == MEMBERS
    free = {
        (task["run"]["kind"], name)
        for lesson in content["lessons"]
        for task in (lesson["break_it"], lesson["mend_it"])
        if task
        for name in task["editable"]
    }
    fields = {(kind, f["name"]) for kind, own in content["fields"].items() for f in own}
    assert free <= fields


def test_a_run_is_told_in_pieces(server):
    known(server)
    status, data = ask(server, FAST | {"seed": 5})
    assert status == 200
    (begun, _), *moments, (done, _) = pieces(data)
    assert begun["type"] == "begun"
    assert begun["seeds"] == list(range(5, 5 + MEMBERS))
    assert [head["step"] for head, _ in moments] == sorted(head["step"] for head, _ in moments)
    assert moments[-1][0]["step"] == 300
    path = [place for head, _ in moments for place in head.get("path", [[]] * MEMBERS)[0]]
    assert path[0] == [1.0, 0.0]
    assert len(path) == 301
    (outcome,) = done["outcomes"]
    assert outcome["holds"] is True
    assert outcome["needed"] == MEMBERS


def test_frames_and_maps_of_a_task(server):
    from ganplay.live.frame_codec import unpack

    known(server)
    asked = {"lesson": "conditional", "part": "break", "changes": {"lr_d": 0.0, "lr_g": 0.0}}
    status, data = ask(server, asked)
    assert status == 200
    (begun, _), (first, blobs), *_, (done, _) = pieces(data)
    assert begun["data"]["modes"] == 8
    assert first["frames"] == len(blobs) == MEMBERS
    assert unpack(blobs[0]).step == 0
    assert len(first["classes"]) == MEMBERS
    assert sum(map(sum, first["classes"][0])) == 2500
    assert first["values"]["class_accuracy"][0] <= 1
    assert done["outcomes"][0]["holds"] is True  # what learns nothing obeys by chance only


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"lesson": "../../etc/passwd"}, "lesson"),
        ({"lesson": ["oscillation"]}, "lesson"),
        ({"part": "nowhere"}, "part"),
        ({"part": None}, "part"),
        ({"seed": -1}, "seed"),
        ({"seed": True}, "seed"),
        ({"seed": 2**31 - 1}, "seed"),
        ({"part": "break", "changes": {"loss": "hinge"}}, "loss"),
        ({"part": "break", "changes": {"lr": "fast"}}, "lr"),
        ({"part": "break", "changes": {"lr": 1e9}}, "lr"),
        ({"part": "break", "changes": {"r1": None}}, "r1"),
        ({"part": "break", "changes": [1]}, "changes"),
    ],
)
def test_what_cannot_be_run_is_refused_by_name(server, change, field):
    known(server)
    status, data = ask(server, FAST | change)
    assert status == 422
    (problem,) = json.loads(data)["problems"]
    assert problem["field"] == field


def test_strangers_and_nonsense_are_turned_away(server):
    known(server)
    assert ask(server, FAST, token="mine")[0] == 401
    assert ask(server, FAST, Origin="http://evil.example")[0] == 403
    for body in (b"", b"[]", b"{", b"\xff" * 100):
        assert ask(server, body)[0] == 422, body
    assert ask(server, b" " * 2**20)[0] == 413


def test_settings_that_contradict_each_other(server):
    learning = LearnRoutes()  # whose list nobody has asked for yet
    with pytest.raises(ConfigError, match="layers_d"):
        learning.plan({"lesson": "best-discriminator", "part": "break", "changes": {"layers_d": 9}})
    learning.stop()


def test_a_lecturers_file_shows_without_a_restart(tmp_path):
    learning = LearnRoutes(tmp_path)
    assert learning.lessons() == ([], [])
    shutil.copy(FOLDER / "oscillation.json", tmp_path / "mine.json")
    (tmp_path / "broken.json").write_text("{")
    (lesson,), (problem,) = learning.lessons()
    assert lesson.name == "mine"
    assert problem.startswith("broken.json, line 1")
    assert learning.plan({"lesson": "mine", "part": "r1"}).seeds == range(8)
    learning.stop()


def test_who_leaves_ends_the_run():
    learning = LearnRoutes()
    learning.lessons()
    told = []

    def tell(piece):
        told.append(piece)
        return len(told) < 3

    asked = learning.plan({"lesson": "equilibrium", "part": "game"})
    assert learning._work(asked, tell) == b""
    assert len(told) == 3
    learning.stop()
