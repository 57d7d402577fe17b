"""What programs and agents are told by the named endpoints: whole texts, names, JSON, pictures."""

import base64
import json
import urllib.error

import pytest
from helpers.http import post, status
from mcp import types

from ganplay.server import app
from ganplay.server.api.endpoints import agent_answer, check_names, documented, unwrapped
from ganplay.server.api.images import data_url
from ganplay.server.api.toy import Refused, train_toy


def call(server, name, *data):
    """The event that answers positional arguments, and what it says."""
    event = json.loads(post(server, f"gradio_api/call/{name}", {"data": data}))["event_id"]
    _, _, body = status(server, f"gradio_api/call/{name}/{event}")
    kind, told = body.decode().strip().split("\n")
    return kind.removeprefix("event: "), json.loads(told.removeprefix("data: "))


def refused(server, path, body):
    with pytest.raises(urllib.error.HTTPError) as answer:
        post(server, path, body)
    return answer.value.code, json.loads(answer.value.read())["error"]


@pytest.mark.parametrize(
    ("name", "data", "missing"),
    [
        ("write_script", (), "state, steps: missing; data is a list of all arguments, state"),
        ("write_script", ("1",), "steps: missing; data is a list"),
        ("info", (), "model: missing"),
        ("generate", ("1",), "model, zoom: missing; data is a list of all arguments, states"),
        ("train_toy", ("ring", {}, 1), "first_seed, steps, points, state, until: missing"),
        ("project", (), "picture, model, label, mask, restarts, steps, seed, ink: missing"),
        ("walk", ([],), "walk, model, frames, path"),
    ],
)  # fmt: skip
def test_too_few_arguments_are_told_by_name(server, name, data, missing):
    event, told = call(server, name, *data)
    assert event == "error"
    assert told["error"].startswith(missing)
    assert f"/gradio_api/call/v2/{name}" in told["error"]
    code, why = refused(server, f"gradio_api/run/{name}", {"data": data})
    assert (code, why.startswith(missing)) == (400, True)


def test_named_arguments_may_be_left_out_where_they_have_a_default(server):
    event = json.loads(post(server, "gradio_api/call/v2/write_script", {"state": "1"}))["event_id"]
    answer = status(server, f"gradio_api/call/v2/write_script/{event}")[2]
    assert answer.startswith(b"event: complete")


@pytest.mark.parametrize(
    ("name", "given", "why"),
    [
        ("write_script", {}, "state: missing; the arguments are state, steps"),
        ("write_script", {"steps": 5}, "state: missing; the arguments are state, steps"),
        ("write_script", {"state": "1", "stop": 5}, "'stop': no such argument; there are state"),
        ("info", {"x" * 99: 1}, f"'{'x' * 40}': no such argument; there are model"),
    ],
)  # fmt: skip
def test_named_arguments_that_cannot_be_are_told_by_name(server, name, given, why):
    code, told = refused(server, f"gradio_api/call/v2/{name}", given)
    assert (code, told[: len(why)]) == (400, why)


WRONG = (None, 5, -1.5, True, "nothing of that kind", [], [1], {"a": 1}, [["a"], {}])


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_no_argument_of_a_wrong_kind_is_answered_without_a_word(server, wrong):
    usual = {
        "write_script": ["1", 5], "info": [""], "generate": ["1;model:digits", "", 1],
        "train_toy": ["ring", {"width_g": 4}, 1, 0, 1, 1, None, None],
    }  # fmt: skip
    for name, data in usual.items():
        for place in range(len(data)):
            event, told = call(server, name, *data[:place], wrong, *data[place + 1 :])
            assert event == "complete" or told["error"], (name, place)


def test_names_are_checked_by_hand():
    known = [{"parameter_name": "a", "parameter_has_default": False}]
    known += [{"parameter_name": "b", "parameter_has_default": True}]
    check_names(known, {"a": 1})
    with pytest.raises(Refused, match="a: missing; the arguments are a, b"):
        check_names(known, {"b": 1})
    with pytest.raises(Refused, match="'c': no such argument; there are a, b"):
        check_names(known, {"a": 1, "c": 1})


# ---- agents --------------------------------------------------------------------------------------


def test_a_long_text_comes_on_one_line():
    text = """What it does.

    More of it,
        and more.

    Args:
        one: short.
        two: a long one that
            goes on, and: on,
            and ends here.

    Returns:
        A thing that is
        told in two lines.
    """
    text = "\n".join(line.removeprefix("    ") for line in text.splitlines())
    assert unwrapped(text).splitlines() == [
        "What it does.", "", "More of it,", "    and more.", "", "Args:", "    one: short.",
        "    two: a long one that goes on, and: on, and ends here.", "", "Returns:",
        "    A thing that is told in two lines.",
    ]  # fmt: skip


def test_of_a_documented_endpoint_only_the_text_is_another():
    made = documented(train_toy)
    assert made.__name__ == "train_toy"
    (until,) = [line for line in made.__doc__.splitlines() if line.startswith("    until:")]
    assert until.endswith("`reached` of a member says at which step.")
    with pytest.raises(Refused, match="seeds: 99 is not possible"):
        made(seeds=99)


def test_all_texts_of_all_endpoints_are_whole(server):
    """No text of an argument is shorter than it stands in the code."""
    page = app.build(server.groups)
    texts = [fn.fn.__doc__ for fn in page.fns.values() if fn.api_visibility == "public"]
    assert len(texts) == 7
    for text in texts:
        _, rest = text.split("Args:\n")
        arguments = rest.split("\n\n")[0].splitlines()
        assert all(line.startswith("    ") and line[4] != " " for line in arguments)
        assert all(line.endswith(".") for line in arguments)


PNG, FILM = base64.b64encode(b"picture").decode(), base64.b64encode(b"film").decode()


def test_an_agent_gets_json_and_pictures():
    output = {"states": ["a", "b"], "pictures": [data_url(b"picture"), data_url(b"picture")],
              "none": None, "film": data_url(b"film", "video/mp4"), "data": "data:,x"}  # fmt: skip
    text, *files = agent_answer([output], "http://x")
    assert json.loads(text.text) == {
        "states": ["a", "b"], "pictures": ["(file 1)", "(file 2)"], "none": None,
        "film": "(file 3)", "data": "data:,x",
    }  # fmt: skip
    picture = types.ImageContent(type="image", data=PNG, mimeType="image/png")
    assert files[:2] == [picture, picture]
    assert (files[2].resource.blob, files[2].resource.mimeType) == (FILM, "video/mp4")


def test_an_agent_gets_a_text_as_it_is():
    (answer,) = agent_answer(["import torch\n"])
    assert answer.text == "import torch\n"
