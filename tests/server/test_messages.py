"""Fields of messages: each that is wrong is named with its value and what is allowed."""

from typing import Any

import pytest
from pydantic import Field

from ganplay.common.settings import ConfigError
from ganplay.server.http.messages import OrDefault, PageMessage, refuse, validated


class Message(PageMessage):
    count: int = Field(ge=0, le=9, description="a whole number from 0 to 9")
    name: str = Field("x", description="a text is needed")
    speed: OrDefault[float | None] = None


def test_a_message_in_order():
    made = validated(Message, {"count": 3, "speed": 2, "unknown": [1]})
    assert (made.count, made.name, made.speed) == (3, "x", 2.0)


@pytest.mark.parametrize("count", [-1, 10, 1.0, "3", True, None, [3]])
def test_a_field_that_is_wrong_is_named_with_what_is_allowed(count):
    with pytest.raises(ConfigError) as refused:
        validated(Message, {"count": count})
    (problem,) = refused.value.problems
    assert problem == ("count", count, "a whole number from 0 to 9", None, "message")
    assert str(refused.value) == f"count: {count!r} is not possible; a whole number from 0 to 9"


def test_all_that_are_wrong_are_named_a_missing_one_too():
    with pytest.raises(ConfigError) as refused:
        validated(Message, {"name": 5})
    assert [problem.field for problem in refused.value.problems] == ["count", "name"]


@pytest.mark.parametrize("speed", ["fast", True, [1], {}])
def test_a_field_that_may_be_left_out_has_its_default_where_it_is_wrong(speed: Any):
    assert validated(Message, {"count": 0, "speed": speed}).speed is None


def test_a_refusal_by_hand():
    with pytest.raises(ConfigError, match="zoom: 99 is not possible; at most 4"):
        refuse("zoom", 99, "at most 4", "bounds")
