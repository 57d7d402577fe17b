"""What the map, arithmetic and directions of one's own ask the server for."""

import pytest
import torch
from helpers.explore import rendered, unpacked

from ganplay.images.checkpoint import model as image
from ganplay.images.latent_state import read_state
from ganplay.latent import arithmetic
from ganplay.server.explore.handlers import read
from ganplay.server.http import auth

pytestmark = pytest.mark.usefixtures("one_thread")
A, B, C = (f"1;model:one;seed:{seed};label:1" for seed in (1, 2, 3))


@pytest.fixture
def ask(client):
    def asked(purpose, states, **options):
        message = {"id": 7, "purpose": purpose, "model": "one", "states": states, **options}
        answer = client.post(
            "/ganplay/explore/render", json=message, headers={"X-Ganplay-Token": auth.issue()}
        )
        assert answer.status_code == 200
        head, pixels = unpacked(answer.content)
        assert (head["id"], head["purpose"]) == (7, purpose)
        return head, pixels

    return asked


def cut(head, pixels):
    """Each state that an answer names, with its picture's bytes."""
    n, *shape = head["shape"]
    size = torch.Size(shape).numel()
    assert len(head["states"]) == n
    assert len(pixels) == n * size
    return [(text, pixels[i * size : (i + 1) * size]) for i, text in enumerate(head["states"])]


def test_a_map_along_two_directions(ask, shelf):
    made = cut(*ask("map", [A + ";d1:4"], axes=[0, 2], places=[[0.5, -1], [0, 0]]))
    assert [text for text, _ in made] == [f"{A};d0:0.5;d1:4;d2:-1", f"{A};d1:4"]
    for text, pixels in made:
        assert pixels == rendered(shelf, "one", text)


def test_a_map_through_three_pictures_and_where_one_stands(ask, shelf):
    here = "1;model:one;seed:9;step:10"
    made = cut(*ask("map", [here], corners=[A, B, C], places=[[0.25, 0.5], [1, 0]]))
    for text, pixels in made:
        assert text.startswith("1;model:one;at:")
        assert text.endswith(";step:10")
        assert pixels == rendered(shelf, "one", text)
    head, pixels = ask("place", [made[0][0]], corners=[A, B, C])
    assert (head["type"], pixels) == ("place", b"")
    assert head["place"] == pytest.approx([0.25, 0.5, 0], abs=2e-3)
    head, _ = ask("place", [here], corners=[A, B, C])
    assert head["place"] is None or head["place"][2] > 0.1


def test_arithmetic_at_several_strengths(ask, shelf):
    made = cut(*ask("arithmetic", [A], minus=B, plus=C, strengths=[0, 1, -2.0]))
    model = image.ImageModel.from_pretrained(shelf / "one")
    a, b, c = (read_state(text, "one", model.space)[0] for text in (A, B, C))
    expected = [str(arithmetic.analogy(model, a, b, c, strength)) for strength in (0.0, 1.0, -2.0)]
    assert [text for text, _ in made] == expected
    assert expected[0] == A
    for text, pixels in made:
        assert pixels == rendered(shelf, "one", text)


def test_a_direction_that_a_state_can_hold(ask, shelf):
    head, pixels = ask("direction", [C, B], without=[A])
    assert (head["type"], pixels) == ("direction", b"")
    model = image.ImageModel.from_pretrained(shelf / "one")
    state, problems = read_state(f"1;own:2*{head['vector']}", "one", model.space)
    assert problems == []
    z = [read_state(text, "one", model.space)[0].latent(model.directions) for text in (A, B, C)]
    way = (z[1] + z[2]) / 2 - z[0]
    moved = state.latent(model.directions) - read_state("1", "one", model.space)[0].latent(
        model.directions
    )
    torch.testing.assert_close(moved, 2 * way / way.norm(), rtol=1e-3, atol=2e-3)


MAP = {"axes": [0, 1], "places": [[0, 0]]}
SUM = {"minus": B, "plus": C, "strengths": [1]}


@pytest.mark.parametrize(
    ("purpose", "options", "code"),
    [
        ("map", MAP | {"axes": None}, "message"),
        ("map", MAP | {"axes": [0]}, "message"),
        ("map", MAP | {"axes": [0, True]}, "message"),
        ("map", MAP | {"axes": [0, 10**9]}, "message"),
        ("map", MAP | {"axes": {"0": 1}}, "message"),
        ("map", MAP | {"axes": [1, 1]}, "axes"),
        ("map", MAP | {"places": []}, "message"),
        ("map", MAP | {"places": [[0, 0]] * 65}, "message"),
        ("map", MAP | {"places": [0, 0]}, "message"),
        ("map", MAP | {"places": [[0]]}, "message"),
        ("map", MAP | {"places": [["0", "0"]]}, "message"),
        ("map", MAP | {"places": [[True, 0]]}, "message"),
        ("map", MAP | {"places": [[10.5, 0]]}, "axes"),
        ("map", MAP | {"places": [[1e300, 10**400]]}, "message"),
        ("map", MAP | {"corners": [A, B]}, "corners"),
        ("map", MAP | {"corners": [A, B, A]}, "corners"),
        ("map", MAP | {"corners": [A, B, 3]}, "message"),
        ("map", MAP | {"corners": A}, "message"),
        ("place", {}, "message"),
        ("place", {"corners": [A, A, A]}, "corners"),
        ("arithmetic", SUM | {"plus": None}, "message"),
        ("arithmetic", SUM | {"strengths": [3]}, "strengths"),
        ("arithmetic", SUM | {"strengths": [1] * 17}, "message"),
        ("arithmetic", SUM | {"strengths": 1}, "message"),
        ("direction", {}, "message"),
        ("direction", {"without": []}, "message"),
        ("direction", {"without": [A] * 65}, "message"),
        ("direction", {"without": [A]}, "groups"),
    ],
)
def test_what_cannot_be_is_refused_by_name(ask, purpose, options, code):
    head, _ = ask(purpose, [A], **options)
    assert (head["type"], head["problem"]["code"]) == ("error", code)
    assert len(head["problem"]["allowed"]) < 200


def test_infinite_numbers_in_a_message_are_refused():
    asked = {"id": 1, "purpose": "map", "model": "one", "states": [A]} | MAP
    assert read(asked).places == [[0.0, 0.0]]
    for number in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="places"):
            read(asked | {"places": [[number, 0.0]]})


def test_strange_states_are_repaired(ask, shelf):
    made = cut(
        *ask("map", ["zap;at:!!"], corners=["", "1;seed:4", "0;seed:5;zap"], places=[[1, 0]])
    )
    assert made[0][1] == rendered(shelf, "one", made[0][0])
